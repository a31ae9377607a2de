//! Reason codes are words that others rely on: unique, and never renamed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop")]

use std::collections::BTreeSet;

use sealgate_verify::all_codes;

#[test]
fn codes_are_unique_and_never_renamed() {
    let codes = all_codes();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    let kebab = |code: &str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    assert!(codes.iter().all(|code| kebab(code)));
    insta::assert_snapshot!(codes.join("\n"));
}
