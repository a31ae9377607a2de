//! Rules from what somebody writes. What cannot be meant is refused here, whoever calls.

use std::collections::BTreeMap;

use super::{
    Condition, Fact, RuleError, SignerRule, WORKFLOWS, Want, kind_name,
    text::{Halves, WholeRegex, is_all_wildcard, pattern},
};
use crate::{
    SubjectKind,
    signer::{CLAIM_NAMES, GITHUB_ISSUER},
};

/// An identity in a certificate: issuer and subject belong to one certificate.
#[derive(Clone, Debug)]
pub struct Keyless {
    /// Who must have issued the identity token.
    pub issuer: IssuerMatch,
    /// To whom.
    pub subject: SubjectMatch,
    /// Of which kind the subject must be; where absent, a pattern says it itself (`://`, else `@`) and all others take any.
    pub subject_kind: Option<SubjectKind>,
    /// Claims by name, each a text with wildcards. In those that are URIs, text and pattern are cut at their first `@`.
    pub claims: BTreeMap<String, String>,
    /// Extensions 1.3.6.1.4.1.57264.1.N by N, exactly as the certificate has them; for cosign's five
    /// `--certificate-github-workflow-...`, which are 2 to 6.
    pub extensions: BTreeMap<u8, String>,
}

/// How an issuer is named. Never with wildcards.
#[derive(Clone, Debug)]
pub enum IssuerMatch {
    /// This text.
    Exact(String),
    /// A regular expression over all of it.
    Regex(String),
    /// The same, where a certificate without an issuer is taken for one with an empty text. Only for cosign's flags.
    RegexOrAbsent(String),
}

/// How a subject is named.
#[derive(Clone, Debug)]
pub enum SubjectMatch {
    /// Whatever the issuer says.
    Any,
    /// This text, `*` included.
    Exact(String),
    /// Text with wildcards, cut at its first `@` as the subject is.
    Pattern(String),
    /// A regular expression over all of it. A subject with two `@` never matches.
    Regex(String),
}

/// A workflow run at github.com.
#[derive(Clone, Debug)]
pub struct Github {
    /// Whose source: `owner/name`, with wildcards.
    pub repository: String,
    /// Which workflow signed.
    pub workflow: Workflow,
    /// At which ref of the source: `refs/tags/v*`, or `**` for any.
    pub reference: String,
    /// The owner's number, which no renaming changes.
    pub owner_id: Option<String>,
    /// The repository's number, which no renaming changes.
    pub repository_id: Option<String>,
    /// The event that triggered the run.
    pub trigger: Option<String>,
    /// `github-hosted` or `self-hosted`.
    pub runner: Option<String>,
}

/// Which workflow signed.
#[derive(Clone, Debug)]
pub enum Workflow {
    /// The file of this name, of the repository that ran it, at a ref that matches too.
    Own(String),
    /// `owner/name/.github/workflows/file@ref`, called by the repository.
    Reusable(String),
}

impl SignerRule {
    /// Trusts an identity that an issuer vouches for.
    ///
    /// # Errors
    /// [`RuleError`] if a field cannot be meant so.
    pub fn keyless(rule: &Keyless) -> Result<Self, RuleError> {
        let (issuer, issuer_words) = match &rule.issuer {
            IssuerMatch::Exact(text) if text.is_empty() => {
                return Err(RuleError::new("issuer", "an issuer must not be empty"));
            }
            IssuerMatch::Exact(text) if text.contains('*') => {
                return Err(RuleError::new(
                    "issuer",
                    "an issuer takes no wildcard; write it whole, or use a regular expression",
                ));
            }
            IssuerMatch::Exact(text) => (Want::Exact(text.clone()), text.clone()),
            IssuerMatch::Regex(text) | IssuerMatch::RegexOrAbsent(text) => {
                (Want::Regex(WholeRegex::parse("issuerRegex", text)?), format!("~ {text}"))
            }
        };
        let may_be_absent = matches!(rule.issuer, IssuerMatch::RegexOrAbsent(_));
        let mut conditions = vec![Condition { fact: Fact::Issuer, want: issuer, may_be_absent }];
        let (subject, subject_words) = subject(&rule.subject)?;
        if let Some(kind) = subject_kind(rule)? {
            conditions.push(Condition::new(Fact::SubjectKind, Want::Exact(kind_name(kind).to_owned())));
        }
        conditions.extend(subject.map(|want| Condition::new(Fact::Subject, want)));
        let mut words = format!("{subject_words} (issuer {issuer_words})");
        for (name, text) in &rule.claims {
            let field = format!("claims.{name}");
            let known = CLAIM_NAMES.iter().find(|(number, known)| *number > 8 && known == name);
            let (_, name) =
                known.ok_or_else(|| RuleError::new(&field, "no certificate has a claim of this name"))?;
            let want = if name.ends_with("URI") {
                Want::Halves(Halves::parse(&field, text)?)
            } else {
                Want::Pattern(pattern(&field, text)?)
            };
            conditions.push(Condition::new(Fact::Claim(name), want));
            words.push_str(&format!(", {name} {text}"));
        }
        for (number, text) in &rule.extensions {
            let field = format!("extensions.{number}");
            if !(1..=24).contains(number) || *number == 7 {
                return Err(RuleError::new(&field, "no certificate has an extension of this number"));
            }
            if text.is_empty() {
                return Err(RuleError::new(&field, "an empty text matches nothing"));
            }
            conditions.push(Condition::new(Fact::Extension(*number), Want::Exact(text.clone())));
            words.push_str(&format!(", 1.3.6.1.4.1.57264.1.{number} {text}"));
        }
        Ok(Self::new(conditions, words))
    }

    /// Trusts a workflow at github.com, for a source that is named too.
    ///
    /// # Errors
    /// [`RuleError`] if a field cannot be meant so.
    pub fn github(rule: &Github) -> Result<Self, RuleError> {
        let is_pinned = rule.owner_id.is_some() || rule.repository_id.is_some();
        let repository = repository(&rule.repository, is_pinned)?;
        let reference = pattern("ref", &rule.reference)?;
        if !rule.reference.starts_with("refs/") && !rule.reference.starts_with("**") {
            let why = "a ref is written in full, such as `refs/heads/main` or `refs/tags/v*`; `**` is any";
            return Err(RuleError::new("ref", why));
        }
        let issuer = Condition::new(Fact::Issuer, Want::Exact(GITHUB_ISSUER.to_owned()));
        let kind = Condition::new(Fact::SubjectKind, Want::Exact(kind_name(SubjectKind::Uri).to_owned()));
        let source = Condition::new(Fact::Claim("sourceRepositoryURI"), Want::Pattern(repository.clone()));
        let at = Condition::new(Fact::Claim("sourceRepositoryRef"), Want::Pattern(reference.clone()));
        let (mut conditions, mut words) = match &rule.workflow {
            Workflow::Own(file) => {
                let words = format!("{repository}{WORKFLOWS}{file} at {reference}");
                let file = workflow_file(file)?;
                let named =
                    Halves::parse("repository", &format!("{repository}{WORKFLOWS}{file}@{reference}"))?;
                let named = Condition::new(Fact::Subject, Want::Halves(named));
                let own = Condition::new(Fact::Subject, Want::OwnWorkflow { file, reference });
                (vec![issuer, kind, named, source, at, own], words)
            }
            Workflow::Reusable(text) => {
                let subject = reusable_workflow(text)?;
                let words = format!("{} called by {repository} at {reference}", subject.text());
                (vec![issuer, kind, Condition::new(Fact::Subject, Want::Halves(subject)), source, at], words)
            }
        };
        let numbers = [
            ("ownerId", "sourceRepositoryOwnerIdentifier", &rule.owner_id),
            ("repositoryId", "sourceRepositoryIdentifier", &rule.repository_id),
        ];
        for (field, claim, number) in numbers {
            let Some(number) = number else { continue };
            if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(RuleError::new(
                    field,
                    "a number of decimal digits is wanted, as the REST API of GitHub gives it as `id`",
                ));
            }
            conditions.push(Condition::new(Fact::Claim(claim), Want::Exact(number.clone())));
            words.push_str(&format!(", {field} {number}"));
        }
        for (field, claim, text) in
            [("trigger", "buildTrigger", &rule.trigger), ("runner", "runnerEnvironment", &rule.runner)]
        {
            let Some(text) = text else { continue };
            conditions.push(Condition::new(Fact::Claim(claim), Want::Pattern(pattern(field, text)?)));
            words.push_str(&format!(", {field} {text}"));
        }
        Ok(Self::new(conditions, words))
    }
}

fn subject(subject: &SubjectMatch) -> Result<(Option<Want>, String), RuleError> {
    Ok(match subject {
        SubjectMatch::Any => (None, "any subject".to_owned()),
        SubjectMatch::Exact(text) if text.is_empty() => {
            return Err(RuleError::new("subject", "a subject must not be empty"));
        }
        SubjectMatch::Exact(text) => (Some(Want::Exact(text.clone())), text.clone()),
        SubjectMatch::Pattern(text) if is_all_wildcard(text) => {
            return Err(RuleError::new(
                "subject",
                "this matches every subject; say so with `anySubject: true`, or name one",
            ));
        }
        SubjectMatch::Pattern(text) => (Some(Want::Halves(Halves::parse("subject", text)?)), text.clone()),
        SubjectMatch::Regex(text) => {
            (Some(Want::Regex(WholeRegex::parse("subjectRegex", text)?.of_a_subject())), format!("~ {text}"))
        }
    })
}

fn subject_kind(rule: &Keyless) -> Result<Option<SubjectKind>, RuleError> {
    match (&rule.subject, rule.subject_kind) {
        (SubjectMatch::Pattern(text), None) if text.contains("://") => Ok(Some(SubjectKind::Uri)),
        (SubjectMatch::Pattern(text), None) if text.contains('@') => Ok(Some(SubjectKind::Email)),
        (SubjectMatch::Pattern(_), None) => Err(RuleError::new(
            "subjectKind",
            "the subject has neither `://` nor `@`; write `subjectKind: uri`, `email` or `other`",
        )),
        (_, Some(SubjectKind::Dns | SubjectKind::Ip)) => {
            Err(RuleError::new("subjectKind", "no policy can mean a host or an address"))
        }
        (_, kind) => Ok(kind),
    }
}

// Every public repository has workflows, so somebody must be named.
fn repository(text: &str, is_pinned: bool) -> Result<crate::pattern::Pattern, RuleError> {
    let field = "repository";
    if text.contains("://") || text.starts_with("github.com/") || text.contains(['@', ' ']) {
        return Err(RuleError::new(
            field,
            "a repository is written `owner/name`, without a host, scheme or ref",
        ));
    }
    let owner = text.split('/').next().unwrap_or_default();
    let has_name = text.contains('/') || text == "**";
    if owner.is_empty() || !has_name {
        return Err(RuleError::new(
            field,
            "a repository is written `owner/name`; `owner/*` is any of that owner",
        ));
    }
    if is_all_wildcard(owner) && !is_pinned {
        return Err(RuleError::new(
            field,
            "anybody can have a repository at GitHub; name the owner, or give `ownerId` or `repositoryId`",
        ));
    }
    pattern(field, &format!("https://github.com/{text}"))
}

fn workflow_file(text: &str) -> Result<crate::pattern::Pattern, RuleError> {
    if text.is_empty() || text == "**" || text.contains(['/', '@']) {
        return Err(RuleError::new(
            "workflow",
            "a workflow is named by its file, such as `release.yml`, without path or ref",
        ));
    }
    pattern("workflow", text)
}

fn reusable_workflow(text: &str) -> Result<Halves, RuleError> {
    let field = "reusableWorkflow";
    let why = "a reusable workflow is written `owner/name/.github/workflows/file.yml@refs/tags/v1`";
    let (path, reference) = text.split_once('@').ok_or_else(|| RuleError::new(field, why))?;
    let (repository, file) = path.split_once(WORKFLOWS).ok_or_else(|| RuleError::new(field, why))?;
    let is_placed = repository.split('/').count() == 2
        && !file.is_empty()
        && !file.contains('/')
        && !text.contains("://");
    if !is_placed || !(reference.starts_with("refs/") || reference.starts_with("**") || is_commit(reference))
    {
        return Err(RuleError::new(field, why));
    }
    if repository.split('/').next().is_none_or(is_all_wildcard) {
        return Err(RuleError::new(field, "anybody can have a workflow at GitHub; name its owner"));
    }
    Halves::parse(field, &format!("https://github.com/{text}"))
}

// GitHub puts the commit where a workflow is called by its commit.
fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
