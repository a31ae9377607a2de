//! What is kept of a repository: the signed files themselves, checked again from the anchor whenever they are read.

use sealgate_verify::{Digest, Timestamp as Time, TrustedRoot};
use serde::{Deserialize, Serialize};

use crate::{
    TufError,
    trusted::{self, Lower, Roots},
};

/// Where trust in a repository begins: one version of its root metadata, named by its digest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Anchor {
    pub(crate) digest: Digest,
    pub(crate) version: u64,
    pub(crate) bytes: Option<Vec<u8>>,
}

impl Anchor {
    /// Root metadata that somebody brought, such as with `--root`.
    ///
    /// # Errors
    /// [`TufError`] if it is no root metadata, or not signed by itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TufError> {
        let digest = Digest::sha256(bytes);
        let begun = Roots::begin(&Self { digest: digest.clone(), version: 0, bytes: None }, bytes.to_vec())?;
        Ok(Self { digest, version: begun.latest.header.version, bytes: Some(bytes.to_vec()) })
    }

    /// Which version of the root metadata it is.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What its bytes must have.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

/// The files of the last good refresh, all of one moment.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Kept {
    pub(crate) format: u32,
    /// Seconds.
    pub(crate) refreshed: i64,
    /// From the anchor on.
    pub(crate) roots: Vec<String>,
    pub(crate) timestamp: String,
    pub(crate) snapshot: String,
    pub(crate) targets: String,
    pub(crate) trusted_root: String,
}

/// What a repository says, proven from the anchor on.
#[derive(Clone, Debug)]
pub struct Proven {
    pub(crate) roots: Roots,
    pub(crate) lower: Lower,
    pub(crate) refreshed: Time,
}

impl Kept {
    pub(crate) const FORMAT: u32 = 1;

    /// The root that trust began with when this was fetched. Whoever could write the file could choose it: good enough only
    /// where nobody else says where trust begins, as with a mirror of one's own after `initialize`.
    pub fn anchor(&self) -> Option<Anchor> {
        Anchor::from_bytes(self.roots.first()?.as_bytes()).ok()
    }

    /// Checks everything again but for what has expired: that it was today's once is what age is counted from.
    ///
    /// # Errors
    /// [`TufError`] if a file was changed, or does not belong to the others or to the anchor.
    // THREAT: a cache that somebody else may write. See a_cache_that_was_changed_is_not_believed.
    pub fn prove(&self, anchor: &Anchor) -> Result<Proven, TufError> {
        // A newer program may begin further up the same chain.
        let mut chain = self.roots.iter().map(|root| root.clone().into_bytes());
        let mut chain = chain.by_ref().skip_while(|root| !anchor.digest.matches(root));
        let mut roots = Roots::begin(anchor, chain.next().ok_or(TufError::Anchor)?)?;
        for root in chain {
            roots.advance(root)?;
        }
        let timestamp = roots.timestamp(self.timestamp.as_bytes())?;
        let snapshot = roots.snapshot(&timestamp.snapshot, self.snapshot.as_bytes())?;
        let targets = roots.targets(trusted::targets_pin(&snapshot)?, self.targets.as_bytes())?;
        let trusted_root = trusted::trusted_root(&trusted::listed(&targets)?, self.trusted_root.as_bytes())?;
        // THREAT: a time of refresh written into the future, so that the root never grows old. What was refreshed had not
        // expired. See a_cache_cannot_claim_to_be_younger_than_its_timestamp_allows.
        let refreshed = Time(self.refreshed.min(timestamp.header.expires.0));
        let bytes = |text: &String| text.clone().into_bytes();
        let lower = Lower {
            timestamp: (timestamp, bytes(&self.timestamp)),
            snapshot: (snapshot, bytes(&self.snapshot)),
            targets: (targets, bytes(&self.targets)),
            trusted_root: (trusted_root, bytes(&self.trusted_root)),
        };
        Ok(Proven { roots, lower, refreshed })
    }
}

impl Proven {
    /// The trusted root that the repository publishes.
    pub fn trusted_root(&self) -> &TrustedRoot {
        &self.lower.trusted_root.0
    }

    /// Its bytes.
    pub fn trusted_root_json(&self) -> &[u8] {
        &self.lower.trusted_root.1
    }

    /// When it was last known to be today's.
    pub fn refreshed(&self) -> Time {
        self.refreshed
    }

    /// When the repository promised news at the latest.
    pub fn expires(&self) -> Time {
        self.lower.timestamp.0.header.expires
    }

    /// Versions of root, timestamp, snapshot and targets.
    pub fn versions(&self) -> [u64; 4] {
        let lower = &self.lower;
        [
            self.roots.latest.header.version,
            lower.timestamp.0.header.version,
            lower.snapshot.0.header.version,
            lower.targets.0.header.version,
        ]
    }

    /// The signed files under the names that TUF clients give them, the newest root among them.
    pub fn files(&self) -> [(&'static str, &[u8]); 5] {
        let lower = &self.lower;
        [
            ("root.json", self.roots.chain.last().map(Vec::as_slice).unwrap_or_default()),
            ("timestamp.json", &lower.timestamp.1),
            ("snapshot.json", &lower.snapshot.1),
            ("targets.json", &lower.targets.1),
            ("targets/trusted_root.json", &lower.trusted_root.1),
        ]
    }

    /// What to keep. JSON is UTF-8, or it would not have been read.
    pub(crate) fn kept(&self) -> Kept {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let lower = &self.lower;
        Kept {
            format: Kept::FORMAT,
            refreshed: self.refreshed.0,
            roots: self.roots.chain.iter().map(text).collect(),
            timestamp: text(&lower.timestamp.1),
            snapshot: text(&lower.snapshot.1),
            targets: text(&lower.targets.1),
            trusted_root: text(&lower.trusted_root.1),
        }
    }
}
