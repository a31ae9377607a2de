//! How old a root may be, and what is embedded.

use std::process::Command;

use sealgate_testkit::{TUF_NOW, sha256};
use sealgate_tuf::{Age, EMBEDDED_SINCE, INSTANCES, Instance, Origin, Repository, limits};
use sealgate_verify::{Timestamp, TrustedRoot};

use crate::scene::Scene;

#[test]
fn a_root_is_due_and_too_old_at_n_plus_one_and_not_at_n() {
    let scene = Scene::new();
    let held = scene.ask().unwrap();
    let allows = |seconds: i64| held.allows(Timestamp(TUF_NOW + seconds), limits::MOST_AGE_SECONDS);
    assert_eq!(allows(limits::REFRESH_AFTER_SECONDS), Age::Fresh);
    assert_eq!(allows(limits::REFRESH_AFTER_SECONDS + 1), Age::Due);
    assert_eq!(allows(limits::MOST_AGE_SECONDS), Age::Due);
    assert_eq!(allows(limits::MOST_AGE_SECONDS + 1), Age::TooOld);
    assert_eq!(allows(-5), Age::Fresh, "a clock that is a little behind");
}

#[test]
fn every_embedded_root_is_whole() {
    for instance in &INSTANCES {
        let root = TrustedRoot::from_json(instance.embedded()).unwrap();
        assert!(root.notes().is_empty(), "{}: {:?}", instance.name, root.notes());
        let repository = Repository::known(instance, None).unwrap();
        let held = repository.at_hand(EMBEDDED_SINCE).unwrap().held.unwrap();
        assert_eq!((held.origin, held.since), (Origin::Embedded, EMBEDDED_SINCE));
        assert_eq!(Instance::of_mirror(instance.mirror).unwrap().name, instance.name);
        assert_eq!(repository.anchor().version(), instance.anchor().unwrap().version());
    }
    assert!(Instance::find("github").is_some());
    assert!(Instance::find("nobody").is_none());
}

#[test]
fn trust_begins_with_the_roots_that_came_with_the_crate() {
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--offline",
            "--locked",
            "--format-version",
            "1",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let package = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "sigstore-trust-root")
        .unwrap();
    let folder = std::path::Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
    for (name, file) in [
        ("public-good", "tuf_root.json"),
        ("staging", "tuf_staging_root.json"),
        ("github", "tuf_github_root.json"),
    ] {
        let bytes = std::fs::read(folder.join("repository").join(file)).unwrap();
        let anchor = Instance::find(name).unwrap().anchor().unwrap();
        assert_eq!(anchor.digest().bytes(), sha256(&bytes), "{name}");
        // A real repository's root, signed by real keys, is read by our rules.
        assert_eq!(sealgate_tuf::Anchor::from_bytes(&bytes).unwrap().version(), anchor.version(), "{name}");
    }
}
