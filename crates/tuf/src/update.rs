//! The client workflow: which file is needed next, and whether it is believed. Pure; whoever fetches asks [`Update::wants`]
//! and answers with [`Update::take`] until nothing is wanted.
//!
//! Spec: TUF 1.0, 5 (detailed client workflow).

use sealgate_verify::Timestamp as Time;

use crate::{
    Anchor, Proven, TufError, limits,
    metadata::{Role, Snapshot, Target, Targets, Timestamp},
    older::Pieces,
    trusted::{self, Listed, Lower, Published, Roots},
};

/// A file of the repository: its path below the mirror, made of nothing but numbers, digests and fixed names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Want {
    /// The path.
    pub path: String,
    /// More bytes than these are never taken.
    pub limit: usize,
    /// Whether it may be absent: the end of the chain of roots is found so.
    pub may_be_absent: bool,
}

/// A refresh under way.
#[derive(Debug)]
pub struct Update {
    now: Time,
    anchor: Anchor,
    held: Option<Lower>,
    // What was held of a root in pieces, whatever becomes of the rest.
    before: Pieces,
    rotations: u64,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Anchor,
    Root(Roots),
    Timestamp(Roots),
    Snapshot(Roots, Signed<Timestamp>),
    Targets(Roots, Signed<Timestamp>, Signed<Snapshot>),
    Files(Box<Fetching>),
    Done(Box<Proven>),
    Failed,
}

type Signed<T> = (T, Vec<u8>);

// Everything but the files that the targets list, in order, and those of them that are there.
#[derive(Debug)]
struct Fetching {
    roots: Roots,
    timestamp: Signed<Timestamp>,
    snapshot: Signed<Snapshot>,
    targets: Signed<Targets>,
    listed: Listed,
    files: Vec<Vec<u8>>,
}

impl Update {
    /// Begins where trust begins, or where the last refresh ended.
    ///
    /// # Errors
    /// [`TufError::Clock`] if the clock is behind the last refresh; [`TufError`] if the anchor brings bytes that are none.
    // THREAT: a clock that was set back, so that nothing has expired. See a_clock_that_was_set_back_is_found_out.
    pub fn begin(anchor: &Anchor, held: Option<Proven>, now: Time) -> Result<Self, TufError> {
        let before = held.as_ref().map(|held| held.lower.published.pieces.clone()).unwrap_or_default();
        let (stage, held) = match held {
            Some(held) if now.0 < held.refreshed.0.saturating_sub(limits::CLOCK_BEHIND_SECONDS) => {
                return Err(TufError::Clock { now, refreshed: held.refreshed });
            }
            Some(held) => (Stage::Root(held.roots), Some(held.lower)),
            None => match &anchor.bytes {
                Some(bytes) => (Stage::Root(Roots::begin(anchor, bytes.clone())?), None),
                None => (Stage::Anchor, None),
            },
        };
        Ok(Self { now, anchor: anchor.clone(), held, before, rotations: 0, stage })
    }

    /// The file that is needed next; none when the refresh is done.
    pub fn wants(&self) -> Option<Want> {
        let want = |path: String, limit: usize| Want { path, limit, may_be_absent: false };
        let versioned = |roots: &Roots, version: u64, name: &str| match roots.latest.consistent_snapshot {
            true => format!("{version}.{name}"),
            false => name.to_owned(),
        };
        // A declared length within the limit is the better limit.
        let bounded =
            |limit: usize, declared: Option<usize>| declared.map_or(limit, |length| length.min(limit));
        Some(match &self.stage {
            Stage::Anchor => want(format!("{}.root.json", self.anchor.version), limits::ROOT_METADATA_BYTES),
            Stage::Root(roots) => Want {
                path: format!("{}.root.json", roots.next().ok()?),
                limit: limits::ROOT_METADATA_BYTES,
                may_be_absent: true,
            },
            Stage::Timestamp(_) => want("timestamp.json".into(), limits::TIMESTAMP_METADATA_BYTES),
            Stage::Snapshot(roots, (timestamp, _)) => {
                let pin = &timestamp.snapshot;
                want(
                    versioned(roots, pin.version, "snapshot.json"),
                    bounded(limits::SNAPSHOT_METADATA_BYTES, pin.length),
                )
            }
            Stage::Targets(roots, _, (snapshot, _)) => {
                let pin = trusted::targets_pin(snapshot).ok()?;
                want(
                    versioned(roots, pin.version, "targets.json"),
                    bounded(limits::TARGETS_METADATA_BYTES, pin.length),
                )
            }
            Stage::Files(fetching) => {
                let (name, target) = fetching.next()?;
                want(trusted::target_path(&fetching.roots, name, target), target.length)
            }
            Stage::Done(_) | Stage::Failed => return None,
        })
    }

    /// Takes the file that was wanted, or the news that there is none.
    ///
    /// # Errors
    /// [`TufError`] if it is not believed; nothing of this refresh counts then.
    pub fn take(&mut self, answer: Option<Vec<u8>>) -> Result<(), TufError> {
        let Some(want) = self.wants() else { return Ok(()) };
        let stage = std::mem::replace(&mut self.stage, Stage::Failed);
        self.stage = match (stage, answer) {
            (Stage::Root(roots), None) => self.end_of_roots(roots)?,
            (_, None) => return Err(TufError::Missing { file: want.path }),
            (Stage::Anchor, Some(bytes)) => Stage::Root(Roots::begin(&self.anchor, bytes)?),
            (Stage::Root(mut roots), Some(bytes)) => {
                self.rotations += 1;
                if self.rotations > limits::ROTATIONS {
                    let limit = usize::try_from(limits::ROTATIONS).unwrap_or(usize::MAX);
                    return Err(TufError::Limit { what: "new versions", limit, file: Role::Root.name() });
                }
                self.rotate(&mut roots, bytes)?;
                Stage::Root(roots)
            }
            (Stage::Timestamp(roots), Some(bytes)) => self.timestamp(roots, bytes)?,
            (Stage::Snapshot(roots, timestamp), Some(bytes)) => {
                let snapshot = roots.snapshot(&timestamp.0.snapshot, &bytes)?;
                self.snapshot(roots, timestamp, (snapshot, bytes))?
            }
            (Stage::Targets(roots, timestamp, snapshot), Some(bytes)) => {
                let targets = roots.targets(trusted::targets_pin(&snapshot.0)?, &bytes)?;
                self.targets(roots, timestamp, snapshot, (targets, bytes))?
            }
            (Stage::Files(mut fetching), Some(bytes)) => {
                fetching.take(bytes)?;
                self.files(*fetching)?
            }
            (done @ (Stage::Done(_) | Stage::Failed), Some(_)) => done,
        };
        Ok(())
    }

    /// What the repository says now.
    ///
    /// # Errors
    /// [`TufError::Missing`] if files are still wanted.
    pub fn finish(self) -> Result<Proven, TufError> {
        let wanted = self.wants().map(|want| want.path).unwrap_or_default();
        match self.stage {
            Stage::Done(proven) => Ok(*proven),
            _ => Err(TufError::Missing { file: wanted }),
        }
    }

    fn rotate(&mut self, roots: &mut Roots, bytes: Vec<u8>) -> Result<(), TufError> {
        let before = roots.latest.clone();
        roots.advance(bytes)?;
        // Whoever held a revoked key may have signed versions far ahead, which the repository can never reach again.
        // Spec: TUF 1.0, 5.3.11.
        if [Role::Timestamp, Role::Snapshot].into_iter().any(|role| roots.latest.revokes(&before, role)) {
            self.held = None;
        }
        Ok(())
    }

    fn end_of_roots(&self, roots: Roots) -> Result<Stage, TufError> {
        self.fresh(Role::Root, roots.latest.header.expires)?;
        Ok(Stage::Timestamp(roots))
    }

    fn timestamp(&mut self, roots: Roots, bytes: Vec<u8>) -> Result<Stage, TufError> {
        let timestamp = roots.timestamp(&bytes)?;
        if let Some(held) = &self.held {
            let (before, now) = (&held.timestamp.0, &timestamp);
            forward("timestamp", before.header.version, now.header.version)?;
            forward("snapshot", before.snapshot.version, now.snapshot.version)?;
        }
        self.fresh(Role::Timestamp, timestamp.header.expires)?;
        // What is held need not come again where it is exactly what is wanted.
        let again = self.held.as_ref().map(|held| held.snapshot.1.clone());
        if let Some(held) = again
            && let Ok(snapshot) = roots.snapshot(&timestamp.snapshot, &held)
        {
            return self.snapshot(roots, (timestamp, bytes), (snapshot, held));
        }
        Ok(Stage::Snapshot(roots, (timestamp, bytes)))
    }

    fn snapshot(
        &mut self,
        roots: Roots,
        timestamp: Signed<Timestamp>,
        snapshot: Signed<Snapshot>,
    ) -> Result<Stage, TufError> {
        if let Some(held) = &self.held {
            for (name, before) in &held.snapshot.0.meta {
                let now = snapshot.0.meta.get(name).map_or(0, |pin| pin.version);
                forward(name, before.version, now)?;
            }
        }
        self.fresh(Role::Snapshot, snapshot.0.header.expires)?;
        let pin = trusted::targets_pin(&snapshot.0)?;
        let again = self.held.as_ref().map(|held| held.targets.1.clone());
        if let Some(bytes) = again
            && let Ok(targets) = roots.targets(pin, &bytes)
        {
            return self.targets(roots, timestamp, snapshot, (targets, bytes));
        }
        Ok(Stage::Targets(roots, timestamp, snapshot))
    }

    fn targets(
        &mut self,
        roots: Roots,
        timestamp: Signed<Timestamp>,
        snapshot: Signed<Snapshot>,
        targets: Signed<Targets>,
    ) -> Result<Stage, TufError> {
        self.fresh(Role::Targets, targets.0.header.expires)?;
        let listed = trusted::listed(&targets.0)?;
        self.files(Fetching { roots, timestamp, snapshot, targets, listed, files: Vec::new() })
    }

    // Takes from what is held whatever need not come again, until something must or all is there.
    fn files(&self, mut fetching: Fetching) -> Result<Stage, TufError> {
        while let Some((name, target)) = fetching.next() {
            let held = self.held.as_ref().and_then(|held| held.published.file(name));
            match held.filter(|bytes| trusted::is_promised(target, bytes)) {
                Some(bytes) => fetching.files.push(bytes.clone()),
                None => return Ok(Stage::Files(Box::new(fetching))),
            }
        }
        let Fetching { roots, timestamp, snapshot, targets, listed, files } = fetching;
        let published: Published = listed.read(files, |all| Pieces::found(all, &self.before, self.now))?;
        let lower = Lower { timestamp, snapshot, targets, published };
        Ok(Stage::Done(Box::new(Proven { roots, lower, refreshed: self.now })))
    }

    // Spec: TUF 1.0, 5.3.10 and the like.
    fn fresh(&self, role: Role, expires: Time) -> Result<(), TufError> {
        match expires > self.now {
            true => Ok(()),
            false => Err(TufError::Expired { file: role.name(), expires }),
        }
    }
}

impl Fetching {
    fn next(&self) -> Option<(&str, &Target)> {
        self.listed.files().into_iter().nth(self.files.len())
    }

    fn take(&mut self, bytes: Vec<u8>) -> Result<(), TufError> {
        match self.next() {
            Some((_, target)) if trusted::is_promised(target, &bytes) => {
                self.files.push(bytes);
                Ok(())
            }
            // Of the name nobody needs to hear: it is in the path that was asked for.
            _ => Err(TufError::Integrity { file: trusted::TRUSTED_ROOT }),
        }
    }
}

fn forward(what: &str, held: u64, offered: u64) -> Result<(), TufError> {
    match offered >= held {
        true => Ok(()),
        false => Err(TufError::Rollback { what: what.to_owned(), held, offered }),
    }
}
