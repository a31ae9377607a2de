//! Character classes: `[a-z\d[:alpha:]]`.

use super::{error, escape};

/// Reads a class at the beginning of `whole`, and what follows it.
///
/// # Errors
/// Go's text.
pub(super) fn read(whole: &str) -> Result<(String, &str), String> {
    let missing = || error("missing closing ]", whole);
    let mut rest = whole.strip_prefix('[').unwrap_or(whole);
    let mut out = String::from("[");
    if let Some(after) = rest.strip_prefix('^') {
        rest = after;
        out.push('^');
    }
    let mut first = true;
    loop {
        if let (Some(after), false) = (rest.strip_prefix(']'), first) {
            out.push(']');
            return Ok((out, after));
        }
        first = false;
        if let Some((name, after)) = posix(rest)? {
            out.push_str(name);
            rest = after;
            continue;
        }
        if rest.starts_with('\\')
            && let Some((inner, after)) = escape::class(rest)?
        {
            // Within brackets a class of its own is a class in the class.
            out.push_str(&format!("[{inner}]"));
            rest = after;
            continue;
        }
        let start = rest;
        let (low, after) = one(rest).ok_or_else(missing)??;
        rest = after;
        let mut high = low;
        if let Some(behind) =
            rest.strip_prefix('-').filter(|behind| !behind.is_empty() && !behind.starts_with(']'))
        {
            let (end, after) = one(behind).ok_or_else(missing)??;
            (high, rest) = (end, after);
            if high < low {
                return Err(error(
                    "invalid character class range",
                    start.strip_suffix(rest).unwrap_or(start),
                ));
            }
        }
        out.push_str(&letter(low));
        if high != low {
            out.push('-');
            out.push_str(&letter(high));
        }
    }
}

/// One letter, written so that it means nothing but itself.
pub(super) fn letter(letter: char) -> String {
    match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' => letter.to_string(),
        letter => format!("\\x{{{:x}}}", u32::from(letter)),
    }
}

// `[:alpha:]`; without the closing `:]` the bracket is a letter.
fn posix(text: &str) -> Result<Option<(&str, &str)>, String> {
    let Some(inner) = text.strip_prefix("[:") else { return Ok(None) };
    let Some((name, rest)) = inner.split_once(":]") else { return Ok(None) };
    let whole = text.strip_suffix(rest).unwrap_or(text);
    if POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
        return Ok(Some((whole, rest)));
    }
    Err(error("invalid character class range", whole))
}

fn one(text: &str) -> Option<Result<(char, &str), String>> {
    match text.chars().next()? {
        '\\' => Some(escape::letter(text)),
        letter => Some(Ok((letter, text.get(letter.len_utf8()..)?))),
    }
}

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];
