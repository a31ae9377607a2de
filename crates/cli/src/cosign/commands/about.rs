//! The verbs about the program itself.

use super::{
    BARE, Command, Words,
    flags::{ROOT, VERSION},
};
use crate::cosign::version;

/// The verbs about the program itself.
pub(crate) const VERBS: &[Command] = &[Command {
    name: "version",
    run: version::run,
    words: Words::Any,
    groups: &[ROOT, VERSION],
    about: "Print the version",
    usage: "version [--json]",
    ..BARE
}];
