//! A certificate's subject alternative names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    oid_registry::OID_X509_EXT_SUBJECT_ALT_NAME,
};

use super::certificate::{FULCIO, SignerError};
use crate::der;

/// A subject alternative name.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct SignerSubject {
    /// Of which kind.
    pub kind: SubjectKind,
    /// Its text; of an IP address the shortest spelling (RFC 5952).
    pub value: String,
}

/// The kinds of subject alternative name that are read. Sigstore's own authority writes neither DNS names nor IP addresses,
/// and no policy can mean them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// `dNSName`
    Dns,
    /// `rfc822Name`
    Email,
    /// `iPAddress`
    Ip,
    /// `uniformResourceIdentifier`
    Uri,
    /// Fulcio's `otherName` 1.3.6.1.4.1.57264.1.7
    Other,
}

/// Which of a certificate's subject alternative names a rule compares; all its conditions must hold for one of them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Names {
    /// Whichever fits. Only for what cosign's flags ask of its older format.
    Any,
    /// The one that bundles are known by ([`CertificateSigner::subject`](super::CertificateSigner::subject)), which is no host and no address. Only for what
    /// cosign's flags ask of bundles.
    First,
    /// The only one there is ([`sole_subject`](super::CertificateSigner::sole_subject)); other certificates are nobody's.
    #[default]
    Sole,
}

/// The names of a certificate as it writes them.
pub(super) struct Written {
    /// Those of a kind that is read, in the certificate's order; at least one.
    pub(super) names: Vec<SignerSubject>,
    /// How many there are of other kinds.
    pub(super) unread: usize,
}

impl Written {
    /// Reads them. One that is malformed refuses all.
    pub(super) fn read(certificate: &X509Certificate<'_>) -> Result<Self, SignerError> {
        let extension =
            certificate.extensions().iter().find(|extension| extension.oid == OID_X509_EXT_SUBJECT_ALT_NAME);
        let general = match extension.map(|extension| extension.parsed_extension()) {
            None => return Err(SignerError::SubjectCount { found: 0 }),
            Some(ParsedExtension::SubjectAlternativeName(san)) => &san.general_names,
            Some(_) => return Err(SignerError::MalformedSubject),
        };
        let others = general.iter().filter(|name| matches!(name, GeneralName::OtherName(..))).count();
        let (mut names, mut odd) = (Vec::new(), Vec::new());
        for name in general {
            match read(name)? {
                // Fulcio's stands alone of its kind; which of two would be meant?
                Ok(name) if name.kind == SubjectKind::Other && others > 1 => odd.push("another otherName"),
                Ok(name) => names.push(name),
                Err(kind) => odd.push(kind),
            }
        }
        match (names.is_empty(), odd.as_slice()) {
            (true, [found]) => Err(SignerError::SubjectKind { found }),
            (true, _) => Err(SignerError::SubjectCount { found: odd.len() }),
            (false, _) => Ok(Self { names, unread: odd.len() }),
        }
    }

    /// The one by which a bundle's signer is known, where there are several: the first URI, else mail address, else Fulcio's
    /// `otherName`.
    pub(super) fn known_by(&self) -> Option<&SignerSubject> {
        let first = |kind| self.names.iter().find(|name| name.kind == kind);
        first(SubjectKind::Uri)
            .or_else(|| first(SubjectKind::Email))
            .or_else(|| first(SubjectKind::Other))
            .or_else(|| self.names.first())
    }
}

// A name, or the kind that is not read.
fn read(name: &GeneralName<'_>) -> Result<Result<SignerSubject, &'static str>, SignerError> {
    let (kind, value) = match name {
        GeneralName::DNSName(text) => (SubjectKind::Dns, ascii(text)?),
        GeneralName::IPAddress(bytes) => (SubjectKind::Ip, address(bytes)?),
        GeneralName::OtherName(oid, value) if oid.as_bytes().strip_prefix(FULCIO) == Some(&[7]) => {
            (SubjectKind::Other, other(value)?)
        }
        GeneralName::RFC822Name(text) => (SubjectKind::Email, ascii(text)?),
        GeneralName::URI(text) => (SubjectKind::Uri, ascii(text)?),
        GeneralName::OtherName(..) => return Ok(Err("another otherName")),
        GeneralName::DirectoryName(_) => return Ok(Err("directoryName")),
        GeneralName::Invalid(..) => return Err(SignerError::MalformedSubject),
        GeneralName::EDIPartyName(_) | GeneralName::RegisteredID(_) | GeneralName::X400Address(_) => {
            return Ok(Err("rare"));
        }
    };
    // THREAT: `good@example.com\n` or a NUL, which one comparison drops and another keeps.
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(SignerError::MalformedSubject);
    }
    Ok(Ok(SignerSubject { kind, value }))
}

// IA5String: the reader accepts any UTF-8 there, we do not.
fn ascii(text: &str) -> Result<String, SignerError> {
    if text.is_ascii() { Ok(text.to_owned()) } else { Err(SignerError::MalformedSubject) }
}

// SPEC: RFC 5280 4.2.1.6, four or sixteen bytes. A mapped IPv4 address is that address.
fn address(bytes: &[u8]) -> Result<String, SignerError> {
    let address = match (<[u8; 4]>::try_from(bytes), <[u8; 16]>::try_from(bytes)) {
        (Ok(four), _) => IpAddr::V4(Ipv4Addr::from(four)),
        (_, Ok(sixteen)) => IpAddr::V6(Ipv6Addr::from(sixteen)),
        _ => return Err(SignerError::MalformedSubject),
    };
    Ok(address.to_canonical().to_string())
}

// `[0] EXPLICIT UTF8String`.
fn other(value: &[u8]) -> Result<String, SignerError> {
    let text = der::whole(value, 0xa0).and_then(|inner| der::whole(inner, der::UTF8_STRING));
    text.and_then(|bytes| std::str::from_utf8(bytes).ok())
        .map(str::to_owned)
        .ok_or(SignerError::MalformedSubject)
}
