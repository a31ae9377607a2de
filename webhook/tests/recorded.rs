//! Requests that were really sent: every one gets a well-formed answer, and the verdict that a person wrote down for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

#[path = "support/fixture.rs"]
mod fixture;

use std::{collections::BTreeMap, fs, path::PathBuf};

use fixture::{Fixture, verdict};
use serde_json::Value;

const POLICY: &str = include_str!("recorded/policy.yaml");
const TABLE: &str = include_str!("recorded/verdicts.txt");

fn requests() -> Option<BTreeMap<String, PathBuf>> {
    let vectors = std::env::var_os("SEALGATE_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors")),
        PathBuf::from,
    );
    let folder = vectors.join("webhook");
    if !folder.is_dir() {
        return None;
    }
    let mut requests = BTreeMap::new();
    for group in ["", "kubernetes-1.36.3"] {
        for file in fs::read_dir(folder.join(group)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "json") {
                requests.insert(path.strip_prefix(&folder).unwrap().display().to_string(), path);
            }
        }
    }
    Some(requests)
}

#[tokio::test]
async fn every_recorded_request_gets_the_verdict_of_the_reviewed_table() {
    let Some(requests) = requests() else {
        println!("skipped every_recorded_request_gets_the_verdict_of_the_reviewed_table: no vectors");
        return;
    };
    let fixture = Fixture::start_with(&[("policy.yaml", POLICY)], &[]).await;
    let mut found = String::new();
    for (name, path) in &requests {
        let body = fs::read(path).unwrap();
        let (status, answer) = fixture.post(body.clone()).await;
        let verdict = if status == 200 {
            let request: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(answer["response"]["uid"], request["request"]["uid"], "{name}");
            assert_eq!(
                (&answer["apiVersion"], &answer["kind"]),
                (&"admission.k8s.io/v1".into(), &"AdmissionReview".into())
            );
            verdict(&answer["response"])
        } else {
            assert_eq!(
                (answer["kind"].as_str(), answer["code"].as_u64()),
                (Some("Status"), Some(status.into())),
                "{name}"
            );
            format!("HTTP {status}")
        };
        found.push_str(&format!("{name}: {verdict}\n"));
    }
    assert_eq!(requests.len(), 43);
    let expected: String =
        TABLE.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found, expected);
}
