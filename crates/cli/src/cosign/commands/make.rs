//! The verbs that read or write files: bundles, roots, manifests.

use super::{
    BARE, Command, Words,
    flags::{BASE_IMAGE, CERTIFICATE, CLAIMS, COMMON, IMAGE, KEY, REGISTRY, ROOT},
    verify::EXCLUSIVE,
};
use crate::cosign::{dockerfile, manifest};

/// The verbs that read or write files: bundles, roots, manifests.
pub(crate) const VERBS: &[Command] = &[
    Command {
        name: "dockerfile verify",
        run: dockerfile::verify,
        words: Words::Exactly(1),
        groups: &[ROOT, REGISTRY, CERTIFICATE, COMMON, KEY, CLAIMS, IMAGE, BASE_IMAGE],
        binds: true,
        exclusive: EXCLUSIVE,
        about: "Verify the images that a Dockerfile builds on",
        usage: "dockerfile verify [flags] DOCKERFILE",
        ..BARE
    },
    Command {
        name: "manifest verify",
        run: manifest::verify,
        words: Words::Exactly(1),
        groups: &[ROOT, REGISTRY, CERTIFICATE, COMMON, KEY, CLAIMS, IMAGE],
        binds: true,
        exclusive: EXCLUSIVE,
        about: "Verify the images that a Kubernetes manifest names",
        usage: "manifest verify [flags] MANIFEST.yaml",
        ..BARE
    },
];
