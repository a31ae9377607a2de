//! What all connections share: the engine, the health, the budgets.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, ArcSwapOption};
use sealgate::{
    CheckError, Engine, Settings, Snapshot,
    oci::{Config, Credentials, Turns},
};
use tokio::sync::Semaphore;

use crate::{limits, metrics::Metrics, record::Recorder, roots::Ages};

/// The gate that reviews come to.
#[derive(Debug)]
pub(crate) struct Gate {
    engine: ArcSwapOption<Engine>,
    health: ArcSwap<Health>,
    phase: AtomicU8,
    registry: Config,
    credentials: Credentials,
    /// Who is judged at once: so many reviews, and of one namespace no more than its share.
    pub(crate) reviews: Turns,
    /// KiB of bodies held at once.
    pub(crate) bodies: Semaphore,
    ages: ArcSwap<Ages>,
    unrefreshed: ArcSwap<BTreeMap<String, String>>,
    /// What is counted.
    pub(crate) metrics: Metrics,
    /// What is logged.
    pub(crate) recorder: Recorder,
}

/// How the policies are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Health {
    /// The last good policies are served, since what is there now is not good.
    Degraded {
        /// What is wrong.
        why: String,
    },
    /// What is there is served.
    Good,
    /// Nothing can be served.
    None {
        /// What is wrong.
        why: String,
    },
}

/// Where a replica is in its life.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Phase {
    /// Judging.
    Serving,
    /// Told to stop: still judging, no longer ready.
    Draining,
    /// Sending reviews elsewhere.
    Leaving,
}

impl Gate {
    /// A gate with nothing to judge by yet.
    pub(crate) fn new(registry: Config, credentials: Credentials) -> Self {
        Self {
            engine: ArcSwapOption::empty(),
            health: ArcSwap::from_pointee(Health::None { why: "policies are not read yet".to_owned() }),
            phase: AtomicU8::new(0),
            registry,
            credentials,
            reviews: Turns::new(limits::REVIEWS, limits::REVIEWS_OF_ONE),
            bodies: Semaphore::new(limits::BODIES / 1024),
            ages: ArcSwap::default(),
            unrefreshed: ArcSwap::default(),
            metrics: Metrics::new(),
            recorder: Recorder::new(),
        }
    }

    /// The engine, once there is something to judge by.
    pub(crate) fn engine(&self) -> Option<Arc<Engine>> {
        self.engine.load_full()
    }

    /// Puts a snapshot in force at once.
    ///
    /// # Errors
    /// [`CheckError`] if no client can be built for the hosts that it allows; then nothing changes.
    pub(crate) fn install(&self, snapshot: Snapshot) -> Result<(), CheckError> {
        let hosts = |snapshot: &Snapshot| {
            snapshot.policies.settings().registries.iter().cloned().collect::<BTreeSet<_>>()
        };
        let only_hosts = hosts(&snapshot);
        // Hosts belong to the client, so other hosts are another engine; its caches start empty.
        match self.engine() {
            Some(engine) if hosts(&engine.snapshot()) == only_hosts => engine.replace_snapshot(snapshot),
            _ => {
                let registry = Config { only_hosts, ..self.registry.clone() };
                let settings = Settings { registry, cache: true, background: BACKGROUND };
                self.engine.store(Some(Arc::new(Engine::new(settings, snapshot, self.credentials.clone())?)));
            }
        }
        Ok(())
    }

    /// How old the roots are that the policies in force name.
    pub(crate) fn ages(&self) -> Arc<Ages> {
        self.ages.load_full()
    }

    pub(crate) fn set_ages(&self, ages: Ages) {
        self.ages.store(Arc::new(ages));
    }

    /// The roots whose last refresh failed, and why.
    pub(crate) fn unrefreshed(&self) -> Arc<BTreeMap<String, String>> {
        self.unrefreshed.load_full()
    }

    pub(crate) fn set_unrefreshed(&self, root: &str, why: Option<String>) {
        self.unrefreshed.rcu(|all| {
            let mut all = BTreeMap::clone(all);
            match &why {
                Some(why) => all.insert(root.to_owned(), why.clone()),
                None => all.remove(root),
            };
            all
        });
    }

    /// How the policies are.
    pub(crate) fn health(&self) -> Arc<Health> {
        self.health.load_full()
    }

    pub(crate) fn set_health(&self, health: Health) {
        self.metrics.degraded.set(i64::from(health != Health::Good));
        self.health.store(Arc::new(health));
    }

    /// Where this replica is in its life.
    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Serving,
            1 => Phase::Draining,
            _ => Phase::Leaving,
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::AcqRel);
    }

    /// Whether somebody waits for an answer.
    pub(crate) fn is_judging(&self) -> bool {
        self.reviews.taken() > 0
    }

    /// Whether new reviews should be sent here.
    pub(crate) fn is_ready(&self) -> bool {
        self.phase() == Phase::Serving && self.engine.load().is_some()
    }
}

/// How long a gathering goes on for a retry.
const BACKGROUND: Duration = Duration::from_secs(30);
