//! Everything a verdict depends on, as bytes. Nothing here is trusted.

mod file;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{Digest, Timestamp};

/// What was found about one reference.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evidence {
    /// The reference as it was asked for.
    pub reference: String,
    /// When it was gathered.
    pub gathered_at: Timestamp,
    /// One per digest; the digest referenced comes first. Empty if the reference could not be resolved.
    pub entries: Vec<Entry>,
    /// Why there is no entry, where there is none.
    pub gaps: Vec<Gap>,
}

/// What was found about one digest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The digest that all items are candidates for.
    pub digest: Digest,
    /// The manifest's bytes, if they were fetched; they have this digest.
    pub manifest: Option<Arc<[u8]>>,
    /// Candidate signatures and attestations, in the order found.
    pub items: Vec<Item>,
    /// Places that could not be read, and limits that were hit.
    pub gaps: Vec<Gap>,
    /// Where somebody looked. A place that a policy needs and that is not named here is a gap.
    pub looked_in: BTreeSet<Place>,
}

/// One candidate signature or attestation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Item {
    /// The raw bytes: a bundle, a simple-signing payload or a DSSE envelope.
    pub bytes: Arc<[u8]>,
    /// The media type that the registry declared for them.
    pub media_type: String,
    /// The annotations of their descriptor, where cosign's tag formats keep signature and certificate.
    pub annotations: BTreeMap<String, String>,
    /// Where it was found.
    pub place: Place,
}

/// A place that can hold evidence.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Cosign's `.att` tag.
    AttestationTag,
    /// The OCI 1.1 referrers fallback tag `sha256-<hex>`.
    FallbackTag,
    /// A file, given by hand.
    File,
    /// The image manifest itself.
    Manifest,
    /// The OCI 1.1 referrers API.
    Referrers,
    /// Cosign's `.sig` tag.
    SignatureTag,
    /// The tag of the reference.
    Tag,
}

/// Something that could not be found out.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Which place stayed dark.
    pub place: Place,
    /// Why.
    pub cause: GapCause,
    /// What exactly happened, for the operator; never a secret.
    pub detail: String,
}

/// Why a place stayed dark.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapCause {
    /// The registry, or its token service, refused our credentials (401, 403). Lasting.
    AccessDenied,
    /// Bytes that do not have the digest they were asked for by. Lasting.
    DigestMismatch,
    /// A host that settings do not allow, or an address in a forbidden range. Lasting.
    HostForbidden,
    /// One of our limits was hit. Lasting.
    Limit,
    /// A manifest or index that cannot be read. Lasting.
    Malformed,
    /// Nothing is there under that name (the reference itself, never a signature). Lasting.
    NotFound,
    /// Nobody looked. Lasting.
    NotLookedFor,
    /// Still running when the deadline came. Temporary.
    Running,
    /// 429. Temporary.
    RateLimited,
    /// The TLS handshake failed, or a certificate was not accepted. Lasting.
    Tls,
    /// The deadline passed. Temporary.
    Timeout,
    /// Connection refused or reset, name not resolved, 5xx. Temporary.
    Unreachable,
    /// An answer that the protocol does not know. Lasting.
    UnexpectedAnswer,
}

impl GapCause {
    /// Whether trying again soon can help.
    pub fn is_temporary(self) -> bool {
        matches!(self, Self::Running | Self::RateLimited | Self::Timeout | Self::Unreachable)
    }
}

/// Why an evidence file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Bytes that do not have the digest written beside them.
    #[error("{field} of the evidence file should have digest `{expected}`, its bytes have `{found}`")]
    Digest {
        /// Whose bytes, as a path into the file.
        field: String,
        /// As written.
        expected: Digest,
        /// As computed.
        found: Digest,
    },
    /// Over a limit.
    #[error("evidence file has {found} {what}, at most {limit} are read")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// Not JSON of our shape.
    #[error("evidence file cannot be read at line {line}, column {column}")]
    Unreadable {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The reader's own words.
        source: serde_json::Error,
    },
    /// A version we do not know.
    #[error("evidence file has version `{0}`, this program reads version `1`")]
    Version(String),
}

impl EvidenceError {
    /// Every code, for snapshots and documentation.
    pub const CODES: [&'static str; 4] = [
        "evidence-file-altered",
        "evidence-file-limit-exceeded",
        "evidence-file-unreadable",
        "evidence-file-version",
    ];

    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Digest { .. } => "evidence-file-altered",
            Self::Limit { .. } => "evidence-file-limit-exceeded",
            Self::Unreadable { .. } => "evidence-file-unreadable",
            Self::Version(_) => "evidence-file-version",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Digest { .. } => "the file was changed after it was recorded; record it again",
            Self::Limit { .. } => "record the image again; no recording has more",
            Self::Unreadable { .. } => "give a file that `sealgate check --record` wrote",
            Self::Version(_) => "use the release of sealgate that wrote the file, or record it again",
        }
    }
}
