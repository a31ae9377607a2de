//! Repositories without a `trusted_root.json`: keys and certificates as targets of their own.

use std::fs;

use rstest::rstest;
use sealgate_testkit::{Identity, OlderTarget, TUF_NOW, World, older_targets};
use sealgate_tuf::{Held, limits};
use sealgate_verify::{Artifact, Bundle, Digest, Timestamp, TrustedRoot, Verifier, VerifyError};
use serde_json::{Value, json};

use crate::scene::{Scene, other_root, root};

pub(crate) fn older() -> Vec<OlderTarget> {
    older_targets(&root())
}

pub(crate) fn scene(targets: &[OlderTarget]) -> Scene {
    let mut scene = Scene::new();
    scene.tuf.publish_all(1, targets);
    scene
}

/// Changes one target, by its name.
fn with(name: &str, change: impl FnOnce(&mut OlderTarget)) -> Vec<OlderTarget> {
    let mut targets = older();
    change(targets.iter_mut().find(|target| target.name == name).unwrap());
    targets
}

fn without(start: &str) -> Vec<OlderTarget> {
    older().into_iter().filter(|target| !target.name.starts_with(start)).collect()
}

fn says(target: &mut OlderTarget, usage: &str, status: &str) {
    *target = OlderTarget::new(&target.name, target.bytes.clone(), usage, status);
}

/// Whether the root believes a signature that the world made.
pub(crate) fn believes(root: &TrustedRoot) -> Result<(), VerifyError> {
    let digest = Digest::sha256(b"an image");
    let identity = Identity::github("acme/app", "release.yml", "refs/tags/v1");
    let bundle = Bundle::read(&World::shared().sign_image(&digest, &identity).item()).unwrap();
    Verifier::new(root, Timestamp(TUF_NOW)).authenticate(&bundle, Artifact::Digest(&digest)).map(drop)
}

pub(crate) fn written(held: &Held, list: &str) -> Vec<Value> {
    let json: Value = serde_json::from_slice(&held.json).unwrap();
    json[list].as_array().unwrap().clone()
}

#[test]
fn an_older_repository_vouches_for_what_the_whole_root_vouches_for() {
    let scene = scene(&older());
    let held = scene.ask().unwrap();
    assert!(held.in_pieces);
    assert_eq!(believes(&held.root), Ok(()));
    assert!(held.root.has_logs() && held.root.has_ct_logs() && held.root.has_timestamp_authorities());
    let kept = scene.repository().at_hand(Timestamp(TUF_NOW)).unwrap();
    assert!(kept.refused.is_none(), "{:?}", kept.refused);
    assert_eq!(kept.held.unwrap().json, held.json);
    let asked = scene.mirror.asked().len();
    assert!(scene.ask().is_ok());
    assert_eq!(scene.mirror.asked().len(), asked + 2, "nothing that is held comes again");
    assert!(believes(&TrustedRoot::from_json(&other_root()).unwrap()).is_err(), "twin");
}

#[test]
fn a_whole_root_beside_pieces_is_the_one_that_counts() {
    let mut targets = older();
    targets.push(OlderTarget { name: "trusted_root.json".into(), bytes: other_root(), custom: None });
    let scene = scene(&targets);
    let held = scene.ask().unwrap();
    assert_eq!((held.json, held.in_pieces), (other_root(), false));
    assert!(!scene.mirror.asked().iter().any(|path| path.ends_with(".pub")), "pieces are not asked for");
}

#[test]
fn a_repository_that_begins_to_publish_a_whole_root_is_followed() {
    let mut scene = scene(&older());
    assert!(scene.ask().unwrap().in_pieces);
    scene.tuf.publish(2, &other_root());
    let held = scene.ask().unwrap();
    assert_eq!((held.json, held.in_pieces), (other_root(), false));
    scene.tuf.publish_all(3, &older());
    assert!(scene.ask().unwrap().in_pieces);
}

#[test]
fn an_older_repository_without_a_log_believes_nothing_that_needs_one() {
    let held = scene(&without("ctfe")).ask().unwrap();
    assert!(held.root.has_ct_logs(), "an SCT is asked for");
    assert_eq!(believes(&held.root).unwrap_err().code(), "sct-invalid");
    assert_eq!(believes(&held.root.without_ct_logs_insecure()), Ok(()), "twin");
    let held = scene(&without("rekor")).ask().unwrap();
    assert!(held.root.has_logs(), "an entry is asked for");
    assert_eq!(believes(&held.root).unwrap_err().code(), "log-unknown");
    assert_eq!(believes(&scene(&older()).ask().unwrap().root), Ok(()), "twin");
}

#[test]
fn an_older_repository_for_keys_alone_vouches_for_no_certificate() {
    let targets: Vec<OlderTarget> =
        older().into_iter().filter(|target| target.name.starts_with("rekor")).collect();
    let held = scene(&targets).ask().unwrap();
    assert!(held.root.has_logs());
    assert_eq!(believes(&held.root).unwrap_err().code(), "authority-expired-at-signing");
    assert_eq!(believes(&scene(&older()).ask().unwrap().root), Ok(()), "twin");
}

#[test]
fn what_says_nothing_of_itself_goes_by_the_names_that_everybody_knows() {
    let mut targets = older();
    for target in &mut targets {
        target.custom = None;
        match target.name.as_str() {
            "fulcio_1.crt.pem" => target.name = "fulcio_v1.crt.pem".to_owned(),
            "rekor_1.pub" => target.name = "nobody-knows.pub".to_owned(),
            _ => {}
        }
    }
    let held = scene(&targets).ask().unwrap();
    assert_eq!(believes(&held.root), Ok(()));
    assert_eq!(written(&held, "tlogs").len(), 1);
    assert_eq!(written(&scene(&older()).ask().unwrap(), "tlogs").len(), 2, "twin");
}

#[rstest]
#[case::another_usage(json!({"sigstore": {"usage": "Other", "status": "Active"}}))]
#[case::no_usage(json!({"sigstore": {"status": "Active"}}))]
#[case::a_number(json!({"sigstore": {"usage": 2, "status": "Active"}}))]
#[case::somebody_elses(json!({"acme": {}}))]
#[case::a_text(json!("Rekor"))]
fn what_says_something_else_of_itself_does_not_go_by_its_name(#[case] custom: Value) {
    let says = |custom: Option<Value>| {
        let mut targets = without("rekor_1");
        targets.iter_mut().find(|target| target.name == "rekor.pub").unwrap().custom = custom;
        believes(&scene(&targets).ask().unwrap().root).map_err(|error| error.code())
    };
    assert_eq!(says(Some(custom)), Err("log-unknown"));
    assert_eq!(says(None), Ok(()), "twin");
}

/// The targets, with one of them no longer active.
fn retired(name: &str, status: &str) -> Vec<OlderTarget> {
    with(name, |target| {
        let usage = match name {
            "rekor.pub" => "Rekor",
            "ctfe.pub" => "CTFE",
            _ => "fulcio",
        };
        says(target, usage, status);
    })
}

const PIECES: [&str; 3] = ["rekor.pub", "ctfe.pub", "fulcio.crt.pem"];
const HOUR: i64 = 3_600;

#[rstest]
#[case::expired("Expired")]
#[case::unknown("Unknown")]
#[case::a_word_of_tomorrow("Revoked")]
fn what_is_no_longer_active_counts_for_what_it_did_before(#[case] status: &str) {
    // The world signs within the minutes after this.
    let at = World::shared().at;
    for name in PIECES {
        let seen = |hours: i64| {
            let mut scene = scene(&older());
            scene.ask_at(at - 4 * HOUR).unwrap();
            scene.tuf.publish_all(2, &retired(name, status));
            (scene.ask_at(at + hours * HOUR).unwrap(), scene)
        };
        assert_eq!(believes(&seen(1).0.root), Ok(()), "{name}");
        assert!(believes(&seen(-1).0.root).is_err(), "{name}");
    }
    let twin = scene(&older()).ask_at(at - HOUR).unwrap();
    assert_eq!(believes(&twin.root), Ok(()), "twin");
    assert!(written(&twin, "tlogs").iter().all(|log| log["publicKey"]["validFor"]["end"].is_null()));
}

#[test]
fn a_retired_key_ends_once_however_often_the_repository_is_asked() {
    let at = World::shared().at;
    for name in PIECES {
        let mut scene = scene(&older());
        scene.ask_at(at - 4 * HOUR).unwrap();
        scene.tuf.publish_all(2, &retired(name, "Expired"));
        let first = scene.ask_at(at - HOUR).unwrap();
        for hours in [1, 2, 20] {
            let again = scene.ask_at(at + hours * HOUR).unwrap();
            assert_eq!(again.json, first.json, "{name}");
            assert!(believes(&again.root).is_err(), "{name}");
            let kept = scene.repository().at_hand(Timestamp(at + hours * HOUR)).unwrap().held.unwrap();
            assert_eq!(kept.json, first.json, "{name}");
        }
        // Another word for the same, other neighbours, keys of the repository's own that are replaced: it had ended then.
        scene.tuf.publish_all(3, &retired(name, "Unknown"));
        assert_eq!(scene.ask_at(at + 21 * HOUR).unwrap().json, first.json, "{name}");
        let before = scene.tuf.clone();
        scene.tuf.rotate(Some(&before));
        assert_eq!(scene.ask_at(at + 22 * HOUR).unwrap().json, first.json, "{name}");
        scene.tuf.publish_all(4, &older());
        assert_eq!(believes(&scene.ask_at(at + 23 * HOUR).unwrap().root), Ok(()), "twin: active again");
    }
}

#[test]
fn a_retired_key_keeps_its_end_under_another_name() {
    let at = World::shared().at;
    let mut scene = scene(&older());
    scene.ask_at(at - 4 * HOUR).unwrap();
    scene.tuf.publish_all(2, &retired("rekor.pub", "Expired"));
    let end = |held: &Held| {
        let ends = written(held, "tlogs").into_iter().map(|log| log["publicKey"]["validFor"]["end"].clone());
        ends.filter(Value::is_string).collect::<Vec<_>>()
    };
    let first = end(&scene.ask_at(at - HOUR).unwrap());
    assert_eq!(first, [Timestamp(at - HOUR).to_string()]);
    let mut renamed = retired("rekor.pub", "Expired");
    renamed.iter_mut().find(|target| target.name == "rekor.pub").unwrap().name = "former.pub".to_owned();
    scene.tuf.publish_all(3, &renamed);
    assert_eq!(end(&scene.ask_at(at + HOUR).unwrap()), first);
}

#[test]
fn what_was_never_active_here_vouches_for_nothing() {
    let at = World::shared().at;
    for (name, code) in PIECES.into_iter().zip(["log-unknown", "sct-invalid", "certificate-untrusted"]) {
        let mut scene = scene(&retired(name, "Expired"));
        for hours in [1, 2] {
            let held = scene.ask_at(at + hours * HOUR).unwrap();
            assert_eq!(believes(&held.root).map_err(|error| error.code()), Err(code), "{name}");
        }
        scene.tuf.publish_all(2, &older());
        assert_eq!(believes(&scene.ask_at(at + 3 * HOUR).unwrap().root), Ok(()), "twin");
        // From here on it is known.
        scene.tuf.publish_all(3, &retired(name, "Expired"));
        assert_eq!(believes(&scene.ask_at(at + 4 * HOUR).unwrap().root), Ok(()), "twin");
    }
}

#[test]
fn a_kept_end_is_never_later_than_the_refresh() {
    let at = World::shared().at;
    let mut scene = scene(&older());
    scene.ask_at(at - 4 * HOUR).unwrap();
    scene.tuf.publish_all(2, &retired("rekor.pub", "Expired"));
    scene.ask_at(at - HOUR).unwrap();
    let good: Value = serde_json::from_slice(&scene.kept().unwrap()).unwrap();
    assert_eq!(good["ends"], json!({"rekor.pub": at - HOUR}));
    let held = |end: Option<i64>| {
        let mut kept = good.clone();
        kept["ends"] = end.map_or(json!({}), |end| json!({"rekor.pub": end}));
        fs::write(scene.file(), kept.to_string()).unwrap();
        scene.repository().at_hand(Timestamp(at)).unwrap().held.unwrap()
    };
    let twin = held(Some(at - HOUR));
    assert_eq!(held(Some(i64::MAX)).json, twin.json);
    assert_eq!(believes(&held(Some(i64::MAX)).root).unwrap_err().code(), "log-unknown");
    assert_eq!(written(&twin, "tlogs").len(), 2);
    for never in [None, Some(0), Some(-1), Some(i64::MIN)] {
        assert_eq!(written(&held(never), "tlogs").len(), 1, "{never:?}");
        assert_eq!(believes(&held(never).root).unwrap_err().code(), "log-unknown", "{never:?}");
    }
}

#[rstest]
#[case::nothing(b"".as_slice())]
#[case::no_pem(b"key")]
#[case::not_utf8(b"\xff\xfe")]
#[case::another_block(b"-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n")]
#[case::no_key(b"-----BEGIN PUBLIC KEY-----\nAAEC\n-----END PUBLIC KEY-----\n")]
fn a_key_that_is_none_is_refused_by_name(#[case] bytes: &[u8]) {
    let mut scene = Scene::new();
    let broken = with("rekor.pub", |target| target.bytes = bytes.to_vec());
    assert_eq!(scene.refused(|tuf| tuf.publish_all(1, &broken)), "tuf-piece");
    let twice = with("rekor.pub", |target| target.bytes = target.bytes.repeat(2));
    assert_eq!(scene.refused(|tuf| tuf.publish_all(1, &twice)), "tuf-piece");
    scene.tuf.publish_all(1, &older());
    assert!(scene.ask().is_ok(), "twin");
}

#[test]
fn a_certificate_that_hangs_from_no_root_is_no_authority() {
    let world = World::shared();
    let root = json!({"certificateAuthorities": [world.authority.json()], "tlogs": [], "ctlogs": []});
    let only = |keep: fn(usize, usize) -> bool| {
        let all = older_targets(root.to_string().as_bytes());
        let count = all.len();
        let kept = all.into_iter().enumerate().filter(|(index, _)| keep(*index, count)).map(|(_, it)| it);
        [without("fulcio"), kept.collect()].concat()
    };
    let mut scene = Scene::new();
    // All but the last, which is the one that stands above the others.
    let broken = only(|index, count| index + 1 < count);
    assert_eq!(scene.refused(|tuf| tuf.publish_all(1, &broken)), "tuf-pieces");
    scene.tuf.publish_all(1, &only(|_, _| true));
    assert_eq!(believes(&scene.ask().unwrap().root), Ok(()), "twin");
}

#[rstest]
#[case("../rekor.pub")]
#[case("/etc/rekor.pub")]
#[case("a/rekor.pub")]
#[case(".rekor.pub")]
#[case("rekor.pub?x")]
#[case("rekor\u{0}.pub")]
#[case("%2e%2e")]
fn a_piece_of_a_name_that_climbs_is_refused(#[case] name: &str) {
    let scene = Scene::new();
    let renamed = with("rekor.pub", |target| target.name = name.to_owned());
    assert_eq!(scene.refused(|tuf| tuf.publish_all(1, &renamed)), "tuf-malformed");
    assert!(!scene.mirror.asked().iter().any(|path| path.starts_with("targets/")));
    let plain = with("rekor.pub", |target| target.name = "Rekor-2.pub_".to_owned());
    assert!(scene.ask_with(|tuf| tuf.publish_all(1, &plain)).is_ok(), "twin");
}

#[test]
fn pieces_are_bounded_in_size_number_and_name() {
    let scene = Scene::new();
    let long = |bytes: usize| with("rekor.pub", |target| target.bytes.resize(bytes, b'\n'));
    let ask = |targets: Vec<OlderTarget>| {
        scene.ask_with(|tuf| tuf.publish_all(1, &targets)).map(drop).map_err(|error| error.code())
    };
    assert_eq!(ask(long(limits::PIECE_BYTES)), Ok(()));
    assert_eq!(ask(long(limits::PIECE_BYTES + 1)), Err("tuf-limit"));
    let many = |count: usize| {
        let mut targets = older();
        let rekor = targets.iter().find(|target| target.name == "rekor.pub").unwrap().clone();
        while targets.len() < count {
            targets.push(OlderTarget { name: format!("r{}.pub", targets.len()), ..rekor.clone() });
        }
        targets
    };
    assert_eq!(ask(many(limits::PIECES)), Ok(()));
    assert_eq!(ask(many(limits::PIECES + 1)), Err("tuf-limit"));
    let named = |bytes: usize| with("rekor.pub", |target| target.name = "n".repeat(bytes));
    assert_eq!(ask(named(limits::NAME_OF_PIECE_BYTES)), Ok(()));
    assert_eq!(ask(named(limits::NAME_OF_PIECE_BYTES + 1)), Err("tuf-malformed"));
}

#[test]
fn a_kept_piece_that_was_changed_is_not_believed() {
    let scene = scene(&older());
    scene.ask().unwrap();
    let good: Value = serde_json::from_slice(&scene.kept().unwrap()).unwrap();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut kept = good.clone();
        change(&mut kept);
        fs::write(scene.file(), kept.to_string()).unwrap();
        scene.repository().at_hand(Timestamp(TUF_NOW)).unwrap().refused.map(|error| error.code())
    };
    assert_eq!(refused(&|_| {}), None, "twin");
    let ctfe = good["pieces"]["ctfe.pub"].clone();
    assert_eq!(refused(&|kept| kept["pieces"]["rekor.pub"] = ctfe.clone()), Some("tuf-integrity"));
    let gone = |kept: &mut Value| drop(kept["pieces"].as_object_mut().unwrap().remove("rekor.pub"));
    assert_eq!(refused(&gone), Some("tuf-integrity"));
}

#[test]
fn a_file_for_other_programs_is_fetched_within_its_limit() {
    let (mut scene, limit) = (Scene::new(), limits::SIGNING_CONFIG_BYTES);
    let mut fetch = |bytes: usize| {
        let root = OlderTarget { name: "trusted_root.json".into(), bytes: root(), custom: None };
        let file = OlderTarget { name: "file.json".into(), bytes: vec![b' '; bytes], custom: None };
        scene.tuf.publish_all(1, &[root, file]);
        scene.mirror.serve(&scene.tuf.files);
        let repository = scene.repository();
        crate::scene::runtime().block_on(async {
            let (proven, _) = repository.refresh(Timestamp(TUF_NOW)).await.unwrap();
            assert_eq!(
                repository.file(&proven, "other.json", limit).await.unwrap_err().code(),
                "tuf-missing"
            );
            repository
                .file(&proven, "file.json", limit)
                .await
                .map(|it| it.len())
                .map_err(|error| error.code())
        })
    };
    assert_eq!(fetch(limit), Ok(limit));
    assert_eq!(fetch(limit + 1), Err("tuf-limit"));
}
