//! A root put together from single PEM files, as cosign's older flags and variables name them.

use sealgate::{
    tuf::pieces::{self, Services},
    verify::TrustedRoot,
};
use serde_json::Value;

use super::super::{certificate, failure::Failure, meaning, named};
use crate::{
    Console, files,
    go::{flags::Typed, pem},
    limits,
};

const CT_LOG: &str = "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE";
const LOG: &str = "SIGSTORE_REKOR_PUBLIC_KEY";
const ROOT: &str = "SIGSTORE_ROOT_FILE";
const TIMESTAMPS: &str = "SIGSTORE_TSA_CERTIFICATE_FILE";

/// Whether any piece is named.
pub(super) fn named(typed: &Typed, console: &Console<'_>) -> bool {
    let flags = ["certificate-chain", "ca-roots", "ca-intermediates", "timestamp-certificate-chain"];
    flags.iter().any(|flag| typed.some(flag).is_some())
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
    let authorities = match authorities(typed, console)? {
        None if keyed => Some(Vec::new()),
        found => found,
    };
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
fn authorities(typed: &Typed, console: &Console<'_>) -> Result<Option<Vec<Value>>, Failure> {
    let Some((anchors, between)) = anchors(typed, console)? else { return Ok(None) };
    let chains = pieces::chains(&anchors, &between)
        .map_err(|error| wrong(&format!("loading certs for keyless verification: {error}")))?;
    Ok(Some(chains.iter().map(|chain| pieces::authority(chain, None)).collect()))
}

/// Whether certificates between a root and a signer's are named; then those beside an older signature do not count.
pub(super) fn name_what_is_between(typed: &Typed, console: &Console<'_>) -> bool {
    anchors(typed, console).is_ok_and(|named| named.is_some_and(|(_, between)| !between.is_empty()))
}

// What is trusted, and what is only between. `--ca-intermediates` without `--ca-roots` is nothing, as there.
fn anchors(typed: &Typed, console: &Console<'_>) -> Result<Option<Anchors>, Failure> {
    let context = "loading certs for keyless verification: ";
    let of_flag = |file: &str| {
        named::read(file, console)
            .map_err(|error| error.to_string())
            .and_then(|bytes| certificate::from_pem(&bytes))
            .map_err(|why| wrong(&format!("{context}{why}")))
    };
    if let Some(file) = typed.some("certificate-chain") {
        let mut between = of_flag(file)?;
        let anchor = between.pop().ok_or_else(|| wrong(&format!("{context}error during PEM decoding")))?;
        return Ok(Some((vec![anchor], between)));
    }
    if let Some(file) = typed.some("ca-roots") {
        let between = typed.some("ca-intermediates").map(of_flag);
        return Ok(Some((of_flag(file)?, between.transpose()?.unwrap_or_default())));
    }
    let Some(file) = console.variable(ROOT) else { return Ok(None) };
    let context = format!("{context}getting Fulcio roots: error");
    let bytes = files::read(file, limits::FILE)
        .map_err(|error| wrong(&format!("{context} reading root PEM file: {error}")))?;
    let all = certificate::from_pem(&bytes)
        .map_err(|why| wrong(&format!("{context} unmarshalling certificates: {why}")))?;
    Ok(Some(all.into_iter().partition(|der| pieces::is_self_signed(der))))
}

type Anchors = (Vec<Vec<u8>>, Vec<Vec<u8>>);

// SPEC: RFC 3161 2.3, exactly one certificate of the chain stamps, and something above it is trusted.
fn timestamp_chain(file: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let context = "loading TSA certificates: ";
    let bytes = files::read(file, limits::FILE)
        .map_err(|error| wrong(&format!("{context}error reading TSA certificate file: {error}")))?;
    let chain = certificate::from_pem(&bytes)
        .map_err(|why| wrong(&format!("{context}error splitting TSA certificates: {why}")))?;
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

// A log's key; the rest is how cosign calls it where it cannot be read.
fn log(file: &str, getting: &str, what: &str, adding: &str) -> Result<Value, Failure> {
    let bytes = files::read(file, limits::FILE)
        .map_err(|error| wrong(&format!("{getting}: error reading alternate {what} key file: {error}")))?;
    let block =
        pem::first(&bytes).ok_or_else(|| wrong(&format!("{getting}: {adding}: PEM decoding failed")))?;
    let tag = block.tag();
    if !matches!(tag, "PUBLIC KEY" | "RSA PUBLIC KEY") {
        return Err(wrong(&format!(
            "{getting}: {adding}: unknown Public key PEM file type: {tag}. Are you passing the correct public key?"
        )));
    }
    pieces::log(block.contents(), None)
        .ok_or_else(|| format!("the key in {file} is of no kind that logs use").into())
}
