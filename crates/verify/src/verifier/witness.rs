//! What can only be had by verifying.

use crate::{Content, IdentityMismatch, Signer, SignerRule, Timestamp};

/// A genuine signature by *someone*. Its content stays sealed until you say whom you trust.
///
/// ```compile_fail,E0616
/// fn peek(authentic: &sealgate_verify::Authentic) -> &sealgate_verify::Content {
///     &authentic.content
/// }
/// ```
///
/// There is no other way to it either:
///
/// ```compile_fail,E0599
/// fn ask(authentic: &sealgate_verify::Authentic) {
///     authentic.content();
/// }
/// ```
///
/// Nor can one be made:
///
/// ```compile_fail,E0451
/// fn forge(content: sealgate_verify::Content, signer: sealgate_verify::Signer) -> sealgate_verify::Authentic {
///     sealgate_verify::Authentic { content, signer, times: vec![], log: vec![] }
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "an authentic signature means nothing until you check who made it"]
pub struct Authentic {
    pub(super) content: Content,
    pub(super) signer: Signer,
    pub(super) times: Vec<ProvenTime>,
    pub(super) log: Vec<LogRecord>,
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
///
/// ```compile_fail,E0451
/// fn forge(authentic: &sealgate_verify::Authentic) -> sealgate_verify::Verified<'_> {
///     sealgate_verify::Verified { authentic }
/// }
/// ```
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
    /// The entry's index in that log, as the entry says: proven by its promise or, in newer logs, by its inclusion proof.
    pub index: u64,
    /// What the log says about when it was included; proven only where it is also in `signed_at`.
    pub integrated_at: Option<Timestamp>,
}
