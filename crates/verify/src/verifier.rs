//! The steps of the Sigstore client specification, in the order it gives them.

mod body;
mod certificate;
mod checkpoint;
mod cms;

mod error;
mod log;
mod sct;
mod stamp;
mod step;
mod timeless;
mod witness;

use crate::{
    Bundle, Content, Digest, Names, PublicKey, SimpleSigning, Statement, Timestamp, TrustedRoot,
    bundle::{Material, Signed},
    content::PAYLOAD_TYPE,
    json,
    key::VerifyingKey,
    limits,
    signer::{CertificateSigner, KeySigner, Signer},
};

pub use error::{VerifyError, all_codes};
pub use sct::{DetachedSct, SctError};
pub use step::Step;
pub use witness::{Authentic, LogRecord, ProvenTime, TimeSource, Verified};

use body::{Author, Expected};

/// Checks bundles against one trusted root.
#[derive(Debug)]
pub struct Verifier<'r> {
    root: &'r TrustedRoot,
    now: Timestamp,
    names: Names,
    sct: Option<&'r DetachedSct>,
}

/// What was signed.
#[derive(Clone, Copy, Debug)]
pub enum Artifact<'a> {
    /// The bytes themselves.
    Bytes(&'a [u8]),
    /// Only their digest.
    Digest(&'a Digest),
}

/// Whether a signature by a managed key needs a log entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogRule {
    /// Entries are not looked at.
    None,
    /// One entry of a log of the root.
    Required,
}

impl<'r> Verifier<'r> {
    /// Verifies against `root`; nothing may claim a time after `now`, but for [`limits::CLOCK_BEHIND_SECONDS`].
    pub fn new(root: &'r TrustedRoot, now: Timestamp) -> Self {
        Self { root, now, names: Names::Sole, sct: None }
    }

    /// Also authenticates certificates of several subject alternative names, and those that name a host or an address. Only
    /// for cosign's verbs; no rule of a policy admits them, see [`SignerRule::with_names`](crate::SignerRule::with_names).
    #[must_use]
    pub fn with_names(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// Takes this timestamp of a CT log for certificates that carry none themselves. Where a certificate carries one, that one
    /// must hold and this one is not looked at. Nothing in a bundle or beside an image is ever taken for it.
    #[must_use]
    pub fn with_detached_sct(self, sct: &'r DetachedSct) -> Self {
        Self { sct: Some(sct), ..self }
    }

    /// Checks everything that does not depend on whom you trust, and that the content is about `artifact`.
    ///
    /// # Errors
    /// [`VerifyError`], one per step.
    ///
    /// Spec: sigstore client-spec 4.2 to 4.5.
    pub fn authenticate(&self, bundle: &Bundle, artifact: Artifact<'_>) -> Result<Authentic, VerifyError> {
        let authentic = self.keyless(bundle, Some(artifact))?;
        authentic.content.is_about(artifact)?;
        Ok(authentic)
    }

    /// The same for a managed key. A certificate in the bundle is refused: which of the two counts is not the bundle's choice.
    ///
    /// # Errors
    /// As [`Verifier::authenticate`].
    pub fn authenticate_with_key(
        &self,
        bundle: &Bundle,
        artifact: Artifact<'_>,
        key: &PublicKey,
        log: LogRule,
    ) -> Result<Authentic, VerifyError> {
        let authentic = self.keyed(bundle, Some(artifact), key, log)?;
        authentic.content.is_about(artifact)?;
        Ok(authentic)
    }

    /// As [`Verifier::authenticate`], but the content may be about anything. Only for cosign's `--check-claims=false`.
    ///
    /// # Errors
    /// As [`Verifier::authenticate`].
    pub fn authenticate_unbound_insecure(&self, bundle: &Bundle) -> Result<Authentic, VerifyError> {
        self.keyless(bundle, None)
    }

    /// As [`Verifier::authenticate_with_key`], but the content may be about anything. Only for cosign's `--check-claims=false`.
    ///
    /// # Errors
    /// As [`Verifier::authenticate`].
    pub fn authenticate_with_key_unbound_insecure(
        &self,
        bundle: &Bundle,
        key: &PublicKey,
        log: LogRule,
    ) -> Result<Authentic, VerifyError> {
        self.keyed(bundle, None, key, log)
    }

    fn keyless(&self, bundle: &Bundle, artifact: Option<Artifact<'_>>) -> Result<Authentic, VerifyError> {
        let Material::Certificate { leaf, intermediates } = &bundle.material else {
            return Err(VerifyError::CertificateMissing);
        };
        let message = Message::new(bundle, artifact)?;
        let entries = if self.root.has_logs() {
            self.known_entries(bundle, &message, Author::Certificate { der: leaf })?
        } else {
            Vec::new()
        };
        let mut times = stamp::proven_times(bundle, self.root)?;
        times.extend(entries.iter().filter_map(log::KnownEntry::proven_time));
        self.not_in_future(&times)?;
        let certified = self.certify(leaf, intermediates, &times)?;
        let log = entries.into_iter().map(|entry| entry.prove(&times, self.now)).collect::<Result<_, _>>()?;
        let content = message.verify(&certified.key)?;
        Ok(Authentic { content, signer: Signer::Certificate(certified.signer), times, log })
    }

    fn keyed(
        &self,
        bundle: &Bundle,
        artifact: Option<Artifact<'_>>,
        key: &PublicKey,
        rule: LogRule,
    ) -> Result<Authentic, VerifyError> {
        // THREAT: the bundle chooses whether key or certificate is looked at.
        if bundle.has_certificate() {
            return Err(VerifyError::MaterialMismatch);
        }
        let message = Message::new(bundle, artifact)?;
        let entries = match rule {
            LogRule::None => Vec::new(),
            LogRule::Required if !self.root.has_logs() => return Err(VerifyError::RootWithoutLog),
            LogRule::Required => self.known_entries(bundle, &message, Author::Key { spki: key.spki() })?,
        };
        // Keys need no time. A timestamp that is there must hold, unless the root, as written, has nothing to hold it against.
        let mut times = if self.root.has_timestamp_authorities() {
            stamp::proven_times(bundle, self.root)?
        } else {
            Vec::new()
        };
        times.extend(entries.iter().filter_map(log::KnownEntry::proven_time));
        self.not_in_future(&times)?;
        let log = entries.into_iter().map(|entry| entry.prove(&times, self.now)).collect::<Result<_, _>>()?;
        let verifying = VerifyingKey::from_spki(key.spki()).map_err(|_| VerifyError::KeyUnsupported)?;
        let content = message.verify(&verifying)?;
        Ok(Authentic {
            content,
            signer: Signer::Key(KeySigner { fingerprint: key.fingerprint() }),
            times,
            log,
        })
    }

    // Entries are compared with the signature before anything they say is believed: another signature's entry lends no time.
    fn known_entries<'a>(
        &'a self,
        bundle: &'a Bundle,
        message: &Message<'_>,
        author: Author<'_>,
    ) -> Result<Vec<log::KnownEntry<'a>>, VerifyError> {
        if bundle.entries.is_empty() {
            return Err(VerifyError::LogEntryMissing);
        }
        let digest = |algorithm| message.digest(algorithm);
        let expected =
            Expected { signed: &bundle.signed, signature: &bundle.signature, digest: &digest, author };
        for entry in &bundle.entries {
            body::is_about(entry, &expected)?;
        }
        bundle.entries.iter().map(|entry| log::KnownEntry::new(entry, self.root)).collect()
    }

    fn certify(
        &self,
        leaf: &[u8],
        intermediates: &[Vec<u8>],
        times: &[ProvenTime],
    ) -> Result<certificate::Certified, VerifyError> {
        if times.is_empty() {
            return Err(VerifyError::NoTrustedTime);
        }
        let signer = CertificateSigner::from_der(leaf)?;
        signer.compared(self.names)?;
        certificate::certify(signer, intermediates, times, self.sct, self.root, self.now)
    }

    fn not_in_future(&self, times: &[ProvenTime]) -> Result<(), VerifyError> {
        let latest = self.now.0.saturating_add(limits::CLOCK_BEHIND_SECONDS);
        match times.iter().find(|proven| proven.time.0 > latest) {
            Some(proven) => Err(VerifyError::TimeInFuture { time: proven.time, now: self.now }),
            None => Ok(()),
        }
    }
}

/// What the signature is over, ready to be checked.
struct Message<'a> {
    bundle: &'a Bundle,
    /// What a message signature is over: the artifact asked about, or the digest that the bundle states.
    artifact: Option<Artifact<'a>>,
    /// What an envelope's signature is over.
    encoding: Vec<u8>,
}

impl<'a> Message<'a> {
    fn new(bundle: &'a Bundle, artifact: Option<Artifact<'a>>) -> Result<Self, VerifyError> {
        let (artifact, encoding) = match &bundle.signed {
            Signed::Artifact(stated) => (Some(stated_or_asked(stated.as_ref(), artifact)?), Vec::new()),
            Signed::Envelope(envelope) => {
                (None, pre_authentication_encoding(&envelope.payload_type, &envelope.payload))
            }
            Signed::Payload(_) => (None, Vec::new()),
        };
        Ok(Self { bundle, artifact, encoding })
    }

    fn digest(&self, algorithm: crate::Algorithm) -> Option<Digest> {
        match &self.bundle.signed {
            Signed::Artifact(_) => self.artifact.and_then(|artifact| artifact.digest(algorithm)),
            Signed::Envelope(_) => Some(Digest::of(algorithm, &self.encoding)),
            Signed::Payload(payload) => Some(Digest::of(algorithm, payload)),
        }
    }

    /// Checks the signature, and only then reads what was signed.
    ///
    /// Spec: sigstore client-spec 4.5.
    fn verify(&self, key: &VerifyingKey) -> Result<Content, VerifyError> {
        let signature = &self.bundle.signature;
        let genuine = |holds: bool| if holds { Ok(()) } else { Err(VerifyError::SignatureInvalid) };
        match (&self.bundle.signed, self.artifact) {
            (Signed::Artifact(_), Some(Artifact::Bytes(bytes))) => {
                genuine(key.verifies(bytes, signature, None))?;
                Ok(Content::Message(Digest::sha256(bytes)))
            }
            (Signed::Artifact(_), Some(Artifact::Digest(digest))) => {
                if key.needs_bytes() || !key.digests().contains(&digest.algorithm()) {
                    return Err(VerifyError::BytesNeeded);
                }
                genuine(key.verifies_digest(digest, signature))?;
                Ok(Content::Message(digest.clone()))
            }
            (Signed::Artifact(_), None) => Err(VerifyError::BytesNeeded),
            (Signed::Envelope(envelope), _) => {
                genuine(key.verifies(&self.encoding, signature, None))?;
                if envelope.payload_type != PAYLOAD_TYPE {
                    return Err(VerifyError::PayloadTypeUnknown(json::printable(&envelope.payload_type)));
                }
                Statement::read(&envelope.payload).map(Content::Statement)
            }
            (Signed::Payload(payload), _) => {
                genuine(key.verifies(payload, signature, None))?;
                SimpleSigning::read(payload).map(Content::SimpleSigning)
            }
        }
    }
}

// A digest that the bundle states must be the artifact's; where nobody asks about an artifact, it stands for one.
fn stated_or_asked<'a>(
    stated: Option<&'a Digest>,
    asked: Option<Artifact<'a>>,
) -> Result<Artifact<'a>, VerifyError> {
    match (stated, asked) {
        (None, Some(asked)) => Ok(asked),
        (Some(stated), None) => Ok(Artifact::Digest(stated)),
        (None, None) => Err(VerifyError::BytesNeeded),
        // Two digests of different algorithms cannot be compared; the bytes could be.
        (Some(stated), Some(Artifact::Digest(asked))) if stated.algorithm() != asked.algorithm() => {
            Err(VerifyError::BytesNeeded)
        }
        (Some(stated), Some(asked)) if asked.digest(stated.algorithm()).as_ref() == Some(stated) => Ok(asked),
        (Some(stated), Some(asked)) => {
            Err(VerifyError::DigestMismatch { signed: stated.to_string(), artifact: asked.shown() })
        }
    }
}

// SPEC: DSSE 1.0, `PAE(type, body)`, lengths in bytes.
fn pre_authentication_encoding(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}
