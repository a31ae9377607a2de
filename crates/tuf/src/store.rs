//! The last good refresh on disk: one file, written beside and renamed, so that no reader ever sees half of it or two
//! halves; under a lock, so that of several processes none puts an older state in the place of a newer one.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use sealgate_verify::Digest;

use crate::{Anchor, Kept, Mirror, Proven, TufError, limits, read_file};

/// Where one repository's last good refresh is kept.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// Why a refresh could not be kept or read back.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process writes, and does not end.
    #[error("`{}` is locked by another process", path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// Not what we wrote.
    #[error("`{}` is not a kept repository", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// The file system's answer.
    #[error("`{}` cannot be {done}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// `read` or `written`.
        done: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Over the limit.
    #[error("`{}` has more than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: usize,
    },
}

impl StoreError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "tuf-cache-busy",
            Self::Format { .. } => "tuf-cache-format",
            Self::Io { .. } => "tuf-cache-io",
            Self::TooLarge { .. } => "tuf-cache-too-large",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "wait for the other process, or see why it hangs",
            Self::Format { .. } | Self::TooLarge { .. } => {
                "remove the file if nobody else should have written it; the next refresh writes a new one"
            }
            Self::Io { .. } => {
                "check that the folder may be written and the disk has room; TUF_ROOT names another one"
            }
        }
    }
}

impl Store {
    /// The place below `top` for what comes from `mirror`.
    // THREAT: a mirror's name that leads out of the cache. It becomes a digest. See a_mirror_s_name_never_becomes_a_path.
    pub fn new(top: &Path, mirror: &Mirror) -> Self {
        let name = Digest::sha256(mirror.name().trim_end_matches('/').as_bytes()).hex();
        Self { folder: top.join("sealgate").join(name.get(..24).unwrap_or_default()) }
    }

    /// Where everything is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file in it.
    pub fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// What is kept, not proven yet; none where nothing is.
    ///
    /// # Errors
    /// [`StoreError`] if there is something and it cannot be read.
    pub fn read(&self) -> Result<Option<Kept>, StoreError> {
        let path = self.folder.join(FILE);
        let limit = limits::KEPT_BYTES;
        let bytes = match read_file(&path, limit) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::Io { path, done: "read", source }),
            Ok(bytes) if bytes.len() > limit => return Err(StoreError::TooLarge { path, limit }),
            Ok(bytes) => bytes,
        };
        match Kept::from_json(&bytes) {
            Some(kept) => Ok(Some(kept)),
            None => Err(StoreError::Format { path }),
        }
    }

    /// Keeps a refresh, unless another process has kept a newer one meanwhile.
    ///
    /// # Errors
    /// [`TufError::Store`] if it cannot be written; what was kept before is then still there, whole.
    pub async fn write(&self, proven: &Proven, anchor: &Anchor) -> Result<(), TufError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Io { path, done: "written", source }
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(failed(&self.folder))?;
        let _held = self.lock().await?;
        self.sweep();
        let kept = self.read().ok().flatten().and_then(|kept| kept.prove(anchor).ok());
        if kept.is_some_and(|kept| is_newer(&kept, proven)) {
            return Ok(());
        }
        let bytes =
            serde_json::to_vec(&proven.kept()).map_err(io::Error::other).map_err(failed(&self.folder))?;
        Ok(replace(&self.folder.join(FILE), &bytes)?)
    }

    // What processes left that were ended in the middle of writing. Under the lock nobody is.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten().take(limits::LEFT_OVER) {
            if is_left_over(&entry.file_name().to_string_lossy()) {
                // What cannot be removed is in nobody's way.
                fs::remove_file(entry.path()).ok();
            }
        }
    }

    // The system gives the lock back when the file is closed, be it because the process ended.
    async fn lock(&self) -> Result<fs::File, StoreError> {
        let path = self.folder.join(LOCK);
        // A link would make a file elsewhere, a pipe be waited for.
        if fs::symlink_metadata(&path).is_ok_and(|facts| !facts.is_file()) {
            let source = std::io::Error::other("not a file");
            return Err(StoreError::Io { path, done: "written", source });
        }
        let file = fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|source| StoreError::Io { path: path.clone(), done: "written", source })?;
        let until = tokio::time::Instant::now() + limits::LOCK_WITHIN;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(fs::TryLockError::WouldBlock) if tokio::time::Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Err(fs::TryLockError::WouldBlock) => return Err(StoreError::Busy { path }),
                Err(fs::TryLockError::Error(source)) => {
                    return Err(StoreError::Io { path, done: "written", source });
                }
            }
        }
    }
}

// Versions first, since they are signed; of the same versions the later refresh.
fn is_newer(kept: &Proven, offered: &Proven) -> bool {
    let order = |proven: &Proven| {
        let [root, timestamp, snapshot, targets] = proven.versions();
        (root, timestamp, snapshot, targets, proven.refreshed())
    };
    order(kept) > order(offered)
}

/// Writes a file that is whole or not there: beside, then renamed.
///
/// # Errors
/// [`StoreError::Io`]; the file that was there before is then still there.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io { path: path.to_owned(), done: "written", source };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    // A name of no meaning, in the same folder: a rename is atomic only within a file system.
    let beside = folder.join(format!(".{:016x}", rand::random::<u64>()));
    let written = write_new(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Nothing is left behind; that it was not there is no second fault.
        fs::remove_file(&beside).ok();
    }
    written.map_err(failed)
}

// A name that `replace` gives.
fn is_left_over(name: &str) -> bool {
    let digits = name.strip_prefix('.').unwrap_or_default();
    digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // `create_new` follows no link.
    let mut file = fs::File::options().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

const FILE: &str = "repository.json";
const LOCK: &str = "lock";
