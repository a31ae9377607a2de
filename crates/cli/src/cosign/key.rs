//! `--key`: a file or `env://NAME`. What needs somebody's SDK is refused with the command that exports the public key.

use sealgate::verify::PublicKey;

use crate::{Console, files, limits};

/// Reads the public key that `reference` names.
///
/// # Errors
/// cosign's text where cosign fails too, else one line that says what to do.
pub(crate) fn load(reference: &str, console: &Console<'_>) -> Result<PublicKey, String> {
    let bytes = match reference.split_once("://") {
        Some(("env", name)) => console
            .variable(name)
            .map(|value| value.as_bytes().to_vec())
            .ok_or_else(|| format!("loading URL: env var ${name} not found"))?,
        Some((
            "awskms" | "gcpkms" | "azurekms" | "hashivault" | "openbao" | "gitlab" | "k8s" | "http" | "https",
            _,
        )) => {
            return Err(elsewhere(reference));
        }
        Some((scheme, _)) => return Err(format!("loading URL: unrecognized scheme: {scheme}://")),
        None if reference.starts_with("pkcs11:") => return Err(elsewhere(reference)),
        None => files::read(reference, limits::FILE).map_err(|error| error.to_string())?,
    };
    from_pem(&bytes)
}

/// Reads one PEM public key.
pub(crate) fn from_pem(bytes: &[u8]) -> Result<PublicKey, String> {
    let text = String::from_utf8_lossy(bytes);
    let blocks = pem::parse_many(text.as_bytes()).unwrap_or_default();
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

fn elsewhere(reference: &str) -> String {
    format!(
        "keys of `{reference}` are not read; export it (`cosign public-key --key {reference} > key.pub`) and give --key key.pub"
    )
}
