//! cosign's short names for predicate types.

/// The URI that a short name stands for; anything else stands for itself.
pub(crate) fn uri(name: &str) -> &str {
    match name {
        "custom" => "https://cosign.sigstore.dev/attestation/v1",
        "cyclonedx" => "https://cyclonedx.org/bom",
        "link" => "https://in-toto.io/Link/v1",
        "openvex" => "https://openvex.dev/ns",
        "slsaprovenance" | "slsaprovenance02" => "https://slsa.dev/provenance/v0.2",
        "slsaprovenance1" => "https://slsa.dev/provenance/v1",
        "spdx" | "spdxjson" => "https://spdx.dev/Document",
        "vuln" => "https://cosign.sigstore.dev/attestation/vuln/v1",
        other => other,
    }
}

/// The same, refusing what is neither a short name nor a URI.
///
/// # Errors
/// cosign's text.
pub(crate) fn checked_uri(name: &str) -> Result<String, String> {
    let found = uri(name);
    if found != name || is_request_uri(name) {
        return Ok(found.to_owned());
    }
    Err(format!("invalid predicate type: {name}"))
}

// What Go's `url.ParseRequestURI` takes, as far as predicate types go: a path from the root, or anything with a scheme.
fn is_request_uri(text: &str) -> bool {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    };
    let rest = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        _ if text.starts_with('/') => text,
        _ => return false,
    };
    let path = rest.split('?').next().unwrap_or_default();
    let escaped = |piece: &str| {
        let mut digits = piece.bytes();
        let mut hex = || digits.next().is_some_and(|byte| byte.is_ascii_hexdigit());
        hex() && hex()
    };
    !text.bytes().any(|byte| byte.is_ascii_control())
        && (!path.starts_with('/') || path.split('%').skip(1).all(escaped))
}

#[cfg(test)]
mod tests {
    use super::checked_uri;

    #[test]
    fn a_predicate_type_is_a_short_name_or_a_uri() {
        for (name, uri) in [
            ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"),
            ("urn:x", "urn:x"),
            ("/x", "/x"),
            ("https://a.example/%41?%zz", "https://a.example/%41?%zz"),
        ] {
            assert_eq!(checked_uri(name).as_deref(), Ok(uri));
        }
        for bad in ["nosuch", "a b", "", ":x", "1a:x", "https://a.example/%4", "/%zz", "/a\u{7}"] {
            assert_eq!(checked_uri(bad), Err(format!("invalid predicate type: {bad}")));
        }
    }
}
