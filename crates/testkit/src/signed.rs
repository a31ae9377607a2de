//! A signature with everything that proves it, in whichever form somebody wants to publish it.

use std::{collections::BTreeMap, sync::Arc};

use sealgate_verify::{Item, Place};
use serde_json::{Value, json};

use crate::{
    key::{SigningKey, base64, pem_block, unbase64},
    log::LogEntry,
    recipe::{Content, Format, Patch, canonical, key_hint},
};

/// A finished signature. Parts of one may be put into another: that is what an attacker does.
#[derive(Clone)]
pub struct Signed {
    /// The form of the bundle.
    pub format: Format,
    /// What was signed.
    pub content: Content,
    /// The signer's key.
    pub key: SigningKey,
    /// The signer's certificate, DER.
    pub certificate: Option<Vec<u8>>,
    /// Certificates that the bundle brings along.
    pub supplied_chain: Vec<Vec<u8>>,
    /// Certificates that cosign's older layers bring along.
    pub legacy_chain: Vec<Vec<u8>>,
    /// The signature.
    pub signature: Vec<u8>,
    /// The DSSE envelope.
    pub envelope: Option<Value>,
    /// Log entries.
    pub entries: Vec<LogEntry>,
    /// Timestamps, DER.
    pub timestamps: Vec<Vec<u8>>,
    pub(crate) bundle_patch: Patch<Value>,
}

/// Media type of bundles v0.3.
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// Media type of cosign's simple-signing layers.
pub const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// Media type of cosign's `.att` layers.
pub const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";

impl Signed {
    /// The payload: of the envelope as it is now, else the message.
    pub fn payload(&self) -> &[u8] {
        match &self.content {
            Content::Message(bytes) | Content::Envelope(_, bytes) => bytes,
        }
    }

    /// The envelope's payload type; empty where there is no envelope.
    pub fn payload_type(&self) -> &str {
        match &self.content {
            Content::Message(_) => "",
            Content::Envelope(kind, _) => kind,
        }
    }

    /// The bundle's media type.
    pub fn media_type(&self) -> &'static str {
        match self.format {
            Format::V01 => "application/vnd.dev.sigstore.bundle+json;version=0.1",
            Format::V02 => "application/vnd.dev.sigstore.bundle+json;version=0.2",
            Format::V03 => BUNDLE,
            Format::V03Old => "application/vnd.dev.sigstore.bundle+json;version=0.3",
        }
    }

    /// The bundle as JSON.
    pub fn bundle_json(&self) -> Value {
        let mut material = serde_json::Map::new();
        let older = matches!(self.format, Format::V01 | Format::V02);
        match &self.certificate {
            Some(certificate) if older || !self.supplied_chain.is_empty() => {
                let all = std::iter::once(certificate).chain(&self.supplied_chain);
                let list: Vec<Value> = all.map(|der| json!({"rawBytes": base64(der)})).collect();
                material.insert("x509CertificateChain".into(), json!({"certificates": list}));
            }
            Some(certificate) => {
                material.insert("certificate".into(), json!({"rawBytes": base64(certificate)}));
            }
            None => {
                material.insert("publicKey".into(), json!({"hint": key_hint(&self.key)}));
            }
        }
        let entries: Vec<Value> = self.entries.iter().map(LogEntry::json).collect();
        material.insert("tlogEntries".into(), json!(entries));
        if !self.timestamps.is_empty() {
            let list: Vec<Value> =
                self.timestamps.iter().map(|der| json!({"signedTimestamp": base64(der)})).collect();
            material.insert("timestampVerificationData".into(), json!({"rfc3161Timestamps": list}));
        }
        let mut bundle = json!({"mediaType": self.media_type(), "verificationMaterial": material});
        match &self.envelope {
            Some(envelope) => bundle["dsseEnvelope"] = envelope.clone(),
            None => {
                let (algorithm, _, digest) = self.key.hash(self.payload());
                bundle["messageSignature"] = json!({
                    "messageDigest": {"algorithm": algorithm, "digest": base64(&digest)},
                    "signature": base64(&self.signature),
                });
            }
        }
        self.bundle_patch.apply(&mut bundle);
        bundle
    }

    /// The bundle's bytes.
    pub fn bundle(&self) -> Vec<u8> {
        canonical(&self.bundle_json())
    }

    /// The bundle as a registry's referrers would bring it.
    pub fn item(&self) -> Item {
        Item {
            bytes: Arc::from(self.bundle()),
            media_type: self.media_type().into(),
            annotations: BTreeMap::new(),
            place: Place::Referrers,
        }
    }

    /// The annotations of cosign's older layers. An `.att` layer's signature annotation is empty.
    pub fn legacy_annotations(&self) -> BTreeMap<String, String> {
        let mut annotations = BTreeMap::new();
        let mut add = |name: &str, text: String| annotations.insert(name.to_owned(), text);
        let signature = if self.envelope.is_some() { String::new() } else { base64(&self.signature) };
        add("dev.cosignproject.cosign/signature", signature);
        if let Some(certificate) = &self.certificate {
            add("dev.sigstore.cosign/certificate", pem_block("CERTIFICATE", certificate));
            let chain: String = self.legacy_chain.iter().map(|der| pem_block("CERTIFICATE", der)).collect();
            add("dev.sigstore.cosign/chain", chain);
        }
        if let Some(entry) = self.entries.first() {
            add("dev.sigstore.cosign/bundle", String::from_utf8(canonical(&entry.legacy_json())).unwrap());
        }
        if let Some(timestamp) = self.timestamps.first() {
            let json = json!({"SignedRFC3161Timestamp": base64(timestamp)});
            add("dev.sigstore.cosign/rfc3161timestamp", json.to_string());
        }
        if self.envelope.is_some()
            && let Ok(statement) = serde_json::from_slice::<Value>(self.payload())
            && let Some(kind) = statement["predicateType"].as_str()
        {
            add("predicateType", kind.to_owned());
        }
        annotations
    }

    /// The layer's bytes in cosign's older form: the payload, or the envelope.
    pub fn legacy_bytes(&self) -> Vec<u8> {
        self.envelope.as_ref().map_or_else(|| self.payload().to_vec(), envelope_bytes)
    }

    /// A layer of cosign's `.sig` tag, or for an envelope of its `.att` tag.
    pub fn legacy_item(&self) -> Item {
        let (media_type, place) = match self.envelope {
            Some(_) => (ENVELOPE, Place::AttestationTag),
            None => (SIMPLE_SIGNING, Place::SignatureTag),
        };
        Item {
            bytes: Arc::from(self.legacy_bytes()),
            media_type: media_type.into(),
            annotations: self.legacy_annotations(),
            place,
        }
    }

    /// The first log entry's body.
    pub fn body(&self) -> Value {
        serde_json::from_slice(&self.entries[0].body).unwrap()
    }

    /// Puts another signature into bundle and envelope, and leaves everything else.
    #[must_use]
    pub fn with_signature(mut self, signature: &[u8]) -> Self {
        self.signature = signature.to_vec();
        if let Some(envelope) = &mut self.envelope {
            envelope["signatures"][0]["sig"] = json!(base64(signature));
        }
        self
    }

    /// Changes it in place and hands it on.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The payload that the envelope carries now.
    pub fn envelope_payload(&self) -> Vec<u8> {
        unbase64(self.envelope.as_ref().unwrap()["payload"].as_str().unwrap())
    }
}

/// An envelope as Go clients write it: its fields in the order of their struct, then whatever somebody added.
pub(crate) fn envelope_bytes(envelope: &Value) -> Vec<u8> {
    const ORDER: [&str; 3] = ["payloadType", "payload", "signatures"];
    let fields = envelope.as_object().unwrap();
    let known = ORDER.iter().filter_map(|name| fields.get_key_value(*name));
    let added = fields.iter().filter(|(name, _)| !ORDER.contains(&name.as_str()));
    let written: Vec<String> = known
        .chain(added)
        .map(|(name, value)| {
            format!("{}:{}", Value::from(name.as_str()), String::from_utf8(canonical(value)).unwrap())
        })
        .collect();
    format!("{{{}}}", written.join(",")).into_bytes()
}
