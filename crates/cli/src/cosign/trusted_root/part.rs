//! One service of a trusted root, and how it is named on the command line.

use ::time::OffsetDateTime;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate::verify::{Digest, PublicKey};
use serde_json::{Value, json};
use x509_parser::{
    certificate::X509Certificate,
    prelude::FromDer as _,
    public_key::PublicKey as ParsedKey,
    x509::{SubjectPublicKeyInfo, X509Name},
};

use crate::{cosign::key, files, go::time, limits};

/// A certificate authority or timestamp authority.
#[derive(Debug)]
pub(in crate::cosign) struct Authority {
    /// DER, the root last.
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) uri: String,
    pub(super) start: OffsetDateTime,
    pub(super) end: Option<OffsetDateTime>,
}

/// A transparency log or CT log.
#[derive(Debug)]
pub(in crate::cosign) struct Log {
    pub(super) url: String,
    /// SubjectPublicKeyInfo, DER.
    pub(super) key: Vec<u8>,
    pub(super) details: String,
    pub(super) id: Vec<u8>,
    pub(super) start: OffsetDateTime,
    pub(super) end: Option<OffsetDateTime>,
}

impl Authority {
    /// `url=...,certificate-chain=FILE[,start-time=...][,end-time=...]`
    pub(super) fn of_fulcio_spec(spec: &str) -> Result<Self, String> {
        let pairs = Pairs::read(spec)?;
        let [url, file] = pairs.required(["url", "certificate-chain"], "fulcio")?;
        let mut authority = Self::of_chain(file, url.to_owned())
            .map_err(|error| format!("parsing Fulcio certificate-chain: {error}"))?;
        authority.start = pairs.time("start-time")?.unwrap_or(authority.start);
        authority.end = pairs.time("end-time")?;
        Ok(authority)
    }

    /// The same, of a timestamp authority: the chain begins with its own certificate.
    pub(super) fn of_timestamp_spec(spec: &str) -> Result<Self, String> {
        let pairs = Pairs::read(spec)?;
        let [url, file] = pairs.required(["url", "certificate-chain"], "tsa")?;
        let chain = certificates(file).map_err(|error| format!("parsing TSA certificate-chain: {error}"))?;
        let leaf = leaf(&chain)?;
        let start = pairs.time("start-time")?.unwrap_or(leaf);
        Ok(Self { chain: with_both_ends(chain), uri: url.to_owned(), start, end: pairs.time("end-time")? })
    }

    /// A certificate authority's chain in a file.
    pub(super) fn of_chain(name: &str, uri: String) -> Result<Self, String> {
        let chain = certificates(name)?;
        let start = begins(chain.last())?;
        Ok(Self { chain, uri, start, end: None })
    }

    /// A timestamp authority's chain in a file.
    pub(super) fn of_timestamp_chain(name: &str, uri: String) -> Result<Self, String> {
        let chain = certificates(name)?;
        leaf(&chain)?;
        if chain.len() < 2 {
            return Err("certificate chain must have at least two certificates".into());
        }
        let start = begins(chain.last())?;
        Ok(Self { chain, uri, start, end: None })
    }

    /// As a trusted root has it.
    pub(super) fn message(&self) -> Value {
        let certificates: Vec<Value> =
            self.chain.iter().map(|der| json!({"rawBytes": STANDARD.encode(der)})).collect();
        let (organization, name) = self.chain.last().and_then(|der| subject(der)).unwrap_or_default();
        json!({
            "subject": {"organization": organization, "commonName": name},
            "uri": self.uri,
            "certChain": {"certificates": certificates},
            "validFor": period(self.start, self.end),
        })
    }
}

impl Log {
    /// `url=...,public-key=FILE,start-time=...[,end-time=...][,origin=...]`
    pub(super) fn of_spec(spec: &str) -> Result<Self, String> {
        let pairs = Pairs::read(spec)?;
        let [url, file, _] = pairs.required(["url", "public-key", "start-time"], "tlog")?;
        let key = public_key(file).map_err(|error| format!("parsing public-key: {error}"))?;
        let start = pairs.time("start-time")?.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let mut log = Self::new(key, url, pairs.get("origin"))?;
        (log.start, log.end) = (start, pairs.time("end-time")?);
        Ok(log)
    }

    /// A key in a file, and what else is known of its log.
    pub(super) fn of_key(
        name: &str,
        url: &str,
        start: Option<&str>,
        end: Option<&str>,
        origin: Option<&str>,
    ) -> Result<Self, String> {
        let mut log = Self::new(public_key(name)?, url, origin)?;
        log.start = start.map(time::parse).transpose()?.unwrap_or(log.start);
        log.end = end.map(time::parse).transpose()?;
        Ok(log)
    }

    fn new(key: Vec<u8>, url: &str, origin: Option<&str>) -> Result<Self, String> {
        let (details, id) = facts(&key, origin)?;
        Ok(Self {
            url: url.to_owned(),
            key,
            details: details.to_owned(),
            id,
            start: OffsetDateTime::UNIX_EPOCH,
            end: None,
        })
    }

    /// As a trusted root has it.
    pub(super) fn message(&self) -> Value {
        json!({
            "baseUrl": self.url,
            "hashAlgorithm": 1,
            "publicKey": {
                "rawBytes": STANDARD.encode(&self.key),
                "keyDetails": self.details,
                "validFor": period(self.start, self.end),
            },
            "logId": {"keyId": STANDARD.encode(&self.id)},
        })
    }
}

struct Pairs<'s>(Vec<(&'s str, &'s str)>);

impl<'s> Pairs<'s> {
    fn read(spec: &'s str) -> Result<Self, String> {
        let pair = |pair: &'s str| {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| format!("invalid key-value pair: {pair}"))?;
            Ok((key.trim(), value.trim()))
        };
        spec.split(',').map(pair).collect::<Result<_, String>>().map(Self)
    }

    fn get(&self, key: &str) -> Option<&'s str> {
        self.0.iter().rev().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    fn required<const N: usize>(&self, keys: [&str; N], kind: &str) -> Result<[&'s str; N], String> {
        let missing = |key: &str| format!("missing or empty required key '{key}' in {kind} spec");
        let mut values = [""; N];
        for (value, key) in values.iter_mut().zip(keys) {
            *value = self.get(key).filter(|value| !value.is_empty()).ok_or_else(|| missing(key))?;
        }
        Ok(values)
    }

    fn time(&self, key: &str) -> Result<Option<OffsetDateTime>, String> {
        let text = self.get(key).filter(|text| !text.is_empty());
        text.map(time::parse).transpose().map_err(|error| format!("parsing {key}: {error}"))
    }
}

// Every PEM block is a certificate, whatever it calls itself.
fn certificates(name: &str) -> Result<Vec<Vec<u8>>, String> {
    let bytes = files::read(name, limits::FILE).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    let mut chain = Vec::new();
    for block in pem::parse_many(text.as_bytes()).unwrap_or_default() {
        let der = block.into_contents();
        match X509Certificate::from_der(&der) {
            Ok(([], _)) => {}
            Ok(_) => return Err("x509: trailing data".into()),
            Err(_) => return Err("x509: malformed certificate".into()),
        }
        chain.push(der);
        if chain.len() > limits::CERTIFICATES {
            return Err(format!("more than {} certificates in file {name}", limits::CERTIFICATES));
        }
    }
    if chain.is_empty() {
        return Err(format!("no certificates in file {name}"));
    }
    Ok(chain)
}

fn public_key(name: &str) -> Result<Vec<u8>, String> {
    let bytes = files::read(name, limits::FILE).map_err(|error| error.to_string())?;
    let key: PublicKey = key::first_of(&bytes)
        .map_err(|error| error.strip_prefix("pem to public key: ").map(str::to_owned).unwrap_or(error))?;
    Ok(key.spki().to_vec())
}

// When the chain's first certificate begins; it must be the authority's own.
fn leaf(chain: &[Vec<u8>]) -> Result<OffsetDateTime, String> {
    let is_authority = chain
        .first()
        .is_some_and(|der| X509Certificate::from_der(der).is_ok_and(|(_, certificate)| certificate.is_ca()));
    if is_authority {
        return Err("first certificate in chain must be a leaf certificate".into());
    }
    begins(chain.first())
}

// A chain of one is both its own leaf and its own root.
fn with_both_ends(mut chain: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    if let [only] = chain.as_slice() {
        let only = only.clone();
        chain.push(only);
    }
    chain
}

fn begins(der: Option<&Vec<u8>>) -> Result<OffsetDateTime, String> {
    let der = der.map(Vec::as_slice).unwrap_or_default();
    let (_, certificate) =
        X509Certificate::from_der(der).map_err(|_| "x509: malformed certificate".to_owned())?;
    Ok(certificate.validity().not_before.to_datetime())
}

fn subject(der: &[u8]) -> Option<(String, String)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let subject: &X509Name<'_> = certificate.subject();
    let organization = subject.iter_organization().next().and_then(|value| value.as_str().ok());
    let name = subject.iter_common_name().last().and_then(|value| value.as_str().ok());
    Some((organization.unwrap_or_default().to_owned(), name.unwrap_or_default().to_owned()))
}

fn period(start: OffsetDateTime, end: Option<OffsetDateTime>) -> Value {
    let mut period = json!({"start": time::write(start)});
    if let (Some(end), Some(fields)) = (end, period.as_object_mut()) {
        fields.insert("end".into(), time::write(end).into());
    }
    period
}

// The name of the key's kind, and the log's id: over the key alone, or as signed notes have it where there is an origin.
fn facts(spki: &[u8], origin: Option<&str>) -> Result<(&'static str, Vec<u8>), String> {
    let unknown = || "unknown public key type".to_owned();
    let (_, info) = SubjectPublicKeyInfo::from_der(spki).map_err(|_| unknown())?;
    let own = || Digest::sha256(spki).bytes().to_vec();
    let note = |origin: &str, kind: &[u8], key: &[u8]| {
        Digest::sha256(&[origin.as_bytes(), b"\n", kind, key].concat()).bytes().to_vec()
    };
    Ok(match info.parsed() {
        Ok(ParsedKey::RSA(key)) => {
            let details = match key.key_size() {
                2048 => "PKIX_RSA_PKCS1V15_2048_SHA256",
                3072 => "PKIX_RSA_PKCS1V15_3072_SHA256",
                4096 => "PKIX_RSA_PKCS1V15_4096_SHA256",
                bits => return Err(format!("unsupported public modulus for RSA key: {}", bits / 8)),
            };
            (details, origin.map_or_else(own, |origin| note(origin, b"\xffPKIX-RSA-PKCS#1v1.5", spki)))
        }
        Ok(ParsedKey::EC(point)) => {
            let details = match point.key_size() {
                256 => "PKIX_ECDSA_P256_SHA_256",
                384 => "PKIX_ECDSA_P384_SHA_384",
                _ => "PKIX_ECDSA_P521_SHA_512",
            };
            (details, own())
        }
        _ if info.algorithm.algorithm.to_id_string() == "1.3.101.112" => {
            let raw = &info.subject_public_key.data;
            ("PKIX_ED25519", origin.map_or_else(own, |origin| note(origin, b"\x01", raw)))
        }
        _ => return Err(unknown()),
    })
}
