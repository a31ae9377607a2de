//! Gathering: once for all who wait, for as long as the caller waits, and then a little longer behind its back.

use std::{collections::BTreeSet, sync::Arc};

use sealgate_oci::Look;
use sealgate_policy::Request;
use sealgate_verify::{Digest, Entry, GapCause, Item, Place, Timestamp};
use tokio::time::{Instant, timeout_at};

use super::{CheckError, Engine, gap};
use crate::{
    cache::KeptEntry,
    flight::{Flight, Most},
    key::EvidenceKey,
    limits,
};

/// The places that can hold a signature. All are looked at: a signature in one must not hide behind the absence in another.
pub(super) const PLACES: [Place; 3] = [Place::AttestationTag, Place::Referrers, Place::SignatureTag];

impl Engine {
    /// Gathers evidence for one digest, or waits for whoever is at it already.
    ///
    /// At the deadline what is known by then comes back, with a gap for the rest.
    pub(super) async fn gather(
        &self,
        key: &EvidenceKey,
        request: &Request,
        digest: &Digest,
        kept: Option<&KeptEntry>,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<KeptEntry, CheckError> {
        // The gathering ends a little earlier than our patience, so that what it has by then is judged, not dropped.
        let left = deadline.saturating_duration_since(Instant::now());
        let margin = (left / 10).min(limits::DECIDING);
        let until = deadline.checked_sub(margin).unwrap_or(deadline);
        // Whoever else is at it shares what it finds, if it finds all and soon. More is not asked of another's luck: its
        // gathering waits within another's shares, and ends at another's deadline.
        if let Some(flight) = self.inner.gatherings.of_others(key, owner(request)) {
            let patience = deadline.min(Instant::now() + limits::GO_ALONG);
            if let Ok(Some(kept)) = timeout_at(patience, flight).await
                && kept.entry.gaps.is_empty()
            {
                return Ok(kept);
            }
        }
        let Some(flight) = self.gatherings(key, request, digest, now, until, limits::GATHERINGS) else {
            return Ok(dark(
                digest,
                kept,
                now,
                GapCause::RateLimited,
                "as much is being gathered as there may be",
            ));
        };
        match timeout_at(deadline, flight).await {
            Ok(Some(kept)) => Ok(kept),
            Ok(None) => Err(CheckError::Lost { image: request.reference.written().to_owned() }),
            Err(_) => Ok(dark(digest, kept, now, GapCause::Running, "evidence is still being gathered")),
        }
    }

    /// Starts another gathering that nobody waits for, where the last one ended early. Says whether one runs.
    pub(super) fn go_on_behind(
        &self,
        key: &EvidenceKey,
        request: &Request,
        digest: &Digest,
        gathered: &KeptEntry,
        now: Timestamp,
    ) -> bool {
        if self.inner.cache.is_none() || self.inner.background.is_zero() {
            return false;
        }
        let early = |cause: GapCause| matches!(cause, GapCause::Timeout | GapCause::Running);
        if !gathered.entry.gaps.iter().any(|gap| early(gap.cause)) {
            return false;
        }
        let until = Instant::now() + self.inner.background;
        self.gatherings(key, request, digest, now, until, limits::GATHERINGS_BEHIND).is_some()
    }

    fn gatherings(
        &self,
        key: &EvidenceKey,
        request: &Request,
        digest: &Digest,
        now: Timestamp,
        deadline: Instant,
        most: usize,
    ) -> Option<Flight<KeptEntry>> {
        let most = Most { all: most, of_one: limits::GATHERINGS_OF_ONE };
        self.inner.gatherings.join(key.clone(), owner(request), most, || {
            let (inner, key, digest) = (Arc::clone(&self.inner), key.clone(), digest.clone());
            let (client, reference) = (inner.client(request), request.reference.clone());
            async move {
                let look = Look { places: BTreeSet::from(PLACES), manifest: true, ..Look::default() };
                let mut entry = client.gather(&reference, &digest, &look, deadline).await;
                if !entry.gaps.is_empty()
                    && let Some(before) = inner.cache.as_ref().and_then(|cache| cache.evidence(&key))
                {
                    // INVARIANT: an outage never takes away what was already seen; more items never deny.
                    entry.items = merged(&before.entry.items, entry.items);
                    entry.manifest = entry.manifest.take().or_else(|| before.entry.manifest.clone());
                }
                let kept = KeptEntry { entry: Arc::new(entry), gathered_at: now, gathered: Instant::now() };
                if let Some(cache) = &inner.cache {
                    cache.keep_evidence(key, kept.clone());
                }
                kept
            }
        })
    }
}

fn owner(request: &Request) -> &str {
    request.namespace.as_deref().unwrap_or_default()
}

fn merged(before: &[Item], now: Vec<Item>) -> Vec<Item> {
    let mut items = now;
    for item in before {
        if items.len() < limits::MERGED_ITEMS && !items.contains(item) {
            items.push(item.clone());
        }
    }
    items
}

// What is kept, or nothing, and a gap for every place.
fn dark(
    digest: &Digest,
    kept: Option<&KeptEntry>,
    now: Timestamp,
    cause: GapCause,
    detail: &str,
) -> KeptEntry {
    let mut entry = kept.map_or_else(
        || Entry {
            digest: digest.clone(),
            manifest: None,
            items: vec![],
            gaps: vec![],
            looked_in: BTreeSet::from(PLACES),
        },
        |kept| kept.entry.as_ref().clone(),
    );
    entry.gaps = PLACES.map(|place| gap(place, cause, detail)).to_vec();
    KeptEntry { entry: Arc::new(entry), gathered_at: now, gathered: Instant::now() }
}
