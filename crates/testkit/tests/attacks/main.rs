//! Every folder of `testdata/attacks` is an attack that is denied for the reason it names, beside a twin that differs in one
//! thing and is allowed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

mod certificate;
mod content;
mod counting;
mod identity;
mod layer;
mod loader;
mod log;
mod network;
mod scene;
mod splice;
mod timestamp;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use rstest::rstest;
use scene::{Case, Table};

/// What a folder says about its attack.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// The reason code.
    code: String,
    /// `deny`, `unknown`, or `refused` for documents.
    outcome: String,
}

fn tables() -> Vec<Table> {
    vec![
        certificate::TABLE,
        content::TABLE,
        counting::TABLE,
        identity::TABLE,
        layer::TABLE,
        loader::TABLE,
        log::TABLE,
        network::TABLE,
        splice::TABLE,
        timestamp::TABLE,
    ]
}

fn cases() -> impl Iterator<Item = &'static (&'static str, Case)> {
    tables().into_iter().flatten()
}

fn folders() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/attacks");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// Folders whose attack is at a door of its own; the test that drives each is named in its README.
fn elsewhere(folder: &str) -> bool {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/attacks").join(folder).join("expect.toml");
    std::fs::read_to_string(path).unwrap().contains("door = ")
}

#[rstest]
fn attack_is_denied_and_its_twin_allowed(#[files("../../testdata/attacks/*/expect.toml")] path: PathBuf) {
    let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
    if elsewhere(folder) {
        return;
    }
    let expect: Expect = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let (_, case) = cases().find(|(name, _)| *name == folder).expect("no case of that name");
    let attack = case.run(true);
    assert_eq!(
        (attack.outcome.as_str(), attack.code.as_str()),
        (expect.outcome.as_str(), expect.code.as_str()),
        "{}",
        attack.story
    );
    let twin = case.run(false);
    assert_eq!((twin.outcome.as_str(), twin.code.as_str()), ("allow", ""), "the twin: {}", twin.story);
}

#[test]
fn every_case_has_a_folder_and_every_folder_a_case() {
    let named: BTreeSet<String> = cases().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(named.len(), cases().count(), "two cases of one name");
    let here: BTreeSet<String> = folders().into_iter().filter(|folder| !elsewhere(folder)).collect();
    assert_eq!(here.difference(&named).collect::<Vec<_>>(), Vec::<&String>::new(), "folders without a case");
    assert_eq!(named.difference(&here).collect::<Vec<_>>(), Vec::<&String>::new(), "cases without a folder");
    for folder in folders() {
        let readme = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../testdata/attacks")
            .join(&folder)
            .join("README.md");
        assert!(
            std::fs::read_to_string(readme).is_ok_and(|text| text.contains("Row:")),
            "{folder}: README.md with its row"
        );
    }
}

#[test]
fn at_least_sixty_attacks_are_denied_through_the_library() {
    assert!(cases().count() >= 60, "{}", cases().count());
}
