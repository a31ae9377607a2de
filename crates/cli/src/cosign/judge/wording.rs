//! In which words a refusal is told. cosign looks at things in an order of its own, and where several are wrong it names
//! another one first. The signature is refused either way; what it claims about itself decides only how that is said.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate::verify::{Artifact, Bundle, CertificateSigner, Digest, LogRule, Signer, VerifyError};
use serde_json::Value;

use crate::go::json::syntax;

use super::{
    super::{certificate, sct::Beside},
    Form, Judge, Whom,
    refusal::{Circumstances, Encoding, KeyKind, Refusal},
};

impl Judge {
    /// The refusal for what the verifier found.
    pub(super) fn refused(
        &self,
        bundle: &Bundle,
        form: Form,
        artifact: Option<Artifact<'_>>,
        error: VerifyError,
    ) -> Refusal {
        if form == Form::Bundle
            && self.timestamp
            && bundle.timestamp_count() == 0
            && self.follows_stamps(bundle, &error)
        {
            return Refusal::TimestampMissing;
        }
        // Of an older signature, cosign looks at the time last.
        let error = match error {
            VerifyError::AuthorityExpired { .. }
            | VerifyError::CertificateExpired { .. }
            | VerifyError::NoTrustedTime
                if form == Form::Older =>
            {
                let verifier = self.verifier(&self.root, form);
                verifier.wrong_at_any_time(bundle, artifact).unwrap_or(error)
            }
            error => error,
        };
        // And at the signer before most else.
        let later = matches!(
            error,
            VerifyError::AuthorityExpired { .. }
                | VerifyError::CertificateExpired { .. }
                | VerifyError::NoTrustedTime
                | VerifyError::SctInvalid { .. }
                | VerifyError::SctMissing
                | VerifyError::PayloadInvalid { .. }
                | VerifyError::SignatureInvalid
                | VerifyError::StatementUnreadable(_)
                | VerifyError::SubjectMismatch { .. }
        );
        if form == Form::Older && later && !matches!(self.whom, Whom::Key { .. }) {
            let claimed = bundle.claimed_certificate().map(CertificateSigner::from_der);
            if let Some(Ok(signer)) = claimed
                && let Err(refusal) = self.names(&Signer::Certificate(signer), form)
            {
                return refusal;
            }
        }
        let around = self.circumstances(bundle, form, artifact, &error);
        let error = self.earlier(bundle, form, error);
        if let (VerifyError::SctMissing, Form::Older, Beside::Unreadable(why)) = (&error, form, &self.beside)
        {
            return Refusal::Sct(why.clone());
        }
        Refusal::Verify(error, around)
    }

    // A bundle's log entries are looked at first, then its timestamps, then everything else.
    fn follows_stamps(&self, bundle: &Bundle, error: &VerifyError) -> bool {
        match error {
            VerifyError::CertificateExpired { .. } => {
                self.log == LogRule::None || bundle.log_entry_count() == 0
            }
            VerifyError::AuthorityExpired { .. }
            | VerifyError::CertificateUntrusted { .. }
            | VerifyError::CertificateUsage(_)
            | VerifyError::DigestMismatch { .. }
            | VerifyError::NoTrustedTime
            | VerifyError::SctInvalid { .. }
            | VerifyError::SctMissing
            | VerifyError::SignatureInvalid
            | VerifyError::SubjectMismatch { .. } => true,
            _ => false,
        }
    }

    fn earlier(&self, bundle: &Bundle, form: Form, error: VerifyError) -> VerifyError {
        // The log of certificates comes before any time.
        let has_none = bundle.claimed_certificate().is_some_and(certificate::has_no_sct);
        let is_unseen = || self.root.has_ct_logs() && has_none && !matches!(self.beside, Beside::Sct(_));
        match error {
            VerifyError::CertificateExpired { .. } | VerifyError::NoTrustedTime
                if form == Form::Older && is_unseen() =>
            {
                VerifyError::SctMissing
            }
            // Without the log's entry cosign does not look at the certificate beside a key.
            VerifyError::MaterialMismatch if form == Form::Older && self.log == LogRule::None => {
                VerifyError::SignatureInvalid
            }
            error => error,
        }
    }

    fn circumstances(
        &self,
        bundle: &Bundle,
        form: Form,
        artifact: Option<Artifact<'_>>,
        error: &VerifyError,
    ) -> Circumstances {
        let key = match &self.whom {
            Whom::Key { key, .. } => certificate::key_kind(key.spki()),
            _ => bundle.claimed_certificate().map_or(KeyKind::Ecdsa, certificate::claimed_key_kind),
        };
        let compared = match (form, error) {
            (Form::Older, VerifyError::LogMismatch { field: "signer" }) => self.signers(bundle),
            (Form::Older, VerifyError::LogMismatch { field: "digest" | "envelope" | "payload" }) => {
                digests(bundle, artifact)
            }
            (Form::Older, VerifyError::StatementUnreadable(_)) => {
                bundle.unverified().content.and_then(syntax::error)
            }
            _ => None,
        };
        Circumstances {
            pieced: self.pieced && form == Form::Older,
            enveloped: bundle.has_envelope(),
            detached: form == Form::Older
                && bundle.claimed_certificate().is_some_and(certificate::has_no_sct),
            logged: bundle.log_entry_count() > 0,
            log: self.log,
            stamped: bundle.timestamp_count() > 0,
            key,
            encoding: Encoding::of(bundle.unverified().signature),
            compared,
        }
    }

    // The key asked for, or the certificate, beside the log entry's.
    fn signers(&self, bundle: &Bundle) -> Option<String> {
        let (tag, der) = match (&self.whom, bundle.claimed_certificate()) {
            (_, Some(der)) => ("CERTIFICATE", der),
            (Whom::Key { key, .. }, None) => ("PUBLIC KEY", key.spki()),
            _ => return None,
        };
        let expected = certificate::block(tag, der);
        let entry: Value = serde_json::from_slice(bundle.unverified().entry?).ok()?;
        let found = ["/spec/signature/publicKey/content", "/spec/signatures/0/verifier", "/spec/publicKey"]
            .iter()
            .find_map(|place| STANDARD.decode(entry.pointer(place)?.as_str()?).ok())?;
        let found = String::from_utf8(found).ok()?;
        Some(format!("comparing public key PEMs, expected {expected}, got {found}"))
    }
}

// What the log entry is about beside what the signature is over.
fn digests(bundle: &Bundle, artifact: Option<Artifact<'_>>) -> Option<String> {
    let outside = bundle.unverified();
    let content = match (outside.content, artifact) {
        (Some(content), _) | (None, Some(Artifact::Bytes(content))) => Digest::sha256(content),
        (None, Some(Artifact::Digest(digest))) => digest.clone(),
        (None, None) => return None,
    };
    let entry: Value = serde_json::from_slice(outside.entry?).ok()?;
    let logged = ["/spec/data/hash/value", "/spec/envelopeHash/value", "/spec/content/hash/value"]
        .iter()
        .find_map(|place| entry.pointer(place)?.as_str())?;
    Some(format!("matching bundle to payload: bundle=\"{logged}\", payload=\"{}\"", content.hex()))
}
