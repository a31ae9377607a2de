//! A root in a file: `NAME=FILE`.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::{RootsError, limits, read_file};

/// A root in a file, under the name that policies call it by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RootSource {
    name: String,
    path: PathBuf,
}

impl RootSource {
    /// Names a file's root.
    ///
    /// # Errors
    /// [`RootsError::Name`] if no policy could write the name.
    pub fn new(name: &str, path: impl Into<PathBuf>) -> Result<Self, RootsError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), path: path.into() })
    }

    /// What policies call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn bytes(&self) -> Result<Vec<u8>, RootsError> {
        let (name, path) = (self.name.clone(), self.path.clone());
        let limit = limits::ROOT_FILE_BYTES;
        match read_file(&self.path, usize::try_from(limit).unwrap_or(usize::MAX)) {
            Ok(bytes) if bytes.len() as u64 > limit => Err(RootsError::TooLarge { name, path, limit }),
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::Other => {
                Err(RootsError::NotAFile { name, path })
            }
            Err(source) => Err(RootsError::Unreadable { name, path, source }),
        }
    }
}

impl FromStr for RootSource {
    type Err = RootsError;

    /// Reads `NAME=FILE`; the file's name may have further `=`.
    fn from_str(text: &str) -> Result<Self, RootsError> {
        match text.split_once('=') {
            Some((name, path)) if !path.is_empty() => Self::new(name, path),
            _ => Err(RootsError::Format { text: text.to_owned() }),
        }
    }
}

/// Whether policies can write the name: `[a-z][a-z0-9-]*`, at most 63, and nothing that YAML takes for a boolean or null.
pub(crate) fn check_name(name: &str) -> Result<(), RootsError> {
    let is_fine = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let starts = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    let is_yaml = matches!(name, "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null");
    if starts && name.bytes().all(is_fine) && name.len() <= limits::NAME_BYTES && !is_yaml {
        return Ok(());
    }
    Err(RootsError::Name { name: name.chars().take(80).collect() })
}
