//! What is kept of a repository: the signed files themselves, checked again from the anchor whenever they are read.

use std::collections::BTreeMap;

use sealgate_verify::{Digest, Timestamp as Time, TrustedRoot};
use serde::{Deserialize, Serialize};

use crate::{
    TufError,
    older::Pieces,
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
    /// Empty where the root is in pieces.
    pub(crate) trusted_root: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) pieces: BTreeMap<String, String>,
    /// When those of them that are no longer active ended, in seconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) ends: BTreeMap<String, i64>,
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

    /// Reads what was kept; none where the bytes are something else.
    pub(crate) fn from_json(bytes: &[u8]) -> Option<Self> {
        sealgate_verify::json::read::<Self>(bytes).ok().filter(|kept| kept.format == Self::FORMAT)
    }

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
        let listed = trusted::listed(&targets)?;
        // THREAT: a time of refresh written into the future, so that the root never grows old. What was refreshed had not
        // expired. See a_cache_cannot_claim_to_be_younger_than_its_timestamp_allows.
        let refreshed = Time(self.refreshed.min(timestamp.header.expires.0));
        let mut files = Vec::new();
        for (name, target) in listed.files() {
            let text =
                if name == trusted::TRUSTED_ROOT { Some(&self.trusted_root) } else { self.pieces.get(name) };
            match text.map(|text| text.clone().into_bytes()) {
                Some(bytes) if trusted::is_promised(target, &bytes) => files.push(bytes),
                _ => return Err(TufError::Integrity { file: trusted::TRUSTED_ROOT }),
            }
        }
        let published = listed.read(files, |all| Pieces::kept(all, &self.ends, refreshed))?;
        let bytes = |text: &String| text.clone().into_bytes();
        let lower = Lower {
            timestamp: (timestamp, bytes(&self.timestamp)),
            snapshot: (snapshot, bytes(&self.snapshot)),
            targets: (targets, bytes(&self.targets)),
            published,
        };
        Ok(Proven { roots, lower, refreshed })
    }
}

impl Proven {
    /// The trusted root that the repository publishes.
    pub fn trusted_root(&self) -> &TrustedRoot {
        &self.lower.published.root
    }

    /// Its bytes; those that were put together here if it is in pieces.
    pub fn trusted_root_json(&self) -> &[u8] {
        &self.lower.published.json
    }

    /// Whether the repository publishes keys and certificates one by one, instead of a `trusted_root.json`.
    pub fn is_in_pieces(&self) -> bool {
        !self.lower.published.pieces.all.is_empty()
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
    pub fn files(&self) -> Vec<(String, &[u8])> {
        let lower = &self.lower;
        let mut files = self.metadata().map(|(name, bytes)| (name.to_owned(), bytes)).to_vec();
        match lower.published.pieces.all.as_slice() {
            [] => files.push((format!("targets/{}", trusted::TRUSTED_ROOT), &lower.published.json)),
            // INVARIANT: their names are those of plain files.
            pieces => {
                for (piece, bytes) in pieces {
                    files.push((format!("targets/{}", piece.name), bytes));
                }
            }
        }
        files
    }

    fn metadata(&self) -> [(&'static str, &[u8]); 4] {
        let lower = &self.lower;
        [
            ("root.json", self.roots.chain.last().map(Vec::as_slice).unwrap_or_default()),
            ("snapshot.json", &lower.snapshot.1),
            ("targets.json", &lower.targets.1),
            ("timestamp.json", &lower.timestamp.1),
        ]
    }

    /// What each file of metadata is: its name, version, length and end.
    pub fn standing(&self) -> [(&'static str, u64, usize, Time); 4] {
        let lower = &self.lower;
        let headers = [
            self.roots.latest.header,
            lower.snapshot.0.header,
            lower.targets.0.header,
            lower.timestamp.0.header,
        ];
        let mut headers = headers.into_iter();
        self.metadata().map(|(name, bytes)| {
            let (version, expires) =
                headers.next().map_or((0, Time(0)), |header| (header.version, header.expires));
            (name, version, bytes.len(), expires)
        })
    }

    /// The signed files in one, for whoever wants to prove them again: [`read_dated`](crate::read_dated).
    ///
    /// # Errors
    /// None that texts and numbers can cause; the writer's signature has one.
    pub fn kept_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.kept())
    }

    /// The names of all targets, in order.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.lower.targets.0.names()
    }

    /// What to keep. JSON is UTF-8, or it would not have been read.
    pub(crate) fn kept(&self) -> Kept {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let (lower, published) = (&self.lower, &self.lower.published);
        Kept {
            format: Kept::FORMAT,
            refreshed: self.refreshed.0,
            roots: self.roots.chain.iter().map(text).collect(),
            timestamp: text(&lower.timestamp.1),
            snapshot: text(&lower.snapshot.1),
            targets: text(&lower.targets.1),
            trusted_root: match published.pieces.all.is_empty() {
                true => text(&published.json),
                false => String::new(),
            },
            pieces: published
                .pieces
                .all
                .iter()
                .map(|(piece, bytes)| (piece.name.clone(), text(bytes)))
                .collect(),
            ends: published.pieces.ends.iter().map(|(name, end)| (name.clone(), end.0)).collect(),
        }
    }
}
