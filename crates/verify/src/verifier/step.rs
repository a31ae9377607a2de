//! At which step a verification ends.

use super::VerifyError;

/// The steps of a verification, in the order in which they are taken. The first that fails ends it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Step {
    /// The bundle is of the kind that was asked for: keyless or by a key, and over the bytes at hand.
    Form,
    /// Every log entry is about this signature and of a log of the root; promises hold.
    LogEntry,
    /// Every timestamp holds, and no time is in the future.
    Time,
    /// The certificate chains to the root, for code signing, at every proven time.
    Certificate,
    /// A CT log of the root has seen the certificate.
    CertificateLog,
    /// Every log entry is in its log's tree.
    Inclusion,
    /// The signature is by that certificate or key.
    Signature,
    /// What was signed can be read.
    Content,
    /// It is about the artifact.
    Subject,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 9] = [
        Self::Form,
        Self::LogEntry,
        Self::Time,
        Self::Certificate,
        Self::CertificateLog,
        Self::Inclusion,
        Self::Signature,
        Self::Content,
        Self::Subject,
    ];
}

impl VerifyError {
    /// The step that failed; where an error can come from two, the earlier, so that no step is said to have passed that was
    /// not taken.
    pub fn step(&self) -> Step {
        match self {
            Self::BytesNeeded
            | Self::CertificateMissing
            | Self::DigestMismatch { .. }
            | Self::MaterialMismatch => Step::Form,
            Self::InclusionPromiseInvalid { .. }
            | Self::LogEntryMissing
            | Self::LogMismatch { .. }
            | Self::LogUnknown { .. }
            | Self::LogUnreadable { .. }
            | Self::RootWithoutLog => Step::LogEntry,
            Self::NoTrustedTime | Self::TimeInFuture { .. } | Self::TimestampInvalid { .. } => Step::Time,
            Self::AuthorityExpired { .. }
            | Self::CertificateExpired { .. }
            | Self::CertificateUntrusted { .. }
            | Self::CertificateUsage(_)
            | Self::KeyUnsupported
            | Self::Signer(_) => Step::Certificate,
            Self::Limit { .. } | Self::SctInvalid { .. } | Self::SctMissing => Step::CertificateLog,
            Self::CheckpointInvalid { .. } | Self::InclusionProofInvalid => Step::Inclusion,
            Self::SignatureInvalid => Step::Signature,
            Self::PayloadInvalid { .. }
            | Self::PayloadTypeUnknown(_)
            | Self::StatementInvalid { .. }
            | Self::StatementUnreadable(_) => Step::Content,
            Self::SubjectMismatch { .. } => Step::Subject,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Step, VerifyError};

    #[test]
    fn steps_are_listed_in_their_order() {
        assert!(Step::ALL.is_sorted());
    }

    #[test]
    fn an_error_of_two_steps_is_said_of_the_earlier() {
        let limit = VerifyError::Limit { what: "subjects", limit: 1, found: 2 };
        assert_eq!(limit.step(), Step::CertificateLog);
        assert_eq!(VerifyError::KeyUnsupported.step(), Step::Certificate);
        assert_eq!(VerifyError::SignatureInvalid.step(), Step::Signature);
    }
}
