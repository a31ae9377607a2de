//! Keys and certificates to trust, with their validity windows.

use std::{collections::BTreeMap, sync::Arc};

use crate::Digest;

/// Named trusted roots. The name `public-good` is the public-good instance of Sigstore.
pub type TrustedRoots = BTreeMap<String, Arc<TrustedRoot>>;

/// One trusted root.
#[derive(Debug)]
pub struct TrustedRoot {
    hash: Digest,
}

impl TrustedRoot {
    /// Reads `trusted_root.json`. A key of an unknown algorithm is left out and noted, never the whole root.
    ///
    /// # Errors
    /// [`RootError`] if it cannot be read, or nothing in it can vouch for anything.
    pub fn from_json(_bytes: &[u8]) -> Result<Self, RootError> {
        unimplemented!()
    }

    /// The public-good instance as it was when this program was built.
    ///
    /// # Errors
    /// [`RootError`] as [`TrustedRoot::from_json`]; a test proves that it does not happen.
    pub fn public_good() -> Result<Self, RootError> {
        unimplemented!()
    }

    /// What was left out, and why.
    pub fn notes(&self) -> &[RootNote] {
        &[]
    }

    /// SHA-256 over the file as written.
    pub fn hash(&self) -> &Digest {
        &self.hash
    }

    /// Whether the file, as written, names transparency logs.
    pub fn has_logs(&self) -> bool {
        unimplemented!()
    }

    /// The same root with its transparency logs forgotten: entries are no longer asked for. Only for cosign's flag.
    #[must_use]
    pub fn without_logs_insecure(&self) -> Self {
        unimplemented!()
    }

    /// The same root with its CT logs forgotten: SCTs are no longer asked for. Only for cosign's flag.
    #[must_use]
    pub fn without_ct_logs_insecure(&self) -> Self {
        unimplemented!()
    }
}

/// A part of a root that was left out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RootNote {
    /// Which part, as a path into the file.
    pub field: String,
    /// Why.
    pub why: String,
}

/// Why a root cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("trusted root cannot be used: {why}")]
pub struct RootError {
    /// What is wrong.
    pub why: String,
}
