//! Keeps roots young through their TUF repositories, where the operator says that there is a network for it.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use futures_util::{FutureExt, future::join_all};
use sealgate::tuf::{Anchor, Instance, Mirror, Proven, Repository, RootsError, TufError};
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
    pauses: Pauses,
}

/// How long until a repository is asked again.
#[derive(Clone, Copy, Debug)]
struct Pauses {
    good: Duration,
    failed: Duration,
    failed_without: Duration,
}

const PAUSES: Pauses = Pauses {
    good: limits::ROOT_REFRESH,
    failed: limits::ROOT_RETRY,
    failed_without: limits::ROOT_FIRST_RETRY,
};

/// Why a root was not brought. The one in force stays so.
#[derive(Debug, thiserror::Error)]
enum RefreshError {
    /// A fault of ours.
    #[error("refreshing it panicked")]
    Panicked,
    /// One that no policy is judged by.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// Not read or not believed.
    #[error("{}", .0.chain())]
    Tuf(#[from] TufError),
    /// Not written.
    #[error("it cannot be written: {0}")]
    Written(#[from] serde_json::Error),
}

impl RefreshError {
    fn code(&self) -> &'static str {
        match self {
            Self::Panicked | Self::Written(_) => "internal-fault",
            Self::Roots(error) => error.code(),
            Self::Tuf(error) => error.code(),
        }
    }

    fn help(&self) -> &'static str {
        match self {
            Self::Panicked | Self::Written(_) => "report it; what was in force stays so",
            Self::Roots(error) => error.help(),
            Self::Tuf(error) => error.help(),
        }
    }
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
        let refresher = Self { gate, repositories, fresh: Fresh::default(), pauses: PAUSES };
        for (name, repository) in &refresher.repositories {
            let kept = repository.kept().map_err(RefreshError::from);
            let brought = kept.and_then(|kept| kept.map_or(Ok(()), |kept| refresher.bring(name, &kept)));
            if let Err(error) = brought {
                let (code, why) = (error.code(), error.to_string());
                tracing::warn!(root = name, code, why, "what was kept of a trusted root is not used");
            }
        }
        Ok(refresher)
    }

    /// What it brings.
    pub(crate) fn fresh(&self) -> Fresh {
        Arc::clone(&self.fresh)
    }

    /// Asks each repository now, and then whenever it is time for it.
    pub(crate) async fn run(self) {
        // One that fails is asked sooner, and brings nobody else to be.
        join_all(self.repositories.iter().map(async |(name, repository)| {
            loop {
                sleep(self.refresh(name, async { repository.refresh(now()).await }).await).await;
            }
        }))
        .await;
    }

    // How long until this one is asked again.
    async fn refresh(
        &self,
        name: &str,
        asking: impl Future<Output = Result<(Proven, Option<TufError>), TufError>>,
    ) -> Duration {
        let work = async {
            let (proven, unkept) = asking.await?;
            self.bring(name, &proven)?;
            Ok((proven, unkept))
        };
        // A panic must not end the refreshing in silence.
        let result = AssertUnwindSafe(work).catch_unwind().await.unwrap_or(Err(RefreshError::Panicked));
        let label = match &result {
            Ok(_) => "ok",
            Err(RefreshError::Panicked) => "panicked",
            Err(_) => "failed",
        };
        self.gate.metrics.root_refreshes.get_or_create(&ResultLabels { result: label }).inc();
        self.gate
            .set_unrefreshed(name, result.as_ref().err().map(|error| format!("{}: {error}", error.code())));
        match result {
            Ok((proven, unkept)) => {
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
                self.pauses.good
            }
            // INVARIANT: a refresh that fails changes nothing.
            Err(error) => {
                let (code, why, help) = (error.code(), error.to_string(), error.help());
                match error {
                    RefreshError::Panicked | RefreshError::Written(_) => {
                        tracing::error!(root = name, code, why, help, "trusted root cannot be refreshed");
                    }
                    _ => tracing::warn!(root = name, code, why, help, "trusted root cannot be refreshed"),
                }
                match self.fresh.load().contains_key(name) || Instance::find(name).is_some() {
                    true => self.pauses.failed,
                    false => self.pauses.failed_without,
                }
            }
        }
    }

    fn bring(&self, name: &str, proven: &Proven) -> Result<(), RefreshError> {
        // It is refused with the documents too, which would then all stay as they are.
        if proven.is_in_pieces() {
            return Err(RootsError::Pieces { name: name.to_owned() }.into());
        }
        let bytes = proven.kept_json()?;
        let mut all = BTreeMap::clone(&self.fresh.load());
        all.insert(name.to_owned(), bytes);
        self.fresh.store(Arc::new(all));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use sealgate::oci::{Config, Credentials};
    use sealgate_testkit::{Tuf, World, older_targets};
    use tempfile::TempDir;

    use super::*;

    /// Repositories in folders, and who asks them.
    fn refresher(repositories: &[(&str, Option<&Tuf>)]) -> (Arc<Gate>, Refresher, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let anchor = Anchor::from_bytes(&tuf().anchor()).unwrap();
        let (mut flags, mut anchors) = (vec!["x".to_owned(), "--policies=x".to_owned()], BTreeMap::new());
        for (name, tuf) in repositories {
            let at = folder.path().join(name);
            std::fs::create_dir(&at).unwrap();
            if let Some(tuf) = tuf {
                tuf.write_to(&at);
            }
            let anchor = tuf.map_or(anchor.clone(), |tuf| Anchor::from_bytes(&tuf.anchor()).unwrap());
            anchors.insert((*name).to_owned(), anchor);
            flags.push(format!("--tuf-mirror={name}={}", at.display()));
        }
        let gate = Arc::new(Gate::new(Config::default(), Credentials::anonymous()));
        let options = Options::try_parse_from(flags).unwrap();
        let refresher = Refresher::new(Arc::clone(&gate), &options, &anchors).unwrap();
        (gate, refresher, folder)
    }

    fn tuf() -> Tuf {
        Tuf::until(now().0 + 86_400, &World::shared().trusted_root_json())
    }

    fn count(gate: &Gate, result: &'static str) -> u64 {
        gate.metrics.root_refreshes.get_or_create(&ResultLabels { result }).get()
    }

    #[tokio::test]
    async fn a_mirror_that_fails_makes_no_other_be_asked() {
        let tuf = tuf();
        let (gate, refresher, _folder) = refresher(&[("good", Some(&tuf)), ("gone", None)]);
        let soon = Duration::from_millis(1);
        let refresher =
            Refresher { pauses: Pauses { failed: soon, failed_without: soon, ..PAUSES }, ..refresher };
        let fresh = refresher.fresh();
        let enough = async {
            while count(&gate, "failed") < 5 || fresh.load().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { () = refresher.run() => {}, () = enough => {} }
        assert_eq!(count(&gate, "ok"), 1);
        assert_eq!(fresh.load().keys().collect::<Vec<_>>(), ["good"]);
        let unrefreshed = gate.unrefreshed();
        assert_eq!(unrefreshed.keys().collect::<Vec<_>>(), ["gone"]);
        assert!(unrefreshed["gone"].starts_with("tuf-"), "{unrefreshed:?}");
    }

    #[tokio::test]
    async fn a_panic_in_a_refresh_is_said_and_tried_again() {
        let tuf = tuf();
        let (gate, refresher, _folder) = refresher(&[("good", Some(&tuf))]);
        let next = refresher.refresh("good", async { panic!("on purpose") }).await;
        assert_eq!((next, count(&gate, "panicked")), (limits::ROOT_FIRST_RETRY, 1));
        assert_eq!(gate.unrefreshed()["good"], "internal-fault: refreshing it panicked");
        let (_, repository) = &refresher.repositories[0];
        let next = refresher.refresh("good", repository.refresh(now())).await;
        assert_eq!(
            (next, count(&gate, "ok"), gate.unrefreshed().len()),
            (limits::ROOT_REFRESH, 1, 0),
            "twin"
        );
        let next = refresher.refresh("good", async { panic!("on purpose") }).await;
        assert_eq!((next, refresher.fresh().load().len()), (limits::ROOT_RETRY, 1), "it stays in force");
    }

    #[tokio::test]
    async fn a_root_in_pieces_is_not_brought() {
        let mut tuf = tuf();
        let ask = async |tuf: &Tuf| {
            let (gate, refresher, _folder) = refresher(&[("lab", Some(tuf))]);
            let (name, repository) = &refresher.repositories[0];
            refresher.refresh(name, repository.refresh(now())).await;
            (refresher.fresh().load().len(), gate.unrefreshed().get("lab").cloned().unwrap_or_default())
        };
        assert_eq!(ask(&tuf).await, (1, String::new()), "twin");
        tuf.publish_all(2, &older_targets(&World::shared().trusted_root_json()));
        let (brought, why) = ask(&tuf).await;
        assert!(brought == 0 && why.starts_with("roots-pieces: "), "{why}");
    }
}
