//! When somebody is asked for a younger root, and when nobody is.

use std::{
    fs,
    process::{Command, Stdio},
};

use sealgate_testkit::{TufMirror, World};

use super::Own;
use crate::ask::ask_with;

#[test]
fn a_key_of_tomorrow_is_looked_for_once_and_found() {
    let mut own = Own::initialized();
    // The instance changes all its keys.
    let next = World::named("next");
    own.tuf.publish(2, &next.trusted_root_json());
    own.mirror.serve(&own.tuf.files);
    own.sign(&next);
    let asked = own.asked();
    let told = own.verify(&[], &[]);
    assert_eq!((told.code, own.asked()), (1, asked), "nobody asks again within the hour");
    own.refreshed_days_ago(1);
    assert_eq!(own.verify(&["--offline"], &[]).code, 1);
    assert_eq!(own.asked(), asked, "offline is offline");
    assert_eq!(own.verify(&[], &[]).code, 0);
    assert!(own.asked() > asked);
    let asked = own.asked();
    assert_eq!(own.verify(&["--offline"], &[]).code, 0, "it was kept");
    assert_eq!(own.asked(), asked);
}

#[test]
fn a_key_that_nobody_can_look_for_is_no_mismatch() {
    let own = Own::initialized();
    own.sign(&World::named("next"));
    own.refreshed_days_ago(1);
    let url = own.mirror.url();
    drop(own.mirror);
    let own = Own { mirror: TufMirror::start(&own.tuf.files), ..own };
    let told = own.verify(&[], &[]);
    assert_eq!(told.code, 1);
    let text = format!("tuf refresh failed: Get \"{url}/2.root.json\": ");
    assert!(told.stderr.contains(&text), "{told:?}");
    let told = own.verify(&["--offline"], &[]);
    assert!(told.code == 1 && !told.stderr.contains("tuf refresh failed"), "twin: {told:?}");
}

#[test]
fn an_old_root_is_used_with_a_warning_and_a_very_old_one_is_not() {
    let own = Own::initialized();
    let asked = own.asked();
    own.refreshed_days_ago(179);
    assert_eq!(own.verify(&[], &[]).stderr, "Verified OK\n");
    assert_eq!(own.asked(), asked, "it is young enough");

    own.mirror.serve(&sealgate_testkit::TufFiles::new());
    own.refreshed_days_ago(200);
    let told = own.verify(&[], &[]);
    assert_eq!(told.code, 0);
    let line = told.stderr.lines().next().unwrap();
    assert!(
        line.starts_with("WARNING: the trusted root of ")
            && line.contains("(200 days old, at most 365 are allowed)"),
        "{told:?}"
    );
    assert!(line.contains("tuf-missing"), "{told:?}");
    assert_eq!(own.verify(&["--offline"], &[]).code, 0);

    own.refreshed_days_ago(366);
    for flags in [&[][..], &["--offline"]] {
        let told = own.verify(flags, &[]);
        assert_eq!(told.code, 1);
        assert!(told.stderr.contains("tuf-too-old") && told.stderr.contains("365 days"), "{told:?}");
    }
    let longer = [("SEALGATE_ROOT_MAX_AGE_DAYS", "400")];
    assert_eq!(own.verify(&["--offline"], &longer).code, 0, "twin");
    for wrong in ["0", "x", "-1", "3651", "1.5"] {
        let told = own.verify(&["--offline"], &[("SEALGATE_ROOT_MAX_AGE_DAYS", wrong)]);
        assert!(told.code == 1 && told.stderr.contains("must be a number of days"), "{told:?}");
    }
    own.mirror.serve(&own.tuf.files);
    assert_eq!(own.verify(&[], &[]).stderr, "Verified OK\n", "a refresh makes it young");
}

#[test]
fn offline_means_that_no_socket_is_opened() {
    let own = Own::initialized();
    own.refreshed_days_ago(1);
    own.sign(&World::named("next"));
    let asked = own.asked();
    // Its key is unknown: the one reason to ask.
    assert_eq!((own.verify(&["--offline"], &[]).code, own.asked()), (1, asked));
    own.refreshed_days_ago(200);
    assert_eq!((own.verify(&["--offline"], &[]).code, own.asked()), (1, asked), "and an old root another");
    own.verify(&[], &[]);
    assert!(own.asked() > asked, "twin: without the flag somebody is asked");

    own.sign(&own.world);
    let run = |program: &mut Command| {
        let words = own.words();
        let command = program.args(&words).arg("--offline").env("HOME", own.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().code()
    };
    let binary = env!("CARGO_BIN_EXE_sealgate");
    if Command::new("unshare")
        .args(["-rn", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
    {
        assert_eq!(run(Command::new("unshare").arg("-rn").arg(binary)), Some(0));
    } else {
        eprintln!(
            "skipped in part: offline_means_that_no_socket_is_opened: no network namespace can be made here"
        );
    }
    // Where calls can be watched, none of them makes a socket.
    let trace = own.path("trace");
    let watched = ["-f", "-qq", "-e", "trace=socket,connect", "-e", "signal=none", "-o", &trace];
    if Command::new("strace")
        .args(watched)
        .arg("true")
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
    {
        assert_eq!(run(Command::new("strace").args(watched).arg(binary)), Some(0));
        let calls = fs::read_to_string(&trace).unwrap();
        assert!(!calls.contains("socket("), "{calls}");
    } else {
        eprintln!("skipped in part: offline_means_that_no_socket_is_opened: calls cannot be watched here");
    }
}

#[test]
fn the_embedded_root_is_used_without_asking_anybody() {
    let own = Own::new();
    // No home, no variables: what the program brings is all there is.
    let words = own.words();
    let words: Vec<&str> = words.iter().map(String::as_str).chain(["--offline"]).collect();
    let told = ask_with(&words, &[], b"");
    assert_eq!(told.code, 1);
    assert!(!told.stderr.contains("TUF"), "it is judged, and by another Sigstore: {told:?}");
}
