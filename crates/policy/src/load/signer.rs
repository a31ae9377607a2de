//! One signer: from what is written to whom it names.

use std::collections::BTreeMap;

use sealgate_verify::{Expression, LogRule, PublicKey, SignerRule};
use serde_json::{Value, json};

use super::{
    document::{GithubSpec, KeySpec, KeylessSpec, LogSpec, SignerSpec},
    fault::Fault,
    node::Path,
    read::Reading,
    rule, text,
};
use crate::{
    limits,
    model::{Signer, Who},
};

/// The root that vouches where a signer names none.
pub(super) const DEFAULT_ROOT: &str = "public-good";

/// Reads a signer; `None` if it is too faulty to go on.
pub(super) fn read(reading: &mut Reading<'_>, path: &Path, spec: SignerSpec) -> Option<Signer> {
    let kinds =
        [("keyless", spec.keyless.is_some()), ("github", spec.github.is_some()), ("key", spec.key.is_some())];
    if !reading.exactly_one(path, &kinds) {
        return None;
    }
    if spec.transparency_log.is_some() && spec.key.is_none() {
        let why = "`transparencyLog` stands beside a signer that is no key".to_owned();
        let instead = "remove it: whether a certificate's signature needs a log entry is read from the root";
        reading.fault(&path.field("transparencyLog"), Fault::Contradiction { why, instead });
    }
    let mut roots = spec.roots.unwrap_or_else(|| vec![DEFAULT_ROOT.to_owned()]);
    roots.sort();
    for (left, right) in roots.iter().zip(roots.iter().skip(1)) {
        if left == right {
            reading.fault(&path.field("roots"), Fault::Repeated { name: left.clone() });
        }
    }
    let (who, mut meaning) = if let Some(spec) = spec.keyless {
        keyless(reading, &path.field("keyless"), spec)?
    } else if let Some(spec) = spec.github {
        github(reading, &path.field("github"), spec)?
    } else {
        let log = match spec.transparency_log {
            Some(LogSpec::None) => LogRule::None,
            Some(LogSpec::Required) | None => LogRule::Required,
        };
        key(reading, &path.field("key"), spec.key.unwrap_or_default(), log)?
    };
    if let Some(meaning) = meaning.as_object_mut() {
        meaning.insert("roots".to_owned(), json!(roots));
    }
    Some(Signer { roots, who, meaning })
}

impl Signer {
    /// The key's fingerprint, if this is a key.
    pub(super) fn key_fingerprint(&self) -> Option<String> {
        match &self.who {
            Who::Identity(_) => None,
            Who::Key { key, .. } => Some(key.fingerprint().to_string()),
        }
    }
}

type Read = Option<(Who, Value)>;

fn keyless(reading: &mut Reading<'_>, path: &Path, spec: KeylessSpec) -> Read {
    let before = reading.faults.len();
    let issuers = [("issuer", spec.issuer.is_some()), ("issuerRegex", spec.issuer_regex.is_some())];
    reading.exactly_one(path, &issuers);
    let subjects = [
        ("subject", spec.subject.is_some()),
        ("subjectRegex", spec.subject_regex.is_some()),
        ("anySubject", spec.any_subject.is_some()),
    ];
    reading.exactly_one(path, &subjects);
    if let Some(issuer) = &spec.issuer {
        literal(reading, &path.field("issuer"), issuer, "issuerRegex");
        if issuer.contains('*') {
            let why = "an issuer takes no wildcard".to_owned();
            reading.fault(
                &path.field("issuer"),
                Fault::Contradiction { why, instead: "write the issuer whole, or use `issuerRegex`" },
            );
        }
    }
    if let Some(text) = &spec.issuer_regex {
        regex(
            reading,
            &path.field("issuerRegex"),
            text,
            "write the issuer; whoever may run an issuer may claim any subject",
        );
    }
    if let Some(subject) = &spec.subject {
        let at = path.field("subject");
        literal(reading, &at, subject, "subjectRegex");
        if text::pattern_matches_everything(subject) {
            reading.fault(
                &at,
                Fault::MatchesEverything {
                    text: subject.clone(),
                    instead: "write `anySubject: true`, if that is meant",
                },
            );
        } else if spec.subject_kind.is_none() && !subject.contains("://") && !subject.contains('@') {
            reading.fault(&at, Fault::SubjectKind { text: subject.clone() });
        }
    }
    if let Some(text) = &spec.subject_regex {
        let at = path.field("subjectRegex");
        regex(reading, &at, text, "write `anySubject: true`, if that is meant");
        if spec.subject_kind.is_none() {
            reading.fault(&at, Fault::SubjectKind { text: text.clone() });
        }
    }
    for (name, value) in spec.claims.iter().flatten() {
        let at = path.field("claims").field(name);
        if !rule::claims().any(|claim| claim == name) {
            let near = super::near::nearest(name, rule::claims()).map(str::to_owned);
            reading.fault(&at, Fault::Claim { claim: name.clone(), near });
        }
        literal(reading, &at, &value.0, "subjectRegex");
    }
    if reading.faults.len() > before {
        return None;
    }
    let built = rule::keyless(&spec);
    let rule = built.map_err(|error| reading.fault(&under(path, &error.field), rule_fault(error))).ok()?;
    let claims_meant: BTreeMap<&String, &String> =
        spec.claims.iter().flatten().map(|(name, value)| (name, &value.0)).collect();
    let meaning = json!({ "keyless": {
        "issuer": spec.issuer, "issuerRegex": spec.issuer_regex,
        "subject": spec.subject, "subjectRegex": spec.subject_regex, "anySubject": spec.any_subject,
        "subjectKind": rule::subject_kind(&spec), "claims": claims_meant,
    }});
    Some((Who::Identity(rule), meaning))
}

fn github(reading: &mut Reading<'_>, path: &Path, spec: GithubSpec) -> Read {
    let before = reading.faults.len();
    let workflows =
        [("workflow", spec.workflow.is_some()), ("reusableWorkflow", spec.reusable_workflow.is_some())];
    reading.exactly_one(path, &workflows);
    let texts = [
        ("repository", &spec.repository),
        ("workflow", &spec.workflow),
        ("reusableWorkflow", &spec.reusable_workflow),
        ("ref", &spec.r#ref),
        ("ownerId", &spec.owner_id),
        ("repositoryId", &spec.repository_id),
        ("trigger", &spec.trigger),
        ("runner", &spec.runner),
    ];
    for (field, value) in texts {
        if let Some(value) = value {
            literal(reading, &path.field(field), value, "keyless.subjectRegex");
        }
    }
    if let Some(repository) = &spec.repository {
        let is_pinned = spec.owner_id.is_some() || spec.repository_id.is_some();
        if text::pattern_matches_everything(repository) && !is_pinned {
            let instead =
                "name an owner, such as `acme/*`, or add `ownerId`; anybody can have a repository at GitHub";
            reading.fault(
                &path.field("repository"),
                Fault::MatchesEverything { text: repository.clone(), instead },
            );
        }
    }
    if reading.faults.len() > before {
        return None;
    }
    let built = rule::github(&spec);
    let rule = built.map_err(|error| reading.fault(&under(path, &error.field), rule_fault(error))).ok()?;
    let meaning = json!({ "github": {
        "repository": spec.repository, "workflow": spec.workflow, "reusableWorkflow": spec.reusable_workflow,
        "ref": spec.r#ref, "ownerId": spec.owner_id, "repositoryId": spec.repository_id,
        "trigger": spec.trigger, "runner": spec.runner,
    }});
    Some((Who::Identity(rule), meaning))
}

fn key(reading: &mut Reading<'_>, path: &Path, spec: KeySpec, log: LogRule) -> Read {
    let pem = spec.pem.unwrap_or_default();
    let key = match PublicKey::from_pem(&pem) {
        Ok(key) => key,
        Err(error) => {
            reading.fault(&path.field("pem"), Fault::Key { why: error.why });
            return None;
        }
    };
    let fingerprint = key.fingerprint().to_string();
    let rule = SignerRule::key(&key);
    let is_logged = log == LogRule::Required;
    let meaning = json!({ "key": { "fingerprint": fingerprint, "log": is_logged } });
    Some((Who::Key { key, log, rule }, meaning))
}

fn literal(reading: &mut Reading<'_>, path: &Path, value: &str, field: &'static str) {
    if text::looks_like_regex(value) {
        reading.fault(path, Fault::LooksLikeRegex { text: value.to_owned(), field });
    }
}

fn regex(reading: &mut Reading<'_>, path: &Path, written: &str, instead: &'static str) {
    // What cannot be compiled is refused when the rule is built.
    let read = Expression::parse(written, limits::REGEX_BYTES);
    if read.is_ok_and(|expression| text::regex_matches_everything(&expression)) {
        reading.fault(path, Fault::MatchesEverything { text: written.to_owned(), instead });
    }
}

fn rule_fault(error: sealgate_verify::RuleError) -> Fault {
    Fault::Rule { field: error.field, why: error.why }
}

/// The path of the field that a rule's error names.
fn under(path: &Path, field: &str) -> Path {
    field.split('.').filter(|step| !step.is_empty()).fold(path.clone(), |path, step| path.field(step))
}
