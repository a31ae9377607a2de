//! Resolve, gather, decide under one deadline.

mod gather;

use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use sealgate_oci::{Client, ClientError, Config, Credentials};
use sealgate_policy::{Request, Verdict, decide};
use sealgate_verify::{Digest, Evidence, Gap, GapCause, Place, Timestamp};
use tokio::time::Instant;

use crate::{
    Snapshot,
    cache::{Cache, KeptEntry},
    compact::compact,
    flight::Flights,
    key::{EvidenceKey, VerdictKey},
};

/// How an engine works. What decides a verdict is in the [`Snapshot`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// How to speak to registries.
    pub registry: Config,
    /// Whether verdicts and evidence are kept.
    pub cache: bool,
    /// How long a gathering may go on after the caller's deadline; at most [`crate::limits::BACKGROUND`].
    pub background: Duration,
}

/// The whole house behind one door. Cheap to clone; clones share caches and connections.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    credentials: Digest,
    snapshot: ArcSwap<Snapshot>,
    cache: Option<Cache>,
    gatherings: Flights<EvidenceKey, KeptEntry>,
    background: Duration,
}

impl Inner {
    // What a namespace asks for is fetched within its share, so that it starves no other.
    fn client(&self, request: &Request) -> Client {
        match &request.namespace {
            Some(namespace) => self.client.on_behalf_of(namespace),
            None => self.client.clone(),
        }
    }
}

/// A verdict and how it was reached.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The verdict.
    pub verdict: Arc<Verdict>,
    /// The evidence it rests on; `None` where the verdict itself was kept.
    pub evidence: Option<Arc<Evidence>>,
    /// Whether it needed no network.
    pub cached: bool,
    /// Whether a gathering still runs, so that a retry will find more.
    pub still_gathering: bool,
}

/// A fault of our own. Whoever guards something closes.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The client cannot be built.
    #[error("registry client cannot be built")]
    Client(#[from] ClientError),
    /// A task of ours ended before its answer.
    #[error("checking `{image}` ended without an answer")]
    Lost {
        /// Which image.
        image: String,
    },
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("snapshot", &self.inner.snapshot.load().hash).finish_non_exhaustive()
    }
}

impl Engine {
    /// Builds an engine for one set of credentials.
    ///
    /// # Errors
    /// [`CheckError::Client`] if the registry client cannot be built.
    pub fn new(settings: Settings, snapshot: Snapshot, credentials: Credentials) -> Result<Self, CheckError> {
        let fingerprint = credentials.fingerprint();
        Ok(Self {
            inner: Arc::new(Inner {
                client: Client::new(settings.registry, credentials)?,
                credentials: fingerprint,
                snapshot: ArcSwap::from_pointee(snapshot),
                cache: settings.cache.then(Cache::new),
                gatherings: Flights::default(),
                background: settings.background.min(crate::limits::BACKGROUND),
            }),
        })
    }

    /// Replaces the snapshot at once; verdicts are decided again, from kept evidence where that suffices.
    pub fn replace_snapshot(&self, snapshot: Snapshot) {
        self.inner.snapshot.store(Arc::new(snapshot));
    }

    /// The snapshot in force.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot.load_full()
    }

    /// Resolves, gathers, decides. `now` is the caller's wall clock, `deadline` its patience.
    ///
    /// # Errors
    /// [`CheckError`]: a fault of our own; what a registry does wrong is a verdict.
    pub async fn check(
        &self,
        request: &Request,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Answer, CheckError> {
        let snapshot = self.snapshot();
        let digest = match request.reference.digest() {
            Some(digest) => digest.clone(),
            None => match self.inner.client(request).resolve(&request.reference, deadline).await {
                Ok(resolved) => resolved.digest,
                Err(gap) => return self.unresolved(&snapshot, request, gap, now).await,
            },
        };
        let key = VerdictKey::new(&snapshot.hash, &self.inner.credentials, request, &digest);
        if let Some(verdict) = self.inner.cache.as_ref().and_then(|cache| cache.verdict(&key)) {
            return Ok(Answer { verdict, evidence: None, cached: true, still_gathering: false });
        }
        let answer = self.judge(&snapshot, request, &digest, now, deadline).await?;
        // A denial from kept evidence is not kept once more: the evidence's age, not ours, says how long it may stand.
        let repeated = answer.cached && !matches!(*answer.verdict, Verdict::Allow(_));
        if let Some(cache) = self.inner.cache.as_ref().filter(|_| !answer.still_gathering && !repeated) {
            cache.keep_verdict(key, &answer.verdict, now);
        }
        Ok(answer)
    }

    // From kept evidence where that admits, or is fresh enough to deny; else from the registry.
    async fn judge(
        &self,
        snapshot: &Arc<Snapshot>,
        request: &Request,
        digest: &Digest,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Answer, CheckError> {
        let key = EvidenceKey::new(&self.inner.credentials, &request.reference, digest);
        let kept = self.inner.cache.as_ref().and_then(|cache| cache.evidence(&key));
        if let Some(kept) = &kept {
            let evidence = evidence(request, kept);
            let verdict = self.decide(snapshot, request, &evidence, now).await?;
            if matches!(*verdict, Verdict::Allow(_)) || kept.may_deny() {
                return Ok(Answer {
                    verdict,
                    evidence: Some(evidence),
                    cached: true,
                    still_gathering: false,
                });
            }
        }
        let gathered = self.gather(&key, request, digest, kept.as_ref(), now, deadline).await?;
        let evidence = evidence(request, &gathered);
        let verdict = self.decide(snapshot, request, &evidence, now).await?;
        let still_gathering = !matches!(*verdict, Verdict::Allow(_))
            && self.go_on_behind(&key, request, digest, &gathered, now);
        Ok(Answer { verdict, evidence: Some(evidence), cached: false, still_gathering })
    }

    async fn unresolved(
        &self,
        snapshot: &Arc<Snapshot>,
        request: &Request,
        gap: Gap,
        now: Timestamp,
    ) -> Result<Answer, CheckError> {
        let reference = request.reference.written().to_owned();
        let evidence = Arc::new(Evidence { reference, gathered_at: now, entries: vec![], gaps: vec![gap] });
        let verdict = self.decide(snapshot, request, &evidence, now).await?;
        Ok(Answer { verdict, evidence: Some(evidence), cached: false, still_gathering: false })
    }

    // Away from the threads that serve connections: many signatures are many milliseconds. A panic is an error here.
    async fn decide(
        &self,
        snapshot: &Arc<Snapshot>,
        request: &Request,
        evidence: &Arc<Evidence>,
        now: Timestamp,
    ) -> Result<Arc<Verdict>, CheckError> {
        let (snapshot, request, evidence) = (Arc::clone(snapshot), request.clone(), Arc::clone(evidence));
        let image = request.reference.written().to_owned();
        tokio::task::spawn_blocking(move || {
            compact(decide(&snapshot.policies, &request, &evidence, &snapshot.roots, now))
        })
        .await
        .map(Arc::new)
        .map_err(|_| CheckError::Lost { image })
    }
}

fn evidence(request: &Request, kept: &KeptEntry) -> Arc<Evidence> {
    Arc::new(Evidence {
        reference: request.reference.written().to_owned(),
        gathered_at: kept.gathered_at,
        entries: vec![kept.entry.as_ref().clone()],
        gaps: vec![],
    })
}

fn gap(place: Place, cause: GapCause, detail: &str) -> Gap {
    Gap { place, cause, detail: detail.to_owned() }
}
