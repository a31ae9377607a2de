//! Regular expressions that must fit a text from its first character to its last, in linear time.
//!
//! A text is mostly ASCII, and then only the ASCII half of an expression can fit. That half is compiled when the first such
//! text comes, and costs a fiftieth of the whole: `.` alone is every sequence of bytes that is a character.

mod size;

use std::sync::{Arc, OnceLock};

use regex_automata::{
    Input,
    nfa::thompson::{NFA, WhichCaptures, backtrack::BoundedBacktracker, pikevm::PikeVM},
};
use regex_syntax::{
    Parser,
    hir::{Capture, Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition},
};

/// An expression, over whole texts. Clones share what is compiled.
#[derive(Clone, Debug)]
pub struct Expression {
    forms: Arc<Forms>,
}

#[derive(Debug)]
struct Forms {
    whole: Hir,
    limit: usize,
    any: OnceLock<Option<NFA>>,
    ascii: OnceLock<Option<NFA>>,
}

/// Why a text is no expression.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExpressionError {
    /// It breaks a rule of the syntax.
    #[error("the regular expression cannot be read: {0}")]
    Syntax(String),
    /// It is larger than allowed when compiled.
    #[error("the regular expression needs more than {limit} bytes when compiled; write a simpler one")]
    TooLarge {
        /// The most bytes.
        limit: usize,
    },
}

impl Expression {
    /// Reads an expression that takes at most `limit` bytes when compiled. What it must fit is always the whole text,
    /// whatever stands in it: `a)|(b` is none, and a comment or flag at its end ends with it.
    ///
    /// # Errors
    /// [`ExpressionError`] says why it is none.
    pub fn parse(text: &str, limit: usize) -> Result<Self, ExpressionError> {
        let parsed = Parser::new().parse(text).map_err(|error| {
            let text = error.to_string();
            ExpressionError::Syntax(text.lines().last().unwrap_or_default().trim().to_owned())
        })?;
        let whole = Hir::concat(vec![Hir::look(Look::Start), parsed, Hir::look(Look::End)]);
        let any = OnceLock::new();
        // Most are far from the limit, which shows without compiling them.
        if size::at_most(&whole) > limit {
            let compiled = compile(&whole, limit).ok_or(ExpressionError::TooLarge { limit })?;
            any.get_or_init(|| Some(compiled));
        }
        Ok(Self { forms: Arc::new(Forms { whole, limit, any, ascii: OnceLock::new() }) })
    }

    /// Whether the expression fits all of `text`.
    pub fn matches(&self, text: &str) -> bool {
        let Forms { whole, limit, any, ascii } = &*self.forms;
        let compiled = if text.is_ascii() {
            ascii.get_or_init(|| compile(&of_ascii(whole), *limit))
        } else {
            any.get_or_init(|| compile(whole, *limit))
        };
        // What cannot be compiled after all fits nothing.
        compiled.as_ref().is_some_and(|automaton| accepts(automaton, text))
    }
}

/// Whether an expression, as written, has a dot that is neither escaped nor repeated nor in a class: most often it is meant as
/// a dot, and fits any letter.
pub fn has_bare_dot(text: &str) -> bool {
    let mut letters = text.chars().peekable();
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '.' if !in_class && !matches!(letters.peek(), Some('*' | '+' | '?' | '{')) => return true,
            _ => {}
        }
    }
    false
}

// Nothing where it is larger than that.
fn compile(expression: &Hir, limit: usize) -> Option<NFA> {
    let config = NFA::config().nfa_size_limit(Some(limit)).which_captures(WhichCaptures::None);
    NFA::compiler().configure(config).build_from_hir(expression).ok()
}

// The quicker engine remembers every state at every letter, and so takes short texts only. Both are linear in time. Tables
// of states and searches for a first letter are only worth their while for texts that no certificate has.
fn accepts(automaton: &NFA, text: &str) -> bool {
    let input = Input::new(text).earliest(true);
    let quicker = BoundedBacktracker::new_from_nfa(automaton.clone())
        .ok()
        .and_then(|engine| engine.try_is_match(&mut engine.create_cache(), input.clone()).ok());
    quicker.unwrap_or_else(|| {
        PikeVM::new_from_nfa(automaton.clone())
            .is_ok_and(|engine| engine.is_match(&mut engine.create_cache(), input))
    })
}

/// The expression that fits exactly those ASCII texts that `expression` fits.
fn of_ascii(expression: &Hir) -> Hir {
    match expression.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(Class::Bytes(_)) => expression.clone(),
        HirKind::Literal(literal) if literal.0.is_ascii() => expression.clone(),
        HirKind::Literal(_) => Hir::fail(),
        HirKind::Class(Class::Unicode(class)) => {
            let mut class = class.clone();
            class.intersect(&ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7f')]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Repetition(repetition) => {
            Hir::repetition(Repetition { sub: Box::new(of_ascii(&repetition.sub)), ..repetition.clone() })
        }
        HirKind::Capture(capture) => {
            Hir::capture(Capture { sub: Box::new(of_ascii(&capture.sub)), ..capture.clone() })
        }
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(of_ascii).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(of_ascii).collect()),
    }
}

#[cfg(test)]
mod tests;
