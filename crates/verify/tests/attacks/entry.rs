//! Log entries that are about something else, or say it so that two readers read two things.

use std::sync::atomic::{AtomicU64, Ordering};

use sealgate_testkit::{
    Content, EntryKind, Log, LogEntry, Recipe, SigningKey, World, base64, pem_block, unbase64,
};
use serde_json::{Value, json};

use crate::{Line, MANIFEST, each_recipe, recipe};

fn with(recipe: &mut Recipe, change: fn(&mut LogEntry)) {
    recipe.patches.entry.add(change);
}

fn body(recipe: &mut Recipe, change: fn(&mut Value)) {
    recipe.patches.body.add(change);
}

fn raw(recipe: &mut Recipe, change: fn(String) -> String) {
    recipe.patches.body_bytes.add(move |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let changed = change(text.clone());
        assert_ne!(changed, text);
        *bytes = changed.into_bytes();
    });
}

fn named(recipe: &mut Recipe, kind: &'static str, version: &'static str) {
    recipe.patches.entry.add(move |entry| (entry.kind, entry.version) = (kind.into(), version.into()));
}

fn named_in_the_body_too(recipe: &mut Recipe, kind: &'static str, version: &'static str) {
    recipe.patches.body.add(move |body| {
        body["kind"] = json!(kind);
        body["apiVersion"] = json!(version);
    });
    named(recipe, kind, version);
}

const UNREADABLE: &str = "log-entry-unreadable";

const KINDS: &[Line<Recipe>] = &[
    ("a newer version of the kind", UNREADABLE, |recipe| named(recipe, "dsse", "0.0.2")),
    ("a version that there is not", UNREADABLE, |recipe| named_in_the_body_too(recipe, "dsse", "9.9.9")),
    ("a version with a zero more", UNREADABLE, |recipe| named_in_the_body_too(recipe, "dsse", "0.0.01")),
    ("no version", UNREADABLE, |recipe| named_in_the_body_too(recipe, "dsse", "")),
    ("no kind", UNREADABLE, |recipe| named_in_the_body_too(recipe, "", "0.0.1")),
    ("the kind in upper case", UNREADABLE, |recipe| named_in_the_body_too(recipe, "DSSE", "0.0.1")),
    ("the kind of messages", UNREADABLE, |recipe| named_in_the_body_too(recipe, "hashedrekord", "0.0.1")),
    ("the newer kind of messages", UNREADABLE, |recipe| {
        named_in_the_body_too(recipe, "hashedrekord", "0.0.2")
    }),
    ("an older kind of envelopes", UNREADABLE, |recipe| named_in_the_body_too(recipe, "intoto", "0.0.1")),
    ("another kind of envelopes", UNREADABLE, |recipe| named_in_the_body_too(recipe, "intoto", "0.0.2")),
    ("a kind for any file", UNREADABLE, |recipe| named_in_the_body_too(recipe, "rekord", "0.0.1")),
    ("a kind of binary envelopes", UNREADABLE, |recipe| named_in_the_body_too(recipe, "cose", "0.0.1")),
    ("another kind outside alone", UNREADABLE, |recipe| named(recipe, "intoto", "0.0.2")),
    ("another version inside alone", UNREADABLE, |recipe| {
        body(recipe, |body| body["apiVersion"] = json!("0.0.2"))
    }),
    ("no kind inside", UNREADABLE, |recipe| {
        body(recipe, |body| drop(body.as_object_mut().unwrap().remove("kind")))
    }),
];

#[test]
fn an_entry_is_of_a_kind_that_such_signatures_are_logged_as() {
    each_recipe(&recipe(), KINDS);
}

const BODIES: &[Line<Recipe>] = &[
    ("nothing", UNREADABLE, |recipe| recipe.patches.body_bytes.add(Vec::clear)),
    ("null", UNREADABLE, |recipe| body(recipe, |body| *body = Value::Null)),
    ("a list", UNREADABLE, |recipe| body(recipe, |body| *body = json!([]))),
    ("no content", UNREADABLE, |recipe| body(recipe, |body| body["spec"] = Value::Null)),
    ("content that is a list", UNREADABLE, |recipe| body(recipe, |body| body["spec"] = json!([]))),
    ("no signatures", "log-mismatch", |recipe| body(recipe, |body| body["spec"]["signatures"] = json!([]))),
    ("signatures of null", UNREADABLE, |recipe| {
        body(recipe, |body| body["spec"]["signatures"] = Value::Null)
    }),
    ("two signatures", "log-mismatch", |recipe| {
        body(recipe, |body| {
            let one = body["spec"]["signatures"][0].clone();
            body["spec"]["signatures"].as_array_mut().unwrap().push(one);
        })
    }),
    ("a signer of null", UNREADABLE, |recipe| {
        body(recipe, |body| body["spec"]["signatures"][0]["verifier"] = Value::Null)
    }),
    ("a digest of null", UNREADABLE, |recipe| body(recipe, |body| body["spec"]["payloadHash"] = Value::Null)),
    ("a field that nobody knows", "", |recipe| body(recipe, |body| body["spec"]["x"] = json!(1))),
    ("blanks", "", |recipe| raw(recipe, |text| text.replace(':', " : "))),
    ("an escape", "", |recipe| raw(recipe, |text| text.replace("\"dsse\"", "\"d\\u0073se\""))),
    ("a second document", UNREADABLE, |recipe| raw(recipe, |text| format!("{text}{{}}"))),
    ("a mark of byte order", UNREADABLE, |recipe| raw(recipe, |text| format!("\u{feff}{text}"))),
    ("a field in another case", UNREADABLE, |recipe| {
        raw(recipe, |text| text.replace("payloadHash", "PayloadHash"))
    }),
    ("a field twice", UNREADABLE, |recipe| {
        raw(recipe, |text| text.replacen("\"kind\"", "\"kind\":\"dsse\",\"kind\"", 1))
    }),
    ("a field twice by an escape", UNREADABLE, |recipe| {
        raw(recipe, |text| text.replacen("\"kind\"", "\"k\\u0069nd\":\"dsse\",\"kind\"", 1))
    }),
    ("the digest's text twice", UNREADABLE, |recipe| {
        raw(recipe, |text| text.replacen("\"value\"", "\"value\":\"00\",\"value\"", 1))
    }),
];

#[test]
fn an_entry_s_body_has_one_meaning() {
    each_recipe(&recipe(), BODIES);
}

fn digest(recipe: &mut Recipe, change: fn(&str) -> Value) {
    recipe.patches.body.add(move |body| {
        let hash = &mut body["spec"]["payloadHash"];
        let value = hash["value"].as_str().unwrap().to_owned();
        *hash = change(&value);
    });
}

const DIGESTS: &[Line<Recipe>] = &[
    ("under a weaker algorithm", UNREADABLE, |recipe| {
        digest(recipe, |hex| json!({"algorithm": "sha1", "value": &hex[..40]}))
    }),
    ("under a longer algorithm", UNREADABLE, |recipe| {
        digest(recipe, |hex| json!({"algorithm": "sha512", "value": hex}))
    }),
    ("under an algorithm in upper case", UNREADABLE, |recipe| {
        digest(recipe, |hex| json!({"algorithm": "SHA256", "value": hex}))
    }),
    ("under no algorithm", UNREADABLE, |recipe| digest(recipe, |hex| json!({"algorithm": "", "value": hex}))),
    ("in upper case", UNREADABLE, |recipe| {
        digest(recipe, |hex| json!({"algorithm": "sha256", "value": hex.to_uppercase()}))
    }),
    ("cut short", UNREADABLE, |recipe| {
        digest(recipe, |hex| json!({"algorithm": "sha256", "value": &hex[..32]}))
    }),
    ("with its algorithm twice", UNREADABLE, |recipe| {
        digest(recipe, |hex| json!({"algorithm": "sha256", "value": format!("sha256:{hex}")}))
    }),
    ("empty", UNREADABLE, |recipe| digest(recipe, |_| json!({"algorithm": "sha256", "value": ""}))),
    ("of something else", "log-mismatch", |recipe| {
        digest(recipe, |_| json!({"algorithm": "sha256", "value": "00".repeat(32)}))
    }),
    ("of the payload under a longer algorithm", "", |recipe| {
        let Content::Envelope(_, payload) = &recipe.content else { panic!("an envelope") };
        let hex = sealgate_verify::Digest::of(sealgate_verify::Algorithm::Sha512, payload).hex();
        recipe.patches.body.add(move |body| {
            body["spec"]["payloadHash"] = json!({"algorithm": "sha512", "value": hex});
        });
    }),
];

#[test]
fn an_entry_s_digest_has_one_spelling() {
    each_recipe(&recipe(), DIGESTS);
}

fn signer(recipe: &mut Recipe, change: fn(&str) -> String) {
    recipe.patches.body.add(move |body| {
        let verifier = &mut body["spec"]["signatures"][0]["verifier"];
        let pem = String::from_utf8(unbase64(verifier.as_str().unwrap())).unwrap();
        *verifier = json!(base64(change(&pem).as_bytes()));
    });
}

fn text(recipe: &mut Recipe, change: fn(&str) -> String) {
    recipe.patches.body.add(move |body| {
        let signature = &mut body["spec"]["signatures"][0]["signature"];
        *signature = json!(change(signature.as_str().unwrap()));
    });
}

const SIGNERS: &[Line<Recipe>] = &[
    ("a line end more", "", |recipe| signer(recipe, |pem| format!("{pem}\n"))),
    ("line ends of another system", "", |recipe| signer(recipe, |pem| pem.replace('\n', "\r\n"))),
    ("text before", UNREADABLE, |recipe| signer(recipe, |pem| format!("Subject: acme\n{pem}"))),
    ("text behind", UNREADABLE, |recipe| signer(recipe, |pem| format!("{pem}acme"))),
    ("twice", UNREADABLE, |recipe| signer(recipe, |pem| format!("{pem}{pem}"))),
    ("a stranger's in front", UNREADABLE, |recipe| {
        signer(recipe, |pem| format!("{}{pem}", pem_block("CERTIFICATE", &World::shared().authority.root)))
    }),
    ("a stranger's behind", UNREADABLE, |recipe| {
        signer(recipe, |pem| format!("{pem}{}", pem_block("CERTIFICATE", &World::shared().authority.root)))
    }),
    ("a stranger's alone", "log-mismatch", |recipe| {
        signer(recipe, |_| pem_block("CERTIFICATE", &World::shared().authority.root))
    }),
    ("under another label", "log-mismatch", |recipe| {
        signer(recipe, |pem| pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"))
    }),
    ("a bare key", "log-mismatch", |recipe| signer(recipe, |_| SigningKey::p256().public_pem())),
    ("not in armour", UNREADABLE, |recipe| signer(recipe, |pem| pem.lines().skip(1).collect())),
    ("empty", UNREADABLE, |recipe| signer(recipe, |_| String::new())),
    ("a signature of another alphabet", UNREADABLE, |recipe| {
        text(recipe, |text| format!("-_{}", &text[2..]))
    }),
    ("a signature with padding too much", UNREADABLE, |recipe| text(recipe, |text| format!("{text}===="))),
    ("a signature with a blank", UNREADABLE, |recipe| text(recipe, |text| format!(" {text}"))),
    ("a signature with a line end", UNREADABLE, |recipe| text(recipe, |text| format!("{text}\n"))),
    ("another signature", "log-mismatch", |recipe| text(recipe, |_| base64(b"another signature"))),
    ("no signature", "log-mismatch", |recipe| text(recipe, |_| String::new())),
];

#[test]
fn an_entry_names_this_signer_and_this_signature() {
    each_recipe(&recipe(), SIGNERS);
}

#[test]
fn an_entry_s_key_is_never_fetched_from_where_it_says() {
    let url: &[Line<Recipe>] = &[("an address instead of a key", UNREADABLE, |recipe| {
        body(recipe, |body| {
            body["spec"]["signature"]["publicKey"] = json!({"url": "https://127.0.0.1:1/key"});
        })
    })];
    each_recipe(&recipe().message(MANIFEST), url);
}

fn part(recipe: &mut Recipe, name: &'static str, value: Value) {
    recipe.patches.bundle.add(move |bundle| {
        *bundle["verificationMaterial"]["tlogEntries"][0].pointer_mut(name).unwrap() = value.clone();
    });
}

fn as_number(recipe: &mut Recipe, name: &'static str, spell: fn(i64) -> Value) {
    recipe.patches.bundle.add(move |bundle| {
        let part = bundle["verificationMaterial"]["tlogEntries"][0].pointer_mut(name).unwrap();
        *part = spell(part.as_str().unwrap().parse().unwrap());
    });
}

const INDEX: &str = "/logIndex";
const TIME: &str = "/integratedTime";

const NUMBERS: &[Line<Recipe>] = &[
    ("an index without quotes", "", |recipe| as_number(recipe, INDEX, |number| json!(number))),
    ("a time without quotes", "", |recipe| as_number(recipe, TIME, |number| json!(number))),
    ("an index as a fraction", "bundle-unreadable", |recipe| {
        as_number(recipe, INDEX, |number| json!(number as f64))
    }),
    ("an index with a plus", "bundle-unreadable", |recipe| {
        as_number(recipe, INDEX, |number| json!(format!("+{number}")))
    }),
    ("an index with a zero", "bundle-unreadable", |recipe| {
        as_number(recipe, INDEX, |number| json!(format!("0{number}")))
    }),
    ("an index with a blank", "bundle-unreadable", |recipe| {
        as_number(recipe, INDEX, |number| json!(format!(" {number}")))
    }),
    ("a negative index", "bundle-malformed", |recipe| part(recipe, INDEX, json!("-1"))),
    ("an index of 2 to the 63rd", "bundle-unreadable", |recipe| {
        part(recipe, INDEX, json!("9223372036854775808"))
    }),
    ("an index of null", "inclusion-promise-invalid", |recipe| part(recipe, INDEX, Value::Null)),
    ("the next index", "inclusion-promise-invalid", |recipe| {
        as_number(recipe, INDEX, |number| json!((number + 1).to_string()))
    }),
    ("a time as a power", "bundle-unreadable", |recipe| part(recipe, TIME, json!("1e9"))),
    ("a negative time", "inclusion-promise-invalid", |recipe| part(recipe, TIME, json!("-1"))),
    ("no time", "inclusion-promise-invalid", |recipe| with(recipe, |entry| entry.integrated_time = None)),
    ("the last time", "inclusion-promise-invalid", |recipe| part(recipe, TIME, json!(i64::MAX.to_string()))),
    ("a promise of a negative time", "inclusion-promise-invalid", |recipe| {
        recipe.patches.promise.add(|promise| promise.integrated_time = -1)
    }),
    ("a promise of the last time", "time-in-future", |recipe| {
        recipe.patches.promise.add(|promise| promise.integrated_time = i64::MAX)
    }),
];

#[test]
fn an_entry_s_numbers_have_one_spelling_each() {
    each_recipe(&recipe(), NUMBERS);
}

fn bytes(recipe: &mut Recipe, name: &'static str, spell: fn(&str) -> String) {
    recipe.patches.bundle.add(move |bundle| {
        let part = bundle["verificationMaterial"]["tlogEntries"][0].pointer_mut(name).unwrap();
        *part = json!(spell(part.as_str().unwrap()));
    });
}

const BODY: &str = "/canonicalizedBody";
const LOG: &str = "/logId/keyId";

const SPELLINGS: &[Line<Recipe>] = &[
    ("a body with a blank", "bundle-unreadable", |recipe| bytes(recipe, BODY, |text| format!("{text} "))),
    ("a body with a line end", "bundle-unreadable", |recipe| {
        bytes(recipe, BODY, |text| format!("{}\n{}", &text[..4], &text[4..]))
    }),
    ("a body with padding too much", "bundle-unreadable", |recipe| {
        bytes(recipe, BODY, |text| format!("{text}="))
    }),
    ("a body of another alphabet", "bundle-unreadable", |recipe| {
        bytes(recipe, BODY, |text| format!("{text}-_-_"))
    }),
    ("a log in another alphabet", "bundle-unreadable", |recipe| {
        bytes(recipe, LOG, |text| format!("-{}", &text[1..]))
    }),
    ("a log with bits to spare", "bundle-unreadable", |recipe| {
        // 32 bytes leave two bits of the last digit unused; any but zero is a second spelling.
        bytes(recipe, LOG, |text| {
            let at = text.len() - 2;
            let next = char::from(text.as_bytes()[at] + 1);
            format!("{}{next}=", &text[..at])
        })
    }),
    ("a log in hexadecimal", "bundle-malformed", |recipe| bytes(recipe, LOG, |text| hex_of(&unbase64(text)))),
    ("a log of 31 bytes", "bundle-malformed", |recipe| {
        bytes(recipe, LOG, |text| base64(&unbase64(text)[1..]))
    }),
    ("a log with a byte more", "bundle-malformed", |recipe| {
        bytes(recipe, LOG, |text| base64(&[&unbase64(text)[..], &[0]].concat()))
    }),
    ("the beginning of a log alone", "bundle-malformed", |recipe| {
        bytes(recipe, LOG, |text| base64(&unbase64(text)[..4]))
    }),
    ("a log of the same beginning", "log-unknown", |recipe| {
        bytes(recipe, LOG, |text| base64(&[&unbase64(text)[..31], &[unbase64(text)[31] ^ 1]].concat()))
    }),
    ("a field that nobody knows", "bundle-unreadable", |recipe| {
        recipe.patches.bundle.add(|bundle| bundle["verificationMaterial"]["tlogEntries"][0]["x"] = json!(1))
    }),
];

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_entry_s_bytes_have_one_spelling_each() {
    each_recipe(&recipe(), SPELLINGS);
}

const SEVERAL: &[Line<Recipe>] = &[
    ("two entries of one log", "", |recipe| recipe.logs.push(World::shared().log.clone())),
    ("one of an unknown log behind", "log-unknown", |recipe| recipe.logs.push(Log::v1("unknown"))),
    ("one of an unknown log before", "log-unknown", |recipe| recipe.logs.insert(0, Log::v1("unknown"))),
    ("one of each kind of log", "", |recipe| {
        recipe.logs.push(World::shared().log2.clone());
        recipe.entry_kind = Some(EntryKind::Dsse);
    }),
    ("one that is late beside one in time", "certificate-expired-at-signing", |recipe| {
        recipe.logs.push(World::shared().log.clone());
        let count = AtomicU64::new(0);
        recipe.patches.promise.add(move |promise| {
            promise.integrated_time += 600 * i64::from(count.fetch_add(1, Ordering::Relaxed) == 1);
        });
    }),
];

#[test]
fn every_entry_of_several_must_hold() {
    each_recipe(&recipe(), SEVERAL);
}
