//! The steps of the Sigstore client specification, in the order it gives them.

use crate::{
    Bundle, Content, Digest, IdentityMismatch, PublicKey, Signer, SignerRule, Timestamp, TrustedRoot,
};

/// Checks bundles against one trusted root.
#[derive(Debug)]
pub struct Verifier<'r> {
    root: &'r TrustedRoot,
    now: Timestamp,
}

/// What was signed.
#[derive(Clone, Copy, Debug)]
pub enum Artifact<'a> {
    /// The bytes themselves.
    Bytes(&'a [u8]),
    /// Only their digest.
    Digest(&'a Digest),
}

/// Whether a signature by a managed key needs a log entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogRule {
    /// Entries are not looked at.
    None,
    /// One entry of a log of the root.
    Required,
}

impl<'r> Verifier<'r> {
    /// Verifies against `root`; nothing may claim a time after `now`, but for a small tolerance.
    pub fn new(root: &'r TrustedRoot, now: Timestamp) -> Self {
        Self { root, now }
    }

    /// Checks everything that does not depend on whom you trust, and that the content is about `artifact`.
    ///
    /// # Errors
    /// [`VerifyError`], one per step.
    pub fn authenticate(&self, _bundle: &Bundle, _artifact: Artifact<'_>) -> Result<Authentic, VerifyError> {
        let _ = (self.root, self.now);
        unimplemented!()
    }

    /// The same for a managed key.
    ///
    /// # Errors
    /// As [`Verifier::authenticate`].
    pub fn authenticate_with_key(
        &self,
        _: &Bundle,
        _: Artifact<'_>,
        _: &PublicKey,
        _: LogRule,
    ) -> Result<Authentic, VerifyError> {
        unimplemented!()
    }

    /// As [`Verifier::authenticate`], but the content may be about anything. Only for cosign's `--check-claims=false`.
    ///
    /// # Errors
    /// As [`Verifier::authenticate`].
    pub fn authenticate_unbound_insecure(&self, _bundle: &Bundle) -> Result<Authentic, VerifyError> {
        unimplemented!()
    }
}

/// A genuine signature by *someone*. Its content stays sealed until you say whom you trust.
#[derive(Debug)]
#[must_use = "an authentic signature means nothing until you check who made it"]
pub struct Authentic {
    content: Content,
    signer: Signer,
    times: Vec<ProvenTime>,
    log: Vec<LogRecord>,
}

impl Authentic {
    /// Who signed; for messages only.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Opens the content if `allowed` names the signer.
    ///
    /// # Errors
    /// [`IdentityMismatch`] if it does not.
    pub fn signed_by(&self, allowed: &SignerRule) -> Result<Verified<'_>, IdentityMismatch> {
        allowed.admits(&self.signer)?;
        Ok(Verified { authentic: self })
    }
}

/// What a genuine signature by a trusted signer says.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a> {
    authentic: &'a Authentic,
}

impl<'a> Verified<'a> {
    /// The signed content.
    pub fn content(&self) -> &'a Content {
        &self.authentic.content
    }

    /// Who signed it.
    pub fn signer(&self) -> &'a Signer {
        &self.authentic.signer
    }

    /// Every time that was proven, and by what.
    pub fn signed_at(&self) -> &'a [ProvenTime] {
        &self.authentic.times
    }

    /// Every log entry that was proven.
    pub fn log(&self) -> &'a [LogRecord] {
        &self.authentic.log
    }
}

/// A time that a third party of the root vouches for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProvenTime {
    /// When.
    pub time: Timestamp,
    /// By whose word.
    pub source: TimeSource,
}

/// Who vouches for a time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TimeSource {
    /// The inclusion promise of a transparency log.
    Log(String),
    /// A timestamp authority.
    TimestampAuthority(String),
}

/// A log entry that was proven.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogRecord {
    /// The log's URL, as the root names it.
    pub log: String,
    /// The entry's index in that log.
    pub index: u64,
    /// What the log says about when it was included; proven only where it is also in `signed_at`.
    pub integrated_at: Option<Timestamp>,
}

/// The bundle is not genuine.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerifyError {
    /// Placeholder until the verifier lands.
    #[error("not genuine: {0}")]
    NotGenuine(String),
}

impl VerifyError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        "not-genuine"
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        "sign the image again"
    }
}
