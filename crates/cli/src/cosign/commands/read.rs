//! The verbs that read what is attached to images.

use super::Command;

/// The verbs that read what is attached to images.
pub(crate) const VERBS: &[Command] = &[];
