//! Why a bundle is not genuine.

use crate::{
    BundleError, EvidenceError, IdentityMismatch, ReferenceError, RootError, SctError, SignerError,
    Timestamp, json::JsonError,
};

/// The bundle is not genuine, or not about the artifact. One variant per step.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerifyError {
    /// Nothing that vouches for the certificate was valid when it was used.
    #[error("no certificate authority of the trusted root covers the signing time {time}")]
    AuthorityExpired {
        /// The proven time that none covers.
        time: Timestamp,
    },
    /// An envelope or a digest where the whole artifact is needed.
    #[error("the signer's key can only be checked against the artifact's bytes, not its digest")]
    BytesNeeded,
    /// A proven time outside the certificate's validity.
    #[error("signed at {time}, but the certificate was valid from {not_before} to {not_after}")]
    CertificateExpired {
        /// The proven time.
        time: Timestamp,
        /// First second of validity.
        not_before: Timestamp,
        /// Last second of validity.
        not_after: Timestamp,
    },
    /// The bundle is by a managed key.
    #[error("the signature brings no certificate")]
    CertificateMissing,
    /// No path to an authority of the root.
    #[error("the certificate does not chain to the trusted root: {why}")]
    CertificateUntrusted {
        /// The path builder's reason.
        why: String,
    },
    /// Not for signing code.
    #[error("the certificate is not for {0}")]
    CertificateUsage(&'static str),
    /// The signed tree head is not by the entry's own log.
    #[error("the log's checkpoint is not proven: {why}")]
    CheckpointInvalid {
        /// What does not hold.
        why: &'static str,
    },
    /// The artifact is not what was signed.
    #[error("the signature is over {signed}, not over {artifact}")]
    DigestMismatch {
        /// As the bundle or its log entry says.
        signed: String,
        /// As asked.
        artifact: String,
    },
    /// The tree does not hold the entry.
    #[error("the log's inclusion proof does not hold")]
    InclusionProofInvalid,
    /// The log did not promise.
    #[error("the log's inclusion promise does not hold: {why}")]
    InclusionPromiseInvalid {
        /// What does not hold.
        why: &'static str,
    },
    /// The managed key cannot be used.
    #[error("the signer's key is malformed, or of an algorithm or size that is not supported")]
    KeyUnsupported,
    /// Over a limit.
    #[error("there are {found} {what}, at most {limit} are read")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// No entry where the root has logs.
    #[error("the signature is in no transparency log")]
    LogEntryMissing,
    /// An entry about something else.
    #[error("the log entry is about another {field}")]
    LogMismatch {
        /// What differs.
        field: &'static str,
    },
    /// An entry that cannot be read.
    #[error("the log entry `{kind}` version `{version}` {why}")]
    LogUnreadable {
        /// As the bundle names it.
        kind: String,
        /// As the bundle names it.
        version: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A log that the root does not know, or not for that time.
    #[error("the trusted root has no transparency log {log} for that time")]
    LogUnknown {
        /// Its id, hexadecimal.
        log: String,
    },
    /// A certificate where a key was asked for.
    #[error("the signature brings a certificate, but is checked against a managed key")]
    MaterialMismatch,
    /// Nothing proves a time.
    #[error("nothing that the trusted root knows proves when the signature was made")]
    NoTrustedTime,
    /// Signed, but not a simple-signing payload.
    #[error("the signed payload is not cosign's simple-signing payload: {why}")]
    PayloadInvalid {
        /// What is wrong.
        why: &'static str,
    },
    /// Signed, but of a type we do not read.
    #[error("the signed envelope has payload type `{0}`")]
    PayloadTypeUnknown(String),
    /// A key needs an entry, and the root has no log.
    #[error("a log entry is required, but the trusted root names no transparency log")]
    RootWithoutLog,
    /// No SCT that the root's CT logs gave.
    #[error("no certificate transparency log of the trusted root has seen the certificate: {why}")]
    SctInvalid {
        /// What does not hold.
        why: &'static str,
    },
    /// None at all.
    #[error("the certificate has no signed certificate timestamp")]
    SctMissing,
    /// Not by that key.
    #[error("the signature is not by the signer's key over this content")]
    SignatureInvalid,
    /// A certificate that does not say who signed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// Signed, but not a statement.
    #[error("the signed payload is not an in-toto statement: {why}")]
    StatementInvalid {
        /// What is wrong.
        why: &'static str,
    },
    /// JSON that two readers could read differently.
    #[error("the signed payload cannot be read: {0}")]
    StatementUnreadable(JsonError),
    /// Genuine, but about something else.
    #[error("the signature is about {signed}, not about {artifact}")]
    SubjectMismatch {
        /// What it is about.
        signed: String,
        /// As asked.
        artifact: String,
    },
    /// A time that has not come yet.
    #[error("the proven time {time} is after now, {now}")]
    TimeInFuture {
        /// The proven time.
        time: Timestamp,
        /// Ours.
        now: Timestamp,
    },
    /// A timestamp that no authority of the root gave.
    #[error("signed timestamp {number} is not by a timestamp authority of the trusted root: {why}")]
    TimestampInvalid {
        /// Which, from 1.
        number: usize,
        /// What does not hold.
        why: String,
    },
}

impl VerifyError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AuthorityExpired { .. } => "authority-expired-at-signing",
            Self::BytesNeeded => "artifact-bytes-needed",
            Self::CertificateExpired { .. } => "certificate-expired-at-signing",
            Self::CertificateMissing => "certificate-missing",
            Self::CertificateUntrusted { .. } => "certificate-untrusted",
            Self::CertificateUsage(_) => "certificate-usage",
            Self::CheckpointInvalid { .. } => "checkpoint-invalid",
            Self::DigestMismatch { .. } => "digest-mismatch",
            Self::InclusionProofInvalid => "inclusion-proof-invalid",
            Self::InclusionPromiseInvalid { .. } => "inclusion-promise-invalid",
            Self::KeyUnsupported => "key-unsupported",
            Self::Limit { .. } => "limit-exceeded",
            Self::LogEntryMissing => "log-entry-missing",
            Self::LogMismatch { .. } => "log-mismatch",
            Self::LogUnreadable { .. } => "log-entry-unreadable",
            Self::LogUnknown { .. } => "log-unknown",
            Self::MaterialMismatch => "material-mismatch",
            Self::NoTrustedTime => "no-trusted-time",
            Self::PayloadInvalid { .. } => "payload-invalid",
            Self::PayloadTypeUnknown(_) => "payload-type-unknown",
            Self::RootWithoutLog => "root-without-log",
            Self::SctInvalid { .. } => "sct-invalid",
            Self::SctMissing => "sct-missing",
            Self::SignatureInvalid => "signature-invalid",
            Self::Signer(error) => error.code(),
            Self::StatementInvalid { .. } => "statement-invalid",
            Self::StatementUnreadable(_) => "statement-unreadable",
            Self::SubjectMismatch { .. } => "subject-mismatch",
            Self::TimeInFuture { .. } => "time-in-future",
            Self::TimestampInvalid { .. } => "timestamp-invalid",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::AuthorityExpired { .. }
            | Self::CertificateUntrusted { .. }
            | Self::LogUnknown { .. }
            | Self::SctInvalid { .. } => {
                "find out which Sigstore instance signed it; the policy's owner decides which instances count, and whether this \
                 trusted root is out of date"
            }
            Self::BytesNeeded => "give the artifact itself instead of its digest",
            Self::CertificateExpired { .. } => {
                "sign again, and let the signing client finish within its certificate's ten minutes"
            }
            Self::CertificateMissing => {
                "this signature is by a managed key: the policy must name that key, or the image a keyless signature"
            }
            Self::CertificateUsage(_) | Self::SctMissing => {
                "sign with a certificate that the instance's authority issues for signing"
            }
            Self::DigestMismatch { .. } | Self::SubjectMismatch { .. } => {
                "the signature belongs to something else: compare the digest, and sign this one"
            }
            Self::CheckpointInvalid { .. }
            | Self::InclusionProofInvalid
            | Self::InclusionPromiseInvalid { .. }
            | Self::LogMismatch { .. }
            | Self::LogUnreadable { .. }
            | Self::SignatureInvalid
            | Self::TimestampInvalid { .. } => {
                "treat the stored signature as damaged or forged: sign again, and ask who changed it if the same happens"
            }
            Self::KeyUnsupported => "use a key of P-256, P-384, P-521, Ed25519 or RSA with 2048 to 4096 bits",
            Self::Limit { .. } => {
                "sign again: no client writes a signature this large, so somebody else may have"
            }
            Self::LogEntryMissing => "sign again with upload to the transparency log switched on",
            Self::MaterialMismatch => {
                "this signature is keyless: the policy must name its identity, or the image a signature by the key"
            }
            Self::NoTrustedTime => {
                "sign again with a timestamp authority or a log that the trusted root names"
            }
            Self::PayloadInvalid { .. }
            | Self::PayloadTypeUnknown(_)
            | Self::StatementInvalid { .. }
            | Self::StatementUnreadable(_) => {
                "sign again with a current client: what was signed is not a statement or payload that says what it is about"
            }
            Self::RootWithoutLog => {
                "name a trusted root that has a transparency log, or ask the policy's owner whether none is needed"
            }
            Self::Signer(error) => error.help(),
            Self::TimeInFuture { .. } => "compare this machine's clock with the true time",
        }
    }

    /// Every code of this enum itself, for snapshots and documentation.
    pub const CODES: [&'static str; 29] = [
        "artifact-bytes-needed",
        "authority-expired-at-signing",
        "certificate-expired-at-signing",
        "certificate-missing",
        "certificate-untrusted",
        "certificate-usage",
        "checkpoint-invalid",
        "digest-mismatch",
        "inclusion-promise-invalid",
        "inclusion-proof-invalid",
        "key-unsupported",
        "limit-exceeded",
        "log-entry-missing",
        "log-entry-unreadable",
        "log-mismatch",
        "log-unknown",
        "material-mismatch",
        "no-trusted-time",
        "payload-invalid",
        "payload-type-unknown",
        "root-without-log",
        "sct-invalid",
        "sct-missing",
        "signature-invalid",
        "statement-invalid",
        "statement-unreadable",
        "subject-mismatch",
        "time-in-future",
        "timestamp-invalid",
    ];
}

/// Every reason code of this crate, sorted.
pub fn all_codes() -> Vec<&'static str> {
    let mut codes = [
        VerifyError::CODES.as_slice(),
        &BundleError::CODES,
        &RootError::CODES,
        &SctError::CODES,
        &SignerError::CODES,
        &EvidenceError::CODES,
        &IdentityMismatch::CODES,
        &[ReferenceError::CODE],
    ]
    .concat();
    codes.sort_unstable();
    codes
}
