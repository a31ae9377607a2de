//! What metadata says, and the one target that counts.

use rstest::rstest;
use sealgate_testkit::{Tuf, sha256, tuf::envelope};
use serde_json::{Value, json};

use crate::scene::{Scene, other_root, root};

fn target_path(tuf: &Tuf) -> String {
    tuf.files.keys().find(|path| path.starts_with("targets/")).unwrap().clone()
}

#[test]
fn other_bytes_than_the_targets_promise_are_refused() {
    let scene = Scene::new();
    let code = scene.refused(|tuf| {
        // As long as the right ones.
        let path = target_path(tuf);
        let bytes = tuf.files.get_mut(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] = b' ';
    });
    assert_eq!(code, "tuf-integrity");
    let shorter = |tuf: &mut Tuf| assert!(tuf.files.get_mut(&target_path(tuf)).unwrap().pop().is_some());
    assert_eq!(scene.refused(shorter), "tuf-integrity");
    let longer = |tuf: &mut Tuf| tuf.files.get_mut(&target_path(tuf)).unwrap().push(b' ');
    assert_eq!(scene.refused(longer), "tuf-mirror-too-large");
    assert!(scene.ask().is_ok(), "twin");
}

#[test]
fn a_target_that_is_no_trusted_root_changes_nothing() {
    let mut scene = Scene::new();
    scene.ask().unwrap();
    for broken in [b"{}".as_slice(), b"nothing", b"{\"mediaType\":1}"] {
        assert_eq!(scene.refused(|tuf| tuf.publish(2, broken)), "tuf-target");
    }
    scene.tuf.publish(2, &other_root());
    assert_eq!(scene.ask().unwrap().json, other_root(), "twin");
}

#[test]
fn a_repository_without_a_trusted_root_is_refused() {
    let scene = Scene::new();
    let renamed = |tuf: &mut Tuf, name: &str| {
        tuf.edit("targets", |signed| {
            let target = signed["targets"].as_object_mut().unwrap().remove("trusted_root.json").unwrap();
            signed["targets"][name] = target;
        });
    };
    for name in ["trusted_root.JSON", "./trusted_root.json", "x/trusted_root.json", "trusted_root.json "] {
        assert_eq!(scene.refused(|tuf| renamed(tuf, name)), "tuf-no-trusted-root", "{name}");
    }
    assert!(scene.ask_with(|tuf| renamed(tuf, "trusted_root.json")).is_ok(), "twin");
}

#[test]
fn a_delegated_role_names_no_trusted_root() {
    let scene = Scene::new();
    let delegated = |tuf: &mut Tuf, keep: bool| {
        let signer = tuf.roles["targets"].0[0].clone();
        let mut role = tuf.signed("targets");
        role["version"] = 1.into();
        tuf.files.insert("1.root-of-a-friend.json".into(), envelope(&role, std::slice::from_ref(&signer)));
        tuf.edit("targets", |signed| {
            if !keep {
                signed["targets"] = json!({});
            }
            signed["delegations"] = json!({
                "keys": {"k": sealgate_testkit::tuf::key(&signer)},
                "roles": [{"name": "root-of-a-friend", "keyids": ["k"], "threshold": 1, "paths": ["*"], "terminating": true}],
            });
        });
        tuf.edit("snapshot", |signed| signed["meta"]["root-of-a-friend.json"] = json!({"version": 1}));
    };
    assert_eq!(scene.refused(|tuf| delegated(tuf, false)), "tuf-no-trusted-root");
    assert!(scene.ask_with(|tuf| delegated(tuf, true)).is_ok(), "twin");
    assert!(
        !scene.mirror.asked().iter().any(|path| path.contains("friend")),
        "delegations are never followed"
    );
}

#[test]
fn a_name_that_climbs_is_never_written_or_asked_for() {
    let mut scene = Scene::new();
    let names = ["../../x", "/etc/x", "a/../../x", "C:\\x", "x\u{0}y", "..", &"n".repeat(300)];
    scene.tuf.edit("targets", |signed| {
        for name in names {
            signed["targets"][name] = signed["targets"]["trusted_root.json"].clone();
        }
    });
    scene.tuf.edit("snapshot", |signed| {
        for name in names {
            signed["meta"][name] = json!({"version": 1});
        }
    });
    scene.ask().unwrap();
    let digest = hex_of(&root());
    let wanted = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"].map(str::to_owned);
    let target = format!("targets/{digest}.trusted_root.json");
    assert_eq!(scene.mirror.asked(), [wanted.as_slice(), &[target]].concat());
    let mut found: Vec<_> = std::fs::read_dir(scene.repository().store().unwrap().folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    found.sort();
    assert_eq!(found, ["lock", "repository.json"]);
    let above: Vec<_> = std::fs::read_dir(scene.folder.path()).unwrap().collect();
    assert_eq!(above.len(), 1);
}

fn hex_of(bytes: &[u8]) -> String {
    sha256(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[rstest]
#[case::none(json!({}), "tuf-malformed")]
#[case::an_unknown_algorithm(json!({"md5": "00"}), "tuf-malformed")]
#[case::no_hexadecimal(json!({"sha256": "zz"}), "tuf-malformed")]
#[case::too_short(json!({"sha256": "00"}), "tuf-malformed")]
#[case::null(Value::Null, "tuf-malformed")]
#[case::one_right_and_one_wrong(json!({"sha256": hex_of(&root()), "sha512": "00".repeat(64)}), "tuf-integrity")]
fn a_target_is_pinned_by_digests_that_all_hold(#[case] hashes: Value, #[case] code: &str) {
    let scene = Scene::new();
    let with = |tuf: &mut Tuf, hashes: &Value| {
        tuf.edit("targets", |signed| signed["targets"]["trusted_root.json"]["hashes"] = hashes.clone());
    };
    assert_eq!(scene.refused(|tuf| with(tuf, &hashes)), code);
    let twin = json!({"sha256": hex_of(&root()), "md5": "00"});
    assert!(scene.ask_with(|tuf| with(tuf, &twin)).is_ok(), "twin");
}

#[test]
fn a_target_larger_than_the_limit_is_not_asked_for() {
    let scene = Scene::new();
    let limit = sealgate_tuf::limits::ROOT_FILE_BYTES;
    let length = |tuf: &mut Tuf, length: u64| {
        tuf.edit("targets", |signed| signed["targets"]["trusted_root.json"]["length"] = length.into());
    };
    assert_eq!(scene.refused(|tuf| length(tuf, limit + 1)), "tuf-limit");
    assert!(!scene.mirror.asked().iter().any(|path| path.starts_with("targets/")));
    assert_eq!(
        scene.refused(|tuf| length(tuf, limit)),
        "tuf-integrity",
        "twin: it is asked for, and shorter"
    );
}

#[rstest]
#[case::the_next_major("2.0.0")]
#[case::of_yesterday("0.9")]
#[case::nothing("")]
#[case::words("1.x")]
fn a_specification_of_tomorrow_is_refused(#[case] version: &str) {
    let scene = Scene::new();
    let with = |tuf: &mut Tuf, version: &str| {
        tuf.edit("timestamp", |signed| signed["spec_version"] = version.into())
    };
    assert_eq!(scene.refused(|tuf| with(tuf, version)), "tuf-specification");
    assert!(scene.ask_with(|tuf| with(tuf, "1.99")).is_ok(), "twin");
}

#[test]
fn a_file_of_another_role_is_refused() {
    let mut scene = Scene::new();
    // One key for both, as small repositories have it.
    let before = scene.tuf.clone();
    let shared = scene.tuf.roles["timestamp"].clone();
    scene.tuf.roles.insert("snapshot", shared);
    scene.tuf.rotate(Some(&before));
    scene.tuf.publish(2, &root());
    let code = scene.refused(|tuf| {
        let bytes = tuf.files[&tuf.path("snapshot")].clone();
        tuf.files.insert("timestamp.json".into(), bytes);
    });
    assert_eq!(code, "tuf-wrong-role");
    assert!(scene.ask().is_ok(), "twin");
}

#[test]
fn a_field_twice_is_refused_before_its_signature_is_looked_at() {
    let scene = Scene::new();
    let twice = |tuf: &mut Tuf, first: &str| {
        let text = String::from_utf8(tuf.files["timestamp.json"].clone()).unwrap();
        tuf.files.insert("timestamp.json".into(), text.replacen("\"signed\": {", first, 1).into_bytes());
    };
    assert_eq!(scene.refused(|tuf| twice(tuf, "\"signed\": {\"version\": 9,")), "tuf-malformed");
    assert!(scene.ask_with(|tuf| twice(tuf, "  \"signed\":  {")).is_ok(), "twin");
}

#[rstest]
#[case::nothing(b"")]
#[case::a_list(b"[]")]
#[case::null(b"null")]
#[case::a_list_where_an_object_belongs(br#"{"signed":[],"signatures":[]}"#)]
#[case::no_signatures(br#"{"signed":{}}"#)]
#[case::null_signatures(br#"{"signed":{},"signatures":null}"#)]
#[case::a_signature_that_is_none(br#"{"signed":{},"signatures":[null]}"#)]
#[case::keys_of_null(br#"{"signed":{"_type":"timestamp","spec_version":"1.0","version":1,"expires":"2099-01-01T00:00:00Z","meta":null},"signatures":[]}"#)]
#[case::not_utf8(b"{\"signed\":{\"\xff\":1},\"signatures\":[]}")]
fn what_is_no_metadata_is_an_error_and_never_a_panic(#[case] bytes: &[u8]) {
    let scene = Scene::new();
    let code = scene.refused(|tuf| drop(tuf.files.insert("timestamp.json".into(), bytes.to_vec())));
    assert!(matches!(code, "tuf-malformed" | "tuf-threshold"), "{code}");
    assert!(scene.ask().is_ok(), "twin");
}

#[rstest]
#[case::a_text("version", json!("1"))]
#[case::nothing("version", json!(0))]
#[case::negative("version", json!(-1))]
#[case::a_fraction("version", json!(1.5))]
#[case::a_day("expires", json!("2099-01-01"))]
#[case::null("expires", Value::Null)]
fn a_version_or_a_time_that_is_none_is_refused(#[case] field: &str, #[case] value: Value) {
    let scene = Scene::new();
    let with = |tuf: &mut Tuf, value: Value| tuf.edit_alone("timestamp", |signed| signed[field] = value);
    assert_eq!(scene.refused(|tuf| with(tuf, value)), "tuf-malformed");
    let right = scene.tuf.signed("timestamp")[field].clone();
    assert!(scene.ask_with(|tuf| with(tuf, right)).is_ok(), "twin");
}
