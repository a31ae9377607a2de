//! What a signature is over.

mod simple_signing;
mod statement;

use crate::{Artifact, Digest, verifier::VerifyError};

pub use simple_signing::SimpleSigning;
pub(crate) use statement::PAYLOAD_TYPE;
pub use statement::{Statement, Subject};

/// What a verified signature says.
#[derive(Clone, Debug)]
pub enum Content {
    /// A signature over the artifact's bytes.
    Message(Digest),
    /// A simple-signing payload about an image.
    SimpleSigning(SimpleSigning),
    /// An in-toto statement.
    Statement(Statement),
}

impl Content {
    // INVARIANT: whatever is signed is about the artifact that was asked about. A message was already held to its digest.
    pub(crate) fn is_about(&self, artifact: Artifact<'_>) -> Result<(), VerifyError> {
        match self {
            Self::Message(_) => Ok(()),
            Self::SimpleSigning(payload) => payload.is_about(artifact),
            Self::Statement(statement) => statement.is_about(artifact),
        }
    }
}

impl Artifact<'_> {
    /// Its digest under `algorithm`: of bytes any, of a digest only its own.
    pub(crate) fn digest(self, algorithm: crate::Algorithm) -> Option<Digest> {
        match self {
            Self::Bytes(bytes) => Some(Digest::of(algorithm, bytes)),
            Self::Digest(digest) => (digest.algorithm() == algorithm).then(|| digest.clone()),
        }
    }

    pub(crate) fn shown(self) -> String {
        match self {
            Self::Bytes(bytes) => Digest::sha256(bytes).to_string(),
            Self::Digest(digest) => digest.to_string(),
        }
    }
}
