//! Certificates as data, so that any part may be wrong before it is signed.

use crate::{der, key::SigningKey};

/// A certificate before it is signed.
#[derive(Clone, Debug)]
pub struct CertificateProfile {
    /// 2 means v3. With 0 neither version nor extensions are written, as in X.509 v1.
    pub version: u8,
    /// Big-endian.
    pub serial: Vec<u8>,
    /// The issuer's name, DER.
    pub issuer: Vec<u8>,
    /// The subject's name, DER.
    pub subject: Vec<u8>,
    /// First second.
    pub not_before: i64,
    /// Last second.
    pub not_after: i64,
    /// The SubjectPublicKeyInfo, DER.
    pub spki: Vec<u8>,
    /// In the order written.
    pub extensions: Vec<Extension>,
    /// The `AlgorithmIdentifier` inside the signed part; `None`: the issuing key's.
    pub inner_algorithm: Option<Vec<u8>>,
    /// The `AlgorithmIdentifier` outside of it; `None`: the issuing key's.
    pub outer_algorithm: Option<Vec<u8>>,
}

/// An extension of a certificate.
#[derive(Clone, Debug)]
pub struct Extension {
    /// Dotted.
    pub oid: String,
    /// Whether a reader must understand it.
    pub critical: bool,
    /// DER, or whatever is to stand in its place.
    pub value: Vec<u8>,
}

/// A subject alternative name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum San {
    /// `dNSName`
    Dns(String),
    /// `rfc822Name`
    Email(String),
    /// A `GeneralName`, DER.
    Raw(Vec<u8>),
    /// `uniformResourceIdentifier`
    Uri(String),
    /// Fulcio's `otherName` 1.3.6.1.4.1.57264.1.7
    Username(String),
}

impl San {
    /// The `GeneralName`, DER.
    pub fn der(&self) -> Vec<u8> {
        match self {
            Self::Dns(text) => der::context_primitive(2, text.as_bytes()),
            Self::Email(text) => der::context_primitive(1, text.as_bytes()),
            Self::Raw(bytes) => bytes.clone(),
            Self::Uri(text) => der::context_primitive(6, text.as_bytes()),
            Self::Username(text) => {
                let value = der::context(0, &der::utf8(text));
                der::context(0, &[der::oid(USERNAME), value].concat())
            }
        }
    }
}

/// Fulcio's `otherName`.
pub const USERNAME: &str = "1.3.6.1.4.1.57264.1.7";
/// Subject alternative name.
pub const SAN: &str = "2.5.29.17";
/// Extended key usage.
pub const EKU: &str = "2.5.29.37";
/// Key usage.
pub const KEY_USAGE: &str = "2.5.29.15";
/// Basic constraints.
pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
/// Embedded SCT list.
pub const SCT_LIST: &str = "1.3.6.1.4.1.11129.2.4.2";
/// EKU code signing.
pub const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
/// EKU time stamping.
pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";

impl Extension {
    /// An extension that is not critical.
    pub fn new(oid: &str, value: Vec<u8>) -> Self {
        Self { oid: oid.into(), critical: false, value }
    }

    /// The same, critical.
    #[must_use]
    pub fn critical(mut self) -> Self {
        self.critical = true;
        self
    }

    /// A Fulcio extension 1.8 and later: DER UTF8String.
    pub fn fulcio(number: u8, text: &str) -> Self {
        Self::new(&format!("1.3.6.1.4.1.57264.1.{number}"), der::utf8(text))
    }

    /// A Fulcio extension 1.1 to 1.6: the bare text.
    pub fn fulcio_old(number: u8, text: &str) -> Self {
        Self::new(&format!("1.3.6.1.4.1.57264.1.{number}"), text.as_bytes().to_vec())
    }

    /// `extKeyUsage` of these.
    pub fn extended_key_usage(purposes: &[&str]) -> Self {
        Self::new(EKU, der::sequence(&purposes.iter().map(|purpose| der::oid(purpose)).collect::<Vec<_>>()))
    }

    /// `keyUsage` with these bits.
    pub fn key_usage(bits: &[u8]) -> Self {
        Self::new(KEY_USAGE, der::named_bits(bits)).critical()
    }

    /// `basicConstraints` of a certificate authority.
    pub fn authority(path_length: Option<u64>) -> Self {
        let length = path_length.map(der::integer).unwrap_or_default();
        Self::new(BASIC_CONSTRAINTS, der::sequence(&[der::yes(), length])).critical()
    }

    fn der(&self) -> Vec<u8> {
        let critical = if self.critical { der::yes() } else { Vec::new() };
        der::sequence(&[der::oid(&self.oid), critical, der::octets(&self.value)])
    }
}

impl CertificateProfile {
    /// A version 3 certificate with a random serial number and no extension.
    pub fn new(issuer: Vec<u8>, subject: Vec<u8>, spki: Vec<u8>, not_before: i64, not_after: i64) -> Self {
        let mut serial = vec![0_u8; 16];
        aws_lc_rs::rand::fill(&mut serial).unwrap();
        serial[0] = 0x40 | (serial[0] & 0x3f);
        Self {
            version: 2,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            spki,
            extensions: Vec::new(),
            inner_algorithm: None,
            outer_algorithm: None,
        }
    }

    /// Adds an extension.
    #[must_use]
    pub fn with(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Replaces the extensions with `extension`'s identifier, or adds it.
    pub fn replace(&mut self, extension: Extension) {
        match self.extensions.iter_mut().find(|other| other.oid == extension.oid) {
            Some(place) => *place = extension,
            None => self.extensions.push(extension),
        }
    }

    /// Removes every extension with that identifier.
    pub fn remove(&mut self, oid: &str) {
        self.extensions.retain(|extension| extension.oid != oid);
    }

    /// Replaces the subject alternative names.
    pub fn set_sans(&mut self, sans: &[San]) {
        let names = der::sequence(&sans.iter().map(San::der).collect::<Vec<_>>());
        self.replace(Extension::new(SAN, names).critical());
    }

    /// Replaces a Fulcio extension of the new kind (1.8 and later).
    pub fn set_claim(&mut self, number: u8, text: &str) {
        self.replace(Extension::fulcio(number, text));
    }

    /// The part that is signed.
    pub fn tbs(&self, issuing_key: &SigningKey) -> Vec<u8> {
        let mut parts = Vec::new();
        if self.version > 0 {
            parts.push(der::context(0, &der::integer(self.version.into())));
        }
        parts.push(der::unsigned(&self.serial));
        parts.push(self.inner_algorithm.clone().unwrap_or_else(|| issuing_key.signature_algorithm()));
        parts.push(self.issuer.clone());
        parts.push(der::sequence(&[der::time(self.not_before), der::time(self.not_after)]));
        parts.push(self.subject.clone());
        parts.push(self.spki.clone());
        if self.version > 0 && !self.extensions.is_empty() {
            let extensions: Vec<_> = self.extensions.iter().map(Extension::der).collect();
            parts.push(der::context(3, &der::sequence(&extensions)));
        }
        der::sequence(&parts)
    }

    /// The certificate, signed by `issuing_key`.
    pub fn sign(&self, issuing_key: &SigningKey) -> Vec<u8> {
        let tbs = self.tbs(issuing_key);
        let signature = issuing_key.sign(&tbs);
        let algorithm = self.outer_algorithm.clone().unwrap_or_else(|| issuing_key.signature_algorithm());
        der::sequence(&[tbs, algorithm, der::bits(&signature)])
    }
}
