//! A bundle on one line, as cosign prints it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{cosign::shapes::BUNDLE, go::protojson};

/// The bundle on one line; nothing where it is none.
pub(super) fn line(bytes: &[u8]) -> Option<String> {
    let written = protojson::write(&BUNDLE, &protojson::read(&BUNDLE, bytes).ok()?);
    // Go's JSON escapes what could end a script, also what protobuf's does not. None of it stands outside of texts.
    let mut line = String::with_capacity(written.len());
    for letter in written.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                line.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => line.push(letter),
        }
    }
    Some(line)
}

/// Whether it is of version 0.3 or later; cosign reads no older ones from registries.
pub(super) fn is_recent(bytes: &[u8]) -> bool {
    let bundle: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let kind = bundle.get("mediaType").and_then(Value::as_str).unwrap_or_default();
    let version = kind
        .split_once(".v")
        .map(|(_, rest)| rest.trim_end_matches("+json"))
        .or_else(|| kind.split_once("version=").map(|(_, version)| version));
    let mut numbers = version.unwrap_or_default().split('.').map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (0, 3),
        _ => false,
    }
}

/// The predicate type of its statement, if it holds one.
pub(super) fn predicate(bytes: &[u8]) -> Option<String> {
    let bundle: Value = serde_json::from_slice(bytes).ok()?;
    statement_type(bundle.get("dsseEnvelope")?).ok()
}

/// The predicate type of an envelope's statement.
pub(super) fn statement_type(envelope: &Value) -> Result<String, String> {
    let payload = envelope.get("payload").and_then(Value::as_str).unwrap_or_default();
    let payload = STANDARD.decode(payload).map_err(|error| format!("decoding payload: {error}"))?;
    let statement: Value =
        serde_json::from_slice(&payload).map_err(|error| format!("unmarshaling statement: {error}"))?;
    let kind = statement.get("predicateType").and_then(Value::as_str);
    Ok(kind.unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{is_recent, line};

    #[test]
    fn what_could_end_a_script_is_escaped() {
        let bundle = br#"{"dsseEnvelope": {"payloadType": "a<b>&"}, "mediaType": "m"}"#;
        assert_eq!(
            line(bundle).as_deref(),
            Some(r#"{"mediaType":"m","dsseEnvelope":{"payloadType":"a\u003cb\u003e\u0026"}}"#)
        );
        assert_eq!(line(br#"{"mediaType": "m", "other": 1}"#), None);
    }

    #[test]
    fn versions_before_the_third_are_older() {
        let of = |kind: &str| is_recent(format!(r#"{{"mediaType": "{kind}"}}"#).as_bytes());
        assert!(of("application/vnd.dev.sigstore.bundle.v0.3+json"));
        assert!(of("application/vnd.dev.sigstore.bundle+json;version=0.3"));
        assert!(of("application/vnd.dev.sigstore.bundle.v0.3.1+json"));
        assert!(!of("application/vnd.dev.sigstore.bundle+json;version=0.2"));
        assert!(!of("application/json"));
    }
}
