//! Whole numbers as Go's `strconv.ParseInt` reads them where the base is open: `10`, `-0x1f`, `0b101`, `017`, `1_000`.

use super::quote::quote;

/// Reads a number of 64 bits.
///
/// # Errors
/// Go's text.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    let wrong = |why: &str| format!("strconv.ParseInt: parsing {}: {why}", quote(text));
    let (negative, unsigned) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let lower = unsigned.to_ascii_lowercase();
    let based = [("0x", 16), ("0b", 2), ("0o", 8)]
        .into_iter()
        .find_map(|(prefix, radix)| lower.strip_prefix(prefix).map(|digits| (digits, radix, true)));
    let (digits, radix, prefixed) = based.unwrap_or_else(|| match lower.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => (digits, 8, true),
        _ => (lower.as_str(), 10, false),
    });
    // Underscores stand between digits, or between the base and a digit.
    let after = if prefixed { digits.strip_prefix('_').unwrap_or(digits) } else { digits };
    let bare: String = after.chars().filter(|letter| *letter != '_').collect();
    let lonely = after.starts_with('_') || after.ends_with('_') || after.contains("__");
    if bare.is_empty() || lonely || !bare.chars().all(|letter| letter.is_digit(radix)) {
        return Err(wrong("invalid syntax"));
    }
    let size = u128::from_str_radix(&bare, radix).map_err(|_| wrong("value out of range"))?;
    let size = i128::try_from(size).map_err(|_| wrong("value out of range"))?;
    i64::try_from(if negative { -size } else { size }).map_err(|_| wrong("value out of range"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn numbers_read_as_in_go() {
        for (text, number) in [
            ("0", 0),
            ("10", 10),
            ("-5", -5),
            ("+5", 5),
            ("0x1F", 31),
            ("-0b101", -5),
            ("0o17", 15),
            ("017", 15),
            ("1_000", 1000),
            ("0x_f", 15),
            ("0_7", 7),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(parse(text), Ok(number), "{text}");
        }
        for (text, why) in [
            ("", "invalid syntax"),
            ("abc", "invalid syntax"),
            (" 1", "invalid syntax"),
            ("1.5", "invalid syntax"),
            ("--1", "invalid syntax"),
            ("08", "invalid syntax"),
            ("0x", "invalid syntax"),
            ("_1", "invalid syntax"),
            ("1__0", "invalid syntax"),
            ("1_", "invalid syntax"),
            ("9223372036854775808", "value out of range"),
            ("99999999999999999999999999999999999999999999", "value out of range"),
        ] {
            let expected = format!("strconv.ParseInt: parsing \"{text}\": {why}");
            assert_eq!(parse(text), Err(expected), "{text}");
        }
    }
}
