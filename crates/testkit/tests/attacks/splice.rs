//! Genuine parts of somebody else's signature around the attacker's own.

use sealgate_testkit::{
    Content, EntryKind, Identity, Recipe, SigningKey, base64, pre_authentication_encoding, sign_statement,
};
use sealgate_verify::Digest;
use serde_json::json;

use crate::scene::{Case, Scene, Table};

/// The same key signs the same payload again; the entry stays that of the first signature, the timestamp does not.
fn again(scene: &mut Scene, recipe: Recipe) {
    let key = SigningKey::p256();
    let first = recipe.with(|recipe| recipe.leaf_key = Some(key.clone())).sign();
    let signature = key.sign(&pre_authentication_encoding(first.payload_type(), first.payload()));
    let (authority, at) = (scene.world.timestamps.clone(), scene.world.at + 30);
    scene.splice(first, |signed| {
        *signed = signed.clone().with_signature(&signature);
        signed.timestamps.iter_mut().for_each(|stamp| *stamp = authority.profile(&signature, at).sign());
    });
}

pub(crate) const TABLE: Table = &[
    (
        "certificate-of-someone-else",
        Case::Scene(|scene| {
            // The log is the attacker's accomplice here: it records what no honest log would.
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.signing_key = Some(SigningKey::p256()));
        }),
    ),
    (
        "envelope-payload-is-replaced",
        Case::Scene(|scene| {
            // The log is the attacker's accomplice here: its entry is about the payload as it reads now.
            let other = scene.world.sign_image(&Digest::sha256(b"another image"), &scene.identity);
            let signed = pre_authentication_encoding(other.payload_type(), other.payload());
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.patches.signed_bytes.add(move |bytes| *bytes = signed.clone()));
        }),
    ),
    (
        "entry-of-another-image",
        Case::Scene(|scene| {
            let entries = scene.world.sign_image(&Digest::sha256(b"another image"), &scene.identity).entries;
            scene.splice(scene.recipe().sign(), |signed| signed.entries = entries);
        }),
    ),
    (
        "entry-of-another-signer",
        Case::Scene(|scene| {
            let evil = Identity::email("evil@example.com", "https://accounts.example");
            let entries = scene.world.sign_image(&scene.digest, &evil).entries;
            scene.splice(scene.recipe().sign(), |signed| signed.entries = entries);
        }),
    ),
    (
        "entry-from-another-signature",
        Case::Scene(|scene| {
            let key = SigningKey::p256();
            let first = scene.recipe().with(|recipe| recipe.leaf_key = Some(key.clone())).sign();
            let again = key.sign(&pre_authentication_encoding(first.payload_type(), first.payload()));
            scene.splice(first, |signed| *signed = signed.clone().with_signature(&again));
        }),
    ),
    (
        "message-entry-from-another-signature",
        Case::Scene(|scene| {
            let key = SigningKey::p256();
            let bytes = scene.image.bytes.clone();
            let first =
                scene.recipe().message(&bytes).with(|recipe| recipe.leaf_key = Some(key.clone())).sign();
            scene.splice(first, |signed| *signed = signed.clone().with_signature(&key.sign(&bytes)));
        }),
    ),
    (
        "promise-of-another-entry",
        Case::Scene(|scene| {
            let promise = scene.recipe().sign().entries[0].promise.clone();
            scene.splice(scene.recipe().sign(), |signed| signed.entries[0].promise = promise);
        }),
    ),
    (
        "proof-of-another-leaf",
        Case::Scene(|scene| {
            let other = scene.recipe().sign().entries[0].clone();
            scene.splice(scene.recipe().sign(), |signed| {
                signed.entries[0].proof = other.proof;
                signed.entries[0].checkpoint = other.checkpoint;
            });
        }),
    ),
    (
        "timestamp-of-another-signature",
        Case::Scene(|scene| {
            let timestamps = scene.stamped().sign().timestamps;
            scene.splice(scene.stamped().sign(), |signed| signed.timestamps = timestamps);
        }),
    ),
    (
        "entry-names-two-certificates",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe.patches.body.add(|body| {
                    let verifier = &mut body["spec"]["signatures"][0]["verifier"];
                    let text =
                        String::from_utf8(sealgate_testkit::unbase64(verifier.as_str().unwrap())).unwrap();
                    *verifier = json!(base64(format!("{text}{text}").as_bytes()));
                });
            });
        }),
    ),
    (
        "digest-field-stands-in-for-a-signature",
        Case::Scene(|scene| {
            // Signature and entry fit each other; only the digest that nobody signed names our image.
            let image = scene.image.bytes.clone();
            let digest = base64(scene.digest.bytes());
            let good = scene.recipe().message(&image);
            scene.forge(good, |recipe| {
                recipe.content = Content::Message(b"another image".to_vec());
                recipe
                    .patches
                    .bundle
                    .add(move |bundle| bundle["messageSignature"]["messageDigest"]["digest"] = json!(digest));
            });
        }),
    ),
    (
        "signature-of-another-digest-is-replayed",
        Case::Scene(|scene| {
            let other = sign_statement(&Digest::sha256(b"another image"));
            let good = scene.recipe();
            scene.forge(good, |recipe| *recipe = recipe.clone().statement(&other));
        }),
    ),
    (
        "signature-is-no-der",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| recipe.patches.signature.add(|signature| signature.push(0)));
        }),
    ),
    (
        "oldest-in-toto-entry-of-another-signature",
        Case::Scene(|scene| {
            // An `intoto/0.0.1` body holds no signature: only the envelope's hash tells two signatures apart.
            let recipe = scene.recipe().with(|recipe| recipe.entry_kind = Some(EntryKind::Intoto001));
            again(scene, recipe);
        }),
    ),
    (
        "newer-log-entry-from-another-signature",
        Case::Scene(|scene| {
            let recipe = scene.world.recipe_v2(&scene.digest, &scene.identity);
            again(scene, recipe);
        }),
    ),
    (
        "newer-envelope-entry-from-another-signature",
        Case::Scene(|scene| {
            let recipe = scene.world.recipe_v2(&scene.digest, &scene.identity);
            again(scene, recipe.with(|recipe| recipe.entry_kind = Some(EntryKind::Dsse)));
        }),
    ),
    (
        "newer-log-entry-of-another-certificate",
        Case::Scene(|scene| {
            let evil = Identity::email("evil@example.com", "https://accounts.example");
            let other = scene.world.recipe_v2(&scene.digest, &evil).sign().certificate.unwrap();
            let good = scene.world.recipe_v2(&scene.digest, &scene.identity);
            scene.forge(good, |recipe| {
                recipe.patches.body.add(move |body| {
                    let verifier = &mut body["spec"]["hashedRekordV002"]["signature"]["verifier"];
                    verifier["x509Certificate"]["rawBytes"] = json!(base64(&other));
                });
            });
        }),
    ),
    (
        "newer-log-entry-of-another-digest",
        Case::Scene(|scene| {
            let good = scene.world.recipe_v2(&scene.digest, &scene.identity);
            scene.forge(good, |recipe| {
                recipe
                    .patches
                    .body
                    .add(|body| body["spec"]["hashedRekordV002"]["data"]["digest"] = json!(base64(&[7; 32])));
            });
        }),
    ),
];
