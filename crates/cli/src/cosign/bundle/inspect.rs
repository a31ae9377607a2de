//! `bundle inspect`: what a bundle says, as a tree. Nothing of it is verified.

mod certificate;
mod entry;
mod stamp;
mod tree;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use crate::{
    Console,
    cosign::{failure::Failure, shapes::BUNDLE, trusted_root::Services},
    files::{self, FileError},
    go::{flags::Typed, protojson},
    limits,
};
pub(super) use certificate::distinguished_name;
use tree::{Tree, size};

/// `bundle inspect`
pub(crate) fn inspect(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    console.say("WARNING: nothing is verified here, neither signatures nor log entries: this is what the bundle says of itself\n");
    let name = typed.words.first().map(String::as_str).unwrap_or_default();
    let bytes = files::read(name, limits::FILE).map_err(|error| match error {
        FileError::Open { .. } => format!("opening bundle file: {error}"),
        error => format!("reading bundle: {error}"),
    })?;
    let bundle = protojson::read(&BUNDLE, &bytes).map_err(|error| format!("unmarshaling bundle: {error}"))?;
    // Only to name services that everybody knows; nothing is believed because of it.
    let known = Services::embedded().unwrap_or_default();
    let mut tree = Tree::default();
    whole(&mut tree, &bundle, &known);
    console.answer(tree.text());
    Ok(())
}

fn whole(tree: &mut Tree, bundle: &Map<String, Value>, known: &Services) {
    let media_type = text(bundle.get("mediaType"));
    let version = match media_type {
        "application/vnd.dev.sigstore.bundle+json;version=0.1" => Some(1),
        "application/vnd.dev.sigstore.bundle+json;version=0.2" => Some(2),
        "application/vnd.dev.sigstore.bundle+json;version=0.3"
        | "application/vnd.dev.sigstore.bundle.v0.3+json" => Some(3),
        _ => None,
    };
    tree.leaf("Bundle Media Type", media_type);
    match (media_type, version) {
        ("", _) => tree.warning("Missing Bundle Media Type"),
        (_, None) => tree.warning("Unrecognized Media Type"),
        _ => {}
    }
    match bundle.get("verificationMaterial") {
        Some(material) => {
            tree.branch("Verification Material", |tree| verification(tree, material, known, version))
        }
        None => tree.warning("Missing Verification Material"),
    }
    match (bundle.get("dsseEnvelope"), bundle.get("messageSignature")) {
        (Some(envelope), _) => {
            let hint = bundle.get("verificationMaterial").and_then(|material| material.pointer("/publicKey"));
            let hint = hint.map(|key| text(key.get("hint")));
            tree.branch("Content", |tree| signed_envelope(tree, envelope, hint));
        }
        (None, Some(message)) => tree.branch("Content", |tree| signed_message(tree, message)),
        (None, None) => tree.warning("Missing Content"),
    }
}

fn verification(tree: &mut Tree, material: &Value, known: &Services, version: Option<u8>) {
    if let Some(one) = material.get("certificate") {
        tree.node("Content", "X.509 Certificate", |tree| {
            match raw(one.get("rawBytes")) {
                der if der.is_empty() => tree.warning("Certificate raw_bytes is empty"),
                der => certificate::show(tree, &der, known),
            }
            if version.is_some_and(|version| version < 3) {
                tree.warning("v0.1/v0.2 bundle should use certificate chain, not single certificate");
            }
        });
    } else if let Some(chain) = material.get("x509CertificateChain") {
        tree.node("Content", "X.509 Certificate Chain", |tree| {
            let all = list(chain.get("certificates"));
            if all.is_empty() {
                tree.warning("Certificate chain is empty");
            } else {
                tree.leaf("Certificates", &all.len().to_string());
            }
            for (index, one) in all.iter().enumerate() {
                tree.branch(&format!("Certificate [{index}]"), |tree| {
                    certificate::show(tree, &raw(one.get("rawBytes")), known);
                });
            }
            if version == Some(3) {
                tree.warning("v0.3 bundle should use single certificate, not chain");
            }
        });
    } else if let Some(key) = material.get("publicKey") {
        tree.node("Content", "Public Key Identifier", |tree| match text(key.get("hint")) {
            "" => tree.warning("Public key hint is empty"),
            hint => tree.leaf("Hint", &hexadecimal_hint(hint)),
        });
    } else {
        tree.warning("Missing Verification Material Content (must be certificate, chain, or public key)");
    }
    let entries = list(material.get("tlogEntries"));
    if !entries.is_empty() {
        tree.node("Transparency Log Entries", &entries.len().to_string(), |tree| {
            for (index, one) in entries.iter().enumerate() {
                tree.branch(&format!("Entry [{index}]"), |tree| entry::show(tree, one, known, version));
            }
        });
    }
    if let Some(data) = material.get("timestampVerificationData") {
        let stamps = list(data.get("rfc3161Timestamps"));
        tree.branch("Timestamp Verification Data", |tree| {
            tree.leaf("RFC3161 Timestamps", &stamps.len().to_string());
            for (index, one) in stamps.iter().enumerate() {
                tree.branch(&format!("Timestamp [{index}]"), |tree| {
                    stamp::show(tree, &raw(one.get("signedTimestamp")));
                });
            }
        });
    }
}

fn signed_envelope(tree: &mut Tree, envelope: &Value, hint: Option<&str>) {
    let payload = raw(envelope.get("payload"));
    tree.leaf("Type", "DSSE Envelope");
    tree.leaf("Payload Type", text(envelope.get("payloadType")));
    tree.leaf("Payload", &size(payload.len()));
    if text(envelope.get("payloadType")) == "application/vnd.in-toto+json"
        && let Ok(Value::Object(statement)) = serde_json::from_slice(&payload)
    {
        tree.branch("Payload Content (in-toto)", |tree| in_toto(tree, &statement));
    }
    let signatures = list(envelope.get("signatures"));
    tree.node("Signatures", &signatures.len().to_string(), |tree| {
        for (index, one) in signatures.iter().enumerate() {
            tree.branch(&format!("Signature [{index}]"), |tree| {
                tree.leaf("Signature", &size(raw(one.get("sig")).len()));
                match text(one.get("keyid")) {
                    "" => {}
                    id => {
                        tree.leaf("Key Hint", &hexadecimal_hint(id));
                        if hint.is_some_and(|hint| hint != id) {
                            tree.warning("Key hint mismatch with Verification Material");
                        }
                    }
                }
            });
        }
    });
    if signatures.len() != 1 {
        tree.warning("DSSE envelope MUST contain only one signature");
    }
}

fn in_toto(tree: &mut Tree, statement: &Map<String, Value>) {
    if let Some(kind) = statement.get("predicateType").and_then(Value::as_str) {
        tree.leaf("Predicate Type", kind);
    }
    if let Some(subjects) = statement.get("subject").and_then(Value::as_array) {
        tree.node("Subjects", &subjects.len().to_string(), |tree| {
            for subject in subjects {
                if let Some(name) = subject.get("name").and_then(Value::as_str) {
                    tree.leaf("Name", name);
                }
            }
        });
    }
}

fn signed_message(tree: &mut Tree, message: &Value) {
    tree.leaf("Type", "Message Signature");
    if let Some(digest) = message.get("messageDigest") {
        tree.branch("Message Digest", |tree| {
            let number = digest.get("algorithm").and_then(Value::as_u64).unwrap_or_default();
            let name = usize::try_from(number)
                .ok()
                .and_then(|index| crate::cosign::shapes::HASH_ALGORITHMS.get(index).copied());
            tree.leaf("Algorithm", &name.map_or_else(|| number.to_string(), str::to_owned));
            tree.leaf("Digest", &size(raw(digest.get("digest")).len()));
        });
    }
    tree.leaf("Signature", &size(raw(message.get("signature")).len()));
}

fn hexadecimal_hint(hint: &str) -> String {
    crate::go::base64::decode(hint.as_bytes()).map_or_else(|_| hint.to_owned(), |bytes| tree::hex(&bytes))
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn raw(value: Option<&Value>) -> Vec<u8> {
    STANDARD.decode(text(value)).unwrap_or_default()
}
