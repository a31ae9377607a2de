//! What a word names: a file, `env://NAME`, or a URL. cosign reads keys, certificates, chains and signatures so.

use std::io;

use crate::{
    Console,
    files::{self, FileError},
    go::path,
    limits, web,
};

/// Why it cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NamedError {
    /// There is no such file; the word may mean itself.
    #[error(transparent)]
    Absent(FileError),
    /// A file that is there.
    #[error(transparent)]
    File(FileError),
    /// cosign's text for the rest.
    #[error("{0}")]
    Other(String),
}

/// Reads it, at most [`limits::FILE`].
///
/// # Errors
/// [`NamedError`], in cosign's words.
pub(crate) fn read(word: &str, console: &Console<'_>) -> Result<Vec<u8>, NamedError> {
    match word.split_once("://") {
        Some(("env", name)) => console
            .set_variable(name)
            .map(|value| value.as_bytes().to_vec())
            .ok_or_else(|| NamedError::Other(format!("loading URL: env var ${name} not found"))),
        Some(("http" | "https", _)) => web::read(word).map_err(NamedError::Other),
        Some((scheme, _)) => Err(NamedError::Other(format!("loading URL: unrecognized scheme: {scheme}://"))),
        None => file(word),
    }
}

/// Reads a file, whatever its name looks like.
///
/// # Errors
/// [`NamedError::Absent`] and [`NamedError::File`].
pub(crate) fn file(word: &str) -> Result<Vec<u8>, NamedError> {
    files::read(&path::clean(word), limits::FILE).map_err(|error| match &error {
        FileError::Open { cause, .. } if cause.kind() == io::ErrorKind::NotFound => NamedError::Absent(error),
        _ => NamedError::File(error),
    })
}
