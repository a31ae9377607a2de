//! Why roots cannot be loaded.

use std::path::PathBuf;

use sealgate_verify::RootError;

use crate::TufError;

/// Why a set of roots cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// Signed files of a repository that nobody knows.
    #[error(
        "trusted root `{name}` is given as the files of a repository, and nobody says where trust in it begins"
    )]
    Anchor {
        /// Which root.
        name: String,
    },
    /// Too many of them.
    #[error("more than {limit} trusted roots")]
    Count {
        /// The limit.
        limit: usize,
    },
    /// Two of one name.
    #[error("there are two trusted roots of the name `{name}`")]
    Duplicate {
        /// Which.
        name: String,
    },
    /// Not `NAME=FILE`.
    #[error("`{text}` does not name a trusted root")]
    Format {
        /// As written.
        text: String,
    },
    /// A name that no policy could write.
    #[error("`{name}` cannot be the name of a trusted root")]
    Name {
        /// As written.
        name: String,
    },
    /// A directory, socket or pipe.
    #[error("trusted root `{name}`: `{}` is not a file", path.display())]
    NotAFile {
        /// Which root.
        name: String,
        /// Where.
        path: PathBuf,
    },
    /// Signed files of a repository of the older form.
    #[error(
        "trusted root `{name}` is published as keys and certificates one by one, which no policy is judged by"
    )]
    Pieces {
        /// Which root.
        name: String,
    },
    /// Signed files that do not prove what they say.
    #[error("trusted root `{name}` is not proven by the files that are given for it")]
    Proof {
        /// Which root.
        name: String,
        /// Why.
        source: TufError,
    },
    /// Not a trusted root.
    #[error("trusted root `{name}` cannot be used")]
    Root {
        /// Which root.
        name: String,
        /// Why.
        source: RootError,
    },
    /// Over the limit.
    #[error("trusted root `{name}`: `{}` has more than {limit} bytes", path.display())]
    TooLarge {
        /// Which root.
        name: String,
        /// Where.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// The file cannot be read.
    #[error("trusted root `{name}`: `{}` cannot be read", path.display())]
    Unreadable {
        /// Which root.
        name: String,
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl RootsError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Anchor { .. } => "roots-anchor",
            Self::Count { .. } => "roots-count",
            Self::Duplicate { .. } => "roots-duplicate",
            Self::Format { .. } => "roots-format",
            Self::Name { .. } => "roots-name",
            Self::NotAFile { .. } | Self::Unreadable { .. } => "roots-unreadable",
            Self::Pieces { .. } => "roots-pieces",
            Self::Proof { source, .. } => source.code(),
            Self::Root { source, .. } => source.code(),
            Self::TooLarge { .. } => "roots-too-large",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Anchor { .. } => "give the repository's first root metadata too, or a `trusted_root.json`",
            Self::Count { .. } => "leave out the roots that no policy names",
            Self::Duplicate { .. } => "give each root its own name; policies name them under `roots`",
            Self::Format { .. } => "write `NAME=FILE`, such as `acme=/etc/sealgate/acme.json`",
            Self::Name { .. } => {
                "begin with a lower-case letter, go on with lower-case letters, digits and `-`, at most 63, and no YAML boolean"
            }
            Self::NotAFile { .. } | Self::Unreadable { .. } => {
                "check that the path is right and the file may be read"
            }
            Self::Pieces { .. } => {
                "ask the repository's operator to publish `trusted_root.json`, which says when each key began and ended, or give \
                 such a file"
            }
            Self::Proof { source, .. } => source.help(),
            Self::Root { .. } => {
                "give a `trusted_root.json` as the Sigstore instance publishes it through TUF"
            }
            Self::TooLarge { .. } => "give a `trusted_root.json`; no instance publishes one this large",
        }
    }
}
