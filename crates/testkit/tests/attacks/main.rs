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
    /// The reason code.
    code: String,
    /// `deny`, `unknown`, or `refused` for documents; `denied` by the webhook, which makes no difference.
    outcome: String,
    /// `webhook`, where only that door can meet the attack.
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

/// Whether the attack is the webhook's alone.
fn at_the_webhook(folder: &str) -> bool {
    doors::expect(folder).get("door").is_some_and(|door| door.as_str() == Some("webhook"))
}

#[rstest]
fn attack_is_denied_and_its_twin_allowed(#[files("../../testdata/attacks/*/expect.toml")] path: PathBuf) {
    let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
    let expect: Expect = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let run = |attack| match expect.door.as_deref() {
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
    let named: BTreeSet<String> = cases().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(named.len(), cases().count(), "two cases of one name");
    let here: BTreeSet<String> = folders().into_iter().filter(|folder| !at_the_webhook(folder)).collect();
    assert_eq!(here.difference(&named).collect::<Vec<_>>(), Vec::<&String>::new(), "folders without a case");
    assert_eq!(named.difference(&here).collect::<Vec<_>>(), Vec::<&String>::new(), "cases without a folder");
    let there: BTreeSet<String> = folders().into_iter().filter(|folder| at_the_webhook(folder)).collect();
    let named: BTreeSet<String> = webhook::TABLE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, named, "folders and cases of the webhook");
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
