//! Files that are none, and places that take no answer: for every verb that reads or writes them.

use std::{
    fs::OpenOptions,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use sealgate_testkit::{SigningKey, base64};

use crate::ask::{BY_RELEASE, Place, ask, release};

// What somebody may name instead of a file, and where.
fn bad_files(place: &Place) -> Vec<(&'static str, String)> {
    let large = std::fs::File::create(place.path("large")).unwrap();
    large.set_len(1 << 30).unwrap();
    vec![
        ("a folder", place.name("")),
        ("nothing there", place.name("nothing")),
        ("an endless device", "/dev/zero".into()),
        ("an empty device", "/dev/null".into()),
        ("1 GiB", place.name("large")),
        ("no byte at all", place.file("empty", b"")),
        ("NUL bytes", place.file("nul", &[0; 4096])),
        ("no UTF-8", place.file("latin", b"\xff\xfe{\"a\": \xe9}")),
        ("half a document", place.file("half", b"{\"mediaType\": \"application/vnd.dev.sig")),
        ("deep nesting", place.file("deep", "[".repeat(1 << 20).as_bytes())),
        ("a terminal's orders", place.file("escape", b"\x1b]0;owned\x07\x1b[2J\n")),
    ]
}

#[test]
fn whatever_stands_where_a_file_should_be_fails_in_one_line() {
    let place = Place::new();
    let key = SigningKey::p256();
    let pem = place.file("key.pub", key.public_pem().as_bytes());
    let blob = place.file("blob", b"x");
    let signature = place.file("sig", base64(&key.sign(b"x")).as_bytes());
    let digest = sealgate::verify::Digest::sha256(b"x");
    let bundle = place.file("b.json", &place.world.recipe(&digest, &release()).message(b"x").sign().bundle());
    let (root, out) = (place.name("root.json"), place.file("out.json", b"kept"));
    let create = ["bundle", "create", "--out", &out, "--artifact", &blob, "--ignore-tlog"];
    let made = [&create[..], &["--key", &pem, "--signature", &signature]].concat();
    let by_root = ["verify-blob", "--trusted-root", &root];
    let keyed = ["verify-blob", "--insecure-ignore-tlog", "--signature", &signature];
    let nowhere = "127.0.0.1:1/app:v1";
    // `FILE` is what is bad.
    let lines: Vec<Vec<&str>> = vec![
        [&by_root[..], &BY_RELEASE, &["--bundle", "FILE", &blob]].concat(),
        [&["verify-blob", "--trusted-root", "FILE", "--bundle", &bundle][..], &BY_RELEASE, &[&blob]].concat(),
        [&keyed[..], &["--key", "FILE", &blob]].concat(),
        [&keyed[..], &BY_RELEASE, &["--certificate", "FILE", &blob]].concat(),
        [
            &by_root[..],
            &BY_RELEASE,
            &["--bundle", &bundle, "--certificate-chain", "FILE", "--trusted-root=", &blob],
        ]
        .concat(),
        [
            &["verify-blob-attestation", "--trusted-root", &root][..],
            &BY_RELEASE,
            &["--bundle", "FILE", &blob],
        ]
        .concat(),
        [&["verify", "--trusted-root", "FILE"][..], &BY_RELEASE, &[nowhere]].concat(),
        vec!["verify", "--key", "FILE", nowhere],
        [&["verify"][..], &BY_RELEASE, &["--certificate", "FILE", nowhere]].concat(),
        [&["verify", "--registry-cacert", "FILE"][..], &BY_RELEASE, &[nowhere]].concat(),
        vec!["manifest", "verify", "--key", &pem, "FILE"],
        vec!["dockerfile", "verify", "--key", &pem, "FILE"],
        vec!["bundle", "upgrade", "--out", &out, "FILE"],
        vec!["bundle", "inspect", "FILE"],
        [&create[..], &["--key", "FILE", "--signature", &signature]].concat(),
        [&create[..], &["--key", &pem, "--bundle", "FILE"]].concat(),
        [&made[..], &["--certificate", "FILE"]].concat(),
        [&made[..], &["--attestation", "FILE"]].concat(),
        [&made[..], &["--rfc3161-timestamp", "FILE"]].concat(),
        vec!["trusted-root", "create", "--out", &out, "--fulcio", "url=x,certificate-chain=FILE"],
        vec!["trusted-root", "create", "--out", &out, "--tsa", "url=x,certificate-chain=FILE"],
        vec![
            "trusted-root",
            "create",
            "--out",
            &out,
            "--rekor",
            "url=x,start-time=2024-01-01T00:00:00Z,public-key=FILE",
        ],
    ];
    for (what, name) in bad_files(&place) {
        for line in &lines {
            let words: Vec<String> = line.iter().map(|word| word.replace("FILE", &name)).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let before = Instant::now();
            let told = ask(&words);
            let shown = (what, &words, told.code, told.stdout.len(), &told.stderr);
            assert!(before.elapsed() < Duration::from_secs(30), "{shown:?}");
            assert!(matches!(told.code, 1 | 11) && told.stdout.is_empty(), "{shown:?}");
            let causes = told.stderr.lines().filter(|line| line.starts_with("Error: ")).count();
            let noise = told
                .stderr
                .lines()
                .filter(|line| !line.starts_with("Error: ") && !line.starts_with("error during "));
            let noise: Vec<&str> = noise
                .filter(|line| !line.is_empty() && !line.contains("WARNING") && !line.contains("deprecated"))
                .collect();
            assert!(causes == 1 && noise.is_empty() && told.stderr.len() < 4096, "{shown:?}");
            assert!(!told.stderr.contains('\x1b') && !told.stderr.contains("os error"), "{shown:?}");
            assert_eq!(std::fs::read(&out).unwrap(), b"kept", "{shown:?}");
        }
    }
    // The same line with everything in place.
    assert_eq!(ask(&made).code, 0);
    assert_ne!(std::fs::read(&out).unwrap(), b"kept");
}

fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealgate"));
    command.env_clear().stdin(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn an_answer_that_nobody_can_take_is_never_a_pass() {
    let place = Place::new();
    let key = SigningKey::p256();
    let pem = place.file("key.pub", key.public_pem().as_bytes());
    let (blob, signature) = (place.file("blob", b"x"), place.file("sig", base64(&key.sign(b"x")).as_bytes()));
    let digest = sealgate::verify::Digest::sha256(b"x");
    let bundle = place.file("b.json", &place.world.recipe(&digest, &release()).message(b"x").sign().bundle());
    let (app, older) =
        (place.pinned("app", &place.signed("app")), place.pinned("older", &place.signed_older("older")));
    let manifest = place.file("pod.yaml", format!("spec: {{containers: [{{image: {app}}}]}}").as_bytes());
    let dockerfile = place.file("Dockerfile", format!("FROM {app}").as_bytes());
    let root = place.name("root.json");
    let trusted = |words: &[&'static str]| -> Vec<String> {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .chain(["--trusted-root".to_owned(), root.clone()])
            .chain(BY_RELEASE.map(str::to_owned))
            .collect()
    };
    let own = |words: &[&str]| -> Vec<String> { words.iter().map(|word| (*word).to_owned()).collect() };
    let with = |mut words: Vec<String>, last: &str| {
        words.push(last.to_owned());
        words
    };
    let create = own(&[
        "bundle",
        "create",
        "--artifact",
        &blob,
        "--key",
        &pem,
        "--signature",
        &signature,
        "--ignore-tlog",
    ]);
    let lines = [
        own(&["--help"]),
        own(&["help", "verify"]),
        own(&["manifest"]),
        own(&["version"]),
        own(&["version", "--json"]),
        own(&["env"]),
        own(&["completion", "bash"]),
        own(&["trusted-root", "create"]),
        create.clone(),
        own(&["bundle", "upgrade", &bundle]),
        own(&["bundle", "inspect", &bundle]),
        with(trusted(&["verify"]), &app),
        with(trusted(&["verify", "-o", "text"]), &older),
        with(trusted(&["manifest", "verify"]), &manifest),
        with(trusted(&["dockerfile", "verify"]), &dockerfile),
        own(&["tree", &app]),
        own(&["triangulate", &app]),
        own(&["download", "signature", &app]),
        own(&["download", "attestation", &app]),
    ];
    for line in lines {
        let run = |stdout: Stdio| binary().args(&line).stdout(stdout).status().unwrap().code();
        assert_eq!(run(Stdio::null()), Some(0), "{line:?}");
        let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
        assert_eq!(run(full().into()), Some(1), "{line:?}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(run(writer.into()), Some(1), "{line:?}");
        let code = binary()
            .arg("--output-file=/dev/full")
            .args(&line)
            .stdout(Stdio::null())
            .status()
            .unwrap()
            .code();
        // Groups and help are answered before a file is opened.
        let helps = line.iter().any(|word| word.contains("help")) || line.len() == 1 && line[0] == "manifest";
        assert_eq!(code, Some(i32::from(!helps)), "{line:?}");
    }
    for line in [own(&["trusted-root", "create"]), create, own(&["bundle", "upgrade", &bundle])] {
        let run = |out: &str| binary().args(&line).args(["--out", out]).status().unwrap().code();
        assert_eq!((run("/dev/full"), run("/dev/null")), (Some(1), Some(0)), "{line:?}");
        assert_eq!(run(&place.name("")), Some(1), "{line:?}");
    }
}
