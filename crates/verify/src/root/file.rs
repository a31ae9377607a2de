//! The file form of a trusted root.

use serde::Deserialize;
use sigstore_types::TimeRange;

use super::{Log, RootError, RootNote, Window};
use crate::{
    json,
    key::{KeyError, VerifyingKey},
    limits,
    wire::{Bytes, or_default},
};

const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot+json;version=0.2",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TrustedRootFile {
    media_type: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) tlogs: Vec<LogFile>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) certificate_authorities: Vec<AuthorityFile>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) ctlogs: Vec<LogFile>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) timestamp_authorities: Vec<AuthorityFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogFile {
    #[serde(default)]
    base_url: Option<String>,
    public_key: KeyFile,
    log_id: LogIdFile,
    #[serde(default)]
    checkpoint_key_id: Option<LogIdFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyFile {
    raw_bytes: Bytes,
    #[serde(default)]
    key_details: Option<String>,
    #[serde(default)]
    valid_for: Option<TimeRange>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogIdFile {
    key_id: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthorityFile {
    #[serde(default)]
    pub(super) uri: Option<String>,
    pub(super) cert_chain: ChainFile,
    #[serde(default)]
    pub(super) valid_for: Option<TimeRange>,
}

#[derive(Deserialize)]
pub(super) struct ChainFile {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) certificates: Vec<CertificateFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CertificateFile {
    pub(super) raw_bytes: Bytes,
}

impl TrustedRootFile {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, RootError> {
        let file: Self = json::read(bytes)?;
        if !MEDIA_TYPES.contains(&file.media_type.as_str()) {
            return Err(RootError::MediaType(json::printable(&file.media_type)));
        }
        let members = [
            ("transparency logs", file.tlogs.len()),
            ("CT logs", file.ctlogs.len()),
            ("certificate authorities", file.certificate_authorities.len()),
            ("timestamp authorities", file.timestamp_authorities.len()),
        ];
        match members.into_iter().find(|(_, found)| *found > limits::ROOT_MEMBERS) {
            Some((what, found)) => Err(RootError::Limit { what, limit: limits::ROOT_MEMBERS, found }),
            None => Ok(file),
        }
    }
}

/// Reads the logs of one list. A key that we do not know is left out and noted.
pub(super) fn logs(
    list: &str,
    files: Vec<LogFile>,
    notes: &mut Vec<RootNote>,
) -> Result<Vec<Log>, RootError> {
    let mut found: Vec<Log> = Vec::new();
    for (index, file) in files.into_iter().enumerate() {
        let field = format!("{list}[{index}]");
        let invalid = |why: &str| RootError::Field { field: field.clone(), why: why.to_owned() };
        let id: [u8; 32] = file
            .log_id
            .key_id
            .0
            .as_slice()
            .try_into()
            .map_err(|_| invalid("has a log id that is not 32 bytes"))?;
        let window = window(file.public_key.valid_for.as_ref())
            .ok_or_else(|| invalid("has a window that ends before it starts"))?;
        let raw = &file.public_key.raw_bytes.0;
        let key =
            VerifyingKey::from_spki(raw).or_else(|error| VerifyingKey::from_pkcs1(raw).map_err(|_| error));
        let key = match key {
            Ok(key) => key,
            Err(error @ (KeyError::Malformed | KeyError::Unsupported)) => {
                let details = json::printable(file.public_key.key_details.as_deref().unwrap_or("not named"));
                notes.push(RootNote { field, why: format!("{error} (key details: {details})") });
                continue;
            }
        };
        // THREAT: which of two keys under one id vouches would depend on the order of the file.
        if found.iter().any(|log| log.id == id && log.key != key) {
            return Err(invalid("repeats the log id of another key"));
        }
        let checkpoint_id = file.checkpoint_key_id.map_or_else(|| id.to_vec(), |id| id.key_id.0);
        found.push(Log { id, checkpoint_id, key, url: file.base_url.unwrap_or_default(), window });
    }
    Ok(found)
}

/// Whole seconds that lie inside a window; none if it ends before it starts. No window at all is always.
pub(super) fn window(range: Option<&TimeRange>) -> Option<Window> {
    let Some(range) = range else { return Some(Window::ALWAYS) };
    if range.end.is_some_and(|end| end < range.start) {
        return None;
    }
    let start = range.start.as_second().saturating_add(i64::from(range.start.subsec_nanosecond() > 0));
    // Before 1970 a fraction would be negative; nobody signed then.
    Some(Window { start, end: range.end.map(|end| end.as_second()) })
}
