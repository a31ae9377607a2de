//! How many bytes a compiled expression takes at most, found without compiling it.

use regex_syntax::hir::{Class, Hir, HirKind};

/// At most as many bytes as the expression takes when compiled. Far too many where it has many letters beyond ASCII.
pub(super) fn at_most(expression: &Hir) -> usize {
    // What is around every expression: the states before and behind it, and what is kept beside them all.
    inside(expression).saturating_add(16 * STATE)
}

fn inside(expression: &Hir) -> usize {
    match expression.kind() {
        HirKind::Empty | HirKind::Look(_) => STATE,
        HirKind::Literal(literal) => literal.0.len().saturating_mul(STATE),
        HirKind::Class(Class::Bytes(class)) => of_ranges(class.ranges().len(), TRANSITION),
        HirKind::Class(Class::Unicode(class)) if class.is_ascii() => {
            of_ranges(class.ranges().len(), TRANSITION)
        }
        HirKind::Class(Class::Unicode(class)) => of_ranges(class.ranges().len(), RANGE),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or_else(|| repetition.min.saturating_add(1)).max(1);
            let each = inside(&repetition.sub).saturating_add(2 * STATE);
            each.saturating_mul(times as usize).saturating_add(4 * STATE)
        }
        HirKind::Capture(capture) => inside(&capture.sub).saturating_add(2 * STATE),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(|part| inside(part).saturating_add(STATE)).fold(2 * STATE, usize::saturating_add)
        }
    }
}

fn of_ranges(count: usize, each: usize) -> usize {
    count.saturating_mul(each).saturating_add(2 * STATE)
}

// A state of the automaton, and the way out of it.
const STATE: usize = 48;
// One way more out of a state.
const TRANSITION: usize = 16;
// A range of letters is at most 21 sequences of byte ranges: one, three, five and seven for each length, and those of three
// bytes twice. Each is up to four states.
const RANGE: usize = 21 * 4 * (STATE + TRANSITION);
