//! Reads a signer from a certificate, with two readers that must agree.

use std::collections::BTreeMap;

use x509_parser::{certificate::X509Certificate, prelude::FromDer};

use super::{
    PublicKey,
    claims::{self, Claims},
    second::Second,
    subject::{Names, SignerSubject, SubjectKind, Written},
};
use crate::{Digest, Timestamp, limits};

/// A signer with a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateSigner {
    /// By which name the signer is known: the only one there is; see [`CertificateSigner::sole_subject`]. Of several the
    /// first URI, else mail address, else Fulcio's `otherName`, else the first of [`CertificateSigner::names`].
    pub subject: SignerSubject,
    /// Every name of a kind that is read, at least one: DNS names first, then mail addresses, IP addresses, URIs, Fulcio's
    /// `otherName`.
    pub names: Vec<SignerSubject>,
    // How many names there are of other kinds.
    unread: usize,
    /// The OIDC issuer (1.3.6.1.4.1.57264.1.8, else .1.1); empty if the certificate names none.
    pub issuer: String,
    /// What else the certificate authority says about the signer.
    pub claims: Claims,
    /// The certificate's validity, first second.
    pub not_before: Timestamp,
    /// The certificate's validity, last second.
    pub not_after: Timestamp,
    /// SHA-256 of the SubjectPublicKeyInfo, canonical where the algorithm is one that managed keys may have.
    pub key_fingerprint: Digest,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
}

/// Why a certificate does not say who signed. Enough to refuse it, whoever issued it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SignerError {
    /// An old Fulcio extension and its successor say different things.
    #[error("certificate extensions 1.3.6.1.4.1.57264.1.{old} and .{new} contradict each other")]
    Contradiction {
        /// Last arc of the old one.
        old: u8,
        /// Last arc of the new one.
        new: u8,
    },
    /// Two readers see different things in it.
    #[error("two readers of the certificate disagree about its {field}")]
    Disagreement {
        /// About what.
        field: &'static str,
    },
    /// An extension twice.
    #[error("certificate has the extension {oid} twice")]
    DuplicateExtension {
        /// Which.
        oid: String,
    },
    /// Not a certificate.
    #[error("certificate is not well-formed DER")]
    Malformed,
    /// A Fulcio extension that is not the text it should be.
    #[error("certificate extension 1.3.6.1.4.1.57264.1.{number} is malformed")]
    MalformedExtension {
        /// Its last arc.
        number: u8,
    },
    /// A name that is empty, not ASCII, or has control characters.
    #[error("the certificate's subject alternative name is malformed")]
    MalformedSubject,
    /// Over a limit.
    #[error("certificate has {found} {what}, at most {limit} are read")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// None or several.
    #[error("certificate has {found} subject alternative names, exactly 1 can be matched")]
    SubjectCount {
        /// How many.
        found: usize,
    },
    /// Neither URI, email nor Fulcio's otherName.
    #[error("the certificate's subject alternative name is of an unsupported kind ({found})")]
    SubjectKind {
        /// Which.
        found: &'static str,
    },
}

impl SignerError {
    /// Every code, for snapshots and documentation.
    pub const CODES: [&'static str; 6] = [
        "certificate-ambiguous",
        "certificate-contradictory",
        "certificate-duplicate-extension",
        "certificate-limit",
        "certificate-malformed",
        "certificate-subject",
    ];

    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Contradiction { .. } => "certificate-contradictory",
            Self::Disagreement { .. } => "certificate-ambiguous",
            Self::DuplicateExtension { .. } => "certificate-duplicate-extension",
            Self::Malformed | Self::MalformedExtension { .. } => "certificate-malformed",
            Self::Limit { .. } => "certificate-limit",
            Self::MalformedSubject | Self::SubjectCount { .. } | Self::SubjectKind { .. } => {
                "certificate-subject"
            }
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        "have the image signed again with a certificate that its authority issues for one identity; \
         a public authority never issues one like this"
    }
}

impl CertificateSigner {
    /// Reads who a certificate was issued to. Says nothing about whether to believe the issuer.
    ///
    /// It may have several names, or one that no policy can mean; [`CertificateSigner::sole_subject`] tells.
    ///
    /// # Errors
    /// [`SignerError`] if it is over a limit, malformed, contradictory, read differently by a second parser, or has no
    /// subject alternative name of a kind that is read.
    pub fn from_der(bytes: &[u8]) -> Result<Self, SignerError> {
        at_most("bytes", limits::CERTIFICATE_BYTES, bytes.len())?;
        let (rest, certificate) = X509Certificate::from_der(bytes).map_err(|_| SignerError::Malformed)?;
        if !rest.is_empty() {
            return Err(SignerError::Malformed);
        }
        at_most("extensions", limits::CERTIFICATE_EXTENSIONS, certificate.extensions().len())?;
        let mut seen: Vec<&[u8]> = Vec::with_capacity(certificate.extensions().len());
        for extension in certificate.extensions() {
            // Few enough for a list.
            if seen.contains(&extension.oid.as_bytes()) {
                return Err(SignerError::DuplicateExtension { oid: extension.oid.to_id_string() });
            }
            seen.push(extension.oid.as_bytes());
        }
        let written = fulcio_extensions(&certificate)?;
        let issuer = issuer(&written)?;
        let spki = certificate.public_key().raw;
        let subjects = Written::read(&certificate)?;
        let mut names = subjects.names.clone();
        names.sort_by_key(|name| name.kind);
        let signer = Self {
            subject: subjects.known_by().cloned().ok_or(SignerError::SubjectCount { found: 0 })?,
            names,
            unread: subjects.unread,
            claims: Claims::from_extensions(written, &issuer)?,
            issuer,
            not_before: Timestamp(certificate.validity().not_before.timestamp()),
            not_after: Timestamp(certificate.validity().not_after.timestamp()),
            key_fingerprint: PublicKey::from_spki(spki)
                .map_or_else(|_| Digest::sha256(spki), |key| key.fingerprint()),
            certificate: bytes.to_vec(),
        };
        let second = Second::read(bytes).ok_or(SignerError::Disagreement { field: "form" })?;
        signer.agrees_with(&second, spki, &subjects)?;
        Ok(signer)
    }

    /// The one name of the signer, as policies want it.
    ///
    /// # Errors
    /// [`SignerError::SubjectCount`] if the certificate has several, whatever their kinds; [`SignerError::SubjectKind`] for
    /// a DNS name or IP address.
    pub fn sole_subject(&self) -> Result<&SignerSubject, SignerError> {
        match (self.names.as_slice(), self.unread) {
            ([_], 0) => self.known_subject(),
            (names, unread) => Err(SignerError::SubjectCount { found: names.len() + unread }),
        }
    }

    /// The names that `names` means.
    ///
    /// # Errors
    /// [`SignerError`] if there is none.
    pub(crate) fn compared(&self, names: Names) -> Result<&[SignerSubject], SignerError> {
        match names {
            Names::Any => Ok(&self.names),
            Names::First => self.known_subject().map(std::slice::from_ref),
            Names::Sole => self.sole_subject().map(std::slice::from_ref),
        }
    }

    fn known_subject(&self) -> Result<&SignerSubject, SignerError> {
        match self.subject.kind {
            SubjectKind::Dns => Err(SignerError::SubjectKind { found: "dNSName" }),
            SubjectKind::Ip => Err(SignerError::SubjectKind { found: "iPAddress" }),
            SubjectKind::Email | SubjectKind::Other | SubjectKind::Uri => Ok(&self.subject),
        }
    }

    // THREAT: a certificate that two programs read differently, so that one is checked and another one named.
    fn agrees_with(&self, second: &Second, spki: &[u8], subjects: &Written) -> Result<(), SignerError> {
        let written = |number: &u8| self.claims.extension(*number);
        let texts = second.extensions.iter().all(|(number, text)| written(number) == Some(text.as_str()));
        let facts = [
            (second.names == subjects.names, "subject"),
            (second.validity == (self.not_before.0, self.not_after.0), "validity"),
            (second.spki == spki, "public key"),
            (texts && self.claims.extension_count() == second.extensions.len(), "claims"),
        ];
        match facts.into_iter().find(|(agree, _)| !agree) {
            Some((_, field)) => Err(SignerError::Disagreement { field }),
            None => Ok(()),
        }
    }
}

fn at_most(what: &'static str, limit: usize, found: usize) -> Result<(), SignerError> {
    if found > limit { Err(SignerError::Limit { what, limit, found }) } else { Ok(()) }
}

// The texts of the extensions 1.3.6.1.4.1.57264.1.1 to .24, by last arc.
fn fulcio_extensions(certificate: &X509Certificate<'_>) -> Result<BTreeMap<u8, String>, SignerError> {
    let mut texts = BTreeMap::new();
    for extension in certificate.extensions() {
        let number = match extension.oid.as_bytes().strip_prefix(FULCIO) {
            Some([number]) => Some(*number),
            _ => None,
        };
        if let Some(number @ (1..=6 | 8..=24)) = number {
            texts.insert(number, claims::text(number, extension.value)?);
        }
    }
    Ok(texts)
}

// The arc 1.3.6.1.4.1.57264.1, DER content. Its extensions have one byte more: no number of ours is above 127.
pub(super) const FULCIO: &[u8] = b"\x2b\x06\x01\x04\x01\x83\xbf\x30\x01";

fn issuer(written: &BTreeMap<u8, String>) -> Result<String, SignerError> {
    match (written.get(&8), written.get(&1)) {
        (Some(new), Some(old)) if new != old => Err(SignerError::Contradiction { old: 1, new: 8 }),
        (Some(issuer), _) | (None, Some(issuer)) => Ok(issuer.clone()),
        (None, None) => Ok(String::new()),
    }
}
