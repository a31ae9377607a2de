//! Which trusted roots hold today? The embedded public-good one and those in files, each under its name, never pooled.
//!
//! This crate reads the files it is told to, and nothing else: no socket, no clock, no environment, no log.

mod error;
pub mod limits;
mod source;

use std::sync::Arc;

use sealgate_verify::{RootNote, TrustedRoot, TrustedRoots};

pub use error::RootsError;
pub use source::RootSource;

/// The name of the embedded root. A file of this name stands in its place: the program may be older than the instance's keys.
pub const PUBLIC_GOOD: &str = "public-good";

/// Loads the embedded root and those of `sources`. All or nothing: whoever reloads keeps what it had.
///
/// # Errors
/// [`RootsError`] names the first source that cannot be read, and why.
pub fn load(sources: &[RootSource]) -> Result<TrustedRoots, RootsError> {
    let files = sources.iter().map(RootSource::bytes).collect::<Result<Vec<_>, _>>()?;
    read(sources.iter().zip(&files).map(|(source, bytes)| (source.name(), bytes.as_slice())))
}

/// The same over bytes that somebody else read. Pure.
///
/// # Errors
/// As [`load`].
pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<TrustedRoots, RootsError> {
    let mut roots = TrustedRoots::new();
    for (name, bytes) in files {
        source::check_name(name)?;
        if roots.len() >= limits::ROOTS {
            return Err(RootsError::Count { limit: limits::ROOTS });
        }
        if roots.insert(name.to_owned(), Arc::new(root(name, TrustedRoot::from_json(bytes))?)).is_some() {
            return Err(RootsError::Duplicate { name: name.to_owned() });
        }
    }
    if !roots.contains_key(PUBLIC_GOOD) {
        roots.insert(PUBLIC_GOOD.to_owned(), Arc::new(root(PUBLIC_GOOD, TrustedRoot::public_good())?));
    }
    Ok(roots)
}

/// What was left out of each root, and why. Nothing that decides anything, but an operator should hear of it.
pub fn notes(roots: &TrustedRoots) -> impl Iterator<Item = (&str, &RootNote)> {
    roots.iter().flat_map(|(name, root)| root.notes().iter().map(move |note| (name.as_str(), note)))
}

fn root(
    name: &str,
    read: Result<TrustedRoot, sealgate_verify::RootError>,
) -> Result<TrustedRoot, RootsError> {
    read.map_err(|source| RootsError::Root { name: name.to_owned(), source })
}
