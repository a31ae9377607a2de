//! Parts of other genuine signatures around one's own, in every form and for every kind of signer.

use sealgate_testkit::{EntryKind, Format, Recipe, Signed, SigningKey, World};
use sealgate_verify::{Artifact, Bundle, LogRule, PublicKey, Verifier};

use crate::{MANIFEST, image, recipe, release};

/// How a signature is published.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Layer,
    EnvelopeLayer,
    Bundle,
}

fn judge(form: Form, signed: &Signed, key: Option<&SigningKey>) -> &'static str {
    let bundle = match form {
        Form::Layer | Form::EnvelopeLayer => Bundle::read(&signed.legacy_item()),
        Form::Bundle => Bundle::from_json(&signed.bundle()),
    };
    let bundle = match bundle {
        Ok(bundle) => bundle,
        Err(error) => return error.code(),
    };
    let root = World::shared().root();
    let verifier = Verifier::new(&root, World::shared().now());
    let artifact = Artifact::Bytes(MANIFEST);
    let found = match key {
        Some(key) => {
            let key = PublicKey::from_spki(&key.spki()).unwrap();
            verifier.authenticate_with_key(&bundle, artifact, &key, LogRule::Required)
        }
        None => verifier.authenticate(&bundle, artifact),
    };
    found.map_or_else(|error| error.code(), |_| "")
}

/// Every form in which a signature is published.
fn forms() -> Vec<(&'static str, Form, Recipe)> {
    let world = World::shared();
    let newer = || world.recipe_v2(&image(), &release());
    let kind = |kind| recipe().with(|recipe| recipe.entry_kind = Some(kind));
    let version = |format| recipe().message(MANIFEST).with(|recipe| recipe.format = format);
    vec![
        ("layer", Form::Layer, recipe().simple_signing(&image())),
        ("envelope layer", Form::EnvelopeLayer, recipe()),
        ("envelope layer, oldest entry", Form::EnvelopeLayer, kind(EntryKind::Intoto001)),
        ("v0.1 message", Form::Bundle, version(Format::V01)),
        ("v0.2 message", Form::Bundle, version(Format::V02)),
        ("v0.3 message", Form::Bundle, version(Format::V03)),
        ("v0.3 envelope", Form::Bundle, recipe()),
        ("v0.3 envelope, older entry", Form::Bundle, kind(EntryKind::Intoto002)),
        ("v2 message", Form::Bundle, newer().message(MANIFEST)),
        ("v2 envelope", Form::Bundle, newer()),
        (
            "v2 envelope, its own entry",
            Form::Bundle,
            newer().with(|recipe| recipe.entry_kind = Some(EntryKind::Dsse)),
        ),
    ]
}

/// Whose part it is.
const OTHERS: [&str; 3] =
    ["the same signer's next signature", "a stranger's over the same", "the signer's over something else"];

fn other(name: &str, form: Form, recipe: &Recipe, key: &SigningKey, is_keyed: bool) -> Signed {
    let own = |recipe: Recipe| {
        if is_keyed { recipe.by_key(key) } else { recipe.with(|it| it.leaf_key = Some(key.clone())) }
    };
    match name {
        "a stranger's over the same" if is_keyed => recipe.clone().by_key(&SigningKey::p256()).sign(),
        "a stranger's over the same" => recipe.sign(),
        "the signer's over something else" => {
            let another = sealgate_verify::Digest::sha256(b"another manifest");
            let changed = match form {
                Form::Layer => recipe.clone().simple_signing(&another),
                _ if matches!(recipe.content, sealgate_testkit::Content::Message(_)) => {
                    recipe.clone().message(b"another manifest")
                }
                _ => recipe.clone().statement(&sealgate_testkit::sign_statement(&another)),
            };
            own(changed).sign()
        }
        _ => own(recipe.clone()).sign(),
    }
}

#[test]
fn no_part_of_another_signature_fits() {
    let mut tried = 0;
    for is_keyed in [false, true] {
        for (name, form, recipe) in forms() {
            let key = SigningKey::p256();
            let recipe = if is_keyed {
                recipe.by_key(&key)
            } else {
                recipe.with(|recipe| recipe.leaf_key = Some(key.clone()))
            };
            let own = recipe.sign();
            let asked = is_keyed.then_some(&key);
            assert_eq!(judge(form, &own, asked), "", "{name}");
            for whose in OTHERS {
                let other = other(whose, form, &recipe, &key, is_keyed);
                let mut wrong = |part: &str, code: &str, change: &dyn Fn(&mut Signed)| {
                    let found = judge(form, &own.clone().with(change), asked);
                    assert_eq!(found, code, "{name}, {part} of {whose}, with a key: {is_keyed}");
                    tried += 1;
                };
                wrong("entry", "log-mismatch", &|signed| signed.entries.clone_from(&other.entries));
                wrong("body", "log-mismatch", &|signed| {
                    signed.entries[0].body.clone_from(&other.entries[0].body)
                });
                wrong("signature", "log-mismatch", &|signed| {
                    *signed = signed.clone().with_signature(&other.signature)
                });
                if own.entries[0].promise.is_some() {
                    wrong("promise", "inclusion-promise-invalid", &|signed| {
                        signed.entries[0].promise.clone_from(&other.entries[0].promise)
                    });
                }
                if form == Form::Bundle && own.entries[0].proof.is_some() {
                    wrong("proof", "checkpoint-invalid", &|signed| {
                        signed.entries[0].proof.clone_from(&other.entries[0].proof)
                    });
                    wrong("proof and checkpoint", "inclusion-proof-invalid", &|signed| {
                        signed.entries[0].proof.clone_from(&other.entries[0].proof);
                        signed.entries[0].checkpoint.clone_from(&other.entries[0].checkpoint);
                    });
                }
                if !own.timestamps.is_empty() {
                    wrong("timestamp", "timestamp-invalid", &|signed| {
                        signed.timestamps.clone_from(&other.timestamps)
                    });
                }
                if !is_keyed {
                    wrong("certificate", "log-mismatch", &|signed| {
                        signed.certificate.clone_from(&other.certificate)
                    });
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn a_signature_that_was_logged_but_is_by_another_key_or_none_is_refused() {
    // The log is the attacker's accomplice here: it records what no honest log would.
    for is_keyed in [false, true] {
        for (name, form, recipe) in forms() {
            let key = SigningKey::p256();
            let recipe = if is_keyed { recipe.by_key(&key) } else { recipe };
            let asked = is_keyed.then_some(&key);
            assert_eq!(judge(form, &recipe.sign(), asked), "", "{name}");
            let by_another = recipe.clone().with(|recipe| recipe.signing_key = Some(SigningKey::p256()));
            let by_none =
                recipe.clone().with(|recipe| recipe.patches.signature.add(|bytes| *bytes = vec![7; 70]));
            let over_another =
                recipe.with(|recipe| recipe.patches.signed_bytes.add(|bytes| bytes.insert(0, b' ')));
            for forged in [by_another, by_none, over_another] {
                assert_eq!(judge(form, &forged.sign(), asked), "signature-invalid", "{name}, {is_keyed}");
            }
        }
    }
}
