//! Certificates of several names, hosts and addresses: nobody's for policies, whom cosign's flags name for its verbs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use rstest::rstest;
use sealgate_testkit::{Identity, San, World};
use sealgate_verify::{
    Artifact, Authentic, Bundle, Digest, Names, Signer, SignerRule, SubjectKind, Verifier, VerifyError,
    rule::{IssuerMatch, Keyless, SubjectMatch},
};

const ISSUER: &str = "https://issuer.example";
const GOOD: &str = "dev@acme.example";

fn image() -> Digest {
    Digest::sha256(b"the image's manifest")
}

fn authenticate(sans: &[San], names: Names) -> Result<Authentic, VerifyError> {
    let recipe = World::shared().recipe(&image(), &Identity::new(sans[0].clone(), ISSUER));
    let sans = sans.to_vec();
    let signed = recipe.with(|recipe| recipe.patches.certificate.add(move |it| it.set_sans(&sans))).sign();
    let bundle = Bundle::from_json(&signed.bundle()).unwrap();
    let root = World::shared().root();
    let verifier = Verifier::new(&root, World::shared().now()).with_names(names);
    verifier.authenticate(&bundle, Artifact::Digest(&image()))
}

fn rule(subject: SubjectMatch, names: Names) -> SignerRule {
    let keyless = Keyless {
        issuer: IssuerMatch::Exact(ISSUER.into()),
        subject,
        subject_kind: None,
        claims: Default::default(),
        extensions: Default::default(),
    };
    SignerRule::keyless(&keyless).unwrap().with_names(names)
}

fn exact(subject: &str, names: Names) -> SignerRule {
    rule(SubjectMatch::Exact(subject.into()), names)
}

fn email(text: &str) -> San {
    San::Email(text.into())
}

fn host(text: &str) -> San {
    San::Dns(text.into())
}

#[rstest]
#[case::two(&[email(GOOD), email("evil@example.com")])]
#[case::host(&[host(GOOD)])]
#[case::and_a_host(&[email(GOOD), host("acme.example")])]
#[case::address(&[San::Raw(b"\x87\x04\x7f\x00\x00\x01".to_vec())])]
#[case::and_one_that_is_not_read(&[email(GOOD), San::Raw(b"\xa0\x0a\x06\x03\x2a\x03\x04\xa0\x03\x0c\x01x".to_vec())])]
fn the_verifier_of_policies_refuses_what_has_not_one_name(#[case] sans: &[San]) {
    let error = authenticate(sans, Names::Sole).unwrap_err();
    assert_eq!(error.code(), "certificate-subject", "{error}");
    let signer = authenticate(sans, Names::Any).unwrap().signer().clone();
    let anybody = |names| rule(SubjectMatch::Any, names).admits(&signer);
    assert!(anybody(Names::Any).is_ok());
    // Also where somebody mixes the two: the rule is strict by itself.
    assert_eq!(anybody(Names::Sole).unwrap_err().code(), "identity-mismatch");
    assert!(authenticate(&[email(GOOD)], Names::Sole).is_ok(), "twin");
}

#[test]
fn a_rule_of_a_policy_admits_nobody_with_two_names() {
    let two = authenticate(&[email(GOOD), email("evil@example.com")], Names::Any).unwrap();
    let mismatch = two.signed_by(&exact(GOOD, Names::Sole)).unwrap_err();
    assert_eq!(
        (mismatch.field.as_str(), mismatch.found.as_str()),
        ("subject", "dev@acme.example, evil@example.com")
    );
    let one = authenticate(&[email(GOOD)], Names::Any).unwrap();
    assert!(one.signed_by(&exact(GOOD, Names::Sole)).is_ok());
}

#[test]
fn any_name_fits_where_all_are_compared_and_no_other_does() {
    let signer = authenticate(&[email("evil@example.com"), host("*.acme.example"), email(GOOD)], Names::Any);
    let signer = signer.unwrap().signer().clone();
    let fits = |subject: &str| exact(subject, Names::Any).admits(&signer).is_ok();
    assert!(fits(GOOD) && fits("evil@example.com") && fits("*.acme.example"));
    // No part, no join of two, nothing that a certificate for web servers would mean.
    for other in ["dev@acme.exampl", "app.acme.example", "evil@example.com, dev@acme.example", "*"] {
        assert!(!fits(other), "{other}");
    }
    let wrong = Keyless {
        issuer: IssuerMatch::Exact("https://evil.example".into()),
        subject: SubjectMatch::Exact(GOOD.into()),
        subject_kind: None,
        claims: Default::default(),
        extensions: Default::default(),
    };
    let mismatch = SignerRule::keyless(&wrong).unwrap().with_names(Names::Any).admits(&signer).unwrap_err();
    assert_eq!(mismatch.field, "issuer");
}

#[test]
fn kind_and_text_must_be_of_one_name() {
    let signer = authenticate(&[email(GOOD), San::Uri("https://evil.example".into())], Names::Any);
    let signer = signer.unwrap().signer().clone();
    let rule = |kind| {
        let keyless = Keyless {
            issuer: IssuerMatch::Exact(ISSUER.into()),
            subject: SubjectMatch::Exact(GOOD.into()),
            subject_kind: Some(kind),
            claims: Default::default(),
            extensions: Default::default(),
        };
        SignerRule::keyless(&keyless).unwrap().with_names(Names::Any)
    };
    assert!(rule(SubjectKind::Email).admits(&signer).is_ok());
    assert!(rule(SubjectKind::Uri).admits(&signer).is_err());
}

#[test]
fn a_bundle_s_signer_is_known_by_the_first_uri_and_by_no_host() {
    let sans = [email(GOOD), San::Uri("https://a.example".into()), San::Uri("https://b.example".into())];
    let signer = authenticate(&sans, Names::First).unwrap().signer().clone();
    let fits = |signer: &Signer, subject: &str| exact(subject, Names::First).admits(signer).is_ok();
    assert!(fits(&signer, "https://a.example"));
    assert!(!fits(&signer, "https://b.example") && !fits(&signer, GOOD));
    let error = authenticate(&[host("acme.example")], Names::First).unwrap_err();
    assert_eq!(error.code(), "certificate-subject");
    let of_a_host = authenticate(&[host("acme.example")], Names::Any).unwrap();
    assert!(!fits(of_a_host.signer(), "acme.example"));
    assert!(exact("acme.example", Names::Any).admits(of_a_host.signer()).is_ok());
}

#[test]
fn a_regular_expression_of_a_policy_matches_no_subject_with_two_at_signs_and_one_of_cosign_s_does() {
    let subject = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/@acme/app@1.0.0";
    let signer = authenticate(&[San::Uri(subject.into())], Names::Sole).unwrap().signer().clone();
    let fits =
        |names| rule(SubjectMatch::Regex("https://github[.]com/acme/.*".into()), names).admits(&signer);
    assert_eq!(fits(Names::Sole).unwrap_err().field, "subject");
    assert!(fits(Names::First).is_ok() && fits(Names::Any).is_ok());
}

#[test]
fn no_policy_can_ask_for_a_host_or_an_address() {
    for kind in [SubjectKind::Dns, SubjectKind::Ip] {
        let keyless = Keyless {
            issuer: IssuerMatch::Exact(ISSUER.into()),
            subject: SubjectMatch::Exact("acme.example".into()),
            subject_kind: Some(kind),
            claims: Default::default(),
            extensions: Default::default(),
        };
        assert_eq!(SignerRule::keyless(&keyless).unwrap_err().field, "subjectKind");
    }
}
