//! Where roots come from: `initialize`, what is kept, when the network is asked, and `sealgate roots`.

#[path = "freshness/asking.rs"]
mod asking;
#[path = "freshness/distrust.rs"]
mod distrust;
#[path = "freshness/older.rs"]
mod older;

use std::{
    fs,
    path::Path,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use sealgate_testkit::{Tuf, TufMirror, World, sha256};
use serde_json::Value;

use crate::ask::{BY_RELEASE, Told, ask_with, release};

const BLOB: &[u8] = b"an installer\n";
const DAY: i64 = 86_400;
// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Somebody's own Sigstore with a repository of its own, and a home.
struct Own {
    world: World,
    tuf: Tuf,
    mirror: TufMirror,
    home: tempfile::TempDir,
}

impl Own {
    fn new() -> Self {
        let world = World::named("own");
        let mut tuf = Tuf::until(now() + 3_000 * DAY, &world.trusted_root_json());
        tuf.publish_all(1, &older::whole(&world, Some(older::SIGNING)));
        let own =
            Self { mirror: TufMirror::start(&tuf.files), world, tuf, home: tempfile::tempdir().unwrap() };
        own.file("anchor.json", &own.tuf.anchor());
        own.file("blob", BLOB);
        own.sign(&own.world);
        own
    }

    fn initialized() -> Self {
        let own = Self::new();
        let told = own.initialize(&[]);
        assert_eq!((told.code, told.stdout.as_str(), told.stderr.as_str()), (0, "", ""));
        own
    }

    fn initialize(&self, more: &[&str]) -> Told {
        let (mirror, anchor) = (self.mirror.url(), self.path("anchor.json"));
        self.ask(&[&["initialize", "--mirror", &mirror, "--root", &anchor], more].concat())
    }

    /// Leaves a bundle by that Sigstore.
    fn sign(&self, world: &World) {
        let digest = sealgate::verify::Digest::sha256(BLOB);
        self.file("bundle.json", &world.recipe(&digest, &release()).message(BLOB).sign().bundle());
    }

    fn words(&self) -> Vec<String> {
        let files = ["--bundle".to_owned(), self.path("bundle.json")];
        let flags = BY_RELEASE.map(str::to_owned);
        [vec!["verify-blob".to_owned()], files.to_vec(), flags.to_vec(), vec![self.path("blob")]].concat()
    }

    fn verify(&self, more: &[&str], variables: &[(&str, &str)]) -> Told {
        let words = self.words();
        let words: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.ask_with(&words, variables)
    }

    fn ask(&self, words: &[&str]) -> Told {
        self.ask_with(words, &[])
    }

    fn ask_with(&self, words: &[&str], variables: &[(&str, &str)]) -> Told {
        ask_with(words, &[&[("HOME", self.home.path().to_str().unwrap())], variables].concat(), b"")
    }

    fn file(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }

    /// Lets the last refresh have happened so many days ago.
    fn refreshed_days_ago(&self, days: i64) {
        let mut found = Vec::new();
        files(&self.home.path().join(".sigstore/root/sealgate"), &mut found);
        let file = found.iter().find(|(path, _)| path.ends_with("repository.json")).unwrap();
        let mut kept: Value = serde_json::from_slice(&file.1).unwrap();
        kept["refreshed"] = (now() - days * DAY).into();
        fs::write(&file.0, serde_json::to_vec(&kept).unwrap()).unwrap();
    }

    fn asked(&self) -> usize {
        self.mirror.asked().len()
    }
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.to_str().unwrap().to_owned(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
}

#[test]
fn initialize_says_nothing_and_from_then_on_nobody_is_asked() {
    let own = Own::initialized();
    let asked = own.asked();
    let told = own.verify(&[], &[]);
    assert_eq!((told.code, told.stderr.as_str()), (0, "Verified OK\n"));
    assert_eq!(own.asked(), asked);
    assert_eq!(
        Own::new().verify(&["--offline"], &[]).code,
        1,
        "twin: without initialize another root counts"
    );
}

#[test]
fn initialize_leaves_what_other_clients_look_for() {
    let own = Own::initialized();
    let top = own.home.path().join(".sigstore/root");
    let remote: Value = serde_json::from_slice(&fs::read(top.join("remote.json")).unwrap()).unwrap();
    assert_eq!(remote["mirror"], own.mirror.url());
    let folder = top.join(own.mirror.url().trim_start_matches("http://").replace(':', "-"));
    assert_eq!(fs::read(folder.join("root.json")).unwrap(), own.tuf.anchor());
    assert_eq!(fs::read(folder.join("targets/trusted_root.json")).unwrap(), own.world.trusted_root_json());
    // The same words under cosign's name, and a root of the mirror that was left by somebody else.
    fs::remove_dir_all(top.join("sealgate")).unwrap();
    assert_eq!(own.verify(&[], &[]).code, 0);
    fs::remove_dir_all(&folder).unwrap();
    fs::remove_dir_all(top.join("sealgate")).unwrap();
    let told = own.verify(&[], &[]);
    assert_eq!(told.code, 1);
    assert!(
        told.stderr
            .contains("error setting TUF options: error setting root: could not find cached root.json"),
        "{told:?}"
    );
}

#[test]
fn initialize_that_fails_leaves_everything_as_it_was() {
    let own = Own::initialized();
    let state = || {
        let mut found = Vec::new();
        files(own.home.path(), &mut found);
        found
    };
    let before = state();
    let anchor = own.path("anchor.json");
    let stranger = Tuf::new(b"{}");
    own.file("stranger.json", &stranger.anchor());
    own.file("no.json", b"no");
    let before =
        [before, vec![(own.path("no.json"), b"no".to_vec()), (own.path("stranger.json"), stranger.anchor())]]
            .concat();
    let before = {
        let mut sorted = before;
        sorted.sort();
        sorted
    };
    let (stranger, no, url) = (own.path("stranger.json"), own.path("no.json"), own.mirror.url());
    for words in [
        &["--mirror", NOWHERE, "--root", &anchor][..],
        &["--mirror", NOWHERE],
        &["--mirror", "ftp://x"],
        &["--mirror", &url, "--root", &stranger],
        &["--mirror", &url, "--root", &no],
        &["--mirror", &url],
        &["--root", "/nonexistent"],
    ] {
        let told = own.ask(&[&["initialize"], words].concat());
        assert_eq!(
            (told.code, told.stdout.as_str(), told.stderr.lines().count()),
            (1, "", 2),
            "{words:?} {told:?}"
        );
        assert_eq!(state(), before, "{words:?}");
    }
    assert_eq!(own.verify(&[], &[]).code, 0, "twin");
}

#[test]
fn the_first_root_is_compared_with_its_checksum() {
    let own = Own::new();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let right = hex(&sha256(&own.tuf.anchor()));
    for checksum in [right.clone(), format!("sha256:{right}")] {
        assert_eq!(own.initialize(&["--root-checksum", &checksum]).code, 0, "twin");
    }
    let file = own.path("anchor.json");
    for (checksum, text) in [
        ("00", format!("incorrect checksum for file {file}: expected 00 but got {right}")),
        ("sha512:00", format!("incorrect checksum for file {file}: expected 00 but got ")),
        ("md5:00", "unsupported checksum algorithm: md5".to_owned()),
        ("a:b:c", "wrong checksum input format, must have at most 1 colon: a:b:c".to_owned()),
    ] {
        let told = own.initialize(&["--root-checksum", checksum]);
        assert_eq!(told.code, 1);
        assert!(told.stderr.starts_with(&format!("Error: {text}")), "{told:?}");
    }
    let other = |root: &str| own.ask(&["initialize", "--root", root]).stderr;
    assert!(other("env://NOSUCH").starts_with("Error: loading URL: env var $NOSUCH not found\n"));
    assert!(other("foo://x").starts_with("Error: loading URL: unrecognized scheme: foo://\n"));
    assert!(other("nosuch").starts_with("Error: open nosuch: no such file or directory\n"));
    let page = format!("{}/1.root.json", own.mirror.url());
    let told = own.ask(&["initialize", "--mirror", &own.mirror.url(), "--root", &page]);
    assert_eq!(told.code, 0);
    assert!(
        told.stderr.starts_with("WARNING: Fetching initial root from URL without providing its checksum"),
        "{told:?}"
    );
    let told =
        own.ask(&["initialize", "--mirror", &own.mirror.url(), "--root", &page, "--root-checksum", &right]);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
}

#[test]
fn a_cache_that_was_changed_is_said_and_not_used() {
    let own = Own::initialized();
    let mut found = Vec::new();
    files(&own.home.path().join(".sigstore/root/sealgate"), &mut found);
    let file = &found.iter().find(|(path, _)| path.ends_with("repository.json")).unwrap().0;
    let mut kept: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    kept["trustedRoot"] = String::from_utf8(World::named("thief").trusted_root_json()).unwrap().into();
    fs::write(file, serde_json::to_vec(&kept).unwrap()).unwrap();
    let told = own.verify(&["--offline"], &[]);
    assert_eq!(told.code, 1);
    assert!(told.stderr.contains("tuf-integrity"), "{told:?}");
    let told = own.verify(&[], &[]);
    assert!(told.code == 0 && told.stderr.contains("tuf-integrity"), "it is fetched anew: {told:?}");
    assert_eq!(own.verify(&[], &[]).stderr, "Verified OK\n", "twin");
}

#[test]
fn variables_choose_mirror_and_root_as_for_cosign() {
    let own = Own::new();
    let (url, anchor) = (own.mirror.url(), own.path("anchor.json"));
    let elsewhere = own.path("elsewhere");
    let all = [("TUF_MIRROR", url.as_str()), ("TUF_ROOT_JSON", &anchor), ("TUF_ROOT", &elsewhere)];
    assert_eq!(own.verify(&[], &all).code, 0);
    assert!(Path::new(&elsewhere).join("sealgate").exists() && !own.home.path().join(".sigstore").exists());
    let offline = own.verify(&["--offline"], &all);
    assert_eq!(offline.code, 0, "{offline:?}");
    let told = own.verify(&[], &[all[0]]);
    assert!(told.stderr.contains("could not find cached root.json"), "{told:?}");
    let told = own.verify(&[], &[all[0], ("TUF_ROOT_JSON", "/nonexistent")]);
    assert!(told.stderr.contains("error reading root.json given by TUF_ROOT_JSON"), "{told:?}");
    let told = own.verify(&["--offline"], &[all[0], all[1]]);
    assert!(told.code == 1 && told.stderr.contains("--offline asks nobody"), "{told:?}");
    // A root in a file goes before everything else.
    own.file("root.json", &own.world.trusted_root_json());
    let file = own.path("root.json");
    assert_eq!(own.verify(&["--trusted-root", &file], &[("TUF_MIRROR", NOWHERE)]).code, 0);
}

#[test]
fn a_mirror_in_remote_json_that_cannot_be_read_is_an_error() {
    let own = Own::initialized();
    let remote = own.home.path().join(".sigstore/root/remote.json");
    let right = fs::read(&remote).unwrap();
    for wrong in [b"{".as_slice(), b"[]", b"{\"mirror\":1}", b"\xff"] {
        fs::write(&remote, wrong).unwrap();
        let told = own.verify(&[], &[]);
        assert!(told.code == 1 && told.stderr.contains("error unmarshalling remote.json"), "{told:?}");
    }
    fs::write(&remote, right).unwrap();
    assert_eq!(own.verify(&[], &[]).code, 0, "twin");
}

#[test]
fn the_real_cosign_and_this_program_take_over_from_each_other() {
    let Some(cosign) = std::env::var_os("SEALGATE_COSIGN") else {
        eprintln!(
            "skipped: the_real_cosign_and_this_program_take_over_from_each_other: SEALGATE_COSIGN names no cosign"
        );
        return;
    };
    let run = |own: &Own, words: &[String]| {
        let output = Command::new(&cosign).args(words).env("HOME", own.home.path()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let ours = Own::initialized();
    assert_eq!(run(&ours, &ours.words()), (Some(0), "Verified OK\n".to_owned()));

    let theirs = Own::new();
    let words = ["initialize", "--mirror", &theirs.mirror.url(), "--root", &theirs.path("anchor.json")];
    let (code, said) = run(&theirs, &words.map(str::to_owned));
    assert_eq!(code, Some(0), "{said}");
    let told = theirs.verify(&[], &[]);
    assert_eq!((told.code, told.stderr.as_str()), (0, "Verified OK\n"));
    assert_eq!(theirs.verify(&["--offline"], &[]).code, 0);
    assert_eq!(run(&theirs, &theirs.words()).0, Some(0), "and it goes on as before");
}
