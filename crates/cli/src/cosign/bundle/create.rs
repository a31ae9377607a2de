//! `bundle create`: a bundle from what older versions kept in files of their own.

use ::base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate::verify::{Algorithm, Artifact, Bundle, Digest};
use serde_json::{Map, Value, json};

use super::hand_over;
use crate::{
    Console,
    cosign::{blob::Blob, failure::Failure, key, shapes::BUNDLE},
    files,
    go::{base64, flags::Typed, json, protojson},
    limits,
};

/// `bundle create`
pub(crate) fn create(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    let artifact = typed.some("artifact").ok_or("must supply --artifact")?;
    let mut parts = Parts::default();
    match (typed.some("bundle"), typed.some("signature")) {
        (None, None) => return Err("must at least supply signature via --bundle or --signature".into()),
        (bundle, signature) => {
            bundle.map_or(Ok(()), |name| parts.older_bundle(name, typed.switch("ignore-tlog")))?;
            if let Some(name) = signature {
                parts.signature = base64::decode(&files::read(name, limits::FILE)?)?;
            }
        }
    }
    if let Some(name) = typed.some("rfc3161-timestamp") {
        parts.timestamp = timestamp(&files::read(name, limits::FILE)?)?;
    }
    if let Some(name) = typed.some("certificate") {
        let pem = base64::decode(&files::read(name, limits::FILE)?)?;
        let block = pem::parse(&pem).map_err(|_| "unable to decode provided certificate")?;
        parts.certificate = Some(certificate(block.into_contents())?);
    }
    if let Some(name) = typed.some("attestation") {
        let bytes = files::read(name, limits::FILE)?;
        parts.envelope = Some(parsed(&bytes)?);
    }
    let key = match typed.some("key") {
        Some(reference) => {
            Some(key::load(reference, console).map_err(|error| format!("loading public key: {error}"))?)
        }
        None if typed.switch("sk") => {
            return Err(
                "opening piv token: hardware tokens are not supported; export the public key and give --key"
                    .into(),
            );
        }
        None => None,
    };
    let digest = match Blob::read(artifact, console)?.artifact() {
        Artifact::Bytes(bytes) => Digest::sha256(bytes),
        Artifact::Digest(digest) if digest.algorithm() == Algorithm::Sha256 => digest.clone(),
        Artifact::Digest(_) => return Err("the artifact has no SHA-256 digest".into()),
    };
    if !typed.switch("ignore-tlog") {
        // A bundle needs the entry's inclusion proof, which only Rekor has.
        return Err(
            "unable to find tlog entry: Rekor is never asked here; give --ignore-tlog for what is in no log"
                .into(),
        );
    }
    let hint = key.map(|key| STANDARD.encode(Digest::sha256(key.spki()).bytes()));
    let bundle = protojson::write(&BUNDLE, &parts.message(&digest, hint)?);
    // What no verifier could read is not handed out.
    Bundle::from_json(bundle.as_bytes()).map_err(|error| format!("the bundle would be invalid: {error}"))?;
    hand_over(bundle.as_bytes(), typed, console)
}

#[derive(Default)]
struct Parts {
    signature: Vec<u8>,
    certificate: Option<Vec<u8>>,
    envelope: Option<Map<String, Value>>,
    timestamp: Option<String>,
}

impl Parts {
    // cosign's own bundle file of earlier days.
    fn older_bundle(&mut self, name: &str, ignores_log: bool) -> Result<(), Failure> {
        let bytes = files::read(name, limits::FILE).map_err(|error| format!("reading {name}: {error}"))?;
        let bundle = parsed(&bytes)?;
        let text = |name: &str| bundle.get(name).and_then(Value::as_str).unwrap_or_default();
        let promise = bundle.get("rekorBundle").and_then(|entry| entry.get("SignedEntryTimestamp"));
        if ignores_log && promise.and_then(Value::as_str).is_some_and(|promise| !promise.is_empty()) {
            return Err(
                "cannot ignore transparency log when the provided bundle contains a Signed Entry Timestamp"
                    .into(),
            );
        }
        if !text("cert").is_empty() {
            let pem = base64::decode(text("cert").as_bytes())?;
            let blocks = pem::parse_many(&pem).unwrap_or_default();
            let first = blocks.into_iter().next().ok_or("no certs found in bundle")?;
            self.certificate = Some(certificate(first.into_contents())?);
        }
        let signature = base64::decode(text("base64Signature").as_bytes())?;
        // It may be an envelope as well.
        match serde_json::from_slice(&signature) {
            Ok(Value::Object(envelope)) => self.envelope = Some(envelope),
            _ => self.signature = signature,
        }
        Ok(())
    }

    fn message(self, digest: &Digest, hint: Option<String>) -> Result<Map<String, Value>, Failure> {
        let mut material = Map::new();
        match (self.certificate, hint) {
            (Some(der), _) => {
                material.insert("certificate".into(), json!({"rawBytes": STANDARD.encode(der)}));
            }
            (None, Some(hint)) => {
                material.insert("publicKey".into(), json!({"hint": hint}));
            }
            (None, None) => {
                return Err("invalid bundle: validation error: missing verification material".into());
            }
        }
        if let Some(stamp) = self.timestamp {
            let stamps = json!({"rfc3161Timestamps": [{"signedTimestamp": stamp}]});
            material.insert("timestampVerificationData".into(), stamps);
        }
        let mut fields = Map::new();
        fields.insert("mediaType".into(), "application/vnd.dev.sigstore.bundle+json;version=0.3".into());
        fields.insert("verificationMaterial".into(), material.into());
        match self.envelope.as_ref().and_then(first_signature) {
            Some(signature) => {
                let envelope = self.envelope.unwrap_or_default();
                let text = |name: &str| envelope.get(name).and_then(Value::as_str).unwrap_or_default();
                let again = |text: &str| base64::decode(text.as_bytes()).map(|bytes| STANDARD.encode(bytes));
                let envelope = json!({
                    "payload": again(text("payload"))?,
                    "payloadType": text("payloadType"),
                    "signatures": [{"sig": again(&signature)?}],
                });
                fields.insert("dsseEnvelope".into(), envelope);
            }
            None => {
                let digest = json!({"algorithm": 1, "digest": STANDARD.encode(digest.bytes())});
                let signature = STANDARD.encode(self.signature);
                fields.insert(
                    "messageSignature".into(),
                    json!({"messageDigest": digest, "signature": signature}),
                );
            }
        }
        Ok(fields)
    }
}

// A bundle has room for one signature of an envelope; cosign takes the first.
fn first_signature(envelope: &Map<String, Value>) -> Option<String> {
    let first = envelope.get("signatures")?.as_array()?.first()?;
    Some(first.get("sig").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn timestamp(bytes: &[u8]) -> Result<Option<String>, Failure> {
    let fields = parsed(bytes)?;
    let stamp = fields.get("SignedRFC3161Timestamp").and_then(Value::as_str).unwrap_or_default();
    let stamp = base64::decode(stamp.as_bytes())?;
    Ok(Some(STANDARD.encode(stamp)).filter(|stamp| !stamp.is_empty()))
}

fn certificate(der: Vec<u8>) -> Result<Vec<u8>, Failure> {
    use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};
    match X509Certificate::from_der(&der) {
        Ok(([], _)) => Ok(der),
        Ok(_) => Err("x509: trailing data".into()),
        Err(_) => Err("x509: malformed certificate".into()),
    }
}

fn parsed(bytes: &[u8]) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("json: the file holds no object".into()),
        Err(error) => Err(json::complaint(bytes, &error).into()),
    }
}
