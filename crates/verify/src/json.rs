//! JSON that every reader reads alike: no key twice, bounded depth, bounded numbers.

use std::{borrow::Cow, collections::HashSet};

use crate::limits;

/// Why JSON is refused before anything in it is looked at.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JsonError {
    /// Nested too deeply.
    #[error("JSON is nested more than {limit} deep")]
    Depth {
        /// The limit.
        limit: usize,
    },
    /// The same key twice in one object.
    #[error("JSON has the key `{0}` twice in one object")]
    DuplicateKey(String),
    /// Not what the format wants.
    #[error("JSON cannot be read: {0}")]
    Malformed(String),
    /// A number with too many characters.
    #[error("JSON has a number of more than {limit} characters")]
    Number {
        /// The limit.
        limit: usize,
    },
}

/// Reads `bytes` as a `T`, refusing what two readers could read differently.
///
/// # Errors
/// [`JsonError`] if it is not JSON, has a key twice, is nested too deeply, or is not a `T`.
pub fn read<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, JsonError> {
    check(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| JsonError::Malformed(printable(&error.to_string())))
}

/// Looks for duplicate keys, depth and long numbers in one pass. Says nothing about grammar, which the reader checks.
///
/// # Errors
/// [`JsonError`], but for [`JsonError::Malformed`] only where a key cannot be read.
// THREAT: two readers of one object each see another value of one key. See a_key_twice_is_refused_at_any_depth.
pub fn check(bytes: &[u8]) -> Result<(), JsonError> {
    let mut open: Vec<Option<Keys<'_>>> = Vec::new();
    let mut rest = bytes;
    // Whether a text that comes now is a key.
    let mut key_next = false;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' | b'[' => {
                if open.len() >= limits::JSON_DEPTH {
                    return Err(JsonError::Depth { limit: limits::JSON_DEPTH });
                }
                key_next = byte == b'{';
                open.push(key_next.then(Keys::default));
            }
            b'}' | b']' => {
                open.pop();
                key_next = false;
            }
            b',' => key_next = matches!(open.last(), Some(Some(_))),
            b':' => key_next = false,
            b'"' => {
                let (text, escaped, after) = string(rest);
                rest = after;
                if let (true, Some(Some(keys))) = (key_next, open.last_mut()) {
                    keys.insert(text, escaped)?;
                }
            }
            b'-' | b'0'..=b'9' => {
                let more = rest
                    .iter()
                    .take_while(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
                    .count();
                if more >= limits::JSON_NUMBER {
                    return Err(JsonError::Number { limit: limits::JSON_NUMBER });
                }
                rest = rest.get(more..).unwrap_or_default();
            }
            _ => {}
        }
    }
    Ok(())
}

// The inside of a string whose opening quote was read, whether it has escapes, and what follows its closing quote.
fn string(input: &[u8]) -> (&[u8], bool, &[u8]) {
    let mut escaped = false;
    let mut at = 0;
    while let Some(&byte) = input.get(at) {
        match byte {
            b'"' => {
                return (
                    input.get(..at).unwrap_or_default(),
                    escaped,
                    input.get(at + 1..).unwrap_or_default(),
                );
            }
            b'\\' => {
                escaped = true;
                at += 2;
            }
            _ => at += 1,
        }
    }
    (input, escaped, &[])
}

/// The keys of one object: few in most, so a list until there are many.
#[derive(Default)]
struct Keys<'a> {
    few: Vec<Cow<'a, [u8]>>,
    many: HashSet<Cow<'a, [u8]>>,
}

impl<'a> Keys<'a> {
    fn insert(&mut self, text: &'a [u8], escaped: bool) -> Result<(), JsonError> {
        let key: Cow<'a, [u8]> = if escaped {
            let quoted = [b"\"", text, b"\""].concat();
            let plain: String = serde_json::from_slice(&quoted)
                .map_err(|_| JsonError::Malformed("a key is not a text".into()))?;
            Cow::Owned(plain.into_bytes())
        } else {
            Cow::Borrowed(text)
        };
        if self.many.contains(&key) || self.few.contains(&key) {
            return Err(JsonError::DuplicateKey(printable(&String::from_utf8_lossy(&key))));
        }
        if self.few.len() < 16 {
            self.few.push(key);
        } else {
            self.many.insert(key);
        }
        Ok(())
    }
}

/// Cuts a text from outside to a length and to characters that a message can show.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .take(200)
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{JsonError, check, read};
    use crate::limits;

    #[test]
    fn a_key_twice_is_refused_at_any_depth() {
        assert_eq!(check(br#"{"a":{"b":1,"c":[{"d":1},{"d":2}]},"b":"a"}"#), Ok(()));
        for twice in [
            r#"{"a":1,"a":2}"#,
            r#"[{"x":{"a":1,"b":{},"a":2}}]"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a\"":1,"a\"":2}"#,
            r#"{"\/":1,"/":2}"#,
            "{\"\u{1f600}\":1,\"\\ud83d\\ude00\":2}",
            "{\"\u{e9}\":1,\"\\u00E9\":2}",
            r#"{"":1,"":2}"#,
        ] {
            assert!(matches!(check(twice.as_bytes()), Err(JsonError::DuplicateKey(_))), "{twice}");
        }
        // Other letters, though they look alike.
        assert_eq!(check("{\"\u{e9}\":1,\"e\u{301}\":2,\"A\":1,\"a\":2}".as_bytes()), Ok(()));
        let many: Vec<_> = (0..40).map(|n| format!("\"k{n}\":{n}")).collect();
        assert_eq!(check(format!("{{{}}}", many.join(",")).as_bytes()), Ok(()));
        assert!(check(format!("{{{},\"k39\":0}}", many.join(",")).as_bytes()).is_err());
        assert!(check(format!("{{{},\"k3\":0}}", many.join(",")).as_bytes()).is_err());
    }

    #[test]
    fn depth_and_numbers_are_bounded_at_n_and_not_at_n_plus_one() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(nested(limits::JSON_DEPTH).as_bytes()), Ok(()));
        assert_eq!(
            check(nested(limits::JSON_DEPTH + 1).as_bytes()),
            Err(JsonError::Depth { limit: limits::JSON_DEPTH })
        );
        assert_eq!(check("1".repeat(limits::JSON_NUMBER).as_bytes()), Ok(()));
        assert_eq!(
            check("1".repeat(limits::JSON_NUMBER + 1).as_bytes()),
            Err(JsonError::Number { limit: limits::JSON_NUMBER })
        );
    }

    #[test]
    fn broken_json_is_an_error_and_never_a_panic() {
        for broken in ["", "{", "\"", "\"\\", "}", "{\"a", "\u{feff}{}", "{} {}", "nul"] {
            assert!(read::<serde_json::Value>(broken.as_bytes()).is_err(), "{broken}");
        }
        assert!(read::<serde_json::Value>(b" {\"a\": [1, -2.5e3, null]} ").is_ok());
    }
}
