//! Certificates as cosign's flags name and its answers show them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate::verify::{CertificateSigner, Signer, VerifyError};

use x509_parser::{certificate::X509Certificate, prelude::FromDer as _, x509::SubjectPublicKeyInfo};

use super::{
    failure::Failure,
    judge::{Form, Judge, KeyKind, Refusal},
    meaning::Verb,
    named, texts,
};
use crate::{Console, go::flags::Typed};

/// `--certificate`, DER: only its holder counts.
///
/// # Errors
/// cosign's text for a file that is none.
pub(crate) fn typed(typed: &Typed, verb: Verb, console: &Console<'_>) -> Result<Option<Vec<u8>>, Failure> {
    let Some(name) = typed.some("certificate") else { return Ok(None) };
    let wrong = |why: String| Failure::from(format!("{}: loading cert: {why}", texts::key_opts(verb)));
    let bytes = named::read(name, console).map_err(|error| wrong(error.to_string()))?;
    // PEM, also where the file holds it in base64 once more.
    let text = String::from_utf8_lossy(&bytes);
    let bytes =
        if text.contains("-----BEGIN") { bytes } else { STANDARD.decode(text.trim()).unwrap_or(bytes) };
    let der = from_pem(&bytes).map_err(&wrong)?.into_iter().next();
    let der = der.ok_or_else(|| wrong("no certs found in pem file".into()))?;
    Ok(Some(der))
}

/// A certificate as Go writes it.
pub(crate) fn pem(der: &[u8]) -> String {
    block("CERTIFICATE", der)
}

/// A PEM block as Go writes it.
pub(crate) fn block(tag: &str, der: &[u8]) -> String {
    let lines = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(tag, der), lines)
}

/// All certificates of a PEM file, DER: it holds nothing else, but text before them.
///
/// # Errors
/// cosign's text, as far as it depends on the kind of the file.
pub(crate) fn from_pem(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    const NONE: &str = "error during PEM decoding";
    let text = String::from_utf8_lossy(bytes);
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let last = text.rfind("-----END ").and_then(|at| text.get(at..)?.split_once("-----END "));
    let rest = last.and_then(|(_, rest)| rest.split_once("-----")).ok_or(NONE)?.1;
    let blocks = pem::parse_many(bytes).map_err(|_| NONE)?;
    if blocks.is_empty() || !rest.trim().is_empty() {
        return Err(NONE.into());
    }
    let der = |block: pem::Pem| match block.tag() {
        "PUBLIC KEY" => Err("x509: malformed serial number".to_owned()),
        _ if X509Certificate::from_der(block.contents()).is_err() => {
            Err("x509: malformed tbs certificate".to_owned())
        }
        _ => Ok(block.into_contents()),
    };
    blocks.into_iter().map(der).collect()
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
