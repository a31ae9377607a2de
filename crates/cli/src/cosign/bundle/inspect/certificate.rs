//! A certificate.

use x509_parser::{
    certificate::X509Certificate,
    extensions::{ExtendedKeyUsage, GeneralName, KeyUsage, ParsedExtension, X509Extension},
    prelude::FromDer as _,
    public_key::PublicKey,
    x509::{SubjectPublicKeyInfo, X509Name},
};

use super::tree::{Tree, hex, size};
use crate::{cosign::trusted_root::Services, go::time};

/// Shows a certificate.
pub(super) fn show(tree: &mut Tree, der: &[u8], known: &Services) {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        tree.leaf("Error", "the certificate cannot be parsed");
        return;
    };
    tree.leaf("Signature Algorithm", &signature_algorithm(&certificate));
    let subject = distinguished_name(certificate.subject());
    if !subject.is_empty() {
        tree.leaf("Subject", &subject);
    }
    issuer(tree, certificate.issuer());
    let validity = certificate.validity();
    tree.branch("Validity", |tree| {
        tree.leaf("Not Before", &time::write(validity.not_before.to_datetime()));
        tree.leaf("Not After", &time::write(validity.not_after.to_datetime()));
    });
    tree.branch("Subject Public Key Info", |tree| key(tree, certificate.public_key()));
    tree.branch("Extensions", |tree| {
        identity(tree, &certificate);
        for extension in certificate.extensions() {
            usages(tree, extension, known);
        }
        for extension in certificate.extensions() {
            other(tree, extension, known);
        }
    });
    tree.leaf("Signature", &size(certificate.signature_value.data.len()));
}

fn issuer(tree: &mut Tree, issuer: &X509Name<'_>) {
    let facts = [
        ("Common Name", issuer.iter_common_name().last()),
        ("Organization", issuer.iter_organization().next()),
        ("Country", issuer.iter_country().next()),
    ];
    let facts: Vec<(&str, &str)> =
        facts.iter().filter_map(|(label, value)| Some((*label, value.as_ref()?.as_str().ok()?))).collect();
    if !facts.is_empty() {
        tree.branch("Issuer", |tree| facts.iter().for_each(|(label, value)| tree.leaf(label, value)));
    }
}

fn key(tree: &mut Tree, info: &SubjectPublicKeyInfo<'_>) {
    let short = |bytes: &[u8]| {
        let text = hex(bytes);
        match (text.get(..8), text.get(text.len().saturating_sub(8)..)) {
            (Some(start), Some(end)) if text.len() > 20 => {
                format!("{start}...{end} ({} bytes)", bytes.len())
            }
            _ => text,
        }
    };
    match info.parsed() {
        Ok(PublicKey::EC(point)) => {
            let curve = match point.key_size() {
                256 => "P-256",
                384 => "P-384",
                _ => "P-521",
            };
            tree.leaf("Algorithm", "ECDSA");
            tree.leaf("Curve", curve);
            tree.leaf("Public Key", &short(point.data()));
        }
        Ok(PublicKey::RSA(key)) => {
            tree.leaf("Algorithm", "RSA");
            tree.leaf("Key Size", &format!("{} bits", key.key_size()));
        }
        _ if info.algorithm.algorithm.to_id_string() == "1.3.101.112" => {
            tree.leaf("Algorithm", "Ed25519");
            tree.leaf("Public Key", &short(&info.subject_public_key.data));
        }
        _ => tree.leaf("Algorithm", "Unknown"),
    }
}

fn identity(tree: &mut Tree, certificate: &X509Certificate<'_>) {
    let mut names: Vec<(&str, String)> = Vec::new();
    let common = certificate.subject().iter_common_name().last();
    if let Some(name) = common.and_then(|name| name.as_str().ok()) {
        names.push(("Common Name", name.to_owned()));
    }
    for extension in certificate.extensions() {
        if let ParsedExtension::SubjectAlternativeName(alternative) = extension.parsed_extension() {
            for name in &alternative.general_names {
                names.extend(match name {
                    GeneralName::RFC822Name(text) => Some(("Email", (*text).to_owned())),
                    GeneralName::URI(text) => Some(("URI", (*text).to_owned())),
                    GeneralName::DNSName(text) => Some(("DNS", (*text).to_owned())),
                    GeneralName::IPAddress(bytes) => Some(("IP", hex(bytes))),
                    _ => Some(("Other", "a name of another kind".to_owned())),
                });
            }
        }
    }
    if !names.is_empty() {
        tree.branch("Identity (Subject Alternative Name)", |tree| {
            names.iter().for_each(|(label, name)| tree.leaf(label, name));
        });
    }
}

fn usages(tree: &mut Tree, extension: &X509Extension<'_>, known: &Services) {
    match extension.parsed_extension() {
        ParsedExtension::KeyUsage(usage) => tree.leaf("Key Usage", &key_usage(usage)),
        ParsedExtension::ExtendedKeyUsage(usage) => tree.leaf("Extended Key Usage", &extended_usage(usage)),
        ParsedExtension::SubjectKeyIdentifier(id) => tree.leaf("Subject Key ID", &hex(id.0)),
        ParsedExtension::AuthorityKeyIdentifier(id) => {
            let id = id.key_identifier.as_ref().map(|id| id.0).unwrap_or_default();
            match known.authority_url(id) {
                Some(url) => tree.leaf("Authority URL", url),
                None => tree.leaf("Authority Key ID", &hex(id)),
            }
        }
        _ => {}
    }
}

fn key_usage(usage: &KeyUsage) -> String {
    let names = [
        (usage.digital_signature(), "Digital Signature"),
        (usage.non_repudiation(), "Content Commitment"),
        (usage.key_encipherment(), "Key Encipherment"),
        (usage.data_encipherment(), "Data Encipherment"),
        (usage.key_agreement(), "Key Agreement"),
        (usage.key_cert_sign(), "Cert Sign"),
        (usage.crl_sign(), "CRL Sign"),
        (usage.encipher_only(), "Encipher Only"),
        (usage.decipher_only(), "Decipher Only"),
    ];
    joined(names.into_iter())
}

fn extended_usage(usage: &ExtendedKeyUsage<'_>) -> String {
    let names = [
        (usage.any, "Any"),
        (usage.server_auth, "Server Auth"),
        (usage.client_auth, "Client Auth"),
        (usage.code_signing, "Code Signing"),
        (usage.email_protection, "Email Protection"),
        (usage.time_stamping, "Time Stamping"),
        (usage.ocsp_signing, "OCSP Signing"),
    ];
    let mut text = joined(names.into_iter());
    for other in &usage.other {
        text.push_str(if text.is_empty() { "" } else { ", " });
        text.push_str(&other.to_id_string());
    }
    text
}

fn joined<'n>(names: impl Iterator<Item = (bool, &'n str)>) -> String {
    names.filter(|(is, _)| *is).map(|(_, name)| name).collect::<Vec<_>>().join(", ")
}

fn other(tree: &mut Tree, extension: &X509Extension<'_>, known: &Services) {
    let id = extension.oid.to_id_string();
    match extension.parsed_extension() {
        ParsedExtension::KeyUsage(_)
        | ParsedExtension::ExtendedKeyUsage(_)
        | ParsedExtension::SubjectKeyIdentifier(_)
        | ParsedExtension::AuthorityKeyIdentifier(_)
        | ParsedExtension::SubjectAlternativeName(_) => {}
        ParsedExtension::SCT(all) if !all.is_empty() => {
            tree.node("Signed Certificate Timestamps", &all.len().to_string(), |tree| {
                for (index, sct) in all.iter().enumerate() {
                    tree.branch(&format!("Signed Certificate Timestamp [{index}]"), |tree| {
                        tree.leaf("Version", &format!("v{}", u16::from(sct.version.0) + 1));
                        match known.ct_log_url(sct.id.key_id) {
                            Some(url) => tree.leaf("Log URL", url),
                            None => tree.leaf("Log ID", &hex(sct.id.key_id)),
                        }
                        tree.leaf("Timestamp", &milliseconds(sct.timestamp));
                        let extensions = match sct.extensions.0.len() {
                            0 => "none".to_owned(),
                            length => format!("{length} bytes"),
                        };
                        tree.leaf("Extensions", &extensions);
                        tree.leaf("Signature", &size(sct.signature.data.len()));
                    });
                }
            });
        }
        _ => match id.strip_prefix("1.3.6.1.4.1.57264.1.").and_then(claim) {
            Some(name) => tree.leaf(name, &claim_text(extension.value)),
            None => tree.leaf(
                &format!("OID: {id}"),
                &format!("(Critical: {}) [{} bytes]", extension.critical, extension.value.len()),
            ),
        },
    }
}

// The last arc of Fulcio's extensions, and what it says.
fn claim(arc: &str) -> Option<&'static str> {
    Some(match arc {
        "1" => "OIDC Issuer",
        "2" => "GitHub Workflow Trigger",
        "3" => "GitHub Workflow SHA",
        "4" => "GitHub Workflow Name",
        "5" => "GitHub Workflow Repository",
        "6" => "GitHub Workflow Ref",
        "7" => "OtherName SAN",
        "8" => "Issuer (V2)",
        "9" => "Build Signer URI",
        "10" => "Build Signer Digest",
        "11" => "Runner Environment",
        "12" => "Source Repository URI",
        "13" => "Source Repository Digest",
        "14" => "Source Repository Ref",
        "15" => "Source Repository Identifier",
        "16" => "Source Repository Owner URI",
        "17" => "Source Repository Owner Identifier",
        "18" => "Build Config URI",
        "19" => "Build Config Digest",
        "20" => "Build Trigger",
        "21" => "Run Invocation URI",
        "22" => "Source Repository Visibility At Signing",
        "23" => "Deployment Environment",
        "24" => "Token Subject",
        _ => return None,
    })
}

// The older claims are bare text, the newer ones a DER string.
fn claim_text(value: &[u8]) -> String {
    let inner = match value {
        [0x0c | 0x13 | 0x16, length, text @ ..] if usize::from(*length) == text.len() && *length < 0x80 => {
            text
        }
        [0x0c | 0x13 | 0x16, 0x81, length, text @ ..] if usize::from(*length) == text.len() => text,
        value => value,
    };
    String::from_utf8_lossy(inner).into_owned()
}

/// A name as RFC 2253 writes it: the most specific part first.
pub(in crate::cosign::bundle) fn distinguished_name(name: &X509Name<'_>) -> String {
    let part = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
        let id = attribute.attr_type().to_id_string();
        let label = match id.as_str() {
            "2.5.4.3" => "CN",
            "2.5.4.5" => "SERIALNUMBER",
            "2.5.4.6" => "C",
            "2.5.4.7" => "L",
            "2.5.4.8" => "ST",
            "2.5.4.9" => "STREET",
            "2.5.4.10" => "O",
            "2.5.4.11" => "OU",
            "2.5.4.17" => "POSTALCODE",
            other => other,
        };
        let value = attribute.as_str().map_or_else(|_| format!("#{}", hex(attribute.as_slice())), escaped);
        format!("{label}={value}")
    };
    let parts: Vec<String> =
        name.iter_rdn().map(|rdn| rdn.iter().map(part).collect::<Vec<_>>().join("+")).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join(",")
}

fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (index, letter) in value.chars().enumerate() {
        let edge = letter == ' ' && (index == 0 || index == last) || letter == '#' && index == 0;
        if edge || matches!(letter, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

fn milliseconds(since: u64) -> String {
    let seconds = i64::try_from(since / 1000).unwrap_or(i64::MAX);
    ::time::OffsetDateTime::from_unix_timestamp(seconds).map_or_else(|_| since.to_string(), time::write)
}

fn signature_algorithm(certificate: &X509Certificate<'_>) -> String {
    let id = certificate.signature_algorithm.algorithm.to_id_string();
    let name = match id.as_str() {
        "1.2.840.10045.4.3.2" => "ECDSA-SHA256",
        "1.2.840.10045.4.3.3" => "ECDSA-SHA384",
        "1.2.840.10045.4.3.4" => "ECDSA-SHA512",
        "1.2.840.113549.1.1.11" => "SHA256-RSA",
        "1.2.840.113549.1.1.12" => "SHA384-RSA",
        "1.2.840.113549.1.1.13" => "SHA512-RSA",
        "1.3.101.112" => "Ed25519",
        other => other,
    };
    name.to_owned()
}
