//! Keys and certificates to trust, with their validity windows.

mod authority;
mod error;
mod file;
mod proof;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use crate::{Digest, Timestamp, key::VerifyingKey, limits};

pub use authority::was_issued_by;
pub(crate) use authority::{Anchor, CertificateAuthority, TimestampAuthority};
pub use error::RootError;

/// Named trusted roots. The name `public-good` is the public-good instance of Sigstore.
pub type TrustedRoots = BTreeMap<String, Arc<TrustedRoot>>;

/// One trusted root.
#[derive(Clone, Debug)]
pub struct TrustedRoot {
    hash: Digest,
    /// What shows without looking at a signature.
    seen: Vec<RootNote>,
    notes: OnceLock<Vec<RootNote>>,
    written: Written,
    pub(crate) authorities: Arc<[CertificateAuthority]>,
    pub(crate) ct_logs: Arc<[Log]>,
    pub(crate) logs: Arc<[Log]>,
    pub(crate) timestamp_authorities: Arc<[TimestampAuthority]>,
}

/// What the file names, whether or not we can use it.
#[derive(Clone, Copy, Debug)]
struct Written {
    ct_logs: bool,
    logs: bool,
    timestamp_authorities: bool,
}

/// A transparency or CT log.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) id: [u8; 32],
    pub(crate) checkpoint_id: Vec<u8>,
    pub(crate) key: VerifyingKey,
    pub(crate) url: String,
    pub(crate) window: Window,
}

impl Log {
    /// The host that the log's URL names, with its port if one is written. Empty if the root names no URL.
    pub(crate) fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// The log's URL, or its id where the root names no URL.
    pub(crate) fn name(&self) -> String {
        if self.url.is_empty() { hex::encode(self.id) } else { self.url.clone() }
    }
}

/// First and last second of a validity, both inclusive; no end is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Window {
    pub(crate) start: i64,
    pub(crate) end: Option<i64>,
}

impl Window {
    pub(crate) const ALWAYS: Self = Self { start: i64::MIN, end: None };

    pub(crate) fn contains(&self, time: Timestamp) -> bool {
        self.start <= time.0 && self.end.is_none_or(|end| time.0 <= end)
    }

    pub(crate) fn within(self, other: Self) -> Self {
        let end = match (self.end, other.end) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self { start: self.start.max(other.start), end }
    }
}

impl TrustedRoot {
    /// Reads `trusted_root.json`. A key of an unknown algorithm is left out and noted, never the whole root.
    ///
    /// # Errors
    /// [`RootError`] if it cannot be read, or nothing in it can vouch for anything.
    ///
    /// Spec: sigstore protobuf-specs `TrustedRoot`, 0.1 and 0.2.
    pub fn from_json(bytes: &[u8]) -> Result<Self, RootError> {
        if bytes.len() > limits::ROOT_BYTES {
            return Err(RootError::Limit { what: "bytes", limit: limits::ROOT_BYTES, found: bytes.len() });
        }
        let file = file::TrustedRootFile::read(bytes)?;
        let mut notes = Vec::new();
        let written = Written {
            ct_logs: !file.ctlogs.is_empty(),
            logs: !file.tlogs.is_empty(),
            timestamp_authorities: !file.timestamp_authorities.is_empty(),
        };
        let root = Self {
            hash: Digest::sha256(bytes),
            written,
            authorities: authority::certificate_authorities(&file.certificate_authorities, &mut notes)?
                .into(),
            ct_logs: file::logs("ctlogs", file.ctlogs, &mut notes)?.into(),
            logs: file::logs("tlogs", file.tlogs, &mut notes)?.into(),
            timestamp_authorities: authority::timestamp_authorities(&file.timestamp_authorities, &mut notes)?
                .into(),
            seen: notes,
            notes: OnceLock::new(),
        };
        let mut stamps = root.timestamp_authorities.iter();
        if root.authorities.is_empty() && root.logs.is_empty() && !stamps.any(TimestampAuthority::is_sound) {
            return Err(RootError::Empty);
        }
        Ok(root)
    }

    /// The public-good instance as it was when this program was built.
    ///
    /// # Errors
    /// [`RootError`] as [`TrustedRoot::from_json`]; a test proves that it does not happen.
    pub fn public_good() -> Result<Self, RootError> {
        Self::from_json(Self::public_good_json())
    }

    /// The file behind [`TrustedRoot::public_good`].
    pub fn public_good_json() -> &'static [u8] {
        sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT.as_bytes()
    }

    /// What was left out, and why. Looks at every signature in the root.
    pub fn notes(&self) -> &[RootNote] {
        self.notes.get_or_init(|| {
            let broken = self.authorities.iter().filter_map(CertificateAuthority::note);
            let unstamped = self.timestamp_authorities.iter().filter_map(TimestampAuthority::note);
            self.seen.iter().cloned().chain(broken).chain(unstamped).collect()
        })
    }

    /// SHA-256 over the file as written; another one where proofs are no longer asked for.
    pub fn hash(&self) -> &Digest {
        &self.hash
    }

    /// Whether the file, as written, names transparency logs.
    pub fn has_logs(&self) -> bool {
        self.written.logs
    }

    /// Whether the file, as written, names CT logs.
    pub fn has_ct_logs(&self) -> bool {
        self.written.ct_logs
    }

    /// Whether the file, as written, names timestamp authorities.
    pub fn has_timestamp_authorities(&self) -> bool {
        self.written.timestamp_authorities
    }

    /// The same root with its transparency logs forgotten: entries are no longer asked for. Only for cosign's flag.
    #[must_use]
    pub fn without_logs_insecure(&self) -> Self {
        let mut root = self.clone();
        root.logs = Arc::default();
        root.written.logs = false;
        root.hash = Digest::sha256(format!("{} without transparency logs", self.hash).as_bytes());
        root
    }

    /// The same root with its CT logs forgotten: SCTs are no longer asked for. Only for cosign's flag.
    #[must_use]
    pub fn without_ct_logs_insecure(&self) -> Self {
        let mut root = self.clone();
        root.ct_logs = Arc::default();
        root.written.ct_logs = false;
        root.hash = Digest::sha256(format!("{} without CT logs", self.hash).as_bytes());
        root
    }
}

/// A part of a root that was left out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RootNote {
    /// Which part, as a path into the file.
    pub field: String,
    /// Why.
    pub why: String,
}
