//! Genuine signatures by the right signer about something else.

use sealgate_testkit::{Content, pre_authentication_encoding, sign_statement, statement};
use sealgate_verify::Digest;
use serde_json::{Value, json};

use crate::scene::{Case, Scene, Table};

fn about(scene: &mut Scene, change: fn(&mut Value)) {
    let mut changed = sign_statement(&scene.digest);
    change(&mut changed);
    let good = scene.recipe();
    scene.forge(good, |recipe| *recipe = recipe.clone().statement(&changed));
}

fn raw(scene: &mut Scene, change: fn(String) -> String) {
    let good = scene.recipe();
    scene.forge(good, |recipe| {
        if let Content::Envelope(_, payload) = &mut recipe.content {
            *payload = change(String::from_utf8(payload.clone()).unwrap()).into_bytes();
        }
    });
}

pub(crate) const TABLE: Table = &[
    (
        "attestation-is-no-signature",
        Case::Scene(|scene| {
            let provenance =
                statement(&scene.digest, "https://slsa.dev/provenance/v1", json!({"buildDefinition": {}}));
            let good = scene.recipe();
            scene.forge(good, |recipe| *recipe = recipe.clone().statement(&provenance));
        }),
    ),
    (
        "payload-type-of-something-else",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                if let Content::Envelope(kind, _) = &mut recipe.content {
                    *kind = "application/vnd.in-toto+jsonX".into();
                }
            });
        }),
    ),
    (
        "payload-type-replaced-after-signing",
        Case::Scene(|scene| {
            let bytes = scene.recipe().sign().payload().to_vec();
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe.content = Content::Envelope("text/plain".into(), bytes);
                recipe
                    .patches
                    .envelope
                    .add(|envelope| envelope["payloadType"] = json!("application/vnd.in-toto+json"));
            });
        }),
    ),
    (
        "second-signature-in-the-envelope",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe.patches.envelope.add(|envelope| {
                    let first = envelope["signatures"][0].clone();
                    envelope["signatures"].as_array_mut().unwrap().push(first);
                });
            });
        }),
    ),
    (
        "envelope-without-signatures",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe.patches.envelope.add(|envelope| envelope["signatures"] = json!([]))
            });
        }),
    ),
    (
        "signed-file-that-looks-like-an-envelope",
        Case::Scene(|scene| {
            // The signer signed a file of the attacker's choice: its bytes are an envelope's encoding.
            let payload = scene.recipe().sign().payload().to_vec();
            let file = pre_authentication_encoding("application/vnd.in-toto+json", &payload);
            let blob = scene.recipe().message(&file).sign();
            scene.splice(scene.recipe().sign(), |signed| {
                *signed = blob.with(|blob| {
                    let envelope = json!({
                        "payloadType": "application/vnd.in-toto+json",
                        "payload": sealgate_testkit::base64(&payload),
                        "signatures": [{"sig": sealgate_testkit::base64(&blob.signature)}],
                    });
                    blob.envelope = Some(envelope);
                });
            });
        }),
    ),
    (
        "statement-without-subject",
        Case::Scene(|scene| about(scene, |statement| statement["subject"] = json!([]))),
    ),
    (
        "statement-about-another-digest",
        Case::Scene(|scene| {
            about(scene, |statement| {
                statement["subject"][0]["digest"]["sha256"] = json!(Digest::sha256(b"another").hex())
            });
        }),
    ),
    (
        "digest-under-another-algorithm",
        Case::Scene(|scene| {
            about(scene, |statement| {
                let hex = statement["subject"][0]["digest"]["sha256"].take();
                statement["subject"][0]["digest"] = json!({"gitCommit": hex});
            });
        }),
    ),
    (
        "digest-in-upper-case",
        Case::Scene(|scene| {
            about(scene, |statement| {
                let hex = statement["subject"][0]["digest"]["sha256"].as_str().unwrap().to_uppercase();
                statement["subject"][0]["digest"]["sha256"] = json!(hex);
            });
        }),
    ),
    (
        "digest-is-cut-short",
        Case::Scene(|scene| {
            about(scene, |statement| {
                let hex = statement["subject"][0]["digest"]["sha256"].as_str().unwrap()[..32].to_owned();
                statement["subject"][0]["digest"]["sha256"] = json!(hex);
            });
        }),
    ),
    (
        "statement-of-an-unknown-type",
        Case::Scene(|scene| about(scene, |statement| statement["_type"] = json!("https://evil.test/v1"))),
    ),
    (
        "statement-field-in-other-case",
        Case::Scene(|scene| raw(scene, |text| text.replacen("\"subject\"", "\"Subject\"", 1))),
    ),
    (
        "statement-says-its-subject-twice",
        Case::Scene(|scene| {
            raw(scene, |text| {
                let other =
                    format!(r#""subject":[{{"digest":{{"sha256":"{}"}}}}],"subject""#, "00".repeat(32));
                text.replacen("\"subject\"", &other, 1)
            });
        }),
    ),
    ("statement-with-a-second-document", Case::Scene(|scene| raw(scene, |text| format!("{text}{text}")))),
    (
        "predicate-nested-too-deep",
        Case::Scene(|scene| {
            raw(scene, |text| {
                let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
                text.replacen("\"predicate\":{}", &format!("\"predicate\":{deep}"), 1)
            });
        }),
    ),
    (
        "predicate-type-with-a-slash-more",
        Case::Scene(|scene| {
            about(scene, |statement| {
                statement["predicateType"] = json!("https://sigstore.dev/cosign/sign/v1/")
            })
        }),
    ),
    (
        "too-many-subjects",
        Case::Scene(|scene| {
            let count = if scene.attack { 1024 } else { 1023 };
            let mut statement = sign_statement(&scene.digest);
            let subjects = statement["subject"].as_array_mut().unwrap();
            for number in 0..count {
                let digest = Digest::sha256(format!("{number}").as_bytes());
                subjects.insert(0, json!({"digest": {"sha256": digest.hex()}}));
            }
            let recipe = scene.recipe().statement(&statement);
            scene.publish(&recipe.sign());
        }),
    ),
    (
        "message-signature-of-another-image",
        Case::Scene(|scene| {
            let good = scene.recipe().message(&scene.image.bytes.clone());
            scene.forge(good, |recipe| recipe.content = Content::Message(b"another image".to_vec()));
        }),
    ),
    (
        "bundle-says-one-field-twice",
        Case::Scene(|scene| {
            let signed = scene.recipe().sign();
            let mut item = signed.item();
            if scene.attack {
                let text = String::from_utf8(signed.bundle()).unwrap();
                let twice = text.replacen(
                    "\"dsseEnvelope\":",
                    "\"dsseEnvelope\":{\"payload\":\"\"},\"dsseEnvelope\":",
                    1,
                );
                item.bytes = twice.into_bytes().into();
            }
            scene.items.push(item);
        }),
    ),
    (
        "bundle-of-an-unknown-version",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe
                    .patches
                    .bundle
                    .add(|bundle| bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v9+json"));
            });
        }),
    ),
];
