//! The form that repositories had before they published a whole trusted root.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// A target and what it says of itself.
#[derive(Clone, Debug)]
pub struct OlderTarget {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What is beside its length and digest.
    pub custom: Option<Value>,
}

impl OlderTarget {
    /// One that says what it is for, and whether it still is.
    pub fn new(name: &str, bytes: impl Into<Vec<u8>>, usage: &str, status: &str) -> Self {
        let custom =
            json!({"sigstore": {"usage": usage, "status": status, "uri": "https://sigstore.example"}});
        Self { name: name.to_owned(), bytes: bytes.into(), custom: Some(custom) }
    }
}

/// A trusted root taken apart: each certificate and key as a target of its own, under the names that the first
/// repositories had.
pub fn older_targets(trusted_root: &[u8]) -> Vec<OlderTarget> {
    let root: Value = serde_json::from_slice(trusted_root).unwrap();
    let each = |field: &str| root[field].as_array().cloned().unwrap_or_default();
    let raw = |value: &Value| STANDARD.decode(value["rawBytes"].as_str().unwrap()).unwrap();
    let mut found = Vec::new();
    let mut put = |name: &str, usage: &str, tag: &str, der: Vec<u8>| {
        let count = found.iter().filter(|it: &&OlderTarget| it.name.starts_with(name)).count();
        let suffix = if count == 0 { String::new() } else { format!("_{count}") };
        let end = if tag == "CERTIFICATE" { ".crt.pem" } else { ".pub" };
        found.push(OlderTarget::new(
            &format!("{name}{suffix}{end}"),
            pem::encode(&pem::Pem::new(tag, der)),
            usage,
            "Active",
        ));
    };
    for (field, name, usage) in [("tlogs", "rekor", "Rekor"), ("ctlogs", "ctfe", "CTFE")] {
        for log in each(field) {
            put(name, usage, "PUBLIC KEY", raw(&log["publicKey"]));
        }
    }
    for (field, name, usage) in
        [("certificateAuthorities", "fulcio", "Fulcio"), ("timestampAuthorities", "tsa", "TSA")]
    {
        for authority in each(field) {
            for certificate in authority["certChain"]["certificates"].as_array().unwrap() {
                put(name, usage, "CERTIFICATE", raw(certificate));
            }
        }
    }
    found
}
