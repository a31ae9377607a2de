//! A transparency log entry.

use serde_json::Value;
use time::OffsetDateTime;

use super::{
    list, raw, text,
    tree::{Tree, hex, size},
};
use crate::{cosign::trusted_root::Services, go};

/// Shows an entry.
pub(super) fn show(tree: &mut Tree, entry: &Value, known: &Services, version: Option<u8>) {
    tree.leaf("Log Index", &number(entry, "logIndex").to_string());
    if let Some(id) = entry.pointer("/logId") {
        let id = raw(id.get("keyId"));
        match known.log_url(&id) {
            Some(url) => tree.leaf("Log URL", url),
            None => tree.leaf("Log ID", &hex(&id)),
        }
    }
    if let Some(kind) = entry.get("kindVersion") {
        tree.leaf("Kind", text(kind.get("kind")));
        tree.leaf("Version", text(kind.get("version")));
    }
    tree.leaf("Integrated Time", &time(number(entry, "integratedTime")));
    if let Some(promise) = entry.get("inclusionPromise") {
        tree.branch("Inclusion Promise", |tree| {
            tree.leaf("Signed Entry Timestamp", &size(raw(promise.get("signedEntryTimestamp")).len()));
        });
    }
    if let Some(proof) = entry.get("inclusionProof") {
        tree.branch("Inclusion Proof", |tree| {
            tree.leaf("Log Index", &number(proof, "logIndex").to_string());
            tree.leaf("Tree Size", &number(proof, "treeSize").to_string());
            tree.leaf("Hashes", &list(proof.get("hashes")).len().to_string());
            if let Some(envelope) = proof.get("checkpoint") {
                let envelope = text(envelope.get("envelope"));
                tree.branch("Checkpoint", |tree| checkpoint(tree, envelope));
            }
        });
    }
    match raw(entry.get("canonicalizedBody")) {
        body if body.is_empty() => {}
        body => tree.leaf("Canonicalized Body", &size(body.len())),
    }
    if version == Some(1) && entry.get("inclusionPromise").is_none() {
        tree.warning("v0.1 bundle tlog entry MUST contain an inclusion promise");
    }
    if let (Some(version @ 2..), None) = (version, entry.get("inclusionProof")) {
        tree.warning(&format!("v0.{version} bundle tlog entry MUST contain an inclusion proof"));
    }
}

// A signed note: origin, size, root hash, further lines, an empty line, signatures.
fn checkpoint(tree: &mut Tree, envelope: &str) {
    let parsed = envelope.split_once("\n\n").and_then(|(head, signatures)| {
        let mut lines = head.lines();
        let (origin, size, _root) = (lines.next()?, lines.next()?.parse::<u64>().ok()?, lines.next()?);
        let signatures: Option<Vec<(&str, &str)>> =
            signatures.lines().map(|line| line.strip_prefix("\u{2014} ")?.split_once(' ')).collect();
        Some((origin, size, lines.collect::<Vec<_>>(), signatures?))
    });
    let Some((origin, tree_size, others, signatures)) = parsed else {
        tree.leaf("Envelope", &size(envelope.len()));
        return;
    };
    tree.leaf("Origin", origin);
    tree.leaf("Tree Size", &tree_size.to_string());
    if !others.is_empty() {
        tree.node("Other Content", &format!("{} lines", others.len()), |tree| {
            for (index, line) in others.iter().enumerate() {
                tree.leaf(&format!("[{index}]"), line);
            }
        });
    }
    tree.node("Witnesses", &signatures.len().to_string(), |tree| {
        for (name, signature) in signatures {
            // The first four bytes say which key it is.
            match go::base64::decode(signature.as_bytes()) {
                Ok(bytes) => {
                    let length = bytes.len().saturating_sub(4);
                    tree.leaf(name, &format!("Signature Present ({length} bytes)"));
                }
                Err(_) => tree.node(name, "Signature Present (0 bytes)", |tree| {
                    tree.warning("Malformed Base64");
                }),
            }
        }
    });
}

fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or_default()
}

fn time(seconds: i64) -> String {
    if seconds == 0 {
        return "0 (Not set)".into();
    }
    OffsetDateTime::from_unix_timestamp(seconds).map_or_else(|_| seconds.to_string(), go::time::write)
}
