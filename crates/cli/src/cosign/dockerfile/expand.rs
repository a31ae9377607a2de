//! Variables in a Dockerfile's lines.

/// Whose reading of a Dockerfile.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Manner {
    /// Line by line, with Go's `os.Expand`.
    Cosign,
    /// As it is built.
    Docker,
}

/// The text with `$NAME` and `${NAME}` replaced; a name that nobody set is nothing.
///
/// `value` hears whether the name stands alone, without a form that says what else to take.
///
/// # Errors
/// In Docker's manner a form of `${...}` that is not understood, as written.
pub(super) fn expand(
    text: &str,
    manner: Manner,
    value: &dyn Fn(&str, bool) -> Option<String>,
) -> Result<String, String> {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('$') {
        if let (Manner::Docker, Some(kept)) = (manner, before.strip_suffix('\\')) {
            out.push_str(kept);
            out.push('$');
            rest = after;
            continue;
        }
        out.push_str(before);
        if let Some(braced) = after.strip_prefix('{') {
            let Some((name, after)) = braced.split_once('}') else {
                // Go drops the brace that never closes; the rest stays.
                if manner == Manner::Docker {
                    return Err(format!("`${after}`"));
                }
                rest = braced;
                continue;
            };
            match manner {
                Manner::Cosign => out.push_str(&value(name, true).unwrap_or_default()),
                Manner::Docker => out.push_str(&braces(name, value)?),
            }
            rest = after;
            continue;
        }
        let end = match after.chars().next() {
            Some('*' | '#' | '$' | '@' | '!' | '?' | '-' | '0'..='9') if manner == Manner::Cosign => 1,
            _ => after
                .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
                .unwrap_or(after.len()),
        };
        let (name, after) = after.split_at_checked(end).unwrap_or((after, ""));
        if name.is_empty() {
            out.push('$');
        } else {
            out.push_str(&value(name, true).unwrap_or_default());
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

// `NAME`, `NAME:-word`, `NAME-word`, `NAME:+word`, `NAME+word`
fn braces(inner: &str, value: &dyn Fn(&str, bool) -> Option<String>) -> Result<String, String> {
    let end =
        inner.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(inner.len());
    let (name, form) = inner.split_at_checked(end).unwrap_or((inner, ""));
    let known = value(name, form.is_empty());
    let filled = known.clone().filter(|text| !text.is_empty());
    let unknown = || format!("`${{{inner}}}`");
    if name.is_empty() || form.contains('$') {
        return Err(unknown());
    }
    let chosen = if form.is_empty() {
        known
    } else if let Some(word) = form.strip_prefix(":-") {
        Some(filled.unwrap_or_else(|| word.to_owned()))
    } else if let Some(word) = form.strip_prefix('-') {
        Some(known.unwrap_or_else(|| word.to_owned()))
    } else if let Some(word) = form.strip_prefix(":+") {
        filled.map(|_| word.to_owned())
    } else if let Some(word) = form.strip_prefix('+') {
        known.map(|_| word.to_owned())
    } else {
        return Err(unknown());
    };
    Ok(chosen.unwrap_or_default())
}
