//! A root put together from single PEM files, as cosign's older flags and variables name them.

use sealgate::{
    tuf::pieces::{self, Services},
    verify::TrustedRoot,
};
use serde_json::Value;

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
        Some(file) => Some(vec![pieces::authority(&timestamp_chain(file)?, None)]),
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
            Some(named) => named.clone(),
            None => whole.get(field).and_then(Value::as_array).cloned().unwrap_or_default(),
        };
        let services = Services {
            logs: part(&self.logs, "tlogs"),
            authorities: part(&self.authorities, "certificateAuthorities"),
            ct_logs: part(&self.ct_logs, "ctlogs"),
            timestamp_authorities: part(&self.timestamp_authorities, "timestampAuthorities"),
        };
        TrustedRoot::from_json(services.json().to_string().as_bytes())
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
        (anchors, between) = all.into_iter().partition(|der| pieces::is_self_signed(der));
        if anchors.is_empty() {
            return Err(wrong(&format!("{context}no certificate in {file} is a root")));
        }
    }
    Ok(pieces::chains(&anchors, &between).iter().map(|chain| pieces::authority(chain, None)).collect())
}

// SPEC: RFC 3161 2.3, exactly one certificate of the chain stamps, and something above it is trusted.
fn timestamp_chain(file: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let context = "loading TSA certificates: ";
    let chain = certificates(file).map_err(|why| {
        let what = if why.starts_with("open ") { "error reading TSA certificate file: " } else { "" };
        wrong(&format!("{context}{what}{why}"))
    })?;
    let authorities = chain.iter().filter(|der| pieces::is_authority(der)).count();
    if chain.len() != authorities + 1 {
        return Err(wrong(&format!(
            "{context}TSA certificate chain must contain exactly one leaf certificate"
        )));
    }
    if !chain.iter().any(|der| pieces::is_self_signed(der)) {
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
    pieces::log(block.contents(), None)
        .ok_or_else(|| format!("the key in {file} is of no kind that logs use").into())
}
