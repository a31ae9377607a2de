//! The verbs that read what is attached to images.

use super::{
    BARE, Command, Words,
    flags::{REGISTRY, ROOT},
};
use crate::{
    cosign::{download, load, save, tree, triangulate},
    go::flags::Flag,
};

/// The verbs that read what is attached to images.
pub(crate) const VERBS: &[Command] = &[
    Command {
        name: "download attestation",
        run: download::attestations,
        words: Words::Exactly(1),
        groups: &[ROOT, REGISTRY, DOWNLOAD_ATTESTATION],
        binds: true,
        about: "Print the attestations of an image, unverified, one JSON document a line",
        usage: "download attestation [flags] IMAGE",
        ..BARE
    },
    Command {
        name: "download sbom",
        run: download::sbom,
        words: Words::Exactly(1),
        groups: &[ROOT, REGISTRY, DOWNLOAD_SBOM],
        binds: true,
        about: "Print the SBOM attached to an image, unverified and unsigned",
        usage: "download sbom [flags] IMAGE",
        ..BARE
    },
    Command {
        name: "download signature",
        run: download::signatures,
        words: Words::Exactly(1),
        groups: &[ROOT, REGISTRY],
        binds: true,
        about: "Print the signatures of an image, unverified, one JSON document a line",
        usage: "download signature [flags] IMAGE",
        ..BARE
    },
    Command {
        name: "load",
        run: load::run,
        words: Words::Exactly(1),
        groups: &[ROOT, REGISTRY, LOAD],
        binds: true,
        required: &["dir"],
        about: "Push an image and its signatures from a folder to a registry",
        usage: "load --dir FOLDER [flags] IMAGE",
        ..BARE
    },
    Command {
        name: "save",
        run: save::run,
        words: Words::Exactly(1),
        groups: &[ROOT, REGISTRY, SAVE],
        binds: true,
        required: &["dir"],
        about: "Save an image and its signatures into a folder, as an OCI layout",
        usage: "save --dir FOLDER [flags] IMAGE",
        ..BARE
    },
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

/// What `tree` adds.
const TREE: &[Flag] = &[
    Flag::switch("experimental-oci11", "look for referrers as well as for tags")
        .default("true")
        .deprecated("OCI referrers will be the default behavior in future versions"),
    Flag::text("registry-referrers-mode", "legacy, or oci-1-1 with COSIGN_EXPERIMENTAL=1"),
];

/// What `triangulate` adds.
const TRIANGULATE: &[Flag] =
    &[Flag::text("type", "signature, attestation, sbom or digest").default("signature")];

/// What `download attestation` adds.
const DOWNLOAD_ATTESTATION: &[Flag] = &[
    PLATFORM,
    Flag::text("predicate-type", "only attestations of this type: a URI, or slsaprovenance1, vuln, ..."),
];

/// What `download sbom` adds.
const DOWNLOAD_SBOM: &[Flag] = &[PLATFORM];

const PLATFORM: Flag =
    Flag::text("platform", "of an index, the image for this platform: OS/ARCHITECTURE[/VARIANT][:VERSION]");

/// What `save` adds.
const SAVE: &[Flag] = &[Flag::text("dir", "the folder; made if it is not there")];

/// What `load` adds.
const LOAD: &[Flag] = &[Flag::text("dir", "the folder that `save` wrote")];
