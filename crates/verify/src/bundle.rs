//! Parsed, size-limited, unverified signatures in one inner form.

mod cosign;
mod envelope;
mod error;
mod form;
mod unverified;

use crate::{Digest, Item, limits, pem};

pub use error::BundleError;
pub use unverified::Unverified;

/// A parsed, size-limited, *unverified* signature: a Sigstore bundle, or cosign's older layer brought into the same form.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub(crate) material: Material,
    pub(crate) signed: Signed,
    pub(crate) signature: Vec<u8>,
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) timestamps: Vec<Vec<u8>>,
    /// What timestamps are over, where that is not the signature: cosign stamps a legacy envelope's bytes.
    pub(crate) stamped: Option<Vec<u8>>,
}

/// What the signature says about its signer.
#[derive(Clone, Debug)]
pub(crate) enum Material {
    /// A certificate, and the intermediates that came with it.
    Certificate {
        /// The signer's, DER.
        leaf: Vec<u8>,
        /// DER; self-signed ones were left out.
        intermediates: Vec<Vec<u8>>,
    },
    /// Nothing, or a hint about a managed key, which we never follow.
    Key,
}

/// What the signature is over.
#[derive(Clone, Debug)]
pub(crate) enum Signed {
    /// The artifact's bytes, which are not here; their digest may be.
    Artifact(Option<Digest>),
    /// A DSSE envelope.
    Envelope(Envelope),
    /// A simple-signing payload.
    Payload(Vec<u8>),
}

/// A DSSE envelope with its one signature beside it.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) payload_type: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) key_id: Option<String>,
    /// The envelope's JSON as it was written, where it stood alone.
    pub(crate) written: Option<Vec<u8>>,
}

/// An entry of a transparency log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LogEntry {
    pub(crate) index: u64,
    pub(crate) log_id: [u8; 32],
    pub(crate) kind: String,
    pub(crate) version: String,
    pub(crate) integrated_at: i64,
    pub(crate) promise: Option<Vec<u8>>,
    pub(crate) proof: Option<InclusionProof>,
    pub(crate) body: Vec<u8>,
}

/// Proof that an entry is in a tree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct InclusionProof {
    pub(crate) index: u64,
    pub(crate) tree_size: u64,
    pub(crate) root_hash: Vec<u8>,
    pub(crate) hashes: Vec<[u8; 32]>,
    pub(crate) checkpoint: Option<String>,
}

impl Bundle {
    /// Reads an item of any supported kind: a Sigstore bundle, or a layer of cosign's `.sig` and `.att` tags.
    ///
    /// # Errors
    /// [`BundleError`] if it is over a limit, of no supported kind, or not well formed.
    pub fn read(item: &Item) -> Result<Self, BundleError> {
        let kind = item.media_type.split(';').next().unwrap_or_default().trim();
        match kind {
            "application/vnd.dsse.envelope.v1+json" => cosign::attestation(&item.bytes, &item.annotations),
            _ if kind.starts_with("application/vnd.dev.sigstore.bundle") => Self::from_json(&item.bytes),
            _ if item.annotations.contains_key(cosign::SIGNATURE) => {
                cosign::signature(&item.bytes, &item.annotations)
            }
            _ => Err(BundleError::UnknownKind(crate::json::printable(&item.media_type))),
        }
    }

    /// Reads Sigstore bundle JSON, v0.1 to v0.3.
    ///
    /// # Errors
    /// As [`Bundle::read`].
    ///
    /// Spec: sigstore protobuf-specs `Bundle`.
    pub fn from_json(bytes: &[u8]) -> Result<Self, BundleError> {
        form::read(bytes)?.checked()
    }

    /// Reads the JSON that `cosign sign-blob --bundle` wrote before Sigstore bundles. A key in the place of the certificate
    /// is refused: the verifier's key is the caller's to name.
    ///
    /// # Errors
    /// As [`Bundle::read`].
    pub fn from_cosign_blob_json(bytes: &[u8]) -> Result<Self, BundleError> {
        cosign::blob(bytes)
    }

    /// Reads the JSON that `cosign attest-blob --bundle` wrote before Sigstore bundles.
    ///
    /// # Errors
    /// As [`Bundle::read`].
    pub fn from_cosign_blob_attestation_json(bytes: &[u8]) -> Result<Self, BundleError> {
        cosign::blob_attestation(bytes)
    }

    /// Whether the bundle brings a certificate.
    pub fn has_certificate(&self) -> bool {
        matches!(self.material, Material::Certificate { .. })
    }

    /// Whether the signature is over an envelope.
    pub fn has_envelope(&self) -> bool {
        matches!(self.signed, Signed::Envelope(_))
    }

    /// The certificate that it brings, DER. Nothing vouches for it before a verifier did; for messages only.
    pub fn claimed_certificate(&self) -> Option<&[u8]> {
        match &self.material {
            Material::Certificate { leaf, .. } => Some(leaf),
            Material::Key => None,
        }
    }

    /// How many log entries it brings.
    pub fn log_entry_count(&self) -> usize {
        self.entries.len()
    }

    /// How many signed timestamps it brings.
    pub fn timestamp_count(&self) -> usize {
        self.timestamps.len()
    }

    // Sizes and counts, for every way in.
    fn checked(self) -> Result<Self, BundleError> {
        within("signature bytes", limits::SIGNATURE_BYTES, self.signature.len())?;
        if self.signature.is_empty() {
            return Err(BundleError::Missing("signature"));
        }
        within("log entries", limits::LOG_ENTRIES, self.entries.len())?;
        within("timestamps", limits::TIMESTAMPS, self.timestamps.len())?;
        for stamp in &self.timestamps {
            within("timestamp bytes", limits::TIMESTAMP_BYTES, stamp.len())?;
        }
        if let Material::Certificate { leaf, intermediates } = &self.material {
            for certificate in std::iter::once(leaf).chain(intermediates) {
                within("certificate bytes", limits::CERTIFICATE_BYTES, certificate.len())?;
            }
        }
        for entry in &self.entries {
            within("log entry body bytes", limits::ENTRY_BODY_BYTES, entry.body.len())?;
            if let Some(proof) = &entry.proof {
                within("inclusion proof hashes", limits::PROOF_HASHES, proof.hashes.len())?;
                within(
                    "checkpoint bytes",
                    limits::CHECKPOINT_BYTES,
                    proof.checkpoint.as_ref().map_or(0, String::len),
                )?;
            }
        }
        match &self.signed {
            Signed::Artifact(_) => {}
            Signed::Envelope(envelope) => {
                within("statement bytes", limits::STATEMENT_BYTES, envelope.payload.len())?
            }
            Signed::Payload(payload) => within("payload bytes", limits::SIMPLE_SIGNING_BYTES, payload.len())?,
        }
        // THREAT: one entry or timestamp repeated, to be counted twice or to make us work.
        let twice = |index: usize, entry: &LogEntry| {
            self.entries
                .iter()
                .take(index)
                .any(|other| other.log_id == entry.log_id && other.index == entry.index)
        };
        if self.entries.iter().enumerate().any(|(index, entry)| twice(index, entry)) {
            return Err(BundleError::Duplicate("log entry"));
        }
        if self
            .timestamps
            .iter()
            .enumerate()
            .any(|(index, stamp)| self.timestamps.iter().take(index).any(|other| other == stamp))
        {
            return Err(BundleError::Duplicate("timestamp"));
        }
        Ok(self)
    }
}

fn within(what: &'static str, limit: usize, found: usize) -> Result<(), BundleError> {
    if found > limit { Err(BundleError::Limit { what, limit, found }) } else { Ok(()) }
}

// The certificates of PEM text, in order.
fn certificates(text: &str, field: &'static str) -> Result<Vec<Vec<u8>>, BundleError> {
    let wrong = || BundleError::Malformed {
        field: field.to_owned(),
        why: "is not PEM certificates and nothing else".to_owned(),
    };
    let blocks = pem::blocks(text.as_bytes()).ok_or_else(wrong)?;
    blocks
        .into_iter()
        .map(|(label, der)| if label == "CERTIFICATE" { Ok(der) } else { Err(wrong()) })
        .collect()
}

// THREAT: a bundle brings its own root. Self-signed certificates are never passed on.
fn without_roots(certificates: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};
    let self_signed = |der: &[u8]| match X509Certificate::from_der(der) {
        Ok((_, certificate)) => certificate.subject().as_raw() == certificate.issuer().as_raw(),
        Err(_) => false,
    };
    certificates.into_iter().filter(|der| !self_signed(der)).collect()
}
