//! Where a list goes on.

use http::{HeaderMap, header::LINK};

/// Reads the target of the first `Link` with `rel="next"`.
///
/// Spec: RFC 8288, distribution-spec "Listing Referrers".
pub(crate) fn next(headers: &HeaderMap) -> Option<String> {
    headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(next_in)
}

fn next_in(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, parameters) = after.split_once('>')?;
        let own = parameters
            .split_once(",<")
            .or_else(|| parameters.split_once(", <"))
            .map_or(parameters, |(own, _)| own);
        let is_next = own.split(';').filter_map(|part| part.split_once('=')).any(|(key, value)| {
            key.trim().eq_ignore_ascii_case("rel")
                && value
                    .trim()
                    .trim_end_matches(',')
                    .trim_matches('"')
                    .split_ascii_whitespace()
                    .any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target.trim().to_owned());
        }
        rest = parameters;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::next_in;

    #[test]
    fn the_next_page_is_found_among_links() {
        for text in [
            r#"</v2/a?n=2>; rel="next""#,
            "</v2/a?n=2>;rel=next",
            r#"<x>; rel="prev", </v2/a?n=2>; REL="next""#,
            r#"<x>; rel=prev,</v2/a?n=2>; title=a; rel="last next""#,
        ] {
            assert_eq!(next_in(text).as_deref(), Some("/v2/a?n=2"), "{text}");
        }
        for text in
            ["", "<", "<x", "<x>", r#"<x>; rel="previous""#, "x; rel=next", r#"<x>; title="rel=next""#]
        {
            assert_eq!(next_in(text), None, "{text}");
        }
    }
}
