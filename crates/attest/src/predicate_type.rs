//! Predicate types, and the short names that cosign has for some.

use std::{fmt, str::FromStr};

use crate::limits::PREDICATE_TYPE_BYTES as LIMIT;

/// The predicate type of a signature that cosign writes as a statement. It claims nothing but that somebody signed.
pub const SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

/// Cosign's short names and what they stand for.
pub const ALIASES: [(&str, &str); 10] = [
    ("custom", "https://cosign.sigstore.dev/attestation/v1"),
    ("cyclonedx", "https://cyclonedx.org/bom"),
    ("link", "https://in-toto.io/Link/v1"),
    ("openvex", "https://openvex.dev/ns"),
    ("slsaprovenance", "https://slsa.dev/provenance/v0.2"),
    ("slsaprovenance02", "https://slsa.dev/provenance/v0.2"),
    ("slsaprovenance1", "https://slsa.dev/provenance/v1"),
    ("spdx", "https://spdx.dev/Document"),
    ("spdxjson", "https://spdx.dev/Document"),
    ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"),
];

/// A predicate type that somebody asks for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct PredicateType {
    uri: String,
}

impl PredicateType {
    /// The URI, which a statement must have exactly.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The first short name of it, if cosign has one.
    pub fn alias(&self) -> Option<&'static str> {
        ALIASES.iter().find(|(_, uri)| *uri == self.uri).map(|(alias, _)| *alias)
    }
}

impl FromStr for PredicateType {
    type Err = PredicateTypeError;

    /// Reads a short name, or takes anything else as it is: predicate types are compared, never looked up.
    fn from_str(text: &str) -> Result<Self, PredicateTypeError> {
        if text.is_empty() {
            return Err(PredicateTypeError::Empty);
        }
        if text.len() > LIMIT {
            return Err(PredicateTypeError::TooLong { limit: LIMIT, found: text.len() });
        }
        let known = ALIASES.iter().find(|(alias, _)| *alias == text);
        Ok(Self { uri: known.map_or(text, |(_, uri)| uri).to_owned() })
    }
}

impl fmt::Display for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

/// Why a text names no predicate type.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PredicateTypeError {
    /// Nothing was named.
    #[error("a predicate type must not be empty")]
    Empty,
    /// Over the limit.
    #[error("a predicate type has at most {limit} bytes, this one has {found}")]
    TooLong {
        /// The limit.
        limit: usize,
        /// What was given.
        found: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, PredicateType, PredicateTypeError};

    #[test]
    fn short_names_stand_for_what_cosign_says() {
        for (text, uri, alias) in [
            ("custom", "https://cosign.sigstore.dev/attestation/v1", Some("custom")),
            ("slsaprovenance", "https://slsa.dev/provenance/v0.2", Some("slsaprovenance")),
            ("slsaprovenance02", "https://slsa.dev/provenance/v0.2", Some("slsaprovenance")),
            ("slsaprovenance1", "https://slsa.dev/provenance/v1", Some("slsaprovenance1")),
            ("spdx", "https://spdx.dev/Document", Some("spdx")),
            ("spdxjson", "https://spdx.dev/Document", Some("spdx")),
            ("cyclonedx", "https://cyclonedx.org/bom", Some("cyclonedx")),
            ("link", "https://in-toto.io/Link/v1", Some("link")),
            ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1", Some("vuln")),
            ("openvex", "https://openvex.dev/ns", Some("openvex")),
            ("https://openvex.dev/ns/v0.2.0", "https://openvex.dev/ns/v0.2.0", None),
            ("https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v1", Some("slsaprovenance1")),
            ("SPDX", "SPDX", None),
            ("acme", "acme", None),
        ] {
            let read: PredicateType = text.parse().unwrap();
            assert_eq!((read.uri(), read.alias()), (uri, alias), "{text}");
        }
    }

    #[test]
    fn a_predicate_type_is_read_up_to_its_limit_and_not_beyond() {
        assert_eq!("".parse::<PredicateType>(), Err(PredicateTypeError::Empty));
        assert!("x".repeat(LIMIT).parse::<PredicateType>().is_ok());
        let found = LIMIT + 1;
        assert_eq!(
            "x".repeat(found).parse::<PredicateType>(),
            Err(PredicateTypeError::TooLong { limit: LIMIT, found })
        );
    }
}
