//! Trusted roots that contradict themselves, or whose keys are not in use.

use sealgate_testkit::{Format, Log, LogEntry, Recipe, SigningKey, World, base64};
use sealgate_verify::{Bundle, TrustedRoot};
use serde_json::{Value, json};

use crate::{MANIFEST, image, judge_in, recipe, release, root_with};

fn read(change: impl FnOnce(&mut Value)) -> Result<TrustedRoot, &'static str> {
    let mut json = World::shared().trusted_root();
    change(&mut json);
    TrustedRoot::from_json(&serde_json::to_vec(&json).unwrap()).map_err(|error| error.code())
}

type Change = fn(&mut Value);

const FIELD: &str = "root-field-invalid";
const UNREADABLE: &str = "root-unreadable";

/// A name, the code (none: accepted), how many parts are left out, and the change.
const ROOTS: &[(&str, &str, usize, Change)] = &[
    ("as it is", "", 0, |_| ()),
    ("a field that nobody knows", "", 0, |root| root["x"] = json!([1])),
    ("a later version", "root-media-type", 0, |root| {
        root["mediaType"] = json!("application/vnd.dev.sigstore.trustedroot+json;version=0.3")
    }),
    ("another document", "root-media-type", 0, |root| {
        root["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.3+json")
    }),
    ("no version", UNREADABLE, 0, |root| drop(root.as_object_mut().unwrap().remove("mediaType"))),
    ("nothing to trust", "root-empty", 0, |root| {
        *root = json!({"mediaType": root["mediaType"], "ctlogs": root["ctlogs"]})
    }),
    ("lists of null", "", 0, |root| (root["tlogs"], root["ctlogs"]) = (Value::Null, Value::Null)),
    ("a list that is an object", UNREADABLE, 0, |root| root["tlogs"] = json!({})),
    ("an authority without a chain", UNREADABLE, 0, |root| {
        root["certificateAuthorities"][0]["certChain"] = Value::Null
    }),
    ("an authority with an empty chain", FIELD, 0, |root| {
        root["certificateAuthorities"][0]["certChain"] = json!({"certificates": []})
    }),
    ("an authority whose certificate is none", "", 1, |root| {
        root["certificateAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"] = json!(base64(b"none"))
    }),
    ("an authority with bytes behind its certificate", "", 1, |root| {
        let link = [&World::shared().authority.intermediate[..], &[0]].concat();
        root["certificateAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"] = json!(base64(&link))
    }),
    ("a log of an unknown kind", "", 1, |root| {
        root["tlogs"][0]["publicKey"]["rawBytes"] = json!(base64(b"none"))
    }),
    ("a log without a key", UNREADABLE, 0, |root| root["tlogs"][0]["publicKey"] = Value::Null),
    ("a log without an id", UNREADABLE, 0, |root| root["tlogs"][0]["logId"] = Value::Null),
    ("a log with an id of 31 bytes", FIELD, 0, |root| {
        root["tlogs"][0]["logId"]["keyId"] = json!(base64(&[7; 31]))
    }),
    ("two keys under one id", FIELD, 0, |root| root["tlogs"][1]["logId"] = root["tlogs"][0]["logId"].clone()),
    ("one key under one id twice", "", 0, |root| root["tlogs"][1] = root["tlogs"][0].clone()),
    ("a log with an id in another alphabet", UNREADABLE, 0, |root| {
        root["tlogs"][0]["logId"]["keyId"] = json!(format!("-_{}", &base64(&[7; 32])[2..]))
    }),
    ("a window that ends before it begins", FIELD, 0, |root| {
        root["tlogs"][0]["publicKey"]["validFor"] =
            json!({"start": "2026-01-01T00:00:00Z", "end": "2025-01-01T00:00:00Z"})
    }),
    ("an authority's window that ends before it begins", FIELD, 0, |root| {
        root["certificateAuthorities"][0]["validFor"] =
            json!({"start": "2026-01-01T00:00:00Z", "end": "2025-01-01T00:00:00Z"})
    }),
    ("a window of words", UNREADABLE, 0, |root| {
        root["tlogs"][0]["publicKey"]["validFor"] = json!({"start": "yesterday"})
    }),
    ("a window of numbers", UNREADABLE, 0, |root| {
        root["tlogs"][0]["publicKey"]["validFor"] = json!({"start": 1_700_000_000})
    }),
    ("a window that ends in words", UNREADABLE, 0, |root| {
        root["tlogs"][0]["publicKey"]["validFor"] =
            json!({"start": "2024-01-01T00:00:00Z", "end": "2099-13-01T00:00:00Z"})
    }),
    ("a timestamp authority whose certificate is none", "", 1, |root| {
        root["timestampAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"] = json!(base64(b"none"))
    }),
];

#[test]
fn a_root_has_one_meaning_or_is_refused_whole() {
    let wrong: Vec<String> = ROOTS
        .iter()
        .filter_map(|(name, code, left_out, change)| {
            let found = match read(change) {
                Ok(root) => ("", root.notes().len()),
                Err(code) => (code, 0),
            };
            (found != (*code, *left_out))
                .then(|| format!("{name}: {found:?} instead of {:?}", (code, left_out)))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let text = String::from_utf8(World::shared().trusted_root_json()).unwrap();
    let code = |text: String| TrustedRoot::from_json(text.as_bytes()).map_err(|error| error.code()).err();
    assert_eq!(code(text.clone()), None, "twin");
    for twice in [
        text.replacen("\"tlogs\"", "\"tlogs\": [], \"tlogs\"", 1),
        text.replacen("\"keyId\"", "\"keyId\": \"\", \"keyId\"", 1),
        text.replacen("\"start\"", "\"start\": \"2020-01-01T00:00:00Z\", \"start\"", 1),
        format!("{text}{{}}"),
        format!("\u{feff}{text}"),
    ] {
        assert_eq!(code(twice), Some(UNREADABLE));
    }
}

#[test]
fn a_log_that_promises_nothing_vouches_only_while_its_key_is_in_use() {
    // Stamped at 12:00:30; now is 13:00.
    let bundle = World::shared().recipe_v2(&image(), &release()).sign().bundle();
    let judge = |window: Value| {
        let root = root_with(|root| root["tlogs"][1]["publicKey"]["validFor"] = window);
        judge_in(&root, Bundle::from_json(&bundle))
    };
    assert_eq!(judge(json!({"start": "2024-01-01T00:00:00Z"})), "");
    assert_eq!(judge(json!({"start": "2024-01-01T00:00:00Z", "end": "2026-06-01T12:00:30Z"})), "");
    assert_eq!(judge(json!({"start": "2024-01-01T00:00:00Z", "end": "2026-06-01T12:00:29Z"})), "log-unknown");
    assert_eq!(judge(json!({"start": "2026-06-01T12:00:30Z"})), "");
    assert_eq!(judge(json!({"start": "2026-06-01T12:00:31Z"})), "log-unknown");
    assert_eq!(judge(json!({"start": "2026-06-01T13:00:01Z"})), "log-unknown");
}

#[test]
fn a_log_that_promises_vouches_only_while_its_key_is_in_use() {
    // Promised for 12:01.
    let bundle = recipe().sign().bundle();
    let judge = |window: Value| {
        let root = root_with(|root| root["tlogs"][0]["publicKey"]["validFor"] = window);
        judge_in(&root, Bundle::from_json(&bundle))
    };
    assert_eq!(judge(json!({"start": "2026-06-01T12:01:00Z", "end": "2026-06-01T12:01:00Z"})), "");
    assert_eq!(judge(json!({"start": "2026-06-01T12:01:01Z"})), "log-unknown");
    assert_eq!(judge(json!({"start": "2024-01-01T00:00:00Z", "end": "2026-06-01T12:00:59Z"})), "log-unknown");
}

#[test]
fn an_authority_vouches_only_between_its_first_and_last_second() {
    // Logged at 12:01.
    let bundle = recipe().sign().bundle();
    let judge = |window: Value| {
        let root = root_with(|root| root["certificateAuthorities"][0]["validFor"] = window);
        judge_in(&root, Bundle::from_json(&bundle))
    };
    let expired = "authority-expired-at-signing";
    assert_eq!(judge(json!({"start": "2026-06-01T12:01:00Z", "end": "2026-06-01T12:01:00Z"})), "");
    assert_eq!(judge(json!({"start": "2026-06-01T12:01:01Z"})), expired);
    assert_eq!(judge(json!({"start": "2026-06-01T12:01:00.000000001Z"})), expired);
    assert_eq!(judge(json!({"start": "2024-01-01T00:00:00Z", "end": "2026-06-01T12:00:59.999Z"})), expired);
}

#[test]
fn the_oldest_version_s_proof_is_held_to_its_own_root() {
    let judge = |change: fn(&mut LogEntry)| {
        let proven: Recipe = recipe().message(MANIFEST);
        let mut signed = proven.sign();
        signed.format = Format::V01;
        change(&mut signed.entries[0]);
        crate::judge(&signed)
    };
    let bare: fn(&mut LogEntry) = |entry| entry.checkpoint = None;
    assert_eq!(judge(|_| ()), "", "with a checkpoint");
    assert_eq!(judge(bare), "", "without");
    assert_eq!(judge(|entry| (entry.proof, entry.checkpoint) = (None, None)), "", "with neither");
    assert_eq!(
        judge(|entry| {
            entry.checkpoint = None;
            entry.proof.as_mut().unwrap().hashes[0][0] ^= 1;
        }),
        "inclusion-proof-invalid"
    );
    assert_eq!(
        judge(|entry| {
            entry.checkpoint = None;
            entry.proof.as_mut().unwrap().root.clear();
        }),
        "inclusion-proof-invalid"
    );
    assert_eq!(
        judge(|entry| entry.checkpoint = entry.checkpoint.as_ref().map(|text| text.replacen('\n', "\nx", 1))),
        "checkpoint-invalid"
    );
    assert_eq!(judge(|entry| entry.promise = None), "bundle-incomplete");
}

#[test]
fn a_key_speaks_for_the_kind_of_log_that_the_root_names_it_for() {
    let other = Log::v1("other");
    let with_key = |list: &'static str, key: &SigningKey| {
        root_with(|root| {
            root[list][0]["publicKey"]["rawBytes"] = json!(base64(&key.spki()));
            root[list][0]["logId"]["keyId"] = json!(base64(&sealgate_testkit::sha256(&key.spki())));
            root["tlogs"][0]["baseUrl"] = json!(format!("https://{}", other.host));
        })
    };
    let signed = recipe().with(|recipe| recipe.logs = vec![other.clone()]).sign();
    assert_eq!(judge_in(&with_key("tlogs", &other.key), Bundle::from_json(&signed.bundle())), "", "twin");
    assert_eq!(judge_in(&with_key("ctlogs", &other.key), Bundle::from_json(&signed.bundle())), "log-unknown");
}
