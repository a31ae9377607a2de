//! Old things served as new, and things that do not belong together.

use sealgate_testkit::{TUF_NOW, Tuf, tuf::expires};
use serde_json::json;

use crate::scene::{Scene, other_root, root};

fn at_version_5() -> Scene {
    let mut scene = Scene::new();
    scene.tuf.publish(5, &root());
    scene.ask().unwrap();
    scene
}

#[test]
fn an_honest_repository_is_believed_and_followed() {
    let mut scene = Scene::new();
    assert_eq!(scene.ask().unwrap().json, root());
    scene.tuf.publish(2, &other_root());
    let held = scene.ask().unwrap();
    assert_eq!(held.json, other_root());
    assert_eq!(held.versions, Some([1, 2, 2, 2]));
}

#[test]
fn a_timestamp_that_goes_back_is_refused() {
    let scene = at_version_5();
    let code = scene.refused(|tuf| tuf.edit_alone("timestamp", |signed| signed["version"] = 4.into()));
    assert_eq!(code, "tuf-rollback");
    assert!(
        scene.ask_with(|tuf| tuf.edit_alone("timestamp", |signed| signed["version"] = 6.into())).is_ok(),
        "twin"
    );
}

#[test]
fn a_whole_repository_of_yesterday_is_refused() {
    let scene = at_version_5();
    assert_eq!(scene.refused(|tuf| tuf.publish(4, &root())), "tuf-rollback");
    assert!(scene.ask_with(|tuf| tuf.publish(6, &root())).is_ok(), "twin");
}

#[test]
fn a_snapshot_that_goes_back_is_refused() {
    let scene = at_version_5();
    let older = |tuf: &mut Tuf, version: u64| {
        tuf.edit("snapshot", |signed| signed["version"] = version.into());
        tuf.edit_alone("timestamp", |signed| signed["version"] = 6.into());
    };
    assert_eq!(scene.refused(|tuf| older(tuf, 4)), "tuf-rollback");
    assert!(scene.ask_with(|tuf| older(tuf, 6)).is_ok(), "twin");
}

#[test]
fn targets_that_go_back_are_refused() {
    let scene = at_version_5();
    let older = |tuf: &mut Tuf, version: u64| {
        tuf.edit("targets", |signed| signed["version"] = version.into());
        tuf.edit("snapshot", |signed| signed["version"] = 6.into());
        tuf.edit_alone("timestamp", |signed| signed["version"] = 6.into());
    };
    assert_eq!(scene.refused(|tuf| older(tuf, 4)), "tuf-rollback");
    assert!(scene.ask_with(|tuf| older(tuf, 6)).is_ok(), "twin");
}

#[test]
fn a_file_that_vanishes_from_the_snapshot_is_refused() {
    let mut scene = Scene::new();
    scene.tuf.edit("snapshot", |signed| signed["meta"]["delegated.json"] = json!({"version": 3}));
    scene.ask().unwrap();
    let next = |tuf: &mut Tuf, keep: bool| {
        tuf.edit("snapshot", |signed| {
            signed["version"] = 2.into();
            if !keep {
                signed["meta"].as_object_mut().unwrap().remove("delegated.json");
            }
        });
        tuf.edit_alone("timestamp", |signed| signed["version"] = 2.into());
    };
    assert_eq!(scene.refused(|tuf| next(tuf, false)), "tuf-rollback");
    assert!(scene.ask_with(|tuf| next(tuf, true)).is_ok(), "twin");
}

#[test]
fn a_repository_frozen_beyond_its_time_is_refused() {
    let scene = Scene::new();
    let end = TUF_NOW + Tuf::LIFE;
    assert_eq!(scene.ask_at(end).unwrap_err().code(), "tuf-expired");
    assert!(scene.ask_at(end - 1).is_ok(), "twin");
}

#[test]
fn each_role_that_has_expired_is_refused() {
    for role in ["timestamp", "snapshot", "targets"] {
        let scene = Scene::new();
        let until = |tuf: &mut Tuf, seconds: i64| {
            tuf.edit(role, |signed| signed["expires"] = expires(seconds).into())
        };
        assert_eq!(scene.refused(|tuf| until(tuf, TUF_NOW)), "tuf-expired", "{role}");
        assert!(scene.ask_with(|tuf| until(tuf, TUF_NOW + 1)).is_ok(), "twin");
    }
}

#[test]
fn what_is_held_and_has_expired_is_not_called_fresh_because_nothing_changed() {
    let scene = Scene::new();
    scene.ask().unwrap();
    assert_eq!(scene.ask_at(TUF_NOW + Tuf::LIFE).unwrap_err().code(), "tuf-expired");
    assert!(scene.ask_at(TUF_NOW + Tuf::LIFE - 1).is_ok(), "twin");
}

#[test]
fn files_of_two_releases_do_not_mix() {
    let mut scene = Scene::new();
    scene.tuf.publish(5, &root());
    let former = scene.tuf.clone();
    scene.tuf.publish(6, &other_root());
    for role in ["snapshot", "targets"] {
        let mixed = |tuf: &mut Tuf| {
            let bytes = former.files[&former.path(role)].clone();
            tuf.files.insert(tuf.path(role), bytes);
        };
        // Signatures differ in length by a byte or two: a file that is longer than promised is not even read to its end.
        let code = scene.refused(mixed);
        assert!(matches!(code, "tuf-integrity" | "tuf-mirror-too-large"), "{role}: {code}");
    }
    assert!(scene.ask().is_ok(), "twin");
}

#[test]
fn files_of_two_releases_do_not_mix_where_no_digest_pins_them() {
    let mut scene = Scene::new();
    let unpinned = |signed: &mut serde_json::Value| {
        for pin in signed["meta"].as_object_mut().unwrap().values_mut() {
            *pin = json!({"version": pin["version"]});
        }
    };
    scene.tuf.edit_alone("timestamp", unpinned);
    assert!(scene.ask().is_ok(), "twin");
    let mixed = |tuf: &mut Tuf| {
        let path = tuf.path("snapshot");
        tuf.edit_alone("snapshot", |signed| signed["version"] = 2.into());
        let bytes = tuf.files.remove(&tuf.path("snapshot")).unwrap();
        tuf.files.insert(path, bytes);
    };
    let scene = Scene::of(scene.tuf);
    assert_eq!(scene.refused(mixed), "tuf-version");
}

#[test]
fn a_clock_that_was_set_back_is_found_out() {
    let scene = Scene::new();
    scene.ask().unwrap();
    let day = 86_400;
    assert_eq!(scene.ask_at(TUF_NOW - day - 1).unwrap_err().code(), "tuf-clock");
    let at_hand = |now| scene.repository().at_hand(sealgate_verify::Timestamp(now));
    assert_eq!(at_hand(TUF_NOW - day - 1).unwrap_err().code(), "tuf-clock");
    assert!(at_hand(TUF_NOW - day).unwrap().held.is_some(), "twin");
    assert!(scene.ask_at(TUF_NOW - day).is_ok(), "twin");
}

#[test]
fn a_repository_without_consistent_snapshots_is_read_by_its_plain_names() {
    let mut scene = Scene::new();
    let mut signed = scene.tuf.root_signed(2);
    signed["consistent_snapshot"] = false.into();
    scene.tuf.put("root", &signed);
    assert_eq!(scene.ask().unwrap_err().code(), "tuf-missing", "twin");
    for (plain, role) in [("snapshot.json", "snapshot"), ("targets.json", "targets")] {
        let bytes = scene.tuf.files[&scene.tuf.path(role)].clone();
        scene.tuf.files.insert(plain.to_owned(), bytes);
    }
    scene.tuf.files.insert("targets/trusted_root.json".to_owned(), root());
    assert_eq!(scene.ask().unwrap().json, root());
}
