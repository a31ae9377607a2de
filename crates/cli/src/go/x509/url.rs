//! URIs as Go's `url.URL`.

use super::string;

/// Writes the parts of a URI; nothing where Go's parser refuses it.
pub(super) fn json(text: &str) -> Option<String> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return None;
    }
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
        Some(("", _)) => return None,
        _ => (String::new(), text),
    };
    let (rest, query, force) = match rest.split_once('?') {
        Some((rest, "")) => (rest, "", true),
        Some((rest, query)) => (rest, query, false),
        None => (rest, "", false),
    };
    if !scheme.is_empty() && !rest.starts_with('/') {
        return Some(write(&scheme, rest, "null", "", ("", ""), (fragment, ""), query, force));
    }
    let (user, host, path) = match rest.strip_prefix("//") {
        Some(rest) if !rest.starts_with("//") => {
            let end = rest.find('/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            match authority.rsplit_once('@') {
                // Go shows that there is one, and nothing of it.
                Some((_, host)) => ("{}", host, path),
                None => ("null", authority, path),
            }
        }
        _ => ("null", "", rest),
    };
    let plain = unescape(path)?;
    let raw = if escape(&plain) == path { "" } else { path };
    let said = unescape(fragment)?;
    let raw_fragment = if escape(&said) == fragment { "" } else { fragment };
    let said = String::from_utf8_lossy(&said).into_owned();
    let plain = String::from_utf8_lossy(&plain).into_owned();
    Some(write(&scheme, "", user, host, (&plain, raw), (&said, raw_fragment), query, force))
}

#[allow(clippy::too_many_arguments, reason = "one per part of a URI")]
fn write(
    scheme: &str,
    opaque: &str,
    user: &str,
    host: &str,
    (path, raw_path): (&str, &str),
    (fragment, raw_fragment): (&str, &str),
    query: &str,
    force: bool,
) -> String {
    format!(
        "{{\"Scheme\":{},\"Opaque\":{},\"User\":{user},\"Host\":{},\"Path\":{},\"Fragment\":{},\"RawQuery\":{},\"RawPath\":{},\"RawFragment\":{},\"ForceQuery\":{force},\"OmitHost\":false}}",
        string(scheme),
        string(opaque),
        string(host),
        string(path),
        string(fragment),
        string(query),
        string(raw_path),
        string(raw_fragment),
    )
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            plain.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        plain.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    Some(plain)
}

fn escape(plain: &[u8]) -> String {
    let mut text = String::new();
    for byte in plain {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@!'()*".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
