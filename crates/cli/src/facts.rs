//! What is known of one signature, as data: what `explain` and `verify -o verdict-json` tell.
//!
//! Nothing here decides anything. A fact is only ever told where a verifier proved it; what a signature merely says of
//! itself stands under `claimed`.

mod checks;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sealgate::verify::{
    CertificateSigner, Digest, LogRecord, ProvenTime, Signer, SubjectKind, TimeSource, signer::printable,
};
use serde::Serialize;

pub(crate) use checks::{Check, Outcome, Skips, list as checks};

/// One stored signature or attestation, and what is known of it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signature {
    /// SHA-256 of the stored bytes; absent where a signature is put together from several files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) item: Option<String>,
    /// Where it is stored: `referrers`, `fallback-tag`, `signature-tag`, `attestation-tag`, `file`.
    pub(crate) place: String,
    /// How it is stored: `bundle`, `signature-layer`, `attestation-layer`, `detached`.
    pub(crate) format: &'static str,
    /// How it stands.
    pub(crate) standing: Standing,
    /// The trusted root that it was proven by, where roots have names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) root: Option<String>,
    /// The digest that it is proven to be about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
    /// Of a statement: its predicate type. Absent for plain signatures, and where nothing is proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) predicate_type: Option<String>,
    /// What the predicate claims, in short; only where its form is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) summary: Vec<Fact>,
    /// Who is proven to have signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signer: Option<Identity>,
    /// Who the certificate says signed, where nothing proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) claimed: Option<Identity>,
    /// Every time that somebody of the root vouches for.
    pub(crate) times: Vec<Time>,
    /// Every log entry that was proven.
    pub(crate) log: Vec<Entry>,
    /// Every check, in the order in which they are made.
    pub(crate) checks: Vec<Check>,
    /// Why it does not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Reason>,
}

/// How a signature stands.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    /// Proven to be by its signer, about this artifact, at its time. Whether that signer is trusted is another question.
    Genuine,
    /// Genuine, and by the signer who was named.
    Verified,
    /// Genuine, but not by the signer who was named, or without something else that was asked for.
    Refused,
    /// Not proven.
    NotGenuine,
    /// It could not be checked: it needs a key that nobody named.
    NotChecked,
}

/// A name and what belongs to it.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct Fact {
    /// Of what.
    pub(crate) name: &'static str,
    /// As written by the signer.
    pub(crate) value: String,
}

/// Who signed.
#[derive(Clone, Debug, Default, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity {
    /// The certificate's subject alternative name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// `uri`, `email` or `other`; at cosign's verbs also `dns` or `ip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject_kind: Option<&'static str>,
    /// All names of a certificate that has several. Only cosign's verbs take one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) names: Vec<String>,
    /// The OIDC issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
    /// What else the certificate says of the run that signed, by the names that Fulcio's documentation gives.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) claims: BTreeMap<&'static str, String>,
    /// SHA-256 of the public key.
    pub(crate) key: String,
    /// The certificate's first second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_before: Option<String>,
    /// The certificate's last second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_after: Option<String>,
}

/// A time, and by whose word.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct Time {
    /// RFC 3339, UTC.
    pub(crate) time: String,
    /// `log` (a promise of inclusion) or `timestamp-authority`.
    pub(crate) source: &'static str,
    /// Which one, as the root names it.
    pub(crate) by: String,
}

/// A log entry.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    /// The log, as the root names it.
    pub(crate) log: String,
    /// The entry's index in it.
    pub(crate) index: u64,
    /// When the log says it took the entry; proven only if it is also among the times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) integrated_at: Option<String>,
}

/// Why something does not pass.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
pub(crate) struct Reason {
    /// Stable, kebab-case, never renamed.
    pub(crate) code: String,
    /// What happened.
    pub(crate) message: String,
    /// What the reader can do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) help: String,
}

/// A place that could not be read, or not wholly.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct Gap {
    /// Which.
    pub(crate) place: String,
    /// Why: the kebab-case cause.
    pub(crate) cause: String,
    /// What exactly happened.
    pub(crate) detail: String,
}

impl Signature {
    /// A signature of which nothing is known yet.
    pub(crate) fn stored(item: Option<Digest>, place: String, format: &'static str) -> Self {
        Self {
            item: item.map(|item| item.to_string()),
            place,
            format,
            standing: Standing::NotGenuine,
            root: None,
            digest: None,
            predicate_type: None,
            summary: Vec::new(),
            signer: None,
            claimed: None,
            times: Vec::new(),
            log: Vec::new(),
            checks: Vec::new(),
            reason: None,
        }
    }
}

impl Identity {
    /// What is known of a signer.
    pub(crate) fn of(signer: &Signer) -> Self {
        match signer {
            Signer::Certificate(certificate) => Self::certified(certificate),
            Signer::Key(key) => Self { key: key.fingerprint.to_string(), ..Self::default() },
        }
    }

    /// What a certificate says of its holder.
    pub(crate) fn certified(certificate: &CertificateSigner) -> Self {
        Self {
            subject: Some(printable(&certificate.subject.value)),
            subject_kind: Some(match certificate.subject.kind {
                SubjectKind::Dns => "dns",
                SubjectKind::Email => "email",
                SubjectKind::Ip => "ip",
                SubjectKind::Other => "other",
                SubjectKind::Uri => "uri",
            }),
            names: match certificate.names.as_slice() {
                [_] => Vec::new(),
                names => names.iter().map(|name| printable(&name.value)).collect(),
            },
            issuer: Some(printable(&certificate.issuer)).filter(|issuer| !issuer.is_empty()),
            claims: certificate.claims.iter().map(|(name, value)| (name, printable(value))).collect(),
            key: certificate.key_fingerprint.to_string(),
            not_before: Some(certificate.not_before.to_string()),
            not_after: Some(certificate.not_after.to_string()),
        }
    }
}

/// Proven times as data.
pub(crate) fn times(proven: &[ProvenTime]) -> Vec<Time> {
    let time = |proven: &ProvenTime| {
        let (source, by) = match &proven.source {
            TimeSource::Log(log) => ("log", log),
            TimeSource::TimestampAuthority(authority) => ("timestamp-authority", authority),
        };
        Time { time: proven.time.to_string(), source, by: printable(by) }
    };
    proven.iter().map(time).collect()
}

/// Proven log entries as data.
pub(crate) fn entries(proven: &[LogRecord]) -> Vec<Entry> {
    let entry = |record: &LogRecord| Entry {
        log: printable(&record.log),
        index: record.index,
        integrated_at: record.integrated_at.map(|time| time.to_string()),
    };
    proven.iter().map(entry).collect()
}

/// Gaps as data.
pub(crate) fn gaps(gaps: &[sealgate::verify::Gap]) -> Vec<Gap> {
    let gap = |gap: &sealgate::verify::Gap| Gap {
        place: kebab(&gap.place),
        cause: kebab(&gap.cause),
        detail: printable(&gap.detail),
    };
    gaps.iter().map(gap).collect()
}

/// The name of a place or cause, as JSON has it.
pub(crate) fn kebab(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The published schema of an answer. Fields may be added, never renamed or removed.
#[cfg(test)]
pub(crate) fn schema<T: JsonSchema>() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

#[cfg(test)]
mod tests;
