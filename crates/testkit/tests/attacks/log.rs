//! Transparency logs that did not say so, or said something else.

use sealgate_testkit::{
    EntryKind, Format, KeyKind, Log, LogVersion, Promise, SigningKey, base64, log, unbase64,
};
use serde_json::{Value, json};

use crate::scene::{Case, Scene, Table};

fn checkpoint(scene: &mut Scene, change: fn(&mut sealgate_testkit::Checkpoint)) {
    let good = scene.recipe();
    scene.forge(good, |recipe| recipe.patches.checkpoint.add(change));
}

fn after_signing(scene: &mut Scene, change: fn(&mut String)) {
    let good = scene.recipe();
    scene.forge(good, |recipe| recipe.patches.checkpoint_text.add(change));
}

fn body(scene: &mut Scene, change: fn(&mut Value)) {
    let good = scene.recipe();
    scene.forge(good, |recipe| recipe.patches.body.add(change));
}

pub(crate) const TABLE: Table = &[
    (
        "no-log-entry",
        Case::Scene(|scene| {
            let good = scene.stamped();
            scene.forge(good, |recipe| recipe.logs.clear());
        }),
    ),
    (
        "log-that-nobody-knows",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.logs = vec![Log::v1("evil")]);
        }),
    ),
    (
        "log-that-claims-a-trusted-identifier",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                let evil = SigningKey::p256();
                let key = evil.clone();
                recipe.patches.promise.add(move |promise: &mut Promise| promise.key = key.clone());
                recipe.patches.checkpoint.add(move |checkpoint| checkpoint.signatures[0].key = evil.clone());
            });
        }),
    ),
    (
        "log-retired-before-integration",
        Case::Scene(|scene| {
            let end = if scene.attack { "2026-05-31T00:00:00Z" } else { "2026-06-02T00:00:00Z" };
            scene.root["tlogs"][0]["publicKey"]["validFor"]["end"] = json!(end);
            scene.publish(&scene.recipe().sign());
        }),
    ),
    (
        "integrated-time-without-a-promise",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.patches.entry.add(|entry| entry.promise = None));
        }),
    ),
    (
        "integrated-time-is-changed",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe
                    .patches
                    .entry
                    .add(|entry| entry.integrated_time = entry.integrated_time.map(|time| time - 1));
            });
        }),
    ),
    (
        "integrated-time-of-zero",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.patches.promise.add(|promise| promise.integrated_time = 0));
        }),
    ),
    (
        "integrated-time-in-the-future",
        Case::Scene(|scene| {
            scene.now.0 = scene.world.at + 60 - if scene.attack { 120 } else { 0 };
            scene.publish(&scene.recipe().sign());
        }),
    ),
    (
        "checkpoint-of-a-look-alike",
        Case::Scene(|scene| {
            checkpoint(scene, |checkpoint| {
                checkpoint.origin = checkpoint.origin.replace(" - ", ".evil.test - ")
            })
        }),
    ),
    (
        "checkpoint-signed-under-another-name",
        Case::Scene(|scene| {
            checkpoint(scene, |checkpoint| checkpoint.signatures[0].name = "evil.test".into())
        }),
    ),
    (
        "checkpoint-signed-by-another-key",
        Case::Scene(|scene| {
            checkpoint(scene, |checkpoint| checkpoint.signatures[0].key = SigningKey::p256())
        }),
    ),
    (
        "checkpoint-of-another-root",
        Case::Scene(|scene| checkpoint(scene, |checkpoint| checkpoint.root = base64(&[7; 32]))),
    ),
    (
        "checkpoint-of-another-size",
        Case::Scene(|scene| {
            checkpoint(scene, |checkpoint| {
                checkpoint.size = (checkpoint.size.parse::<u64>().unwrap() + 1).to_string()
            });
        }),
    ),
    (
        "checkpoint-without-signature",
        Case::Scene(|scene| checkpoint(scene, |checkpoint| checkpoint.signatures.clear())),
    ),
    (
        "checkpoint-changed-after-signing",
        Case::Scene(|scene| after_signing(scene, |text| *text = text.replacen("\n\n", "\nextra\n\n", 1))),
    ),
    (
        "checkpoint-is-left-out",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.patches.entry.add(|entry| entry.checkpoint = None));
        }),
    ),
    (
        "proof-is-left-out",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.patches.entry.add(|entry| entry.proof = None));
        }),
    ),
    (
        "proof-with-an-impossible-index",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.patches.proof.add(|proof| proof.index = proof.size));
        }),
    ),
    (
        "proof-of-an-inner-node",
        Case::Scene(|scene| {
            // The attacker owns a leaf whose bytes are the two children of an inner node: without the prefixes it would do.
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe.patches.proof.add(|proof| {
                    let (left, right) = ([1_u8; 32], [2_u8; 32]);
                    proof.root = log::node_hash(&left, &right).to_vec();
                    proof.hashes.clear();
                    (proof.index, proof.size) = (0, 1);
                });
            });
        }),
    ),
    (
        "newer-log-without-a-timestamp",
        Case::Scene(|scene| {
            let good = scene.world.recipe_v2(&scene.digest, &scene.identity);
            scene.forge(good, |recipe| recipe.timestamp_authorities.clear());
        }),
    ),
    (
        "newer-log-with-a-forged-promise",
        Case::Scene(|scene| {
            let good = scene.world.recipe_v2(&scene.digest, &scene.identity);
            let at = scene.world.at;
            scene.forge(good, |recipe| {
                recipe.timestamp_authorities.clear();
                let evil = SigningKey::p256();
                recipe.patches.entry.add(move |entry| {
                    entry.integrated_time = Some(at + 60);
                    entry.promise = Some(evil.sign(b"promise"));
                });
            });
        }),
    ),
    (
        "older-entry-under-the-newer-log",
        Case::Scene(|scene| {
            let good = scene.stamped();
            let id = scene.world.log2.id();
            scene.forge(good, |recipe| {
                recipe.patches.entry.add(move |entry| {
                    entry.log_id = id.clone();
                    entry.promise = None;
                    entry.integrated_time = None;
                });
            });
        }),
    ),
    (
        "entry-kind-contradicts-its-body",
        Case::Scene(|scene| body(scene, |body| body["kind"] = json!("hashedrekord"))),
    ),
    (
        "entry-of-another-kind",
        Case::Scene(|scene| {
            let bytes = scene.image.bytes.clone();
            let good = scene.recipe().message(&bytes);
            let entries = scene.recipe().sign().entries;
            let attack = scene.attack;
            let signed = good.sign().with(|signed| {
                if attack {
                    signed.entries = entries
                }
            });
            scene.publish(&signed);
        }),
    ),
    (
        "entry-names-another-payload",
        Case::Scene(|scene| {
            body(scene, |body| body["spec"]["payloadHash"]["value"] = json!("00".repeat(32)))
        }),
    ),
    (
        "entry-of-another-hash-algorithm",
        Case::Scene(|scene| body(scene, |body| body["spec"]["payloadHash"]["algorithm"] = json!("sha512"))),
    ),
    (
        "entry-names-a-key-of-its-own",
        Case::Scene(|scene| {
            body(scene, |body| {
                let key = SigningKey::p256().public_pem();
                body["spec"]["signatures"][0]["verifier"] = json!(base64(key.as_bytes()));
            });
        }),
    ),
    (
        "entry-body-says-one-field-twice",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe.patches.body_bytes.add(|bytes| {
                    let text = String::from_utf8(bytes.clone()).unwrap();
                    let twice = format!(
                        r#""payloadHash":{{"algorithm":"sha256","value":"{}"}},"payloadHash""#,
                        "00".repeat(32)
                    );
                    *bytes = text.replacen(r#""payloadHash""#, &twice, 1).into_bytes();
                });
            });
        }),
    ),
    (
        "entry-twice",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.splice(good.sign(), |signed| signed.entries.push(signed.entries[0].clone()));
        }),
    ),
    (
        "nine-log-entries",
        Case::Scene(|scene| {
            let good = scene.recipe();
            let log = scene.world.log.clone();
            scene.forge(good, |recipe| recipe.logs = vec![log; 9]);
        }),
    ),
    (
        "bad-entry-beside-a-good-one",
        Case::Scene(|scene| {
            let other = scene.recipe().sign().entries[0].clone();
            scene.splice(scene.recipe().sign(), |signed| signed.entries.push(other));
        }),
    ),
    (
        "oldest-bundle-without-a-promise",
        Case::Scene(|scene| {
            let good = scene.stamped().with(|recipe| recipe.format = Format::V01);
            scene.forge(good, |recipe| recipe.patches.entry.add(|entry| entry.promise = None));
        }),
    ),
    (
        "newer-log-s-checkpoint-by-another-key",
        Case::Scene(|scene| {
            let good = scene.world.recipe_v2(&scene.digest, &scene.identity);
            assert_eq!(scene.world.log2.version, LogVersion::V2);
            scene.forge(good, |recipe| {
                let evil = SigningKey::generate(KeyKind::Ed25519);
                recipe.patches.checkpoint.add(move |checkpoint| checkpoint.signatures[0].key = evil.clone());
            });
        }),
    ),
    (
        "in-toto-entry-of-another-envelope",
        Case::Scene(|scene| {
            let good = scene.recipe().with(|recipe| recipe.entry_kind = Some(EntryKind::Intoto002));
            scene.forge(good, |recipe| {
                recipe.patches.body.add(|body| {
                    let signature = &mut body["spec"]["content"]["envelope"]["signatures"][0]["sig"];
                    assert!(!unbase64(signature.as_str().unwrap()).is_empty());
                    *signature = json!(base64(base64(b"another signature").as_bytes()));
                });
            });
        }),
    ),
];
