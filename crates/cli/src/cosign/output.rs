//! The bytes that cosign's verbs print for what passed.

use serde::Deserialize;
use serde_json::Value;

use sealgate::verify::{CertificateSigner, Content, Digest, Item};

use super::{
    certificate::{self, EXTENSIONS},
    judge::{Form, Passed},
};
use crate::go::json;

/// A passed signature and where it came from.
#[derive(Debug)]
pub(crate) struct Shown<'e> {
    /// As found.
    pub(crate) item: &'e Item,
    /// How it is stored.
    pub(crate) form: Form,
    /// What it says.
    pub(crate) passed: Passed,
}

/// What the header says was checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checks {
    /// `-a`, with claims checked.
    pub(crate) annotations: bool,
    /// `--check-claims`
    pub(crate) claims: bool,
    /// The log entry.
    pub(crate) log: bool,
    /// By a key rather than a certificate.
    pub(crate) key: bool,
}

/// The header before each image's answer.
pub(crate) fn header(name: &str, checks: Checks) -> String {
    let mut text = format!(
        "\nVerification for {name} --\nThe following checks were performed on each of these signatures:"
    );
    let lines = [
        (checks.annotations, "The specified annotations were verified."),
        (checks.claims, "The cosign claims were validated"),
        (checks.log, "Existence of the claims in the transparency log was verified offline"),
        (checks.key, "The signatures were verified against the specified public key"),
        (
            !checks.key,
            "The code-signing certificate was verified using trusted certificate authority certificates",
        ),
    ];
    for (_, line) in lines.iter().filter(|(done, _)| *done) {
        text.push_str("\n  - ");
        text.push_str(line);
    }
    text
}

/// `-o json`: one array.
pub(crate) fn array(shown: &[Shown<'_>], reference: &str, digest: &Digest) -> String {
    let elements: Vec<String> = shown
        .iter()
        .map(|shown| match shown.form {
            Form::Bundle => bundle_element(&shown.passed, reference, digest),
            Form::Older => older_element(shown),
        })
        .collect();
    format!("\n[{}]\n", elements.join(","))
}

/// `-o text`: the payload as signed; of a bundle, what `-o json` says of it.
pub(crate) fn line(shown: &Shown<'_>, reference: &str, digest: &Digest) -> Vec<u8> {
    match shown.form {
        Form::Bundle => bundle_element(&shown.passed, reference, digest).into_bytes(),
        Form::Older => payload(&shown.passed).to_vec(),
    }
}

fn payload(passed: &Passed) -> &[u8] {
    match &passed.content {
        Content::SimpleSigning(payload) => &payload.raw,
        Content::Statement(statement) => &statement.raw,
        Content::Message(_) => &[],
    }
}

/// What cosign says about the certificate of an older signature.
pub(crate) fn certificate_lines(signer: &CertificateSigner) -> Vec<String> {
    let mut lines = vec![format!("Certificate subject: {}", certificate::first_name(signer))];
    let names = [
        "Certificate issuer URL",
        "GitHub Workflow Trigger",
        "GitHub Workflow SHA",
        "GitHub Workflow Name",
        "GitHub Workflow Repository",
        "GitHub Workflow Ref",
    ];
    for ((number, _), name) in EXTENSIONS.iter().zip(names) {
        if let Some(value) = certificate::extension(signer, *number).filter(|value| !value.is_empty()) {
            lines.push(format!("{name}: {value}"));
        }
    }
    lines
}

/// One line with the envelope: the older format's as stored, a bundle's in cosign's order of fields.
pub(crate) fn envelope(shown: &Shown<'_>) -> Vec<u8> {
    if shown.form == Form::Older {
        return shown.item.bytes.to_vec();
    }
    let bundle: Value = serde_json::from_slice(&shown.item.bytes).unwrap_or_default();
    let envelope = bundle.get("dsseEnvelope").unwrap_or(&Value::Null);
    let text = |value: &Value, field: &str| {
        json::string(value.get(field).and_then(Value::as_str).unwrap_or_default())
    };
    let mut signatures = Vec::new();
    for signature in envelope.get("signatures").and_then(Value::as_array).into_iter().flatten() {
        let keyid = text(signature, "keyid");
        let keyid = if keyid == "\"\"" { String::new() } else { format!(",\"keyid\":{keyid}") };
        signatures.push(format!("{{\"sig\":{}{keyid}}}", text(signature, "sig")));
    }
    let (payload, kind) = (text(envelope, "payload"), text(envelope, "payloadType"));
    format!("{{\"payload\":{payload},\"payloadType\":{kind},\"signatures\":[{}]}}", signatures.join(","))
        .into_bytes()
}

fn element(reference: &str, digest: &str, kind: &str, optional: &str) -> String {
    format!(
        "{{\"critical\":{{\"identity\":{{\"docker-reference\":{}}},\"image\":{{\"docker-manifest-digest\":{}}},\"type\":{}}},\"optional\":{optional}}}",
        json::string(reference),
        json::string(digest),
        json::string(kind),
    )
}

fn bundle_element(passed: &Passed, reference: &str, asked: &Digest) -> String {
    let Content::Statement(statement) = &passed.content else { return element(reference, "", "", "null") };
    let subject = statement.subjects.first();
    let digest = subject.and_then(|subject| subject.digest.get("sha256").map(|hex| format!("sha256:{hex}")));
    let annotations =
        subject.and_then(|subject| subject.annotations.as_ref()).filter(|value| value.is_object());
    let optional = annotations.map_or_else(|| "{}".to_owned(), json::marshal);
    element(reference, &digest.unwrap_or_else(|| asked.to_string()), &statement.predicate_type, &optional)
}

/// An element that says nothing.
pub(crate) const EMPTY_ELEMENT: &str = r#"{"critical":{"identity":{"docker-reference":""},"image":{"docker-manifest-digest":""},"type":""},"optional":null}"#;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload {
    critical: Critical,
    optional: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Critical {
    identity: Identity,
    image: Image,
    r#type: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Identity {
    #[serde(rename = "docker-reference")]
    docker_reference: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    docker_manifest_digest: String,
}

fn older_element(shown: &Shown<'_>) -> String {
    // The payload was read and accepted before; cosign prints what it knows of it.
    let payload: Payload = serde_json::from_slice(payload(&shown.passed)).unwrap_or_default();
    let mut optional: Vec<(String, String)> = match &payload.optional {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), json::marshal(value))).collect()
        }
        _ => Vec::new(),
    };
    let was_object = payload.optional.is_object();
    let mut set = |name: &str, value: String| {
        optional.retain(|(known, _)| known != name);
        optional.push((name.to_owned(), value));
    };
    if let Some(signer) = shown.passed.certificate() {
        set("Subject", json::string(certificate::first_name(signer)));
        for (number, name) in EXTENSIONS {
            if let Some(value) = certificate::extension(signer, number) {
                set(&format!("1.3.6.1.4.1.57264.1.{number}"), json::string(value));
                set(name, json::string(value));
            }
        }
    }
    if let Some(bundle) =
        shown.item.annotations.get("dev.sigstore.cosign/bundle").and_then(|text| rekor_bundle(text))
    {
        set("Bundle", bundle);
    }
    let stamp = shown.item.annotations.get("dev.sigstore.cosign/rfc3161timestamp");
    if let Some(stamp) = stamp.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        let signed = stamp.get("SignedRFC3161Timestamp").and_then(Value::as_str).unwrap_or_default();
        set("RFC3161Timestamp", format!("{{\"SignedRFC3161Timestamp\":{}}}", json::string(signed)));
    }
    optional.sort_by(|left, right| left.0.as_bytes().cmp(right.0.as_bytes()));
    let fields: Vec<String> =
        optional.iter().map(|(name, value)| format!("{}:{value}", json::string(name))).collect();
    let optional = if fields.is_empty() && !was_object {
        "null".to_owned()
    } else {
        format!("{{{}}}", fields.join(","))
    };
    let critical = payload.critical;
    element(
        &critical.identity.docker_reference,
        &critical.image.docker_manifest_digest,
        &critical.r#type,
        &optional,
    )
}

/// A log entry's annotation, in Go's struct order.
pub(crate) fn rekor_bundle(text: &str) -> Option<String> {
    let bundle: Value = serde_json::from_str(text).ok()?;
    let payload = bundle.get("Payload")?;
    let field = |name: &str| payload.get(name).map_or_else(|| "null".to_owned(), json::marshal);
    Some(format!(
        "{{\"SignedEntryTimestamp\":{},\"Payload\":{{\"body\":{},\"integratedTime\":{},\"logIndex\":{},\"logID\":{}}}}}",
        json::marshal(bundle.get("SignedEntryTimestamp")?),
        field("body"),
        field("integratedTime"),
        field("logIndex"),
        field("logID"),
    ))
}
