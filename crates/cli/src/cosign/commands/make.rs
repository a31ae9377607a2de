//! The verbs that read or write files: bundles, roots, manifests.

use super::Command;

/// The verbs that read or write files: bundles, roots, manifests.
pub(crate) const VERBS: &[Command] = &[];
