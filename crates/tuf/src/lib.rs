//! This crate reads no clock and no environment, and does not log. It opens a socket only where a refresh is asked for.
//!
//! Which trusted roots hold today? Those of the instances that everybody knows are embedded and kept fresh through TUF; others
//! come from files or from repositories of their own. Each stands under its name, never pooled.
//!
//! [`load`] reads files, [`Repository`] keeps a root fresh. What decides whether a repository is believed is pure:
//! [`Update`] says which file is needed and takes its bytes, [`Kept`] proves what lay on disk again.

mod dated;
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

use std::collections::BTreeMap;

use sealgate_verify::{RootNote, TrustedRoots};

pub use dated::{Dated, RootOrigin, read_dated};
pub use error::RootsError;
pub use fault::TufError;
pub use file::{is_anybodys, read_file};
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
    Ok(read_dated(files, &BTreeMap::new())?.0)
}

/// What was left out of each root, and why. Nothing that decides anything, but an operator should hear of it.
pub fn notes(roots: &TrustedRoots) -> impl Iterator<Item = (&str, &RootNote)> {
    roots.iter().flat_map(|(name, root)| root.notes().iter().map(move |note| (name.as_str(), note)))
}
