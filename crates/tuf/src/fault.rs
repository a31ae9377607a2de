//! Why a repository is refused.

use sealgate_verify::{RootError, Timestamp};

use crate::{FetchError, StoreError};

/// Why what a repository says, or what was kept of it, is not believed. What was held before stays in force.
#[derive(Debug, thiserror::Error)]
pub enum TufError {
    /// The first root is another one than trust begins with.
    #[error("the repository's root metadata is not the one that trust begins with")]
    Anchor,
    /// Nobody can say what has expired.
    #[error("the clock says {now}, but the root was refreshed at {refreshed}")]
    Clock {
        /// What it says.
        now: Timestamp,
        /// When it must at least have been.
        refreshed: Timestamp,
    },
    /// Its time is over.
    #[error("{file} metadata expired at {expires}")]
    Expired {
        /// Which role's.
        file: &'static str,
        /// When.
        expires: Timestamp,
    },
    /// It could not be fetched.
    #[error("the repository could not be read")]
    Fetch(#[from] FetchError),
    /// Other bytes than were promised.
    #[error("{file} has other bytes than the metadata above it promises")]
    Integrity {
        /// Which file.
        file: &'static str,
    },
    /// Over a limit.
    #[error("{file} metadata: more than {limit} {what}")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// Which role's.
        file: &'static str,
    },
    /// Not what the specification wants.
    #[error("{file} metadata cannot be read: {why}")]
    Malformed {
        /// Which role's.
        file: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A file that must be there is not.
    #[error("the repository has no {file}")]
    Missing {
        /// Its name.
        file: String,
    },
    /// The repository has no trusted root, nor what one could be made of.
    #[error(
        "the repository lists no `trusted_root.json`, and no keys and certificates to put one together from"
    )]
    NoTrustedRoot,
    /// A key or certificate that is none.
    #[error("`{name}` of the repository is not {what}")]
    Piece {
        /// Its name.
        name: String,
        /// What it should be.
        what: &'static str,
    },
    /// Keys and certificates that make no root.
    #[error("the repository has neither a `trusted_root.json` nor a {missing}")]
    Pieces {
        /// What is not there.
        missing: &'static str,
    },
    /// An older version than was seen before.
    #[error("{what} goes back from version {held} to {offered}")]
    Rollback {
        /// Of what.
        what: String,
        /// The version that was seen.
        held: u64,
        /// What is offered; 0 for nothing at all.
        offered: u64,
    },
    /// A root that does not follow upon the one before.
    #[error("root metadata of version {wanted} was asked for, version {found} came")]
    RootVersion {
        /// The next version.
        wanted: u64,
        /// What came.
        found: u64,
    },
    /// A format of tomorrow.
    #[error("{file} metadata follows version `{found}` of the specification, this program knows 1")]
    Specification {
        /// Which role's.
        file: &'static str,
        /// What it says.
        found: String,
    },
    /// It could not be kept, or read back.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The trusted root is none.
    #[error("the repository's `trusted_root.json` cannot be used")]
    Target(#[source] RootError),
    /// Too few of those who must sign.
    #[error("{file} metadata is signed by {found} of the keys that may, {wanted} are needed")]
    Threshold {
        /// Which role's.
        file: &'static str,
        /// How many did.
        found: u64,
        /// How many must.
        wanted: u64,
    },
    /// Held longer than the limit.
    #[error(
        "the trusted root is of {since} and could not be refreshed; roots are used for {limit_days} days"
    )]
    TooOld {
        /// When it was last known to be today's.
        since: Timestamp,
        /// The limit.
        limit_days: i64,
    },
    /// Files that do not belong together.
    #[error("{file} metadata has version {found}, the metadata above it names {wanted}")]
    Version {
        /// Which role's.
        file: &'static str,
        /// What was promised.
        wanted: u64,
        /// What came.
        found: u64,
    },
    /// One role's file in another's place.
    #[error("{file} metadata says that it is `{found}`")]
    WrongRole {
        /// What was asked for.
        file: &'static str,
        /// What it says.
        found: String,
    },
}

impl TufError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Anchor => "tuf-anchor",
            Self::Clock { .. } => "tuf-clock",
            Self::Expired { .. } => "tuf-expired",
            Self::Fetch(error) => error.code(),
            Self::Integrity { .. } => "tuf-integrity",
            Self::Limit { .. } => "tuf-limit",
            Self::Malformed { .. } => "tuf-malformed",
            Self::Missing { .. } => "tuf-missing",
            Self::NoTrustedRoot => "tuf-no-trusted-root",
            Self::Piece { .. } => "tuf-piece",
            Self::Pieces { .. } => "tuf-pieces",
            Self::Rollback { .. } => "tuf-rollback",
            Self::RootVersion { .. } => "tuf-root-version",
            Self::Specification { .. } => "tuf-specification",
            Self::Store(error) => error.code(),
            Self::Target(_) => "tuf-target",
            Self::Threshold { .. } => "tuf-threshold",
            Self::TooOld { .. } => "tuf-too-old",
            Self::Version { .. } => "tuf-version",
            Self::WrongRole { .. } => "tuf-wrong-role",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Anchor => "compare the root metadata with its source by a way that is not the mirror",
            Self::Clock { .. } => "set the clock; what has expired cannot be told without it",
            Self::Expired { .. } => "ask the mirror's operator for fresh metadata, or use another mirror",
            Self::Fetch(error) => error.help(),
            Self::NoTrustedRoot | Self::Piece { .. } | Self::Pieces { .. } | Self::Target(_) => {
                "ask the repository's operator to publish `trusted_root.json`; a root can also be given as a file, which \
                 `trusted-root create` makes of keys and certificates"
            }
            Self::Store(error) => error.help(),
            Self::TooOld { .. } => {
                "refresh where there is a network, or import a copy of the repository: `sealgate roots import`"
            }
            Self::Specification { .. } => "upgrade this program",
            Self::Integrity { .. }
            | Self::Limit { .. }
            | Self::Malformed { .. }
            | Self::Missing { .. }
            | Self::Rollback { .. }
            | Self::RootVersion { .. }
            | Self::Threshold { .. }
            | Self::Version { .. }
            | Self::WrongRole { .. } => {
                "use another mirror and tell the operator of this one; what was held before stays in force"
            }
        }
    }

    /// The error and what caused it, in one line.
    pub fn chain(&self) -> String {
        let (mut text, mut source) = (self.to_string(), std::error::Error::source(self));
        while let Some(inner) = source {
            text.push_str(&format!(": {inner}"));
            source = inner.source();
        }
        text
    }
}
