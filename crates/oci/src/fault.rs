//! Why one request did not bring what it asked for.

use http::StatusCode;
use sealgate_verify::{Gap, GapCause, Place};
use serde::Deserialize;
use url::Url;

use crate::{limits, retry::Asks, rules::shown};

/// Absent and dark are different news everywhere: only the first says something about the world.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// The registry says that there is nothing under that name (404).
    Absent {
        /// What was asked, and the registry's own words, as far as it had any.
        said: String,
    },
    /// Could not be found out.
    Dark {
        /// Why.
        cause: GapCause,
        /// What happened, for the operator.
        detail: String,
        /// What the registry asks for before the next try.
        asks: Asks,
    },
}

impl Fault {
    pub(crate) fn new(cause: GapCause, detail: impl Into<String>) -> Self {
        Self::Dark { cause, detail: printable(&detail.into()), asks: Asks::Nothing }
    }

    /// What an answer other than the one hoped for means.
    pub(crate) fn of_status(url: &Url, status: StatusCode, body: &[u8], asks: Asks) -> Self {
        let (host, words) = (shown(url), words(body));
        let cause = match status.as_u16() {
            404 => return Self::Absent { said: printable(&absent(url, words.as_deref())) },
            401 | 403 => GapCause::AccessDenied,
            429 => GapCause::RateLimited,
            500..=599 => GapCause::Unreachable,
            _ => GapCause::UnexpectedAnswer,
        };
        let mut detail = format!("`{host}` answers {}", status.as_u16());
        if let Asks::Wait(wait) = asks {
            detail.push_str(&format!(" and asks to wait {} s", wait.as_secs()));
        }
        if let Some(words) = words {
            detail.push_str(&format!(": {words}"));
        }
        Self::Dark { cause, detail: printable(&detail), asks }
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(GapCause::Malformed, detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(GapCause::HostForbidden, detail)
    }

    pub(crate) fn limit(what: &str, limit: impl std::fmt::Display, found: impl std::fmt::Display) -> Self {
        Self::new(GapCause::Limit, format!("{what}: the limit is {limit}, found {found}"))
    }

    /// The cause, if it could not be found out.
    pub(crate) fn cause(&self) -> Option<GapCause> {
        match self {
            Self::Absent { .. } => None,
            Self::Dark { cause, .. } => Some(*cause),
        }
    }

    /// What happened, in words.
    pub(crate) fn said(self) -> String {
        match self {
            Self::Absent { .. } => "does not exist".to_owned(),
            Self::Dark { detail, .. } => detail,
        }
    }

    /// The gap where the thing itself was asked for: nothing there is a gap as well.
    pub(crate) fn at(self, place: Place, what: &str) -> Gap {
        match self {
            Self::Absent { said } => {
                let said = if said.is_empty() { said } else { format!(": {said}") };
                let detail = printable(&format!("{what} does not exist{said}"));
                Gap { place, cause: GapCause::NotFound, detail }
            }
            Self::Dark { cause, detail, .. } => {
                Gap { place, cause, detail: printable(&format!("{what}: {detail}")) }
            }
        }
    }

    /// The gap where something listed was asked for: what is listed must be there.
    pub(crate) fn listed(self, place: Place, what: &str) -> Gap {
        match self {
            Self::Absent { .. } => Gap {
                place,
                cause: GapCause::UnexpectedAnswer,
                detail: printable(&format!("{what} is listed but does not exist")),
            },
            dark => dark.at(place, what),
        }
    }
}

// What was asked, without the query, and what was answered.
fn absent(url: &Url, words: Option<&str>) -> String {
    let (scheme, host, path) = (url.scheme(), shown(url), url.path());
    format!("GET {scheme}://{host}{path}: {}", words.unwrap_or("404 Not Found"))
}

/// What a registry says in the body of an answer that is none, `CODE: message` of its first error.
///
/// Spec: OCI distribution 1.1, error codes.
pub(crate) fn words(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        errors: Vec<Error>,
    }
    #[derive(Deserialize)]
    struct Error {
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let first = answer.errors.into_iter().next()?;
    let words = match (first.code.as_str(), first.message.as_str()) {
        ("", "") => return None,
        (code, "") => code.to_owned(),
        ("", message) => message.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    Some(words.chars().take(WORDS).collect())
}

// Enough for what registries say, and short enough that our own words before it stay.
const WORDS: usize = 120;

/// Cuts text of a stranger to a printable length and to characters that cannot play tricks on a reader's eyes.
pub(crate) fn printable(text: &str) -> String {
    let is_plain = |character: &char| character.is_ascii_graphic() || *character == ' ';
    let clean = text.chars().map(|character| if is_plain(&character) { character } else { '?' });
    clean.take(limits::DETAIL_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use sealgate_verify::Place;
    use url::Url;

    use super::{Fault, printable, words};
    use crate::limits::DETAIL_CHARACTERS;

    #[test]
    fn a_registrys_own_words_stand_behind_ours() {
        let url = Url::parse("https://registry.example/v2/app/manifests/v1?x=secret").unwrap();
        let said = |status: u16, body: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            Fault::of_status(&url, status, body.as_bytes(), crate::retry::Asks::Nothing)
                .at(Place::Tag, "tag `v1`")
                .detail
        };
        let denied = r#"{"errors": [{"code": "DENIED", "message": "not\u001b yours"}]}"#;
        assert_eq!(said(403, denied), "tag `v1`: `registry.example` answers 403: DENIED: not? yours");
        assert_eq!(said(403, "<html>"), "tag `v1`: `registry.example` answers 403");
        assert_eq!(
            said(404, r#"{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "gone"}]}"#),
            "tag `v1` does not exist: GET https://registry.example/v2/app/manifests/v1: MANIFEST_UNKNOWN: gone"
        );
        assert!(said(404, "").ends_with("/v2/app/manifests/v1: 404 Not Found"));
        for body in ["", "{}", r#"{"errors": []}"#, r#"{"errors": [{}]}"#] {
            assert_eq!(words(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_detail_is_cut_and_holds_plain_characters_only() {
        assert_eq!(printable(&"x".repeat(DETAIL_CHARACTERS)).len(), DETAIL_CHARACTERS);
        assert_eq!(printable(&"x".repeat(DETAIL_CHARACTERS + 1)).len(), DETAIL_CHARACTERS);
        assert_eq!(printable("a\r\nb\u{1b}[31m \u{202e}c"), "a??b?[31m ?c");
    }
}
