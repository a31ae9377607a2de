//! Why bytes are not a bundle.

use crate::json::JsonError;

/// Why bytes are not a bundle.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BundleError {
    /// The same part twice.
    #[error("bundle has the same {0} twice")]
    Duplicate(&'static str),
    /// Over a limit.
    #[error("bundle has {found} {what}, at most {limit} are read")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// A part that is not what it should be.
    #[error("bundle field `{field}` {why}")]
    Malformed {
        /// Which part.
        field: String,
        /// What is wrong.
        why: String,
    },
    /// A part that every bundle of its kind has.
    #[error("bundle has no {0}")]
    Missing(&'static str),
    /// Neither a Sigstore bundle nor a layer of cosign's.
    #[error("`{0}` is not a kind of signature that this program reads")]
    UnknownKind(String),
    /// A bundle of another version.
    #[error("bundle has media type `{0}`, this program reads versions 0.1 to 0.3")]
    UnknownVersion(String),
    /// Not JSON of a bundle's shape.
    #[error("bundle cannot be read")]
    Unreadable(#[from] JsonError),
}

impl BundleError {
    /// Every code, for snapshots and documentation.
    pub const CODES: [&'static str; 7] = [
        "bundle-duplicate-part",
        "bundle-limit-exceeded",
        "bundle-malformed",
        "bundle-incomplete",
        "bundle-kind-unknown",
        "bundle-version-unknown",
        "bundle-unreadable",
    ];

    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Duplicate(_) => "bundle-duplicate-part",
            Self::Limit { .. } => "bundle-limit-exceeded",
            Self::Malformed { .. } => "bundle-malformed",
            Self::Missing(_) => "bundle-incomplete",
            Self::UnknownKind(_) => "bundle-kind-unknown",
            Self::UnknownVersion(_) => "bundle-version-unknown",
            Self::Unreadable(_) => "bundle-unreadable",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Duplicate(_) | Self::Malformed { .. } | Self::Missing(_) | Self::Unreadable(_) => {
                "sign again with a current client; if that fails too, compare the stored signature with what the client wrote"
            }
            Self::Limit { .. } => {
                "sign again: no client writes a signature this large, so somebody else may have"
            }
            Self::UnknownKind(_) => "sign with a client that writes Sigstore bundles, such as cosign 3",
            Self::UnknownVersion(_) => {
                "sign with a client that writes bundle version 0.3, or upgrade this program"
            }
        }
    }
}
