//! Every limit of this door, at its number and one more.

use std::fs::File;

use crate::ask::{BY_RELEASE, Place, ask, ask_with};

// A file of that many zeros, which takes no room.
fn zeros(place: &Place, name: &str, size: u64) -> String {
    File::create(place.path(name)).unwrap().set_len(size).unwrap();
    place.name(name)
}

#[test]
fn a_trusted_root_has_at_most_a_mebibyte() {
    let place = Place::new();
    let blob = place.file("blob", b"x");
    for (size, over) in [(1 << 20, false), ((1 << 20) + 1, true)] {
        let root = zeros(&place, "large.json", size);
        let told =
            ask(&[&["verify-blob", "--trusted-root", &root, "--bundle", &root][..], &BY_RELEASE, &[&blob]]
                .concat());
        assert_eq!(
            (told.code, told.stderr.contains("more than 1048576 bytes")),
            (1, false),
            "the bundle is read first"
        );
        let told = ask(&[
            "conformance",
            "verify-bundle",
            "--trusted-root",
            &root,
            "--bundle",
            &blob,
            "--key",
            &blob,
            &blob,
        ]);
        assert_eq!(
            (told.code, told.stderr.contains("more than 1048576 bytes")),
            (1, over),
            "{size}: {told:?}"
        );
    }
}

#[test]
fn an_evidence_file_has_at_most_128_mebibytes() {
    let place = Place::new();
    place.policy("acme/app");
    let (root, policy) = (format!("virtual={}", place.name("root.json")), place.name("policy.yaml"));
    for (size, over) in [(128 << 20, false), ((128 << 20) + 1, true)] {
        let evidence = zeros(&place, "evidence.json", size);
        let told = ask(&["replay", "--trusted-root", &root, "--policy", &policy, &evidence]);
        assert_eq!(
            (told.code, told.stderr.contains("more than 134217728 bytes")),
            (64, over),
            "{size}: {told:?}"
        );
    }
}

#[test]
fn a_docker_configuration_has_at_most_a_mebibyte() {
    let place = Place::new();
    place.policy("acme/app");
    let good = place.pinned("good", &place.signed("good"));
    let config = |size: usize| {
        let mut text = b"{\"auths\": {}}".to_vec();
        text.resize(size, b' ');
        place.file("config.json", &text)
    };
    assert_eq!(place.check(&["--docker-config", &config(1 << 20), &good]).code, 0);
    let told = place.check(&["--docker-config", &config((1 << 20) + 1), &good]);
    assert!(told.code == 64 && told.stderr.contains("more than 1048576 bytes"), "{told:?}");
}

#[test]
fn at_most_a_thousand_images_are_checked() {
    let place = Place::new();
    let words = |count: usize| {
        let mut words = vec!["check", "--policy", "/nonexistent.yaml"];
        words.resize(
            3 + count,
            "registry.example/app@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        );
        ask_with(&words, &[], b"")
    };
    drop(place);
    assert!(words(1000).stderr.contains("open /nonexistent.yaml"));
    assert!(words(1001).stderr.contains("1001 images were given, at most 1000 are checked"));
}
