//! The verbs that read what is attached to images.

use super::{
    BARE, Command, Words,
    flags::{REGISTRY, ROOT, TREE, TRIANGULATE},
};
use crate::cosign::{tree, triangulate};

/// The verbs that read what is attached to images.
pub(crate) const VERBS: &[Command] = &[
    Command {
        name: "tree",
        run: tree::run,
        words: Words::Exactly(1),
        groups: &[ROOT, REGISTRY, TREE],
        binds: true,
        about: "Show what is attached to an image",
        usage: "tree [flags] IMAGE",
        ..BARE
    },
    Command {
        name: "triangulate",
        run: triangulate::run,
        words: Words::Any,
        groups: &[ROOT, REGISTRY, TRIANGULATE],
        binds: true,
        deprecated: Some(
            "triangulate will be removed in v4.0.0 (see https://github.com/sigstore/cosign/issues/4696). \
             Instead, please use `oras discover` or `cosign tree` to show referring artifacts",
        ),
        about: "Say where cosign keeps what is attached to an image",
        usage: "triangulate [flags] IMAGE",
        ..BARE
    },
];
