//! Keys of every kind, in certificates and managed, in every form of a signature and in both generations of the log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use rstest::rstest;
use sealgate_testkit::{Identity, KeyKind, Recipe, Signed, SigningKey, World};
use sealgate_verify::{Artifact, Bundle, Digest, LogRule, PublicKey, Verifier, VerifyError};

const MANIFEST: &[u8] = b"the image's manifest";

fn identity() -> Identity {
    Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3")
}

fn judge(bundle: &Bundle, artifact: Artifact<'_>, key: Option<&SigningKey>) -> Result<(), VerifyError> {
    let (root, now) = (World::shared().root(), World::shared().now());
    let verifier = Verifier::new(&root, now);
    let judged = match key {
        None => verifier.authenticate(bundle, artifact),
        Some(key) => {
            let key = PublicKey::from_pem(&key.public_pem()).unwrap();
            verifier.authenticate_with_key(bundle, artifact, &key, LogRule::Required)
        }
    };
    judged.map(drop)
}

const OLDER: &str = "older signature";

#[rstest]
#[case::ed25519(KeyKind::Ed25519)]
#[case::p256(KeyKind::P256)]
#[case::p384(KeyKind::P384)]
#[case::p521(KeyKind::P521)]
#[case::rsa2048(KeyKind::Rsa2048)]
#[case::rsa3072(KeyKind::Rsa3072)]
#[case::rsa4096(KeyKind::Rsa4096)]
fn a_key_of_every_kind_signs_in_every_form(#[case] kind: KeyKind) {
    let image = Digest::sha256(MANIFEST);
    let (key, world) = (SigningKey::generate(kind), World::shared());
    let wrong = SigningKey::p256();
    for newer_log in [false, true] {
        for managed in [false, true] {
            let recipe = || -> Recipe {
                let recipe = match newer_log {
                    true => world.recipe_v2(&image, &identity()),
                    false => world.recipe(&image, &identity()),
                };
                let recipe = recipe.with(|recipe| recipe.leaf_key = Some(key.clone()));
                if managed { recipe.by_key(&key) } else { recipe }
            };
            let whom = managed.then_some(&key);
            let mut forms = vec![
                ("statement", recipe(), Artifact::Digest(&image)),
                ("message", recipe().message(MANIFEST), Artifact::Bytes(MANIFEST)),
            ];
            if !newer_log {
                forms.push((OLDER, recipe().simple_signing(&image), Artifact::Digest(&image)));
            }
            for (form, recipe, artifact) in forms {
                let text = format!("{kind:?} {form}, managed: {managed}, newer log: {newer_log}");
                let bundle = |signed: &Signed| match form {
                    OLDER => Bundle::read(&signed.legacy_item()).unwrap(),
                    _ => Bundle::from_json(&signed.bundle()).unwrap(),
                };
                let good = judge(&bundle(&recipe.sign()), artifact, whom);
                assert!(good.is_ok(), "{text}: {good:?}");
                let forged = recipe.clone().with(|recipe| recipe.signing_key = Some(wrong.clone())).sign();
                let error = judge(&bundle(&forged), artifact, whom).unwrap_err();
                assert_eq!(error.code(), "signature-invalid", "{text}");
            }
        }
    }
}

// The digest at hand is SHA-256; a message signature over another one says nothing about it.
#[rstest]
#[case::p384(KeyKind::P384)]
#[case::p521(KeyKind::P521)]
#[case::ed25519(KeyKind::Ed25519)]
fn a_message_signature_over_a_longer_digest_wants_the_bytes(#[case] kind: KeyKind) {
    let image = Digest::sha256(MANIFEST);
    let key = SigningKey::generate(kind);
    let recipe = World::shared().recipe(&image, &identity()).message(MANIFEST);
    let signed = recipe.with(|recipe| recipe.leaf_key = Some(key)).sign();
    let bundle = Bundle::from_json(&signed.bundle()).unwrap();
    let error = judge(&bundle, Artifact::Digest(&image), None).unwrap_err();
    assert_eq!(error.code(), "artifact-bytes-needed");
    assert!(judge(&bundle, Artifact::Bytes(MANIFEST), None).is_ok());
    let error = judge(&bundle, Artifact::Bytes(b"another manifest"), None).unwrap_err();
    assert_eq!(error.code(), "digest-mismatch");
}
