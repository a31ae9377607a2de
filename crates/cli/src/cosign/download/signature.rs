//! A signature of the older format on one line, with its certificate as Go's JSON shows one.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate::oci::Descriptor;
use serde_json::Value;

use crate::{
    cosign::output,
    go::{json, x509},
};

/// One layer, as cosign prints it.
///
/// # Errors
/// The annotation that cannot be read, in cosign's words where it has some.
pub(super) fn line(layer: &Descriptor, payload: &[u8]) -> Result<Vec<u8>, String> {
    let annotation = |name: &str| layer.annotations.get(name).filter(|text| !text.is_empty());
    let Some(signature) = layer.annotations.get(SIGNATURE) else {
        return Err(format!("signature layer {} is missing {:?} annotation", layer.digest, SIGNATURE));
    };
    let certificate = match annotation("dev.sigstore.cosign/certificate") {
        Some(text) => certificates(text)?.into_iter().next().unwrap_or_else(null),
        None => null(),
    };
    let chain = match annotation("dev.sigstore.cosign/chain") {
        Some(text) => format!("[{}]", certificates(text)?.join(",")),
        None => null(),
    };
    let bundle = match annotation("dev.sigstore.cosign/bundle") {
        Some(text) => output::rekor_bundle(text).ok_or("unmarshaling bundle: it is not one")?,
        None => null(),
    };
    let timestamp = match annotation("dev.sigstore.cosign/rfc3161timestamp") {
        Some(text) => timestamp(text)?,
        None => null(),
    };
    Ok(format!(
        "{{\"Base64Signature\":{},\"Payload\":{},\"Cert\":{certificate},\"Chain\":{chain},\"Bundle\":{bundle},\"RFC3161Timestamp\":{timestamp}}}",
        json::string(signature),
        json::string(&STANDARD.encode(payload)),
    )
    .into_bytes())
}

fn certificates(text: &str) -> Result<Vec<String>, String> {
    let blocks = pem::parse_many(text).map_err(|error| format!("certificate: {error}"))?;
    blocks
        .iter()
        .filter(|block| block.tag() == "CERTIFICATE")
        .map(|block| x509::json(block.contents()))
        .collect()
}

fn timestamp(text: &str) -> Result<String, String> {
    let read: Value = serde_json::from_str(text)
        .map_err(|error| format!("unmarshaling RFC3161 timestamp bundle: {error}"))?;
    let signed = read.get("SignedRFC3161Timestamp").map_or_else(null, json::marshal);
    Ok(format!("{{\"SignedRFC3161Timestamp\":{signed}}}"))
}

fn null() -> String {
    "null".to_owned()
}

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
