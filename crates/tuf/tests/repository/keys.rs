//! Who may sign, how many must, and how that changes.

use rstest::rstest;
use sealgate_testkit::{
    KeyKind, SigningKey, TUF_NOW, Tuf,
    tuf::{envelope, expires, key, key_name},
};
use sealgate_tuf::{Anchor, Update, limits};
use sealgate_verify::Timestamp;
use serde_json::{Value, json};

use crate::scene::{Scene, root};

fn keys(count: usize) -> Vec<SigningKey> {
    (0..count).map(|_| SigningKey::p256()).collect()
}

/// Changes the signers of a role and publishes a new root, signed by the former and the new.
fn rotate(tuf: &mut Tuf, role: &'static str, signers: Vec<SigningKey>) {
    let before = tuf.clone();
    tuf.roles.insert(role, (signers, tuf.roles[role].1));
    tuf.rotate(Some(&before));
}

#[test]
fn metadata_that_was_changed_after_signing_is_refused() {
    let scene = Scene::new();
    for role in ["timestamp", "snapshot", "targets"] {
        // The digests above are made to fit, so that only the signature can tell.
        let changed = |tuf: &mut Tuf, sign: bool| {
            let signers = tuf.roles[role].clone();
            if !sign {
                tuf.roles.insert(role, (keys(2), 2));
            }
            tuf.edit(role, |signed| signed["x"] = "y".into());
            tuf.roles.insert(role, signers);
            if role == "targets" {
                tuf.edit_alone("timestamp", |_| ());
            }
        };
        assert_eq!(scene.refused(|tuf| changed(tuf, false)), "tuf-threshold", "{role}");
        assert!(scene.ask_with(|tuf| changed(tuf, true)).is_ok(), "twin");
    }
    assert_eq!(
        scene.refused(|tuf| tuf.patch("timestamp", |file| file["signed"]["x"] = "y".into())),
        "tuf-threshold"
    );
}

#[test]
fn the_former_and_the_new_keys_together_rotate_a_root() {
    let mut scene = Scene::new();
    rotate(&mut scene.tuf, "root", keys(3));
    rotate(&mut scene.tuf, "root", keys(3));
    assert_eq!(scene.ask().unwrap().versions, Some([3, 1, 1, 1]));
}

#[test]
fn a_root_that_the_former_keys_did_not_sign_is_refused() {
    let scene = Scene::new();
    let code = scene.refused(|tuf| {
        tuf.roles.insert("root", (keys(3), 2));
        tuf.rotate(None);
    });
    assert_eq!(code, "tuf-threshold");
    assert!(scene.ask_with(|tuf| rotate(tuf, "root", keys(3))).is_ok(), "twin");
}

#[test]
fn a_root_that_its_own_keys_did_not_sign_is_refused() {
    let scene = Scene::new();
    let code = scene.refused(|tuf| {
        let former = tuf.roles["root"].0.clone();
        tuf.roles.insert("root", (keys(3), 2));
        tuf.files.insert("2.root.json".into(), envelope(&tuf.root_signed(2), &former));
    });
    assert_eq!(code, "tuf-threshold");
    assert!(scene.ask_with(|tuf| rotate(tuf, "root", keys(3))).is_ok(), "twin");
}

#[test]
fn a_root_signed_by_fewer_than_must_is_refused() {
    let scene = Scene::new();
    let signed_by = |tuf: &mut Tuf, count: usize| {
        let signers = tuf.roles["root"].0[..count].to_vec();
        tuf.files.insert("2.root.json".into(), envelope(&tuf.root_signed(2), &signers));
    };
    assert_eq!(scene.refused(|tuf| signed_by(tuf, 1)), "tuf-threshold");
    assert!(scene.ask_with(|tuf| signed_by(tuf, 2)).is_ok(), "twin");
}

#[rstest]
#[case::the_same_again(1)]
#[case::one_too_far(3)]
#[case::far_away(u64::MAX)]
fn a_root_that_skips_a_version_is_refused(#[case] version: u64) {
    let scene = Scene::new();
    let served = |tuf: &mut Tuf, version: u64| {
        let bytes = envelope(&tuf.root_signed(version), &tuf.roles["root"].0);
        tuf.files.insert("2.root.json".into(), bytes);
    };
    assert_eq!(scene.refused(|tuf| served(tuf, version)), "tuf-root-version");
    assert!(scene.ask_with(|tuf| served(tuf, 2)).is_ok(), "twin");
}

#[test]
fn an_expired_root_is_refused_unless_a_newer_one_follows() {
    let mut scene = Scene::new();
    let mut signed = scene.tuf.root_signed(2);
    signed["expires"] = expires(TUF_NOW).into();
    scene.tuf.put("root", &signed);
    assert_eq!(scene.ask().unwrap_err().code(), "tuf-expired");
    scene.tuf.put("root", &scene.tuf.root_signed(3));
    assert!(scene.ask().is_ok(), "twin");
}

#[test]
fn another_root_than_the_one_that_trust_begins_with_is_refused() {
    let (scene, stranger) = (Scene::new(), Tuf::new(&root()));
    // The stranger's repository is good in itself.
    assert_eq!(scene.refused(|tuf| *tuf = stranger.clone()), "tuf-threshold");
    assert!(Scene::of(stranger.clone()).ask().is_ok(), "twin");

    let named = |anchor: &[u8], found: Vec<u8>| {
        let anchor = Anchor::from_bytes(anchor).unwrap();
        let kept = serde_json::from_value::<sealgate_tuf::Kept>(json!({
            "format": 1, "refreshed": 0, "roots": [String::from_utf8(found).unwrap()],
            "timestamp": "", "snapshot": "", "targets": "", "trustedRoot": "",
        }));
        kept.unwrap().prove(&anchor).unwrap_err().code()
    };
    assert_eq!(named(&scene.tuf.anchor(), stranger.anchor()), "tuf-anchor");
    assert_eq!(
        named(&scene.tuf.anchor(), scene.tuf.anchor()),
        "tuf-malformed",
        "twin: it gets on to the timestamp"
    );
}

#[test]
fn a_revoked_key_signs_nothing_any_more() {
    let mut scene = Scene::new();
    let revoked = scene.tuf.roles["timestamp"].0.clone();
    rotate(&mut scene.tuf, "timestamp", keys(1));
    let signed_by = |tuf: &mut Tuf, signers: &[SigningKey]| {
        let bytes = envelope(&tuf.signed("timestamp"), signers);
        tuf.files.insert("timestamp.json".into(), bytes);
    };
    assert_eq!(scene.refused(|tuf| signed_by(tuf, &revoked)), "tuf-threshold");
    let now = scene.tuf.roles["timestamp"].0.clone();
    assert!(scene.ask_with(|tuf| signed_by(tuf, &now)).is_ok(), "twin");
}

#[test]
fn a_repository_that_was_driven_far_ahead_recovers_by_new_keys() {
    let far = (1_u64 << 63) + 5;
    for role in ["timestamp", "snapshot"] {
        let scene = Scene::new();
        // Somebody stole the key.
        scene
            .ask_with(|tuf| {
                tuf.edit(role, |signed| signed["version"] = far.into());
            })
            .unwrap();
        let later = |tuf: &mut Tuf| tuf.publish(2, &root());
        assert_eq!(scene.refused(later), "tuf-rollback", "{role}");
        let recovered = |tuf: &mut Tuf| {
            rotate(tuf, role, keys(1));
            tuf.publish(2, &root());
        };
        assert_eq!(scene.ask_with(recovered).unwrap().versions, Some([2, 2, 2, 2]), "twin");
    }
}

#[test]
fn keys_of_another_role_do_not_lift_what_was_seen() {
    let mut scene = Scene::new();
    scene.tuf.publish(5, &root());
    scene.ask().unwrap();
    let back = |tuf: &mut Tuf, role| {
        rotate(tuf, role, keys(2));
        tuf.publish(4, &root());
    };
    assert_eq!(scene.refused(|tuf| back(tuf, "targets")), "tuf-rollback");
    assert!(scene.ask_with(|tuf| back(tuf, "timestamp")).is_ok(), "twin");
}

#[test]
fn one_key_that_signs_twice_counts_once() {
    let scene = Scene::new();
    let doubled = |tuf: &mut Tuf, whole: bool| {
        let path = tuf.path("targets");
        let mut file: Value = serde_json::from_slice(&tuf.files[&path]).unwrap();
        let first = file["signatures"][0].clone();
        if whole {
            file["signatures"].as_array_mut().unwrap().push(first);
        } else {
            file["signatures"] = json!([first.clone(), first]);
        }
        tuf.files.insert(path, serde_json::to_vec(&file).unwrap());
        relink(tuf);
    };
    assert_eq!(scene.refused(|tuf| doubled(tuf, false)), "tuf-threshold");
    assert!(scene.ask_with(|tuf| doubled(tuf, true)).is_ok(), "twin");
}

#[test]
fn one_key_under_two_names_counts_once() {
    let scene = Scene::new();
    let named = |tuf: &mut Tuf, alone: bool| {
        let signers = tuf.roles["targets"].0.clone();
        let second = if alone { &signers[0] } else { &signers[1] };
        let mut signed = tuf.root_signed(2);
        signed["keys"] = json!({});
        for signer in tuf.roles.values().flat_map(|(signers, _)| signers) {
            signed["keys"][key_name(signer)] = key(signer);
        }
        signed["keys"]["a"] = key(&signers[0]);
        signed["keys"]["b"] = key(second);
        signed["roles"]["targets"] = json!({"keyids": ["a", "b"], "threshold": 2});
        tuf.put("root", &signed);
        let path = tuf.path("targets");
        let mut file: Value =
            serde_json::from_slice(&envelope(&tuf.signed("targets"), &[signers[0].clone(), second.clone()]))
                .unwrap();
        file["signatures"][0]["keyid"] = "a".into();
        file["signatures"][1]["keyid"] = "b".into();
        tuf.files.insert(path, serde_json::to_vec(&file).unwrap());
        relink(tuf);
    };
    assert_eq!(scene.refused(|tuf| named(tuf, true)), "tuf-threshold");
    assert!(scene.ask_with(|tuf| named(tuf, false)).is_ok(), "twin");
}

// Lets snapshot and timestamp name the bytes that lie there now.
fn relink(tuf: &mut Tuf) {
    tuf.edit("snapshot", |_| ());
}

#[rstest]
#[case::nothing(json!(0))]
#[case::negative(json!(-1))]
#[case::a_fraction(json!(1.5))]
#[case::a_text(json!("1"))]
#[case::absent(Value::Null)]
fn a_threshold_of_nothing_is_refused(#[case] threshold: Value) {
    let scene = Scene::new();
    let with = |tuf: &mut Tuf, threshold: &Value| {
        let mut signed = tuf.root_signed(2);
        signed["roles"]["timestamp"]["threshold"] = threshold.clone();
        tuf.put("root", &signed);
    };
    assert_eq!(scene.refused(|tuf| with(tuf, &threshold)), "tuf-malformed");
    assert!(scene.ask_with(|tuf| with(tuf, &json!(1))).is_ok(), "twin");
}

#[test]
fn a_threshold_that_cannot_be_reached_is_not() {
    let scene = Scene::new();
    let with = |tuf: &mut Tuf, threshold: u64| {
        let mut signed = tuf.root_signed(2);
        signed["roles"]["timestamp"]["threshold"] = threshold.into();
        tuf.put("root", &signed);
    };
    assert_eq!(scene.refused(|tuf| with(tuf, 2)), "tuf-threshold");
    assert_eq!(scene.refused(|tuf| with(tuf, u64::MAX)), "tuf-threshold");
    assert!(scene.ask_with(|tuf| with(tuf, 1)).is_ok(), "twin");
}

#[rstest]
#[case::of_an_unknown_kind(json!({"keytype": "sphincs", "scheme": "sphincs", "keyval": {"public": "00"}}))]
#[case::of_31_bytes(json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "00".repeat(31)}}))]
#[case::that_is_nothing(json!(null))]
#[case::off_its_curve(json!({"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256", "keyval": {"public": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}}))]
fn a_key_that_cannot_be_used_counts_for_nothing(#[case] unusable: Value) {
    let scene = Scene::new();
    let with = |tuf: &mut Tuf, beside: bool| {
        let mut signed = tuf.root_signed(2);
        let name = key_name(&tuf.roles["timestamp"].0[0]);
        let place = if beside { "another" } else { name.as_str() };
        signed["keys"][place] = unusable.clone();
        tuf.put("root", &signed);
    };
    assert_eq!(scene.refused(|tuf| with(tuf, false)), "tuf-threshold");
    assert!(scene.ask_with(|tuf| with(tuf, true)).is_ok(), "twin");
}

// 281
#[test]
fn a_key_that_vouches_for_everything_counts_for_nothing() {
    let scene = Scene::new();
    let with = |tuf: &mut Tuf, key: Value, signature: &str| {
        let mut signed = tuf.root_signed(2);
        signed["keys"]["odd"] = key;
        signed["roles"]["timestamp"] = json!({"keyids": ["odd"], "threshold": 1});
        tuf.put("root", &signed);
        tuf.patch("timestamp", |file| file["signatures"] = json!([{"keyid": "odd", "sig": signature}]));
    };
    // The neutral point as a key; the base point and one as a signature, which would hold for any bytes.
    let neutral = format!("01{}", "00".repeat(31));
    let weak = json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": neutral}});
    let forged = format!("58{}01{}", "66".repeat(31), "00".repeat(31));
    assert_eq!(scene.refused(|tuf| with(tuf, weak, &forged)), "tuf-threshold");
    let own = scene.tuf.roles["timestamp"].0[0].clone();
    let file: Value = serde_json::from_slice(&scene.tuf.files["timestamp.json"]).unwrap();
    let genuine = file["signatures"][0]["sig"].as_str().unwrap();
    assert!(scene.ask_with(|tuf| with(tuf, key(&own), genuine)).is_ok(), "twin");
}

#[rstest]
#[case(KeyKind::Ed25519)]
#[case(KeyKind::P384)]
fn keys_of_other_kinds_sign_as_well(#[case] kind: KeyKind) {
    let mut scene = Scene::new();
    rotate(&mut scene.tuf, "timestamp", vec![SigningKey::generate(kind)]);
    scene.tuf.edit_alone("timestamp", |_| ());
    assert!(scene.ask().is_ok());
    assert_eq!(
        scene.refused(|tuf| tuf.patch("timestamp", |file| file["signed"]["version"] = 9.into())),
        "tuf-threshold"
    );
}

#[test]
fn a_root_is_followed_through_so_many_versions_and_no_more() {
    let mut tuf = Tuf::new(&root());
    let anchor = Anchor::from_bytes(&tuf.anchor()).unwrap();
    for version in 2..=limits::ROTATIONS + 2 {
        tuf.put("root", &tuf.root_signed(version));
    }
    let walk = |last: u64| {
        let mut update = Update::begin(&anchor, None, Timestamp(TUF_NOW)).unwrap();
        for version in 2..=last {
            assert_eq!(update.wants().unwrap().path, format!("{version}.root.json"));
            update.take(Some(tuf.files[&format!("{version}.root.json")].clone()))?;
        }
        update.take(None)
    };
    assert!(walk(limits::ROTATIONS + 1).is_ok(), "that many new versions after the first");
    assert_eq!(walk(limits::ROTATIONS + 2).unwrap_err().code(), "tuf-limit");
}

#[test]
fn signatures_and_keys_are_counted_before_they_are_looked_at() {
    let scene = Scene::new();
    let signatures = |tuf: &mut Tuf, count: usize| {
        tuf.patch("timestamp", |file| {
            let list = file["signatures"].as_array_mut().unwrap();
            while list.len() < count {
                list.push(json!({"keyid": "x", "sig": ""}));
            }
        });
    };
    assert_eq!(scene.refused(|tuf| signatures(tuf, limits::SIGNERS + 1)), "tuf-limit");
    assert!(scene.ask_with(|tuf| signatures(tuf, limits::SIGNERS)).is_ok(), "twin");
    let names = |tuf: &mut Tuf, count: usize| {
        let mut signed = tuf.root_signed(2);
        let list = signed["roles"]["timestamp"]["keyids"].as_array_mut().unwrap();
        list.extend((1..count).map(|number| Value::from(number.to_string())));
        tuf.put("root", &signed);
    };
    assert_eq!(scene.refused(|tuf| names(tuf, limits::SIGNERS + 1)), "tuf-limit");
    assert!(scene.ask_with(|tuf| names(tuf, limits::SIGNERS)).is_ok(), "twin");
}
