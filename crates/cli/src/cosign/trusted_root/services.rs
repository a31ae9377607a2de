//! Everything that a trusted root names.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate::verify::TrustedRoot;
use serde_json::Value;
use x509_parser::{certificate::X509Certificate, extensions::ParsedExtension, prelude::FromDer as _};

use super::part::{Authority, Log};
use crate::go::time;

/// The services of one root.
#[derive(Debug, Default)]
pub(in crate::cosign) struct Services {
    pub(in crate::cosign) authorities: Vec<Authority>,
    pub(in crate::cosign) ct_logs: Vec<Log>,
    pub(in crate::cosign) logs: Vec<Log>,
    pub(in crate::cosign) timestamp_authorities: Vec<Authority>,
}

impl Services {
    /// The public-good instance, as the embedded root names it.
    ///
    /// # Errors
    /// A text; a test proves that it does not happen.
    pub(in crate::cosign) fn embedded() -> Result<Self, String> {
        let wrong = |why: &str| format!("getting default trusted root: {why}");
        let root: Value = serde_json::from_slice(TrustedRoot::public_good_json())
            .map_err(|error| wrong(&error.to_string()))?;
        let each = |name: &str| root.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let authorities = |name: &str| {
            each(name)
                .iter()
                .map(|value| authority(value).ok_or_else(|| wrong(name)))
                .collect::<Result<Vec<_>, _>>()
        };
        let logs = |name: &str| {
            each(name)
                .iter()
                .map(|value| log(value).ok_or_else(|| wrong(name)))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            authorities: authorities("certificateAuthorities")?,
            ct_logs: logs("ctlogs")?,
            logs: logs("tlogs")?,
            timestamp_authorities: authorities("timestampAuthorities")?,
        })
    }

    /// The address of the transparency log of that id.
    pub(in crate::cosign) fn log_url(&self, id: &[u8]) -> Option<&str> {
        url(&self.logs, id)
    }

    /// The address of the CT log of that id.
    pub(in crate::cosign) fn ct_log_url(&self, id: &[u8]) -> Option<&str> {
        url(&self.ct_logs, id)
    }

    /// The address of the certificate authority that has a key of that identifier.
    pub(in crate::cosign) fn authority_url(&self, key: &[u8]) -> Option<&str> {
        let is = |der: &Vec<u8>| {
            X509Certificate::from_der(der).is_ok_and(|(_, certificate)| {
                certificate.extensions().iter().any(|extension| {
                    matches!(extension.parsed_extension(), ParsedExtension::SubjectKeyIdentifier(id) if id.0 == key)
                })
            })
        };
        self.authorities.iter().find(|known| known.chain.iter().any(is)).map(|known| known.uri.as_str())
    }

    /// Less those that are not wanted.
    pub(in crate::cosign) fn without(mut self, unwanted: impl Fn(&str) -> bool) -> Self {
        if unwanted("fulcio") {
            self.authorities.clear();
        }
        if unwanted("ctfe") {
            self.ct_logs.clear();
        }
        if unwanted("rekor") {
            self.logs.clear();
        }
        if unwanted("tsa") {
            self.timestamp_authorities.clear();
        }
        self
    }
}

/// Adds a log, or puts it in the place of the one with its id.
pub(in crate::cosign) fn put(logs: &mut Vec<Log>, log: Log) {
    match logs.iter_mut().find(|known| known.id == log.id) {
        Some(known) => *known = log,
        None => logs.push(log),
    }
}

fn url<'l>(logs: &'l [Log], id: &[u8]) -> Option<&'l str> {
    logs.iter().find(|log| log.id == id).map(|log| log.url.as_str())
}

fn authority(value: &Value) -> Option<Authority> {
    let certificates = value.pointer("/certChain/certificates")?.as_array()?;
    Some(Authority {
        chain: certificates
            .iter()
            .map(|certificate| bytes(certificate.get("rawBytes")?))
            .collect::<Option<_>>()?,
        uri: value.get("uri").and_then(Value::as_str).unwrap_or_default().to_owned(),
        start: moment(value.pointer("/validFor/start")?)?,
        end: match value.pointer("/validFor/end") {
            Some(end) => Some(moment(end)?),
            None => None,
        },
    })
}

fn log(value: &Value) -> Option<Log> {
    Some(Log {
        url: value.get("baseUrl").and_then(Value::as_str).unwrap_or_default().to_owned(),
        key: bytes(value.pointer("/publicKey/rawBytes")?)?,
        details: value.pointer("/publicKey/keyDetails")?.as_str()?.to_owned(),
        id: bytes(value.pointer("/logId/keyId")?)?,
        start: moment(value.pointer("/publicKey/validFor/start")?)?,
        end: match value.pointer("/publicKey/validFor/end") {
            Some(end) => Some(moment(end)?),
            None => None,
        },
    })
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(value.as_str()?).ok()
}

fn moment(value: &Value) -> Option<::time::OffsetDateTime> {
    time::parse(value.as_str()?).ok()
}
