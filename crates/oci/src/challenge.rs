//! What a 401 asks for.

use http::{HeaderMap, header::WWW_AUTHENTICATE};

use crate::limits;

/// How a registry wants to be asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Challenge {
    /// A token of a token service.
    Bearer {
        /// Where the service is, as the registry says.
        realm: String,
        /// What the registry calls itself there.
        service: Option<String>,
    },
    /// User name and password.
    Basic,
}

/// Reads the challenges of an answer; Bearer goes before Basic. A scope in a challenge is not read: what we ask for
/// is our own business.
///
/// Spec: RFC 9110 section 11.6.1.
pub(crate) fn read(headers: &HeaderMap) -> Option<Challenge> {
    let mut found: Option<Challenge> = None;
    for value in headers.get_all(WWW_AUTHENTICATE).iter().take(limits::CHALLENGES) {
        let Ok(text) = value.to_str() else { continue };
        let Some(parts) = parts(text) else { continue };
        for (scheme, parameters) in parts.into_iter().take(limits::CHALLENGES) {
            let parameter = |name: &str| {
                parameters
                    .iter()
                    .find(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.clone())
            };
            if scheme.eq_ignore_ascii_case("bearer") {
                if let Some(realm) = parameter("realm") {
                    return Some(Challenge::Bearer { realm, service: parameter("service") });
                }
            } else if scheme.eq_ignore_ascii_case("basic") {
                found = Some(Challenge::Basic);
            }
        }
    }
    found
}

type Part = (String, Vec<(String, String)>);

// `Scheme key=value, key="value", Scheme ...`; a header that does not fit is no challenge.
fn parts(text: &str) -> Option<Vec<Part>> {
    let mut rest = text.trim_start();
    let mut parts: Vec<Part> = vec![];
    while !rest.is_empty() {
        let (word, after) = token(rest)?;
        if let Some(value) = after.trim_start().strip_prefix('=') {
            let (value, after) = value_of(value.trim_start())?;
            parts.last_mut()?.1.push((word.to_owned(), value));
            rest = separator(after)?;
        } else {
            parts.push((word.to_owned(), vec![]));
            rest = if after.trim_start().starts_with(',') { separator(after)? } else { after.trim_start() };
        }
    }
    Some(parts)
}

fn separator(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    if rest.is_empty() {
        return Some(rest);
    }
    Some(rest.strip_prefix(',')?.trim_start_matches([',', ' ', '\t']))
}

fn token(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|character: char| !(character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    (!word.is_empty()).then_some((word, rest))
}

fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        // Some registries leave the quotes away where the value needs them.
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end)?;
        return (!value.contains('"')).then(|| (value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            character => value.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::WWW_AUTHENTICATE};

    use super::{Challenge, read};

    fn challenge(values: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(value).unwrap());
        }
        read(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>) -> Option<Challenge> {
        Some(Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) })
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let wanted = bearer("https://a/t", Some("reg"));
        for text in [
            r#"Bearer realm="https://a/t",service="reg",scope="repository:x:pull""#,
            r#"bearer REALM="https://a/t" , service=reg"#,
            r#"Basic realm="x", Bearer realm="https://a/t", service="reg""#,
            r#"Bearer service="r\eg", realm=https://a/t"#,
            r#"Negotiate, Bearer realm="https://a/t",service="reg""#,
        ] {
            assert_eq!(challenge(&[text]), wanted, "{text}");
        }
        assert_eq!(challenge(&[r#"Basic realm="a, Bearer realm=b""#]), Some(Challenge::Basic));
        assert_eq!(challenge(&["Basic", r#"Bearer realm="https://a/t""#]), bearer("https://a/t", None));
    }

    #[test]
    fn what_is_no_challenge_is_none() {
        for text in [
            "",
            "Bearer",
            r#"Bearer realm="unterminated"#,
            "Bearer realm=\"a",
            "=,=",
            "Digest realm=x",
            ",,,",
            r#""Bearer""#,
        ] {
            assert_eq!(challenge(&[text]), None, "{text}");
        }
        assert_eq!(challenge(&[]), None);
    }

    #[test]
    fn challenges_beyond_the_limit_are_not_read() {
        let mut values = vec!["Digest x=y"; crate::limits::CHALLENGES - 1];
        values.push(r#"Bearer realm="https://a/t""#);
        assert_eq!(challenge(&values), bearer("https://a/t", None));
        values.insert(0, "Digest x=y");
        assert_eq!(challenge(&values), None);
    }
}
