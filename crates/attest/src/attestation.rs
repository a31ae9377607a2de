//! A verified in-toto statement, read.

use sealgate_verify::{Content, Statement, Subject, Verified};
use serde_json::value::RawValue;

use crate::PredicateType;

/// A statement by a signer whom somebody trusts.
///
/// Cannot be made from a statement alone, nor from a signature that is only genuine:
///
/// ```compile_fail,E0308
/// fn read(authentic: &sealgate_verify::Authentic) {
///     let _ = sealgate_attest::Attestation::read(authentic);
/// }
/// ```
///
/// but from one that [`sealgate_verify::Authentic::signed_by`] opened:
///
/// ```
/// fn read(verified: sealgate_verify::Verified<'_>) {
///     let _ = sealgate_attest::Attestation::read(verified);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Attestation<'a> {
    verified: Verified<'a>,
    statement: &'a Statement,
}

impl<'a> Attestation<'a> {
    /// Reads the statement that a verified signature is over.
    ///
    /// # Errors
    /// [`AttestError::NotAStatement`] if it is over something else.
    pub fn read(verified: Verified<'a>) -> Result<Self, AttestError> {
        match verified.content() {
            Content::Statement(statement) => Ok(Self { verified, statement }),
            Content::Message(_) => Err(AttestError::NotAStatement { found: "the artifact's own bytes" }),
            Content::SimpleSigning(_) => {
                Err(AttestError::NotAStatement { found: "a simple-signing payload" })
            }
        }
    }

    /// The signature that vouches for it: who, when, which log entries.
    pub fn verified(&self) -> Verified<'a> {
        self.verified
    }

    /// What it is about.
    pub fn subjects(&self) -> &'a [Subject] {
        &self.statement.subjects
    }

    /// The predicate's type, as written.
    pub fn predicate_type(&self) -> &'a str {
        &self.statement.predicate_type
    }

    /// Whether it is of the type asked for. Versions are never evened out.
    pub fn is_of(&self, wanted: &PredicateType) -> bool {
        wanted.uri() == self.predicate_type()
    }

    /// The predicate's JSON, as written.
    pub fn predicate(&self) -> &'a RawValue {
        &self.statement.predicate
    }

    /// The predicate, read as a `T`, which may borrow from it.
    ///
    /// # Errors
    /// [`AttestError::Predicate`] if it is not a `T`.
    pub fn predicate_as<T: serde::Deserialize<'a>>(&self) -> Result<T, AttestError> {
        let (of, text) = (self.predicate_type().to_owned(), self.predicate().get());
        serde_json::from_str(text).map_err(|source| AttestError::Predicate { of, source })
    }
}

/// Why an attestation cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AttestError {
    /// The signature is over something else.
    #[error("the signature is over {found}, not over an in-toto statement")]
    NotAStatement {
        /// Over what.
        found: &'static str,
    },
    /// The predicate is not what its type says.
    #[error("the predicate of type `{of}` cannot be read")]
    Predicate {
        /// The predicate type, as written.
        of: String,
        /// The reader's own words.
        source: serde_json::Error,
    },
}

impl AttestError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAStatement { .. } => "not-a-statement",
            Self::Predicate { .. } => "predicate-unreadable",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotAStatement { .. } => "attach an attestation; a plain signature claims nothing more",
            Self::Predicate { .. } => {
                "make the attestation again with a tool that follows the predicate's specification"
            }
        }
    }
}
