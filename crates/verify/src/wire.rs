//! Spellings that Sigstore's JSON shares: base64, 64-bit numbers as text, absent lists.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, de};

/// Bytes in base64: the standard alphabet, padded, one spelling.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Bytes;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("base64 text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
                STANDARD.decode(text).map(Bytes).map_err(|_| E::custom("not standard, padded base64"))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Reads standard base64.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A number of 64 bits: a JSON number, or its decimal digits as text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Int(pub(crate) i64);

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl de::Visitor<'_> for Number {
            type Value = Int;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number of 64 bits")
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Int, E> {
                Ok(Int(value))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Int, E> {
                i64::try_from(value).map(Int).map_err(|_| E::custom("a number over 63 bits"))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Int, E> {
                let digits = text.strip_prefix('-').unwrap_or(text);
                let plain = digits == "0" || digits.starts_with(|first: char| matches!(first, '1'..='9'));
                match (plain, text.parse()) {
                    (true, Ok(value)) => Ok(Int(value)),
                    _ => Err(E::custom("not a whole number of 64 bits")),
                }
            }
        }
        deserializer.deserialize_any(Number)
    }
}

/// Null stands for nothing, as the JSON form of protocol buffers has it.
pub(crate) fn or_default<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Lower-case hexadecimal of exactly `N` bytes.
pub(crate) fn hex_array<'de, const N: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    let lower = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let bytes = if lower { hex::decode(text.as_bytes()).ok() } else { None };
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| de::Error::custom("not lower-case hexadecimal of the right length"))
}
