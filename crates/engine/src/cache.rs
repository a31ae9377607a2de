//! What is kept: verdicts for a while, evidence as long as there is room. Two caches, for they are trusted differently.

use std::{sync::Arc, time::Duration};

use sealgate_policy::Verdict;
use sealgate_verify::{Entry, Timestamp};
use tokio::time::Instant;

use crate::{
    key::{EvidenceKey, VerdictKey},
    limits,
};

/// Both caches.
pub(crate) struct Cache {
    verdicts: moka::sync::Cache<VerdictKey, Kept<Verdict>>,
    evidence: moka::sync::Cache<EvidenceKey, KeptEntry>,
}

#[derive(Clone)]
struct Kept<T> {
    value: Arc<T>,
    until: Instant,
}

/// Evidence and when it was gathered.
#[derive(Clone, Debug)]
pub(crate) struct KeptEntry {
    pub(crate) entry: Arc<Entry>,
    pub(crate) gathered_at: Timestamp,
    pub(crate) gathered: Instant,
}

impl KeptEntry {
    /// Whether a denial may rest on it.
    // THREAT: a signature pushed a minute ago is not seen, since the denial is decided from old evidence.
    pub(crate) fn may_deny(&self) -> bool {
        self.entry.gaps.is_empty() && self.gathered.elapsed() < limits::DENIAL_LIFETIME
    }
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self {
            verdicts: moka::sync::Cache::builder()
                .max_capacity(limits::VERDICTS)
                .time_to_live(limits::GRANT_LIFETIME)
                .build(),
            evidence: moka::sync::Cache::builder()
                .max_capacity(limits::EVIDENCE_BYTES)
                .weigher(|_, kept: &KeptEntry| u32::try_from(weight(&kept.entry)).unwrap_or(u32::MAX))
                .build(),
        }
    }

    pub(crate) fn verdict(&self, key: &VerdictKey) -> Option<Arc<Verdict>> {
        self.verdicts.get(key).filter(|kept| Instant::now() < kept.until).map(|kept| kept.value)
    }

    pub(crate) fn keep_verdict(&self, key: VerdictKey, verdict: &Arc<Verdict>, now: Timestamp) {
        let until = Instant::now() + lifetime(verdict, now);
        self.verdicts.insert(key, Kept { value: Arc::clone(verdict), until });
    }

    pub(crate) fn evidence(&self, key: &EvidenceKey) -> Option<KeptEntry> {
        self.evidence.get(key)
    }

    pub(crate) fn keep_evidence(&self, key: EvidenceKey, kept: KeptEntry) {
        self.evidence.insert(key, kept);
    }
}

/// How long a verdict may be repeated without another look.
fn lifetime(verdict: &Verdict, now: Timestamp) -> Duration {
    match verdict {
        Verdict::Allow(grant) => {
            // INVARIANT: no cache outlives what made a grant valid.
            let left = grant.valid_until.map(|until| until.0.saturating_sub(now.0));
            let left = left.map_or(limits::GRANT_LIFETIME, |seconds| {
                Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
            });
            left.min(limits::GRANT_LIFETIME)
        }
        Verdict::Deny(_) => limits::DENIAL_LIFETIME,
        Verdict::Unknown(_) => limits::UNKNOWN_LIFETIME,
    }
}

// Bytes that an entry holds, with a little for what is around them.
fn weight(entry: &Entry) -> usize {
    const AROUND: usize = 256;
    let manifest = entry.manifest.as_ref().map_or(0, |bytes| bytes.len());
    let items = entry.items.iter().map(|item| {
        let annotations: usize =
            item.annotations.iter().map(|(name, value)| name.len() + value.len() + AROUND / 4).sum();
        item.bytes.len() + item.media_type.len() + annotations + AROUND
    });
    manifest + items.sum::<usize>() + AROUND
}
