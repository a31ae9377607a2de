//! Signers as `sealgate-verify` understands them.

use sealgate_verify::{
    RuleError, SignerRule, SubjectKind,
    rule::{Github, IssuerMatch, Keyless, SubjectMatch, Workflow},
    signer::CLAIM_NAMES,
};

use super::document::{ClaimSpec, GithubSpec, KeylessSpec, SubjectKindSpec};

/// The rule of a `keyless` signer that has exactly one issuer and one subject.
pub(super) fn keyless(spec: &KeylessSpec) -> Result<SignerRule, RuleError> {
    let issuer = match (&spec.issuer, &spec.issuer_regex) {
        (_, Some(pattern)) => IssuerMatch::Regex(pattern.clone()),
        (issuer, None) => IssuerMatch::Exact(issuer.clone().unwrap_or_default()),
    };
    let subject = match (&spec.subject, &spec.subject_regex, spec.any_subject) {
        (Some(subject), _, _) => SubjectMatch::Pattern(subject.clone()),
        (_, Some(pattern), _) => SubjectMatch::Regex(pattern.clone()),
        (_, _, Some(true)) => SubjectMatch::Any,
        _ => SubjectMatch::Exact(String::new()),
    };
    let claims =
        spec.claims.iter().flatten().map(|(name, ClaimSpec(text))| (name.clone(), text.clone())).collect();
    SignerRule::keyless(&Keyless {
        issuer,
        subject,
        subject_kind: subject_kind(spec),
        claims,
        extensions: [].into(),
    })
}

/// The rule of a `github` signer.
pub(super) fn github(spec: &GithubSpec) -> Result<SignerRule, RuleError> {
    let workflow = match (&spec.workflow, &spec.reusable_workflow) {
        (_, Some(reusable)) => Workflow::Reusable(reusable.clone()),
        (own, None) => Workflow::Own(own.clone().unwrap_or_default()),
    };
    SignerRule::github(&Github {
        repository: spec.repository.clone().unwrap_or_default(),
        workflow,
        reference: spec.r#ref.clone().unwrap_or_default(),
        owner_id: spec.owner_id.clone(),
        repository_id: spec.repository_id.clone(),
        trigger: spec.trigger.clone(),
        runner: spec.runner.clone(),
    })
}

/// The kind of subject, stated or read from its text.
pub(super) fn subject_kind(spec: &KeylessSpec) -> Option<SubjectKind> {
    match (spec.subject_kind, spec.subject.as_deref()) {
        (Some(SubjectKindSpec::Email), _) => Some(SubjectKind::Email),
        (Some(SubjectKindSpec::Other), _) => Some(SubjectKind::Other),
        (Some(SubjectKindSpec::Uri), _) => Some(SubjectKind::Uri),
        (None, Some(subject)) if subject.contains("://") => Some(SubjectKind::Uri),
        (None, Some(subject)) if subject.contains('@') => Some(SubjectKind::Email),
        (None, _) => None,
    }
}

/// The claims that a signer may name: extensions 1.9 to 1.24.
pub(super) fn claims() -> impl Iterator<Item = &'static str> {
    CLAIM_NAMES.iter().filter(|(number, _)| *number > 8).map(|(_, name)| *name)
}
