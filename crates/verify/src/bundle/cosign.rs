//! Cosign's older forms: layers of the `.sig` and `.att` tags with their annotations, and its own blob bundle.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Bundle, BundleError, LogEntry, Material, Signed, certificates, envelope::EnvelopeForm, within,
    without_roots,
};
use crate::{
    json, limits, pem,
    wire::{Bytes, Int, base64, hex_array},
};

/// The annotation that holds a layer's signature.
pub(super) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const BUNDLE: &str = "dev.sigstore.cosign/bundle";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RekorBundle {
    signed_entry_timestamp: Bytes,
    payload: RekorPayload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RekorPayload {
    body: Bytes,
    integrated_time: Int,
    log_index: Int,
    #[serde(rename = "logID", deserialize_with = "hex_array")]
    log_id: [u8; 32],
}

#[derive(Deserialize)]
struct EntryKind {
    #[serde(rename = "apiVersion")]
    version: String,
    kind: String,
}

#[derive(Deserialize)]
struct TimestampAnnotation {
    #[serde(rename = "SignedRFC3161Timestamp")]
    token: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BlobBundle {
    base64_signature: Bytes,
    #[serde(default)]
    cert: String,
    rekor_bundle: Option<RekorBundle>,
}

/// A simple-signing layer.
pub(super) fn signature(
    payload: &[u8],
    annotations: &BTreeMap<String, String>,
) -> Result<Bundle, BundleError> {
    within("payload bytes", limits::SIMPLE_SIGNING_BYTES, payload.len())?;
    let text = annotation(annotations, SIGNATURE)?.ok_or(BundleError::Missing("signature annotation"))?;
    let signature = base64(text).ok_or_else(|| malformed(SIGNATURE, "is not standard, padded base64"))?;
    layer(Signed::Payload(payload.to_vec()), signature, annotations)?.checked()
}

/// A DSSE layer. The signature stands inside the envelope; the annotation is there but empty.
pub(super) fn attestation(
    bytes: &[u8],
    annotations: &BTreeMap<String, String>,
) -> Result<Bundle, BundleError> {
    within("bytes", limits::BUNDLE_BYTES, bytes.len())?;
    let (envelope, signature) = json::read::<EnvelopeForm>(bytes)?.into_envelope(Some(bytes))?;
    let mut bundle = layer(Signed::Envelope(envelope), signature, annotations)?;
    bundle.stamped = Some(bytes.to_vec());
    bundle.checked()
}

/// The file of `cosign sign-blob --bundle`.
pub(super) fn blob(bytes: &[u8]) -> Result<Bundle, BundleError> {
    let form = blob_form(bytes)?;
    let material = blob_material(&form.cert)?;
    let entries = form.rekor_bundle.map(entry).transpose()?.into_iter().collect();
    let signature = form.base64_signature.0;
    Bundle {
        material,
        signed: Signed::Artifact(None),
        signature,
        entries,
        timestamps: Vec::new(),
        stamped: None,
    }
    .checked()
}

/// The file of `cosign attest-blob --bundle`, whose signature is a whole envelope.
pub(super) fn blob_attestation(bytes: &[u8]) -> Result<Bundle, BundleError> {
    let form = blob_form(bytes)?;
    let material = blob_material(&form.cert)?;
    let written = form.base64_signature.0;
    let (envelope, signature) = json::read::<EnvelopeForm>(&written)?.into_envelope(Some(&written))?;
    let entries = form.rekor_bundle.map(entry).transpose()?.into_iter().collect();
    let signed = Signed::Envelope(envelope);
    Bundle { material, signed, signature, entries, timestamps: Vec::new(), stamped: Some(written) }.checked()
}

fn blob_form(bytes: &[u8]) -> Result<BlobBundle, BundleError> {
    within("bytes", limits::BUNDLE_BYTES, bytes.len())?;
    Ok(json::read(bytes)?)
}

// THREAT: GHSA-fx35-mq7g-6g98, a bare key in the bundle becomes the verifier's key.
// See a_key_in_the_place_of_the_certificate_is_refused.
fn blob_material(cert: &str) -> Result<Material, BundleError> {
    if cert.is_empty() {
        return Ok(Material::Key);
    }
    let text = base64(cert).unwrap_or_else(|| cert.as_bytes().to_vec());
    match pem::one(&text) {
        Some(("CERTIFICATE", leaf)) => Ok(Material::Certificate { leaf, intermediates: Vec::new() }),
        Some(_) => Err(malformed("cert", "is a key; name the key to the verifier instead")),
        None => Err(malformed("cert", "is not one PEM certificate and nothing else")),
    }
}

fn layer(
    signed: Signed,
    signature: Vec<u8>,
    annotations: &BTreeMap<String, String>,
) -> Result<Bundle, BundleError> {
    let material = match annotation(annotations, CERTIFICATE)? {
        None => Material::Key,
        Some(text) => {
            let Ok([leaf]) = <[Vec<u8>; 1]>::try_from(certificates(text, CERTIFICATE)?) else {
                return Err(malformed(CERTIFICATE, "is not exactly one certificate"));
            };
            let chain = annotation(annotations, CHAIN)?
                .map(|text| certificates(text, CHAIN))
                .transpose()?
                .unwrap_or_default();
            within("certificates", limits::CHAIN_CERTIFICATES, chain.len() + 1)?;
            Material::Certificate { leaf, intermediates: without_roots(chain) }
        }
    };
    let entries = match annotation(annotations, BUNDLE)? {
        None => Vec::new(),
        Some(text) => vec![entry(parsed(text)?)?],
    };
    let timestamps = match annotation(annotations, TIMESTAMP)? {
        None => Vec::new(),
        Some(text) => vec![parsed::<TimestampAnnotation>(text)?.token.0],
    };
    Ok(Bundle { material, signed, signature, entries, timestamps, stamped: None })
}

fn entry(bundle: RekorBundle) -> Result<LogEntry, BundleError> {
    within("log entry body bytes", limits::ENTRY_BODY_BYTES, bundle.payload.body.0.len())?;
    // This form does not say what kind of entry it is; the body, which the log signed, does.
    let kind: EntryKind = json::read(&bundle.payload.body.0)?;
    let index =
        u64::try_from(bundle.payload.log_index.0).map_err(|_| malformed("logIndex", "is negative"))?;
    Ok(LogEntry {
        index,
        log_id: bundle.payload.log_id,
        kind: kind.kind,
        version: kind.version,
        integrated_at: bundle.payload.integrated_time.0,
        promise: Some(bundle.signed_entry_timestamp.0),
        proof: None,
        body: bundle.payload.body.0,
    })
}

fn annotation<'a>(
    annotations: &'a BTreeMap<String, String>,
    name: &'static str,
) -> Result<Option<&'a str>, BundleError> {
    let Some(text) = annotations.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    within("annotation bytes", limits::ANNOTATION_BYTES, text.len())?;
    Ok(Some(text))
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, BundleError> {
    Ok(json::read(text.as_bytes())?)
}

fn malformed(field: &str, why: &str) -> BundleError {
    BundleError::Malformed { field: field.to_owned(), why: why.to_owned() }
}
