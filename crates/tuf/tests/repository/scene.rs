//! A repository, a mirror of it, and somebody who asks.

use std::{path::PathBuf, sync::LazyLock, time::Duration};

use sealgate_testkit::{TUF_NOW, Tuf, TufMirror, World};
use sealgate_tuf::{Anchor, Held, Mirror, Patience, Repository, TufError};
use sealgate_verify::Timestamp;
use tempfile::TempDir;

pub(crate) struct Scene {
    pub(crate) tuf: Tuf,
    pub(crate) mirror: TufMirror,
    pub(crate) folder: TempDir,
    anchor: Anchor,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::of(Tuf::new(&root()))
    }

    /// Trust begins with the repository's first root.
    pub(crate) fn of(tuf: Tuf) -> Self {
        let anchor = Anchor::from_bytes(&tuf.anchor()).unwrap();
        Self { mirror: TufMirror::start(&tuf.files), tuf, folder: TempDir::new().unwrap(), anchor }
    }

    pub(crate) fn repository(&self) -> Repository {
        let mirror = Mirror::parse(&self.mirror.url()).unwrap();
        let patience = Patience { silent: Duration::from_millis(500), whole: Duration::from_secs(5) };
        Repository::new(mirror, self.anchor.clone(), Some(self.folder.path())).with_patience(patience)
    }

    /// Serves the repository as it is now and asks it.
    pub(crate) fn ask(&self) -> Result<Held, TufError> {
        self.ask_at(TUF_NOW)
    }

    pub(crate) fn ask_at(&self, now: i64) -> Result<Held, TufError> {
        self.mirror.serve(&self.tuf.files);
        ask(&self.repository(), now)
    }

    /// The same, after a change that only this question sees.
    pub(crate) fn ask_with(&self, change: impl FnOnce(&mut Tuf)) -> Result<Held, TufError> {
        let mut tuf = self.tuf.clone();
        change(&mut tuf);
        self.mirror.serve(&tuf.files);
        ask(&self.repository(), TUF_NOW)
    }

    /// The code of the refusal of a change.
    #[track_caller]
    pub(crate) fn refused(&self, change: impl FnOnce(&mut Tuf)) -> &'static str {
        let kept = self.kept();
        let error = self.ask_with(change).map(|held| held.versions).expect_err("it was believed");
        assert_eq!(self.kept(), kept, "a refresh that is refused changes nothing that was kept");
        assert!(!error.help().is_empty());
        error.code()
    }

    pub(crate) fn kept(&self) -> Option<Vec<u8>> {
        std::fs::read(self.file()).ok()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.repository().store().unwrap().folder().join("repository.json")
    }
}

pub(crate) fn ask(repository: &Repository, now: i64) -> Result<Held, TufError> {
    runtime().block_on(repository.refreshed(Timestamp(now))).map(|(held, unkept)| {
        assert!(unkept.is_none(), "{unkept:?}");
        held
    })
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A trusted root.
pub(crate) fn root() -> Vec<u8> {
    World::shared().trusted_root_json()
}

/// Another one, the same each time.
pub(crate) fn other_root() -> Vec<u8> {
    static OTHER: LazyLock<Vec<u8>> = LazyLock::new(|| World::named("other").trusted_root_json());
    OTHER.clone()
}
