//! Every limit: what is read at n is refused at n + 1, never cut.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use sealgate_testkit::{CtLog, Identity, Recipe, TimestampAuthority, World, base64, sign_statement};
use sealgate_verify::{
    Artifact, Bundle, BundleError, Digest, Item, RootError, TrustedRoot, Verifier, VerifyError, limits,
};
use serde_json::{Value, json};

const MANIFEST: &[u8] = b"the image's manifest";

fn image() -> Digest {
    Digest::sha256(MANIFEST)
}

fn recipe() -> Recipe {
    let identity = Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3");
    World::shared().recipe(&image(), &identity)
}

fn json(recipe: Recipe) -> Value {
    serde_json::from_slice(&recipe.sign().bundle()).unwrap()
}

fn read(json: &Value) -> Result<Bundle, BundleError> {
    Bundle::from_json(&serde_json::to_vec(json).unwrap())
}

fn verify(recipe: Recipe) -> Result<(), VerifyError> {
    let root = World::shared().root();
    let bundle = Bundle::from_json(&recipe.sign().bundle()).unwrap();
    Verifier::new(&root, World::shared().now()).authenticate(&bundle, Artifact::Digest(&image())).map(drop)
}

/// Reads a bundle whose part at `path` was made of `limit`, then of `limit + 1`.
#[track_caller]
fn at_and_beyond(original: &Value, limit: usize, path: &str, part: impl Fn(usize) -> Value) {
    let with = |count: usize| {
        let mut json = original.clone();
        *json.pointer_mut(path).unwrap() = part(count);
        read(&json)
    };
    with(limit).unwrap();
    match with(limit + 1) {
        Err(BundleError::Limit { limit: named, found, .. }) => assert_eq!((named, found), (limit, limit + 1)),
        other => panic!("{other:?}"),
    }
}

fn bytes(count: usize) -> Value {
    Value::from(base64(&vec![7; count]))
}

#[test]
fn parts_of_a_bundle_are_counted_and_measured() {
    let message = json(recipe().message(MANIFEST));
    let entry = "/verificationMaterial/tlogEntries/0";
    at_and_beyond(&message, limits::SIGNATURE_BYTES, "/messageSignature/signature", bytes);
    at_and_beyond(&message, limits::CERTIFICATE_BYTES, "/verificationMaterial/certificate/rawBytes", bytes);
    at_and_beyond(&message, limits::ENTRY_BODY_BYTES, &format!("{entry}/canonicalizedBody"), bytes);
    at_and_beyond(&message, limits::PROOF_HASHES, &format!("{entry}/inclusionProof/hashes"), |count| {
        Value::from(vec![bytes(32); count])
    });
    at_and_beyond(
        &message,
        limits::CHECKPOINT_BYTES,
        &format!("{entry}/inclusionProof/checkpoint/envelope"),
        |count| Value::from("x".repeat(count)),
    );
    let first = message.pointer(entry).unwrap().clone();
    at_and_beyond(&message, limits::LOG_ENTRIES, "/verificationMaterial/tlogEntries", |count| {
        let numbered = |index: usize| {
            let mut entry = first.clone();
            entry["logIndex"] = Value::from(index.to_string());
            entry
        };
        (0..count).map(numbered).collect()
    });
    let stamps = |count: usize| (0..count).map(|n| json!({"signedTimestamp": bytes(n + 1)})).collect();
    at_and_beyond(
        &json(recipe().message(MANIFEST).with(|recipe| {
            recipe.timestamp_authorities = vec![World::shared().timestamps.clone()];
        })),
        limits::TIMESTAMPS,
        "/verificationMaterial/timestampVerificationData/rfc3161Timestamps",
        stamps,
    );
    let old = json(recipe().message(MANIFEST).with(|recipe| recipe.format = sealgate_testkit::Format::V01));
    at_and_beyond(
        &old,
        limits::CHAIN_CERTIFICATES,
        "/verificationMaterial/x509CertificateChain/certificates",
        |count| Value::from(vec![json!({"rawBytes": bytes(9)}); count]),
    );
    let envelope = json(recipe());
    at_and_beyond(&envelope, limits::ENVELOPE_SIGNATURES, "/dsseEnvelope/signatures", |count| {
        Value::from(vec![json!({"sig": bytes(64)}); count])
    });
    at_and_beyond(&envelope, limits::STATEMENT_BYTES, "/dsseEnvelope/payload", bytes);
}

#[test]
fn a_timestamp_token_is_measured() {
    let stamped =
        json(recipe().with(|recipe| recipe.timestamp_authorities = vec![World::shared().timestamps.clone()]));
    let path = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
    at_and_beyond(&stamped, limits::TIMESTAMP_BYTES, path, bytes);
}

#[test]
fn a_bundle_is_measured_before_it_is_read() {
    let mut bytes = recipe().sign().bundle();
    bytes.resize(limits::BUNDLE_BYTES, b' ');
    Bundle::from_json(&bytes).unwrap();
    bytes.push(b' ');
    assert_eq!(Bundle::from_json(&bytes).unwrap_err().code(), "bundle-limit-exceeded");
}

#[test]
fn a_layer_and_its_annotations_are_measured() {
    let layer = recipe().simple_signing(&image()).sign().legacy_item();
    let with = |item: &Item, payload: usize| {
        let mut bytes = item.bytes.to_vec();
        bytes.resize(payload, b' ');
        Bundle::read(&Item { bytes: bytes.into(), ..item.clone() })
    };
    with(&layer, limits::SIMPLE_SIGNING_BYTES).unwrap();
    assert_eq!(with(&layer, limits::SIMPLE_SIGNING_BYTES + 1).unwrap_err().code(), "bundle-limit-exceeded");
    let chain = "dev.sigstore.cosign/chain";
    let padded = |count: usize| {
        let mut layer = layer.clone();
        layer.annotations.insert(chain.into(), "\n".repeat(count));
        Bundle::read(&layer)
    };
    padded(limits::ANNOTATION_BYTES).unwrap();
    assert_eq!(padded(limits::ANNOTATION_BYTES + 1).unwrap_err().code(), "bundle-limit-exceeded");
}

#[test]
fn subjects_and_their_digests_are_counted() {
    let about = |subjects: usize, digests: usize| {
        let mut statement = sign_statement(&image());
        let own = statement["subject"][0].clone();
        let mut list = vec![json!({"digest": {"sha256": "00"}}); subjects - 1];
        list.push(own);
        for index in 1..digests {
            list[0]["digest"][format!("other{index}")] = Value::from("00");
        }
        statement["subject"] = Value::from(list);
        verify(recipe().statement(&statement))
    };
    about(limits::SUBJECTS, limits::SUBJECT_DIGESTS).unwrap();
    for (subjects, digests) in [(limits::SUBJECTS + 1, 1), (2, limits::SUBJECT_DIGESTS + 1)] {
        assert_eq!(about(subjects, digests).unwrap_err().code(), "limit-exceeded");
    }
}

#[test]
fn timestamps_in_a_certificate_are_counted() {
    let with = |count: usize| {
        verify(recipe().with(|recipe| {
            // By logs that the root does not know: they prove nothing and spoil nothing.
            recipe.ct_logs.extend((1..count).map(|n| CtLog::new(&format!("other-{n}"))));
        }))
    };
    with(limits::SCTS).unwrap();
    assert_eq!(with(limits::SCTS + 1).unwrap_err().code(), "limit-exceeded");
}

#[test]
fn signatures_on_a_checkpoint_are_counted() {
    let with = |count: usize| {
        verify(recipe().with(|recipe| {
            recipe.patches.checkpoint_text.add(move |text| {
                for witness in 1..count {
                    text.push_str(&format!("\u{2014} w{witness}.example AAAAAAAAAAA=\n"));
                }
            });
        }))
    };
    with(limits::CHECKPOINT_SIGNATURES).unwrap();
    assert_eq!(with(limits::CHECKPOINT_SIGNATURES + 1).unwrap_err().code(), "checkpoint-invalid");
}

#[test]
fn certificates_in_a_timestamp_token_are_counted() {
    let with = |count: usize| {
        let authority: TimestampAuthority = World::shared().timestamps.clone();
        let leaf = authority.leaf.clone();
        verify(recipe().with(|recipe| {
            recipe.timestamp_authorities = vec![authority];
            recipe.patches.timestamp.add(move |profile| profile.certificates = vec![leaf.clone(); count]);
        }))
    };
    with(limits::TIMESTAMP_CERTIFICATES).unwrap();
    assert_eq!(with(limits::TIMESTAMP_CERTIFICATES + 1).unwrap_err().code(), "timestamp-invalid");
}

#[test]
fn a_trusted_root_is_measured_and_counted() {
    let original = World::shared().trusted_root();
    let mut bytes = serde_json::to_vec(&original).unwrap();
    bytes.resize(limits::ROOT_BYTES, b' ');
    TrustedRoot::from_json(&bytes).unwrap();
    bytes.push(b' ');
    assert!(matches!(TrustedRoot::from_json(&bytes), Err(RootError::Limit { what: "bytes", .. })));
    let read = |json: &Value| TrustedRoot::from_json(&serde_json::to_vec(json).unwrap()).map(drop);
    for list in ["tlogs", "ctlogs", "certificateAuthorities", "timestampAuthorities"] {
        let with = |count: usize| {
            let mut json = original.clone();
            json[list] = Value::from(vec![original[list][0].clone(); count]);
            read(&json)
        };
        with(limits::ROOT_MEMBERS).unwrap();
        assert_eq!(with(limits::ROOT_MEMBERS + 1).unwrap_err().code(), "root-limit-exceeded", "{list}");
    }
    for list in ["certificateAuthorities", "timestampAuthorities"] {
        let chain = |count: usize, bytes: usize| {
            let mut json = original.clone();
            let filler = json!({"rawBytes": base64(&vec![7; bytes])});
            json[list][0]["certChain"]["certificates"] = Value::from(vec![filler; count]);
            read(&json)
        };
        chain(limits::CHAIN_CERTIFICATES, limits::CERTIFICATE_BYTES).unwrap();
        for (count, bytes) in
            [(limits::CHAIN_CERTIFICATES + 1, 9), (limits::CHAIN_CERTIFICATES, limits::CERTIFICATE_BYTES + 1)]
        {
            assert_eq!(chain(count, bytes).unwrap_err().code(), "root-limit-exceeded", "{list}");
        }
    }
}
