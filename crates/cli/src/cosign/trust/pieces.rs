//! A root put together from single PEM files, as cosign's older flags and variables name them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate::verify::{Digest, TrustedRoot};
use serde_json::{Value, json};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _, x509::SubjectPublicKeyInfo};

use super::super::{failure::Failure, meaning};
use crate::{Console, files, go::flags::Typed, limits};

const AUTHORITY_FLAGS: [&str; 3] = ["certificate-chain", "ca-roots", "ca-intermediates"];
const CT_LOG: &str = "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE";
const LOG: &str = "SIGSTORE_REKOR_PUBLIC_KEY";
const ROOT: &str = "SIGSTORE_ROOT_FILE";
const TIMESTAMPS: &str = "SIGSTORE_TSA_CERTIFICATE_FILE";

/// Whether any piece is named.
pub(super) fn named(typed: &Typed, console: &Console<'_>) -> bool {
    let flags = AUTHORITY_FLAGS.iter().chain(&["timestamp-certificate-chain"]);
    flags.into_iter().any(|flag| typed.some(flag).is_some())
        || [CT_LOG, LOG, ROOT, TIMESTAMPS].iter().any(|name| console.variable(name).is_some())
}

/// The pieces; those that nobody named come from the root that a TUF repository keeps fresh.
#[derive(Debug)]
pub(crate) struct Pieces {
    logs: Option<Vec<Value>>,
    ct_logs: Option<Vec<Value>>,
    authorities: Option<Vec<Value>>,
    timestamp_authorities: Option<Vec<Value>>,
}

/// Reads the pieces that are named.
///
/// # Errors
/// A piece that cannot be read.
pub(super) fn read(typed: &Typed, console: &Console<'_>, keyed: bool) -> Result<Pieces, Failure> {
    let logs = match console.variable(LOG) {
        Some(file) => Some(vec![log(file, "getting rekor public keys", "Rekor public", "AddRekorPubKey")?]),
        None => meaning::ignores_log(typed).then(Vec::new),
    };
    let ct_logs = match console.variable(CT_LOG) {
        Some(file) => Some(vec![log(file, "getting ctlog public keys", "CTLog public", "AddCTLogPubKey")?]),
        None => (keyed || typed.switch("insecure-ignore-sct")).then(Vec::new),
    };
    let authorities = Some(authorities(typed, console)?).filter(|found| keyed || !found.is_empty());
    let stamps = typed.some("timestamp-certificate-chain").or_else(|| console.variable(TIMESTAMPS));
    let timestamp_authorities = match stamps {
        Some(file) => Some(vec![authority(&timestamp_chain(file)?)]),
        None => (!typed.switch("use-signed-timestamps")).then(Vec::new),
    };
    Ok(Pieces { logs, ct_logs, authorities, timestamp_authorities })
}

impl Pieces {
    /// Whether nothing is left to come from elsewhere.
    pub(super) fn are_whole(&self) -> bool {
        [&self.logs, &self.ct_logs, &self.authorities, &self.timestamp_authorities]
            .iter()
            .all(|it| it.is_some())
    }

    /// Puts the root together; what is not named is that of `whole`, a `trusted_root.json`.
    ///
    /// # Errors
    /// What is wrong with a piece.
    pub(super) fn over(&self, whole: &[u8]) -> Result<TrustedRoot, String> {
        let whole: Value = serde_json::from_slice(whole).unwrap_or_default();
        let part = |named: &Option<Vec<Value>>, field: &str| match named {
            Some(named) => named.clone().into(),
            None => whole.get(field).cloned().unwrap_or_else(|| json!([])),
        };
        let written = json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": part(&self.logs, "tlogs"),
            "certificateAuthorities": part(&self.authorities, "certificateAuthorities"),
            "ctlogs": part(&self.ct_logs, "ctlogs"),
            "timestampAuthorities": part(&self.timestamp_authorities, "timestampAuthorities"),
        });
        TrustedRoot::from_json(written.to_string().as_bytes())
            .map_err(|error| format!("setting up clients and keys: {error}"))
    }
}

// THREAT: a certificate in the middle of a chain taken for one to trust, so that whoever holds its key signs without the
// root that was named. See only_what_is_named_as_a_root_is_trusted.
fn authorities(typed: &Typed, console: &Console<'_>) -> Result<Vec<Value>, Failure> {
    let context = "loading certs for keyless verification: ";
    let of_flag = |flag: &str| match typed.some(flag) {
        Some(file) => certificates(file).map_err(|why| wrong(&format!("{context}{why}"))),
        None => Ok(Vec::new()),
    };
    let mut between = of_flag("certificate-chain")?;
    let mut anchors: Vec<Vec<u8>> = between.pop().into_iter().collect();
    anchors.extend(of_flag("ca-roots")?);
    between.extend(of_flag("ca-intermediates")?);
    let is_flagged = AUTHORITY_FLAGS.iter().any(|flag| typed.some(flag).is_some());
    if let (false, Some(file)) = (is_flagged, console.variable(ROOT)) {
        let context = format!("{context}getting Fulcio roots: ");
        let all = certificates(file).map_err(|why| {
            let what = if why.starts_with("open ") {
                "error reading root PEM file"
            } else {
                "error unmarshalling certificates"
            };
            wrong(&format!("{context}{what}: {why}"))
        })?;
        (anchors, between) = all.into_iter().partition(|der| is_self_signed(der));
        if anchors.is_empty() {
            return Err(wrong(&format!("{context}no certificate in {file} is a root")));
        }
    }
    let mut chains: Vec<Vec<Vec<u8>>> = anchors.iter().map(|anchor| vec![anchor.clone()]).collect();
    for lowest in &between {
        let mut chain = vec![lowest.clone()];
        while let Some(last) = chain.last().filter(|last| !anchors.contains(last)) {
            let above = anchors
                .iter()
                .chain(&between)
                .find(|candidate| issued(candidate, last) && !chain.contains(candidate));
            match above {
                Some(above) => chain.push(above.clone()),
                None => break,
            }
        }
        if chain.last().is_some_and(|last| anchors.contains(last)) {
            chains.push(chain);
        }
    }
    Ok(chains.iter().map(|chain| authority(chain)).collect())
}

// SPEC: RFC 3161 2.3, exactly one certificate of the chain stamps, and something above it is trusted.
fn timestamp_chain(file: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let context = "loading TSA certificates: ";
    let chain = certificates(file).map_err(|why| {
        let what = if why.starts_with("open ") { "error reading TSA certificate file: " } else { "" };
        wrong(&format!("{context}{what}{why}"))
    })?;
    let is_authority = |der: &&Vec<u8>| {
        X509Certificate::from_der(der)
            .ok()
            .and_then(|(_, parsed)| parsed.basic_constraints().ok().flatten().map(|found| found.value.ca))
            .unwrap_or_default()
    };
    let authorities = chain.iter().filter(is_authority).count();
    if chain.len() != authorities + 1 {
        return Err(wrong(&format!(
            "{context}TSA certificate chain must contain exactly one leaf certificate"
        )));
    }
    if !chain.iter().any(|der| is_self_signed(der)) {
        return Err(wrong(&format!(
            "{context}TSA certificate chain must contain at least one root certificate"
        )));
    }
    Ok(chain)
}

fn wrong(why: &str) -> Failure {
    format!("setting up clients and keys: {why}").into()
}

fn certificates(file: &str) -> Result<Vec<Vec<u8>>, String> {
    let bytes = files::read(file, limits::FILE).map_err(|error| error.to_string())?;
    let blocks = pem::parse_many(&bytes).unwrap_or_default();
    let found: Vec<Vec<u8>> = blocks
        .into_iter()
        .filter(|block| block.tag() == "CERTIFICATE")
        .map(pem::Pem::into_contents)
        .collect();
    if found.is_empty() { Err("error during PEM decoding".to_owned()) } else { Ok(found) }
}

// A log's key; the rest is how cosign calls it where it cannot be read.
fn log(file: &str, getting: &str, what: &str, adding: &str) -> Result<Value, Failure> {
    let bytes = files::read(file, limits::FILE)
        .map_err(|error| wrong(&format!("{getting}: error reading alternate {what} key file: {error}")))?;
    let block =
        pem::parse(&bytes).map_err(|_| wrong(&format!("{getting}: {adding}: PEM decoding failed")))?;
    let key = block.contents();
    let details = details(key).ok_or_else(|| format!("the key in {file} is of no kind that logs use"))?;
    Ok(json!({
        "baseUrl": "",
        "hashAlgorithm": "SHA2_256",
        "publicKey": {"rawBytes": STANDARD.encode(key), "keyDetails": details, "validFor": {"start": START}},
        "logId": {"keyId": STANDARD.encode(Digest::sha256(key).bytes())},
    }))
}

fn authority(chain: &[Vec<u8>]) -> Value {
    let certificates: Vec<Value> =
        chain.iter().map(|der| json!({"rawBytes": STANDARD.encode(der)})).collect();
    json!({"subject": {}, "uri": "", "certChain": {"certificates": certificates}, "validFor": {"start": START}})
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

fn is_self_signed(der: &[u8]) -> bool {
    issued(der, der)
}

fn issued(above: &[u8], below: &[u8]) -> bool {
    match (X509Certificate::from_der(above), X509Certificate::from_der(below)) {
        (Ok((_, above)), Ok((_, below))) => above.subject().as_raw() == below.issuer().as_raw(),
        _ => false,
    }
}

const START: &str = "1970-01-01T00:00:00Z";
