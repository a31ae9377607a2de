//! From a certificate to a signer: chain, purpose, validity at every proven time, CT log.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, aws_lc_rs as algorithms};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

use super::{DetachedSct, ProvenTime, VerifyError, sct};
use crate::{
    Digest, Timestamp, der,
    key::VerifyingKey,
    root::{Anchor, TrustedRoot, Window},
    signer::CertificateSigner,
};

const CODE_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];

static ALGORITHMS: &[&dyn rustls_pki_types::SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P256_SHA512,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ECDSA_P384_SHA512,
    algorithms::ECDSA_P521_SHA256,
    algorithms::ECDSA_P521_SHA384,
    algorithms::ECDSA_P521_SHA512,
    algorithms::ED25519,
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
];

// A say of ours about a path that webpki found.
type Accept<'a> = &'a dyn Fn(&VerifiedPath<'_>) -> Result<(), webpki::Error>;

/// A signer whom an authority of the root named, and the key it named for them.
pub(super) struct Certified {
    pub(super) signer: CertificateSigner,
    pub(super) key: VerifyingKey,
}

/// Checks everything about the certificate of `signer` that does not depend on whom one trusts.
///
/// Spec: sigstore client-spec 4.3.
pub(super) fn certify(
    signer: CertificateSigner,
    intermediates: &[Vec<u8>],
    times: &[ProvenTime],
    beside: Option<&DetachedSct>,
    root: &TrustedRoot,
    now: Timestamp,
) -> Result<Certified, VerifyError> {
    let first = times.first().ok_or(VerifyError::NoTrustedTime)?;
    let leaf = signer.certificate.as_slice();
    let untrusted = |why: &str| VerifyError::CertificateUntrusted { why: why.to_owned() };
    let (_, parsed) = X509Certificate::from_der(leaf).map_err(|_| untrusted("it is malformed"))?;
    // INVARIANT: valid at *every* proven time. See a_time_outside_the_certificate_is_rejected_beside_one_inside.
    let validity = Window { start: signer.not_before.0, end: Some(signer.not_after.0) };
    if let Some(outside) = times.iter().find(|proven| !validity.contains(proven.time)) {
        return Err(VerifyError::CertificateExpired {
            time: outside.time,
            not_before: signer.not_before,
            not_after: signer.not_after,
        });
    }
    match parsed.key_usage() {
        Ok(Some(usage)) if usage.value.digital_signature() => {}
        Ok(None) => {}
        _ => return Err(VerifyError::CertificateUsage("digital signatures")),
    }
    let at_all = |window: &Window| times.iter().all(|proven| window.contains(proven.time));
    let anchors: Vec<&Anchor> = root
        .authorities
        .iter()
        .flat_map(|authority| &authority.anchors)
        .filter(|anchor| at_all(&anchor.window))
        .collect();
    if anchors.is_empty() {
        return Err(VerifyError::AuthorityExpired { time: first.time });
    }
    let issuer = issuer(leaf, &parsed, intermediates, &anchors, first.time, &at_all)?;
    if root.has_ct_logs() {
        sct::check(leaf, &issuer, beside, root, now)?;
    }
    let key = VerifyingKey::from_spki(parsed.public_key().raw).map_err(|_| VerifyError::KeyUnsupported)?;
    Ok(Certified { signer, key })
}

// The digest of the key that issued the certificate, by a path that holds.
fn issuer(
    leaf: &[u8],
    parsed: &X509Certificate<'_>,
    intermediates: &[Vec<u8>],
    anchors: &[&Anchor],
    time: Timestamp,
    at_all: &dyn Fn(&Window) -> bool,
) -> Result<Digest, VerifyError> {
    let leaf = CertificateDer::from(leaf);
    let end = EndEntityCert::try_from(&leaf).map_err(|error| path_error(&error))?;
    // Straight from a certificate of the root, whose own links hold.
    let name = parsed.issuer().as_raw();
    let direct: Vec<_> = anchors
        .iter()
        .filter(|anchor| subject_is(anchor, name) && anchor.is_sound())
        .map(|anchor| anchor.anchor.clone())
        .collect();
    let found = verify(&end, &direct, &[], time, None);
    let error = match found {
        Ok(path) => return Ok(issuer_key(&path)),
        Err(error) if intermediates.is_empty() => return Err(path_error(&error)),
        Err(error) => error,
    };
    // Through intermediates of the bundle, which may hang only from the top of a chain: the root's own intermediates are
    // anchors above, and an anchor's path length is nobody's to check but ours.
    let tops: Vec<_> =
        anchors.iter().filter(|anchor| anchor.is_top).map(|anchor| anchor.anchor.clone()).collect();
    let own = anchors.iter().filter(|anchor| !anchor.is_top && anchor.is_sound());
    let between: Vec<_> = intermediates
        .iter()
        .filter(|der| authority_window(der).is_some_and(|window| at_all(&window)))
        .map(|der| CertificateDer::from(der.as_slice()))
        .chain(own.map(|anchor| anchor.certificate.clone()))
        .collect();
    let short_enough = |path: &VerifiedPath<'_>| {
        let length = path.intermediate_certificates().count();
        let top = anchors.iter().find(|anchor| anchor.is_top && anchor.anchor == *path.anchor());
        match top {
            Some(top)
                if top
                    .path_length
                    .is_none_or(|limit| u32::try_from(length).is_ok_and(|length| length <= limit)) =>
            {
                Ok(())
            }
            _ => Err(webpki::Error::PathLenConstraintViolated),
        }
    };
    match verify(&end, &tops, &between, time, Some(&short_enough)) {
        Ok(path) => Ok(issuer_key(&path)),
        Err(webpki::Error::UnknownIssuer) => Err(path_error(&error)),
        Err(error) => Err(path_error(&error)),
    }
}

fn verify<'p>(
    end: &'p EndEntityCert<'p>,
    anchors: &'p [rustls_pki_types::TrustAnchor<'p>],
    intermediates: &'p [CertificateDer<'p>],
    time: Timestamp,
    accept: Option<Accept<'_>>,
) -> Result<VerifiedPath<'p>, webpki::Error> {
    // Before 1970 no certificate of anybody was valid.
    let seconds = u64::try_from(time.0).unwrap_or_default();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    end.verify_for_usage(
        ALGORITHMS,
        anchors,
        intermediates,
        time,
        KeyUsage::required(CODE_SIGNING),
        None,
        accept,
    )
}

fn subject_is(anchor: &Anchor, name: &[u8]) -> bool {
    // An anchor keeps the inside of its subject.
    der::whole(name, 0x30) == Some(anchor.anchor.subject.as_ref())
}

fn issuer_key(path: &VerifiedPath<'_>) -> Digest {
    match path.intermediate_certificates().next() {
        Some(issuer) => Digest::sha256(issuer.subject_public_key_info().as_ref()),
        // An anchor keeps the inside of its key.
        None => Digest::sha256(&der::element(0x30, path.anchor().subject_public_key_info.as_ref())),
    }
}

// When an intermediate of a bundle may issue; never, if its key may not sign certificates, which the path builder does not ask.
fn authority_window(certificate: &[u8]) -> Option<Window> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    match parsed.key_usage() {
        Ok(None) => {}
        Ok(Some(usage)) if usage.value.key_cert_sign() => {}
        _ => return None,
    }
    let validity = parsed.validity();
    Some(Window { start: validity.not_before.timestamp(), end: Some(validity.not_after.timestamp()) })
}

fn path_error(error: &webpki::Error) -> VerifyError {
    match error {
        webpki::Error::RequiredEkuNotFoundContext(_) => VerifyError::CertificateUsage("code signing"),
        error => VerifyError::CertificateUntrusted { why: crate::json::printable(&error.to_string()) },
    }
}
