//! Chains that a bundle brings along.

use sealgate_testkit::{
    Authority, CertificateProfile, Extension, Format, Recipe, base64,
    certificate::{BASIC_CONSTRAINTS, CODE_SIGNING, KEY_USAGE},
    der,
};
use sealgate_verify::Bundle;
use serde_json::json;

use crate::{
    chain::{AT, Line, constrained, same, uri},
    judge_in, recipe, root_with,
};

type Change = fn(&mut CertificateProfile);

/// A bundle of version 0.2 that brings `chain`, judged against a root that has only the authority's own root.
fn supplied(authority: &Authority, change: impl FnOnce(&mut Recipe)) -> &'static str {
    let root = root_with(|root| {
        root["certificateAuthorities"][0] = authority.json();
        root["certificateAuthorities"][0]["certChain"]["certificates"] =
            json!([{"rawBytes": base64(&authority.root)}]);
    });
    let recipe = recipe().with(|recipe| {
        recipe.format = Format::V02;
        recipe.authority = authority.clone();
        recipe.supplied_chain = vec![authority.intermediate.clone()];
    });
    judge_in(&root, Bundle::from_json(&recipe.with(change).sign().bundle()))
}

#[test]
fn intermediates_of_a_bundle_are_held_to_everything() {
    let judge = |root: Change, intermediate: Change| {
        supplied(&Authority::patched("supplied", root, intermediate), |_| ())
    };
    assert_eq!(judge(same, same), "", "twin");
    let lines: &[Line] = &[
        ("no authority", "certificate-untrusted", same, |link| link.remove(BASIC_CONSTRAINTS)),
        ("an authority by half a truth", "certificate-untrusted", same, |link| {
            link.replace(Extension::new(BASIC_CONSTRAINTS, der::sequence(&[der::tlv(1, &[1])])).critical())
        }),
        ("no key usage", "", same, |link| link.remove(KEY_USAGE)),
        ("a key for lists alone", "certificate-untrusted", same, |link| {
            link.replace(Extension::key_usage(&[6]))
        }),
        ("a malformed key usage", "certificate-untrusted", same, |link| {
            link.replace(Extension::new(KEY_USAGE, der::null()))
        }),
        ("another purpose", "certificate-usage", same, |link| {
            link.replace(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.1"]))
        }),
        ("any purpose", "certificate-usage", same, |link| {
            link.replace(Extension::extended_key_usage(&["2.5.29.37.0"]))
        }),
        ("an unknown critical extension", "certificate-untrusted", same, |link| {
            link.extensions.push(Extension::new("1.2.3.4", der::null()).critical())
        }),
        ("an extension twice", "certificate-untrusted", same, |link| {
            link.extensions.push(Extension::extended_key_usage(&[CODE_SIGNING]))
        }),
        ("the first version of X.509", "certificate-untrusted", same, |link| link.version = 0),
        ("ended", "certificate-untrusted", same, |link| link.not_after = AT + 59),
        ("to come", "certificate-untrusted", same, |link| link.not_before = AT + 61),
        ("another host permitted", "certificate-untrusted", same, |link| {
            constrained(link, &[uri(".corp.test")], &[])
        }),
        (
            "another host permitted above",
            "certificate-untrusted",
            |root| constrained(root, &[uri(".corp.test")], &[]),
            same,
        ),
        (
            "a root that allows no authority below it",
            "certificate-untrusted",
            |root| root.replace(Extension::authority(Some(0))),
            same,
        ),
    ];
    let wrong: Vec<String> = lines
        .iter()
        .filter_map(|(name, code, root, intermediate)| {
            let found = judge(*root, *intermediate);
            (found != *code).then(|| format!("{name}: `{found}` instead of `{code}`"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_bundle_may_bring_its_chain_in_any_order_and_no_more_than_fits() {
    let authority = Authority::new("supplied");
    let judge = |chain: Vec<Vec<u8>>| supplied(&authority, |recipe| recipe.supplied_chain = chain);
    let (link, root) = (authority.intermediate.clone(), authority.root.clone());
    let stranger = Authority::new("stranger").intermediate;
    for chain in [
        vec![link.clone()],
        vec![link.clone(), root.clone()],
        vec![root.clone(), link.clone()],
        vec![stranger.clone(), link.clone()],
        vec![link.clone(), link.clone()],
    ] {
        assert_eq!(judge(chain), "");
    }
    assert_eq!(judge(vec![]), "certificate-untrusted");
    assert_eq!(judge(vec![root]), "certificate-untrusted");
    assert_eq!(judge(vec![stranger]), "certificate-untrusted");
    assert_eq!(judge(vec![link; 5]), "bundle-limit-exceeded");
}
