//! Reads a signer from a certificate, with two readers that must agree.

use std::collections::BTreeMap;

use sigstore_crypto::{CertificateInfo, SubjectAltName};
use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    oid_registry::OID_X509_EXT_SUBJECT_ALT_NAME,
    prelude::FromDer,
};

use super::{
    PublicKey,
    claims::{self, Claims},
};
use crate::{Digest, Timestamp, der, limits};

/// A signer with a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateSigner {
    /// The one subject alternative name.
    pub subject: SignerSubject,
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

/// A subject alternative name.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct SignerSubject {
    /// Of which kind.
    pub kind: SubjectKind,
    /// Its text.
    pub value: String,
}

/// The kinds of subject alternative name that Fulcio writes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// `rfc822Name`
    Email,
    /// Fulcio's `otherName` 1.3.6.1.4.1.57264.1.7
    Other,
    /// `uniformResourceIdentifier`
    Uri,
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
    /// # Errors
    /// [`SignerError`] if it is over a limit, malformed, contradictory, read differently by the signature core, or has not
    /// exactly one subject alternative name of a supported kind.
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
        let signer = Self {
            subject: subject(&certificate)?,
            claims: Claims::from_extensions(written, &issuer)?,
            issuer,
            not_before: Timestamp(certificate.validity().not_before.timestamp()),
            not_after: Timestamp(certificate.validity().not_after.timestamp()),
            key_fingerprint: PublicKey::from_spki(spki)
                .map_or_else(|_| Digest::sha256(spki), |key| key.fingerprint()),
            certificate: bytes.to_vec(),
        };
        signer.agrees_with_core(spki)?;
        Ok(signer)
    }

    // THREAT: a certificate that the signature core and we read differently, so that one is checked and the other named.
    fn agrees_with_core(&self, spki: &[u8]) -> Result<(), SignerError> {
        let der = sigstore_types::DerCertificate::from_bytes(&self.certificate);
        let core = sigstore_crypto::parse_certificate_info(&der)
            .map_err(|_| SignerError::Disagreement { field: "form" })?;
        let name = match (&self.subject.kind, &core.identity) {
            (SubjectKind::Email, Some(SubjectAltName::Email(name)))
            | (SubjectKind::Uri, Some(SubjectAltName::Uri(name))) => name == &self.subject.value,
            // The core does not read otherName.
            (SubjectKind::Other, None) => true,
            _ => false,
        };
        let facts = [
            (name, "subject"),
            (core.issuer.as_deref().unwrap_or_default() == self.issuer, "issuer"),
            (
                core.not_before.as_second() == self.not_before.0
                    && core.not_after.as_second() == self.not_after.0,
                "validity",
            ),
            (core.public_key.as_bytes() == spki, "public key"),
            (
                core_extensions(&core)
                    .into_iter()
                    .all(|(number, text)| self.claims.extension(number) == text),
                "claims",
            ),
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
const FULCIO: &[u8] = b"\x2b\x06\x01\x04\x01\x83\xbf\x30\x01";

fn issuer(written: &BTreeMap<u8, String>) -> Result<String, SignerError> {
    match (written.get(&8), written.get(&1)) {
        (Some(new), Some(old)) if new != old => Err(SignerError::Contradiction { old: 1, new: 8 }),
        (Some(issuer), _) | (None, Some(issuer)) => Ok(issuer.clone()),
        (None, None) => Ok(String::new()),
    }
}

fn subject(certificate: &X509Certificate<'_>) -> Result<SignerSubject, SignerError> {
    let extension =
        certificate.extensions().iter().find(|extension| extension.oid == OID_X509_EXT_SUBJECT_ALT_NAME);
    let names = match extension.map(|extension| extension.parsed_extension()) {
        None => return Err(SignerError::SubjectCount { found: 0 }),
        Some(ParsedExtension::SubjectAlternativeName(san)) => &san.general_names,
        Some(_) => return Err(SignerError::MalformedSubject),
    };
    let [name] = names.as_slice() else { return Err(SignerError::SubjectCount { found: names.len() }) };
    let (kind, value) = match name {
        GeneralName::RFC822Name(text) => (SubjectKind::Email, ascii(text)?),
        GeneralName::URI(text) => (SubjectKind::Uri, ascii(text)?),
        GeneralName::OtherName(oid, value) if oid.as_bytes().strip_prefix(FULCIO) == Some(&[7]) => {
            (SubjectKind::Other, other(value)?)
        }
        GeneralName::OtherName(..) => return Err(SignerError::SubjectKind { found: "another otherName" }),
        GeneralName::DNSName(_) => return Err(SignerError::SubjectKind { found: "dNSName" }),
        GeneralName::IPAddress(_) => return Err(SignerError::SubjectKind { found: "iPAddress" }),
        GeneralName::DirectoryName(_) => return Err(SignerError::SubjectKind { found: "directoryName" }),
        GeneralName::Invalid(..) => return Err(SignerError::MalformedSubject),
        GeneralName::EDIPartyName(_) | GeneralName::RegisteredID(_) | GeneralName::X400Address(_) => {
            return Err(SignerError::SubjectKind { found: "rare" });
        }
    };
    // THREAT: `good@example.com\n` or a NUL, which one comparison drops and another keeps.
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(SignerError::MalformedSubject);
    }
    Ok(SignerSubject { kind, value: value.to_owned() })
}

// IA5String: the reader accepts any UTF-8 there, we do not.
fn ascii(text: &str) -> Result<&str, SignerError> {
    if text.is_ascii() { Ok(text) } else { Err(SignerError::MalformedSubject) }
}

// `[0] EXPLICIT UTF8String`.
fn other(value: &[u8]) -> Result<&str, SignerError> {
    let text = der::whole(value, 0xa0).and_then(|inner| der::whole(inner, der::UTF8_STRING));
    text.and_then(|bytes| std::str::from_utf8(bytes).ok()).ok_or(SignerError::MalformedSubject)
}

// What the core reads, by last arc; 1.1 and 1.8 are its issuer.
fn core_extensions(core: &CertificateInfo) -> [(u8, Option<&str>); 21] {
    let (claims, old) = (&core.ci_claims, &core.ci_claims.deprecated_github);
    [
        (2, old.workflow_trigger.as_deref()),
        (3, old.workflow_sha.as_deref()),
        (4, old.workflow_name.as_deref()),
        (5, old.workflow_repository.as_deref()),
        (6, old.workflow_ref.as_deref()),
        (9, claims.build_signer_uri.as_deref()),
        (10, claims.build_signer_digest.as_deref()),
        (11, claims.runner_environment.as_deref()),
        (12, claims.source_repository_uri.as_deref()),
        (13, claims.source_repository_digest.as_deref()),
        (14, claims.source_repository_ref.as_deref()),
        (15, claims.source_repository_identifier.as_deref()),
        (16, claims.source_repository_owner_uri.as_deref()),
        (17, claims.source_repository_owner_identifier.as_deref()),
        (18, claims.build_config_uri.as_deref()),
        (19, claims.build_config_digest.as_deref()),
        (20, claims.build_trigger.as_deref()),
        (21, claims.run_invocation_uri.as_deref()),
        (22, claims.source_repository_visibility_at_signing.as_deref()),
        (23, claims.deployment_environment.as_deref()),
        (24, claims.token_subject.as_deref()),
    ]
}
