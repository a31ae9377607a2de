//! How one signature is made, step by step; every step can be made wrong, and all after it are made to fit.

use std::sync::Arc;

use sealgate_verify::Digest;
use serde_json::{Value, json};

mod entry;

use crate::{
    authority::{Authority, CtLog, SctProfile, sct_extension},
    certificate::CertificateProfile,
    identity::Identity,
    key::{SigningKey, base64, sha256},
    log::{Checkpoint, Log, LogEntry, LogVersion, Promise, Proof},
    signed::Signed,
    timestamp::{TimestampAuthority, TimestampProfile},
};

type Change<T> = Arc<dyn Fn(&mut T) + Send + Sync>;

/// A change to one stage of the making. Several for one stage act in the order they were given.
#[derive(Clone)]
pub struct Patch<T>(Vec<Change<T>>);

impl<T> Default for Patch<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Patch<T> {
    /// Adds a change.
    pub fn add(&mut self, change: impl Fn(&mut T) + Send + Sync + 'static) {
        self.0.push(Arc::new(change));
    }

    pub(crate) fn apply(&self, value: &mut T) {
        self.0.iter().for_each(|change| change(value));
    }
}

/// The stages, in the order in which they happen.
#[derive(Clone, Default)]
pub struct Patches {
    /// The certificate, before its SCT is asked for.
    pub certificate: Patch<CertificateProfile>,
    /// Each SCT, before it is signed.
    pub sct: Patch<SctProfile>,
    /// The list of signed SCTs.
    pub scts: Patch<Vec<Vec<u8>>>,
    /// The certificate with its SCTs, before it is signed.
    pub certificate_with_scts: Patch<CertificateProfile>,
    /// The bytes that the signer signs.
    pub signed_bytes: Patch<Vec<u8>>,
    /// The signature.
    pub signature: Patch<Vec<u8>>,
    /// The envelope with its signature, before the log sees it.
    pub envelope: Patch<Value>,
    /// The log entry's body.
    pub body: Patch<Value>,
    /// The log entry's body as bytes.
    pub body_bytes: Patch<Vec<u8>>,
    /// The inclusion promise, before it is signed.
    pub promise: Patch<Promise>,
    /// The inclusion proof.
    pub proof: Patch<Proof>,
    /// The checkpoint, before it is signed.
    pub checkpoint: Patch<Checkpoint>,
    /// The checkpoint's text with its signatures.
    pub checkpoint_text: Patch<String>,
    /// The finished entry.
    pub entry: Patch<LogEntry>,
    /// Each timestamp, before it is signed.
    pub timestamp: Patch<TimestampProfile>,
    /// The bundle's JSON.
    pub bundle: Patch<Value>,
}

/// Who signs.
#[derive(Clone, Debug)]
pub enum Who {
    /// The holder of a managed key.
    Key(SigningKey),
    /// Somebody with an identity, who gets a certificate for a fresh key.
    Keyless(Identity),
}

/// What is signed.
#[derive(Clone, Debug)]
pub enum Content {
    /// The bytes themselves: a blob, an image manifest, or a simple-signing payload.
    Message(Vec<u8>),
    /// A DSSE envelope with this payload type and payload.
    Envelope(String, Vec<u8>),
}

/// In which form a bundle is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// v0.1: certificate chain, promise, no proof.
    V01,
    /// v0.2: certificate chain, proof.
    V02,
    /// v0.3: one certificate, proof.
    V03,
    /// v0.3 with the older spelling of its media type.
    V03Old,
}

/// Which kind of log entry is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EntryKind {
    /// `dsse`, of the log's version.
    Dsse,
    /// `hashedrekord`, of the log's version.
    Hashedrekord,
    /// `intoto/0.0.1`
    Intoto001,
    /// `intoto/0.0.2`
    Intoto002,
}

/// One signature before it is made. Start from [`crate::World::recipe`].
#[derive(Clone)]
pub struct Recipe {
    /// Who signs.
    pub who: Who,
    /// What is signed.
    pub content: Content,
    /// When the certificate begins.
    pub at: i64,
    /// How many seconds later the logs integrate.
    pub logged_after: i64,
    /// How many seconds later the timestamp authorities stamp.
    pub stamped_after: i64,
    /// Who gives the certificate.
    pub authority: Authority,
    /// Which CT logs give SCTs.
    pub ct_logs: Vec<CtLog>,
    /// Which logs take an entry.
    pub logs: Vec<Log>,
    /// Which kind of entry; `None`: `dsse` for envelopes in v1, else `hashedrekord`.
    pub entry_kind: Option<EntryKind>,
    /// Which timestamp authorities stamp.
    pub timestamp_authorities: Vec<TimestampAuthority>,
    /// The form of the bundle.
    pub format: Format,
    /// Certificates that the bundle brings along behind the leaf.
    pub supplied_chain: Vec<Vec<u8>>,
    /// The signer's fresh key; `None`: ECDSA P-256.
    pub leaf_key: Option<SigningKey>,
    /// The key that makes the signature, if not the signer's own.
    pub signing_key: Option<SigningKey>,
    /// Changes.
    pub patches: Patches,
}

/// The in-toto payload type.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";
/// The predicate type of cosign's image signatures.
pub const COSIGN_SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

impl Recipe {
    /// Changes it in place and hands it on, so that one expression can tell the whole attack.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The same by somebody else.
    #[must_use]
    pub fn by(mut self, identity: Identity) -> Self {
        self.who = Who::Keyless(identity);
        self
    }

    /// The same with a managed key.
    #[must_use]
    pub fn by_key(mut self, key: &SigningKey) -> Self {
        self.who = Who::Key(key.clone());
        self
    }

    /// The same over other bytes.
    #[must_use]
    pub fn message(mut self, bytes: &[u8]) -> Self {
        self.content = Content::Message(bytes.to_vec());
        self
    }

    /// The same over a statement.
    #[must_use]
    pub fn statement(mut self, statement: &Value) -> Self {
        self.content = Content::Envelope(IN_TOTO.into(), canonical(statement));
        self
    }

    /// The same over a cosign simple-signing payload about `digest`. Take it with [`Signed::legacy_item`].
    #[must_use]
    pub fn simple_signing(self, digest: &Digest) -> Self {
        self.message(&canonical(&simple_signing(digest)))
    }

    /// Makes the signature and everything around it.
    pub fn sign(&self) -> Signed {
        let key = match &self.who {
            Who::Key(key) => key.clone(),
            Who::Keyless(_) => self.leaf_key.clone().unwrap_or_else(SigningKey::p256),
        };
        let certificate = match &self.who {
            Who::Key(_) => None,
            Who::Keyless(identity) => Some(self.certificate(identity, &key)),
        };
        let mut message = match &self.content {
            Content::Message(bytes) => bytes.clone(),
            Content::Envelope(kind, payload) => pre_authentication_encoding(kind, payload),
        };
        self.patches.signed_bytes.apply(&mut message);
        let mut signature = self.signing_key.as_ref().unwrap_or(&key).sign(&message);
        self.patches.signature.apply(&mut signature);
        let envelope = match &self.content {
            Content::Message(_) => None,
            Content::Envelope(kind, payload) => {
                let mut envelope = json!({
                    "payloadType": kind,
                    "payload": base64(payload),
                    "signatures": [{"keyid": "", "sig": base64(&signature)}],
                });
                self.patches.envelope.apply(&mut envelope);
                Some(envelope)
            }
        };
        let mut signed = Signed {
            format: self.format,
            content: self.content.clone(),
            key,
            certificate,
            supplied_chain: self.supplied_chain.clone(),
            legacy_chain: vec![self.authority.intermediate.clone(), self.authority.root.clone()],
            signature,
            envelope,
            entries: Vec::new(),
            timestamps: Vec::new(),
            bundle_patch: self.patches.bundle.clone(),
        };
        signed.entries = self.logs.iter().map(|log| self.log_entry(log, &signed)).collect();
        signed.timestamps =
            self.timestamp_authorities.iter().map(|authority| self.stamp(authority, &signed)).collect();
        signed
    }

    fn certificate(&self, identity: &Identity, key: &SigningKey) -> Vec<u8> {
        let mut profile = self.authority.leaf(key, self.at);
        identity.write(&mut profile);
        self.patches.certificate.apply(&mut profile);
        let tbs = profile.tbs(&self.authority.issuing_key);
        let mut scts = Vec::new();
        for log in &self.ct_logs {
            let mut sct = log.sct(tbs.clone(), &self.authority.issuing_key, self.at);
            self.patches.sct.apply(&mut sct);
            scts.push(sct.sign());
        }
        self.patches.scts.apply(&mut scts);
        if !scts.is_empty() {
            profile.extensions.push(sct_extension(&scts));
        }
        self.patches.certificate_with_scts.apply(&mut profile);
        profile.sign(&self.authority.issuing_key)
    }

    fn log_entry(&self, log: &Log, signed: &Signed) -> LogEntry {
        let (kind, version, mut value) = entry::body(self.entry_kind, log.version, signed);
        self.patches.body.apply(&mut value);
        let mut body = canonical(&value);
        self.patches.body_bytes.apply(&mut body);
        let index = log.next_index();
        let mut promise = log.promise(&body, index, self.at + self.logged_after);
        self.patches.promise.apply(&mut promise);
        let mut proof = Proof::new(&body, index, index + 1 + index % 5);
        self.patches.proof.apply(&mut proof);
        let mut checkpoint = log.checkpoint(&proof);
        self.patches.checkpoint.apply(&mut checkpoint);
        let mut text = checkpoint.sign();
        self.patches.checkpoint_text.apply(&mut text);
        let first = log.version == LogVersion::V1;
        let mut entry = LogEntry {
            index: if first { promise.log_index } else { proof.index },
            log_id: if first { hex::decode(&promise.log_id).unwrap() } else { log.id() },
            kind: kind.into(),
            version: version.into(),
            integrated_time: first.then_some(promise.integrated_time),
            promise: first.then(|| promise.sign()),
            proof: (self.format != Format::V01).then_some(proof),
            checkpoint: Some(text),
            body,
        };
        self.patches.entry.apply(&mut entry);
        entry
    }

    fn stamp(&self, authority: &TimestampAuthority, signed: &Signed) -> Vec<u8> {
        let mut profile = authority.profile(&signed.signature, self.at + self.stamped_after);
        self.patches.timestamp.apply(&mut profile);
        profile.sign()
    }
}

/// DSSE's encoding of what is signed.
pub fn pre_authentication_encoding(kind: &str, payload: &[u8]) -> Vec<u8> {
    [format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).as_bytes(), payload].concat()
}

/// An in-toto statement v1 about one digest.
pub fn statement(digest: &Digest, predicate_type: &str, predicate: Value) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"digest": {digest.algorithm().name(): digest.hex()}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    })
}

/// The statement with which cosign signs images.
pub fn sign_statement(digest: &Digest) -> Value {
    statement(digest, COSIGN_SIGN, json!({}))
}

/// The payload with which cosign 2 signs images.
pub fn simple_signing(digest: &Digest) -> Value {
    json!({
        "critical": {
            "identity": {"docker-reference": "registry.example/acme/app"},
            "image": {"docker-manifest-digest": digest.to_string()},
            "type": "cosign container image signature",
        },
        "optional": null,
    })
}

/// JSON with sorted keys and no blanks, whatever the map type is.
pub fn canonical(value: &Value) -> Vec<u8> {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(sorted).collect(),
            Value::Object(fields) => {
                let fields: std::collections::BTreeMap<_, _> =
                    fields.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
                fields.into_iter().collect()
            }
            other => other.clone(),
        }
    }
    serde_json::to_vec(&sorted(value)).unwrap()
}

pub(crate) fn key_hint(key: &SigningKey) -> String {
    base64(&sha256(&key.spki()))
}
