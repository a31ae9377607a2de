//! Literal text but for `*` (within one `/` segment) and `**` (a whole segment, any number, also none).

use crate::limits;

/// A pattern over `/`-separated text.
///
/// A segment with a `*` never matches an empty segment, and no wildcard ever covers `.` or `..`: such text is not canonical,
/// and whoever reads it next may understand it otherwise.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Pattern {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Segment {
    /// `**`
    Any,
    /// Text without a wildcard.
    Literal(String),
    /// The texts between the `*`s, so at least two.
    Wild(Vec<String>),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] if it is empty, too long, or `**` is not a whole segment.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > limits::PATTERN_BYTES {
            return Err(PatternError::TooLong { limit: limits::PATTERN_BYTES, found: text.len() });
        }
        let segment = |text: &str| {
            if text == "**" {
                Some(Segment::Any)
            } else if text.contains("**") {
                None
            } else if text.contains('*') {
                Some(Segment::Wild(text.split('*').map(str::to_owned).collect()))
            } else {
                Some(Segment::Literal(text.to_owned()))
            }
        };
        let segments: Option<Vec<_>> = text.split('/').map(segment).collect();
        let segments = segments.ok_or_else(|| PatternError::PartialDoubleStar(text.to_owned()))?;
        Ok(Self { text: text.to_owned(), segments })
    }

    /// The pattern as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it has no wildcard.
    pub fn is_literal(&self) -> bool {
        self.segments.iter().all(|segment| matches!(segment, Segment::Literal(_)))
    }

    /// Whether the whole of `text` matches. Linear in time; the empty text never matches.
    pub fn matches(&self, text: &str) -> bool {
        if text.is_empty() {
            return false;
        }
        // Which of our segments may come next, after those of the text that were read.
        let mut next = vec![false; self.segments.len() + 1];
        if let Some(first) = next.first_mut() {
            *first = true;
        }
        self.skip_any(&mut next);
        for found in text.split('/') {
            let mut after = vec![false; next.len()];
            for (at, segment) in self.segments.iter().enumerate() {
                if !next.get(at).copied().unwrap_or_default() || !segment.matches(found) {
                    continue;
                }
                // `**` stays, for it may take more.
                let to = if matches!(segment, Segment::Any) { at } else { at + 1 };
                if let Some(reached) = after.get_mut(to) {
                    *reached = true;
                }
            }
            self.skip_any(&mut after);
            next = after;
        }
        next.last().copied().unwrap_or_default()
    }

    // Whoever stands before `**` may also stand behind it.
    fn skip_any(&self, next: &mut [bool]) {
        for (at, segment) in self.segments.iter().enumerate() {
            let skips = matches!(segment, Segment::Any) && next.get(at).copied().unwrap_or_default();
            if let (true, Some(behind)) = (skips, next.get_mut(at + 1)) {
                *behind = true;
            }
        }
    }
}

impl Segment {
    fn matches(&self, found: &str) -> bool {
        match self {
            Self::Literal(text) => text == found,
            Self::Any => !matches!(found, "." | ".."),
            Self::Wild(texts) => !matches!(found, "" | "." | "..") && wild(texts, found),
        }
    }
}

// The texts in their order, the first at the start, the last at the end, each of the others where it first occurs.
fn wild(texts: &[String], found: &str) -> bool {
    let [first, middle @ .., last] = texts else { return false };
    let Some(mut rest) = found.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()))
    else {
        return false;
    };
    for text in middle {
        match rest.split_once(text.as_str()) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not a pattern.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PatternError {
    /// Nothing can match it.
    #[error("a pattern must not be empty")]
    Empty,
    /// Over the limit.
    #[error("a pattern has at most {limit} bytes, this one has {found}")]
    TooLong {
        /// The limit.
        limit: usize,
        /// What was given.
        found: usize,
    },
    /// `a**` or `**b`.
    #[error("`**` must be a whole segment in `{0}`")]
    PartialDoubleStar(String),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Pattern, PatternError};
    use crate::limits;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(text)
    }

    #[test]
    fn a_star_stays_within_its_segment_and_two_stars_take_any_number() {
        for (pattern, text) in [
            ("ghcr.io/acme/app", "ghcr.io/acme/app"),
            ("ghcr.io/acme/*", "ghcr.io/acme/app"),
            ("ghcr.io/acme/a*p*", "ghcr.io/acme/app"),
            ("ghcr.io/**", "ghcr.io/acme/team/app"),
            ("ghcr.io/acme/**", "ghcr.io/acme"),
            ("ghcr.io/**/app", "ghcr.io/app"),
            ("ghcr.io/**/team/**/app", "ghcr.io/a/team/b/c/app"),
            ("**", "anything/at/all"),
            ("refs/tags/v*", "refs/tags/v1.2.3"),
            ("refs/tags/v*", "refs/tags/v"),
            ("*aba*ab", "ababab"),
            ("https://github.com/acme/**", "https://github.com/acme/app"),
        ] {
            assert!(matches(pattern, text), "{pattern} should match {text}");
        }
        for (pattern, text) in [
            ("ghcr.io/acme/*", "ghcr.io/acme/team/app"),
            ("ghcr.io/acme/*", "ghcr.io/acme"),
            ("ghcr.io/acme/*", "ghcr.io/acme/"),
            ("ghcr.io/acme*", "ghcr.io/acme-evil/app"),
            ("ghcr.io/acme", "ghcr.io/acme/app"),
            ("ghcr.io/**/app", "ghcr.io/acme/app2"),
            ("refs/heads/main", "refs/heads/maintenance"),
            ("refs/tags/v*", "refs/tags/v1/evil"),
            ("a.c", "abc"),
            ("a*b*a", "aba/"),
            ("aba*ba", "aba"),
            ("acme/*", "acme/.."),
            ("acme/**", "acme/../evil"),
            ("acme/**/x", "acme/./x"),
            ("**", ""),
            ("*", ""),
        ] {
            assert!(!matches(pattern, text), "{pattern} should not match {text}");
        }
    }

    #[test]
    fn a_pattern_is_read_up_to_its_limit_and_not_beyond() {
        assert!(Pattern::parse(&"a".repeat(limits::PATTERN_BYTES)).is_ok());
        let found = limits::PATTERN_BYTES + 1;
        assert_eq!(
            Pattern::parse(&"a".repeat(found)),
            Err(PatternError::TooLong { limit: found - 1, found })
        );
        assert_eq!(Pattern::parse(""), Err(PatternError::Empty));
        for text in ["a**", "**b", "a/b**/c", "***", "a/***"] {
            assert_eq!(Pattern::parse(text), Err(PatternError::PartialDoubleStar(text.into())));
        }
    }

    #[test]
    fn a_hostile_pattern_and_text_cost_no_more_than_their_product() {
        let pattern = Pattern::parse(&"**/*a/".repeat(80)).unwrap();
        let text = "aaaaaaaaaaaaaaab/".repeat(1_000);
        assert!(!pattern.matches(&text));
        let stars = Pattern::parse(&"*a".repeat(200)).unwrap();
        assert!(!stars.matches(&format!("{}b", "a".repeat(100_000))));
    }

    // The meaning, written as plainly as it goes and as slowly.
    fn plainly(pattern: &[&str], text: &[&str]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (["**", rest @ ..], _) => {
                plainly(rest, text)
                    || text
                        .split_first()
                        .is_some_and(|(first, more)| !matches!(*first, "." | "..") && plainly(pattern, more))
            }
            ([first, rest @ ..], [found, more @ ..]) => {
                let fits = if first.contains('*') {
                    !matches!(*found, "" | "." | "..") && slowly(first.as_bytes(), found.as_bytes())
                } else {
                    first == found
                };
                fits && plainly(rest, more)
            }
            _ => false,
        }
    }

    fn slowly(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => {
                slowly(rest, text) || text.split_first().is_some_and(|(_, more)| slowly(pattern, more))
            }
            ([a, rest @ ..], [b, more @ ..]) => a == b && slowly(rest, more),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_means_what_the_plain_definition_says(
            pattern in proptest::collection::vec("\\*\\*|[ab*]{0,4}|\\.\\.?", 1..5),
            text in proptest::collection::vec("[ab]{0,4}|\\.\\.?", 1..6),
        ) {
            let (pattern, text) = (pattern.join("/"), text.join("/"));
            if let Ok(parsed) = Pattern::parse(&pattern) {
                let expected = !text.is_empty() && plainly(&pattern.split('/').collect::<Vec<_>>(), &text.split('/').collect::<Vec<_>>());
                prop_assert_eq!(parsed.matches(&text), expected, "{} and {}", pattern, text);
            }
        }

        #[test]
        fn literal_text_matches_itself_alone(text in "[a-z0-9./@-]{1,40}", other in "[a-z0-9./@-]{1,40}") {
            let pattern = Pattern::parse(&text).unwrap();
            prop_assert!(pattern.matches(&text));
            prop_assert_eq!(pattern.matches(&other), text == other);
        }
    }
}
