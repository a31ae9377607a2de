//! Text in double quotes as Go's `%q` writes it.

use std::fmt::Write;

/// `text` in double quotes, everything unprintable escaped.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            letter if letter < ' ' || letter == '\x7f' => {
                push(&mut quoted, format_args!("\\x{:02x}", u32::from(letter)))
            }
            letter if letter.is_control() => push(&mut quoted, format_args!("\\u{:04x}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _infallible = text.write_fmt(more);
}

#[cfg(test)]
mod tests {
    #[test]
    fn quotes_escape_what_a_terminal_would_obey() {
        assert_eq!(super::quote("a\"b\\c\n\x1b[0m\u{85}é"), r#""a\"b\\c\n\x1b[0m\u0085é""#);
    }
}
