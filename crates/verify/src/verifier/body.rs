//! What a log entry says was signed, compared with what the bundle says was signed. No cryptography: equality alone.

use serde::{Deserialize, de::DeserializeOwned};

use super::VerifyError;
use crate::{
    Algorithm, Digest,
    bundle::{Envelope, LogEntry, Signed},
    json, pem,
    wire::{Bytes, base64},
};

/// Who signed, as a log entry writes it.
#[derive(Clone, Copy)]
pub(super) enum Author<'a> {
    /// A certificate, DER.
    Certificate {
        /// All of it.
        der: &'a [u8],
    },
    /// A managed key: its SubjectPublicKeyInfo.
    Key { spki: &'a [u8] },
}

/// What an entry has to be about.
pub(super) struct Expected<'a> {
    pub(super) signed: &'a Signed,
    pub(super) signature: &'a [u8],
    /// What the signed content digests to, under the algorithm that the entry names.
    pub(super) digest: &'a dyn Fn(Algorithm) -> Option<Digest>,
    pub(super) author: Author<'a>,
}

#[derive(Deserialize)]
struct Body<S> {
    #[serde(rename = "apiVersion")]
    version: String,
    kind: String,
    spec: S,
}

#[derive(Deserialize)]
struct HexHash {
    algorithm: String,
    value: String,
}

#[derive(Deserialize)]
struct HashedRekord1 {
    data: HashedData1,
    signature: HashedSignature1,
}

#[derive(Deserialize)]
struct HashedData1 {
    hash: HexHash,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HashedSignature1 {
    content: Bytes,
    public_key: Content,
}

#[derive(Deserialize)]
struct Content {
    content: Bytes,
}

#[derive(Deserialize)]
struct HashedRekord2 {
    #[serde(rename = "hashedRekordV002")]
    inner: HashedInner2,
}

#[derive(Deserialize)]
struct HashedInner2 {
    data: Hash2,
    signature: Signature2,
}

#[derive(Deserialize)]
struct Hash2 {
    algorithm: String,
    digest: Bytes,
}

#[derive(Deserialize)]
struct Signature2 {
    content: Bytes,
    verifier: Verifier2,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verifier2 {
    x509_certificate: Option<Raw>,
    public_key: Option<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    raw_bytes: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dsse1 {
    payload_hash: HexHash,
    signatures: Vec<DsseSignature1>,
}

#[derive(Deserialize)]
struct DsseSignature1 {
    signature: Bytes,
    verifier: Bytes,
}

#[derive(Deserialize)]
struct Dsse2 {
    #[serde(rename = "dsseV002")]
    inner: DsseInner2,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DsseInner2 {
    payload_hash: Hash2,
    signatures: Vec<Signature2>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Intoto1 {
    content: IntotoContent1,
    public_key: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntotoContent1 {
    hash: HexHash,
    payload_hash: Option<HexHash>,
}

#[derive(Deserialize)]
struct Intoto2 {
    content: IntotoContent2,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntotoContent2 {
    envelope: IntotoEnvelope2,
    payload_hash: HexHash,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntotoEnvelope2 {
    payload_type: String,
    signatures: Vec<IntotoSignature2>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IntotoSignature2 {
    sig: Bytes,
    public_key: Bytes,
}

/// Whether `entry` is about exactly this signature, by exactly this signer, over exactly this content.
///
/// Spec: sigstore client-spec 4.4, last step.
// THREAT: an entry of another signature rides along to lend its time (CVE-2022-36056).
// See an_entry_of_another_signature_is_rejected.
pub(super) fn is_about(entry: &LogEntry, expected: &Expected<'_>) -> Result<(), VerifyError> {
    let reading = Reading { entry, expected };
    match (entry.kind.as_str(), entry.version.as_str(), expected.signed) {
        ("hashedrekord", "0.0.1", Signed::Artifact(_) | Signed::Payload(_)) => {
            let spec: HashedRekord1 = reading.spec()?;
            reading.content(reading.hex(&spec.data.hash)?)?;
            reading.signature(&spec.signature.content.0)?;
            reading.author_pem(&spec.signature.public_key.content.0)
        }
        // An envelope too: some clients log the digest of what is signed, its pre-authentication encoding.
        ("hashedrekord", "0.0.2", _) => {
            let spec: HashedRekord2 = reading.spec()?;
            reading.content(reading.base64(&spec.inner.data)?)?;
            reading.signed_by(&spec.inner.signature)
        }
        ("dsse", "0.0.1", Signed::Envelope(envelope)) => {
            let spec: Dsse1 = reading.spec()?;
            reading.payload(envelope, reading.hex(&spec.payload_hash)?)?;
            let signature = reading.one(&spec.signatures)?;
            reading.signature(&signature.signature.0)?;
            reading.author_pem(&signature.verifier.0)
        }
        ("dsse", "0.0.2", Signed::Envelope(envelope)) => {
            let spec: Dsse2 = reading.spec()?;
            reading.payload(envelope, reading.base64(&spec.inner.payload_hash)?)?;
            reading.signed_by(reading.one(&spec.inner.signatures)?)
        }
        ("intoto", "0.0.1", Signed::Envelope(envelope)) => {
            let spec: Intoto1 = reading.spec()?;
            // The cheap comparison first: whoever is not even the signer makes us write out no envelope.
            reading.author_pem(&spec.public_key.0)?;
            if let Some(hash) = &spec.content.payload_hash {
                reading.payload(envelope, reading.hex(hash)?)?;
            }
            reading.whole_envelope(envelope, &reading.hex(&spec.content.hash)?)
        }
        ("intoto", "0.0.2", Signed::Envelope(envelope)) => {
            let spec: Intoto2 = reading.spec()?;
            reading.payload(envelope, reading.hex(&spec.content.payload_hash)?)?;
            if spec.content.envelope.payload_type != envelope.payload_type {
                return Err(VerifyError::LogMismatch { field: "payload type" });
            }
            let signature = reading.one(&spec.content.envelope.signatures)?;
            // This kind writes base64 of base64.
            let inner = std::str::from_utf8(&signature.sig.0).ok().and_then(base64);
            reading.signature(&inner.ok_or_else(|| reading.unreadable("has a malformed signature"))?)?;
            reading.author_pem(&signature.public_key.0)
        }
        _ => Err(reading.unreadable("is not of a kind that such signatures are logged as")),
    }
}

struct Reading<'a> {
    entry: &'a LogEntry,
    expected: &'a Expected<'a>,
}

impl Reading<'_> {
    fn unreadable(&self, why: &'static str) -> VerifyError {
        let (kind, version) = (json::printable(&self.entry.kind), json::printable(&self.entry.version));
        VerifyError::LogUnreadable { kind, version, why }
    }

    // THREAT: an entry named as one kind whose body is of another.
    fn spec<S: DeserializeOwned>(&self) -> Result<S, VerifyError> {
        let body: Body<S> =
            json::read(&self.entry.body).map_err(|_| self.unreadable("has a body of another form"))?;
        if body.kind != self.entry.kind || body.version != self.entry.version {
            return Err(self.unreadable("has a body of another kind"));
        }
        Ok(body.spec)
    }

    fn hex(&self, hash: &HexHash) -> Result<Digest, VerifyError> {
        let text = format!("{}:{}", hash.algorithm, hash.value);
        text.parse().map_err(|_| self.unreadable("has a malformed digest"))
    }

    fn base64(&self, hash: &Hash2) -> Result<Digest, VerifyError> {
        let algorithm = match hash.algorithm.as_str() {
            "SHA2_256" => Algorithm::Sha256,
            "SHA2_384" => Algorithm::Sha384,
            "SHA2_512" => Algorithm::Sha512,
            _ => return Err(self.unreadable("has a digest of an unknown algorithm")),
        };
        Digest::from_bytes(algorithm, &hash.digest.0).map_err(|_| self.unreadable("has a malformed digest"))
    }

    fn one<'s, S>(&self, signatures: &'s [S]) -> Result<&'s S, VerifyError> {
        match signatures {
            [signature] => Ok(signature),
            _ => Err(VerifyError::LogMismatch { field: "number of signatures" }),
        }
    }

    fn content(&self, logged: Digest) -> Result<(), VerifyError> {
        match (self.expected.digest)(logged.algorithm()) {
            Some(digest) if digest == logged => Ok(()),
            // The bundle states no digest: the log is the one to say what was signed.
            Some(digest) if matches!(self.expected.signed, Signed::Artifact(None)) => {
                Err(VerifyError::DigestMismatch { signed: logged.to_string(), artifact: digest.to_string() })
            }
            Some(_) => Err(VerifyError::LogMismatch { field: "digest" }),
            // Of an artifact that is known by another digest alone.
            None => Err(VerifyError::BytesNeeded),
        }
    }

    fn payload(&self, envelope: &Envelope, logged: Digest) -> Result<(), VerifyError> {
        if logged.matches(&envelope.payload) {
            Ok(())
        } else {
            Err(VerifyError::LogMismatch { field: "payload" })
        }
    }

    // This kind names no signature, only the digest of the envelope's JSON as it was logged: as it stood in the layer, or as
    // the clients of that time wrote it.
    fn whole_envelope(&self, envelope: &Envelope, logged: &Digest) -> Result<(), VerifyError> {
        let written = envelope.written.iter().any(|written| logged.matches(written));
        if written
            || spellings(envelope, self.expected.signature)
                .any(|spelling| logged.matches(spelling.as_bytes()))
        {
            return Ok(());
        }
        Err(VerifyError::LogMismatch { field: "envelope" })
    }

    fn signature(&self, logged: &[u8]) -> Result<(), VerifyError> {
        if logged == self.expected.signature {
            Ok(())
        } else {
            Err(VerifyError::LogMismatch { field: "signature" })
        }
    }

    fn signed_by(&self, logged: &Signature2) -> Result<(), VerifyError> {
        self.signature(&logged.content.0)?;
        let same =
            match (self.expected.author, &logged.verifier.x509_certificate, &logged.verifier.public_key) {
                (Author::Certificate { der }, Some(logged), None) => logged.raw_bytes.0 == der,
                (Author::Key { spki }, None, Some(logged)) => logged.raw_bytes.0 == spki,
                _ => false,
            };
        if same { Ok(()) } else { Err(VerifyError::LogMismatch { field: "signer" }) }
    }

    fn author_pem(&self, logged: &[u8]) -> Result<(), VerifyError> {
        let (label, der) =
            pem::one(logged).ok_or_else(|| self.unreadable("has a signer that is not one PEM block"))?;
        let same = match self.expected.author {
            Author::Certificate { der: certificate } => label == "CERTIFICATE" && der == certificate,
            Author::Key { spki } => label == "PUBLIC KEY" && der == spki,
        };
        if same { Ok(()) } else { Err(VerifyError::LogMismatch { field: "signer" }) }
    }
}

// How clients write an envelope with one signature as JSON.
fn spellings(envelope: &Envelope, signature: &[u8]) -> impl Iterator<Item = String> {
    use ::base64::{Engine as _, engine::general_purpose::STANDARD};
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let (kind, payload) = (quoted(&envelope.payload_type), STANDARD.encode(&envelope.payload));
    let sig = STANDARD.encode(signature);
    let keyid = quoted(envelope.key_id.as_deref().unwrap_or_default());
    let signatures = [format!(r#"{{"keyid":{keyid},"sig":"{sig}"}}"#), format!(r#"{{"sig":"{sig}"}}"#)];
    signatures
        .into_iter()
        .map(move |one| format!(r#"{{"payloadType":{kind},"payload":"{payload}","signatures":[{one}]}}"#))
}
