//! What a text gives away about what its writer meant.

use sealgate_verify::Expression;

/// Whether somebody probably meant a regular expression.
pub(super) fn looks_like_regex(text: &str) -> bool {
    if text.starts_with('^') || text.ends_with('$') || text.contains(['\\', '(', '[', '|', '{']) {
        return true;
    }
    // `.*` and `.+` at the start of a segment; `v1.*` is a fine pattern.
    [".*", ".+"].iter().any(|sign| {
        text.match_indices(sign).any(|(position, _)| {
            text.as_bytes()
                .get(position.wrapping_sub(1))
                .is_none_or(|before| !before.is_ascii_alphanumeric() && *before != b'*')
        })
    })
}

/// Whether a pattern of `*` and `**` leaves nothing out.
pub(super) fn pattern_matches_everything(text: &str) -> bool {
    text.contains('*') && text.chars().all(|character| matches!(character, '*' | '/' | '@'))
}

/// Whether a regular expression, which matches whole texts, leaves nothing out: it fits texts that have nothing in
/// common.
pub(super) fn regex_matches_everything(pattern: &Expression) -> bool {
    const UNLIKE: [&str; 6] = [
        "https://example.com/a/b/.github/workflows/c.yml@refs/heads/main",
        "somebody@example.org",
        "spiffe://0/1",
        "Q",
        "17",
        "ünlike | anything \u{1F9ED}",
    ];
    UNLIKE.iter().all(|text| pattern.matches(text))
}

/// A name of a policy, signer, requirement, alternative or leaf.
pub(super) fn is_name(text: &str) -> bool {
    let begins = text.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
    let goes_on = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    // Names that some reader of YAML takes for a boolean or nothing, once somebody forgets the quotes.
    let is_word = !matches!(text, "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null");
    begins && goes_on && is_word && text.len() <= crate::limits::NAME_BYTES
}

#[cfg(test)]
mod tests {
    use sealgate_verify::Expression;

    use super::{is_name, looks_like_regex, pattern_matches_everything, regex_matches_everything};

    fn expression(text: &str) -> Expression {
        Expression::parse(text, 1 << 16).unwrap()
    }

    #[test]
    fn a_regular_expression_is_told_from_a_pattern() {
        for text in [
            "^https://x",
            "x$",
            "https://github.com/acme/.*",
            ".*",
            "a|b",
            "(a)",
            "v[0-9]",
            "a\\.b",
            ".+@acme.example",
        ] {
            assert!(looks_like_regex(text), "{text}");
        }
        for text in [
            "refs/tags/v1.*",
            "*.*.acme.io/x",
            "me+you@acme.example",
            "https://github.com/acme/**",
            "a@b.c",
            "**",
        ] {
            assert!(!looks_like_regex(text), "{text}");
        }
    }

    #[test]
    fn what_matches_everything_is_seen() {
        for text in ["*", "**", "*@*", "**/*", "**@**"] {
            assert!(pattern_matches_everything(text), "{text}");
        }
        assert!(!pattern_matches_everything("*@acme.example"));
        for text in [".*", "(?s).*", "[^,]*", ".+|x", "(a|.*)+", "(?x).* # a comment"] {
            assert!(regex_matches_everything(&expression(text)), "{text}");
        }
        assert!(!regex_matches_everything(&expression(".*@acme.example")));
    }

    #[test]
    fn a_name_is_lower_case_short_and_no_boolean() {
        for text in ["a", "acme-apps", "v2", &"x".repeat(63)] {
            assert!(is_name(text), "{text}");
        }
        for text in ["", "A", "2a", "-a", "a_b", "a.b", "no", "y", "true", "null", "ä", &"x".repeat(64)] {
            assert!(!is_name(text), "{text}");
        }
    }
}
