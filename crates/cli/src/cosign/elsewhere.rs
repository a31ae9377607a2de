//! Verbs of cosign that are not here, and where to go instead.

use super::failure::Failure;
use crate::{Console, go::flags::Typed};

/// `login`
pub(crate) fn login(_: &Typed, _: &mut Console<'_>) -> Result<(), Failure> {
    Err("log in with `docker login`; the docker configuration is read here, or give --registry-username and --registry-password".into())
}

/// `public-key`
pub(crate) fn public_key(_: &Typed, _: &mut Console<'_>) -> Result<(), Failure> {
    Err("private keys are not read here; export the public one with cosign itself, or with `openssl pkey -pubout`".into())
}

/// What to say of a verb that cosign has and Sealgate has not.
pub(crate) fn hint(name: &str) -> Option<String> {
    SIGNING.contains(&name).then(|| {
        format!("`{name}` is one of cosign's verbs that sign or change; Sealgate verifies and reads")
    })
}

const SIGNING: [&str; 15] = [
    "attach",
    "attest",
    "attest-blob",
    "clean",
    "copy",
    "debug",
    "generate",
    "generate-key-pair",
    "import-key-pair",
    "piv-tool",
    "pkcs11-tool",
    "sign",
    "sign-blob",
    "signing-config",
    "upload",
];
