//! The verb that says where roots come from.

use super::{
    BARE, Command, Words,
    flags::{INITIALIZE, ROOT},
};
use crate::cosign::initialize;

/// The verb that says where roots come from.
pub(crate) const VERBS: &[Command] = &[Command {
    name: "initialize",
    run: initialize::run,
    words: Words::Any,
    groups: &[ROOT, INITIALIZE],
    binds: true,
    about: "Choose the TUF repository that trusted roots come from, and fetch its root",
    usage: "initialize [--mirror URL] [--root FILE|URL] [--root-checksum DIGEST] [--staging]",
    ..BARE
}];
