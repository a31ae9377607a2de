//! What cosign's older layers sign, and its older bundles of files.

use sealgate_testkit::{
    Extension, Recipe, SigningKey, World, base64, der, pem_block,
    recipe::{canonical, simple_signing},
};
use sealgate_verify::Bundle;
use serde_json::{Value, json};

use crate::{Line, MANIFEST, each, image, judge_in, judge_item, recipe};

const MALFORMED: &str = "bundle-malformed";

fn payload(recipe: &mut Recipe, change: fn(&mut Value)) {
    let mut value = simple_signing(&image());
    change(&mut value);
    *recipe = recipe.clone().message(&canonical(&value));
}

fn raw(recipe: &mut Recipe, change: fn(String) -> String) {
    let text = String::from_utf8(canonical(&simple_signing(&image()))).unwrap();
    *recipe = recipe.clone().message(change(text).as_bytes());
}

const STRANGE: &str = "statement-unreadable";
const INVALID: &str = "payload-invalid";
const SUBJECT: &str = "subject-mismatch";

const PAYLOADS: &[Line<Recipe>] = &[
    ("no type", STRANGE, |recipe| {
        payload(recipe, |it| drop(it["critical"].as_object_mut().unwrap().remove("type")))
    }),
    ("an empty type", INVALID, |recipe| payload(recipe, |it| it["critical"]["type"] = json!(""))),
    ("a type in upper case", INVALID, |recipe| {
        payload(recipe, |it| it["critical"]["type"] = json!("Cosign container image signature"))
    }),
    ("a type with a blank", INVALID, |recipe| {
        payload(recipe, |it| it["critical"]["type"] = json!("cosign container image signature "))
    }),
    ("a type that is a list", STRANGE, |recipe| {
        payload(recipe, |it| it["critical"]["type"] = json!(["cosign container image signature"]))
    }),
    ("no image", STRANGE, |recipe| payload(recipe, |it| it["critical"]["image"] = Value::Null)),
    ("no digest", STRANGE, |recipe| payload(recipe, |it| it["critical"]["image"] = json!({}))),
    ("an empty digest", INVALID, |recipe| {
        payload(recipe, |it| it["critical"]["image"]["docker-manifest-digest"] = json!(""))
    }),
    ("a digest without its algorithm", INVALID, |recipe| {
        payload(recipe, |it| it["critical"]["image"]["docker-manifest-digest"] = json!(image().hex()))
    }),
    ("a digest in upper case", INVALID, |recipe| {
        payload(recipe, |it| {
            it["critical"]["image"]["docker-manifest-digest"] =
                json!(format!("sha256:{}", image().hex().to_uppercase()))
        })
    }),
    ("a digest under another algorithm", INVALID, |recipe| {
        payload(recipe, |it| {
            it["critical"]["image"]["docker-manifest-digest"] = json!(format!("sha512:{}", image().hex()))
        })
    }),
    ("a digest with a line end", INVALID, |recipe| {
        payload(recipe, |it| {
            it["critical"]["image"]["docker-manifest-digest"] = json!(format!("{}\n", image()))
        })
    }),
    ("another digest", SUBJECT, |recipe| {
        payload(recipe, |it| {
            it["critical"]["image"]["docker-manifest-digest"] = json!(format!("sha256:{}", "00".repeat(32)))
        })
    }),
    ("the digest as the reference alone", SUBJECT, |recipe| {
        payload(recipe, |it| {
            it["critical"]["identity"]["docker-reference"] =
                json!(format!("registry.example/acme/app@{}", image()));
            it["critical"]["image"]["docker-manifest-digest"] = json!(format!("sha256:{}", "00".repeat(32)));
        })
    }),
    ("the digest among the optional alone", SUBJECT, |recipe| {
        payload(recipe, |it| {
            it["optional"] = it["critical"].clone();
            it["critical"]["image"]["docker-manifest-digest"] = json!(format!("sha256:{}", "00".repeat(32)));
        })
    }),
    ("another repository", "", |recipe| {
        payload(recipe, |it| it["critical"]["identity"]["docker-reference"] = json!("evil.test/x"))
    }),
    ("no repository", "", |recipe| {
        payload(recipe, |it| drop(it["critical"].as_object_mut().unwrap().remove("identity")))
    }),
    ("optional claims", "", |recipe| {
        payload(recipe, |it| it["optional"] = json!({"a": "b", "c": {"d": [1]}}))
    }),
    ("nothing", STRANGE, |recipe| raw(recipe, |_| String::new())),
    ("a list", STRANGE, |recipe| raw(recipe, |text| format!("[{text}]"))),
    ("a line end behind", "", |recipe| raw(recipe, |text| format!("{text}\n"))),
    ("a second document", STRANGE, |recipe| raw(recipe, |text| format!("{text}\n{text}"))),
    ("a mark of byte order", STRANGE, |recipe| raw(recipe, |text| format!("\u{feff}{text}"))),
    ("a field in another case", STRANGE, |recipe| {
        raw(recipe, |text| text.replace("\"critical\"", "\"Critical\""))
    }),
    ("another case beside", "", |recipe| raw(recipe, |text| text.replacen('{', "{\"Critical\":{},", 1))),
    ("a field twice", STRANGE, |recipe| {
        raw(recipe, |text| text.replacen("\"critical\"", "\"critical\":{},\"critical\"", 1))
    }),
    ("a claim twice", STRANGE, |recipe| {
        raw(recipe, |text| text.replace("null", "{\"a\":\"b\",\"a\":\"c\"}"))
    }),
    ("an envelope's encoding", STRANGE, |recipe| {
        raw(recipe, |text| format!("DSSEv1 28 application/vnd.in-toto+json {} {text}", text.len()))
    }),
];

#[test]
fn a_layer_s_payload_has_one_meaning() {
    each(&recipe().simple_signing(&image()), |recipe| judge_item(&recipe.sign().legacy_item()), PAYLOADS);
}

#[test]
fn a_blob_bundle_names_one_certificate_and_no_key() {
    let signed = recipe().message(MANIFEST).sign();
    let leaf = signed.certificate.clone().unwrap();
    let judge = |cert: String| {
        let json = json!({"base64Signature": base64(&signed.signature), "cert": cert, "rekorBundle": signed.entries[0].legacy_json()});
        let bundle = Bundle::from_cosign_blob_json(&serde_json::to_vec(&json).unwrap());
        judge_in(&World::shared().root(), bundle)
    };
    let pem = pem_block("CERTIFICATE", &leaf);
    assert_eq!(judge(base64(pem.as_bytes())), "");
    assert_eq!(judge(pem.clone()), "");
    let odd = |change: fn(&mut sealgate_testkit::CertificateProfile)| {
        let made = recipe().message(MANIFEST).with(|recipe| recipe.patches.certificate.add(change)).sign();
        pem_block("CERTIFICATE", &made.certificate.unwrap())
    };
    for (name, code, cert) in [
        ("absent", "certificate-missing", String::new()),
        ("a key", MALFORMED, SigningKey::p256().public_pem()),
        ("the signer's key", MALFORMED, signed.key.public_pem()),
        ("two of them", MALFORMED, format!("{pem}{pem}")),
        ("a key behind it", MALFORMED, format!("{pem}{}", SigningKey::p256().public_pem())),
        ("text around it", MALFORMED, format!("{pem}x")),
        ("bytes behind it", "log-mismatch", pem_block("CERTIFICATE", &[&leaf[..], &[0]].concat())),
        ("one that cannot be read", "log-mismatch", pem_block("CERTIFICATE", b"no certificate")),
        (
            "one with an unknown critical extension",
            "log-mismatch",
            odd(|leaf| leaf.extensions.push(Extension::new("1.2.3.4", der::null()).critical())),
        ),
        ("not in armour", MALFORMED, base64(&leaf)),
    ] {
        assert_eq!(judge(base64(cert.as_bytes())), code, "{name}");
        assert_eq!(judge(cert), code, "{name}");
    }
}

#[test]
fn a_logged_certificate_that_cannot_be_read_is_no_key() {
    // The log is the attacker's accomplice here: it names the same odd certificate.
    let judge = |change: fn(Vec<u8>) -> Vec<u8>| {
        let signed = recipe().message(MANIFEST).sign();
        let odd = pem_block("CERTIFICATE", &change(signed.certificate.clone().unwrap()));
        let logged = json!(base64(odd.as_bytes()));
        let again = recipe().message(MANIFEST).with(|recipe| {
            recipe.leaf_key = Some(signed.key.clone());
            recipe
                .patches
                .body
                .add(move |body| body["spec"]["signature"]["publicKey"]["content"] = logged.clone());
        });
        let again = again.sign();
        let json = json!({"base64Signature": base64(&again.signature), "cert": odd, "rekorBundle": again.entries[0].legacy_json()});
        let bundle = Bundle::from_cosign_blob_json(&serde_json::to_vec(&json).unwrap());
        judge_in(&World::shared().root(), bundle)
    };
    assert_eq!(judge(|der| der), "");
    assert_eq!(judge(|der| [&der[..], &[0]].concat()), "certificate-malformed");
    assert_eq!(judge(|der| der[..der.len() - 1].to_vec()), "certificate-malformed");
    assert_eq!(judge(|_| SigningKey::p256().spki()), "certificate-malformed");
    assert_eq!(judge(|_| Vec::new()), "certificate-malformed");
}
