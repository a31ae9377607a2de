//! Mirrors with bad manners.

use std::time::{Duration, Instant};

use rstest::rstest;
use sealgate_testkit::{Manner, TUF_NOW, TufMirror};
use sealgate_tuf::{Mirror, Patience, limits};

use crate::scene::{Scene, ask, root};

fn raw(head: &str, body: &[u8]) -> Manner {
    Manner::Raw([format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").as_bytes(), body].concat())
}

#[track_caller]
fn refused(path: &str, manner: Manner) -> &'static str {
    let scene = Scene::new();
    assert!(scene.ask().is_ok(), "twin");
    let kept = scene.kept();
    scene.mirror.misbehave(path, manner);
    let begun = Instant::now();
    let error = scene.ask().unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(20), "it took {:?}", begun.elapsed());
    assert_eq!(scene.kept(), kept);
    error.code()
}

#[rstest]
fn an_answer_without_an_end_is_cut_off(#[values("timestamp.json", "2.root.json")] path: &str) {
    assert_eq!(refused(path, Manner::Endless), "tuf-mirror-too-large");
}

#[test]
fn metadata_is_taken_up_to_the_limit_and_not_beyond() {
    let scene = Scene::new();
    let padded =
        |size: usize| scene.ask_with(|tuf| tuf.files.get_mut("timestamp.json").unwrap().resize(size, b' '));
    assert!(padded(limits::TIMESTAMP_METADATA_BYTES).is_ok(), "twin");
    assert_eq!(padded(limits::TIMESTAMP_METADATA_BYTES + 1).unwrap_err().code(), "tuf-mirror-too-large");
    let root = |size: usize| {
        scene.ask_with(|tuf| {
            tuf.put("root", &tuf.root_signed(2));
            tuf.files.get_mut("2.root.json").unwrap().resize(size, b' ');
        })
    };
    assert_eq!(root(limits::ROOT_METADATA_BYTES + 1).unwrap_err().code(), "tuf-mirror-too-large");
    assert!(root(limits::ROOT_METADATA_BYTES).is_ok(), "twin");
}

#[test]
fn a_mirror_that_says_nothing_is_given_up() {
    assert_eq!(refused("timestamp.json", Manner::Silent(Duration::from_secs(3))), "tuf-mirror-slow");
}

#[test]
fn a_mirror_that_drips_is_given_up() {
    let scene = Scene::new();
    scene.mirror.misbehave("timestamp.json", Manner::Drip(Duration::from_millis(20)));
    let patience = |whole| Patience { silent: Duration::from_secs(5), whole };
    let hurried = scene.repository().with_patience(patience(Duration::from_millis(300)));
    assert_eq!(ask(&hurried, TUF_NOW).unwrap_err().code(), "tuf-mirror-slow");
    assert!(
        ask(&scene.repository().with_patience(patience(Duration::from_secs(60))), TUF_NOW).is_ok(),
        "twin"
    );
}

#[rstest]
fn a_redirect_is_not_followed(#[values(301, 302, 303, 307, 308)] status: u16) {
    let elsewhere = TufMirror::start(&Scene::new().tuf.files);
    let head =
        format!("{status} Elsewhere\r\nContent-Length: 0\r\nLocation: {}/timestamp.json", elsewhere.url());
    assert_eq!(refused("timestamp.json", raw(&head, b"")), "tuf-mirror-redirect");
    assert!(elsewhere.journal().is_empty(), "nobody went there");
}

#[rstest]
#[case("gzip")]
#[case("br")]
#[case("identity, gzip")]
fn a_packed_answer_is_refused(#[case] packing: &str) {
    let head = format!("200 OK\r\nContent-Length: 2\r\nContent-Encoding: {packing}");
    assert_eq!(refused("timestamp.json", raw(&head, b"{}")), "tuf-mirror-packed");
}

#[test]
fn a_part_of_a_file_is_refused() {
    let head = "206 Partial Content\r\nContent-Length: 2\r\nContent-Range: bytes 0-1/9";
    assert_eq!(refused("timestamp.json", raw(head, b"{}")), "tuf-mirror-packed");
}

#[test]
fn a_body_that_ends_early_is_refused() {
    assert_eq!(
        refused("timestamp.json", raw("200 OK\r\nContent-Length: 500", b"{}")),
        "tuf-mirror-unreachable"
    );
}

#[rstest]
#[case(500)]
#[case(503)]
#[case(401)]
#[case(429)]
#[case(204)]
fn a_mirror_that_fails_is_no_end_of_the_chain_of_roots(#[case] status: u16) {
    assert_eq!(
        refused("2.root.json", raw(&format!("{status} Not now\r\nContent-Length: 0"), b"")),
        "tuf-mirror-answer"
    );
}

#[test]
fn a_file_that_must_be_there_and_is_not_is_an_error() {
    for path in ["timestamp.json", "1.snapshot.json", "1.targets.json"] {
        let scene = Scene::new();
        assert_eq!(scene.refused(|tuf| drop(tuf.files.remove(path))), "tuf-missing", "{path}");
        assert!(scene.ask().is_ok(), "twin");
    }
}

#[test]
fn nobody_at_home_is_said_so() {
    let scene = Scene::new();
    let gone = TufMirror::start(&scene.tuf.files).url();
    let repository = scene.repository().at(Mirror::parse(&gone).unwrap());
    assert_eq!(ask(&repository, TUF_NOW).unwrap_err().code(), "tuf-mirror-unreachable");
    assert!(scene.ask().is_ok(), "twin");
}

#[test]
fn a_mirror_is_told_nothing_but_what_is_asked_for() {
    let scene = Scene::new();
    scene.ask().unwrap();
    for request in scene.mirror.journal() {
        let lower = request.to_lowercase();
        for header in ["authorization", "cookie", "referer", "accept-encoding: gzip"] {
            assert!(!lower.contains(header), "{request}");
        }
        assert!(lower.contains("accept-encoding: identity"), "{request}");
    }
}

#[test]
fn a_second_refresh_asks_only_for_what_can_have_changed() {
    let scene = Scene::new();
    scene.ask().unwrap();
    let first = scene.mirror.asked().len();
    scene.ask().unwrap();
    assert_eq!(scene.mirror.asked()[first..], ["2.root.json", "timestamp.json"]);
}

#[test]
fn a_folder_that_was_carried_here_is_a_mirror() {
    let scene = Scene::new();
    let carried = tempfile::TempDir::new().unwrap();
    scene.tuf.write_to(carried.path());
    for name in [carried.path().display().to_string(), format!("file://{}", carried.path().display())] {
        let mirror = Mirror::parse(&name).unwrap();
        assert!(!mirror.is_remote());
        assert_eq!(ask(&scene.repository().at(mirror), TUF_NOW).unwrap().json, root());
    }
    assert!(scene.mirror.journal().is_empty());
    std::fs::write(carried.path().join("timestamp.json"), b"{}").unwrap();
    let mirror = Mirror::parse(&carried.path().display().to_string()).unwrap();
    assert_eq!(ask(&scene.repository().at(mirror), TUF_NOW).unwrap_err().code(), "tuf-malformed");
}

#[rstest]
#[case::another_scheme("ftp://example.org/")]
#[case::nothing("")]
#[case::a_password("https://user:secret@example.org/")]
#[case::a_query("https://example.org/?x=1")]
#[case::a_relative_file("file://folder")]
#[case::no_host("https://")]
fn what_is_no_mirror_is_refused(#[case] name: &str) {
    assert_eq!(Mirror::parse(name).unwrap_err().code(), "tuf-mirror-name");
    assert!(Mirror::parse("https://example.org/tuf").is_ok(), "twin");
}
