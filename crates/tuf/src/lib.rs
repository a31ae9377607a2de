//! This crate reads no clock and no environment, and does not log. It opens a socket only where a refresh is asked for.
//!
//! Which trusted roots hold today? Those of the instances that everybody knows are embedded and kept fresh through TUF; others
//! come from files or from repositories of their own. Each stands under its name, never pooled.
//!
//! [`load`] reads files, [`Repository`] keeps a root fresh. What decides whether a repository is believed is pure:
//! [`Update`] says which file is needed and takes its bytes, [`Kept`] proves what lay on disk again.

mod error;
mod fault;
mod file;
mod instance;
mod kept;
pub mod limits;
mod metadata;
mod mirror;
mod older;
pub mod pieces;
mod repository;
mod source;
mod store;
mod trusted;
mod update;

use std::sync::Arc;

use sealgate_verify::{RootNote, TrustedRoot, TrustedRoots};

pub use error::RootsError;
pub use fault::TufError;
pub use file::read_file;
pub use instance::{EMBEDDED_SINCE, INSTANCES, Instance, PUBLIC_GOOD};
pub use kept::{Anchor, Kept, Proven};
pub use mirror::{FetchError, Mirror};
pub use repository::{Age, AtHand, Held, Origin, Patience, Repository};
pub use source::RootSource;
pub use store::{Store, StoreError, replace};
pub use update::{Update, Want};

/// Loads the embedded roots and those of `sources`. All or nothing: whoever reloads keeps what it had.
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
    for instance in &INSTANCES {
        if roots.contains_key(instance.name) {
            continue;
        }
        let embedded = root(instance.name, TrustedRoot::from_json(instance.embedded()))?;
        roots.insert(instance.name.to_owned(), Arc::new(embedded));
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
