//! `trusted-root create`: a trusted root put together from certificates and keys in files.

mod part;
mod services;

use serde_json::{Map, Value, json};

use super::{failure::Failure, shapes::TRUSTED_ROOT};
use crate::{
    Console, files,
    go::{flags::Typed, protojson},
};
use part::{Authority, Log};
pub(super) use services::Services;

/// `trusted-root create`
pub(crate) fn create(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    for (service, older) in OLDER {
        if !typed.list(service).is_empty() && older.iter().any(|flag| !typed.list(flag).is_empty()) {
            return Err(format!("cannot use --{service} and old {service} flags at the same time").into());
        }
    }
    let mut all = if typed.switch("with-default-services") {
        Services::embedded()?.without(|service| typed.switch(&format!("no-default-{service}")))
    } else {
        Services::default()
    };
    fulcio(typed, &mut all)?;
    for (service, logs) in [("ctfe", &mut all.ct_logs), ("rekor", &mut all.logs)] {
        for spec in typed.list(service) {
            let log = Log::of_spec(spec).map_err(|error| format!("parsing {service} spec: {error}"))?;
            services::put(logs, log);
        }
        for log in older_logs(typed, service)? {
            services::put(logs, log);
        }
    }
    timestamps(typed, &mut all)?;
    let written = protojson::write(&TRUSTED_ROOT, &message(all));
    match typed.some("out") {
        Some(name) => files::write(name, written.as_bytes())?,
        None => console.answer(written + "\n"),
    }
    Ok(())
}

fn fulcio(typed: &Typed, all: &mut Services) -> Result<(), Failure> {
    for spec in typed.list("fulcio") {
        let authority = Authority::of_fulcio_spec(spec);
        all.authorities.push(authority.map_err(|error| format!("parsing fulcio spec: {error}"))?);
    }
    for (index, name) in typed.list("certificate-chain").iter().enumerate() {
        let uri = typed.list("fulcio-uri").get(index).cloned().unwrap_or_default();
        all.authorities.push(Authority::of_chain(name, uri)?);
    }
    Ok(())
}

fn timestamps(typed: &Typed, all: &mut Services) -> Result<(), Failure> {
    for spec in typed.list("tsa") {
        let authority = Authority::of_timestamp_spec(spec);
        all.timestamp_authorities.push(authority.map_err(|error| format!("parsing tsa spec: {error}"))?);
    }
    for (index, name) in typed.list("timestamp-certificate-chain").iter().enumerate() {
        let uri = typed.list("timestamp-uri").get(index).cloned().unwrap_or_default();
        all.timestamp_authorities.push(Authority::of_timestamp_chain(name, uri)?);
    }
    Ok(())
}

// The older flags of a log stand in rows: the first key belongs to the first time and the first address.
fn older_logs(typed: &Typed, service: &str) -> Result<Vec<Log>, String> {
    let row =
        |what: &str, index: usize| typed.list(&format!("{service}-{what}")).get(index).map(String::as_str);
    let mut logs = Vec::new();
    for (index, key) in typed.list(&format!("{service}-key")).iter().enumerate() {
        // Only Rekor's key may have its origin behind it.
        let (name, origin) = match key.split_once(',').filter(|_| service == "rekor") {
            Some((name, origin)) => (name, Some(origin).filter(|origin| !origin.is_empty())),
            None => (key.as_str(), None),
        };
        let url = row("url", index).unwrap_or_default();
        let (start, end) = (row("start-time", index), row("end-time", index));
        logs.push(Log::of_key(name, url, start, end, origin)?);
    }
    Ok(logs)
}

fn message(mut all: Services) -> Map<String, Value> {
    for authorities in [&mut all.authorities, &mut all.timestamp_authorities] {
        authorities.sort_by_key(|authority| authority.start);
    }
    for logs in [&mut all.logs, &mut all.ct_logs] {
        logs.sort_by_key(|log| log.start);
    }
    let of_logs = |logs: &[Log]| logs.iter().map(Log::message).collect::<Vec<_>>();
    let of_authorities = |all: &[Authority]| all.iter().map(Authority::message).collect::<Vec<_>>();
    let fields = [
        ("mediaType", json!("application/vnd.dev.sigstore.trustedroot+json;version=0.1")),
        ("tlogs", json!(of_logs(&all.logs))),
        ("certificateAuthorities", json!(of_authorities(&all.authorities))),
        ("ctlogs", json!(of_logs(&all.ct_logs))),
        ("timestampAuthorities", json!(of_authorities(&all.timestamp_authorities))),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Each service's flag, and the older ones that mean the same.
const OLDER: [(&str, &[&str]); 4] = [
    ("fulcio", &["certificate-chain", "fulcio-uri"]),
    ("rekor", &["rekor-key", "rekor-url", "rekor-start-time", "rekor-end-time"]),
    ("ctfe", &["ctfe-key", "ctfe-url", "ctfe-start-time", "ctfe-end-time"]),
    ("tsa", &["timestamp-certificate-chain", "timestamp-uri"]),
];
