//! Where a repository's files are fetched: a web server, or a folder that was carried here.

mod web;

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::Instant;
use url::Url;

use crate::{Patience, TufError, read_file, update::Want};

/// A copy of a repository. It is believed nothing.
#[derive(Clone, Debug)]
pub struct Mirror {
    name: String,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    Web(Url),
}

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// An answer that is no file.
    #[error("`{url}` answers {status}")]
    Answer {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
    },
    /// The folder's file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not the name of a mirror.
    #[error("`{name}` is no mirror: {why}")]
    Name {
        /// As written.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A file in pieces or packed.
    #[error("`{url}` answers with a packed or partial file")]
    Packed {
        /// What was asked for.
        url: String,
    },
    /// Sent elsewhere.
    #[error("`{url}` redirects elsewhere, which is not followed")]
    Redirect {
        /// What was asked for.
        url: String,
    },
    /// No answer in time.
    #[error("`{url}` does not answer in time")]
    Slow {
        /// What was asked for.
        url: String,
    },
    /// More bytes than may be.
    #[error("`{url}` has more than {limit} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// Nobody there.
    #[error("`{url}` cannot be reached: {why}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// The innermost cause.
        why: String,
    },
}

impl FetchError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "tuf-mirror-answer",
            Self::File { .. } => "tuf-mirror-file",
            Self::Name { .. } => "tuf-mirror-name",
            Self::Packed { .. } => "tuf-mirror-packed",
            Self::Redirect { .. } => "tuf-mirror-redirect",
            Self::Slow { .. } => "tuf-mirror-slow",
            Self::TooLarge { .. } => "tuf-mirror-too-large",
            Self::Unreachable { .. } => "tuf-mirror-unreachable",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::File { .. } => "check that the folder is a whole copy of the repository and may be read",
            Self::Name { .. } => "write `https://HOST/PATH`, `file:///FOLDER` or a folder's path",
            Self::Unreachable { .. } => {
                "check network and name; without a network, import a copy: `sealgate roots import`"
            }
            Self::Answer { .. }
            | Self::Packed { .. }
            | Self::Redirect { .. }
            | Self::Slow { .. }
            | Self::TooLarge { .. } => "check the mirror's address, or use another mirror",
        }
    }
}

impl Mirror {
    /// Reads the name of a mirror: `https://`, `http://`, `file://` or a path. Everything that is fetched is signed, so
    /// plain http loses secrecy and nothing else.
    ///
    /// # Errors
    /// [`FetchError::Name`] for anything else.
    pub fn parse(name: &str) -> Result<Self, FetchError> {
        let wrong = |why| FetchError::Name { name: name.chars().take(200).collect(), why };
        let place = match name.split_once("://") {
            None if name.is_empty() => return Err(wrong("it is empty")),
            None => Place::Folder(PathBuf::from(name)),
            Some(("file", path)) if path.starts_with('/') => Place::Folder(PathBuf::from(path)),
            Some(("file", _)) => return Err(wrong("a `file://` mirror is an absolute path")),
            Some(("http" | "https", _)) => {
                let mut url = Url::parse(name).map_err(|_| wrong("it is no URL"))?;
                if !url.username().is_empty() || url.password().is_some() {
                    return Err(wrong("it has credentials in it; nothing here is secret"));
                }
                if url.query().is_some() || url.fragment().is_some() {
                    return Err(wrong("it has a query or fragment"));
                }
                if !url.path().ends_with('/') {
                    url.set_path(&format!("{}/", url.path()));
                }
                Place::Web(url)
            }
            Some(_) => return Err(wrong("it is neither http, https nor file")),
        };
        Ok(Self { name: name.to_owned(), place })
    }

    /// As written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether asking it needs a network.
    pub fn is_remote(&self) -> bool {
        matches!(self.place, Place::Web(_))
    }

    /// Reads one file below it, whatever it is; none if there is none.
    ///
    /// # Errors
    /// [`TufError::Fetch`] if it cannot be read, in time and within the limit.
    pub async fn read(&self, want: &Want, patience: Patience) -> Result<Option<Vec<u8>>, TufError> {
        Ok(self.open()?.fetch(want, Instant::now() + patience.whole, patience.silent).await?)
    }

    /// A way to ask; `None` in an answer is that there is no such file.
    pub(crate) fn open(&self) -> Result<Source, TufError> {
        Ok(match &self.place {
            Place::Folder(folder) => Source::Folder(folder.clone()),
            Place::Web(url) => Source::Web(web::Web::new(url.clone())?),
        })
    }
}

/// A mirror that is being asked.
#[derive(Debug)]
pub(crate) enum Source {
    Folder(PathBuf),
    Web(web::Web),
}

impl Source {
    pub(crate) async fn fetch(
        &self,
        want: &Want,
        until: Instant,
        silent: Duration,
    ) -> Result<Option<Vec<u8>>, FetchError> {
        match self {
            Self::Folder(folder) => file(&folder.join(&want.path), want.limit),
            Self::Web(web) => web.fetch(want, until, silent).await,
        }
    }
}

fn file(path: &Path, limit: usize) -> Result<Option<Vec<u8>>, FetchError> {
    let unreadable = |source| FetchError::File { path: path.to_owned(), source };
    let bytes = match read_file(path, limit) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
        Ok(bytes) => bytes,
    };
    match bytes.len() > limit {
        true => Err(FetchError::TooLarge { url: path.display().to_string(), limit }),
        false => Ok(Some(bytes)),
    }
}
