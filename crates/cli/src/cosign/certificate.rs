//! Certificates as cosign's flags name and its answers show them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate::verify::{CertificateSigner, Signer, VerifyError};

use x509_parser::{certificate::X509Certificate, prelude::FromDer as _, x509::SubjectPublicKeyInfo};

use super::{
    failure::Failure,
    judge::{Form, Judge, KeyKind, Refusal},
    meaning::Verb,
    texts,
};
use crate::{files, go::flags::Typed, limits};

/// `--certificate`, DER: only its holder counts.
///
/// # Errors
/// cosign's text for a file that is none.
pub(crate) fn typed(typed: &Typed, verb: Verb) -> Result<Option<Vec<u8>>, Failure> {
    let Some(name) = typed.some("certificate") else { return Ok(None) };
    let wrong = |why: String| Failure::from(format!("{}: loading cert: {why}", texts::key_opts(verb)));
    let bytes = files::read(name, limits::FILE).map_err(|error| wrong(error.to_string()))?;
    // PEM, also where the file holds it in base64 once more.
    let text = String::from_utf8_lossy(&bytes);
    let bytes =
        if text.contains("-----BEGIN") { bytes } else { STANDARD.decode(text.trim()).unwrap_or(bytes) };
    match pem::parse(&bytes) {
        Ok(block) if block.tag() == "CERTIFICATE" => Ok(Some(block.into_contents())),
        Ok(block) => Err(wrong(format!("a PEM block `{}` is no certificate", block.tag()))),
        Err(_) => Err(wrong("error during PEM decoding".into())),
    }
}

/// Fails unless the flags name the holder of `--certificate`. Everything else about it is checked with the signature.
///
/// # Errors
/// cosign's text.
pub(crate) fn check(certificate: &[u8], judge: &Judge, verb: Verb) -> Result<(), Failure> {
    let wrong = |why: String| Failure::from(format!("{}: validating cert: {why}", texts::key_opts(verb)));
    let signer = CertificateSigner::from_der(certificate).map_err(|error| wrong(error.to_string()))?;
    let refused = |refusal: Refusal| wrong(texts::of(&refusal, Form::Older));
    judge.names(&Signer::Certificate(signer), Form::Older).map(drop).map_err(refused)
}

/// Whether a refusal is about the certificate itself, which cosign looks at before any signature if it was typed.
pub(crate) fn is_at_fault(refusal: &Refusal) -> bool {
    let error = match refusal {
        Refusal::Sct(_) => return true,
        Refusal::Verify(error, _) => error,
        _ => return false,
    };
    matches!(
        error,
        VerifyError::AuthorityExpired { .. }
            | VerifyError::CertificateUntrusted { .. }
            | VerifyError::CertificateUsage(_)
            | VerifyError::SctInvalid { .. }
            | VerifyError::SctMissing
    )
}

/// Of which kind a public key is, DER.
pub(crate) fn key_kind(spki: &[u8]) -> KeyKind {
    let algorithm =
        SubjectPublicKeyInfo::from_der(spki).map(|(_, key)| key.algorithm.algorithm.to_id_string());
    match algorithm.as_deref() {
        Ok("1.2.840.113549.1.1.1") => KeyKind::Rsa,
        Ok("1.3.101.112") => KeyKind::Ed25519,
        _ => KeyKind::Ecdsa,
    }
}

/// Of which kind the key of a certificate claims to be; for messages only.
pub(crate) fn claimed_key_kind(certificate: &[u8]) -> KeyKind {
    X509Certificate::from_der(certificate)
        .map_or(KeyKind::Ecdsa, |(_, parsed)| key_kind(parsed.tbs_certificate.subject_pki.raw))
}

/// Whether a certificate claims to have been seen by no log of certificates; for messages only.
pub(crate) fn has_no_sct(certificate: &[u8]) -> bool {
    X509Certificate::from_der(certificate).is_ok_and(|(_, parsed)| {
        parsed.extensions().iter().all(|extension| extension.oid.to_id_string() != "1.3.6.1.4.1.11129.2.4.2")
    })
}

/// The extensions 1.3.6.1.4.1.57264.1.1 to .6 under the names that cosign prints.
pub(crate) const EXTENSIONS: [(u8, &str); 6] = [
    (1, "Issuer"),
    (2, "githubWorkflowTrigger"),
    (3, "githubWorkflowSha"),
    (4, "githubWorkflowName"),
    (5, "githubWorkflowRepository"),
    (6, "githubWorkflowRef"),
];

/// The name that cosign prints of an older signature's certificate, which need not be the one that was compared.
pub(crate) fn first_name(signer: &CertificateSigner) -> &str {
    signer.names.first().map_or(signer.subject.value.as_str(), |name| name.value.as_str())
}

/// The text of one of these extensions, as written.
pub(crate) fn extension(signer: &CertificateSigner, number: u8) -> Option<&str> {
    signer.claims.extension(number)
}
