//! Judges one candidate signature as the meaning of the flags asks.

mod refusal;
mod wording;

use std::collections::BTreeMap;

use sealgate::verify::{
    Artifact, Authentic, Bundle, CertificateSigner, Content, Digest, IdentityMismatch, Item, LogRecord,
    LogRule, Names, ProvenTime, PublicKey, Signer, SignerRule, TimeSource, Timestamp, TrustedRoot, Verified,
    Verifier, VerifyError,
};

use super::{
    certificate,
    sct::Beside,
    trust::{Later, Stale},
};
use crate::go::regexp;
pub(crate) use refusal::{Circumstances, Encoding, KeyKind, Miss, Refusal};

/// Everything that the flags mean for one signature.
#[derive(Debug)]
pub(crate) struct Judge {
    /// Whom to trust.
    pub(crate) whom: Whom,
    /// The root, less what `--insecure-*` forgot.
    pub(crate) root: TrustedRoot,
    /// Where a newer one can be had.
    pub(crate) later: Option<Later>,
    /// Whether a log entry is needed.
    pub(crate) log: LogRule,
    /// Whether a certificate needs a signed certificate timestamp.
    pub(crate) sct: bool,
    /// `--sct`, for older signatures whose certificate holds none.
    pub(crate) beside: Beside,
    /// `--use-signed-timestamps`
    pub(crate) timestamp: bool,
    /// `--check-claims`
    pub(crate) bound: bool,
    /// The clock.
    pub(crate) now: Timestamp,
    /// Whether the root was put together from single files, where cosign has other words.
    pub(crate) pieced: bool,
    /// Whether certificates beside an older signature may stand between its own and a root.
    pub(crate) chains: bool,
}

/// Whom to trust.
#[derive(Debug)]
pub(crate) enum Whom {
    /// Somebody with a certificate.
    Identity(Box<Identity>),
    /// The holder of a key.
    Key {
        /// The key.
        key: PublicKey,
        /// Nobody else.
        rule: SignerRule,
    },
    /// Patterns that cannot be read admit nobody; cosign notices only when there is a signature to compare.
    Unreadable(Vec<PatternError>),
}

/// A pattern that Go's engine, or ours, does not read.
#[derive(Clone, Debug)]
pub(crate) struct PatternError {
    /// `subject` or `issuer`.
    pub(crate) field: &'static str,
    /// As typed.
    pub(crate) pattern: String,
    /// Go's text.
    pub(crate) why: String,
}

/// Whom the identity flags name.
#[derive(Debug)]
pub(crate) struct Identity {
    /// What bundles must satisfy.
    pub(crate) rules: Rules,
    /// The same for the older format, where cosign reads issuers otherwise.
    pub(crate) older_rules: Rules,
    /// As typed, for messages.
    pub(crate) subject: Wanted,
    /// As typed, for messages.
    pub(crate) issuer: Wanted,
    /// `--certificate-github-workflow-*`, by the last arc of the extension.
    pub(crate) workflow: BTreeMap<u8, String>,
}

impl Identity {
    // cosign reads the older format's issuer from one extension alone.
    fn empty_issuer_fits(&self) -> bool {
        self.issuer.pattern.as_ref().is_some_and(|pattern| regexp::fits(pattern, ""))
    }
}

/// One rule, and a second that must hold as well where an issuer is typed twice.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Must hold.
    pub(crate) first: SignerRule,
    /// Must hold too.
    pub(crate) second: Option<SignerRule>,
}

/// A name as it was typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// To the letter.
    pub(crate) exact: Option<String>,
    /// As a pattern.
    pub(crate) pattern: Option<String>,
}

/// A signature that passed.
#[derive(Clone, Debug)]
pub(crate) struct Passed {
    /// What it says.
    pub(crate) content: Content,
    /// Who says it.
    pub(crate) signer: Signer,
    /// Every proven time.
    pub(crate) times: Vec<ProvenTime>,
    /// Every proven log entry.
    pub(crate) log: Vec<LogRecord>,
}

impl Passed {
    /// The signer's certificate, if he has one.
    pub(crate) fn certificate(&self) -> Option<&CertificateSigner> {
        match &self.signer {
            Signer::Certificate(signer) => Some(signer),
            Signer::Key(_) => None,
        }
    }
}

/// How a signature is stored, which decides some of cosign's manners.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// A Sigstore bundle.
    Bundle,
    /// A layer of the older tags, or a detached signature.
    Older,
}

impl Form {
    /// Which of a certificate's names cosign compares: in the older format any.
    pub(crate) fn names(self) -> Names {
        match self {
            Self::Bundle => Names::First,
            Self::Older => Names::Any,
        }
    }
}

impl Judge {
    /// Judges a candidate found beside an image.
    pub(crate) fn item(&self, item: &Item, form: Form, digest: &Digest) -> Result<Passed, Refusal> {
        let mut bundle = Bundle::read(item).map_err(Refusal::Bundle)?;
        // Of an older signature cosign reads both, and then looks only at what the flags ask for.
        let ignored = [(CHAIN, self.chains), (STAMP, self.timestamp)];
        let is_ignored = |name: &str| ignored.contains(&(name, false));
        if form == Form::Older && item.annotations.keys().any(|name| is_ignored(name)) {
            let mut asked = item.clone();
            asked.annotations.retain(|name, _| !is_ignored(name));
            bundle = Bundle::read(&asked).map_err(Refusal::Bundle)?;
        }
        self.bundle(&bundle, form, Some(Artifact::Digest(digest)))
    }

    /// Judges a candidate; without an artifact its content may be about anything.
    pub(crate) fn bundle(
        &self,
        bundle: &Bundle,
        form: Form,
        artifact: Option<Artifact<'_>>,
    ) -> Result<Passed, Refusal> {
        let first = self.by(&self.root, bundle, form, artifact);
        let (Err(Refusal::Verify(error, _)), Some(later)) = (&first, &self.later) else { return first };
        let unlogged = self.unlogged(error, bundle, form, artifact);
        match later.root(unlogged.as_ref().unwrap_or(error)) {
            Ok(Some(newer)) => self.by(newer, bundle, form, artifact),
            Ok(None) => first,
            Err(stale) => Err(Refusal::Stale(Box::new(stale))),
        }
    }

    // An older signature with a certificate, where a key is asked for, is refused in any case; but cosign looks at its log
    // entry first, and an entry of a log that the root does not know fails it there, with another exit code.
    fn unlogged(
        &self,
        error: &VerifyError,
        bundle: &Bundle,
        form: Form,
        artifact: Option<Artifact<'_>>,
    ) -> Option<VerifyError> {
        let by_certificate = form == Form::Older && *error == VerifyError::MaterialMismatch;
        match (by_certificate, artifact) {
            (true, Some(artifact)) => self.verifier(&self.root, form).authenticate(bundle, artifact).err(),
            _ => None,
        }
    }

    fn verifier<'r>(&'r self, root: &'r TrustedRoot, form: Form) -> Verifier<'r> {
        let verifier = Verifier::new(root, self.now).with_names(form.names());
        match (&self.beside, form) {
            (Beside::Sct(sct), Form::Older) => verifier.with_detached_sct(sct),
            _ => verifier,
        }
    }

    fn by(
        &self,
        root: &TrustedRoot,
        bundle: &Bundle,
        form: Form,
        artifact: Option<Artifact<'_>>,
    ) -> Result<Passed, Refusal> {
        let verifier = self.verifier(root, form);
        // cosign compares the digest of a bundle's statement whatever --check-claims says.
        let artifact = artifact.filter(|_| self.bound || form == Form::Bundle);
        let authentic = match (&self.whom, artifact) {
            (Whom::Key { key, .. }, Some(artifact)) => {
                verifier.authenticate_with_key(bundle, artifact, key, self.log)
            }
            (Whom::Key { key, .. }, None) => {
                verifier.authenticate_with_key_unbound_insecure(bundle, key, self.log)
            }
            (_, Some(artifact)) => verifier.authenticate(bundle, artifact),
            (_, None) => verifier.authenticate_unbound_insecure(bundle),
        };
        let (authentic, open) = match (authentic, artifact) {
            (Err(VerifyError::BytesNeeded), Some(Artifact::Digest(digest))) if bundle.has_envelope() => {
                (self.unbound(&verifier, bundle), Some(digest))
            }
            (authentic, _) => (authentic, None),
        };
        let authentic = authentic
            .and_then(|authentic| self.as_asked(root, authentic))
            .map_err(|error| self.refused(bundle, form, artifact, error))?;
        let verified = self.trusted(&authentic, form)?;
        if let Some(digest) = open {
            is_about(verified.content(), digest)
                .map_err(|error| self.refused(bundle, form, artifact, error))?;
        }
        let stamped = |time: &ProvenTime| matches!(time.source, TimeSource::TimestampAuthority(_));
        // cosign asks for the timestamp of an older signature only where there is one, and then the verifier did.
        if self.timestamp && form == Form::Bundle && !verified.signed_at().iter().any(stamped) {
            return Err(Refusal::TimestampMissing);
        }
        Ok(Passed {
            content: verified.content().clone(),
            signer: verified.signer().clone(),
            times: verified.signed_at().to_vec(),
            log: verified.log().to_vec(),
        })
    }

    // THREAT: a root file without logs, with which the engine asks for no entries of logs. cosign asks for one of each kind
    // whatever the root says, until a flag forgets it. See a_root_without_logs_forgets_nothing.
    fn as_asked(&self, root: &TrustedRoot, authentic: Authentic) -> Result<Authentic, VerifyError> {
        let Signer::Certificate(signer) = authentic.signer() else { return Ok(authentic) };
        if self.log == LogRule::Required && !root.has_logs() {
            return Err(VerifyError::LogEntryMissing);
        }
        if self.sct && !root.has_ct_logs() {
            let has_none = certificate::has_no_sct(&signer.certificate);
            return Err(match has_none && !matches!(self.beside, Beside::Sct(_)) {
                true => VerifyError::SctMissing,
                false => VerifyError::SctInvalid { why: "its timestamps are by other logs" },
            });
        }
        Ok(authentic)
    }

    // A subject may have digests of several algorithms. cosign has no bytes to compare the others with either, and takes
    // the one that it can compare.
    fn unbound(&self, verifier: &Verifier<'_>, bundle: &Bundle) -> Result<Authentic, VerifyError> {
        match &self.whom {
            Whom::Key { key, .. } => verifier.authenticate_with_key_unbound_insecure(bundle, key, self.log),
            _ => verifier.authenticate_unbound_insecure(bundle),
        }
    }

    fn trusted<'a>(&self, authentic: &'a Authentic, form: Form) -> Result<Verified<'a>, Refusal> {
        let rule = self.names(authentic.signer(), form)?;
        authentic.signed_by(rule).map_err(|mismatch| self.miss(mismatch, authentic.signer(), form))
    }

    /// Whether the flags name `signer`, and by which rule.
    pub(crate) fn names(&self, signer: &Signer, form: Form) -> Result<&SignerRule, Refusal> {
        let (first, second) = match &self.whom {
            Whom::Key { rule, .. } => (rule, None),
            Whom::Identity(identity) => {
                let rules = if form == Form::Bundle { &identity.rules } else { &identity.older_rules };
                (&rules.first, rules.second.as_ref())
            }
            Whom::Unreadable(errors) => {
                // The older format's issuer is compared first, a bundle's subject.
                let error = if form == Form::Older { errors.last() } else { errors.first() };
                let none = || PatternError { field: "identity", pattern: String::new(), why: String::new() };
                return Err(Refusal::Pattern(error.cloned().unwrap_or_else(none)));
            }
        };
        for rule in [Some(first), second].into_iter().flatten() {
            rule.admits(signer).map_err(|mismatch| self.miss(mismatch, signer, form))?;
        }
        match (&self.whom, signer) {
            (Whom::Identity(identity), Signer::Certificate(signer))
                if form == Form::Older
                    && signer.claims.extension(1).is_none()
                    && !identity.empty_issuer_fits() =>
            {
                Err(Refusal::OlderIssuer(Box::new(signer.clone())))
            }
            _ => Ok(first),
        }
    }

    fn miss(&self, mut mismatch: IdentityMismatch, signer: &Signer, form: Form) -> Refusal {
        if let (Whom::Identity(identity), Signer::Certificate(certificate), Form::Older) =
            (&self.whom, signer, form)
        {
            // Of an older signature cosign compares the workflow first.
            let found = |number: u8| certificate.claims.extension(number).unwrap_or_default();
            let workflow =
                identity.workflow.iter().find(|(number, wanted)| found(**number) != wanted.as_str());
            if let Some((number, wanted)) = workflow {
                mismatch.field = format!("extension 1.3.6.1.4.1.57264.1.{number}");
                mismatch.wanted.clone_from(wanted);
                mismatch.found = found(*number).to_owned();
            }
        }
        let typed = self.typed(&mismatch.field);
        let typed_subject = self.typed("subject").exact;
        Refusal::Identity(Box::new(Miss { typed, typed_subject, mismatch, signer: signer.clone() }))
    }

    fn typed(&self, field: &str) -> Wanted {
        match (&self.whom, field) {
            (Whom::Identity(identity), "issuer") => identity.issuer.clone(),
            (Whom::Identity(identity), "subject") => identity.subject.clone(),
            _ => Wanted::default(),
        }
    }
}

const CHAIN: &str = "dev.sigstore.cosign/chain";
const STAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

// Whether a subject has this digest; digests of other algorithms are not looked at.
fn is_about(content: &Content, digest: &Digest) -> Result<(), VerifyError> {
    let (name, hex) = (digest.algorithm().name(), digest.hex());
    let Content::Statement(statement) = content else { return Err(VerifyError::BytesNeeded) };
    if statement.subjects.iter().any(|subject| subject.digest.get(name) == Some(&hex)) {
        return Ok(());
    }
    let first = statement.subjects.first().and_then(|subject| subject.digest.iter().next());
    let signed = first.map_or_else(String::new, |(name, hex)| format!("{name}:{hex}"));
    Err(VerifyError::SubjectMismatch { signed, artifact: digest.to_string() })
}
