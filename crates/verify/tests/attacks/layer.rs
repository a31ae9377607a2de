//! Cosign's older layers: annotations that anybody may write.

use sealgate_testkit::{SigningKey, World, base64, pem_block};
use sealgate_verify::Item;
use serde_json::{Value, json};

use crate::{Line, each, image, judge_item, recipe};

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const BUNDLE: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

const MALFORMED: &str = "bundle-malformed";
const UNREADABLE: &str = "bundle-unreadable";

fn layer() -> Item {
    recipe().simple_signing(&image()).sign().legacy_item()
}

fn text(item: &mut Item, name: &str, change: fn(&str) -> String) {
    let annotation = item.annotations.get_mut(name).unwrap();
    let changed = change(annotation);
    assert_ne!(changed, *annotation);
    *annotation = changed;
}

const SIGNATURES: &[Line<Item>] = &[
    ("empty", "bundle-incomplete", |item| text(item, SIGNATURE, |_| String::new())),
    ("a blank", MALFORMED, |item| text(item, SIGNATURE, |_| " ".into())),
    ("a blank behind", MALFORMED, |item| text(item, SIGNATURE, |text| format!("{text} "))),
    ("a line end behind", MALFORMED, |item| text(item, SIGNATURE, |text| format!("{text}\n"))),
    ("a line end within", MALFORMED, |item| {
        text(item, SIGNATURE, |text| format!("{}\n{}", &text[..8], &text[8..]))
    }),
    ("another alphabet", MALFORMED, |item| text(item, SIGNATURE, |text| format!("-_{}", &text[2..]))),
    ("padding too much", MALFORMED, |item| text(item, SIGNATURE, |text| format!("{text}===="))),
    ("somebody else's", "log-mismatch", |item| text(item, SIGNATURE, |_| base64(b"another signature"))),
    ("a megabyte", "bundle-limit-exceeded", |item| text(item, SIGNATURE, |_| "A".repeat(1 << 20))),
    ("a megabyte and more", "bundle-limit-exceeded", |item| {
        text(item, SIGNATURE, |_| "A".repeat((1 << 20) + 4))
    }),
];

#[test]
fn a_layer_s_signature_has_one_spelling() {
    each(&layer(), judge_item, SIGNATURES);
}

const CERTIFICATES: &[Line<Item>] = &[
    ("a line end more", "", |item| text(item, CERTIFICATE, |pem| format!("\n{pem}\n"))),
    ("line ends of another system", "", |item| text(item, CERTIFICATE, |pem| pem.replace('\n', "\r\n"))),
    // By nobody, then: and this policy wants somebody.
    ("nothing", "certificate-missing", |item| text(item, CERTIFICATE, |_| String::new())),
    ("blanks", MALFORMED, |item| text(item, CERTIFICATE, |_| " \n ".into())),
    ("text before", MALFORMED, |item| text(item, CERTIFICATE, |pem| format!("acme\n{pem}"))),
    ("text behind", MALFORMED, |item| text(item, CERTIFICATE, |pem| format!("{pem}acme"))),
    ("twice", MALFORMED, |item| text(item, CERTIFICATE, |pem| format!("{pem}{pem}"))),
    ("a key behind", MALFORMED, |item| {
        text(item, CERTIFICATE, |pem| format!("{pem}{}", SigningKey::p256().public_pem()))
    }),
    ("another label", MALFORMED, |item| {
        text(item, CERTIFICATE, |pem| pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"))
    }),
    ("an older label", MALFORMED, |item| {
        text(item, CERTIFICATE, |pem| pem.replace("CERTIFICATE", "X509 CERTIFICATE"))
    }),
    ("a label in lower case", MALFORMED, |item| {
        text(item, CERTIFICATE, |pem| pem.replace("CERTIFICATE", "certificate"))
    }),
    ("two labels", MALFORMED, |item| {
        text(item, CERTIFICATE, |pem| pem.replacen("CERTIFICATE", "PUBLIC KEY", 1))
    }),
    ("a header", MALFORMED, |item| {
        text(item, CERTIFICATE, |pem| pem.replacen("-----\n", "-----\nProc-Type: 4,ENCRYPTED\n\n", 1))
    }),
    ("no end", MALFORMED, |item| text(item, CERTIFICATE, |pem| pem.split("-----END").next().unwrap().into())),
    ("no begin", MALFORMED, |item| {
        text(item, CERTIFICATE, |pem| pem.lines().skip(1).collect::<Vec<_>>().join("\n"))
    }),
    ("blanks in its lines", MALFORMED, |item| text(item, CERTIFICATE, |pem| pem.replacen("MII", "MII ", 1))),
    ("a NUL", MALFORMED, |item| text(item, CERTIFICATE, |pem| format!("{pem}\0"))),
    ("a private key's label", MALFORMED, |item| {
        text(item, CERTIFICATE, |pem| pem.replace("CERTIFICATE", "PRIVATE KEY"))
    }),
    ("a bare key", MALFORMED, |item| text(item, CERTIFICATE, |_| SigningKey::p256().public_pem())),
    ("ten thousand beginnings", MALFORMED, |item| {
        text(item, CERTIFICATE, |_| "-----BEGIN CERTIFICATE-----\n".repeat(10_000))
    }),
    ("ten thousand empty blocks", MALFORMED, |item| {
        text(item, CERTIFICATE, |_| "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".repeat(10_000))
    }),
    ("an authority's", "log-mismatch", |item| {
        text(item, CERTIFICATE, |_| pem_block("CERTIFICATE", &World::shared().authority.intermediate))
    }),
];

#[test]
fn a_layer_s_certificate_is_one_block_and_nothing_else() {
    each(&layer(), judge_item, CERTIFICATES);
}

const CHAINS: &[Line<Item>] = &[
    ("absent", "", |item| drop(item.annotations.remove(CHAIN))),
    ("empty", "", |item| text(item, CHAIN, |_| String::new())),
    ("a stranger's", "", |item| {
        text(item, CHAIN, |_| {
            pem_block("CERTIFICATE", &sealgate_testkit::Authority::new("evil").intermediate)
        })
    }),
    ("text around it", MALFORMED, |item| text(item, CHAIN, |pem| format!("{pem}acme"))),
    ("a key in it", MALFORMED, |item| {
        text(item, CHAIN, |pem| format!("{pem}{}", SigningKey::p256().public_pem()))
    }),
    ("four of them", "", |item| text(item, CHAIN, |pem| pem.repeat(2))),
    ("six of them", "bundle-limit-exceeded", |item| text(item, CHAIN, |pem| pem.repeat(3))),
];

#[test]
fn a_layer_s_chain_is_an_offer_of_certificates() {
    each(&layer(), judge_item, CHAINS);
}

const BUNDLES: &[Line<Item>] = &[
    ("absent", "log-entry-missing", |item| drop(item.annotations.remove(BUNDLE))),
    ("empty", "log-entry-missing", |item| text(item, BUNDLE, |_| String::new())),
    ("null", UNREADABLE, |item| text(item, BUNDLE, |_| "null".into())),
    ("an empty object", UNREADABLE, |item| text(item, BUNDLE, |_| "{}".into())),
    ("blanks", "", |item| text(item, BUNDLE, |json| json.replace(':', " : ").replace(',', " ,\n"))),
    ("an escape", "", |item| text(item, BUNDLE, |json| json.replace("\"logID\"", "\"log\\u0049D\""))),
    ("another order", "", |item| {
        text(item, BUNDLE, |json| {
            let it: Value = serde_json::from_str(json).unwrap();
            format!(
                "{{\"SignedEntryTimestamp\":{},\"Payload\":{}}}",
                it["SignedEntryTimestamp"], it["Payload"]
            )
        })
    }),
    ("a second document", UNREADABLE, |item| text(item, BUNDLE, |json| format!("{json}{{}}"))),
    ("a field twice", UNREADABLE, |item| {
        text(item, BUNDLE, |json| json.replacen("\"Payload\"", "\"Payload\":{},\"Payload\"", 1))
    }),
    ("a field twice by an escape", UNREADABLE, |item| {
        text(item, BUNDLE, |json| json.replacen("\"logIndex\"", "\"log\\u0049ndex\":1,\"logIndex\"", 1))
    }),
    ("a field in another case", UNREADABLE, |item| {
        text(item, BUNDLE, |json| json.replace("SignedEntryTimestamp", "signedEntryTimestamp"))
    }),
    ("another case beside", UNREADABLE, |item| {
        text(item, BUNDLE, |json| json.replacen("\"Payload\"", "\"payload\":{},\"Payload\"", 1))
    }),
    ("a field that nobody knows", UNREADABLE, |item| {
        text(item, BUNDLE, |json| json.replacen("\"Payload\"", "\"x\":1,\"Payload\"", 1))
    }),
    ("an index as a text", "", |item| {
        bundle(item, |it| it["Payload"]["logIndex"] = json!(it["Payload"]["logIndex"].to_string()))
    }),
    ("an index as a fraction", UNREADABLE, |item| {
        bundle(item, |it| it["Payload"]["logIndex"] = json!(it["Payload"]["logIndex"].as_f64().unwrap()))
    }),
    ("a negative index", MALFORMED, |item| bundle(item, |it| it["Payload"]["logIndex"] = json!(-1))),
    ("the next index", "inclusion-promise-invalid", |item| {
        bundle(item, |it| it["Payload"]["logIndex"] = json!(it["Payload"]["logIndex"].as_i64().unwrap() + 1))
    }),
    ("another time", "inclusion-promise-invalid", |item| {
        bundle(item, |it| {
            it["Payload"]["integratedTime"] = json!(it["Payload"]["integratedTime"].as_i64().unwrap() + 1)
        })
    }),
    ("a log in upper case", UNREADABLE, |item| {
        bundle(item, |it| {
            it["Payload"]["logID"] = json!(it["Payload"]["logID"].as_str().unwrap().to_uppercase())
        })
    }),
    ("a log of 31 bytes", UNREADABLE, |item| {
        bundle(item, |it| it["Payload"]["logID"] = json!(&it["Payload"]["logID"].as_str().unwrap()[2..]))
    }),
    ("an unknown log", "log-unknown", |item| {
        bundle(item, |it| it["Payload"]["logID"] = json!("00".repeat(32)))
    }),
    ("a body that is none", UNREADABLE, |item| {
        bundle(item, |it| it["Payload"]["body"] = json!(base64(b"{}")))
    }),
    ("a body with a blank", UNREADABLE, |item| {
        bundle(item, |it| {
            it["Payload"]["body"] = json!(format!("{} ", it["Payload"]["body"].as_str().unwrap()))
        })
    }),
    ("another promise", "inclusion-promise-invalid", |item| {
        bundle(item, |it| it["SignedEntryTimestamp"] = json!(base64(b"another")))
    }),
    ("no promise", UNREADABLE, |item| bundle(item, |it| it["SignedEntryTimestamp"] = Value::Null)),
];

fn bundle(item: &mut Item, change: fn(&mut Value)) {
    let annotation = item.annotations.get_mut(BUNDLE).unwrap();
    let mut json: Value = serde_json::from_str(annotation).unwrap();
    change(&mut json);
    *annotation = json.to_string();
}

#[test]
fn a_layer_s_log_entry_has_one_meaning() {
    each(&layer(), judge_item, BUNDLES);
}

fn envelope() -> Item {
    recipe().sign().legacy_item()
}

fn edited(item: &mut Item, change: fn(&mut Value)) {
    let mut json: Value = serde_json::from_slice(&item.bytes).unwrap();
    change(&mut json);
    item.bytes = serde_json::to_vec(&json).unwrap().into();
}

const ENVELOPES: &[Line<Item>] = &[
    ("a lie about its type", "", |item| {
        // What registries say of it is for finding it alone: the statement decides.
        drop(item.annotations.insert("predicateType".into(), "https://slsa.dev/provenance/v1".into()))
    }),
    ("a signature annotation", "", |item| {
        drop(item.annotations.insert(SIGNATURE.into(), base64(b"another")))
    }),
    ("two signatures", "bundle-limit-exceeded", |item| {
        edited(item, |it| it["signatures"] = json!([it["signatures"][0], it["signatures"][0]]))
    }),
    ("no signature", "bundle-incomplete", |item| edited(item, |it| it["signatures"] = json!([]))),
    ("another signature", "log-mismatch", |item| {
        edited(item, |it| it["signatures"][0]["sig"] = json!(base64(b"x")))
    }),
    ("another payload", "log-mismatch", |item| edited(item, |it| it["payload"] = json!(base64(b"{}")))),
    ("another type", "signature-invalid", |item| edited(item, |it| it["payloadType"] = json!("text/plain"))),
    ("a field that nobody knows", "", |item| edited(item, |it| it["x"] = json!(1))),
    ("a list", UNREADABLE, |item| item.bytes = b"[]".to_vec().into()),
    ("nothing", UNREADABLE, |item| item.bytes = Vec::new().into()),
    ("no log entry", "log-entry-missing", |item| drop(item.annotations.remove(BUNDLE))),
    ("taken for a payload", "log-entry-unreadable", |item| {
        item.media_type = "application/vnd.dev.cosign.simplesigning.v1+json".into();
        item.annotations.insert(SIGNATURE.into(), base64(b"another"));
    }),
    ("taken for nothing", "bundle-kind-unknown", |item| {
        item.annotations.clear();
        item.media_type = "application/octet-stream".into();
    }),
];

#[test]
fn a_layer_s_envelope_is_what_was_signed_and_logged() {
    each(&envelope(), judge_item, ENVELOPES);
}

#[test]
fn a_layer_s_timestamp_must_hold_where_it_is_given() {
    let stamped = |change: fn(&str) -> String| {
        let recipe = recipe().simple_signing(&image()).with(|recipe| {
            recipe.timestamp_authorities = vec![World::shared().timestamps.clone()];
        });
        let mut item = recipe.sign().legacy_item();
        let annotation = item.annotations.get_mut(TIMESTAMP).unwrap();
        *annotation = change(annotation);
        judge_item(&item)
    };
    assert_eq!(stamped(str::to_owned), "");
    assert_eq!(stamped(|json| json.replace('{', "{\"x\":1,")), "");
    for (name, code, change) in [
        ("null", UNREADABLE, (|_: &str| "null".to_owned()) as fn(&str) -> String),
        ("an empty object", UNREADABLE, |_| "{}".into()),
        ("another case", UNREADABLE, |json| json.replace("Signed", "signed")),
        ("a field twice", UNREADABLE, |json| format!("{{\"SignedRFC3161Timestamp\":\"\",{}", &json[1..])),
        ("an empty token", "timestamp-invalid", |_| "{\"SignedRFC3161Timestamp\":\"\"}".into()),
        ("a token of something else", "timestamp-invalid", |_| {
            let stamp = World::shared().timestamps.profile(b"something else", World::shared().at + 30).sign();
            json!({"SignedRFC3161Timestamp": base64(&stamp)}).to_string()
        }),
    ] {
        assert_eq!(stamped(change), code, "{name}");
    }
}
