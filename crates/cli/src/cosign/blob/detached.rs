//! The forms before Sigstore bundles: cosign's own bundle file, or signature and certificate as files of their own.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate::verify::{Bundle, BundleError, Item, Place};
use serde_json::{Value, json};

use super::super::{
    certificate,
    failure::Failure,
    named::{self, NamedError},
};
use crate::{
    Console, files,
    go::{flags::Typed, json::syntax},
    limits,
};

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
pub(crate) fn signature(
    typed: &Typed,
    certificate: Option<Vec<u8>>,
    console: &Console<'_>,
) -> Result<Bundle, Failure> {
    let mut form = older_form(typed)?;
    if let Some(der) = certificate {
        pin(&mut form, der)?;
    }
    if let Some(text) = typed.some("signature") {
        form.insert("base64Signature".into(), encoded(text, console)?.into());
    }
    let Some(signature) = form.get("base64Signature").and_then(Value::as_str).map(str::to_owned) else {
        return Err("missing flag '--signature'".into());
    };
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

/// What `--signature` means, in base64: a file, something else with a name, or the signature itself.
///
/// # Errors
/// What is there and cannot be read.
pub(crate) fn encoded(word: &str, console: &Console<'_>) -> Result<String, Failure> {
    let bytes = match named::read(word, console) {
        Ok(bytes) => bytes,
        Err(NamedError::Absent(_)) => word.as_bytes().to_vec(),
        Err(error) => return Err(error.to_string().into()),
    };
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    Ok(if STANDARD.decode(&text).is_ok() { text } else { STANDARD.encode(&bytes) })
}

/// An attestation: a DSSE envelope, or cosign's own bundle file with one inside.
pub(crate) fn attestation(typed: &Typed, certificate: Option<Vec<u8>>) -> Result<Bundle, Failure> {
    if typed.some("bundle").is_some() {
        return attestation_of_older_form(typed, certificate);
    }
    let name = typed.text("signature");
    let bytes = named::file(name).map_err(|error| format!("reading {name}: {error}"))?;
    if let Some(why) = syntax::error(&bytes) {
        return Err(why.into());
    }
    let mut annotations = BTreeMap::new();
    if let Some(der) = certificate {
        annotations.insert("dev.sigstore.cosign/certificate".to_owned(), certificate::pem(&der));
    }
    if let Some(stamp) = typed.some("rfc3161-timestamp") {
        let stamp = json!({"SignedRFC3161Timestamp": timestamp(&files::read(stamp, limits::FILE)?)?});
        annotations.insert("dev.sigstore.cosign/rfc3161timestamp".to_owned(), stamp.to_string());
    }
    let media_type = "application/vnd.dsse.envelope.v1+json".to_owned();
    let item = Item { bytes: bytes.into(), media_type, annotations, place: Place::File };
    Bundle::read(&item).map_err(|error| wrong(&error))
}

fn attestation_of_older_form(typed: &Typed, certificate: Option<Vec<u8>>) -> Result<Bundle, Failure> {
    let mut form = older_form(typed)?;
    if let Some(der) = certificate {
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
    form.insert("cert".into(), STANDARD.encode(certificate::pem(&der)).into());
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

// The file is cosign's JSON, or the timestamp itself.
fn timestamp(bytes: &[u8]) -> Result<String, Failure> {
    let written = serde_json::from_slice::<Value>(bytes).ok();
    let inner =
        written.as_ref().and_then(|value| value.get("SignedRFC3161Timestamp")).and_then(Value::as_str);
    match (inner, bytes.first()) {
        (Some(inner), _) => Ok(inner.to_owned()),
        (None, Some(0x30)) => Ok(STANDARD.encode(bytes)),
        (None, _) => {
            Err(syntax::error(bytes).unwrap_or_else(|| "the timestamp file holds none".into()).into())
        }
    }
}

fn wrong(error: &BundleError) -> Failure {
    format!("loading verifier from bundle: {error}").into()
}
