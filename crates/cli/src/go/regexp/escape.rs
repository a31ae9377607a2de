//! Escapes: `\d`, `\pL`, `\x{41}`, `\101`.

use sealgate::verify::Expression;

use super::error;

/// Reads an escape that means a class, as the inside of brackets, and what follows it; nothing if it means a letter.
///
/// # Errors
/// Go's text.
pub(super) fn class(whole: &str) -> Result<Option<(String, &str)>, String> {
    let Some(kind) = whole.chars().nth(1) else { return Ok(None) };
    let inner = match kind {
        'd' => "0-9",
        'D' => "^0-9",
        'w' => "0-9A-Za-z_",
        'W' => "^0-9A-Za-z_",
        's' => "\\t\\n\\x0C\\r\\x20",
        'S' => "^\\t\\n\\x0C\\r\\x20",
        'p' | 'P' => return property(whole, kind == 'P').map(Some),
        _ => return Ok(None),
    };
    Ok(Some((inner.to_owned(), whole.get(2..).unwrap_or_default())))
}

fn property(whole: &str, mut negated: bool) -> Result<(String, &str), String> {
    let wrong = |part: &str| error("invalid character class range", part);
    let rest = whole.get(2..).unwrap_or_default();
    let (name, rest) = match rest.strip_prefix('{') {
        Some(inner) => inner.split_once('}').ok_or_else(|| wrong(whole))?,
        None => {
            let end = rest.chars().next().map_or(0, char::len_utf8);
            rest.split_at_checked(end).unwrap_or((rest, ""))
        }
    };
    let written = whole.strip_suffix(rest).unwrap_or(whole);
    let bare = name.strip_prefix('^').unwrap_or(name);
    negated ^= bare != name;
    // Other forms mean more to Rust's engine than to Go's.
    let plain = bare.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let inner = format!("\\{}{{{bare}}}", if negated { 'P' } else { 'p' });
    if bare.is_empty() || !plain || Expression::parse(&inner, usize::MAX).is_err() {
        return Err(wrong(written));
    }
    Ok((inner, rest))
}

/// Reads an escape that means a letter, and what follows it.
///
/// # Errors
/// Go's text.
pub(super) fn letter(whole: &str) -> Result<(char, &str), String> {
    let mut letters = whole.chars();
    letters.next();
    let Some(kind) = letters.next() else {
        return Err(error("trailing backslash at end of expression", ""));
    };
    let rest = letters.as_str();
    let meant = match kind {
        'a' => Some(('\x07', rest)),
        'f' => Some(('\x0c', rest)),
        'n' => Some(('\n', rest)),
        'r' => Some(('\r', rest)),
        't' => Some(('\t', rest)),
        'v' => Some(('\x0b', rest)),
        'x' => return hexadecimal(whole, rest),
        // A single digit would be a reference backwards, which there is not.
        '1'..='7' if !rest.starts_with(|next: char| next.is_digit(8)) => None,
        '0'..='7' => octal(kind, rest),
        kind if kind.is_ascii() && !kind.is_ascii_alphanumeric() => Some((kind, rest)),
        _ => None,
    };
    meant.ok_or_else(|| invalid(whole, rest))
}

fn octal(first: char, rest: &str) -> Option<(char, &str)> {
    let more = rest.chars().take(2).take_while(|digit| digit.is_digit(8)).count();
    let (digits, rest) = rest.split_at_checked(more)?;
    let value = digits
        .chars()
        .fold(first.to_digit(8)?, |value, digit| value * 8 + digit.to_digit(8).unwrap_or_default());
    Some((char::from_u32(value)?, rest))
}

fn hexadecimal<'w>(whole: &'w str, rest: &'w str) -> Result<(char, &'w str), String> {
    let mut letters = rest.chars();
    if letters.as_str().starts_with('{') {
        letters.next();
        let (mut value, mut digits) = (0u32, 0);
        loop {
            let Some(letter) = letters.next() else { return Err(invalid(whole, "")) };
            if letter == '}' {
                break;
            }
            let Some(digit) = letter.to_digit(16) else { return Err(invalid(whole, letters.as_str())) };
            value = value.saturating_mul(16).saturating_add(digit);
            digits += 1;
            if value > 0x10_ffff {
                return Err(invalid(whole, letters.as_str()));
            }
        }
        // A surrogate is no letter that any text has.
        let letter = char::from_u32(value).filter(|_| digits > 0);
        return letter
            .map(|letter| (letter, letters.as_str()))
            .ok_or_else(|| invalid(whole, letters.as_str()));
    }
    let digits =
        (letters.next().and_then(|one| one.to_digit(16)), letters.next().and_then(|two| two.to_digit(16)));
    let rest = letters.as_str();
    match digits {
        (Some(high), Some(low)) => {
            char::from_u32(high * 16 + low).map(|letter| (letter, rest)).ok_or_else(|| invalid(whole, rest))
        }
        _ => Err(invalid(whole, rest)),
    }
}

fn invalid(whole: &str, rest: &str) -> String {
    error("invalid escape sequence", whole.strip_suffix(rest).unwrap_or(whole))
}
