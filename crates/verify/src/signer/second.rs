//! A certificate as another parser reads it.

use std::{collections::BTreeMap, net::IpAddr};

use x509_cert::{
    Certificate,
    der::{Decode as _, Encode as _, asn1::Utf8StringRef},
    ext::pkix::{SubjectAltName, name::GeneralName},
    time::Time,
};

use super::subject::{SignerSubject, SubjectKind};

/// What the two readings must agree about. Every key is read: only its bytes are compared.
#[derive(Eq, PartialEq)]
pub(super) struct Second {
    /// The names of a kind that is read, in the certificate's order.
    pub(super) names: Vec<SignerSubject>,
    /// First and last second.
    pub(super) validity: (i64, i64),
    /// The SubjectPublicKeyInfo, DER.
    pub(super) spki: Vec<u8>,
    /// The texts of the extensions 1.3.6.1.4.1.57264.1.1 to .24, by last arc.
    pub(super) extensions: BTreeMap<u8, String>,
}

impl Second {
    /// Reads a certificate; nothing if this parser does not.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?.tbs_certificate;
        let seconds = |time: Time| i64::try_from(time.to_unix_duration().as_secs()).ok();
        let validity = (seconds(certificate.validity.not_before)?, seconds(certificate.validity.not_after)?);
        let spki = certificate.subject_public_key_info.to_der().ok()?;
        let names = match certificate.get::<SubjectAltName>().ok()? {
            Some((_, names)) => names.0.iter().map(name).collect::<Option<Vec<_>>>()?,
            None => Vec::new(),
        };
        let others = names.iter().filter(|name| matches!(name, Name::Other(_))).count();
        let names = names.into_iter().filter_map(|name| match name {
            Name::Other(Some(name)) if others == 1 => Some(name),
            Name::Other(_) | Name::Unread => None,
            Name::Read(name) => Some(name),
        });
        let names = names.collect();
        let mut extensions = BTreeMap::new();
        for extension in certificate.extensions.unwrap_or_default() {
            let dotted = extension.extn_id.to_string();
            let number = dotted.strip_prefix(FULCIO).and_then(|last| last.parse().ok());
            if let Some(number @ (1..=6 | 8..=24)) = number {
                let bytes = extension.extn_value.as_bytes();
                let text = match number {
                    1..=6 => std::str::from_utf8(bytes).ok()?,
                    _ => Utf8StringRef::from_der(bytes).ok()?.as_str(),
                };
                extensions.insert(number, text.to_owned());
            }
        }
        Some(Self { names, validity, spki, extensions })
    }
}

enum Name {
    /// An `otherName`: Fulcio's, or nothing.
    Other(Option<SignerSubject>),
    Read(SignerSubject),
    Unread,
}

fn name(name: &GeneralName) -> Option<Name> {
    let read = |kind, value: &str| Name::Read(SignerSubject { kind, value: value.to_owned() });
    Some(match name {
        GeneralName::DnsName(text) => read(SubjectKind::Dns, text.as_str()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let address = match bytes.len() {
                4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
                _ => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
            };
            read(SubjectKind::Ip, &address.to_canonical().to_string())
        }
        GeneralName::OtherName(other) if other.type_id.to_string() == format!("{FULCIO}7") => {
            let value = other.value.decode_as::<Utf8StringRef<'_>>().ok()?.as_str().to_owned();
            Name::Other(Some(SignerSubject { kind: SubjectKind::Other, value }))
        }
        GeneralName::OtherName(_) => Name::Other(None),
        GeneralName::Rfc822Name(text) => read(SubjectKind::Email, text.as_str()),
        GeneralName::UniformResourceIdentifier(text) => read(SubjectKind::Uri, text.as_str()),
        _ => Name::Unread,
    })
}

const FULCIO: &str = "1.3.6.1.4.1.57264.1.";
