//! A repository that is kept fresh: the best root at hand, and a refresh that replaces it by a newer one or changes nothing.

use std::{path::Path, time::Duration};

use sealgate_verify::{Timestamp as Time, TrustedRoot};
use tokio::time::Instant;

use crate::{
    Anchor, EMBEDDED_SINCE, Instance, Mirror, Proven, Store, TufError, Want, limits, metadata::Role, trusted,
    update::Update,
};

/// One instance's repository.
#[derive(Clone, Debug)]
pub struct Repository {
    anchor: Anchor,
    embedded: Option<&'static Instance>,
    mirror: Mirror,
    patience: Patience,
    store: Option<Store>,
}

/// How long a mirror is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long it may say nothing.
    pub silent: Duration,
    /// How long everything may take.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { silent: limits::SILENT_FOR, whole: limits::REFRESH_WITHIN }
    }
}

/// A root, where it is from, and how old it is.
#[derive(Clone, Debug)]
pub struct Held {
    /// The root.
    pub root: TrustedRoot,
    /// Its bytes.
    pub json: Vec<u8>,
    /// Where it is from.
    pub origin: Origin,
    /// When it was last known to be today's.
    pub since: Time,
    /// When the repository promised news at the latest, where that is known.
    pub expires: Option<Time>,
    /// Versions of root, timestamp, snapshot and targets, where there are some.
    pub versions: Option<[u64; 4]>,
    /// Whether it was put together from keys and certificates that the repository publishes one by one.
    pub in_pieces: bool,
}

/// Where a root is from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The program itself.
    Embedded,
    /// The last good refresh.
    Kept,
    /// A refresh just now.
    Refreshed,
}

/// What a root's age allows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Age {
    /// It is used without asking anybody.
    Fresh,
    /// A refresh is due; without one it is still used.
    Due,
    /// Without a refresh it is not used.
    TooOld,
}

/// The roots at hand, and what of them was not believed.
#[derive(Debug)]
pub struct AtHand {
    /// The best one.
    pub held: Option<Held>,
    /// Why the last refresh on disk is not it.
    pub refused: Option<TufError>,
}

impl Held {
    /// Seconds since it was known to be today's; none for a clock that is behind.
    pub fn age(&self, now: Time) -> i64 {
        now.0.saturating_sub(self.since.0).max(0)
    }

    /// What its age allows, where roots may be `most` seconds old.
    pub fn allows(&self, now: Time, most: i64) -> Age {
        let age = self.age(now);
        match () {
            () if age > most => Age::TooOld,
            () if age > limits::REFRESH_AFTER_SECONDS => Age::Due,
            () => Age::Fresh,
        }
    }

    fn proven(proven: &Proven, origin: Origin) -> Self {
        Self {
            root: proven.trusted_root().clone(),
            json: proven.trusted_root_json().to_vec(),
            origin,
            since: proven.refreshed(),
            expires: Some(proven.expires()),
            versions: Some(proven.versions()),
            in_pieces: proven.is_in_pieces(),
        }
    }
}

impl Repository {
    /// The repository of an instance that everybody knows; `top` is the folder of caches.
    ///
    /// # Errors
    /// None, as a test proves.
    pub fn known(instance: &'static Instance, top: Option<&Path>) -> Result<Self, TufError> {
        let mirror = instance.mirror()?;
        let anchor = instance.anchor().map_err(|_| TufError::Anchor)?;
        Ok(Self { embedded: Some(instance), ..Self::new(mirror, anchor, top) })
    }

    /// The repository of somebody's own instance.
    pub fn new(mirror: Mirror, anchor: Anchor, top: Option<&Path>) -> Self {
        let store = top.map(|top| Store::new(top, &mirror));
        Self { anchor, embedded: None, mirror, patience: Patience::default(), store }
    }

    /// The same, asked at another mirror; what is kept stays in its place.
    pub fn at(self, mirror: Mirror) -> Self {
        Self { mirror, ..self }
    }

    /// The same, with other patience.
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// Where it is asked.
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// Where trust in it begins.
    pub fn anchor(&self) -> &Anchor {
        &self.anchor
    }

    /// Where the last good refresh is kept.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// The best root without asking anybody: of the embedded and the kept one, the younger.
    ///
    /// # Errors
    /// [`TufError::Clock`] if the clock is behind the last refresh: nobody knows then how old it is.
    pub fn at_hand(&self, now: Time) -> Result<AtHand, TufError> {
        let (kept, refused) = match self.kept() {
            Ok(kept) => (kept, None),
            Err(error) => (None, Some(error)),
        };
        if let Some(kept) = &kept
            && now.0 < kept.refreshed().0.saturating_sub(limits::CLOCK_BEHIND_SECONDS)
        {
            return Err(TufError::Clock { now, refreshed: kept.refreshed() });
        }
        let kept = kept.map(|kept| Held::proven(&kept, Origin::Kept));
        let embedded = self.embedded.map(embedded).transpose()?;
        let held = match (kept, embedded) {
            (Some(kept), Some(embedded)) if kept.since < embedded.since => Some(embedded),
            (Some(kept), _) => Some(kept),
            (None, embedded) => embedded,
        };
        Ok(AtHand { held, refused })
    }

    /// Asks the mirror. What was held before stays in force unless everything is right.
    ///
    /// # Errors
    /// [`TufError`] if the mirror cannot be read or what it says is not believed. That the result could not be kept is no
    /// error of the refresh: see the second part of the answer.
    pub async fn refresh(&self, now: Time) -> Result<(Proven, Option<TufError>), TufError> {
        // A cache that is not believed is no floor either; the anchor still is.
        let mut update = Update::begin(&self.anchor, self.kept().unwrap_or_default(), now)?;
        let source = self.mirror.open()?;
        let until = Instant::now() + self.patience.whole;
        while let Some(want) = update.wants() {
            let answer = source.fetch(&want, until, self.patience.silent).await?;
            update.take(answer)?;
        }
        let proven = update.finish()?;
        let unkept = match &self.store {
            Some(store) => store.write(&proven, &self.anchor).await.err(),
            None => None,
        };
        Ok((proven, unkept))
    }

    /// [`Repository::refresh`] as the root that it brings.
    ///
    /// # Errors
    /// As there.
    pub async fn refreshed(&self, now: Time) -> Result<(Held, Option<TufError>), TufError> {
        let (proven, unkept) = self.refresh(now).await?;
        Ok((Held::proven(&proven, Origin::Refreshed), unkept))
    }

    /// A file that the repository lists for other programs, with the bytes that it should have. It is not kept, and says
    /// nothing about whom to trust.
    ///
    /// # Errors
    /// [`TufError::Missing`] if it is not listed; [`TufError`] if it cannot be read, or has other bytes.
    pub async fn file(&self, proven: &Proven, name: &'static str, limit: usize) -> Result<Vec<u8>, TufError> {
        let missing = || TufError::Missing { file: name.to_owned() };
        let target = proven.lower.targets.0.target(name)?.ok_or_else(missing)?;
        if target.length > limit {
            return Err(TufError::Limit { what: "bytes of one file", limit, file: Role::Targets.name() });
        }
        let path = trusted::target_path(&proven.roots, name, &target);
        let want = Want { path, limit: target.length, may_be_absent: false };
        let until = Instant::now() + self.patience.whole;
        let bytes =
            self.mirror.open()?.fetch(&want, until, self.patience.silent).await?.ok_or_else(missing)?;
        match trusted::is_promised(&target, &bytes) {
            true => Ok(bytes),
            false => Err(TufError::Integrity { file: name }),
        }
    }

    /// The last good refresh on disk, proven again.
    ///
    /// # Errors
    /// [`TufError`] if there is something and it cannot be read or is not believed.
    pub fn kept(&self) -> Result<Option<Proven>, TufError> {
        let Some(store) = &self.store else { return Ok(None) };
        store.read()?.map(|kept| kept.prove(&self.anchor)).transpose()
    }
}

fn embedded(instance: &'static Instance) -> Result<Held, TufError> {
    Ok(Held {
        root: TrustedRoot::from_json(instance.embedded()).map_err(TufError::Target)?,
        json: instance.embedded().to_vec(),
        origin: Origin::Embedded,
        since: EMBEDDED_SINCE,
        expires: None,
        versions: None,
        in_pieces: false,
    })
}
