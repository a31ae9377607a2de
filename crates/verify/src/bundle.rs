//! Parsed, size-limited, unverified signatures in one inner form.

use crate::Item;

/// A parsed, size-limited, *unverified* signature: a Sigstore bundle, or cosign's older layer brought into the same form.
#[derive(Clone, Debug)]
pub struct Bundle {}

impl Bundle {
    /// Reads an item of any supported kind.
    ///
    /// # Errors
    /// [`BundleError`] if it is over a limit, of no supported kind, or not well formed.
    pub fn read(_item: &Item) -> Result<Self, BundleError> {
        unimplemented!()
    }

    /// Reads Sigstore bundle JSON, v0.1 to v0.3.
    ///
    /// # Errors
    /// As [`Bundle::read`].
    pub fn from_json(_bytes: &[u8]) -> Result<Self, BundleError> {
        unimplemented!()
    }
}

/// Why bytes are not a bundle.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BundleError {
    /// Placeholder until the reader lands.
    #[error("bundle cannot be read: {0}")]
    Unreadable(String),
}

impl BundleError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        "bundle-unreadable"
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        "sign the image again with a current client"
    }
}
