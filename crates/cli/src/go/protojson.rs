//! Protobuf's JSON as Go reads and writes it: unknown and doubled fields refused, defaults left out, fields in the order
//! of their definition, no blanks.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{
    json::{push, write_string},
    quote::quote,
    time,
};

/// The shape of a message: its fields in the order of their definition.
#[derive(Debug)]
pub(crate) struct Message(pub(crate) &'static [Field]);

/// One field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) repeated: bool,
    /// Fields of one choice exclude each other.
    pub(crate) choice: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Bytes,
    /// Names in the order of their numbers, from 0.
    Enum(&'static [&'static str]),
    Int64,
    Message(&'static Message),
    Text,
    Time,
}

impl Field {
    /// A field that holds one value.
    pub(crate) const fn one(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, repeated: false, choice: false }
    }

    /// A field that holds any number.
    pub(crate) const fn many(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, repeated: true, choice: false }
    }

    /// A field of the message's choice.
    pub(crate) const fn choice(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, repeated: false, choice: true }
    }
}

/// Reads a message. What comes back holds only what is written: camel-case names, standard base64, whole numbers.
///
/// # Errors
/// Text that begins as Go's does.
pub(crate) fn read(message: &Message, bytes: &[u8]) -> Result<Map<String, Value>, String> {
    let once: Once = serde_json::from_slice(bytes).map_err(|error| syntax(bytes, &error))?;
    match once.0 {
        Value::Object(fields) => of(message, fields),
        other => Err(format!("proto: syntax error (line 1:1): unexpected token {other}")),
    }
}

/// Writes a message whose fields [`read`] would return.
pub(crate) fn write(message: &Message, fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    write_message(&mut text, message, fields);
    text
}

fn syntax(bytes: &[u8], error: &serde_json::Error) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start();
    let word: String = text.chars().take_while(|letter| letter.is_ascii_alphanumeric()).take(32).collect();
    if text.is_empty()
        || !word.is_empty() && error.is_syntax() && error.line() == 1 && error.column() <= 1 + word.len()
    {
        let what =
            if text.is_empty() { "unexpected token ".to_owned() } else { format!("invalid value {word}") };
        return format!("proto: syntax error (line 1:1): {what}");
    }
    let (line, column) = (error.line(), error.column());
    let why = error.to_string();
    let why = why.split(" at line ").next().unwrap_or_default();
    format!("proto: syntax error (line {line}:{column}): {why}")
}

fn of(message: &Message, fields: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let (mut read, mut chosen) = (Map::new(), false);
    for (name, value) in fields {
        let field = message.0.iter().find(|field| field.name == name || snake(field.name) == name);
        let field = field.ok_or_else(|| format!("proto: unknown field {}", quote(&name)))?;
        if value.is_null() {
            continue;
        }
        if field.choice && std::mem::replace(&mut chosen, true) {
            return Err(format!("proto: error parsing {}, oneof is already set", quote(&name)));
        }
        let value = match (field.repeated, value) {
            (false, value) => one(field, value)?,
            (true, Value::Array(values)) => {
                Value::Array(values.into_iter().map(|value| one(field, value)).collect::<Result<_, _>>()?)
            }
            (true, other) => return Err(invalid(field, &other)),
        };
        if read.insert(field.name.to_owned(), value).is_some() {
            return Err(format!("proto: duplicate field {}", quote(&name)));
        }
    }
    Ok(read)
}

fn one(field: &Field, value: Value) -> Result<Value, String> {
    match (field.kind, value) {
        (Kind::Message(message), Value::Object(fields)) => of(message, fields).map(Value::Object),
        (Kind::Text, Value::String(text)) => Ok(Value::String(text)),
        (Kind::Bytes, Value::String(text)) => {
            // Both alphabets are read, with padding and without.
            let plain: String = text
                .trim_end_matches('=')
                .chars()
                .map(|letter| match letter {
                    '-' => '+',
                    '_' => '/',
                    letter => letter,
                })
                .collect();
            let padded = format!("{plain}{}", "=".repeat((4 - plain.len() % 4) % 4));
            let bytes =
                super::base64::decode(padded.as_bytes()).map_err(|_| invalid(field, &Value::String(text)))?;
            Ok(Value::String(STANDARD.encode(bytes)))
        }
        (Kind::Int64, Value::String(text)) => {
            text.parse::<i64>().map(Value::from).map_err(|_| invalid(field, &Value::String(text)))
        }
        (Kind::Int64, Value::Number(number)) => {
            number.as_i64().map(Value::from).ok_or_else(|| invalid(field, &Value::Number(number)))
        }
        (Kind::Enum(names), Value::String(text)) => {
            let number = names.iter().position(|name| *name == text);
            number.map(Value::from).ok_or_else(|| invalid(field, &Value::String(text)))
        }
        (Kind::Enum(_), Value::Number(number))
            if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) =>
        {
            Ok(Value::Number(number))
        }
        (Kind::Time, Value::String(text)) => time::parse(&text)
            .map(|time| time::write(time).into())
            .map_err(|_| invalid(field, &Value::String(text))),
        (_, other) => Err(invalid(field, &other)),
    }
}

fn invalid(field: &Field, value: &Value) -> String {
    let kind = match field.kind {
        Kind::Bytes => "bytes",
        Kind::Enum(_) => "enum",
        Kind::Int64 => "int64",
        Kind::Message(_) => return "proto: syntax error: unexpected token".into(),
        Kind::Text => "string",
        Kind::Time => "google.protobuf.Timestamp",
    };
    let shown: String = value.to_string().chars().take(80).collect();
    format!("proto: invalid value for {kind} field {}: {shown}", field.name)
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn write_message(text: &mut String, message: &Message, fields: &Map<String, Value>) {
    text.push('{');
    let mut first = true;
    for field in message.0 {
        let Some(value) = fields.get(field.name).filter(|value| is_written(field, value)) else { continue };
        if !std::mem::take(&mut first) {
            text.push(',');
        }
        push(text, format_args!("\"{}\":", field.name));
        match value {
            Value::Array(values) => {
                text.push('[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    write_value(text, field, value);
                }
                text.push(']');
            }
            value => write_value(text, field, value),
        }
    }
    text.push('}');
}

fn is_written(field: &Field, value: &Value) -> bool {
    match value {
        Value::Array(values) => !values.is_empty(),
        Value::String(text) => field.choice || !text.is_empty(),
        Value::Number(number) => number.as_i64() != Some(0),
        Value::Object(_) => true,
        Value::Null | Value::Bool(_) => false,
    }
}

fn write_value(text: &mut String, field: &Field, value: &Value) {
    match (field.kind, value) {
        (Kind::Message(message), Value::Object(fields)) => write_message(text, message, fields),
        (Kind::Int64, value) => push(text, format_args!("\"{value}\"")),
        (Kind::Enum(names), value) => {
            let index = value.as_u64().and_then(|number| usize::try_from(number).ok());
            match index.and_then(|index| names.get(index)) {
                Some(name) => push(text, format_args!("\"{name}\"")),
                None => push(text, format_args!("{value}")),
            }
        }
        (_, value) => write_string(text, value.as_str().unwrap_or_default(), false),
    }
}

// THREAT: two readers take different ones of two equal fields. See a_field_that_is_written_twice_is_refused.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor).map(Self)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Once(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, Once(value))) = entries.next_entry::<String, Once>()? {
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field {}", quote(&name))));
            }
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Kind, Message, read, write};

    const INNER: Message = Message(&[Field::one("rawBytes", Kind::Bytes), Field::one("at", Kind::Time)]);
    const OUTER: Message = Message(&[
        Field::one("name", Kind::Text),
        Field::choice("left", Kind::Message(&INNER)),
        Field::choice("right", Kind::Text),
        Field::one("size", Kind::Int64),
        Field::one("kind", Kind::Enum(&["NONE", "SOME"])),
        Field::many("items", Kind::Message(&INNER)),
    ]);

    fn again(text: &str) -> Result<String, String> {
        read(&OUTER, text.as_bytes()).map(|fields| write(&OUTER, &fields))
    }

    #[test]
    fn messages_are_written_in_order_without_defaults() {
        for (text, written) in [
            ("{}", "{}"),
            (r#"{"size": 5, "name": "a<b\u00e9\u0001\/"}"#, r#"{"name":"a<bé\u0001/","size":"5"}"#),
            (r#"{"size": "0", "kind": "NONE", "items": [], "name": "", "left": null}"#, "{}"),
            (r#"{"kind": 1, "left": {"raw_bytes": "_-8"}}"#, r#"{"left":{"rawBytes":"/+8="},"kind":"SOME"}"#),
            (r#"{"kind": 7, "right": ""}"#, r#"{"right":"","kind":7}"#),
            (
                r#"{"items": [{}, {"at": "2024-01-01T01:00:00+01:00"}]}"#,
                r#"{"items":[{},{"at":"2024-01-01T00:00:00Z"}]}"#,
            ),
        ] {
            assert_eq!(again(text).unwrap(), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_such_message_is_refused() {
        for (text, why) in [
            (r#"{"other": 1}"#, "unknown field \"other\""),
            (r#"{"size": "x"}"#, "invalid value for int64 field size"),
            (r#"{"size": 1.5}"#, "invalid value for int64 field size"),
            (r#"{"name": 5}"#, "invalid value for string field name"),
            (r#"{"kind": "OTHER"}"#, "invalid value for enum field kind"),
            (r#"{"left": {"rawBytes": "!"}}"#, "invalid value for bytes field rawBytes"),
            (r#"{"left": {}, "right": "x"}"#, "oneof is already set"),
            (r#"{"items": {}}"#, "unexpected token"),
            ("hello", "(line 1:1): invalid value hello"),
            ("", "(line 1:1): unexpected token "),
            ("[]", "unexpected token []"),
            (r#"{"name": "#, "(line 1:"),
        ] {
            let error = again(text).unwrap_err();
            assert!(error.starts_with("proto: ") && error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_field_that_is_written_twice_is_refused() {
        assert!(again(r#"{"name": "a", "name": "a"}"#).unwrap_err().contains("duplicate field"));
        assert!(
            again(r#"{"left": {"rawBytes": "", "raw_bytes": ""}}"#).unwrap_err().contains("duplicate field")
        );
        assert!(again(r#"{"name": "a"}"#).is_ok());
    }
}
