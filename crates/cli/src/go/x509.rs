//! A certificate as Go's JSON shows its `x509.Certificate`: every field, also those that nobody wants.

mod extensions;
mod name;
mod url;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use x509_parser::{
    certificate::X509Certificate, num_bigint::BigUint, parse_x509_certificate, public_key::PublicKey,
    x509::SubjectPublicKeyInfo,
};

use super::json::string;
use extensions::Extensions;

/// Writes a DER certificate.
///
/// # Errors
/// Why it is none.
pub(crate) fn json(der: &[u8]) -> Result<String, String> {
    let (rest, certificate) =
        parse_x509_certificate(der).map_err(|_| "x509: malformed certificate".to_owned())?;
    if !rest.is_empty() {
        return Err("x509: trailing data".to_owned());
    }
    let tbs = &certificate.tbs_certificate;
    let mut fields: Vec<(&str, String)> = vec![
        ("Raw", bytes(der)),
        ("RawTBSCertificate", bytes(tbs.as_ref())),
        ("RawSubjectPublicKeyInfo", bytes(tbs.subject_pki.raw)),
        ("RawSubject", bytes(tbs.subject.as_raw())),
        ("RawIssuer", bytes(tbs.issuer.as_raw())),
        ("RawSignatureAlgorithm", bytes(&raw_algorithm(der, &certificate)?)),
        ("Signature", bytes(&certificate.signature_value.data)),
        ("SignatureAlgorithm", signature_algorithm(&certificate).to_string()),
    ];
    let (kind, key) = public_key(&tbs.subject_pki);
    fields.push(("PublicKeyAlgorithm", kind.to_string()));
    fields.push(("PublicKey", key));
    fields.push(("Version", (tbs.version.0.saturating_add(1)).to_string()));
    fields.push(("SerialNumber", tbs.serial.to_string()));
    fields.push(("Issuer", name::json(&tbs.issuer)));
    fields.push(("Subject", name::json(&tbs.subject)));
    fields.push(("NotBefore", time(tbs.validity.not_before.timestamp())));
    fields.push(("NotAfter", time(tbs.validity.not_after.timestamp())));
    fields.extend(Extensions::of(tbs.extensions())?.fields());
    let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    Ok(format!("{{{}}}", fields.join(",")))
}

fn bytes(bytes: &[u8]) -> String {
    format!("\"{}\"", STANDARD.encode(bytes))
}

/// A list, or `null` where there is nothing in it.
fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    if items.is_empty() { "null".to_owned() } else { format!("[{}]", items.join(",")) }
}

fn texts<'t>(items: impl IntoIterator<Item = &'t str>) -> String {
    list(items.into_iter().map(string))
}

fn oid(dotted: &str) -> String {
    format!("[{}]", dotted.replace('.', ","))
}

fn time(seconds: i64) -> String {
    let timestamp = sealgate::verify::Timestamp(seconds);
    string(&timestamp.to_string())
}

// The algorithm follows the signed part, inside of the certificate's own sequence.
fn raw_algorithm(der: &[u8], certificate: &X509Certificate<'_>) -> Result<Vec<u8>, String> {
    use x509_parser::asn1_rs::{Any, FromDer as _};
    let malformed = |_| "x509: malformed certificate".to_owned();
    let (_, outer) = Any::from_der(der).map_err(malformed)?;
    let after = outer.data.get(certificate.tbs_certificate.as_ref().len()..).unwrap_or_default();
    let (rest, _) = Any::from_der(after).map_err(malformed)?;
    Ok(after.get(..after.len() - rest.len()).unwrap_or_default().to_vec())
}

// Go's numbers.
fn signature_algorithm(certificate: &X509Certificate<'_>) -> u8 {
    let algorithm = &certificate.signature_algorithm;
    match algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.4" => 2,
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => 3,
        "1.2.840.113549.1.1.11" => 4,
        "1.2.840.113549.1.1.12" => 5,
        "1.2.840.113549.1.1.13" => 6,
        "1.2.840.10045.4.1" => 9,
        "1.2.840.10045.4.3.2" => 10,
        "1.2.840.10045.4.3.3" => 11,
        "1.2.840.10045.4.3.4" => 12,
        "1.2.840.113549.1.1.10" => pss(certificate),
        "1.3.101.112" => 16,
        _ => 0,
    }
}

fn pss(certificate: &X509Certificate<'_>) -> u8 {
    use x509_parser::signature_algorithm::{RsaSsaPssParams, SignatureAlgorithm};
    let read = SignatureAlgorithm::try_from(&certificate.signature_algorithm);
    let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) = read else { return 0 };
    let parameters: &RsaSsaPssParams<'_> = &parameters;
    match (parameters.hash_algorithm_oid().to_id_string().as_str(), parameters.salt_length()) {
        ("2.16.840.1.101.3.4.2.1", 32) => 13,
        ("2.16.840.1.101.3.4.2.2", 48) => 14,
        ("2.16.840.1.101.3.4.2.3", 64) => 15,
        _ => 0,
    }
}

// Go's number of the kind of key, and the key.
fn public_key(info: &SubjectPublicKeyInfo<'_>) -> (u8, String) {
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => {
            let exponent = BigUint::from_bytes_be(key.exponent);
            (1, format!("{{\"N\":{},\"E\":{exponent}}}", BigUint::from_bytes_be(key.modulus)))
        }
        Ok(PublicKey::EC(point)) => {
            let coordinates = point.data().strip_prefix(&[4]).unwrap_or_default();
            let (x, y) = coordinates.split_at(coordinates.len() / 2);
            let number = BigUint::from_bytes_be;
            (3, format!("{{\"Curve\":{{}},\"X\":{},\"Y\":{}}}", number(x), number(y)))
        }
        _ if info.algorithm.algorithm.to_id_string() == "1.3.101.112" => {
            (4, bytes(&info.subject_public_key.data))
        }
        _ => (0, "null".to_owned()),
    }
}

#[cfg(test)]
mod tests;
