//! A signed certificate timestamp in a file of its own.

use serde::Deserialize;

use super::Sct;
use crate::{
    json::{self, JsonError},
    limits,
    wire::{Bytes, or_default},
};

/// What a CT log answered when a certificate was shown to it, for certificates that carry no timestamp of such a log themselves.
///
/// It is nothing until [`Verifier::with_detached_sct`](crate::Verifier::with_detached_sct) compares it with the certificate and
/// the root's CT logs, as strictly as one in the certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DetachedSct {
    // As RFC 6962 3.2 writes it.
    written: Vec<u8>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "or_default")]
    sct_version: u64,
    id: Bytes,
    timestamp: u64,
    #[serde(default, deserialize_with = "or_default")]
    extensions: Bytes,
    signature: Bytes,
}

/// Why bytes are not a signed certificate timestamp.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SctError {
    /// A log's identifier that is no SHA-256.
    #[error("the log's identifier has {found} bytes instead of 32")]
    LogId {
        /// How many it has.
        found: usize,
    },
    /// Over a limit.
    #[error("the signed certificate timestamp has {found} bytes, at most {limit} are read")]
    Limit {
        /// The limit.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// Another version, another algorithm, or lengths that do not add up.
    #[error("the signed certificate timestamp is not of version 1, or its signature is malformed")]
    Malformed,
    /// Not JSON of a log's answer.
    #[error("the signed certificate timestamp cannot be read")]
    Unreadable(#[from] JsonError),
}

impl SctError {
    /// Every code, for snapshots and documentation.
    pub const CODES: [&'static str; 2] = ["sct-limit-exceeded", "sct-malformed"];

    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Limit { .. } => "sct-limit-exceeded",
            Self::LogId { .. } | Self::Malformed | Self::Unreadable(_) => "sct-malformed",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        "give the file that the certificate authority or its CT log answered with, as it was written"
    }
}

impl DetachedSct {
    /// Reads the JSON that a CT log answers to `add-chain`: `sct_version`, `id`, `timestamp`, `extensions`, `signature`.
    ///
    /// # Errors
    /// [`SctError`] if it is over a limit, no such JSON, or of another version or algorithm.
    ///
    /// Spec: RFC 6962 4.1.
    pub fn from_json(bytes: &[u8]) -> Result<Self, SctError> {
        let (limit, found) = (limits::DETACHED_SCT_BYTES, bytes.len());
        if found > limit {
            return Err(SctError::Limit { limit, found });
        }
        let answer: Answer = json::read(bytes)?;
        let found = answer.id.0.len();
        if found != 32 {
            return Err(SctError::LogId { found });
        }
        let version = u8::try_from(answer.sct_version).map_err(|_| SctError::Malformed)?;
        let length = u16::try_from(answer.extensions.0.len()).map_err(|_| SctError::Malformed)?;
        let mut written = vec![version];
        written.extend(answer.id.0);
        written.extend(answer.timestamp.to_be_bytes());
        written.extend(length.to_be_bytes());
        written.extend(answer.extensions.0);
        written.extend(answer.signature.0);
        match Sct::read(&written) {
            Some(_) => Ok(Self { written }),
            None => Err(SctError::Malformed),
        }
    }

    pub(super) fn sct(&self) -> Option<Sct<'_>> {
        Sct::read(&self.written)
    }
}
