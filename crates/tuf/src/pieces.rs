//! A root in pieces, keys and certificates as single files, written as one `trusted_root.json`. Pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate_verify::{Digest, Timestamp as Time, limits::CHAIN_CERTIFICATES, was_issued_by};
use serde_json::{Value, json};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _, x509::SubjectPublicKeyInfo};

use crate::limits;

/// The services that pieces make up, as a `trusted_root.json` lists them.
#[derive(Clone, Debug, Default)]
pub struct Services {
    /// Certificate authorities: [`authority`].
    pub authorities: Vec<Value>,
    /// CT logs: [`log`].
    pub ct_logs: Vec<Value>,
    /// Transparency logs: [`log`].
    pub logs: Vec<Value>,
    /// Timestamp authorities: [`authority`].
    pub timestamp_authorities: Vec<Value>,
}

impl Services {
    /// The file.
    pub fn json(&self) -> Value {
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": self.logs,
            "certificateAuthorities": self.authorities,
            "ctlogs": self.ct_logs,
            "timestampAuthorities": self.timestamp_authorities,
        })
    }
}

/// A log by its key, DER; none if it is of no kind that logs use. `end` is when it ceased at the latest.
pub fn log(key: &[u8], end: Option<Time>) -> Option<Value> {
    let details = details(key)?;
    Some(json!({
        "baseUrl": "",
        "hashAlgorithm": "SHA2_256",
        "publicKey": {"rawBytes": STANDARD.encode(key), "keyDetails": details, "validFor": window(end)},
        "logId": {"keyId": STANDARD.encode(Digest::sha256(key).bytes())},
    }))
}

/// A log whose key nobody knows: its proofs are asked for, and never believed.
pub fn unknown_log() -> Value {
    json!({
        "baseUrl": "",
        "hashAlgorithm": "SHA2_256",
        "publicKey": {"rawBytes": ""},
        "logId": {"keyId": STANDARD.encode([0; 32])},
    })
}

/// An authority by its chain, lowest certificate first. `end` is when it ceased at the latest.
pub fn authority(chain: &[Vec<u8>], end: Option<Time>) -> Value {
    let certificates: Vec<Value> =
        chain.iter().map(|der| json!({"rawBytes": STANDARD.encode(der)})).collect();
    json!({
        "subject": {}, "uri": "", "certChain": {"certificates": certificates}, "validFor": window(end),
    })
}

/// There are more certificates than chains are looked for among.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("more than {} certificates", limits::CERTIFICATES)]
pub struct TooManyCertificates;

/// The chains that end in an anchor: each anchor alone, and each of the others under every anchor that it hangs from.
///
/// # Errors
/// [`TooManyCertificates`].
// THREAT: a certificate in the middle of a chain taken for one to trust, so that whoever holds its key signs without the
// root that was named. See a_certificate_that_hangs_from_no_root_is_no_authority.
pub fn chains(anchors: &[Vec<u8>], between: &[Vec<u8>]) -> Result<Vec<Vec<Vec<u8>>>, TooManyCertificates> {
    if anchors.len() + between.len() > limits::CERTIFICATES {
        return Err(TooManyCertificates);
    }
    let all: Vec<Named<'_>> = anchors.iter().chain(between).map(|der| Named::read(der)).collect();
    let issuers: BTreeMap<&[u8], Vec<&[u8]>> =
        between.iter().map(|der| (der.as_slice(), issuers(der, &all))).collect();
    let mut chains: Vec<Vec<Vec<u8>>> = anchors.iter().map(|anchor| vec![anchor.clone()]).collect();
    for lowest in between {
        let mut found = above(lowest, anchors, &issuers);
        // A root refuses one that is too long, with all the others; it is in nobody's way where a shorter one is there.
        let is_short = |chain: &Vec<Vec<u8>>| chain.len() <= CHAIN_CERTIFICATES;
        if found.iter().any(is_short) {
            found.retain(is_short);
        }
        chains.append(&mut found);
    }
    Ok(chains)
}

// The shortest chain to each anchor that `lowest` hangs from.
fn above(lowest: &[u8], anchors: &[Vec<u8>], issuers: &BTreeMap<&[u8], Vec<&[u8]>>) -> Vec<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::from([lowest]);
    let mut ways = VecDeque::from([vec![lowest]]);
    while let Some(way) = ways.pop_front() {
        let Some(last) = way.last() else { continue };
        if anchors.iter().any(|anchor| anchor == last) {
            found.push(way.into_iter().map(<[u8]>::to_vec).collect());
            continue;
        }
        for issuer in issuers.get(last).into_iter().flatten() {
            if seen.insert(issuer) {
                ways.push_back([way.as_slice(), &[*issuer]].concat());
            }
        }
    }
    found
}

// Who issued a certificate. Names say it where only one has the name. Otherwise the signature does: an authority may have
// renewed its root under its old name. What nobody of the name signed stays under the first, and a root leaves it out by name.
fn issuers<'c>(der: &[u8], all: &[Named<'c>]) -> Vec<&'c [u8]> {
    let Some(issuer) = Named::read(der).issuer else { return Vec::new() };
    let is_above = |it: &&Named<'_>| it.subject.as_ref() == Some(&issuer) && it.der != der;
    let named: BTreeSet<&[u8]> = all.iter().filter(is_above).map(|it| it.der).collect();
    if named.len() < 2 {
        return named.into_iter().collect();
    }
    let signed: Vec<&[u8]> = named.into_iter().filter(|above| was_issued_by(der, above)).collect();
    match signed.is_empty() {
        true => all.iter().find(is_above).map(|it| it.der).into_iter().collect(),
        false => signed,
    }
}

// A certificate and its two names; none of what cannot be read.
struct Named<'c> {
    der: &'c [u8],
    subject: Option<Vec<u8>>,
    issuer: Option<Vec<u8>>,
}

impl<'c> Named<'c> {
    fn read(der: &'c [u8]) -> Self {
        let names = X509Certificate::from_der(der)
            .ok()
            .map(|(_, it)| (it.subject().as_raw().to_vec(), it.issuer().as_raw().to_vec()));
        let (subject, issuer) = names.unzip();
        Self { der, subject, issuer }
    }
}

/// Whether a certificate names itself as its issuer.
pub fn is_self_signed(der: &[u8]) -> bool {
    let Named { subject, issuer, .. } = Named::read(der);
    subject.is_some() && subject == issuer
}

/// Whether a certificate is an authority's.
pub fn is_authority(der: &[u8]) -> bool {
    X509Certificate::from_der(der)
        .ok()
        .and_then(|(_, parsed)| parsed.basic_constraints().ok().flatten().map(|found| found.value.ca))
        .unwrap_or_default()
}

fn details(spki: &[u8]) -> Option<&'static str> {
    let (_, key) = SubjectPublicKeyInfo::from_der(spki).ok()?;
    match key.algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.10045.2.1" => {
            match key.algorithm.parameters.as_ref()?.as_oid().ok()?.to_id_string().as_str() {
                "1.2.840.10045.3.1.7" => Some("PKIX_ECDSA_P256_SHA_256"),
                "1.3.132.0.34" => Some("PKIX_ECDSA_P384_SHA_384"),
                "1.3.132.0.35" => Some("PKIX_ECDSA_P521_SHA_512"),
                _ => None,
            }
        }
        "1.2.840.113549.1.1.1" => Some(match key.subject_public_key.data.len() {
            0..400 => "PKIX_RSA_PKCS1V15_2048_SHA256",
            400..500 => "PKIX_RSA_PKCS1V15_3072_SHA256",
            _ => "PKIX_RSA_PKCS1V15_4096_SHA256",
        }),
        "1.3.101.112" => Some("PKIX_ED25519"),
        _ => None,
    }
}

// A key alone does not say when it began. The file's form wants a time, so it has the one that excludes nothing.
fn window(end: Option<Time>) -> Value {
    match end {
        None => json!({"start": ALWAYS}),
        Some(end) => json!({"start": ALWAYS, "end": end.to_string()}),
    }
}

const ALWAYS: &str = "1970-01-01T00:00:00Z";
