//! Why a verb failed, in cosign's words, with cosign's exit code.

use std::fmt;

/// A failed verb.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    /// The process's exit code.
    pub(crate) code: u8,
    /// What is printed.
    pub(crate) text: String,
    /// What is printed once, between the two copies.
    pub(crate) aside: Option<String>,
    /// What a person at a terminal hears besides, and no script.
    pub(crate) hints: Vec<String>,
}

/// Nothing is attached to the image.
pub(crate) const NO_SIGNATURES: u8 = 10;
/// The image is not there.
pub(crate) const NO_IMAGE: u8 = 11;
/// Something is attached, and none of it passes.
pub(crate) const NO_MATCH: u8 = 12;

impl Failure {
    /// A failure with a code of its own.
    pub(crate) fn coded(code: u8, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), aside: None, hints: Vec::new() }
    }

    /// A failure that was said already.
    pub(crate) fn said() -> Self {
        Self::coded(1, "")
    }

    /// The same with more to say to a person.
    pub(crate) fn hinted(mut self, hints: impl IntoIterator<Item = String>) -> Self {
        self.hints.extend(hints);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::coded(1, text)
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Self::coded(1, text)
    }
}

impl From<crate::files::FileError> for Failure {
    fn from(error: crate::files::FileError) -> Self {
        Self::coded(1, error.to_string())
    }
}
