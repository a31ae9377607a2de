//! Bodies of log entries.

use serde_json::{Value, json};

use super::{Content, EntryKind, pre_authentication_encoding};
use crate::{
    key::{base64, pem_block, sha256},
    log::LogVersion,
    signed::{Signed, envelope_bytes},
};

/// The kind, the version and the body with which a log of that version records a signature.
pub(super) fn body(
    kind: Option<EntryKind>,
    log: LogVersion,
    signed: &Signed,
) -> (&'static str, &'static str, Value) {
    let default = match (&signed.content, log) {
        (Content::Envelope(..), LogVersion::V1) => EntryKind::Dsse,
        _ => EntryKind::Hashedrekord,
    };
    match (kind.unwrap_or(default), log) {
        (EntryKind::Dsse, LogVersion::V1) => ("dsse", "0.0.1", dsse_001(signed)),
        (EntryKind::Dsse, LogVersion::V2) => ("dsse", "0.0.2", dsse_002(signed)),
        (EntryKind::Hashedrekord, LogVersion::V1) => ("hashedrekord", "0.0.1", hashedrekord_001(signed)),
        (EntryKind::Hashedrekord, LogVersion::V2) => ("hashedrekord", "0.0.2", hashedrekord_002(signed)),
        (EntryKind::Intoto001, _) => ("intoto", "0.0.1", intoto_001(signed)),
        (EntryKind::Intoto002, _) => ("intoto", "0.0.2", intoto_002(signed)),
    }
}

fn hashedrekord_001(signed: &Signed) -> Value {
    let (_, name, digest) = signed.key.hash(&message(signed));
    json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": name, "value": hex::encode(digest)}},
            "signature": {
                "content": base64(&signed.signature),
                "publicKey": {"content": base64(verifier_pem(signed).as_bytes())},
            },
        },
    })
}

fn hashedrekord_002(signed: &Signed) -> Value {
    let (name, _, digest) = signed.key.hash(&message(signed));
    json!({
        "apiVersion": "0.0.2",
        "kind": "hashedrekord",
        "spec": {"hashedRekordV002": {
            "data": {"algorithm": name, "digest": base64(&digest)},
            "signature": {"content": base64(&signed.signature), "verifier": verifier(signed)},
        }},
    })
}

fn dsse_001(signed: &Signed) -> Value {
    let signatures: Vec<Value> = signatures(signed)
        .iter()
        .map(|signature| json!({"signature": signature, "verifier": base64(verifier_pem(signed).as_bytes())}))
        .collect();
    json!({
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {
            "envelopeHash": {"algorithm": "sha256", "value": hex::encode(sha256(&envelope(signed)))},
            "payloadHash": {"algorithm": "sha256", "value": hex::encode(sha256(signed.payload()))},
            "signatures": signatures,
        },
    })
}

fn dsse_002(signed: &Signed) -> Value {
    let signatures: Vec<Value> = signatures(signed)
        .iter()
        .map(|signature| json!({"content": signature, "verifier": verifier(signed)}))
        .collect();
    json!({
        "apiVersion": "0.0.2",
        "kind": "dsse",
        "spec": {"dsseV002": {
            "payloadHash": {"algorithm": "SHA2_256", "digest": base64(&sha256(signed.payload()))},
            "signatures": signatures,
        }},
    })
}

fn intoto_001(signed: &Signed) -> Value {
    json!({
        "apiVersion": "0.0.1",
        "kind": "intoto",
        "spec": {
            "content": {
                "hash": {"algorithm": "sha256", "value": hex::encode(sha256(&envelope(signed)))},
                "payloadHash": {"algorithm": "sha256", "value": hex::encode(sha256(signed.payload()))},
            },
            "publicKey": base64(verifier_pem(signed).as_bytes()),
        },
    })
}

// SPEC: here, and only here, the log encodes the signature twice.
fn intoto_002(signed: &Signed) -> Value {
    let signatures: Vec<Value> = signatures(signed)
        .iter()
        .map(|signature| {
            let signature = signature.as_str().unwrap();
            json!({"publicKey": base64(verifier_pem(signed).as_bytes()), "sig": base64(signature.as_bytes())})
        })
        .collect();
    json!({
        "apiVersion": "0.0.2",
        "kind": "intoto",
        "spec": {"content": {
            "envelope": {"payloadType": signed.payload_type(), "signatures": signatures},
            "hash": {"algorithm": "sha256", "value": hex::encode(sha256(&envelope(signed)))},
            "payloadHash": {"algorithm": "sha256", "value": hex::encode(sha256(signed.payload()))},
        }},
    })
}

fn message(signed: &Signed) -> Vec<u8> {
    match &signed.content {
        Content::Message(bytes) => bytes.clone(),
        Content::Envelope(kind, payload) => pre_authentication_encoding(kind, payload),
    }
}

fn envelope(signed: &Signed) -> Vec<u8> {
    envelope_bytes(signed.envelope.as_ref().unwrap())
}

fn signatures(signed: &Signed) -> Vec<Value> {
    let envelope = signed.envelope.as_ref().unwrap();
    envelope["signatures"].as_array().unwrap().iter().map(|signature| signature["sig"].clone()).collect()
}

fn verifier_pem(signed: &Signed) -> String {
    match &signed.certificate {
        Some(certificate) => pem_block("CERTIFICATE", certificate),
        None => signed.key.public_pem(),
    }
}

fn verifier(signed: &Signed) -> Value {
    match &signed.certificate {
        Some(certificate) => {
            json!({"keyDetails": signed.key.details(), "x509Certificate": {"rawBytes": base64(certificate)}})
        }
        None => {
            json!({"keyDetails": signed.key.details(), "publicKey": {"rawBytes": base64(&signed.key.spki())}})
        }
    }
}
