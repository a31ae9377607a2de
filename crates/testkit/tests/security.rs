//! `SECURITY.md` promises nothing that no test holds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every test function of the project.
fn tests() -> BTreeSet<String> {
    fn walk(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                walk(&path, found);
            } else if name.ends_with(".rs") {
                found.extend(tests_of(&fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&top().join("crates"), &mut found);
    walk(&top().join("webhook"), &mut found);
    found
}

fn tests_of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        marked |= ["#[test]", "#[rstest", "#[tokio::test"].iter().any(|mark| line.starts_with(mark));
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(rest) = function {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            found.extend(std::mem::take(&mut marked).then(|| name.to_owned()));
        }
    }
    found
}

/// The rows of all tables whose last column is `test`: the threat and what is named there.
fn threats(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut rows = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match cells.as_slice() {
            ["threat", "test"] => inside = true,
            [threat, names] if inside && !threat.starts_with("---") => {
                rows.push((*threat, names.split(", ").collect()));
            }
            [_, _] => {}
            _ => inside = false,
        }
    }
    rows
}

#[test]
fn every_threat_names_a_test_that_exists() {
    let text = fs::read_to_string(top().join("SECURITY.md")).unwrap();
    let (rows, known) = (threats(&text), tests());
    assert!(rows.len() > 40, "the tables are not where they are looked for: {}", rows.len());
    let attacks = top().join("testdata/attacks");
    let exists = |name: &str| known.contains(name) || attacks.join(name).join("expect.toml").is_file();
    let mut missing = Vec::new();
    for (threat, names) in &rows {
        for name in names {
            let bare = name.strip_prefix('`').and_then(|name| name.strip_suffix('`'));
            if !bare.is_some_and(exists) {
                missing.push(format!("{threat}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "threats without a test:\n  {}", missing.join("\n  "));
}

#[test]
fn a_function_counts_as_a_test_only_if_it_is_marked() {
    let text = "#[test]\nfn one() {}\nfn two() {}\n#[rstest]\n#[case(1)]\nasync fn three(#[case] n: u8) {}\n";
    assert_eq!(tests_of(text), ["one", "three"]);
    let table =
        "| threat | test |\n|---|---|\n| fire | `one`, `two` |\n\n| other | table |\n|---|---|\n| a | b |\n";
    assert_eq!(threats(table), [("fire", vec!["`one`", "`two`"])]);
}
