//! Reason codes are forever: pipelines and runbooks name them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::collections::BTreeSet;

const CODES: [&str; 33] = [
    "tuf-anchor",
    "tuf-cache-busy",
    "tuf-cache-format",
    "tuf-cache-io",
    "tuf-cache-too-large",
    "tuf-clock",
    "tuf-expired",
    "tuf-integrity",
    "tuf-limit",
    "tuf-malformed",
    "tuf-mirror-answer",
    "tuf-mirror-file",
    "tuf-mirror-name",
    "tuf-mirror-packed",
    "tuf-mirror-redirect",
    "tuf-mirror-slow",
    "tuf-mirror-too-large",
    "tuf-mirror-unreachable",
    "tuf-missing",
    "tuf-no-trusted-root",
    "tuf-piece",
    "tuf-pieces",
    "tuf-rollback",
    "tuf-root-version",
    "tuf-specification",
    "tuf-target",
    "tuf-threshold",
    "tuf-too-old",
    "tuf-version",
    "tuf-wrong-role",
    // Of the files that are given by name.
    "roots-count",
    "roots-duplicate",
    "roots-pieces",
];

#[test]
fn no_code_is_given_twice_or_renamed() {
    let sources = [
        include_str!("../src/fault.rs"),
        include_str!("../src/mirror.rs"),
        include_str!("../src/store.rs"),
        include_str!("../src/error.rs"),
    ];
    let arms = sources.iter().flat_map(|text| text.lines()).filter_map(|line| line.split("=> \"").nth(1));
    let found: Vec<&str> =
        arms.filter_map(|rest| rest.split('"').next()).filter(|code| is_code(code)).collect();
    let unique: BTreeSet<&str> = found.iter().copied().collect();
    assert_eq!(unique.len(), found.len(), "a code is given twice: {found:?}");
    for code in CODES {
        assert!(unique.contains(code), "{code} is gone");
    }
    let unnamed: Vec<_> =
        unique.iter().filter(|code| code.starts_with("tuf-") && !CODES.contains(code)).collect();
    assert!(unnamed.is_empty(), "not in the list: {unnamed:?}");
}

fn is_code(text: &str) -> bool {
    (text.starts_with("tuf-") || text.starts_with("roots-")) && !text.contains(' ')
}
