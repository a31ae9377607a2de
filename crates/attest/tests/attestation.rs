//! What a trusted signer's statement says, from real signatures of the virtual Sigstore.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use std::collections::BTreeMap;

use sealgate_attest::{Attestation, PredicateType, SIGNATURE};
use sealgate_testkit::{Identity, Signed, World};
use sealgate_verify::{
    Artifact, Authentic, Bundle, Digest, Item, SignerRule, Verifier,
    rule::{IssuerMatch, Keyless, SubjectMatch},
};
use serde_json::json;

const ISSUER: &str = "https://accounts.google.com";

fn somebody() -> Identity {
    Identity::email("dev@acme.example", ISSUER)
}

fn rule(subject: &str) -> SignerRule {
    SignerRule::keyless(&Keyless {
        issuer: IssuerMatch::Exact(ISSUER.into()),
        subject: SubjectMatch::Pattern(subject.into()),
        subject_kind: None,
        claims: BTreeMap::new(),
        extensions: BTreeMap::new(),
    })
    .unwrap()
}

fn digest() -> Digest {
    Digest::sha256(b"manifest")
}

fn authentic(item: &Item) -> Authentic {
    let world = World::shared();
    let root = world.root();
    Verifier::new(&root, world.now())
        .authenticate(&Bundle::read(item).unwrap(), Artifact::Digest(&digest()))
        .unwrap()
}

fn attested(predicate_type: &str, predicate: serde_json::Value) -> Signed {
    World::shared().attest(&digest(), &somebody(), predicate_type, predicate)
}

#[test]
fn a_trusted_statement_tells_subjects_type_and_predicate() {
    let signed = attested("https://spdx.dev/Document", json!({ "spdxVersion": "SPDX-2.3", "packages": [] }));
    for item in [signed.item(), signed.legacy_item()] {
        let authentic = authentic(&item);
        let attestation = Attestation::read(authentic.signed_by(&rule("dev@acme.example")).unwrap()).unwrap();
        assert_eq!(attestation.predicate_type(), "https://spdx.dev/Document");
        assert!(attestation.is_of(&"spdxjson".parse().unwrap()));
        for other in ["cyclonedx", "https://spdx.dev/Document/v2.3", "https://spdx.dev/document", "SPDX"] {
            assert!(!attestation.is_of(&other.parse::<PredicateType>().unwrap()), "{other}");
        }
        assert_eq!(attestation.subjects().len(), 1);
        assert_eq!(attestation.subjects()[0].digest["sha256"], digest().hex());
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Spdx<'a> {
            spdx_version: &'a str,
        }
        assert_eq!(attestation.predicate_as::<Spdx<'_>>().unwrap().spdx_version, "SPDX-2.3");
        assert_eq!(attestation.predicate_as::<Vec<u8>>().unwrap_err().code(), "predicate-unreadable");
        assert!(attestation.predicate().get().contains("SPDX-2.3"));
        assert_eq!(attestation.verified().log().len(), 1);
    }
}

#[test]
fn a_stranger_s_statement_stays_sealed() {
    let authentic = authentic(&attested("https://spdx.dev/Document", json!({})).item());
    assert_eq!(authentic.signed_by(&rule("ops@acme.example")).unwrap_err().code(), "identity-mismatch");
    assert!(authentic.signed_by(&rule("dev@acme.example")).is_ok(), "twin");
}

#[test]
fn a_signature_is_no_attestation_of_another_type() {
    let world = World::shared();
    let signature = authentic(&world.sign_image(&digest(), &somebody()).item());
    let read = Attestation::read(signature.signed_by(&rule("dev@acme.example")).unwrap()).unwrap();
    assert_eq!(read.predicate_type(), SIGNATURE);
    assert!(!read.is_of(&"custom".parse().unwrap()));

    let legacy = authentic(&world.sign_image_legacy(&digest(), &somebody()).legacy_item());
    let error = Attestation::read(legacy.signed_by(&rule("dev@acme.example")).unwrap()).unwrap_err();
    assert_eq!(error.code(), "not-a-statement");
    assert!(error.to_string().contains("simple-signing"));
}
