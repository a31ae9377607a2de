//! The binary itself: its streams and its exit codes.

use std::{
    fs::OpenOptions,
    process::{Command, Stdio},
};

use crate::ask::{BY_RELEASE, Place, ask};

fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealgate"));
    command.env_clear().stdin(Stdio::null());
    command
}

#[test]
fn a_full_disk_or_a_closed_pipe_is_never_a_pass() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let root = place.name("root.json");
    let words = [&["verify", "--trusted-root", &root][..], &BY_RELEASE, &[&reference]].concat();
    let run =
        |stdout: Stdio| binary().args(&words).stdout(stdout).stderr(Stdio::null()).status().unwrap().code();
    assert_eq!(run(Stdio::null()), Some(0));
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(run(full.into()), Some(1));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(run(writer.into()), Some(1));
}

#[test]
fn words_that_are_no_text_are_refused_without_a_panic() {
    use std::os::unix::ffi::OsStrExt as _;
    let odd = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    for verb in ["verify", "verify-blob", "check", "replay"] {
        let code = binary().arg(verb).arg(odd).stderr(Stdio::null()).status().unwrap().code();
        assert!(matches!(code, Some(1 | 64)), "{verb}: {code:?}");
    }
}

#[test]
fn files_are_verified_without_a_socket() {
    let place = Place::new();
    let blob = place.file("blob", b"x");
    let digest = sealgate::verify::Digest::sha256(b"x");
    let signed = place.world.recipe(&digest, &crate::ask::release()).message(b"x").sign();
    let bundle = place.file("bundle.json", &signed.bundle());
    let root = place.name("root.json");
    let words =
        [&["verify-blob", "--trusted-root", &root, "--bundle", &bundle][..], &BY_RELEASE, &[&blob]].concat();
    let namespace =
        Command::new("unshare").args(["-rn", "true"]).status().is_ok_and(|status| status.success());
    if !namespace {
        eprintln!(
            "skipped in part: files_are_verified_without_a_socket: no network namespace can be made here"
        );
    }
    let mut command = if namespace {
        let mut command = Command::new("unshare");
        command.env_clear().arg("-rn").arg(env!("CARGO_BIN_EXE_sealgate"));
        command
    } else {
        binary()
    };
    assert_eq!(command.args(&words).stderr(Stdio::null()).status().unwrap().code(), Some(0));
}

#[test]
fn help_and_version_answer_and_unknown_verbs_fail() {
    for words in
        [&["--help"][..], &["help", "verify"], &["verify", "--help"], &["check", "--help"], &["version"], &[]]
    {
        let told = ask(words);
        assert_eq!(told.code, 0, "{words:?}: {told:?}");
        assert!(!told.stdout.is_empty());
    }
    assert_eq!(
        ask(&["version", "--json"]).json()["platform"].as_str().map(|text| text.contains('/')),
        Some(true)
    );
    let told = ask(&["verfy"]);
    assert_eq!(told.code, 1);
    assert!(told.stderr.contains("Did you mean this?\n\tverify\n"), "{told:?}");
}

#[test]
fn completions_are_printed_for_shells_that_are_known() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let told = ask(&["completion", shell]);
        assert!(told.code == 0 && told.stdout.contains("verify-blob"), "{shell}");
    }
    assert_eq!(ask(&["completion", "tcsh"]).code, 1);
    assert_eq!(ask(&["completion"]).code, 1);
}

#[test]
fn an_answer_goes_to_a_file_when_one_is_named() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let file = place.name("answer.txt");
    let told = ask(&[
        &["--output-file", &file, "verify", "--trusted-root", &place.name("root.json")][..],
        &BY_RELEASE,
        &[&reference],
    ]
    .concat());
    assert_eq!((told.code, told.stdout.as_str()), (0, ""), "{told:?}");
    assert!(std::fs::read_to_string(&file).unwrap().contains("docker-manifest-digest"));
    let told = ask(&["--output-file", "/nonexistent/folder/x", "verify", "--key", "x", &reference]);
    assert!(told.code == 1 && told.stderr.contains("error creating output file"), "{told:?}");
}
