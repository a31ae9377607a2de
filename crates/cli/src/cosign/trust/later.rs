//! A newer root, should one be needed: asked for at most once, when a signature names a key that the root at hand does not know.

use std::{cell::OnceCell, io};

use sealgate::{
    tuf::{FetchError, Held, Mirror, Patience, Proven, Repository, TufError, Want},
    verify::{Timestamp, TrustedRoot, VerifyError},
};

use super::{Ignored, LIVE, pieces::Pieces, told};
use crate::limits;

/// Where a newer root can be had.
#[derive(Debug)]
pub(crate) struct Later {
    repository: Repository,
    since: Timestamp,
    ignored: Ignored,
    /// What is trusted beside it, whatever it says.
    pieces: Option<Pieces>,
    asked: OnceCell<Result<TrustedRoot, String>>,
}

/// Nobody knows: the key is unknown to the root at hand, and a newer root could not be had.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Stale {
    /// How old the root is that was used.
    pub(crate) since: Timestamp,
    /// Why there is no newer one, in cosign's words.
    pub(crate) why: String,
    /// What the root at hand says.
    pub(crate) error: VerifyError,
}

impl Later {
    pub(super) fn new(repository: Repository, since: Timestamp, ignored: Ignored) -> Self {
        Self { repository, since, ignored, pieces: None, asked: OnceCell::new() }
    }

    /// The same beside pieces that somebody named.
    pub(super) fn beside(self, pieces: Pieces) -> Self {
        Self { pieces: Some(pieces), ..self }
    }

    /// The newer root, if `error` could come from a key of tomorrow.
    ///
    /// # Errors
    /// [`Stale`] if it could, and nobody can tell.
    pub(crate) fn root(&self, error: &VerifyError) -> Result<Option<&TrustedRoot>, Stale> {
        if !may_be_newer(error) {
            return Ok(None);
        }
        let asked = self.asked.get_or_init(|| match refresh(&self.repository, crate::clock::now()) {
            // A root that could not be kept is asked for again next time; that is all.
            Ok((held, _unkept)) => match &self.pieces {
                Some(pieces) => pieces.over(&held.json).map(|root| self.ignored.strip(root)),
                None => Ok(self.ignored.strip(held.root)),
            },
            Err(error) => Err(format!("{LIVE}: {}", told(&error))),
        });
        match asked {
            Ok(root) => Ok(Some(root)),
            Err(why) => Err(Stale { since: self.since, why: why.clone(), error: error.clone() }),
        }
    }
}

// A key or authority that the root does not know, or not for that time.
fn may_be_newer(error: &VerifyError) -> bool {
    matches!(
        error,
        VerifyError::AuthorityExpired { .. }
            | VerifyError::CertificateUntrusted { .. }
            | VerifyError::LogUnknown { .. }
            | VerifyError::SctInvalid { .. }
            | VerifyError::TimestampInvalid { .. }
    )
}

/// Asks the repository for its root.
pub(crate) fn refresh(repository: &Repository, now: Timestamp) -> Result<(Held, Option<TufError>), TufError> {
    apart(repository.mirror().name(), repository.refreshed(now))
}

/// Asks the repository for everything.
pub(crate) fn refresh_whole(
    repository: &Repository,
    now: Timestamp,
) -> Result<(Proven, Option<TufError>), TufError> {
    apart(repository.mirror().name(), repository.refresh(now))
}

/// Reads one file that the repository lists for other programs.
pub(crate) fn file_of(
    repository: &Repository,
    proven: &Proven,
    name: &'static str,
) -> Result<Vec<u8>, TufError> {
    let limit = sealgate::tuf::limits::SIGNING_CONFIG_BYTES;
    apart(repository.mirror().name(), repository.file(proven, name, limit))
}

/// Reads one file of a web folder.
pub(crate) fn fetch(folder: &str, file: &str) -> Result<Option<Vec<u8>>, TufError> {
    let mirror = Mirror::parse(folder)?;
    let want = Want { path: file.to_owned(), limit: limits::ROOT, may_be_absent: true };
    apart(folder, mirror.read(&want, Patience::default()))
}

// A verb may be in the middle of a runtime of its own.
fn apart<T: Send>(
    mirror: &str,
    work: impl Future<Output = Result<T, TufError>> + Send,
) -> Result<T, TufError> {
    let cannot =
        |error: io::Error| FetchError::Unreachable { url: mirror.to_owned(), why: error.to_string() };
    let run = || {
        let runtime = crate::runtime::network().map_err(cannot)?;
        let answer = runtime.block_on(work);
        // A name that is still being looked up is not waited for.
        runtime.shutdown_background();
        answer
    };
    let joined = std::thread::scope(|scope| scope.spawn(run).join());
    joined.unwrap_or_else(|_| Err(cannot(io::Error::other("the refresh ended early")).into()))
}
