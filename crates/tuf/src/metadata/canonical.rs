//! The one spelling of JSON that signatures are over: keys in order, no blanks, integers only, two escapes.
//!
//! Spec: OLPC canonical JSON, as TUF repositories use it.

use serde_json::{Map, Value};

/// The canonical spelling of an object.
///
/// # Errors
/// A number that is no integer: it has no canonical spelling.
pub(crate) fn bytes(object: &Map<String, Value>) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    write_object(object, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => out.extend_from_slice(number.to_string().as_bytes()),
            (None, Some(number)) => out.extend_from_slice(number.to_string().as_bytes()),
            (None, None) => return Err(format!("{number} is no integer")),
        },
        Value::String(text) => write_text(text, out),
        Value::Array(list) => {
            out.push(b'[');
            for (index, value) in list.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(value, out)?;
            }
            out.push(b']');
        }
        Value::Object(object) => write_object(object, out)?,
    }
    Ok(())
}

fn write_object(object: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), String> {
    // By code point, which in UTF-8 is by byte. A feature of serde_json could keep the order of the file instead.
    let mut fields: Vec<(&String, &Value)> = object.iter().collect();
    fields.sort_by(|left, right| left.0.cmp(right.0));
    out.push(b'{');
    for (index, (key, value)) in fields.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(key, out);
        out.push(b':');
        write(value, out)?;
    }
    out.push(b'}');
    Ok(())
}

// Line ends and controls stand as they are.
fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::bytes;

    fn canonical(json: &str) -> Result<String, String> {
        bytes(&serde_json::from_str(json).unwrap()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn every_file_has_one_canonical_spelling() {
        let json =
            r#" {"b": [1, -2, true, null, {}], "a\n\"\\\u00e9\u0001": "x", "B": 18446744073709551615} "#;
        let wanted = "{\"B\":18446744073709551615,\"a\n\\\"\\\\é\u{1}\":\"x\",\"b\":[1,-2,true,null,{}]}";
        assert_eq!(canonical(json).unwrap(), wanted);
    }

    #[test]
    fn a_number_that_is_no_integer_has_none() {
        for json in ["{\"a\":1.5}", "{\"a\":1e3}", "{\"a\":1.0}", "{\"a\":18446744073709551616}"] {
            assert!(canonical(json).is_err(), "{json}");
        }
        assert!(canonical("{\"a\":1}").is_ok(), "twin");
    }
}
