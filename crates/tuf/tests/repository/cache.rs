//! What lies on disk: not believed, never half, and safe with several processes.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    process::{Child, Command},
};

use rstest::rstest;
use sealgate_testkit::{TUF_NOW, Tuf};
use sealgate_tuf::{Anchor, Mirror, Origin, Repository, Store, limits};
use sealgate_verify::Timestamp;
use serde_json::Value;

use crate::scene::{Scene, ask, other_root, root};

fn at_hand(scene: &Scene) -> sealgate_tuf::AtHand {
    scene.repository().at_hand(Timestamp(TUF_NOW)).unwrap()
}

fn edit(scene: &Scene, change: impl FnOnce(&mut Value)) {
    let mut kept: Value = serde_json::from_slice(&scene.kept().unwrap()).unwrap();
    change(&mut kept);
    fs::write(scene.file(), serde_json::to_vec(&kept).unwrap()).unwrap();
}

#[test]
fn what_was_refreshed_is_at_hand_without_the_network() {
    let scene = Scene::new();
    assert!(at_hand(&scene).held.is_none());
    scene.ask().unwrap();
    let asked = scene.mirror.asked().len();
    let held = at_hand(&scene).held.unwrap();
    assert_eq!((held.json, held.origin), (root(), Origin::Kept));
    assert_eq!(scene.mirror.asked().len(), asked);
}

#[rstest]
#[case::the_root("trustedRoot", "tuf-integrity")]
#[case::the_targets("targets", "tuf-integrity")]
#[case::the_snapshot("snapshot", "tuf-integrity")]
#[case::the_timestamp("timestamp", "tuf-threshold")]
fn a_cache_that_was_changed_is_not_believed(#[case] field: &str, #[case] code: &str) {
    let scene = Scene::new();
    scene.ask().unwrap();
    assert!(at_hand(&scene).refused.is_none(), "twin");
    edit(&scene, |kept| {
        let text = kept[field].as_str().unwrap();
        // A blank in front for what is pinned, another version for what is signed alone.
        kept[field] = match field {
            "timestamp" => text.replace("\"version\": 1", "\"version\": 9").into(),
            _ => format!(" {text}").into(),
        };
    });
    let found = at_hand(&scene);
    assert_eq!(found.refused.unwrap().code(), code);
    assert!(found.held.is_none());
    assert!(scene.ask().is_ok(), "a refresh puts it right");
    assert!(at_hand(&scene).refused.is_none());
}

#[test]
fn a_cache_of_another_repository_is_not_believed() {
    let (scene, stranger) = (Scene::new(), Scene::new());
    scene.ask().unwrap();
    stranger.ask().unwrap();
    fs::write(scene.file(), stranger.kept().unwrap()).unwrap();
    assert_eq!(at_hand(&scene).refused.unwrap().code(), "tuf-anchor");
    assert!(at_hand(&stranger).held.is_some(), "twin");
}

#[test]
fn a_cache_cannot_claim_to_be_younger_than_its_timestamp_allows() {
    let scene = Scene::new();
    scene.ask().unwrap();
    edit(&scene, |kept| kept["refreshed"] = i64::MAX.into());
    let far = Timestamp(TUF_NOW + 1000 * 86_400);
    let held = scene.repository().at_hand(far).unwrap().held.unwrap();
    assert_eq!(held.since, Timestamp(TUF_NOW + Tuf::LIFE));
}

#[rstest]
#[case::nothing(b"")]
#[case::half(b"{\"format\":1,\"refre")]
#[case::another_format(b"{\"format\":2}")]
#[case::not_json(b"\x00\x01")]
fn a_broken_cache_is_found_out_and_replaced(#[case] bytes: &[u8]) {
    let scene = Scene::new();
    scene.ask().unwrap();
    fs::write(scene.file(), bytes).unwrap();
    assert_eq!(at_hand(&scene).refused.unwrap().code(), "tuf-cache-format");
    assert!(scene.ask().is_ok());
    assert!(at_hand(&scene).refused.is_none(), "twin");
}

#[test]
fn a_cache_over_the_limit_is_not_read() {
    let scene = Scene::new();
    scene.ask().unwrap();
    let mut bytes = scene.kept().unwrap();
    bytes.resize(limits::KEPT_BYTES, b' ');
    fs::write(scene.file(), &bytes).unwrap();
    assert!(at_hand(&scene).refused.is_none(), "twin");
    bytes.push(b' ');
    fs::write(scene.file(), &bytes).unwrap();
    assert_eq!(at_hand(&scene).refused.unwrap().code(), "tuf-cache-too-large");
}

#[test]
fn what_is_no_file_in_the_cache_is_not_waited_for() {
    let scene = Scene::new();
    scene.ask().unwrap();
    fs::remove_file(scene.file()).unwrap();
    symlink("/dev/zero", scene.file()).unwrap();
    assert_eq!(at_hand(&scene).refused.unwrap().code(), "tuf-cache-io");
    assert!(scene.ask().is_ok());
    assert!(fs::symlink_metadata(scene.file()).unwrap().is_file(), "the link is replaced, not followed");
}

#[test]
fn what_a_process_left_half_written_is_swept_away_and_nothing_else() {
    let scene = Scene::new();
    scene.ask().unwrap();
    let folder = scene.file().parent().unwrap().to_owned();
    let kept = [".notes", "notes", ".0123456789abcdeg", ".0123456789abcdef0"];
    for name in [&kept[..], &[".0123456789abcdef"]].concat() {
        fs::write(folder.join(name), b"half").unwrap();
    }
    scene.ask().unwrap();
    let mut found: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    let mut wanted = [&kept[..], &["lock", "repository.json"]].concat();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

#[test]
fn the_cache_is_for_its_owner_alone() {
    let scene = Scene::new();
    scene.ask().unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&scene.file()), 0o600);
    assert_eq!(mode(scene.file().parent().unwrap()), 0o700);
}

#[test]
fn a_refresh_that_cannot_be_kept_still_counts() {
    let scene = Scene::new();
    let blocked = scene.folder.path().join("file");
    fs::write(&blocked, b"").unwrap();
    let repository = |top: &std::path::Path| {
        let anchor = Anchor::from_bytes(&scene.tuf.anchor()).unwrap();
        Repository::new(Mirror::parse(&scene.mirror.url()).unwrap(), anchor, Some(top))
    };
    let refresh =
        |top| crate::scene::runtime().block_on(repository(top).refreshed(Timestamp(TUF_NOW))).unwrap();
    let (held, unkept) = refresh(&blocked);
    assert_eq!((held.json, unkept.unwrap().code()), (root(), "tuf-cache-io"));
    assert!(refresh(scene.folder.path()).1.is_none(), "twin");
}

#[test]
fn a_mirror_s_name_never_becomes_a_path() {
    let top = std::path::Path::new("/cache");
    for name in ["https://example.org/../../etc", "..", "/", "https://example.org/%2e%2e/"] {
        let folder = Store::new(top, &Mirror::parse(name).unwrap()).folder().to_owned();
        let last = folder.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(folder.parent().unwrap(), top.join("sealgate"));
        assert!(last.len() == 24 && last.bytes().all(|byte| byte.is_ascii_hexdigit()), "{last}");
    }
}

#[test]
fn an_older_state_never_replaces_a_newer_one() {
    let scene = Scene::new();
    scene.ask().unwrap();
    let proven = |scene: &Scene| {
        let anchor = Anchor::from_bytes(&scene.tuf.anchor()).unwrap();
        scene.repository().store().unwrap().read().unwrap().unwrap().prove(&anchor).unwrap()
    };
    let old = proven(&scene);
    scene.ask_with(|tuf| tuf.publish(2, &other_root())).unwrap();
    let anchor = Anchor::from_bytes(&scene.tuf.anchor()).unwrap();
    let store = scene.repository().store().unwrap().clone();
    // A process that fetched before, and is only now done.
    crate::scene::runtime().block_on(store.write(&old, &anchor)).unwrap();
    assert_eq!(proven(&scene).versions(), [1, 2, 2, 2]);
}

const CHILD: &str = "SEALGATE_TUF_CHILD";

#[test]
fn many_processes_refresh_one_cache_and_all_of_them_win() {
    // The test program again, as a child that refreshes in a loop.
    if let Ok(task) = std::env::var(CHILD) {
        let (url, folder) = task.split_once(' ').unwrap();
        let anchor = Anchor::from_bytes(&fs::read(format!("{folder}/anchor")).unwrap()).unwrap();
        let repository = Repository::new(Mirror::parse(url).unwrap(), anchor, Some(folder.as_ref()));
        for _ in 0..12 {
            ask(&repository, TUF_NOW).unwrap();
            let found = repository.at_hand(Timestamp(TUF_NOW)).unwrap();
            assert!(found.refused.is_none(), "{:?}", found.refused);
            assert!(found.held.is_some());
        }
        return;
    }
    let mut scene = Scene::new();
    fs::write(scene.folder.path().join("anchor"), scene.tuf.anchor()).unwrap();
    let task = format!("{} {}", scene.mirror.url(), scene.folder.path().display());
    let name = "cache::many_processes_refresh_one_cache_and_all_of_them_win";
    let mut children: Vec<Child> = (0..8)
        .map(|_| {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command
                .args(["--exact", name])
                .env(CHILD, &task)
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let roots = [other_root(), root()];
    // Files of former versions stay, as on a real mirror: somebody may be between two of them.
    let mut files = scene.tuf.files.clone();
    for version in 2..30 {
        scene.tuf.publish(version, &roots[usize::from(version % 2 == 1)]);
        files.extend(scene.tuf.files.clone());
        scene.mirror.serve(&files);
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let left: Vec<_> = fs::read_dir(scene.file().parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing half is left behind");
    assert_eq!(scene.ask().unwrap().versions, Some([1, 29, 29, 29]));
}
