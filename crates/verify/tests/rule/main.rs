//! Whom a rule names, and whom it does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

#[path = "../support/sample.rs"]
mod sample;

mod claims;
mod github;
mod refusals;
mod subject;

use std::collections::BTreeMap;

use rcgen::SanType;
use sample::Sample;
use sealgate_verify::{
    Signer, SignerRule,
    rule::{Github, IssuerMatch, Keyless, SubjectMatch, Workflow},
};

pub(crate) const GOOGLE: &str = "https://accounts.google.com";

pub(crate) fn signer(sample: &Sample) -> Signer {
    Signer::Certificate(sample.read().unwrap())
}

pub(crate) fn of(issuer: &str, name: SanType) -> Signer {
    let mut sample = Sample::new().name(name);
    sample.extensions = vec![];
    signer(&if issuer.is_empty() { sample } else { sample.text(8, issuer) })
}

pub(crate) fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

pub(crate) fn keyless(issuer: &str, subject: SubjectMatch) -> Keyless {
    Keyless {
        issuer: IssuerMatch::Exact(issuer.into()),
        subject,
        subject_kind: None,
        claims: BTreeMap::new(),
        extensions: BTreeMap::new(),
    }
}

pub(crate) fn pattern(text: &str) -> SubjectMatch {
    SubjectMatch::Pattern(text.into())
}

pub(crate) fn regex(text: &str) -> SubjectMatch {
    SubjectMatch::Regex(text.into())
}

// The first differing field, or nothing if the rule admits.
pub(crate) fn miss(rule: &SignerRule, signer: &Signer) -> Option<(String, usize)> {
    let mismatch = rule.admits(signer).err()?;
    let of_identity = ["issuer", "subject", "subjectKind", "key"].contains(&mismatch.field.as_str());
    assert_eq!(mismatch.code(), if of_identity { "identity-mismatch" } else { "claim-mismatch" });
    Some((mismatch.field, mismatch.nearness))
}

pub(crate) fn admits(rule: &Keyless, signer: &Signer) -> bool {
    SignerRule::keyless(rule).unwrap().admits(signer).is_ok()
}

pub(crate) fn github() -> Github {
    Github {
        repository: "acme/*".into(),
        workflow: Workflow::Own("release.yml".into()),
        reference: "refs/tags/v*".into(),
        owner_id: None,
        repository_id: None,
        trigger: None,
        runner: None,
    }
}

pub(crate) fn run(subject: &str, repository: &str, reference: &str) -> Sample {
    Sample::new()
        .name(uri(&format!("https://github.com/{subject}")))
        .text(12, &format!("https://github.com/{repository}"))
        .text(14, reference)
}
