//! Whom somebody trusts to sign. Every text matches whole, never in part.

mod build;
mod text;

use crate::{
    CertificateSigner, Names, PublicKey, Signer, SignerSubject, SubjectKind, pattern::Pattern,
    signer::printable,
};

pub use build::{Github, IssuerMatch, Keyless, SubjectMatch, Workflow};
use text::{Halves, WholeRegex};

/// Whom to trust: conditions that must all hold for one certificate, or one key.
#[derive(Clone, Debug)]
pub struct SignerRule {
    // In the order in which a reader should hear of them.
    conditions: Vec<Condition>,
    words: String,
    names: Names,
}

#[derive(Clone, Debug)]
struct Condition {
    fact: Fact,
    want: Want,
    // Whether a signer without such a thing is taken for one with an empty text. Only a certificate's issuer ever is.
    may_be_absent: bool,
}

impl Condition {
    fn new(fact: Fact, want: Want) -> Self {
        Self { fact, want, may_be_absent: false }
    }
}

/// What a signer is asked for.
#[derive(Clone, Copy, Debug)]
enum Fact {
    Claim(&'static str),
    Extension(u8),
    Issuer,
    Key,
    Subject,
    SubjectKind,
}

/// What the answer must be. An absent or empty answer never is, but where a condition says so.
#[derive(Clone, Debug)]
enum Want {
    /// This text.
    Exact(String),
    /// A text that fits, cut at its first `@` as the pattern is.
    Halves(Halves),
    /// The workflow of this file name, of the repository that the certificate names as its source, at a ref that fits.
    OwnWorkflow { file: Pattern, reference: Pattern },
    /// A text that fits.
    Pattern(Pattern),
    /// A text that fits.
    Regex(WholeRegex),
}

impl SignerRule {
    /// Trusts whoever holds the private half of `key`.
    pub fn key(key: &PublicKey) -> Self {
        let fingerprint = key.fingerprint().to_string();
        let words = format!("key {fingerprint}");
        Self::new(vec![Condition::new(Fact::Key, Want::Exact(fingerprint))], words)
    }

    fn new(conditions: Vec<Condition>, words: String) -> Self {
        Self { conditions, words, names: Names::default() }
    }

    /// The same, comparing other names than [`Names::Sole`]; regular expressions then also match subjects with two `@`. Only
    /// for cosign's verbs.
    #[must_use]
    pub fn with_names(mut self, names: Names) -> Self {
        for condition in &mut self.conditions {
            if let (Fact::Subject, Want::Regex(regex)) = (condition.fact, &mut condition.want) {
                regex.limit_at_signs(names == Names::Sole);
            }
        }
        Self { names, ..self }
    }

    /// Says whom the rule names, for messages.
    pub fn describe(&self) -> &str {
        &self.words
    }

    /// Whether `signer` is whom this rule names.
    ///
    /// # Errors
    /// [`IdentityMismatch`] says which field differs.
    pub fn admits(&self, signer: &Signer) -> Result<(), IdentityMismatch> {
        let Signer::Certificate(certificate) = signer else { return self.fits(signer, None) };
        let mut nearest: Option<IdentityMismatch> = None;
        // THREAT: a certificate with a trusted name and another one, which whoever reads the verdict takes for the signer.
        // See a_rule_of_a_policy_admits_nobody_with_two_names.
        for name in certificate.compared(self.names).map_err(|_| no_name(certificate))? {
            match self.fits(signer, Some(name)) {
                Ok(()) => return Ok(()),
                Err(miss) if nearest.as_ref().is_none_or(|other| other.nearness < miss.nearness) => {
                    nearest = Some(miss);
                }
                Err(_) => {}
            }
        }
        Err(nearest.unwrap_or_else(|| no_name(certificate)))
    }

    fn fits(&self, signer: &Signer, name: Option<&SignerSubject>) -> Result<(), IdentityMismatch> {
        for (nearness, condition) in self.conditions.iter().enumerate() {
            let found = condition.fact.of(signer, name);
            let absent_fits = condition.may_be_absent && matches!(signer, Signer::Certificate(_));
            if (found.is_empty() && !absent_fits) || !condition.want.fits(&found, signer) {
                let wanted = condition.want.words(signer);
                return Err(IdentityMismatch { field: condition.fact.name(), wanted, found, nearness });
            }
        }
        Ok(())
    }
}

fn no_name(certificate: &CertificateSigner) -> IdentityMismatch {
    let found = certificate.names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(", ");
    let wanted = "one URI, mail address or username, and no other name".to_owned();
    IdentityMismatch { field: Fact::Subject.name(), wanted, found, nearness: 0 }
}

impl Fact {
    // Empty where the signer has no such thing.
    fn of(self, signer: &Signer, name: Option<&SignerSubject>) -> String {
        let certificate = match signer {
            Signer::Certificate(certificate) => certificate,
            Signer::Key(key) if matches!(self, Self::Key) => return key.fingerprint.to_string(),
            Signer::Key(_) => return String::new(),
        };
        match self {
            Self::Claim(name) => certificate.claims.get(name).unwrap_or_default().to_owned(),
            Self::Extension(number) => certificate.claims.extension(number).unwrap_or_default().to_owned(),
            Self::Issuer => certificate.issuer.clone(),
            Self::Key => String::new(),
            Self::Subject => name.map(|name| name.value.clone()).unwrap_or_default(),
            Self::SubjectKind => name.map(|name| kind_name(name.kind).to_owned()).unwrap_or_default(),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Claim(name) => name.to_owned(),
            Self::Extension(number) => format!("extension 1.3.6.1.4.1.57264.1.{number}"),
            Self::Issuer => "issuer".to_owned(),
            Self::Key => "key".to_owned(),
            Self::Subject => "subject".to_owned(),
            Self::SubjectKind => "subjectKind".to_owned(),
        }
    }
}

impl Want {
    fn fits(&self, found: &str, signer: &Signer) -> bool {
        match self {
            Self::Exact(text) => text == found,
            Self::Halves(halves) => halves.matches(found),
            Self::OwnWorkflow { file, reference } => own_workflow(found, signer)
                .is_some_and(|(name, at)| file.matches(name) && reference.matches(at)),
            Self::Pattern(pattern) => pattern.matches(found),
            Self::Regex(regex) => regex.matches(found),
        }
    }

    fn words(&self, signer: &Signer) -> String {
        match self {
            Self::Exact(text) => text.clone(),
            Self::Halves(halves) => halves.text(),
            Self::OwnWorkflow { file, reference } => {
                format!("{}{WORKFLOWS}{file}@{reference}", source(signer))
            }
            Self::Pattern(pattern) => pattern.text().to_owned(),
            Self::Regex(regex) => regex.text().to_owned(),
        }
    }
}

const WORKFLOWS: &str = "/.github/workflows/";

fn source(signer: &Signer) -> String {
    Fact::Claim("sourceRepositoryURI").of(signer, None)
}

// THREAT: a trusted workflow's name in a repository that nobody trusts, or a foreign workflow called from a trusted one.
// See a_workflow_counts_only_in_the_repository_that_ran_it.
fn own_workflow<'f>(subject: &'f str, signer: &Signer) -> Option<(&'f str, &'f str)> {
    let (path, reference) = subject.split_once('@')?;
    let file = path.strip_prefix(source(signer).as_str())?.strip_prefix(WORKFLOWS)?;
    Some((file, reference))
}

fn kind_name(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Dns => "dns",
        SubjectKind::Email => "email",
        SubjectKind::Ip => "ip",
        SubjectKind::Other => "other",
        SubjectKind::Uri => "uri",
    }
}

/// Genuine, but not by whom the rule names.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.words())]
pub struct IdentityMismatch {
    /// Which field differs first: `issuer`, `subject`, `subjectKind`, a claim's name, `key`.
    pub field: String,
    /// What the rule wants.
    pub wanted: String,
    /// What the certificate or key says; empty if nothing.
    pub found: String,
    /// How many fields were compared and fitted before: the larger, the nearer the miss.
    pub nearness: usize,
}

impl IdentityMismatch {
    /// Every code, for snapshots and documentation.
    pub const CODES: [&'static str; 2] = ["claim-mismatch", "identity-mismatch"];

    /// Whether the identity fits and only a claim about the run differs: the right workflow, called from elsewhere.
    pub fn is_about_a_claim(&self) -> bool {
        !matches!(self.field.as_str(), "issuer" | "subject" | "subjectKind" | "key")
    }

    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        if self.is_about_a_claim() { "claim-mismatch" } else { "identity-mismatch" }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        "have the image signed by an identity the policy lists, or ask the policy's owner"
    }

    fn words(&self) -> String {
        if self.found.is_empty() {
            return format!("{} is absent, wanted `{}`", self.field, self.wanted);
        }
        format!("{} is `{}`, wanted `{}`", self.field, printable(&self.found), self.wanted)
    }
}

/// Why a rule cannot be built.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct RuleError {
    /// Which field.
    pub field: String,
    /// What is wrong and what to write instead.
    pub why: String,
}

impl RuleError {
    pub(crate) fn new(field: &str, why: impl Into<String>) -> Self {
        Self { field: field.to_owned(), why: why.into() }
    }
}
