//! Certificate and timestamp authorities of a root: their chains are checked once, here.
//!
//! The signatures in a chain are looked at when the chain is first needed: a root has more chains than one signature needs,
//! and theirs are the longest keys.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, TrustAnchor};
use webpki::anchor_from_trusted_cert;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{ExtendedKeyUsage, ParsedExtension},
    prelude::FromDer,
    x509::X509Version,
};

use super::{
    RootError, RootNote, Window,
    file::{self, AuthorityFile},
    proof::{self, Proof},
};
use crate::{
    key::{Named, VerifyingKey},
    limits,
};

/// A certificate authority, as anchors that signing certificates may hang from.
#[derive(Clone, Debug)]
pub(crate) struct CertificateAuthority {
    /// Every certificate of the chain whose links up to the last one may hold, that one included, from the last down.
    pub(crate) anchors: Vec<Anchor>,
}

impl CertificateAuthority {
    /// What of the chain is left out because a signature in it is wrong.
    pub(super) fn note(&self) -> Option<RootNote> {
        let broken = self.anchors.iter().find(|anchor| !anchor.is_sound())?;
        Some(RootNote {
            field: broken.place.clone(),
            why: format!("left out with what hangs from it: {}", proof::BROKEN),
        })
    }
}

/// A certificate of a root that may have issued signing certificates.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) anchor: TrustAnchor<'static>,
    /// Where it stands in the root.
    place: String,
    /// That it and everything above it is signed by what is above that.
    proofs: Vec<Arc<Proof>>,
    /// When it, everything above it and the root's own window are valid together.
    pub(crate) window: Window,
    /// Whether it is the last of its chain: what intermediates of a bundle may hang from.
    pub(crate) is_top: bool,
    /// How many intermediates may follow it.
    pub(crate) path_length: Option<u32>,
}

impl Anchor {
    /// Whether every signature above it holds. INVARIANT: asked of each that a path is hung from.
    pub(crate) fn is_sound(&self) -> bool {
        proof::hold(&self.proofs)
    }
}

/// A timestamp authority.
#[derive(Clone, Debug)]
pub(crate) struct TimestampAuthority {
    pub(crate) name: String,
    /// The signer's certificate, DER: the first of the chain, whose links up to the last one hold.
    pub(crate) certificate: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) key_identifier: Option<Vec<u8>>,
    pub(crate) key: VerifyingKey,
    /// When the whole chain and the root's own window are valid together.
    pub(crate) window: Window,
    /// Where it stands in the root.
    place: String,
    /// That each certificate is signed by the next.
    proofs: Vec<Arc<Proof>>,
}

impl TimestampAuthority {
    /// Whether every signature of its chain holds. INVARIANT: asked of each that a timestamp is by.
    pub(crate) fn is_sound(&self) -> bool {
        proof::hold(&self.proofs)
    }

    /// That it is left out, if a signature of its chain is wrong.
    pub(super) fn note(&self) -> Option<RootNote> {
        let why = || format!("left out: {}", proof::BROKEN);
        (!self.is_sound()).then(|| RootNote { field: self.place.clone(), why: why() })
    }
}

/// Reads the certificate authorities.
pub(super) fn certificate_authorities(
    files: &[AuthorityFile],
    notes: &mut Vec<RootNote>,
) -> Result<Vec<CertificateAuthority>, RootError> {
    let mut found = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let field = format!("certificateAuthorities[{index}]");
        let (chain, window) = chain(&field, file)?;
        let mut anchors = Vec::new();
        // From the top down: what hangs from a broken link is left out with it.
        let mut above: Vec<Link<'_>> = Vec::new();
        let (mut reach, mut proofs) = (window, Vec::new());
        for (depth, der) in chain.iter().enumerate().rev() {
            let place = format!("{field}.certChain.certificates[{depth}]");
            let link = match Link::read(der)
                .and_then(|link| Ok((link.hangs_from(&above, |usage| usage.code_signing)?, link)))
            {
                Ok((proof, link)) => {
                    proofs.extend(proof);
                    link
                }
                Err(why) => {
                    notes.push(RootNote {
                        field: place,
                        why: format!("left out with what hangs from it: {why}"),
                    });
                    break;
                }
            };
            reach = reach.within(link.window());
            anchors.push(link.anchor(der, place, proofs.clone(), reach)?);
            above.push(link);
        }
        if !anchors.is_empty() {
            found.push(CertificateAuthority { anchors });
        }
    }
    Ok(found)
}

/// Reads the timestamp authorities.
pub(super) fn timestamp_authorities(
    files: &[AuthorityFile],
    notes: &mut Vec<RootNote>,
) -> Result<Vec<TimestampAuthority>, RootError> {
    let mut found = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let field = format!("timestampAuthorities[{index}]");
        let (chain, window) = chain(&field, file)?;
        match authority(&field, file.uri.as_deref(), &chain, window) {
            Ok(authority) => found.push(authority),
            Err(why) => notes.push(RootNote { field, why: format!("left out: {why}") }),
        }
    }
    Ok(found)
}

fn authority(
    field: &str,
    uri: Option<&str>,
    chain: &[&[u8]],
    mut window: Window,
) -> Result<TimestampAuthority, &'static str> {
    let mut above: Vec<Link<'_>> = Vec::new();
    let mut proofs = Vec::new();
    for (depth, der) in chain.iter().enumerate().rev() {
        let link = Link::read(der)?;
        proofs.extend(match depth {
            0 => link.stamps_time(&above)?,
            _ => link.hangs_from(&above, |usage| usage.time_stamping)?,
        });
        window = window.within(link.window());
        above.push(link);
    }
    let (Some(leaf), Some(der), Some(top)) = (above.last(), chain.first(), above.first()) else {
        return Err("it has no certificate");
    };
    let identifier =
        leaf.certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
            _ => None,
        });
    Ok(TimestampAuthority {
        name: uri.map_or_else(|| top.certificate.subject().to_string(), str::to_owned),
        certificate: der.to_vec(),
        issuer: leaf.certificate.issuer().as_raw().to_vec(),
        serial: leaf.certificate.raw_serial().to_vec(),
        key_identifier: identifier,
        key: VerifyingKey::from_spki(leaf.certificate.public_key().raw)
            .map_err(|_| "its key is not supported")?,
        window,
        place: field.to_owned(),
        proofs,
    })
}

fn chain<'a>(field: &str, file: &'a AuthorityFile) -> Result<(Vec<&'a [u8]>, Window), RootError> {
    let invalid = |why: &str| RootError::Field { field: field.to_owned(), why: why.to_owned() };
    let chain: Vec<&[u8]> =
        file.cert_chain.certificates.iter().map(|certificate| certificate.raw_bytes.0.as_slice()).collect();
    if chain.is_empty() {
        return Err(invalid("has no certificate"));
    }
    if chain.len() > limits::CHAIN_CERTIFICATES {
        return Err(RootError::Limit {
            what: "certificates in a chain",
            limit: limits::CHAIN_CERTIFICATES,
            found: chain.len(),
        });
    }
    if let Some(long) = chain.iter().find(|bytes| bytes.len() > limits::CERTIFICATE_BYTES) {
        return Err(RootError::Limit {
            what: "bytes in a certificate",
            limit: limits::CERTIFICATE_BYTES,
            found: long.len(),
        });
    }
    let window = file::window(file.valid_for.as_ref())
        .ok_or_else(|| invalid("has a window that ends before it starts"))?;
    Ok((chain, window))
}

/// Whether one certificate, DER, names another as its issuer and is signed by its key. No, if either cannot be read.
///
/// It tells certificates of one name apart, and says nothing about what the issuer may do: a [`TrustedRoot`] asks that of
/// each chain itself.
///
/// [`TrustedRoot`]: super::TrustedRoot
pub fn was_issued_by(certificate: &[u8], issuer: &[u8]) -> bool {
    if [certificate, issuer].iter().any(|der| der.len() > limits::CERTIFICATE_BYTES) {
        return false;
    }
    let (Ok(own), Ok(above)) = (Link::read(certificate), Link::read(issuer)) else { return false };
    own.certificate.issuer().as_raw() == above.certificate.subject().as_raw()
        && own.proof(&above.certificate).is_ok_and(|proof| proof::hold(&[Arc::new(proof)]))
}

struct Link<'a> {
    certificate: X509Certificate<'a>,
}

impl<'a> Link<'a> {
    fn read(der: &'a [u8]) -> Result<Self, &'static str> {
        match X509Certificate::from_der(der) {
            Ok(([], certificate)) => Ok(Self { certificate }),
            _ => Err("not a certificate"),
        }
    }

    fn window(&self) -> Window {
        let validity = self.certificate.validity();
        Window { start: validity.not_before.timestamp(), end: Some(validity.not_after.timestamp()) }
    }

    // INVARIANT: an intermediate is an anchor later on, and nobody looks at an anchor's own fields again.
    fn hangs_from(
        &self,
        above: &[Link<'_>],
        purpose: fn(&ExtendedKeyUsage<'_>) -> bool,
    ) -> Result<Option<Arc<Proof>>, &'static str> {
        if above.is_empty() {
            return Ok(None);
        }
        let own = &self.certificate;
        match own.basic_constraints() {
            Ok(Some(constraints)) if constraints.value.ca => {}
            _ => return Err("not a certificate authority's"),
        }
        match own.key_usage() {
            Ok(None) => {}
            Ok(Some(usage)) if usage.value.key_cert_sign() => {}
            _ => return Err("its key may not sign certificates"),
        }
        match own.extended_key_usage() {
            Ok(None) => {}
            Ok(Some(usage)) if purpose(usage.value) => {}
            _ => return Err("its key may not issue for this purpose"),
        }
        self.signed_by(above, 1).map(Some)
    }

    // SPEC: RFC 3161 2.3, the extended key usage is critical and names nothing else.
    fn stamps_time(&self, above: &[Link<'_>]) -> Result<Option<Arc<Proof>>, &'static str> {
        match self.certificate.extended_key_usage() {
            Ok(Some(usage)) if usage.critical && usage.value.time_stamping && alone(usage.value) => {}
            _ => return Err("its first certificate is not for timestamping alone"),
        }
        match self.certificate.basic_constraints() {
            Ok(Some(constraints)) if constraints.value.ca && !above.is_empty() => {
                return Err("its first certificate is an authority's");
            }
            Ok(_) => {}
            Err(_) => return Err("its basic constraints are malformed"),
        }
        if above.is_empty() { Ok(None) } else { self.signed_by(above, 0).map(Some) }
    }

    // Everything but the signature itself. `own_length` is 1 for what may have certificates below it, which counts towards the
    // length of the path.
    fn signed_by(&self, above: &[Link<'_>], own_length: u32) -> Result<Arc<Proof>, &'static str> {
        let own = &self.certificate;
        let issuer = &above.last().ok_or("it has no issuer")?.certificate;
        if own.version() != X509Version::V3 {
            return Err("not an X.509 v3 certificate");
        }
        // What cannot be read must not pass for absent: a limit on paths or names would go unheard.
        if above.iter().chain([self]).any(Link::has_malformed_extension) {
            return Err("it or a certificate above it has a malformed extension");
        }
        if own
            .extensions()
            .iter()
            .any(|extension| extension.critical && !understood(extension.parsed_extension()))
        {
            return Err("it has a critical extension that this program does not know");
        }
        if above.iter().any(|link| !matches!(link.certificate.name_constraints(), Ok(None))) {
            return Err("a certificate above it constrains names");
        }
        // The last of `above` has this one below it, the one above that two, and so on.
        for (below, link) in (own_length..).zip(above.iter().rev()) {
            if path_length(&link.certificate)?.is_some_and(|limit| limit < below) {
                return Err("a certificate above it does not allow so long a path");
            }
        }
        if own.issuer().as_raw() != issuer.subject().as_raw()
            || own.signature_algorithm != own.tbs_certificate.signature
        {
            return Err("it does not name the next one as its issuer");
        }
        self.proof(issuer).map(Arc::new)
    }

    // The signature itself, to be looked at when somebody asks.
    fn proof(&self, issuer: &X509Certificate<'_>) -> Result<Proof, &'static str> {
        let own = &self.certificate;
        let key = VerifyingKey::from_spki(issuer.public_key().raw)
            .map_err(|_| "the key above it is not supported")?;
        let algorithm = Named::read(&own.signature_algorithm).ok_or(proof::BROKEN)?;
        let (signed, signature) = (own.tbs_certificate.as_ref(), own.signature_value.data.as_ref());
        Ok(Proof::new(key, algorithm, signed.to_vec(), signature.to_vec()))
    }

    fn has_malformed_extension(&self) -> bool {
        let malformed = |parsed: &ParsedExtension<'_>| matches!(parsed, ParsedExtension::ParseError { .. });
        self.certificate.extensions().iter().any(|extension| malformed(extension.parsed_extension()))
    }

    fn anchor(
        &self,
        der: &[u8],
        place: String,
        proofs: Vec<Arc<Proof>>,
        window: Window,
    ) -> Result<Anchor, RootError> {
        let certificate = CertificateDer::from(der.to_vec());
        let unusable = |why: String| RootError::Field { field: "certificateAuthorities".to_owned(), why };
        let anchor = anchor_from_trusted_cert(&certificate)
            .map_err(|error| unusable(format!("has an unusable certificate: {error}")))?;
        Ok(Anchor {
            anchor: anchor.to_owned(),
            window,
            is_top: proofs.is_empty(),
            path_length: path_length(&self.certificate).map_err(|why| unusable(why.to_owned()))?,
            certificate,
            place,
            proofs,
        })
    }
}

fn path_length(certificate: &X509Certificate<'_>) -> Result<Option<u32>, &'static str> {
    let constraints = certificate.basic_constraints().map_err(|_| "its basic constraints are malformed")?;
    Ok(constraints.and_then(|constraints| constraints.value.path_len_constraint))
}

fn understood(extension: &ParsedExtension<'_>) -> bool {
    matches!(
        extension,
        ParsedExtension::BasicConstraints(_)
            | ParsedExtension::KeyUsage(_)
            | ParsedExtension::ExtendedKeyUsage(_)
            | ParsedExtension::SubjectKeyIdentifier(_)
            | ParsedExtension::AuthorityKeyIdentifier(_)
            // Checked by the anchor itself, on what it issues.
            | ParsedExtension::NameConstraints(_)
    )
}

fn alone(usage: &ExtendedKeyUsage<'_>) -> bool {
    let others = [
        usage.any,
        usage.server_auth,
        usage.client_auth,
        usage.code_signing,
        usage.email_protection,
        usage.ocsp_signing,
    ];
    !others.contains(&true) && usage.other.is_empty()
}
