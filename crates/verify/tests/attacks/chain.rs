//! What stands above the leaf: intermediates and roots that must not vouch.

use sealgate_testkit::{
    Authority, CertificateProfile, Extension, Format, Identity, KeyKind, San, SigningKey, World, base64,
    certificate::{BASIC_CONSTRAINTS, CODE_SIGNING, EKU, KEY_USAGE},
    der,
};
use sealgate_verify::{Bundle, TrustedRoot};
use serde_json::json;

use crate::{judge_in, recipe, root_with};

type Change = fn(&mut CertificateProfile);
/// A name, the code (none: accepted), a change to the root and one to the intermediate.
pub(crate) type Line = (&'static str, &'static str, Change, Change);

pub(crate) const AT: i64 = 1_780_315_200;

pub(crate) fn same(_: &mut CertificateProfile) {}

pub(crate) fn constrained(profile: &mut CertificateProfile, permitted: &[Vec<u8>], excluded: &[Vec<u8>]) {
    let trees = |number, names: &[Vec<u8>]| match names {
        [] => Vec::new(),
        names => {
            let trees: Vec<u8> =
                names.iter().flat_map(|name| der::sequence(std::slice::from_ref(name))).collect();
            der::context(number, &trees)
        }
    };
    let value = der::sequence(&[trees(0, permitted), trees(1, excluded)]);
    profile.extensions.push(Extension::new("2.5.29.30", value).critical());
}

pub(crate) fn uri(text: &str) -> Vec<u8> {
    der::context_primitive(6, text.as_bytes())
}

fn judge(authority: Authority) -> &'static str {
    let root = root_with(|root| root["certificateAuthorities"][0] = authority.json());
    let signed = recipe().with(|recipe| recipe.authority = authority).sign();
    judge_in(&root, Bundle::from_json(&signed.bundle()))
}

#[track_caller]
fn each(lines: &[Line]) {
    assert_eq!(judge(Authority::patched("chain", same, same)), "", "the twin of all");
    let wrong: Vec<String> = lines
        .iter()
        .filter_map(|(name, code, root, intermediate)| {
            let found = judge(Authority::patched("chain", root, intermediate));
            (found != *code).then(|| format!("{name}: `{found}` instead of `{code}`"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_intermediate_must_be_an_authority_for_signing_code() {
    each(&[
        ("no authority", "certificate-untrusted", same, |link| {
            link.replace(Extension::new(BASIC_CONSTRAINTS, der::sequence(&[])).critical())
        }),
        ("not said to be an authority", "certificate-untrusted", same, |link| link.remove(BASIC_CONSTRAINTS)),
        ("not critically an authority", "", same, |link| {
            let mut plain = Extension::authority(Some(0));
            plain.critical = false;
            link.replace(plain);
        }),
        ("no key usage", "", same, |link| link.remove(KEY_USAGE)),
        ("a key for lists alone", "certificate-untrusted", same, |link| {
            link.replace(Extension::key_usage(&[6]))
        }),
        ("no purpose", "", same, |link| link.remove(EKU)),
        ("another purpose", "certificate-untrusted", same, |link| {
            link.replace(Extension::extended_key_usage(&["1.3.6.1.5.5.7.3.1"]))
        }),
        ("any purpose", "certificate-untrusted", same, |link| {
            link.replace(Extension::extended_key_usage(&["2.5.29.37.0"]))
        }),
        ("code signing and any purpose", "", same, |link| {
            link.replace(Extension::extended_key_usage(&[CODE_SIGNING, "2.5.29.37.0"]))
        }),
        ("an unknown critical extension", "certificate-untrusted", same, |link| {
            link.extensions.push(Extension::new("1.2.3.4", der::null()).critical())
        }),
        ("an unknown extension", "", same, |link| {
            link.extensions.push(Extension::new("1.2.3.4", der::null()))
        }),
        ("an extension twice", "certificate-untrusted", same, |link| {
            link.extensions.push(Extension::extended_key_usage(&[CODE_SIGNING]))
        }),
        ("the first version of X.509", "certificate-untrusted", same, |link| link.version = 0),
        ("another issuer", "certificate-untrusted", same, |link| {
            link.issuer = der::name("chain.example", "another-root")
        }),
        ("another algorithm inside", "certificate-untrusted", same, |link| {
            link.inner_algorithm = Some(der::algorithm("1.2.840.10045.4.3.2"))
        }),
        ("a malformed key usage", "certificate-untrusted", same, |link| {
            link.replace(Extension::new(KEY_USAGE, der::null()))
        }),
        ("a malformed list of purposes", "certificate-untrusted", same, |link| {
            link.replace(Extension::new(EKU, der::null()))
        }),
        (
            "a root that allows no authority below it",
            "certificate-untrusted",
            |root| root.replace(Extension::authority(Some(0))),
            same,
        ),
        ("a root that allows any length", "", |root| root.replace(Extension::authority(None)), same),
    ]);
}

#[test]
fn a_root_whose_constraints_cannot_be_read_is_refused_whole() {
    let read = |change: Change| {
        let mut json = World::shared().trusted_root();
        json["certificateAuthorities"][0] = Authority::patched("malformed", change, same).json();
        TrustedRoot::from_json(&serde_json::to_vec(&json).unwrap()).map_err(|error| error.code())
    };
    assert!(read(same).is_ok(), "twin");
    for change in [(|root| root.replace(Extension::new(BASIC_CONSTRAINTS, der::null()))) as Change, |root| {
        root.extensions.push(Extension::new("2.5.29.30", der::null()))
    }] {
        assert_eq!(read(change).err(), Some("root-field-invalid"));
    }
}

#[test]
fn every_link_is_valid_when_the_leaf_is_used() {
    // The leaf lives from 0 to 600 and is logged at 60.
    each(&[
        ("an intermediate that ended", "certificate-untrusted", same, |link| link.not_after = AT + 59),
        ("an intermediate at its last second", "", same, |link| link.not_after = AT + 60),
        ("an intermediate to come", "certificate-untrusted", same, |link| link.not_before = AT + 61),
        ("an intermediate at its first second", "", same, |link| link.not_before = AT + 60),
        ("a root that ended", "authority-expired-at-signing", |root| root.not_after = AT + 59, same),
        ("a root at its last second", "", |root| root.not_after = AT + 60, same),
        ("a root to come", "authority-expired-at-signing", |root| root.not_before = AT + 61, same),
        ("a root at its first second", "", |root| root.not_before = AT + 60, same),
        (
            "both ended",
            "authority-expired-at-signing",
            |root| root.not_after = AT,
            |link| link.not_after = AT,
        ),
        (
            "one ended, the other to come",
            "authority-expired-at-signing",
            |root| root.not_after = AT,
            |link| link.not_before = AT + 120,
        ),
    ]);
}

#[test]
fn an_authority_that_constrains_names_issues_no_others() {
    each(&[
        ("another host permitted", "certificate-untrusted", same, |link| {
            constrained(link, &[uri(".corp.test")], &[])
        }),
        // Constraints of URIs are understood by nobody here, so whoever is held to them is refused.
        ("our host permitted", "certificate-untrusted", same, |link| {
            constrained(link, &[uri("github.com")], &[])
        }),
        ("our host excluded", "certificate-untrusted", same, |link| {
            constrained(link, &[], &[uri("github.com")])
        }),
        ("another host excluded", "certificate-untrusted", same, |link| {
            constrained(link, &[], &[uri(".corp.test")])
        }),
        ("a kind of name that is not the leaf's", "", same, |link| {
            constrained(link, &[der::context_primitive(1, b"acme.example")], &[])
        }),
        (
            "above the intermediate, another host",
            "certificate-untrusted",
            |root| constrained(root, &[uri(".corp.test")], &[]),
            same,
        ),
        // Nothing of the root's constraints is looked at below another authority: its intermediate is left out.
        (
            "above the intermediate, our host",
            "certificate-untrusted",
            |root| constrained(root, &[uri("github.com")], &[]),
            same,
        ),
    ]);
}

#[test]
fn an_authority_that_constrains_a_kind_of_name_vouches_for_none_of_that_kind() {
    // None of these constraints is understood here, so that it does not matter what they permit.
    let judge = |tree: Vec<u8>, is_permitted: bool, san: San| {
        let authority = Authority::patched("names", same, move |link| match is_permitted {
            true => constrained(link, &[tree], &[]),
            false => constrained(link, &[], &[tree]),
        });
        let root = root_with(|root| root["certificateAuthorities"][0] = authority.json());
        let identity = Identity::new(san, "https://accounts.example");
        let signed = recipe().by(identity).with(|recipe| recipe.authority = authority).sign();
        judge_in(&root, Bundle::from_json(&signed.bundle()))
    };
    let mail = |text: &str| der::context_primitive(1, text.as_bytes());
    let address = San::Email("a@example.com".into());
    for permitted in ["example.com", "a@example.com", ".example.com", "EXAMPLE.com", "evil.test"] {
        assert_eq!(judge(mail(permitted), true, address.clone()), "certificate-untrusted", "{permitted}");
        assert_eq!(judge(mail(permitted), false, address.clone()), "certificate-untrusted", "{permitted}");
    }
    let user = San::Username("jo!acme.example".into());
    assert_eq!(judge(user.der(), true, user.clone()), "certificate-untrusted");
    assert_eq!(judge(user.der(), false, user), "certificate-untrusted");
    // Kinds of name that the leaf has none of.
    let host = der::context_primitive(2, b"example.com");
    assert_eq!(judge(host.clone(), true, address.clone()), "", "twin");
    assert_eq!(judge(host, false, address), "", "twin");
}

#[test]
fn a_trusted_name_with_another_key_vouches_for_nobody() {
    let world = World::shared();
    // Names, key identifiers and all, but for the key.
    let mut forged = world.authority.clone();
    forged.issuing_key = SigningKey::generate(KeyKind::P384);
    let leaf = recipe().with(|recipe| {
        recipe.authority = forged;
        let identifier = sealgate_testkit::authority::authority_key(&world.authority.issuing_key);
        recipe.patches.certificate.add(move |leaf| leaf.replace(identifier.clone()));
    });
    assert_eq!(crate::judge(&leaf.sign()), "certificate-untrusted");
    assert_eq!(crate::judge(&recipe().sign()), "", "twin");
}

#[test]
fn a_path_is_no_longer_than_its_authority_allows() {
    // The root allows one authority below it, or two; the intermediate none, or one, below itself.
    let judge = |of_root: u64, of_intermediate: u64, is_listed: bool| {
        let authority = Authority::patched(
            "long",
            |root| root.replace(Extension::authority(Some(of_root))),
            |link| link.replace(Extension::authority(Some(of_intermediate))),
        );
        let key = SigningKey::p256();
        let name = der::name("long.example", "second");
        let second = CertificateProfile::new(
            authority.issuing_name.clone(),
            name.clone(),
            key.spki(),
            AT - 1000,
            AT + 1000,
        )
        .with(Extension::key_usage(&[5]))
        .with(Extension::extended_key_usage(&[CODE_SIGNING]))
        .with(Extension::authority(None))
        .sign(&authority.issuing_key);
        let root = root_with(|root| {
            root["certificateAuthorities"][0] = authority.json();
            if !is_listed {
                root["certificateAuthorities"][0]["certChain"]["certificates"] =
                    json!([{"rawBytes": base64(&authority.root)}]);
            }
        });
        let recipe = recipe().with(|recipe| {
            recipe.format = Format::V02;
            recipe.supplied_chain = vec![second, authority.intermediate.clone()];
            recipe.authority = authority;
            (recipe.authority.issuing_key, recipe.authority.issuing_name) = (key, name);
        });
        judge_in(&root, Bundle::from_json(&recipe.sign().bundle()))
    };
    // Whether the root lists the intermediate itself, or the bundle alone brings it.
    for is_listed in [false, true] {
        assert_eq!(judge(2, 1, is_listed), "");
        assert_eq!(judge(1, 1, is_listed), "certificate-untrusted");
        assert_eq!(judge(2, 0, is_listed), "certificate-untrusted");
    }
}

#[test]
fn authorities_that_sign_each_other_lead_nowhere() {
    let (one, two) = (SigningKey::p256(), SigningKey::p256());
    let name = |text: &str| der::name("loop.example", text);
    let link = |issuer: &str, issuing: &SigningKey, subject: &str, key: &SigningKey| {
        CertificateProfile::new(name(issuer), name(subject), key.spki(), AT - 1000, AT + 1000)
            .with(Extension::key_usage(&[5]))
            .with(Extension::extended_key_usage(&[CODE_SIGNING]))
            .with(Extension::authority(None))
            .sign(issuing)
    };
    let chain = vec![
        link("one", &one, "two", &two),
        link("two", &two, "one", &one),
        link("one", &one, "two", &one),
        link("two", &one, "one", &two),
    ];
    let world = World::shared();
    let looped = recipe().with(|recipe| {
        recipe.format = Format::V02;
        recipe.authority = world.authority.clone();
        (recipe.authority.issuing_key, recipe.authority.issuing_name) = (two, name("two"));
        recipe.supplied_chain = chain;
    });
    assert_eq!(crate::judge(&looped.sign()), "certificate-untrusted");
}
