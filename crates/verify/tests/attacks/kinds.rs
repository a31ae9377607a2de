//! Every kind of log entry, field by field. The log is the attacker's accomplice here: it records what no honest log would.

use sealgate_testkit::{EntryKind, Recipe, SigningKey, World, base64, pem_block};
use serde_json::{Value, json};

use crate::{Line, MANIFEST, each, image, judge, judge_item, recipe, release};

fn body(recipe: &mut Recipe, change: fn(&mut Value)) {
    recipe.patches.body.add(change);
}

fn stranger() -> String {
    base64(pem_block("CERTIFICATE", &World::shared().authority.intermediate).as_bytes())
}

fn stranger_s_key() -> String {
    base64(SigningKey::p256().public_pem().as_bytes())
}

const UNREADABLE: &str = "log-entry-unreadable";
const MISMATCH: &str = "log-mismatch";

const MESSAGE: &[Line<Recipe>] = &[
    ("another digest", MISMATCH, |recipe| {
        body(recipe, |it| it["spec"]["data"]["hash"]["value"] = json!("00".repeat(32)))
    }),
    ("a digest under another algorithm", UNREADABLE, |recipe| {
        body(recipe, |it| it["spec"]["data"]["hash"]["algorithm"] = json!("sha1"))
    }),
    ("no digest", UNREADABLE, |recipe| body(recipe, |it| it["spec"]["data"] = json!({}))),
    ("another signature", MISMATCH, |recipe| {
        body(recipe, |it| it["spec"]["signature"]["content"] = json!(base64(b"another")))
    }),
    ("no signature", MISMATCH, |recipe| body(recipe, |it| it["spec"]["signature"]["content"] = json!(""))),
    ("another certificate", MISMATCH, |recipe| {
        body(recipe, |it| it["spec"]["signature"]["publicKey"]["content"] = json!(stranger()))
    }),
    ("a key", MISMATCH, |recipe| {
        body(recipe, |it| it["spec"]["signature"]["publicKey"]["content"] = json!(stranger_s_key()))
    }),
    ("no signer", UNREADABLE, |recipe| body(recipe, |it| it["spec"]["signature"]["publicKey"] = json!({}))),
    ("an address for a signer", UNREADABLE, |recipe| {
        body(recipe, |it| it["spec"]["signature"]["publicKey"] = json!({"url": "https://127.0.0.1:1/"}))
    }),
    ("a newer kind inside", UNREADABLE, |recipe| body(recipe, |it| it["apiVersion"] = json!("0.0.2"))),
];

#[test]
fn an_older_entry_of_a_message_says_what_the_bundle_says() {
    each(&recipe().message(MANIFEST), |recipe| judge(&recipe.sign()), MESSAGE);
    each(
        &recipe().simple_signing(&image()),
        |recipe| judge_item(&recipe.sign().legacy_item()),
        // A layer's entry has no name outside: its body alone says of which kind it is.
        MESSAGE,
    );
}

fn newer(recipe: &mut Recipe, change: fn(&mut Value)) {
    recipe.patches.body.add(move |it| change(&mut it["spec"]["hashedRekordV002"]));
}

const NEWER_MESSAGE: &[Line<Recipe>] = &[
    ("another digest", MISMATCH, |recipe| newer(recipe, |it| it["data"]["digest"] = json!(base64(&[0; 32])))),
    ("a digest cut short", UNREADABLE, |recipe| {
        newer(recipe, |it| it["data"]["digest"] = json!(base64(&[0; 31])))
    }),
    ("an algorithm under an older name", UNREADABLE, |recipe| {
        newer(recipe, |it| it["data"]["algorithm"] = json!("sha256"))
    }),
    ("a weaker algorithm", UNREADABLE, |recipe| newer(recipe, |it| it["data"]["algorithm"] = json!("SHA1"))),
    ("another signature", MISMATCH, |recipe| {
        newer(recipe, |it| it["signature"]["content"] = json!(base64(b"another")))
    }),
    ("another certificate", MISMATCH, |recipe| {
        newer(recipe, |it| {
            it["signature"]["verifier"]["x509Certificate"]["rawBytes"] =
                json!(base64(&World::shared().authority.intermediate))
        })
    }),
    ("a key", MISMATCH, |recipe| {
        newer(recipe, |it| {
            it["signature"]["verifier"] =
                json!({"publicKey": {"rawBytes": base64(&SigningKey::p256().spki())}})
        })
    }),
    ("a key beside the certificate", MISMATCH, |recipe| {
        newer(recipe, |it| {
            it["signature"]["verifier"]["publicKey"] = json!({"rawBytes": base64(&SigningKey::p256().spki())})
        })
    }),
    ("no signer", MISMATCH, |recipe| newer(recipe, |it| it["signature"]["verifier"] = json!({}))),
    ("a certificate in armour", MISMATCH, |recipe| {
        newer(recipe, |it| {
            let raw = &mut it["signature"]["verifier"]["x509Certificate"]["rawBytes"];
            let der = sealgate_testkit::unbase64(raw.as_str().unwrap());
            *raw = json!(base64(pem_block("CERTIFICATE", &der).as_bytes()));
        })
    }),
    ("an older kind inside", UNREADABLE, |recipe| body(recipe, |it| it["apiVersion"] = json!("0.0.1"))),
];

#[test]
fn a_newer_entry_says_what_the_bundle_says() {
    let recipe = World::shared().recipe_v2(&image(), &release());
    each(&recipe.clone().message(MANIFEST), |recipe| judge(&recipe.sign()), NEWER_MESSAGE);
    each(&recipe, |recipe| judge(&recipe.sign()), NEWER_MESSAGE);
}

fn dsse(recipe: &mut Recipe, change: fn(&mut Value)) {
    recipe.patches.body.add(move |it| change(&mut it["spec"]["dsseV002"]));
}

const NEWER_ENVELOPE: &[Line<Recipe>] = &[
    ("another payload", MISMATCH, |recipe| {
        dsse(recipe, |it| it["payloadHash"]["digest"] = json!(base64(&[0; 32])))
    }),
    ("a payload under a weaker algorithm", UNREADABLE, |recipe| {
        dsse(recipe, |it| it["payloadHash"]["algorithm"] = json!("SHA1"))
    }),
    ("no signature", MISMATCH, |recipe| dsse(recipe, |it| it["signatures"] = json!([]))),
    ("two signatures", MISMATCH, |recipe| {
        dsse(recipe, |it| it["signatures"] = json!([it["signatures"][0], it["signatures"][0]]))
    }),
    ("another signature", MISMATCH, |recipe| {
        dsse(recipe, |it| it["signatures"][0]["content"] = json!(base64(b"another")))
    }),
    ("a key", MISMATCH, |recipe| {
        dsse(recipe, |it| {
            it["signatures"][0]["verifier"] =
                json!({"publicKey": {"rawBytes": base64(&SigningKey::p256().spki())}})
        })
    }),
];

#[test]
fn a_newer_entry_of_an_envelope_says_what_the_bundle_says() {
    let recipe = World::shared().recipe_v2(&image(), &release());
    let recipe = recipe.with(|recipe| recipe.entry_kind = Some(EntryKind::Dsse));
    each(&recipe, |recipe| judge(&recipe.sign()), NEWER_ENVELOPE);
}

fn content(recipe: &mut Recipe, change: fn(&mut Value)) {
    recipe.patches.body.add(move |it| change(&mut it["spec"]["content"]));
}

const IN_TOTO: &[Line<Recipe>] = &[
    ("another payload", MISMATCH, |recipe| {
        content(recipe, |it| it["payloadHash"]["value"] = json!("00".repeat(32)))
    }),
    ("another payload type", MISMATCH, |recipe| {
        content(recipe, |it| it["envelope"]["payloadType"] = json!("text/plain"))
    }),
    ("no signature", MISMATCH, |recipe| content(recipe, |it| it["envelope"]["signatures"] = json!([]))),
    ("two signatures", MISMATCH, |recipe| {
        content(recipe, |it| {
            let one = it["envelope"]["signatures"][0].clone();
            it["envelope"]["signatures"] = json!([one, one]);
        })
    }),
    ("another signature", MISMATCH, |recipe| {
        content(recipe, |it| {
            it["envelope"]["signatures"][0]["sig"] = json!(base64(base64(b"another").as_bytes()))
        })
    }),
    ("a signature in base64 once", UNREADABLE, |recipe| {
        content(recipe, |it| {
            let sig = &mut it["envelope"]["signatures"][0]["sig"];
            let once = sealgate_testkit::unbase64(sig.as_str().unwrap());
            *sig = json!(String::from_utf8(once).unwrap());
        })
    }),
    ("another certificate", MISMATCH, |recipe| {
        content(recipe, |it| it["envelope"]["signatures"][0]["publicKey"] = json!(stranger()))
    }),
    ("a key", MISMATCH, |recipe| {
        content(recipe, |it| it["envelope"]["signatures"][0]["publicKey"] = json!(stranger_s_key()))
    }),
    ("content of null", UNREADABLE, |recipe| body(recipe, |it| it["spec"]["content"] = Value::Null)),
    ("an envelope of null", UNREADABLE, |recipe| content(recipe, |it| it["envelope"] = Value::Null)),
];

#[test]
fn an_older_entry_of_a_statement_says_what_the_bundle_says() {
    let recipe = recipe().with(|recipe| recipe.entry_kind = Some(EntryKind::Intoto002));
    each(&recipe, |recipe| judge(&recipe.sign()), IN_TOTO);
}

const OLDEST: &[Line<Recipe>] = &[
    ("another payload", MISMATCH, |recipe| {
        content(recipe, |it| it["payloadHash"]["value"] = json!("00".repeat(32)))
    }),
    ("no payload", "", |recipe| content(recipe, |it| it["payloadHash"] = Value::Null)),
    ("another envelope", MISMATCH, |recipe| {
        content(recipe, |it| it["hash"]["value"] = json!("00".repeat(32)))
    }),
    ("no envelope", UNREADABLE, |recipe| content(recipe, |it| it["hash"] = Value::Null)),
    ("another certificate", MISMATCH, |recipe| {
        body(recipe, |it| it["spec"]["publicKey"] = json!(stranger()))
    }),
    ("a key", MISMATCH, |recipe| body(recipe, |it| it["spec"]["publicKey"] = json!(stranger_s_key()))),
    ("no signer", UNREADABLE, |recipe| body(recipe, |it| it["spec"]["publicKey"] = Value::Null)),
];

#[test]
fn the_oldest_entry_of_a_statement_says_what_the_layer_says() {
    let recipe = recipe().with(|recipe| recipe.entry_kind = Some(EntryKind::Intoto001));
    each(&recipe, |recipe| judge_item(&recipe.sign().legacy_item()), OLDEST);
}
