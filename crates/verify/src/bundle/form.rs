//! The JSON of Sigstore bundles.

use serde::Deserialize;

use super::{
    Bundle, BundleError, InclusionProof, LogEntry, Material, Signed, envelope::EnvelopeForm, within,
    without_roots,
};
use crate::{
    Algorithm, Digest, json, limits,
    wire::{Bytes, Int, or_default},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BundleForm {
    media_type: String,
    verification_material: MaterialForm,
    message_signature: Option<MessageForm>,
    dsse_envelope: Option<EnvelopeForm>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MaterialForm {
    public_key: Option<HintForm>,
    x509_certificate_chain: Option<ChainForm>,
    certificate: Option<CertificateForm>,
    #[serde(default, deserialize_with = "or_default")]
    tlog_entries: Vec<EntryForm>,
    #[serde(default, deserialize_with = "or_default")]
    timestamp_verification_data: StampsForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HintForm {
    // A hint is never followed: the caller names the key.
    #[serde(default, rename = "hint")]
    _hint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainForm {
    #[serde(default, deserialize_with = "or_default")]
    certificates: Vec<CertificateForm>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CertificateForm {
    raw_bytes: Bytes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StampsForm {
    #[serde(default, deserialize_with = "or_default")]
    rfc3161_timestamps: Vec<StampForm>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StampForm {
    signed_timestamp: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MessageForm {
    message_digest: Option<DigestForm>,
    signature: Bytes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DigestForm {
    algorithm: String,
    digest: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EntryForm {
    #[serde(default, deserialize_with = "or_default")]
    log_index: Int,
    log_id: LogIdForm,
    kind_version: KindForm,
    #[serde(default, deserialize_with = "or_default")]
    integrated_time: Int,
    inclusion_promise: Option<PromiseForm>,
    inclusion_proof: Option<ProofForm>,
    canonicalized_body: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogIdForm {
    key_id: Bytes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindForm {
    kind: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PromiseForm {
    signed_entry_timestamp: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProofForm {
    #[serde(default, deserialize_with = "or_default")]
    log_index: Int,
    #[serde(default, deserialize_with = "or_default")]
    root_hash: Bytes,
    #[serde(default, deserialize_with = "or_default")]
    tree_size: Int,
    #[serde(default, deserialize_with = "or_default")]
    hashes: Vec<Bytes>,
    checkpoint: Option<CheckpointForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointForm {
    #[serde(default)]
    envelope: String,
}

#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Version {
    V01,
    V02,
    V03,
}

pub(super) fn read(bytes: &[u8]) -> Result<Bundle, BundleError> {
    within("bytes", limits::BUNDLE_BYTES, bytes.len())?;
    let form: BundleForm = json::read(bytes)?;
    let version = match form.media_type.as_str() {
        "application/vnd.dev.sigstore.bundle+json;version=0.1" => Version::V01,
        "application/vnd.dev.sigstore.bundle+json;version=0.2" => Version::V02,
        "application/vnd.dev.sigstore.bundle+json;version=0.3"
        | "application/vnd.dev.sigstore.bundle.v0.3+json" => Version::V03,
        other => return Err(BundleError::UnknownVersion(json::printable(other))),
    };
    let (signed, signature) = match (form.message_signature, form.dsse_envelope) {
        (Some(message), None) => {
            (Signed::Artifact(message.message_digest.map(digest).transpose()?), message.signature.0)
        }
        (None, Some(envelope)) => {
            let (envelope, signature) = envelope.into_envelope(None)?;
            (Signed::Envelope(envelope), signature)
        }
        (None, None) => return Err(BundleError::Missing("messageSignature or dsseEnvelope")),
        (Some(_), Some(_)) => return Err(malformed("dsseEnvelope", "stands beside a messageSignature")),
    };
    let given = form.verification_material;
    let material = material(version, given.public_key, given.x509_certificate_chain, given.certificate)?;
    within("log entries", limits::LOG_ENTRIES, given.tlog_entries.len())?;
    Ok(Bundle {
        material,
        signed,
        signature,
        entries: given.tlog_entries.into_iter().map(|form| entry(version, form)).collect::<Result<_, _>>()?,
        timestamps: given
            .timestamp_verification_data
            .rfc3161_timestamps
            .into_iter()
            .map(|stamp| stamp.signed_timestamp.0)
            .collect(),
        stamped: None,
    })
}

fn material(
    version: Version,
    key: Option<HintForm>,
    chain: Option<ChainForm>,
    certificate: Option<CertificateForm>,
) -> Result<Material, BundleError> {
    match (key, chain, certificate) {
        (Some(_), None, None) => Ok(Material::Key),
        (None, None, Some(certificate)) => {
            Ok(Material::Certificate { leaf: certificate.raw_bytes.0, intermediates: Vec::new() })
        }
        (None, Some(chain), None) if version < Version::V03 => {
            within("certificates", limits::CHAIN_CERTIFICATES, chain.certificates.len())?;
            let mut certificates = chain.certificates.into_iter().map(|certificate| certificate.raw_bytes.0);
            let leaf = certificates.next().ok_or(BundleError::Missing("certificate"))?;
            Ok(Material::Certificate { leaf, intermediates: without_roots(certificates.collect()) })
        }
        (None, Some(_), None) => Err(malformed("x509CertificateChain", "is not part of bundle version 0.3")),
        (None, None, None) => Err(BundleError::Missing("certificate or public key")),
        _ => Err(malformed(
            "verificationMaterial",
            "has more than one of publicKey, certificate and x509CertificateChain",
        )),
    }
}

fn digest(form: DigestForm) -> Result<Digest, BundleError> {
    let algorithm = match form.algorithm.as_str() {
        "SHA2_256" => Algorithm::Sha256,
        "SHA2_384" => Algorithm::Sha384,
        "SHA2_512" => Algorithm::Sha512,
        _ => return Err(malformed("messageDigest.algorithm", "is not SHA2_256, SHA2_384 or SHA2_512")),
    };
    Digest::from_bytes(algorithm, &form.digest.0)
        .map_err(|_| malformed("messageDigest.digest", "has the wrong length"))
}

// SPEC: protobuf-specs Bundle, version 0.1 has a promise, later ones a proof with its checkpoint.
fn entry(version: Version, form: EntryForm) -> Result<LogEntry, BundleError> {
    let unsigned =
        |field: &str, number: Int| u64::try_from(number.0).map_err(|_| malformed(field, "is negative"));
    let promise = form.inclusion_promise.map(|promise| promise.signed_entry_timestamp.0);
    let proof = match form.inclusion_proof {
        None => None,
        Some(proof) => {
            within("inclusion proof hashes", limits::PROOF_HASHES, proof.hashes.len())?;
            let hash = |hash: Bytes| {
                hash.0
                    .try_into()
                    .map_err(|_| malformed("inclusionProof.hashes", "has a hash that is not 32 bytes"))
            };
            Some(InclusionProof {
                index: unsigned("inclusionProof.logIndex", proof.log_index)?,
                tree_size: unsigned("inclusionProof.treeSize", proof.tree_size)?,
                root_hash: proof.root_hash.0,
                hashes: proof.hashes.into_iter().map(hash).collect::<Result<_, _>>()?,
                checkpoint: proof
                    .checkpoint
                    .map(|checkpoint| checkpoint.envelope)
                    .filter(|text| !text.is_empty()),
            })
        }
    };
    match version {
        Version::V01 if promise.is_none() => return Err(BundleError::Missing("inclusion promise")),
        Version::V02 | Version::V03 if proof.as_ref().is_none_or(|proof| proof.checkpoint.is_none()) => {
            return Err(BundleError::Missing("inclusion proof with a checkpoint"));
        }
        _ => {}
    }
    let log_id = form.log_id.key_id.0.try_into().map_err(|_| malformed("logId.keyId", "is not 32 bytes"))?;
    Ok(LogEntry {
        index: unsigned("logIndex", form.log_index)?,
        log_id,
        kind: form.kind_version.kind,
        version: form.kind_version.version,
        integrated_at: form.integrated_time.0,
        promise,
        proof,
        body: form.canonicalized_body.0,
    })
}

fn malformed(field: &str, why: &str) -> BundleError {
    BundleError::Malformed { field: field.to_owned(), why: why.to_owned() }
}
