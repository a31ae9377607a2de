//! Texts that must fit as a whole.

use super::RuleError;
use crate::{Expression, limits, pattern::Pattern};

/// A pattern cut at its first `@`: `name@ref` or `name@host`. What it is compared with is cut there too.
#[derive(Clone, Debug)]
pub(super) struct Halves {
    name: Pattern,
    rest: Option<Pattern>,
}

// Characters that part a URI where no `/` does, or hide one.
const ODD: [char; 5] = ['?', '#', '%', '\\', ' '];

impl Halves {
    pub(super) fn parse(field: &str, text: &str) -> Result<Self, RuleError> {
        let (name, rest) = match text.split_once('@') {
            Some((name, rest)) => (name, Some(pattern(field, rest)?)),
            None => (text, None),
        };
        Ok(Self { name: pattern(field, name)?, rest })
    }

    pub(super) fn text(&self) -> String {
        match &self.rest {
            Some(rest) => format!("{}@{rest}", self.name),
            None => self.name.text().to_owned(),
        }
    }

    // THREAT: `https://good.example?.evil.test`, `https://good.example@evil.test`: text that a wildcard would swallow although
    // it ends what stands before it. See a_wildcard_swallows_nothing_that_ends_a_name.
    pub(super) fn matches(&self, found: &str) -> bool {
        let odd = |text: &str, wanted: &Pattern| {
            ODD.iter().any(|odd| text.contains(*odd) && !wanted.text().contains(*odd))
        };
        match (found.split_once('@'), &self.rest) {
            (None, None) => !odd(found, &self.name) && self.name.matches(found),
            (Some((name, at)), Some(rest)) => {
                !odd(name, &self.name) && !odd(at, rest) && self.name.matches(name) && rest.matches(at)
            }
            _ => false,
        }
    }
}

pub(super) fn pattern(field: &str, text: &str) -> Result<Pattern, RuleError> {
    Pattern::parse(text).map_err(|error| RuleError::new(field, error.to_string()))
}

/// Whether a pattern names nothing at all.
pub(super) fn is_all_wildcard(text: &str) -> bool {
    text.contains('*') && text.bytes().all(|byte| matches!(byte, b'*' | b'/' | b'@' | b'.' | b':'))
}

/// A regular expression that must match from the first to the last character, in linear time.
#[derive(Clone, Debug)]
pub(super) struct WholeRegex {
    written: String,
    expression: Expression,
    at_most_one_at: bool,
}

impl WholeRegex {
    pub(super) fn parse(field: &str, text: &str) -> Result<Self, RuleError> {
        if text.is_empty() {
            return Err(RuleError::new(field, "a regular expression must not be empty"));
        }
        if text.len() > limits::REGEX_BYTES {
            let (limit, found) = (limits::REGEX_BYTES, text.len());
            return Err(RuleError::new(
                field,
                format!("a regular expression has at most {limit} bytes, this one has {found}"),
            ));
        }
        let expression = Expression::parse(text, limits::REGEX_COMPILED_BYTES)
            .map_err(|error| RuleError::new(field, error.to_string()))?;
        Ok(Self { written: text.to_owned(), expression, at_most_one_at: false })
    }

    /// Refuses texts with two `@`: an expression's author thinks of one, and where it stands decides what the halves mean.
    pub(super) fn of_a_subject(self) -> Self {
        Self { at_most_one_at: true, ..self }
    }

    pub(super) fn limit_at_signs(&mut self, limited: bool) {
        self.at_most_one_at = limited;
    }

    pub(super) fn text(&self) -> &str {
        &self.written
    }

    pub(super) fn matches(&self, found: &str) -> bool {
        !(self.at_most_one_at && found.matches('@').count() > 1) && self.expression.matches(found)
    }
}
