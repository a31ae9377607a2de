//! How deep and how many: counted before anything is read, without a stack.

use crate::{Refusal, limits};

/// Counts nesting and values of a JSON text, well-formed or not.
///
/// # Errors
/// [`Refusal::ReviewTooBig`] beyond [`limits::DEPTH`] or [`limits::NODES`].
// THREAT: a review nested a hundred thousand times takes the stack down. See a_review_nested_too_deep_is_refused.
pub(super) fn measure(body: &[u8]) -> Result<(), Refusal> {
    let (mut depth, mut deepest, mut nodes) = (0_usize, 0_usize, 1_usize);
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'{' | b'[' => {
                depth += 1;
                nodes += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => nodes += 1,
            _ => {}
        }
    }
    if deepest > limits::DEPTH {
        return Err(Refusal::ReviewTooBig { what: "levels", limit: limits::DEPTH });
    }
    if nodes > limits::NODES {
        return Err(Refusal::ReviewTooBig { what: "values", limit: limits::NODES });
    }
    Ok(())
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_nested_too_deep_is_refused() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(measure(nested(limits::DEPTH).as_bytes()), Ok(()));
        assert_eq!(measure(nested(limits::DEPTH + 1).as_bytes()).unwrap_err().code(), "review-too-big");
        assert!(measure("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn a_review_of_too_many_values_is_refused() {
        // The list itself is one value.
        let list = |values: usize| format!("[{}0]", "0,".repeat(values - 2));
        assert_eq!(measure(list(limits::NODES).as_bytes()), Ok(()));
        assert_eq!(measure(list(limits::NODES + 1).as_bytes()).unwrap_err().code(), "review-too-big");
    }

    #[test]
    fn brackets_inside_strings_do_not_count() {
        let text = format!(r#"{{"a": "{}", "b\"[": "\\"}}"#, "[".repeat(1000));
        assert_eq!(measure(text.as_bytes()), Ok(()));
    }
}
