//! Reason codes: unique, and never renamed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

use std::collections::BTreeSet;

use sealgate_verify::{Digest, EvidenceError, SignerError, all_codes};

#[test]
fn codes_are_unique_and_never_renamed() {
    let codes = all_codes();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "a code twice");
    for code in &codes {
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
    }
    insta::assert_snapshot!(codes.join("\n"));
}

#[test]
fn every_signer_and_evidence_error_has_a_listed_code_and_tells_the_reader_what_to_do() {
    let signer = [
        SignerError::Contradiction { old: 1, new: 8 },
        SignerError::Disagreement { field: "subject" },
        SignerError::DuplicateExtension { oid: "2.5.29.17".into() },
        SignerError::Malformed,
        SignerError::MalformedExtension { number: 8 },
        SignerError::MalformedSubject,
        SignerError::Limit { what: "bytes", limit: 1, found: 2 },
        SignerError::SubjectCount { found: 2 },
        SignerError::SubjectKind { found: "dNSName" },
    ];
    let used: BTreeSet<_> = signer.iter().map(SignerError::code).collect();
    assert_eq!(used, SignerError::CODES.into(), "no code unlisted, none unused");
    assert!(signer.iter().all(|error| !error.help().is_empty() && !error.to_string().ends_with('.')));

    let digest = Digest::sha256(b"");
    let source = serde_json::from_str::<u8>("x").unwrap_err();
    let evidence = [
        EvidenceError::Digest { field: "x".into(), expected: digest.clone(), found: digest },
        EvidenceError::Limit { what: "bytes", limit: 1, found: 2 },
        EvidenceError::Unreadable { line: 1, column: 1, source },
        EvidenceError::Version("2".into()),
    ];
    let used: BTreeSet<_> = evidence.iter().map(EvidenceError::code).collect();
    assert_eq!(used, EvidenceError::CODES.into());
    assert!(evidence.iter().all(|error| !error.help().is_empty() && !error.to_string().ends_with('.')));
}
