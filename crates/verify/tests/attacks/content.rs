//! What was genuinely signed, but is about something else, or says two things to two readers.

use sealgate_testkit::{Content, Recipe, base64, sign_statement};
use sealgate_verify::{Algorithm, Digest};
use serde_json::{Value, json};

use crate::{Line, MANIFEST, each_recipe, image, recipe};

fn about(recipe: &mut Recipe, change: fn(&mut Value)) {
    let mut statement = sign_statement(&image());
    change(&mut statement);
    *recipe = recipe.clone().statement(&statement);
}

fn raw(recipe: &mut Recipe, change: fn(String) -> String) {
    let Content::Envelope(_, payload) = &mut recipe.content else { panic!("an envelope") };
    let text = String::from_utf8(payload.clone()).unwrap();
    let changed = change(text.clone());
    assert_ne!(changed, text);
    *payload = changed.into_bytes();
}

fn kind(recipe: &mut Recipe, name: &str) {
    let Content::Envelope(kind, _) = &mut recipe.content else { panic!("an envelope") };
    *kind = name.into();
}

const UNKNOWN: &str = "payload-type-unknown";

const TYPES: &[Line<Recipe>] = &[
    ("plain text", UNKNOWN, |recipe| kind(recipe, "text/plain")),
    ("a letter more", UNKNOWN, |recipe| kind(recipe, "application/vnd.in-toto+jsonX")),
    ("a letter less", UNKNOWN, |recipe| kind(recipe, "application/vnd.in-toto+jso")),
    ("in upper case", UNKNOWN, |recipe| kind(recipe, "application/vnd.in-toto+JSON")),
    ("with a parameter", UNKNOWN, |recipe| kind(recipe, "application/vnd.in-toto+json;v=1")),
    ("with a blank", UNKNOWN, |recipe| kind(recipe, "application/vnd.in-toto+json ")),
    ("of simple signing", UNKNOWN, |recipe| kind(recipe, "application/vnd.dev.cosign.simplesigning.v1+json")),
    ("of no alphabet", UNKNOWN, |recipe| kind(recipe, "application/vnd.in-toto+js\u{43e}n")),
    ("empty", UNKNOWN, |recipe| kind(recipe, "")),
];

#[test]
fn an_envelope_s_type_is_that_text_and_no_other() {
    each_recipe(&recipe(), TYPES);
}

fn signed_as(recipe: &mut Recipe, encode: fn(&str, &[u8]) -> Vec<u8>) {
    let Content::Envelope(kind, payload) = &recipe.content else { panic!("an envelope") };
    let bytes = encode(kind, payload);
    recipe.patches.signed_bytes.add(move |signed| signed.clone_from(&bytes));
}

fn encoding(kind: &[u8], kind_length: &str, payload: &[u8], payload_length: &str) -> Vec<u8> {
    [b"DSSEv1 ", kind_length.as_bytes(), b" ", kind, b" ", payload_length.as_bytes(), b" ", payload].concat()
}

const SIGNATURE: &str = "signature-invalid";

// The log is the attacker's accomplice here: what it records is about the envelope as it stands.
const ENCODINGS: &[Line<Recipe>] = &[
    ("as it is specified", "", |recipe| {
        signed_as(recipe, |kind, payload| {
            encoding(kind.as_bytes(), &kind.len().to_string(), payload, &payload.len().to_string())
        })
    }),
    ("as it is specified, in another alphabet", UNKNOWN, |recipe| {
        kind(recipe, "\u{100}pplication/x");
        signed_as(recipe, |kind, payload| {
            encoding(kind.as_bytes(), &kind.len().to_string(), payload, &payload.len().to_string())
        });
    }),
    ("lengths that count characters", SIGNATURE, |recipe| {
        kind(recipe, "\u{100}pplication/x");
        signed_as(recipe, |kind, payload| {
            encoding(kind.as_bytes(), &kind.chars().count().to_string(), payload, &payload.len().to_string())
        });
    }),
    ("each character cut to a byte", SIGNATURE, |recipe| {
        kind(recipe, "\u{161}pplication/vnd.in-toto+json");
        signed_as(recipe, |kind, payload| {
            let cut: Vec<u8> = kind.chars().map(|character| character as u8).collect();
            encoding(&cut, &cut.len().to_string(), payload, &payload.len().to_string())
        });
    }),
    ("lengths with a zero", SIGNATURE, |recipe| {
        signed_as(recipe, |kind, payload| {
            encoding(kind.as_bytes(), &format!("0{}", kind.len()), payload, &payload.len().to_string())
        })
    }),
    ("lengths as words of a machine", SIGNATURE, |recipe| {
        signed_as(recipe, |kind, payload| {
            let word = |length: usize| (length as u64).to_le_bytes();
            [&word(3)[..], &word(kind.len()), kind.as_bytes(), &word(payload.len()), payload].concat()
        })
    }),
    ("the type's end in the payload", SIGNATURE, |recipe| {
        signed_as(recipe, |kind, payload| {
            let (kind, rest) = kind.split_at(11);
            let payload = [rest.as_bytes(), b" ", payload].concat();
            encoding(kind.as_bytes(), &kind.len().to_string(), &payload, &payload.len().to_string())
        })
    }),
    ("the payload alone", SIGNATURE, |recipe| signed_as(recipe, |_, payload| payload.to_vec())),
    ("the payload in base64", SIGNATURE, |recipe| {
        signed_as(recipe, |kind, payload| {
            let text = base64(payload).into_bytes();
            encoding(kind.as_bytes(), &kind.len().to_string(), &text, &text.len().to_string())
        })
    }),
    ("nothing", SIGNATURE, |recipe| signed_as(recipe, |_, _| Vec::new())),
];

#[test]
fn an_envelope_is_signed_in_its_one_encoding() {
    each_recipe(&recipe(), ENCODINGS);
}

fn envelope(recipe: &mut Recipe, change: fn(&mut Value)) {
    recipe.patches.bundle.add(move |bundle| change(&mut bundle["dsseEnvelope"]));
}

fn payload(recipe: &mut Recipe, spell: fn(&str) -> String) {
    recipe.patches.bundle.add(move |bundle| {
        let payload = &mut bundle["dsseEnvelope"]["payload"];
        let text = payload.as_str().unwrap().to_owned();
        *payload = json!(spell(&text));
    });
}

const ENVELOPES: &[Line<Recipe>] = &[
    ("no signature", "bundle-incomplete", |recipe| envelope(recipe, |it| it["signatures"] = json!([]))),
    ("signatures of null", "bundle-incomplete", |recipe| {
        envelope(recipe, |it| it["signatures"] = Value::Null)
    }),
    ("the same signature twice", "bundle-limit-exceeded", |recipe| {
        envelope(recipe, |it| it["signatures"] = json!([it["signatures"][0], it["signatures"][0]]))
    }),
    ("a good signature behind rubbish", "bundle-limit-exceeded", |recipe| {
        envelope(recipe, |it| it["signatures"] = json!([{"sig": base64(b"x")}, it["signatures"][0]]))
    }),
    ("ten thousand signatures", "bundle-limit-exceeded", |recipe| {
        envelope(recipe, |it| it["signatures"] = json!(vec![it["signatures"][0].clone(); 10_000]))
    }),
    ("an empty signature", "bundle-incomplete", |recipe| {
        envelope(recipe, |it| it["signatures"][0]["sig"] = json!(""))
    }),
    ("a signature of null", "bundle-unreadable", |recipe| {
        envelope(recipe, |it| it["signatures"][0]["sig"] = Value::Null)
    }),
    ("somebody's key hint", "", |recipe| {
        envelope(recipe, |it| it["signatures"][0]["keyid"] = json!("release"))
    }),
    ("no payload", "bundle-unreadable", |recipe| envelope(recipe, |it| it["payload"] = Value::Null)),
    ("an empty payload", "log-mismatch", |recipe| payload(recipe, |_| String::new())),
    ("a payload in another alphabet", "bundle-unreadable", |recipe| {
        payload(recipe, |text| format!("{text}-_-_"))
    }),
    ("a payload with a line end", "bundle-unreadable", |recipe| payload(recipe, |text| format!("{text}\n"))),
    ("a payload with padding too much", "bundle-unreadable", |recipe| {
        payload(recipe, |text| format!("{text}===="))
    }),
    ("a payload that is not in base64", "bundle-unreadable", |recipe| payload(recipe, |_| "{}".into())),
    ("a second message", "bundle-malformed", |recipe| {
        recipe.patches.bundle.add(|bundle| {
            bundle["messageSignature"] = json!({"signature": base64(b"x")});
        })
    }),
];

#[test]
fn an_envelope_has_one_signature_and_one_payload() {
    each_recipe(&recipe(), ENVELOPES);
}

const INVALID: &str = "statement-invalid";
const UNREADABLE: &str = "statement-unreadable";
const SUBJECT: &str = "subject-mismatch";

fn digests(recipe: &mut Recipe, digests: fn(&str) -> Value) {
    let mut statement = sign_statement(&image());
    statement["subject"][0]["digest"] = digests(&image().hex());
    *recipe = recipe.clone().statement(&statement);
}

fn longer() -> String {
    Digest::of(Algorithm::Sha512, MANIFEST).hex()
}

const SUBJECTS: &[Line<Recipe>] = &[
    ("none", INVALID, |recipe| about(recipe, |it| it["subject"] = json!([]))),
    ("null", UNREADABLE, |recipe| about(recipe, |it| it["subject"] = Value::Null)),
    ("absent", UNREADABLE, |recipe| about(recipe, |it| drop(it.as_object_mut().unwrap().remove("subject")))),
    ("one that is no list", UNREADABLE, |recipe| {
        about(recipe, |it| it["subject"] = it["subject"][0].clone())
    }),
    ("a list with null", UNREADABLE, |recipe| about(recipe, |it| it["subject"] = json!([null]))),
    ("without a digest", SUBJECT, |recipe| about(recipe, |it| it["subject"] = json!([{"name": "acme/app"}]))),
    ("with digests of null", UNREADABLE, |recipe| digests(recipe, |_| Value::Null)),
    ("with no digests", SUBJECT, |recipe| digests(recipe, |_| json!({}))),
    ("with an empty digest", SUBJECT, |recipe| digests(recipe, |_| json!({"sha256": ""}))),
    ("with a number for a digest", UNREADABLE, |recipe| digests(recipe, |_| json!({"sha256": 1}))),
    ("named by its digest alone", SUBJECT, |recipe| {
        about(recipe, |it| it["subject"] = json!([{"name": image().to_string(), "digest": {}}]))
    }),
    ("a shorter algorithm", SUBJECT, |recipe| digests(recipe, |hex| json!({"sha1": &hex[..40]}))),
    ("a longer algorithm's name", SUBJECT, |recipe| digests(recipe, |hex| json!({"sha512": hex}))),
    ("a longer algorithm", "", |recipe| digests(recipe, |_| json!({"sha512": longer()}))),
    ("an algorithm in upper case", SUBJECT, |recipe| digests(recipe, |hex| json!({"SHA256": hex}))),
    ("an algorithm with a hyphen", SUBJECT, |recipe| digests(recipe, |hex| json!({"sha-256": hex}))),
    ("a commit", SUBJECT, |recipe| digests(recipe, |hex| json!({"gitCommit": hex}))),
    ("a digest in upper case", SUBJECT, |recipe| {
        digests(recipe, |hex| json!({"sha256": hex.to_uppercase()}))
    }),
    ("a digest with its algorithm", SUBJECT, |recipe| {
        digests(recipe, |hex| json!({"sha256": format!("sha256:{hex}")}))
    }),
    ("a digest with a blank", SUBJECT, |recipe| digests(recipe, |hex| json!({"sha256": format!("{hex} ")}))),
    ("a digest with a NUL", SUBJECT, |recipe| digests(recipe, |hex| json!({"sha256": format!("{hex}\0")}))),
    ("the beginning of the digest", SUBJECT, |recipe| digests(recipe, |hex| json!({"sha256": &hex[..32]}))),
    ("a right digest and a wrong one", SUBJECT, |recipe| {
        digests(recipe, |hex| json!({"sha256": hex, "sha512": "00".repeat(64)}))
    }),
    ("a wrong digest and a right one", SUBJECT, |recipe| {
        digests(recipe, |_| json!({"sha256": "00".repeat(32), "sha512": longer()}))
    }),
    ("two right digests", "", |recipe| digests(recipe, |hex| json!({"sha256": hex, "sha512": longer()}))),
    ("a right digest and one of an unknown kind", "", |recipe| {
        digests(recipe, |hex| json!({"sha256": hex, "blake3": "00"}))
    }),
    ("right between two wrong ones", "", |recipe| {
        about(recipe, |it| {
            let wrong = json!({"digest": {"sha256": "00".repeat(32)}});
            it["subject"] = json!([wrong, it["subject"][0], wrong]);
        })
    }),
    ("halves of two", SUBJECT, |recipe| {
        about(recipe, |it| {
            it["subject"] = json!([{"digest": {"sha256": "00".repeat(32), "sha512": longer()}},
                {"digest": {"sha256": image().hex(), "sha512": "00".repeat(64)}}]);
        })
    }),
];

#[test]
fn a_statement_is_about_this_digest_and_no_other_spelling_of_it() {
    each_recipe(&recipe(), SUBJECTS);
}

const STATEMENTS: &[Line<Recipe>] = &[
    ("the older type", "", |recipe| {
        about(recipe, |it| it["_type"] = json!("https://in-toto.io/Statement/v0.1"))
    }),
    ("a type to come", INVALID, |recipe| {
        about(recipe, |it| it["_type"] = json!("https://in-toto.io/Statement/v2"))
    }),
    ("a type with a slash", INVALID, |recipe| {
        about(recipe, |it| it["_type"] = json!("https://in-toto.io/Statement/v1/"))
    }),
    ("a type in plain text", INVALID, |recipe| {
        about(recipe, |it| it["_type"] = json!("http://in-toto.io/Statement/v1"))
    }),
    ("an empty type", INVALID, |recipe| about(recipe, |it| it["_type"] = json!(""))),
    ("no type", UNREADABLE, |recipe| about(recipe, |it| drop(it.as_object_mut().unwrap().remove("_type")))),
    ("no type of predicate", UNREADABLE, |recipe| {
        about(recipe, |it| drop(it.as_object_mut().unwrap().remove("predicateType")))
    }),
    ("an empty type of predicate", INVALID, |recipe| about(recipe, |it| it["predicateType"] = json!(""))),
    ("a type of predicate of null", UNREADABLE, |recipe| {
        about(recipe, |it| it["predicateType"] = Value::Null)
    }),
    ("no predicate", "", |recipe| about(recipe, |it| drop(it.as_object_mut().unwrap().remove("predicate")))),
    ("a list", UNREADABLE, |recipe| raw(recipe, |_| "[]".into())),
    ("a text", UNREADABLE, |recipe| raw(recipe, |_| "\"x\"".into())),
    ("an empty object", UNREADABLE, |recipe| raw(recipe, |_| "{}".into())),
    ("nothing", UNREADABLE, |recipe| raw(recipe, |_| String::new())),
    ("a second document", UNREADABLE, |recipe| raw(recipe, |text| format!("{text}{{}}"))),
    ("a byte behind", UNREADABLE, |recipe| raw(recipe, |text| format!("{text}\0"))),
    ("blanks around", "", |recipe| raw(recipe, |text| format!("\r\n\t {text} \n"))),
    ("a mark of byte order", UNREADABLE, |recipe| raw(recipe, |text| format!("\u{feff}{text}"))),
    ("a comment", UNREADABLE, |recipe| raw(recipe, |text| format!("/* x */{text}"))),
    ("a comma more", UNREADABLE, |recipe| raw(recipe, |text| text.replace("]", ",]"))),
    ("no number", UNREADABLE, |recipe| raw(recipe, |text| text.replace("{}", "NaN"))),
    ("half a character", UNREADABLE, |recipe| {
        raw(recipe, |text| text.replace("\"_type\"", "\"\\ud800\":1,\"_type\""))
    }),
    ("a field in another case", UNREADABLE, |recipe| {
        raw(recipe, |text| text.replace("predicateType", "predicatetype"))
    }),
    ("another case beside", "", |recipe| {
        raw(recipe, |text| text.replacen("{", "{\"Subject\":[],\"predicatetype\":\"x\",", 1))
    }),
    ("a field twice", UNREADABLE, |recipe| {
        raw(recipe, |text| text.replacen("\"predicateType\"", "\"predicateType\":\"x\",\"predicateType\"", 1))
    }),
    ("a field twice by an escape", UNREADABLE, |recipe| {
        raw(recipe, |text| {
            text.replacen("\"predicateType\"", "\"predicat\\u0065Type\":\"x\",\"predicateType\"", 1)
        })
    }),
    ("a digest twice", UNREADABLE, |recipe| {
        raw(recipe, |text| {
            text.replacen("\"sha256\"", &format!("\"sha256\":\"{}\",\"sha256\"", "00".repeat(32)), 1)
        })
    }),
    ("a field of the predicate twice", UNREADABLE, |recipe| {
        raw(recipe, |text| text.replace("{}", "{\"a\":{\"b\":1,\"b\":1}}"))
    }),
    ("a field of several parts of the predicate", "", |recipe| {
        raw(recipe, |text| text.replace("{}", "{\"a\":{\"b\":1},\"c\":[{\"b\":1},{\"b\":1}]}"))
    }),
    ("nested as deep as may be", "", |recipe| {
        // The statement itself is one level.
        raw(recipe, |text| text.replace("{}", &format!("{}{}", "[".repeat(63), "]".repeat(63))))
    }),
    ("nested deeper", UNREADABLE, |recipe| {
        raw(recipe, |text| text.replace("{}", &format!("{}{}", "[".repeat(64), "]".repeat(64))))
    }),
    ("nested without an end", UNREADABLE, |recipe| {
        raw(recipe, |text| text.replace("{}", &"[".repeat(100_000)))
    }),
    ("a number as long as may be", "", |recipe| raw(recipe, |text| text.replace("{}", &"1".repeat(32)))),
    ("a longer number", UNREADABLE, |recipe| raw(recipe, |text| text.replace("{}", &"1".repeat(33)))),
    ("a number beyond all machines", "", |recipe| raw(recipe, |text| text.replace("{}", "1e99999"))),
    ("a hundred thousand fields", "", |recipe| {
        raw(recipe, |text| {
            let fields: Vec<String> = (0..100_000).map(|number| format!("\"{number}\":0")).collect();
            text.replace("{}", &format!("{{{}}}", fields.join(",")))
        })
    }),
];

#[test]
fn a_statement_has_one_meaning() {
    each_recipe(&recipe(), STATEMENTS);
}

fn message() -> Recipe {
    recipe().message(MANIFEST)
}

fn stated(recipe: &mut Recipe, algorithm: &'static str, digest: fn() -> Vec<u8>) {
    recipe.patches.bundle.add(move |bundle| {
        bundle["messageSignature"]["messageDigest"] =
            json!({"algorithm": algorithm, "digest": base64(&digest())});
    });
}

const MESSAGES: &[Line<Recipe>] = &[
    ("no stated digest", "", |recipe| {
        recipe.patches.bundle.add(|bundle| {
            drop(bundle["messageSignature"].as_object_mut().unwrap().remove("messageDigest"));
        })
    }),
    ("another digest", "digest-mismatch", |recipe| {
        stated(recipe, "SHA2_256", || Digest::sha256(b"another").bytes().to_vec())
    }),
    ("a longer digest", "", |recipe| {
        stated(recipe, "SHA2_512", || Digest::of(Algorithm::Sha512, MANIFEST).bytes().to_vec())
    }),
    ("another longer digest", "digest-mismatch", |recipe| {
        stated(recipe, "SHA2_512", || Digest::of(Algorithm::Sha512, b"another").bytes().to_vec())
    }),
    ("a longer digest cut short", "bundle-malformed", |recipe| {
        stated(recipe, "SHA2_512", || Digest::of(Algorithm::Sha512, MANIFEST).bytes()[..32].to_vec())
    }),
    ("a digest of nothing", "bundle-malformed", |recipe| stated(recipe, "SHA2_256", Vec::new)),
    ("a digest of one byte", "bundle-malformed", |recipe| stated(recipe, "SHA2_256", || vec![0])),
    ("an unsaid algorithm", "bundle-malformed", |recipe| {
        stated(recipe, "HASH_ALGORITHM_UNSPECIFIED", || Digest::sha256(MANIFEST).bytes().to_vec())
    }),
    ("an algorithm under another name", "bundle-malformed", |recipe| {
        stated(recipe, "sha256", || Digest::sha256(MANIFEST).bytes().to_vec())
    }),
    ("another message", "digest-mismatch", |recipe| recipe.content = Content::Message(b"another".to_vec())),
    ("the digest's text", "digest-mismatch", |recipe| {
        recipe.content = Content::Message(image().to_string().into_bytes())
    }),
];

#[test]
fn a_message_signature_is_over_these_bytes() {
    each_recipe(&message(), MESSAGES);
}
