//! What is kept: verdicts for a while, evidence as long as there is room. Two caches, for they are trusted differently.

mod weight;

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
                .max_capacity(limits::VERDICT_BYTES)
                .weigher(|_, kept: &Kept<Verdict>| {
                    u32::try_from(weight::of_verdict(&kept.value)).unwrap_or(u32::MAX)
                })
                .time_to_live(limits::GRANT_LIFETIME)
                .build(),
            evidence: moka::sync::Cache::builder()
                .max_capacity(limits::EVIDENCE_BYTES)
                .weigher(|_, kept: &KeptEntry| {
                    u32::try_from(weight::of_entry(&kept.entry)).unwrap_or(u32::MAX)
                })
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

#[cfg(test)]
mod tests {
    use sealgate_policy::{Denial, Gaps, Grant, Report};
    use sealgate_verify::{Digest, Gap, GapCause, Place};

    use super::*;

    fn report(note: String) -> Report {
        Report {
            image: String::new(),
            digest: None,
            policies: vec![],
            reasons: vec![],
            warnings: vec![],
            audits: vec![],
            notes: vec![note],
        }
    }

    fn key(number: usize) -> VerdictKey {
        VerdictKey::for_test(&number.to_string())
    }

    // THREAT: one hostile image under a thousand tags, each with a long report; or a thousand images of many gaps each.
    #[test]
    fn what_is_kept_is_bounded_in_bytes_and_not_in_entries() {
        const HEAVY: usize = 256 * 1024;
        let cache = Cache::new();
        let count = usize::try_from(2 * limits::VERDICT_BYTES).unwrap() / HEAVY;
        for number in 0..count {
            let verdict = Verdict::Deny(Denial { report: report("x".repeat(HEAVY)) });
            cache.keep_verdict(key(number), &Arc::new(verdict), Timestamp(0));
        }
        cache.verdicts.run_pending_tasks();
        let kept = cache.verdicts.entry_count() * HEAVY as u64;
        assert!(kept > 0 && kept <= limits::VERDICT_BYTES, "{kept}");

        let count = usize::try_from(2 * limits::EVIDENCE_BYTES).unwrap() / HEAVY;
        for number in 0..count {
            let detail = "x".repeat(HEAVY / 8);
            let gap = Gap { place: Place::Referrers, cause: GapCause::Malformed, detail };
            let digest = Digest::sha256(number.to_string().as_bytes());
            let entry =
                Entry { digest, manifest: None, items: vec![], gaps: vec![gap; 8], looked_in: [].into() };
            let kept =
                KeptEntry { entry: Arc::new(entry), gathered_at: Timestamp(0), gathered: Instant::now() };
            cache.keep_evidence(EvidenceKey::for_test(&number.to_string()), kept);
        }
        cache.evidence.run_pending_tasks();
        let kept = cache.evidence.entry_count() * HEAVY as u64;
        assert!(kept > 0 && kept <= limits::EVIDENCE_BYTES, "{kept}");
    }

    #[test]
    fn no_verdict_is_kept_longer_than_what_made_it_valid() {
        let now = Timestamp(1_000);
        let allow = |until| {
            lifetime(&Verdict::Allow(Grant { report: report(String::new()), valid_until: until }), now)
        };
        assert_eq!(allow(None), limits::GRANT_LIFETIME);
        assert_eq!(allow(Some(Timestamp(1_007))), Duration::from_secs(7));
        assert_eq!(allow(Some(Timestamp(i64::MAX))), limits::GRANT_LIFETIME);
        for past in [1_000, 999, i64::MIN] {
            assert_eq!(allow(Some(Timestamp(past))), Duration::ZERO, "{past}");
        }
        let report = || report(String::new());
        assert_eq!(lifetime(&Verdict::Deny(Denial { report: report() }), now), limits::DENIAL_LIFETIME);
        for temporary in [true, false] {
            let unknown = Verdict::Unknown(Gaps { report: report(), temporary });
            assert_eq!(lifetime(&unknown, now), limits::UNKNOWN_LIFETIME);
        }
    }
}
