//! Roots from files, beside the embedded one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use std::{collections::BTreeMap, error::Error as _, fs, path::PathBuf};

use rstest::rstest;
use sealgate_testkit::{TUF_NOW, Tuf, World, older_targets};
use sealgate_tuf::{
    Anchor, Dated, EMBEDDED_SINCE, INSTANCES, Instance, Mirror, PUBLIC_GOOD, Repository, RootOrigin,
    RootSource, RootsError, limits, load, notes, read, read_dated,
};
use sealgate_verify::Timestamp;
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn source(&self, name: &str, bytes: &[u8]) -> RootSource {
        RootSource::new(name, self.file(name, bytes)).unwrap()
    }
}

fn root() -> Vec<u8> {
    World::shared().trusted_root_json()
}

#[test]
fn the_embedded_roots_are_there_and_whole() {
    let roots = load(&[]).unwrap();
    assert_eq!(roots.keys().collect::<Vec<_>>(), ["github", PUBLIC_GOOD, "staging"]);
    assert!(roots[PUBLIC_GOOD].has_logs());
    assert_eq!(notes(&roots).count(), 0, "nothing of it is left out");
}

#[test]
fn several_roots_stand_side_by_side() {
    let (folder, other) = (Folder::new(), World::named("other").trusted_root_json());
    let roots = load(&[folder.source("acme", &root()), folder.source("other", &other)]).unwrap();
    assert_eq!(roots.keys().collect::<Vec<_>>(), ["acme", "github", "other", PUBLIC_GOOD, "staging"]);
    assert_ne!(roots["acme"].hash(), roots["other"].hash());
}

#[test]
fn two_roots_of_one_name_are_refused() {
    let folder = Folder::new();
    let source = folder.source("acme", &root());
    assert_eq!(load(&vec![source.clone(); 2]).unwrap_err().code(), "roots-duplicate");
    assert!(load(&[source]).is_ok(), "twin");
}

#[test]
fn a_file_stands_in_the_place_of_the_embedded_root_only_under_its_very_name() {
    let folder = Folder::new();
    let embedded = load(&[]).unwrap();
    let roots = load(&[folder.source(PUBLIC_GOOD, &root())]).unwrap();
    assert_eq!(roots.len(), INSTANCES.len());
    assert_ne!(roots[PUBLIC_GOOD].hash(), embedded[PUBLIC_GOOD].hash());
    let beside = load(&[folder.source("public-good-2", &root())]).unwrap();
    assert_eq!(beside[PUBLIC_GOOD].hash(), embedded[PUBLIC_GOOD].hash());
}

#[test]
fn one_bad_file_fails_the_whole_set_and_says_which() {
    let folder = Folder::new();
    let error = load(&[folder.source("acme", &root()), folder.source("broken", b"{}")]).unwrap_err();
    assert!(matches!(&error, RootsError::Root { name, .. } if name == "broken"), "{error}");
    assert!(error.code().starts_with("root-"), "{}", error.code());
    assert!(error.source().is_some());
}

#[test]
fn what_is_left_out_of_a_root_is_reported_under_its_name() {
    let mut json = World::shared().trusted_root();
    json["tlogs"][1]["publicKey"]["keyDetails"] = "PKIX_OF_TOMORROW".into();
    json["tlogs"][1]["publicKey"]["rawBytes"] = "AAAA".into();
    let bytes = serde_json::to_vec(&json).unwrap();
    let roots = read([("acme", bytes.as_slice())]).unwrap();
    let found: Vec<_> = notes(&roots).map(|(name, note)| (name, note.field.as_str())).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "acme");
    assert!(found[0].1.starts_with("tlogs[1]"), "{}", found[0].1);
}

#[rstest]
#[case::no_name("file.json", "roots-format")]
#[case::no_file("acme=", "roots-format")]
#[case::empty("", "roots-format")]
#[case::empty_name("=file.json", "roots-name")]
#[case::upper_case("Acme=file.json", "roots-name")]
#[case::digit_first("1acme=file.json", "roots-name")]
#[case::underscore("ac_me=file.json", "roots-name")]
#[case::blank("acme =file.json", "roots-name")]
#[case::yaml_boolean("no=file.json", "roots-name")]
fn what_names_no_root_is_refused(#[case] text: &str, #[case] code: &str) {
    assert_eq!(text.parse::<RootSource>().unwrap_err().code(), code);
}

#[test]
fn a_file_may_have_an_equals_sign_in_its_name() {
    let source: RootSource = "acme=/etc/a=b.json".parse().unwrap();
    assert_eq!((source.name(), source.path()), ("acme", PathBuf::from("/etc/a=b.json").as_path()));
}

#[test]
fn names_counts_and_bytes_are_bounded_at_n_and_not_at_n_plus_one() {
    let name = |bytes: usize| RootSource::new(&"a".repeat(bytes), "x");
    assert!(name(limits::NAME_BYTES).is_ok());
    assert_eq!(name(limits::NAME_BYTES + 1).unwrap_err().code(), "roots-name");

    let root = root();
    let many = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("r{number}")).collect();
        read(names.iter().map(|name| (name.as_str(), root.as_slice())))
    };
    assert_eq!(many(limits::ROOTS).unwrap().len(), limits::ROOTS + INSTANCES.len(), "and the embedded ones");
    assert_eq!(many(limits::ROOTS + 1).unwrap_err().code(), "roots-count");

    let folder = Folder::new();
    let padded = |bytes: u64| {
        let mut text = root.clone();
        text.resize(usize::try_from(bytes).unwrap(), b' ');
        load(&[folder.source("padded", &text)])
    };
    assert!(padded(limits::ROOT_FILE_BYTES).is_ok());
    assert_eq!(padded(limits::ROOT_FILE_BYTES + 1).unwrap_err().code(), "roots-too-large");
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = Folder::new();
    let directory = RootSource::new("acme", folder.0.path()).unwrap();
    assert!(matches!(load(&[directory]).unwrap_err(), RootsError::NotAFile { .. }));
    let missing = RootSource::new("acme", folder.0.path().join("missing")).unwrap();
    assert_eq!(load(&[missing]).unwrap_err().code(), "roots-unreadable");
    // A device without end would fill the memory, a pipe would wait for ever.
    let endless = RootSource::new("acme", "/dev/zero").unwrap();
    assert!(matches!(load(&[endless]).unwrap_err(), RootsError::NotAFile { .. }));
}

// The signed files of a repository, and where trust in it begins.
fn signed_files(tuf: &Tuf) -> (Vec<u8>, Anchor) {
    let folder = TempDir::new().unwrap();
    tuf.write_to(folder.path());
    let anchor = Anchor::from_bytes(&tuf.anchor()).unwrap();
    let mirror = Mirror::parse(folder.path().to_str().unwrap()).unwrap();
    let repository = Repository::new(mirror, anchor.clone(), None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (proven, _) = runtime.block_on(repository.refresh(Timestamp(TUF_NOW))).unwrap();
    (proven.kept_json().unwrap(), anchor)
}

#[test]
fn signed_files_say_how_old_their_root_is() {
    let (files, anchor) = signed_files(&Tuf::new(&root()));
    let anchors = BTreeMap::from([("lab".to_owned(), anchor)]);
    let (roots, dates) = read_dated([("lab", files.as_slice()), ("plain", &root())], &anchors).unwrap();
    assert_eq!(roots["lab"].hash(), roots["plain"].hash());
    assert_eq!(dates["lab"], Dated { source: RootOrigin::Proven, since: Some(Timestamp(TUF_NOW)) });
    assert_eq!(dates["plain"], Dated { source: RootOrigin::File, since: None });
    assert_eq!(dates["staging"], Dated { source: RootOrigin::Embedded, since: Some(EMBEDDED_SINCE) });
    assert_eq!(dates["plain"].age(Timestamp(TUF_NOW)), None);
    assert_eq!(dates["lab"].age(Timestamp(TUF_NOW + 7)), Some(7));
    // What the program brings is no younger because it lies in a file.
    let embedded = Instance::find(PUBLIC_GOOD).unwrap().embedded();
    let (_, dates) = read_dated([(PUBLIC_GOOD, embedded)], &anchors).unwrap();
    assert_eq!(dates[PUBLIC_GOOD].since, Some(EMBEDDED_SINCE));
}

#[test]
fn signed_files_that_prove_nothing_are_refused() {
    let (files, anchor) = signed_files(&Tuf::new(&root()));
    let of = |name: &str, bytes: &[u8], anchors: &[(&str, &Anchor)]| {
        let anchors = anchors.iter().map(|(name, anchor)| ((*name).to_owned(), (*anchor).clone())).collect();
        read_dated([(name, bytes)], &anchors)
            .map(drop)
            .map_err(|error| (error.code(), !error.help().is_empty()))
    };
    assert_eq!(of("lab", &files, &[("lab", &anchor)]), Ok(()), "twin");
    assert_eq!(of("lab", &files, &[]), Err(("roots-anchor", true)));
    let (_, stranger) = signed_files(&Tuf::new(&root()));
    assert_eq!(of("lab", &files, &[("lab", &stranger)]), Err(("tuf-anchor", true)));
    // Another instance's files under a known name begin elsewhere.
    assert_eq!(of(PUBLIC_GOOD, &files, &[]), Err(("tuf-anchor", true)));
    let mut kept: serde_json::Value = serde_json::from_slice(&files).unwrap();
    kept["trustedRoot"] = String::from_utf8(World::named("thief").trusted_root_json()).unwrap().into();
    assert_eq!(of("lab", kept.to_string().as_bytes(), &[("lab", &anchor)]), Err(("tuf-integrity", true)));
}

#[test]
fn signed_files_of_a_root_in_pieces_are_refused() {
    let of = |tuf: &Tuf| {
        let (files, anchor) = signed_files(tuf);
        read_dated([("lab", files.as_slice())], &BTreeMap::from([("lab".to_owned(), anchor)]))
            .map(drop)
            .map_err(|error| (error.code(), !error.help().is_empty()))
    };
    let mut tuf = Tuf::new(&root());
    assert_eq!(of(&tuf), Ok(()), "twin");
    tuf.publish_all(2, &older_targets(&root()));
    assert_eq!(of(&tuf), Err(("roots-pieces", true)));
}

#[test]
fn signed_files_cannot_claim_to_be_younger_than_their_repository_promises() {
    let (files, anchor) = signed_files(&Tuf::new(&root()));
    let mut kept: serde_json::Value = serde_json::from_slice(&files).unwrap();
    kept["refreshed"] = i64::MAX.into();
    let bytes = kept.to_string().into_bytes();
    let (_, dates) =
        read_dated([("lab", bytes.as_slice())], &BTreeMap::from([("lab".to_owned(), anchor)])).unwrap();
    assert_eq!(dates["lab"].since, Some(Timestamp(TUF_NOW + Tuf::LIFE)));
}
