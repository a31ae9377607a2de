//! Why one request did not bring what it asked for.

use http::StatusCode;
use sealgate_verify::{Gap, GapCause, Place};

use crate::{limits, retry::Asks};

/// Absent and dark are different news everywhere: only the first says something about the world.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// The registry says that there is nothing under that name (404).
    Absent,
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
    pub(crate) fn of_status(host: &str, status: StatusCode, asks: Asks) -> Self {
        let cause = match status.as_u16() {
            404 => return Self::Absent,
            401 | 403 => GapCause::AccessDenied,
            429 => GapCause::RateLimited,
            500..=599 => GapCause::Unreachable,
            _ => GapCause::UnexpectedAnswer,
        };
        let mut detail = format!("`{host}` answers {}", status.as_u16());
        if let Asks::Wait(wait) = asks {
            detail.push_str(&format!(" and asks to wait {} s", wait.as_secs()));
        }
        Self::Dark { cause, detail, asks }
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
            Self::Absent => None,
            Self::Dark { cause, .. } => Some(*cause),
        }
    }

    /// What happened, in words.
    pub(crate) fn said(self) -> String {
        match self {
            Self::Absent => "does not exist".to_owned(),
            Self::Dark { detail, .. } => detail,
        }
    }

    /// The gap where the thing itself was asked for: nothing there is a gap as well.
    pub(crate) fn at(self, place: Place, what: &str) -> Gap {
        match self {
            Self::Absent => {
                Gap { place, cause: GapCause::NotFound, detail: printable(&format!("{what} does not exist")) }
            }
            Self::Dark { cause, detail, .. } => {
                Gap { place, cause, detail: printable(&format!("{what}: {detail}")) }
            }
        }
    }

    /// The gap where something listed was asked for: what is listed must be there.
    pub(crate) fn listed(self, place: Place, what: &str) -> Gap {
        match self {
            Self::Absent => Gap {
                place,
                cause: GapCause::UnexpectedAnswer,
                detail: printable(&format!("{what} is listed but does not exist")),
            },
            dark => dark.at(place, what),
        }
    }
}

/// Cuts text of a stranger to a printable length and to characters that cannot play tricks on a reader's eyes.
pub(crate) fn printable(text: &str) -> String {
    let is_plain = |character: &char| character.is_ascii_graphic() || *character == ' ';
    let clean = text.chars().map(|character| if is_plain(&character) { character } else { '?' });
    clean.take(limits::DETAIL_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::printable;
    use crate::limits::DETAIL_CHARACTERS;

    #[test]
    fn a_detail_is_cut_and_holds_plain_characters_only() {
        assert_eq!(printable(&"x".repeat(DETAIL_CHARACTERS)).len(), DETAIL_CHARACTERS);
        assert_eq!(printable(&"x".repeat(DETAIL_CHARACTERS + 1)).len(), DETAIL_CHARACTERS);
        assert_eq!(printable("a\r\nb\u{1b}[31m \u{202e}c"), "a??b?[31m ?c");
    }
}
