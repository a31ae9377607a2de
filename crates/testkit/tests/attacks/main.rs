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

mod cache;
mod certificate;
mod command;
mod content;
mod counting;
mod doors;
mod identity;
mod layer;
mod loader;
mod log;
mod network;
mod scene;
mod splice;
mod timestamp;
mod webhook;

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
    /// The reason code; for cosign's verbs the exit code.
    code: String,
    /// `deny`, `unknown`, or `refused` for documents; `denied` by a door that makes no difference.
    outcome: String,
    /// `cli` or `webhook`, where only that door can meet the attack.
    door: Option<String>,
}

fn tables() -> Vec<Table> {
    vec![
        cache::TABLE,
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

/// At which door the attack happens, if only one door can meet it.
fn door(folder: &str) -> Option<String> {
    doors::expect(folder).get("door").map(|door| door.as_str().unwrap().to_owned())
}

#[rstest]
fn attack_is_denied_and_its_twin_allowed(#[files("../../testdata/attacks/*/expect.toml")] path: PathBuf) {
    let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
    let expect: Expect = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let run = |attack| match expect.door.as_deref() {
        Some("cli") => command::run(folder, attack),
        Some("webhook") => webhook::run(folder, attack),
        Some(door) => panic!("no door `{door}`"),
        None => cases().find(|(name, _)| *name == folder).expect("no case of that name").1.run(attack),
    };
    let attack = run(true);
    assert_eq!(
        (attack.outcome.as_str(), attack.code.as_str()),
        (expect.outcome.as_str(), expect.code.as_str()),
        "{}",
        attack.story
    );
    let twin = run(false);
    assert_eq!((twin.outcome.as_str(), twin.code.as_str()), ("allow", ""), "the twin: {}", twin.story);
}

/// Chosen for what a door could get wrong: which reference, which annotation, which answer of a registry, which of two files.
#[rstest]
fn attack_is_denied_at_every_door(
    #[values(
        "workflow-of-a-fork",
        "trusted-workflow-called-by-a-hostile-repository",
        "entry-from-another-signature",
        "entry-of-another-image",
        "signature-of-another-digest-is-replayed",
        "attestation-is-no-signature",
        "certificate-without-sct",
        "integrated-time-without-a-promise",
        "reference-without-a-digest",
        "signature-was-removed",
        "one-signer-counted-twice",
        "satisfied-policy-excuses-no-other",
        "warn-policy-counts-as-no-match",
        "layer-about-another-image",
        "layer-of-another-type",
        "layer-entry-of-another-signature",
        "key-that-nobody-trusts",
        "referrers-denied-are-not-absent",
        "signature-with-another-digest",
        "token-service-somewhere-else"
    )]
    folder: &str,
) {
    let expect = doors::expect(folder);
    let (code, outcome) = (expect["code"].as_str().unwrap(), expect["outcome"].as_str().unwrap());
    let (_, case) = cases().find(|(name, _)| *name == folder).expect("no case of that name");
    let stage = case.stage(true);
    let told = stage.command_line();
    assert_eq!(
        (told.outcome.as_str(), told.code.as_str()),
        (outcome, code),
        "the command line: {}",
        told.story
    );
    let told = stage.webhook();
    assert_eq!((told.outcome.as_str(), told.code.as_str()), ("denied", code), "the webhook: {}", told.story);
    let twin = case.stage(false);
    let told = twin.command_line();
    assert_eq!(
        (told.outcome.as_str(), told.code.as_str()),
        ("allow", ""),
        "the command line's twin: {}",
        told.story
    );
    let told = twin.webhook();
    assert_eq!(
        (told.outcome.as_str(), told.code.as_str()),
        ("allow", ""),
        "the webhook's twin: {}",
        told.story
    );
}

#[test]
fn every_case_has_a_folder_and_every_folder_a_case() {
    let names = |names: Vec<&str>| {
        let set: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(set.len(), names.len(), "two cases of one name");
        set
    };
    let tables = [
        (None, names(cases().map(|(name, _)| *name).collect())),
        (Some("cli"), names(command::TABLE.iter().map(|(name, _)| *name).collect())),
        (Some("webhook"), names(webhook::TABLE.iter().map(|(name, _)| *name).collect())),
    ];
    for (at, cases) in tables {
        let folders: BTreeSet<String> =
            folders().into_iter().filter(|folder| door(folder).as_deref() == at).collect();
        assert_eq!(folders, cases, "folders and cases at {at:?}");
    }
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

#[test]
fn every_reason_code_of_an_attack_is_in_the_map() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/attacks");
    let map = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for folder in folders() {
        let expect = doors::expect(&folder);
        let (code, outcome) = (expect["code"].as_str().unwrap(), expect["outcome"].as_str().unwrap());
        let mapped = map.contains(&format!("`{code}`"));
        assert!(
            mapped || matches!(outcome, "denied" | "refused"),
            "{folder}: `{code}` is not in testdata/attacks/README.md"
        );
    }
}
