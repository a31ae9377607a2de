//! The verbs that read or write files: bundles, roots, manifests.

use super::{
    BARE, Command, Words,
    flags::{
        BASE_IMAGE, BUNDLE_CREATE, BUNDLE_UPGRADE, CERTIFICATE, CLAIMS, COMMON, IMAGE, KEY, REGISTRY, ROOT,
        TRUSTED_ROOT,
    },
    verify::EXCLUSIVE,
};
use crate::cosign::{bundle, dockerfile, manifest, trusted_root};

/// The verbs that read or write files: bundles, roots, manifests.
pub(crate) const VERBS: &[Command] = &[
    Command {
        name: "bundle create",
        run: bundle::create,
        words: Words::Any,
        groups: &[ROOT, BUNDLE_CREATE],
        exclusive: &[&["bundle", "certificate"], &["bundle", "signature"]],
        about: "Make a bundle of a signature, certificate and timestamp in files",
        usage: "bundle create --artifact FILE (--bundle FILE | --signature FILE) [flags]",
        ..BARE
    },
    Command {
        name: "bundle inspect",
        run: bundle::inspect,
        words: Words::Exactly(1),
        groups: &[ROOT],
        about: "Show what a bundle holds, without verifying it",
        usage: "bundle inspect BUNDLE",
        ..BARE
    },
    Command {
        name: "bundle upgrade",
        run: bundle::upgrade,
        words: Words::Exactly(1),
        groups: &[ROOT, BUNDLE_UPGRADE],
        about: "Bring a bundle of version 0.1 or 0.2 to version 0.3",
        usage: "bundle upgrade [flags] BUNDLE",
        ..BARE
    },
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
    Command {
        name: "trusted-root create",
        run: trusted_root::create,
        words: Words::Any,
        groups: &[ROOT, TRUSTED_ROOT],
        about: "Put a trusted root together from certificates and keys",
        usage: "trusted-root create [flags]",
        ..BARE
    },
];
