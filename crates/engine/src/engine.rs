//! Resolve, gather, decide under one deadline.

use std::{sync::Arc, time::Duration};

use sealgate_oci::{ClientError, Config, Credentials};
use sealgate_policy::{Request, Verdict};
use sealgate_verify::{Evidence, Timestamp};
use tokio::time::Instant;

use crate::Snapshot;

/// How an engine works; what decides a verdict is in the snapshot.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How to speak to registries.
    pub registry: Config,
    /// Whether verdicts and evidence are kept.
    pub cache: bool,
    /// How long a gathering may go on after the caller's deadline.
    pub background: Duration,
}

/// The whole house behind one door. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {}

/// A verdict and how it was reached.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The verdict.
    pub verdict: Arc<Verdict>,
    /// The evidence it rests on.
    pub evidence: Arc<Evidence>,
    /// Whether it came from a cache.
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

impl Engine {
    /// Builds an engine.
    ///
    /// # Errors
    /// [`CheckError::Client`] if the registry client cannot be built.
    pub fn new(_settings: Settings, _snapshot: Snapshot, _credentials: Credentials) -> Result<Self, CheckError> {
        unimplemented!()
    }

    /// Replaces the snapshot; verdicts are decided again from kept evidence.
    pub fn replace_snapshot(&self, _snapshot: Snapshot) {
        unimplemented!()
    }

    /// The snapshot in force.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        unimplemented!()
    }

    /// Resolves, gathers, decides. `now` is the caller's wall clock, `deadline` its patience.
    ///
    /// # Errors
    /// [`CheckError`]: a fault of our own.
    pub async fn check(&self, _request: &Request, _now: Timestamp, _deadline: Instant) -> Result<Answer, CheckError> {
        unimplemented!()
    }
}
