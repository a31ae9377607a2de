//! Roots of one name: what hangs from which of them.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate_testkit::{
    CertificateProfile, OlderTarget, World,
    authority::{LONG_AFTER, LONG_BEFORE},
};
use sealgate_tuf::{Held, limits, pieces};
use sealgate_verify::was_issued_by;
use serde_json::Value;

use crate::{
    pieces::{believes, older, scene, written},
    scene::root,
};

// The world's pieces, and beside its roots others of the same names by which nothing here was signed.
fn renewed(is_before: bool, status: &str) -> Vec<OlderTarget> {
    // Its names are those of the shared world, its keys are not.
    let namesake: Value = serde_json::from_slice(&World::new().trusted_root_json()).unwrap();
    let top = |list: &str, name: &str, usage: &str| {
        let top = namesake[list][0]["certChain"]["certificates"].as_array().unwrap().last().unwrap();
        let der = STANDARD.decode(top["rawBytes"].as_str().unwrap()).unwrap();
        OlderTarget::new(name, pem::encode(&pem::Pem::new("CERTIFICATE", der)), usage, status)
    };
    // Targets are listed by their names.
    let start = if is_before { "0" } else { "z" };
    let mut targets = older();
    targets.push(top("certificateAuthorities", &format!("{start}-fulcio.crt.pem"), "Fulcio"));
    targets.push(top("timestampAuthorities", &format!("{start}-tsa.crt.pem"), "TSA"));
    targets
}

#[test]
fn a_chain_hangs_from_the_root_that_signed_it_and_not_from_its_namesake() {
    let own: Value = serde_json::from_slice(&root()).unwrap();
    let stamps = |held: &Held| {
        let chains = written(held, "timestampAuthorities").into_iter();
        chains.map(|it| (it["certChain"].clone(), it["validFor"]["end"].clone())).collect::<Vec<_>>()
    };
    let last = older().iter().rfind(|it| it.name.starts_with("fulcio")).unwrap().name.clone();
    for is_before in [true, false] {
        // The namesake has ended, nobody knows when: what the other root issued has not ended with it.
        for status in ["Active", "Expired"] {
            let held = scene(&renewed(is_before, status)).ask().unwrap();
            assert_eq!(believes(&held.root), Ok(()), "{is_before} {status}");
            assert_eq!(stamps(&held), [(own["timestampAuthorities"][0]["certChain"].clone(), Value::Null)]);
            assert!(held.root.notes().is_empty(), "{:?}", held.root.notes());
        }
        let mut alone = renewed(is_before, "Active");
        alone.retain(|target| target.name != last);
        let held = scene(&alone).ask().unwrap();
        assert_eq!(
            believes(&held.root).unwrap_err().code(),
            "certificate-untrusted",
            "twin: the namesake alone"
        );
    }
}

#[test]
fn chains_are_looked_for_among_so_many_certificates() {
    let (root, other) =
        (World::shared().authority.root.clone(), World::named("other").authority.intermediate);
    let chains = |count: usize| pieces::chains(std::slice::from_ref(&root), &vec![other.clone(); count - 1]);
    assert_eq!(chains(limits::CERTIFICATES).unwrap().len(), 1);
    assert_eq!(chains(limits::CERTIFICATES + 1), Err(pieces::TooManyCertificates));
}

#[test]
fn a_certificate_hangs_from_every_anchor_that_signed_it() {
    let authority = &World::shared().authority;
    let (name, key) = (authority.root_name.clone(), &authority.root_key);
    // The same authority's root once more, and one of its name by another.
    let renewed = CertificateProfile::new(name.clone(), name, key.spki(), LONG_BEFORE, LONG_AFTER).sign(key);
    let namesake = World::new().authority.root;
    let below = |anchors: &[&Vec<u8>]| {
        let anchors: Vec<Vec<u8>> = anchors.iter().copied().cloned().collect();
        let chains = pieces::chains(&anchors, std::slice::from_ref(&authority.intermediate)).unwrap();
        let tops = chains.into_iter().filter(|chain| chain.len() == 2).map(|chain| chain[1].clone());
        tops.collect::<BTreeSet<_>>()
    };
    let both = BTreeSet::from([renewed.clone(), authority.root.clone()]);
    assert_eq!(below(&[&namesake, &renewed, &authority.root]), both);
    assert_eq!(below(&[&authority.root, &namesake, &renewed]), both);
    assert_eq!(below(&[&namesake, &authority.root]), BTreeSet::from([authority.root.clone()]), "twin");
    assert!(was_issued_by(&authority.intermediate, &authority.root));
    assert!(!was_issued_by(&authority.intermediate, &namesake), "twin");
    assert!(!was_issued_by(&authority.intermediate, b"no certificate"));
}
