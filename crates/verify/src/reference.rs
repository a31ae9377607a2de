//! Image references, read as containerd reads them.

use crate::Digest;

/// An image reference.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Reference {
    written: String,
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// Reads a reference as containerd does: `nginx` is `docker.io/library/nginx`.
    ///
    /// # Errors
    /// [`ReferenceError`] if it does not fit the distribution grammar.
    pub fn parse(_text: &str) -> Result<Self, ReferenceError> {
        unimplemented!()
    }

    /// The text as it was written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The host, normalised: lower case, without `:443`, Docker's other names folded into `docker.io`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository's path below the host, such as `library/nginx`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// `host/repository`, which image patterns are matched against.
    pub fn name(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }

    /// The tag, if one is written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one is written.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }
}

/// Why a text is not an image reference.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReferenceError {
    /// Does not fit the grammar.
    #[error("`{text}` is not an image reference: {why}")]
    Grammar {
        /// The text, cut to a printable length.
        text: String,
        /// What does not fit.
        why: &'static str,
    },
}
