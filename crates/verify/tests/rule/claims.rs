//! What else a certificate says, and keys, which say nothing.

use std::collections::BTreeMap;

use sealgate_verify::{
    KeySigner, PublicKey, Signer, SignerRule,
    rule::{IssuerMatch, Keyless, SubjectMatch},
    signer::CLAIM_NAMES,
};

use crate::{
    GOOGLE, admits, keyless, miss, of, regex,
    sample::{GITHUB, Sample, email},
    signer,
};

#[test]
fn an_absent_issuer_or_claim_satisfies_nothing() {
    let mut rule = keyless(GOOGLE, SubjectMatch::Any);
    rule.issuer = IssuerMatch::Regex(".*".into());
    assert!(admits(&rule, &of(GOOGLE, email("dev@acme.example"))));
    assert!(!admits(&rule, &of("", email("dev@acme.example"))));
    rule.issuer = IssuerMatch::RegexOrAbsent(".*".into());
    assert!(admits(&rule, &of("", email("dev@acme.example"))), "cosign takes no issuer for an empty one");
    rule.issuer = IssuerMatch::RegexOrAbsent("https://.*".into());
    assert!(!admits(&rule, &of("", email("dev@acme.example"))));
    rule.issuer = IssuerMatch::Regex(".*".into());
    rule.claims = BTreeMap::from([("runnerEnvironment".into(), "**".into())]);
    let built = SignerRule::keyless(&rule).unwrap();
    assert_eq!(miss(&built, &signer(&Sample::new())), Some(("runnerEnvironment".into(), 1)));
    assert_eq!(miss(&built, &signer(&Sample::new().text(11, ""))), Some(("runnerEnvironment".into(), 1)));
    assert_eq!(miss(&built, &signer(&Sample::new().text(11, "github-hosted"))), None);
}

#[test]
fn claims_and_raw_extensions_are_compared() {
    let mut rule = keyless(GITHUB, SubjectMatch::Any);
    rule.claims = BTreeMap::from([(
        "buildConfigURI".into(),
        "https://github.com/acme/*/.github/workflows/ci.yml@refs/heads/main".into(),
    )]);
    rule.extensions = BTreeMap::from([(4, "Release".into())]);
    let good = Sample::new()
        .bare(4, "Release")
        .text(18, "https://github.com/acme/app/.github/workflows/ci.yml@refs/heads/main");
    assert!(admits(&rule, &signer(&good)));
    let mut other = good.clone();
    other.extensions[1].1 = b"release".to_vec();
    assert_eq!(
        miss(&SignerRule::keyless(&rule).unwrap(), &signer(&other)).unwrap().0,
        "extension 1.3.6.1.4.1.57264.1.4"
    );
    let mut other = good;
    other.extensions.pop();
    let other = other.text(18, "https://github.com/acme/app/.github/workflows/ci.yml@refs/heads/evil");
    assert_eq!(miss(&SignerRule::keyless(&rule).unwrap(), &signer(&other)).unwrap().0, "buildConfigURI");
}

#[test]
fn a_key_rule_names_one_key_and_no_certificate() {
    let key = |text: &str| PublicKey::from_pem(text).unwrap();
    let (good, other) = (
        key(include_str!("../../../../testdata/keys/p256.pem")),
        key(include_str!("../../../../testdata/keys/p384.pem")),
    );
    let holder = |key: &PublicKey| Signer::Key(KeySigner { fingerprint: key.fingerprint() });
    let rule = SignerRule::key(&good);
    assert_eq!(miss(&rule, &holder(&good)), None);
    assert_eq!(miss(&rule, &holder(&other)), Some(("key".into(), 0)));
    assert_eq!(miss(&rule, &signer(&Sample::new())), Some(("key".into(), 0)));
    let anybody = SignerRule::keyless(&Keyless {
        issuer: IssuerMatch::Regex(".*".into()),
        ..keyless(GOOGLE, regex(".*"))
    })
    .unwrap();
    assert_eq!(miss(&anybody, &signer(&Sample::new())), None);
    assert_eq!(miss(&anybody, &holder(&good)), Some(("issuer".into(), 0)));
    let any_issuer = IssuerMatch::RegexOrAbsent(".*".into());
    let nobody =
        SignerRule::keyless(&Keyless { issuer: any_issuer, ..keyless(GOOGLE, SubjectMatch::Any) }).unwrap();
    assert!(miss(&nobody, &holder(&good)).is_some(), "a key is no certificate without an issuer");
}

// X509-46: whatever a rule names must be there.
#[test]
fn every_claim_that_a_rule_names_must_be_there_and_fit() {
    let text = "https://acme.example/x";
    let newer: Vec<_> = CLAIM_NAMES.iter().filter(|(number, _)| *number > 8).collect();
    assert_eq!(newer.len(), 16);
    for (number, name) in &newer {
        let mut rule = keyless(GITHUB, SubjectMatch::Any);
        rule.claims = BTreeMap::from([((*name).into(), text.into())]);
        let rule = SignerRule::keyless(&rule).unwrap();
        let with = |number: u8, text: &str| miss(&rule, &signer(&Sample::new().text(number.into(), text)));
        assert_eq!(with(*number, text), None, "twin of {name}");
        let missed = Some(((*name).to_owned(), 1));
        for wrong in ["", "https://acme.example/xy", "https://acme.example", "https://acme.example/X", "x"] {
            assert_eq!(with(*number, wrong), missed, "{name} as {wrong:?}");
        }
        for (other, _) in newer.iter().filter(|(other, _)| other != number) {
            assert_eq!(with(*other, text), missed, "{name} said by {other}");
        }
        assert_eq!(miss(&rule, &signer(&Sample::new())), missed, "{name} is absent");
    }
}

#[test]
fn every_extension_that_a_rule_names_must_be_there_to_the_letter() {
    for number in (1..=6).chain(8..=24) {
        let text = if matches!(number, 1 | 8) { GITHUB } else { "acme" };
        let sample = |number: u8, text: &str| {
            let mut sample = Sample::new();
            // The issuer stands in the newer of the two.
            sample.extensions.clear();
            if number < 7 { sample.bare(number.into(), text) } else { sample.text(number.into(), text) }
        };
        let mut rule = keyless(GITHUB, SubjectMatch::Any);
        rule.issuer = IssuerMatch::RegexOrAbsent(".*".into());
        rule.extensions = BTreeMap::from([(number, text.into())]);
        let rule = SignerRule::keyless(&rule).unwrap();
        assert_eq!(miss(&rule, &signer(&sample(number, text))), None, "twin of {number}");
        for wrong in [format!("{text}x"), text.to_uppercase(), format!(" {text}"), String::new()] {
            assert!(miss(&rule, &signer(&sample(number, &wrong))).is_some(), "{number} as {wrong:?}");
        }
        let neighbour = if number < 7 { number % 6 + 1 } else { (number - 7) % 16 + 9 };
        assert!(miss(&rule, &signer(&sample(neighbour, text))).is_some(), "{number} said by {neighbour}");
    }
}
