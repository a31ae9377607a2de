//! Watches the documents, and keeps the gate on the last good ones.

use std::{sync::Arc, time::Instant};

use sealgate::{tuf, verify::Digest};
use tokio::{task::spawn_blocking, time::interval};

use crate::{
    gate::{Gate, Health},
    limits,
    metrics::ResultLabels,
    roots::now,
    sources::{Documents, Places},
    state::State,
};

/// Brings documents into force.
pub(crate) struct Keeper {
    gate: Arc<Gate>,
    places: Places,
    state: Option<State>,
    /// What is in force.
    good: Option<Digest>,
    /// The files of it.
    files: Option<Digest>,
    /// What was seen last and is wrong: the same is not tried, nor complained about, again.
    bad: Option<String>,
    /// When the log last said that a root is old.
    complained: Option<Instant>,
}

impl Keeper {
    /// Brings what is there into force; if it is broken, what was good last.
    pub(crate) fn start(gate: Arc<Gate>, places: Places, state: Option<State>) -> Self {
        let mut keeper = Self { gate, places, state, good: None, files: None, bad: None, complained: None };
        keeper.look();
        if keeper.good.is_none() {
            keeper.fall_back();
        }
        keeper.complain();
        keeper
    }

    /// Looks again and again.
    pub(crate) async fn watch(mut self) {
        let mut ticks = interval(limits::POLL);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            // A panic here must not end the watching in silence: what is in force stays, and the gate says that it is old.
            let gate = Arc::clone(&self.gate);
            match spawn_blocking(move || {
                self.look();
                self.complain();
                self
            })
            .await
            {
                Ok(keeper) => self = keeper,
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "policies are no longer watched"
                    );
                    gate.set_health(Health::Degraded { why: "policies are no longer watched".to_owned() });
                    return;
                }
            }
        }
    }

    // An old root is said when it becomes so, and then once a day.
    fn complain(&mut self) {
        let (ages, now) = (self.gate.ages(), now());
        if ages.old(now).next().is_none() {
            self.complained = None;
        } else if self.complained.is_none_or(|said| said.elapsed() >= limits::OLD_ROOT_SAID) {
            ages.complain(now);
            self.complained = Some(Instant::now());
        }
    }

    fn look(&mut self) {
        let documents = match Documents::read(&self.places) {
            Ok(documents) => documents,
            Err(error) => return self.broken(chain(&error), chain(&error)),
        };
        let hash = documents.hash();
        if self.good.as_ref() == Some(&hash) {
            if self.bad.take().is_some() {
                tracing::info!("the policies that are served are there again");
                self.gate.set_health(Health::Good);
            }
            return;
        }
        if self.bad.as_deref() == Some(&hash.to_string()) {
            return;
        }
        let files = Some(documents.hash_of_files());
        match self.bring(&documents, files == self.files) {
            Ok(is_news) => {
                (self.good, self.files, self.bad) = (Some(hash), files, None);
                self.gate.set_health(Health::Good);
                if is_news && let Some(Err(error)) = self.state.as_ref().map(|state| state.keep(&documents)) {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the last good policies cannot be kept"
                    );
                }
            }
            Err(why) => self.broken(hash.to_string(), why),
        }
    }

    // Whether anything but the age of roots is new.
    fn bring(&self, documents: &Documents, are_same_files: bool) -> Result<bool, String> {
        let loads = |result| self.gate.metrics.loads.get_or_create(&ResultLabels { result }).inc();
        let brought = documents.load(&self.places).map_err(|error| chain(&error)).and_then(
            |(snapshot, warnings, ages)| {
                let is_in_force =
                    |engine: &sealgate::Engine| are_same_files && engine.snapshot().hash == snapshot.hash;
                if self.gate.engine().as_deref().is_some_and(is_in_force) {
                    self.gate.set_ages(ages);
                    return Ok(false);
                }
                let notes: Vec<_> =
                    tuf::notes(&snapshot.roots).map(|(root, note)| (root.to_owned(), note.clone())).collect();
                let (hash, names) = (snapshot.hash.to_string(), snapshot.policies.names().join(", "));
                self.gate.install(snapshot).map_err(|error| chain(&error))?;
                self.gate.set_ages(ages);
                tracing::info!(snapshot = hash, policies = names, "policies in force");
                for warning in warnings {
                    tracing::warn!(code = warning.code, "{warning}");
                }
                for (root, note) in notes {
                    tracing::warn!(
                        root,
                        field = note.field,
                        why = note.why,
                        "part of a trusted root is left out"
                    );
                }
                Ok(true)
            },
        );
        match brought {
            Ok(true) => {
                loads("ok");
            }
            Ok(false) => {}
            Err(_) => {
                loads("failed");
            }
        }
        brought
    }

    // INVARIANT: what is broken never changes what is in force.
    fn broken(&mut self, mark: String, why: String) {
        if self.bad.as_ref() == Some(&mark) {
            return;
        }
        tracing::error!(why, "policies cannot be loaded");
        self.bad = Some(mark);
        self.gate.set_health(match self.good {
            Some(_) => Health::Degraded { why },
            None => Health::None { why },
        });
    }

    fn fall_back(&mut self) {
        let found = match self.state.as_ref().map(State::find) {
            Some(Ok(Some(mut documents))) => {
                // What the refreshes kept is younger than what was good with the policies.
                documents.refresh(&self.places);
                documents.roots.retain(|name, _| !documents.fresh.contains_key(name));
                documents
            }
            Some(Err(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the last good policies cannot be read"
                );
                return;
            }
            Some(Ok(None)) | None => return,
        };
        if let Err(why) = self.bring(&found, false) {
            tracing::error!(why, "the last good policies cannot be loaded");
            return;
        }
        self.good = Some(found.hash());
        if let Health::None { why } = &*self.gate.health() {
            self.gate.set_health(Health::Degraded { why: why.clone() });
        }
    }
}

/// An error and all that caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use sealgate::{
        oci::{Config, Credentials},
        tuf::{Anchor, Mirror, Repository},
        verify::Timestamp,
    };
    use sealgate_testkit::{Tuf, World};

    use super::*;
    use crate::{options::OldRoots, refresh::Fresh, roots::Limit};

    const POLICY: &str = r#"
apiVersion: sealgate.dev/v1alpha1
kind: ClusterSealPolicy
metadata: {name: acme}
spec:
  match: {images: ["registry.example/**"]}
  signers:
    release:
      roots: [lab]
      github: {repository: acme/app, workflow: release.yml, ref: "refs/tags/v*"}
  require:
    signed: {signature: {by: [release]}}
"#;

    async fn refreshed(tuf: &Tuf, at: i64) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        tuf.write_to(folder.path());
        let mirror = Mirror::parse(folder.path().to_str().unwrap()).unwrap();
        let repository = Repository::new(mirror, Anchor::from_bytes(&tuf.anchor()).unwrap(), None);
        repository.refresh(Timestamp(at)).await.unwrap().0.kept_json().unwrap()
    }

    #[tokio::test]
    async fn a_refresh_that_changes_nothing_but_the_time_loads_and_keeps_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let policies = folder.path().join("policies");
        fs::create_dir(&policies).unwrap();
        fs::write(policies.join("acme.yaml"), POLICY).unwrap();
        let now = now().0;
        let mut tuf = Tuf::until(now + 86_400, &World::shared().trusted_root_json());
        let fresh = Fresh::default();
        let bring = |bytes: Vec<u8>| fresh.store(Arc::new(BTreeMap::from([("lab".to_owned(), bytes)])));
        bring(refreshed(&tuf, now - 3 * 86_400).await);
        let places = Places {
            policies: policies.clone(),
            roots: vec![],
            fresh: Arc::clone(&fresh),
            anchors: BTreeMap::from([("lab".to_owned(), Anchor::from_bytes(&tuf.anchor()).unwrap())]),
            limit: Limit { days: 1, beyond: OldRoots::Close },
        };
        let start = || {
            let gate = Arc::new(Gate::new(Config::default(), Credentials::anonymous()));
            let state = State::new(&folder.path().join("state"));
            (Arc::clone(&gate), Keeper::start(gate, places.clone(), Some(state)))
        };
        let (gate, mut keeper) = start();
        let kept = || fs::read(folder.path().join("state/last-good.json")).unwrap();
        let loads = |gate: &Gate| gate.metrics.loads.get_or_create(&ResultLabels { result: "ok" }).get();
        let closed = |gate: &Gate| gate.ages().refusal(Timestamp(now)).is_some();
        let first = kept();
        assert_eq!((loads(&gate), closed(&gate)), (1, true));

        bring(refreshed(&tuf, now).await);
        keeper.look();
        assert_eq!((loads(&gate), closed(&gate), kept() == first), (1, false, true), "only younger");
        assert_eq!(*gate.health(), Health::Good);
        // Whoever starts with broken policies has the younger root all the same.
        fs::write(policies.join("acme.yaml"), "kind: rubbish").unwrap();
        let (other, _keeper) = start();
        assert!(matches!(&*other.health(), Health::Degraded { .. }) && !closed(&other));
        fs::write(policies.join("acme.yaml"), POLICY).unwrap();

        tuf.publish(2, &World::named("other").trusted_root_json());
        bring(refreshed(&tuf, now).await);
        keeper.look();
        assert_eq!((loads(&gate), kept() == first), (2, false), "twin");
    }
}
