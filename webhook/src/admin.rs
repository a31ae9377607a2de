//! Probes and metrics, on a port of their own that no API server and no user needs.

use std::sync::Arc;

use axum::{
    Router,
    extract::{RawQuery, State},
    routing::get,
};
use http::{StatusCode, header};

use crate::{
    gate::{Gate, Health, Phase},
    roots::now,
};

/// The routes that kubelet and Prometheus see.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/livez", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(gate)
}

async fn ready(State(gate): State<Arc<Gate>>, RawQuery(query): RawQuery) -> (StatusCode, String) {
    let is_ready = gate.is_ready();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let verbose = query
        .is_some_and(|query| query.split('&').any(|pair| pair == "verbose" || pair.starts_with("verbose=")));
    if !verbose {
        return (status, if is_ready { "ok" } else { "not ready" }.to_owned());
    }
    let policies = match &*gate.health() {
        Health::Good => "[+] policies ok".to_owned(),
        Health::Degraded { why } => format!("[!] policies degraded, serving the last good ones: {why}"),
        Health::None { why } => format!("[-] policies missing: {why}"),
    };
    let snapshot = match gate.engine() {
        Some(engine) => {
            let snapshot = engine.snapshot();
            let roots: Vec<_> = snapshot.roots.keys().map(String::as_str).collect();
            format!(
                "[+] snapshot {}: policies {}; trusted roots {}",
                snapshot.hash,
                snapshot.policies.names().join(", "),
                roots.join(", ")
            )
        }
        None => "[-] snapshot none".to_owned(),
    };
    let roots: String = gate.ages().lines(now()).into_iter().map(|line| format!("{line}\n")).collect();
    let unrefreshed: String = gate
        .unrefreshed()
        .iter()
        .map(|(root, why)| format!("[!] trusted root {root} could not be refreshed: {why}\n"))
        .collect();
    let phase = match gate.phase() {
        Phase::Serving => "[+] serving",
        Phase::Draining => "[-] draining: reviews are still judged",
        Phase::Leaving => "[-] leaving: reviews are sent elsewhere",
    };
    (
        status,
        format!(
            "{policies}\n{snapshot}\n{roots}{unrefreshed}{phase}\n{}\n",
            if is_ready { "ready" } else { "not ready" }
        ),
    )
}

async fn metrics(State(gate): State<Arc<Gate>>) -> ([(header::HeaderName, &'static str); 1], String) {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    gate.ages().measure(&gate.metrics, now());
    ([(header::CONTENT_TYPE, OPEN_METRICS)], gate.metrics.text())
}
