//! The forms before Sigstore bundles: cosign's own bundle file, or signature and certificate as files of their own.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate::verify::{Bundle, BundleError, Item, Place};
use serde_json::{Value, json};

use super::super::{certificate, failure::Failure, meaning::Verb};
use crate::{files, go::flags::Typed, limits};

/// What cosign refuses on this path.
pub(crate) fn check(typed: &Typed) -> Result<(), Failure> {
    if typed.some("trusted-root").is_some() {
        return Err("--trusted-root only supported with --new-bundle-format".into());
    }
    let stamp = typed.some("rfc3161-timestamp").is_some();
    let opted = typed.switch("use-signed-timestamps") || typed.some("timestamp-certificate-chain").is_some();
    if stamp && !opted {
        return Err("when specifying --rfc3161-timestamp-path, you must also specify --use-signed-timestamps or --timestamp-certificate-chain".into());
    }
    if opted && !stamp {
        return Err("when specifying --use-signed-timestamps or --timestamp-certificate-chain, you must also specify --rfc3161-timestamp-path".into());
    }
    Ok(())
}

/// Whether this is cosign's own bundle file.
pub(crate) fn is_older(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok_and(|value| value.get("base64Signature").is_some())
}

/// A signature over a file.
pub(crate) fn signature(typed: &Typed) -> Result<Bundle, Failure> {
    let mut form = older_form(typed)?;
    if let Some(text) = typed.some("signature") {
        // A file, or the signature itself.
        let text = match files::read(text, limits::FILE) {
            Ok(bytes) => bytes,
            Err(_) => text.as_bytes().to_vec(),
        };
        let encoded = String::from_utf8_lossy(&text).trim().to_owned();
        let encoded = if STANDARD.decode(&encoded).is_ok() { encoded } else { STANDARD.encode(&text) };
        form.insert("base64Signature".into(), encoded.into());
    }
    let Some(signature) = form.get("base64Signature").and_then(Value::as_str).map(str::to_owned) else {
        return Err("missing flag '--signature'".into());
    };
    if let Some(der) = certificate::typed(typed, Verb::Blob)? {
        pin(&mut form, der)?;
    }
    let Some(stamp) = typed.some("rfc3161-timestamp") else {
        let written = Value::Object(form).to_string();
        return Bundle::from_cosign_blob_json(written.as_bytes()).map_err(|error| wrong(&error));
    };
    let stamp = timestamp(&files::read(stamp, limits::FILE)?)?;
    let mut material = match form
        .get("cert")
        .and_then(Value::as_str)
        .and_then(|text| STANDARD.decode(text).ok())
    {
        Some(pem) => {
            let block = pem::parse(pem).map_err(|_| "loading cert: the certificate is not PEM")?;
            json!({"x509CertificateChain": {"certificates": [{"rawBytes": STANDARD.encode(block.contents())}]}})
        }
        None => json!({"publicKey": {"hint": ""}}),
    };
    if let Some(fields) = material.as_object_mut() {
        fields.insert("tlogEntries".into(), json!([]));
        fields.insert(
            "timestampVerificationData".into(),
            json!({"rfc3161Timestamps": [{"signedTimestamp": stamp}]}),
        );
    }
    let written = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "verificationMaterial": material,
        "messageSignature": {
            "signature": signature,
        },
    });
    Bundle::from_json(written.to_string().as_bytes()).map_err(|error| wrong(&error))
}

/// An attestation: a DSSE envelope, or cosign's own bundle file with one inside.
pub(crate) fn attestation(typed: &Typed) -> Result<Bundle, Failure> {
    if typed.some("bundle").is_some() {
        return attestation_of_older_form(typed);
    }
    let name = typed.text("signature");
    let bytes = files::read(name, limits::FILE).map_err(|error| format!("reading {name}: {error}"))?;
    if let Some(why) = super::no_json(&bytes) {
        return Err(why.into());
    }
    let mut annotations = BTreeMap::new();
    if let Some(der) = certificate::typed(typed, Verb::BlobAttestation)? {
        annotations.insert("dev.sigstore.cosign/certificate".to_owned(), pem_of(der));
    }
    if let Some(stamp) = typed.some("rfc3161-timestamp") {
        let stamp = json!({"SignedRFC3161Timestamp": timestamp(&files::read(stamp, limits::FILE)?)?});
        annotations.insert("dev.sigstore.cosign/rfc3161timestamp".to_owned(), stamp.to_string());
    }
    let media_type = "application/vnd.dsse.envelope.v1+json".to_owned();
    let item = Item { bytes: bytes.into(), media_type, annotations, place: Place::File };
    Bundle::read(&item).map_err(|error| wrong(&error))
}

fn attestation_of_older_form(typed: &Typed) -> Result<Bundle, Failure> {
    let mut form = older_form(typed)?;
    if let Some(der) = certificate::typed(typed, Verb::BlobAttestation)? {
        pin(&mut form, der)?;
    }
    if typed.some("rfc3161-timestamp").is_some() {
        return Err(
            "--rfc3161-timestamp is not read beside a bundle of the older format; give --signature".into()
        );
    }
    let written = Value::Object(form).to_string();
    Bundle::from_cosign_blob_attestation_json(written.as_bytes()).map_err(|error| wrong(&error))
}

// The certificate that was typed: the bundle's own if it has one.
fn pin(form: &mut serde_json::Map<String, Value>, der: Vec<u8>) -> Result<(), Failure> {
    let beside = form.get("cert").and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
    let beside = beside.and_then(|text| pem::parse(text).ok()).map(pem::Pem::into_contents);
    if beside.is_some_and(|beside| beside != der) {
        return Err("the cert passed in does not match the cert in the provided bundle".into());
    }
    form.insert("cert".into(), STANDARD.encode(pem_of(der)).into());
    Ok(())
}

// The fields of cosign's own bundle file, if one was named.
fn older_form(typed: &Typed) -> Result<serde_json::Map<String, Value>, Failure> {
    let Some(name) = typed.some("bundle") else { return Ok(serde_json::Map::new()) };
    let bytes = files::read(name, limits::FILE)?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(format!("{name} is not a bundle").into()),
        Err(error) => Err(format!("{name} is not a bundle: {error}").into()),
    }
}

fn pem_of(der: Vec<u8>) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", der))
}

// The file is cosign's JSON, or the timestamp itself.
fn timestamp(bytes: &[u8]) -> Result<String, Failure> {
    let written = serde_json::from_slice::<Value>(bytes).ok();
    let inner =
        written.as_ref().and_then(|value| value.get("SignedRFC3161Timestamp")).and_then(Value::as_str);
    match (inner, bytes.first()) {
        (Some(inner), _) => Ok(inner.to_owned()),
        (None, Some(0x30)) => Ok(STANDARD.encode(bytes)),
        (None, _) => {
            Err(super::no_json(bytes).unwrap_or_else(|| "the timestamp file holds none".into()).into())
        }
    }
}

fn wrong(error: &BundleError) -> Failure {
    format!("loading verifier from bundle: {error}").into()
}
