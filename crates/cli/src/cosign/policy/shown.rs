//! A value as Go's `fmt` prints it.

use std::fmt::Write as _;

use regorus::Value;

/// `false`, `[1 2]`, `map[a:1]`; cut where it grows long.
pub(super) fn shown(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value);
    if text.len() > LONGEST {
        text = text.chars().take(LONGEST).chain("...".chars()).collect();
    }
    text
}

fn write(text: &mut String, value: &Value) {
    if text.len() > LONGEST {
        return;
    }
    match value {
        Value::Null => text.push_str("<nil>"),
        Value::Bool(bool) => drop(write!(text, "{bool}")),
        Value::String(string) => text.push_str(string),
        Value::Array(values) => list(text, values.iter()),
        Value::Set(values) => list(text, values.iter()),
        Value::Object(fields) => {
            text.push_str("map[");
            for (index, (name, value)) in fields.iter().enumerate() {
                if index > 0 {
                    text.push(' ');
                }
                write(text, name);
                text.push(':');
                write(text, value);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

fn list<'v>(text: &mut String, values: impl Iterator<Item = &'v Value>) {
    text.push('[');
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.push(' ');
        }
        write(text, value);
    }
    text.push(']');
}

const LONGEST: usize = 1000;

#[cfg(test)]
mod tests {
    use regorus::Value;

    use super::{LONGEST, shown};

    #[test]
    fn values_read_as_go_prints_them() {
        for (json, printed) in [
            ("false", "false"),
            ("null", "<nil>"),
            ("1", "1"),
            (r#""yes""#, "yes"),
            (r#"["a", 2]"#, "[a 2]"),
            (r#"{"b": [], "a": {"x": null}}"#, "map[a:map[x:<nil>] b:[]]"),
        ] {
            assert_eq!(shown(&Value::from_json_str(json).unwrap()), printed);
        }
    }

    #[test]
    fn a_long_value_is_cut() {
        assert_eq!(shown(&Value::from("x".repeat(LONGEST).as_str())).len(), LONGEST);
        assert_eq!(shown(&Value::from("x".repeat(LONGEST + 1).as_str())).len(), LONGEST + 3);
    }
}
