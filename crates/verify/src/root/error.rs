//! Why a root cannot be used.

use crate::json::JsonError;

/// Why a root cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RootError {
    /// Nothing in it can vouch for anything.
    #[error(
        "trusted root has no certificate authority, log or timestamp authority that this program can use"
    )]
    Empty,
    /// A part that is not what it should be.
    #[error("trusted root: {field} {why}")]
    Field {
        /// Which part, as a path into the file.
        field: String,
        /// What is wrong.
        why: String,
    },
    /// Over a limit.
    #[error("trusted root has {found} {what}, at most {limit} are read")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// A format we do not know.
    #[error("trusted root has media type `{0}`, this program reads versions 0.1 and 0.2")]
    MediaType(String),
    /// Not JSON of a trusted root's shape.
    #[error("trusted root cannot be read")]
    Unreadable(#[from] JsonError),
}

impl RootError {
    /// Every code, for snapshots and documentation.
    pub const CODES: [&'static str; 5] =
        ["root-empty", "root-field-invalid", "root-limit-exceeded", "root-media-type", "root-unreadable"];

    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "root-empty",
            Self::Field { .. } => "root-field-invalid",
            Self::Limit { .. } => "root-limit-exceeded",
            Self::MediaType(_) => "root-media-type",
            Self::Unreadable(_) => "root-unreadable",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Empty | Self::Field { .. } | Self::Unreadable(_) => {
                "fetch the trusted root again from the instance that your signers use, and compare it with its source"
            }
            Self::Limit { .. } => "split the root into several and name each where it is needed",
            Self::MediaType(_) => {
                "ask the instance for a trusted root of version 0.1, or upgrade this program"
            }
        }
    }
}
