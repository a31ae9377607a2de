//! Keeps roots young through their TUF repositories, where the operator says that there is a network for it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use sealgate::{
    tuf::{Anchor, Instance, Mirror, Proven, Repository},
    verify::Timestamp,
};
use tokio::time::sleep;

use crate::{gate::Gate, limits, metrics::ResultLabels, options::Options, roots::now, server::StartError};

/// The signed files of each root that is kept young, by its name.
pub(crate) type Fresh = Arc<ArcSwap<BTreeMap<String, Vec<u8>>>>;

/// Asks the repositories, again and again.
#[derive(Debug)]
pub(crate) struct Refresher {
    gate: Arc<Gate>,
    repositories: Vec<(String, Repository)>,
    fresh: Fresh,
}

impl Refresher {
    /// One for what the options name. Begins with what was kept.
    ///
    /// # Errors
    /// [`StartError::NoAnchor`] if a root has a mirror, and nobody says where trust in it begins; [`StartError::Root`] if it can
    /// have no such mirror.
    pub(crate) fn new(
        gate: Arc<Gate>,
        options: &Options,
        anchors: &BTreeMap<String, Anchor>,
    ) -> Result<Self, StartError> {
        // It is kept beside the documents, so that a replica begins with what the one before it knew.
        let top = options.state.as_ref().map(|state| state.join("roots"));
        let mut repositories = Vec::new();
        for (name, mirror) in &options.tuf_mirrors {
            let failed = |source| StartError::Root { name: name.clone(), source };
            let mirror = Mirror::parse(mirror).map_err(|error| failed(error.into()))?;
            let repository = match (anchors.get(name), Instance::find(name)) {
                (Some(anchor), _) => Repository::new(mirror, anchor.clone(), top.as_deref()),
                (None, Some(instance)) => {
                    Repository::known(instance, top.as_deref()).map_err(failed)?.at(mirror)
                }
                (None, None) => return Err(StartError::NoAnchor { name: name.clone() }),
            };
            repositories.push((name.clone(), repository));
        }
        let refresher = Self { gate, repositories, fresh: Fresh::default() };
        for (name, repository) in &refresher.repositories {
            match repository.kept() {
                Ok(Some(proven)) => refresher.bring(name, &proven),
                Ok(None) => {}
                Err(error) => tracing::warn!(
                    root = name,
                    code = error.code(),
                    why = error.chain(),
                    "what was kept of a trusted root is not used"
                ),
            }
        }
        Ok(refresher)
    }

    /// What it brings.
    pub(crate) fn fresh(&self) -> Fresh {
        Arc::clone(&self.fresh)
    }

    /// Asks now, and then whenever it is time.
    pub(crate) async fn run(self) {
        if self.repositories.is_empty() {
            return;
        }
        loop {
            let mut next = limits::ROOT_REFRESH;
            for (name, repository) in &self.repositories {
                next = next.min(self.refresh(name, repository, now()).await);
            }
            sleep(next).await;
        }
    }

    // How long until this one is asked again.
    async fn refresh(&self, name: &str, repository: &Repository, now: Timestamp) -> Duration {
        let result = repository.refresh(now).await;
        let label = ResultLabels { result: if result.is_ok() { "ok" } else { "failed" } };
        self.gate.metrics.root_refreshes.get_or_create(&label).inc();
        match result {
            Ok((proven, unkept)) => {
                self.bring(name, &proven);
                tracing::info!(
                    root = name,
                    versions = ?proven.versions(),
                    expires = %proven.expires(),
                    "trusted root is today's"
                );
                if let Some(error) = unkept {
                    tracing::warn!(
                        root = name,
                        code = error.code(),
                        why = error.chain(),
                        "trusted root cannot be kept for the next start"
                    );
                }
                limits::ROOT_REFRESH
            }
            // INVARIANT: a refresh that fails changes nothing.
            Err(error) => {
                tracing::warn!(
                    root = name,
                    code = error.code(),
                    why = error.chain(),
                    help = error.help(),
                    "trusted root cannot be refreshed"
                );
                match self.fresh.load().contains_key(name) || Instance::find(name).is_some() {
                    true => limits::ROOT_RETRY,
                    false => limits::ROOT_FIRST_RETRY,
                }
            }
        }
    }

    fn bring(&self, name: &str, proven: &Proven) {
        match proven.kept_json() {
            Ok(bytes) => {
                let mut all = BTreeMap::clone(&self.fresh.load());
                all.insert(name.to_owned(), bytes);
                self.fresh.store(Arc::new(all));
            }
            Err(error) => tracing::error!(
                root = name,
                error = &error as &dyn std::error::Error,
                "trusted root cannot be written"
            ),
        }
    }
}
