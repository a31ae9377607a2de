//! Literal text but for `*` (within one `/` segment) and `**` (a whole segment, any number, also none).

/// A pattern over `/`-separated text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pattern {
    text: String,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] if it is empty, too long, or `**` is not a whole segment.
    pub fn parse(_text: &str) -> Result<Self, PatternError> {
        unimplemented!()
    }

    /// The pattern as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `text` matches. Linear in time.
    pub fn matches(&self, _text: &str) -> bool {
        unimplemented!()
    }
}

/// Why a text is not a pattern.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PatternError {
    /// Nothing can match it.
    #[error("a pattern must not be empty")]
    Empty,
    /// Over the limit.
    #[error("a pattern has at most {limit} bytes, this one has {found}")]
    TooLong {
        /// The limit.
        limit: usize,
        /// What was given.
        found: usize,
    },
    /// `a**` or `**b`.
    #[error("`**` must be a whole segment in `{0}`")]
    PartialDoubleStar(String),
}
