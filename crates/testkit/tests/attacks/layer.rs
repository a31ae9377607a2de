//! cosign's older layers.

use sealgate_testkit::{Identity, KeyKind, SigningKey, base64, pem_block, recipe::simple_signing};
use sealgate_verify::Digest;
use serde_json::{Value, json};

use crate::scene::{Case, Scene, Table, policy};

fn payload(scene: &mut Scene, change: fn(&mut Value)) {
    let mut value = simple_signing(&scene.digest);
    change(&mut value);
    let bytes = sealgate_testkit::recipe::canonical(&value);
    let good = scene.recipe().simple_signing(&scene.digest);
    let signed = if scene.attack { good.message(&bytes).sign() } else { good.sign() };
    scene.items.push(signed.legacy_item());
}

fn raw(scene: &mut Scene, change: fn(String) -> String) {
    let text =
        String::from_utf8(sealgate_testkit::recipe::canonical(&simple_signing(&scene.digest))).unwrap();
    let text = if scene.attack { change(text) } else { text };
    let signed = scene.recipe().message(text.as_bytes()).sign();
    scene.items.push(signed.legacy_item());
}

const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const BUNDLE: &str = "dev.sigstore.cosign/bundle";
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// A policy with a managed key, and the key.
fn keyed(scene: &mut Scene) -> SigningKey {
    let key = SigningKey::generate(KeyKind::P256);
    let pem = key.public_pem().replace('\n', "\\n");
    scene.policy = policy(&format!("key: {{pem: \"{pem}\"}}"));
    key
}

pub(crate) const TABLE: Table = &[
    (
        "layer-about-another-image",
        Case::Scene(|scene| {
            payload(scene, |value| {
                value["critical"]["image"]["docker-manifest-digest"] =
                    json!(Digest::sha256(b"another").to_string());
            });
        }),
    ),
    (
        "layer-of-another-type",
        Case::Scene(|scene| {
            payload(scene, |value| value["critical"]["type"] = json!("atomic container signature"))
        }),
    ),
    ("layer-with-two-documents", Case::Scene(|scene| raw(scene, |text| format!("{text}{text}")))),
    (
        "layer-says-one-field-twice",
        Case::Scene(|scene| {
            raw(scene, |text| {
                let other =
                    format!(r#""image":{{"docker-manifest-digest":"sha256:{}"}},"image""#, "00".repeat(32));
                text.replacen("\"image\"", &other, 1)
            });
        }),
    ),
    (
        "layer-payload-is-replaced",
        Case::Scene(|scene| {
            let other = scene.world.sign_image_legacy(&Digest::sha256(b"another"), &scene.identity.clone());
            let annotations = other.legacy_annotations();
            scene.layer(|_, item| item.annotations = annotations);
        }),
    ),
    (
        "layer-entry-of-another-signature",
        Case::Scene(|scene| {
            let other = scene.world.sign_image_legacy(&scene.digest, &scene.identity).legacy_annotations();
            scene.layer(|_, item| drop(item.annotations.insert(BUNDLE.into(), other[BUNDLE].clone())));
        }),
    ),
    (
        "layer-without-an-entry",
        Case::Scene(|scene| scene.layer(|_, item| drop(item.annotations.remove(BUNDLE)))),
    ),
    (
        "layer-certificate-of-someone-else",
        Case::Scene(|scene| {
            // The log is the attacker's accomplice here: it records what no honest log would.
            let good = scene.recipe().simple_signing(&scene.digest);
            let recipe = if scene.attack {
                good.with(|recipe| recipe.signing_key = Some(SigningKey::p256()))
            } else {
                good
            };
            scene.items.push(recipe.sign().legacy_item());
        }),
    ),
    (
        "layer-with-two-certificates",
        Case::Scene(|scene| {
            scene.layer(|_, item| {
                let certificate = item.annotations[CERTIFICATE].clone();
                item.annotations.insert(CERTIFICATE.into(), format!("{certificate}{certificate}"));
            });
        }),
    ),
    (
        "layer-certificate-is-a-bare-key",
        Case::Scene(|scene| {
            scene.layer(|signed, item| {
                drop(item.annotations.insert(CERTIFICATE.into(), signed.key.public_pem()))
            });
        }),
    ),
    (
        "layer-certificate-cannot-be-read",
        Case::Scene(|scene| {
            // The entry names the same garbage, so that nothing but the certificate itself is wrong.
            let garbage = pem_block("CERTIFICATE", b"no certificate");
            let good = scene.recipe().simple_signing(&scene.digest);
            if scene.attack {
                let logged = json!(base64(garbage.as_bytes()));
                let recipe = good.with(|recipe| {
                    recipe
                        .patches
                        .body
                        .add(move |body| body["spec"]["signature"]["publicKey"]["content"] = logged.clone());
                });
                let mut item = recipe.sign().legacy_item();
                item.annotations.insert(CERTIFICATE.into(), garbage);
                scene.items.push(item);
            } else {
                scene.items.push(good.sign().legacy_item());
            }
        }),
    ),
    (
        "layer-signature-is-no-base64",
        Case::Scene(|scene| {
            scene.layer(|_, item| drop(item.annotations.insert(SIGNATURE.into(), "not base64".into())))
        }),
    ),
    (
        "layer-integrated-time-is-changed",
        Case::Scene(|scene| {
            scene.layer(|_, item| {
                let mut bundle: Value = serde_json::from_str(&item.annotations[BUNDLE]).unwrap();
                let time = bundle["Payload"]["integratedTime"].as_i64().unwrap();
                bundle["Payload"]["integratedTime"] = json!(time + 1);
                item.annotations.insert(BUNDLE.into(), bundle.to_string());
            });
        }),
    ),
    (
        "key-that-nobody-trusts",
        Case::Scene(|scene| {
            let key = keyed(scene);
            scene.policy = scene.policy.replace("      key:", "      transparencyLog: none\n      key:");
            let good = scene.recipe().by_key(&key);
            scene.forge(good, |recipe| *recipe = recipe.clone().by_key(&SigningKey::p256()));
        }),
    ),
    (
        "key-signature-without-a-log-entry",
        Case::Scene(|scene| {
            let key = keyed(scene);
            let good = scene.recipe().by_key(&key);
            scene.forge(good, |recipe| recipe.logs.clear());
        }),
    ),
    (
        "key-hint-of-a-trusted-key",
        Case::Scene(|scene| {
            let key = keyed(scene);
            let hint =
                scene.recipe().by_key(&key).sign().bundle_json()["verificationMaterial"]["publicKey"].clone();
            let good = scene.recipe().by_key(&key);
            scene.forge(good, |recipe| {
                *recipe = recipe.clone().by_key(&SigningKey::p256());
                recipe
                    .patches
                    .bundle
                    .add(move |bundle| bundle["verificationMaterial"]["publicKey"] = hint.clone());
            });
        }),
    ),
    (
        "certificate-where-a-key-is-trusted",
        Case::Scene(|scene| {
            let key = keyed(scene);
            let good = scene.recipe().by_key(&key);
            let evil = Identity::email("evil@example.com", "https://accounts.example");
            scene.forge(good, |recipe| *recipe = recipe.clone().by(evil));
        }),
    ),
    (
        "certificate-beside-a-key-signature",
        Case::Scene(|scene| {
            let key = keyed(scene);
            let evil = Identity::email("evil@example.com", "https://accounts.example");
            let by_key = scene.recipe().simple_signing(&scene.digest).by_key(&key).sign().legacy_item();
            let own = scene.recipe().simple_signing(&scene.digest).by(evil).sign().legacy_item();
            scene.items.push(if scene.attack { own } else { by_key });
        }),
    ),
];
