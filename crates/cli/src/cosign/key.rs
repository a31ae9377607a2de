//! `--key`: a file, `env://NAME`, a URL, or a secret of a cluster. What needs somebody's SDK is refused with the command that
//! exports the public key.

mod elsewhere;
mod kubeconfig;
mod kubernetes;

use sealgate::verify::PublicKey;

use super::{certificate, named};
use crate::{Console, go::pem};

/// Reads the public key that `reference` names.
///
/// # Errors
/// cosign's text where cosign fails too, else one line that says what to do.
pub(crate) fn load(reference: &str, console: &Console<'_>) -> Result<PublicKey, String> {
    elsewhere::refuse(reference, console)?;
    let bytes = match reference.strip_prefix("k8s://") {
        Some(secret) => kubernetes::public_key(secret, console)?,
        None => named::read(reference, console).map_err(|error| error.to_string())?,
    };
    first_of(&bytes)
}

/// Reads the first PEM block, as cosign does: what stands before and behind it is nothing.
pub(crate) fn first_of(bytes: &[u8]) -> Result<PublicKey, String> {
    match pem::first(bytes) {
        Some(block) => from_pem(certificate::block(block.tag(), block.contents()).as_bytes()),
        None => from_pem(b""),
    }
}

/// Reads one PEM public key.
pub(crate) fn from_pem(bytes: &[u8]) -> Result<PublicKey, String> {
    let text = String::from_utf8_lossy(bytes);
    let blocks = ::pem::parse_many(text.as_bytes()).unwrap_or_default();
    let Some(block) = blocks.first() else { return Err("pem to public key: PEM decoding failed".into()) };
    match block.tag() {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => {}
        tag => {
            return Err(format!(
                "pem to public key: unknown Public key PEM file type: {tag}. Are you passing the correct public key?"
            ));
        }
    }
    PublicKey::from_pem(text.trim()).map_err(|error| format!("pem to public key: {error}"))
}
