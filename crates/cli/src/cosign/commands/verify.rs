//! The verbs that verify.

use super::{
    BARE, Command, Words,
    flags::{
        BLOB, BLOB_ATTESTATION, CERTIFICATE, CLAIMS, COMMON, IMAGE, IMAGE_ATTESTATION, KEY, REGISTRY, ROOT,
        TYPE,
    },
};
use crate::cosign::{blob, image};

/// The verbs that verify.
pub(crate) const VERBS: &[Command] = &[
    Command {
        name: "verify",
        run: image::verify,
        words: Words::AtLeast(1),
        groups: &[ROOT, REGISTRY, CERTIFICATE, COMMON, KEY, CLAIMS, IMAGE],
        binds: true,
        exclusive: EXCLUSIVE,
        about: "Verify that images are signed by a key or identity you name",
        usage: "verify [flags] IMAGE...",
        ..BARE
    },
    Command {
        name: "verify-attestation",
        run: image::verify_attestation,
        words: Words::AtLeast(1),
        groups: &[ROOT, REGISTRY, CERTIFICATE, COMMON, KEY, CLAIMS, TYPE, IMAGE_ATTESTATION],
        binds: true,
        exclusive: EXCLUSIVE,
        about: "Verify attestations of images and print those of the type you name",
        usage: "verify-attestation [flags] IMAGE...",
        ..BARE
    },
    Command {
        name: "verify-blob",
        run: blob::verify,
        words: Words::Exactly(1),
        groups: &[ROOT, CERTIFICATE, COMMON, KEY, BLOB],
        binds: true,
        exclusive: EXCLUSIVE,
        about: "Verify that a file is signed by a key or identity you name",
        usage: "verify-blob [flags] FILE|-|ALGORITHM:HEX",
        ..BARE
    },
    Command {
        name: "verify-blob-attestation",
        run: blob::verify_attestation,
        words: Words::AtMost(1),
        groups: &[ROOT, CERTIFICATE, COMMON, KEY, BLOB, CLAIMS, TYPE, BLOB_ATTESTATION],
        binds: true,
        exclusive: EXCLUSIVE,
        about: "Verify an attestation of a file",
        usage: "verify-blob-attestation [flags] [FILE|-]",
        ..BARE
    },
];

/// Flags of which only one may be given.
pub(crate) const EXCLUSIVE: &[&[&str]] =
    &[&["ca-roots", "certificate-chain"], &["ca-intermediates", "certificate-chain"]];
