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
    /// What was seen last and is wrong: the same is not tried, nor complained about, again.
    bad: Option<String>,
    /// When the log last said that a root is old.
    complained: Option<Instant>,
}

impl Keeper {
    /// Brings what is there into force; if it is broken, what was good last.
    pub(crate) fn start(gate: Arc<Gate>, places: Places, state: Option<State>) -> Self {
        let mut keeper = Self { gate, places, state, good: None, bad: None, complained: None };
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
        match self.bring(&documents) {
            Ok(()) => {
                (self.good, self.bad) = (Some(hash), None);
                self.gate.set_health(Health::Good);
                if let Some(Err(error)) = self.state.as_ref().map(|state| state.keep(&documents)) {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the last good policies cannot be kept"
                    );
                }
            }
            Err(why) => self.broken(hash.to_string(), why),
        }
    }

    fn bring(&self, documents: &Documents) -> Result<(), String> {
        let loads = |result| self.gate.metrics.loads.get_or_create(&ResultLabels { result }).inc();
        let brought = documents.load(&self.places).map_err(|error| chain(&error)).and_then(
            |(snapshot, warnings, ages)| {
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
                Ok(())
            },
        );
        loads(if brought.is_ok() { "ok" } else { "failed" });
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
            Some(Ok(Some(documents))) => documents,
            Some(Err(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the last good policies cannot be read"
                );
                return;
            }
            Some(Ok(None)) | None => return,
        };
        if let Err(why) = self.bring(&found) {
            tracing::error!(why, "the last good policies cannot be loaded");
            return;
        }
        self.good = Some(found.hash());
        if let Health::None { why } = &*self.gate.health() {
            self.gate.set_health(Health::Degraded { why: why.clone() });
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
