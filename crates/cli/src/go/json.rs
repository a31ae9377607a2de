//! JSON as Go's encoder writes it: sorted keys, numbers through float64, `<`, `>` and `&` escaped.

pub(crate) mod syntax;

use std::fmt::Write;

use serde_json::Value;

/// Writes a value that has gone through an `interface{}`.
pub(crate) fn marshal(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

/// Writes one string.
pub(crate) fn string(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    write_string(&mut written, text, true);
    written
}

/// Why `bytes` cannot be read, in Go's words where they are no JSON at all.
pub(crate) fn complaint(bytes: &[u8], error: &serde_json::Error) -> String {
    syntax::error(bytes).unwrap_or_else(|| error.to_string())
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => write_number(text, number),
        Value::String(content) => write_string(text, content, true),
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_value(text, value);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by(|left, right| left.0.as_bytes().cmp(right.0.as_bytes()));
            text.push('{');
            for (index, (name, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_string(text, name, true);
                text.push(':');
                write_value(text, value);
            }
            text.push('}');
        }
    }
}

fn write_number(text: &mut String, number: &serde_json::Number) {
    let Some(float) = number.as_f64() else {
        text.push_str(&number.to_string());
        return;
    };
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        // Go writes an exponent of two digits at least, but strips the zero of a negative one.
        let written = format!("{float:e}");
        let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(("+", exponent), |digits| ("-", digits));
        let digits = if sign == "+" && digits.len() < 2 { format!("0{digits}") } else { digits.to_owned() };
        push(text, format_args!("{mantissa}e{sign}{digits}"));
    } else {
        push(text, format_args!("{float}"));
    }
}

/// A text in quotes. With `markup` what pages take for markup, or scripts for the end of a line, is escaped as well: Go's
/// `encoding/json` does so, its protojson does not.
pub(super) fn write_string(text: &mut String, content: &str, markup: bool) {
    text.push('"');
    for letter in content.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\x08' => text.push_str("\\b"),
            '\x0c' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\x1f' => escape(text, letter),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if markup => escape(text, letter),
            letter => text.push(letter),
        }
    }
    text.push('"');
}

fn escape(text: &mut String, letter: char) {
    push(text, format_args!("\\u{:04x}", u32::from(letter)));
}

pub(super) fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _infallible = text.write_fmt(more);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::marshal;

    #[test]
    fn values_are_written_as_go_writes_them() {
        let value = json!({"b": 12_345_678_901_234_567_890u64, "B": [1, 2.5, -0.0000001, 1e21], "a": "<&>\u{2028}\u{1}é", "n": null});
        let expected = r#"{"B":[1,2.5,-1e-7,1e+21],"a":"\u003c\u0026\u003e\u2028\u0001é","b":12345678901234567000,"n":null}"#;
        assert_eq!(marshal(&value), expected);
    }
}
