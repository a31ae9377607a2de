//! `--sct`: the timestamp of a CT log that a certificate does not carry itself.

use sealgate::verify::{DetachedSct, SctError};
use serde_json::{Map, Value, json};

use super::failure::Failure;
use crate::{files, go::flags::Typed, limits};

/// The file that was typed, read.
#[derive(Debug, Default)]
pub(crate) enum Beside {
    /// None, or an empty one, which cosign takes for none.
    #[default]
    Nothing,
    /// A timestamp, of which nothing is known yet.
    Sct(DetachedSct),
    /// No timestamp. That is told once one is needed: a certificate with timestamps of its own needs none.
    Unreadable(SctError),
}

/// Reads the file of `--sct`, if it was typed.
///
/// # Errors
/// cosign's text for a file that is not there.
pub(crate) fn typed(typed: &Typed) -> Result<Beside, Failure> {
    let Some(name) = typed.some("sct") else { return Ok(Beside::Nothing) };
    let bytes = files::read(name, limits::SCT).map_err(|error| format!("reading sct from file: {error}"))?;
    if bytes.is_empty() {
        return Ok(Beside::Nothing);
    }
    let plain = plain(&bytes);
    let read = DetachedSct::from_json(plain.as_deref().map_or(bytes.as_slice(), str::as_bytes));
    Ok(read.map_or_else(Beside::Unreadable, Beside::Sct))
}

// The object as one that every reader reads alike. Go takes names in any case, the last of a name that comes twice, null for
// nothing, and lines in base64; the signature decides what of it counts.
fn plain(bytes: &[u8]) -> Option<String> {
    let fields = match serde_json::from_slice(bytes).ok()? {
        Value::Object(fields) => fields,
        Value::Null => Map::new(),
        _ => return None,
    };
    let field = |name: &str| {
        let folded = || fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        fields.get(name).or_else(folded).filter(|value| !value.is_null())
    };
    let text = |name: &str| match field(name) {
        None => Some(String::new()),
        Some(value) => value.as_str().map(|text| text.replace(['\r', '\n'], "")),
    };
    let number = |name: &str| field(name).map_or(Some(0), Value::as_u64);
    let plain = json!({
        "sct_version": number("sct_version")?,
        "id": text("id")?,
        "timestamp": number("timestamp")?,
        "extensions": text("extensions")?,
        "signature": text("signature")?,
    });
    Some(plain.to_string())
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_log_s_answer_is_read_in_go_s_manner() {
        let read = |text: &str| plain(text.as_bytes());
        let want = read(r#"{"id":"aa==","timestamp":1,"extensions":"","signature":"bb==","sct_version":0}"#);
        assert!(want.is_some());
        for same in [
            r#"{"id":"aa==","timestamp":1,"signature":"bb=="}"#,
            r#"{"ID":"aa==","Timestamp":1,"SIGNATURE":"bb==","extensions":null,"more":[1]}"#,
            r#" {"id":"a\na==","timestamp":2,"timestamp":1,"signature":"bb=="} "#,
        ] {
            assert_eq!(read(same), want, "{same}");
        }
        for wrong in
            ["", "text", "[]", "7", r#"{"id":7}"#, r#"{"timestamp":"1"}"#, r#"{"timestamp":-1}"#, "{}{}"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(read("null"), read("{}"));
    }
}
