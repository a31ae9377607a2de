//! What can be wrong with a document, and what to write instead.

use super::{Finding, near::NONE, node::At};
use crate::limits;

/// One way in which a document is wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Fault {
    #[error("this alias repeats a value from elsewhere")]
    Alias,
    #[error("`{text}` means one thing to some readers of YAML and another to others")]
    Ambiguous { text: String },
    #[error("this anchor names a value for reuse")]
    Anchor,
    #[error("`apiVersion` is `{found}`")]
    ApiVersion { found: String },
    #[error("`atLeast` is {found}, but `by` has {entries}")]
    AtLeast { found: i64, entries: usize },
    #[error("`{claim}` is no claim of a Fulcio certificate")]
    Claim { claim: String, near: Option<String> },
    #[error("{why}")]
    Contradiction { why: String, instead: &'static str },
    #[error("policy `{name}` is already in {file}, line {line}")]
    DuplicatePolicy { name: String, file: String, line: usize },
    #[error("`{key}` is already here, in line {first}")]
    DuplicateKey { key: String, first: usize },
    #[error("this {what} is empty")]
    Empty { what: &'static str },
    #[error("`{pattern}` {why}")]
    ImagePattern { pattern: String, why: &'static str, instead: String },
    #[error("the key cannot be read: {why}")]
    Key { why: String },
    #[error("signer `{signer}` needs a log entry, but no root of its has a transparency log")]
    KeyNeedsLog { signer: String },
    #[error("`{key}` is not text, but keys are")]
    KeyNotText { key: String },
    #[error("`kind` is `{found}`")]
    Kind { found: String },
    #[error("{what} comes later")]
    Later { what: String, instead: &'static str },
    #[error("{found} {what}, but {limit} is the most")]
    Limit { what: &'static str, limit: usize, found: usize },
    #[error(
        "`{text}` looks like a regular expression, but is read as text in which only `*` and `**` stand for more"
    )]
    LooksLikeRegex { text: String, field: &'static str },
    #[error("`{text}` matches everything")]
    MatchesEverything { text: String, instead: &'static str },
    #[error("`<<` merges one map into another")]
    MergeKey,
    #[error("`{field}` is missing")]
    Missing { field: String, instead: String },
    #[error("`{found}` is not a name")]
    Name { found: String },
    #[error("no policy here")]
    NoPolicy,
    #[error("the text is not UTF-8")]
    NotText,
    #[error("{found} of {choices} {are} given")]
    NotOneKind { found: usize, choices: String, are: &'static str },
    #[error("null says nothing")]
    Null,
    #[error("`{name}` is in this list twice")]
    Repeated { name: String },
    #[error("{field}: {why}")]
    Rule { field: String, why: String },
    #[error("signers `{first}` and `{second}` are the same key")]
    SameKey { first: String, second: String },
    #[error("GateSettings are named `{found}`")]
    SettingsName { found: String },
    #[error("`{text}` does not tell whether it is a URI, an e-mail address or something else")]
    SubjectKind { text: String },
    #[error("not YAML: {why}")]
    Syntax { why: String },
    #[error("this tag asks for a type")]
    Tag,
    #[error("GateSettings are already in {file}, line {line}")]
    TwoSettings { file: String, line: usize },
    #[error("unknown field `{name}`")]
    UnknownField { name: String, instead: String },
    #[error("no trusted root is named `{root}`")]
    UnknownRoot { root: String, known: String },
    #[error("this policy has no signer `{signer}`")]
    UnknownSigner { signer: String, known: String },
    #[error("`{found}` is not one of {choices}")]
    UnknownValue { found: String, choices: String },
    #[error("`unsigned` stands beside another requirement")]
    UnsignedBeside,
    #[error("{found} stands here, wanted is {wanted}")]
    WrongType { wanted: String, found: &'static str },
}

impl Fault {
    pub(super) fn limit(what: &'static str, limit: usize, found: usize) -> Self {
        Self::Limit { what, limit, found }
    }

    /// Stable, kebab-case, never renamed.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Alias => "yaml-alias",
            Self::Ambiguous { .. } => "ambiguous-scalar",
            Self::Anchor => "yaml-anchor",
            Self::ApiVersion { .. } => "unknown-api-version",
            Self::AtLeast { .. } => "at-least-out-of-range",
            Self::Claim { .. } => "unknown-claim",
            Self::Contradiction { .. } => "contradiction",
            Self::DuplicatePolicy { .. } => "duplicate-policy",
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::Empty { .. } => "empty",
            Self::ImagePattern { .. } => "bad-image-pattern",
            Self::Key { .. } => "bad-key",
            Self::KeyNeedsLog { .. } => "key-needs-log",
            Self::KeyNotText { .. } => "key-not-text",
            Self::Kind { .. } => "unknown-kind",
            Self::Later { .. } => "comes-later",
            Self::Limit { .. } => "limit",
            Self::LooksLikeRegex { .. } => "looks-like-regex",
            Self::MatchesEverything { .. } => "matches-everything",
            Self::MergeKey => "yaml-merge-key",
            Self::Missing { .. } => "missing-field",
            Self::Name { .. } => "bad-name",
            Self::NoPolicy => "no-policy",
            Self::NotText => "not-text",
            Self::NotOneKind { .. } => "not-one-kind",
            Self::Null => "null",
            Self::Repeated { .. } => "repeated",
            Self::Rule { .. } => "bad-signer",
            Self::SameKey { .. } => "same-key-twice",
            Self::SettingsName { .. } => "settings-name",
            Self::SubjectKind { .. } => "subject-kind-unclear",
            Self::Syntax { .. } => "yaml-syntax",
            Self::Tag => "yaml-tag",
            Self::TwoSettings { .. } => "two-settings",
            Self::UnknownField { .. } => "unknown-field",
            Self::UnknownRoot { .. } => "unknown-root",
            Self::UnknownSigner { .. } => "unknown-signer",
            Self::UnknownValue { .. } => "unknown-value",
            Self::UnsignedBeside => "unsigned-beside-requirement",
            Self::WrongType { .. } => "wrong-type",
        }
    }

    /// What to write instead.
    pub(super) fn help(&self) -> String {
        match self {
            Self::Alias | Self::Anchor => "write the value out where it is needed; policies use no anchors".to_owned(),
            Self::Ambiguous { text } => format!("write it in quotes, as \"{text}\", or as true, false or a decimal number"),
            Self::ApiVersion { .. } => "write `apiVersion: sealgate.dev/v1alpha1`".to_owned(),
            Self::AtLeast { entries, .. } => format!("write a number from 1 to {entries}, or add signers to `by`"),
            Self::Claim { near, .. } => match near {
                Some(near) => format!("write `{near}`"),
                None => "write a claim as Fulcio names it, such as sourceRepositoryURI or buildTrigger".to_owned(),
            },
            Self::Contradiction { instead, .. } => (*instead).to_owned(),
            Self::DuplicatePolicy { .. } => "give one of the two another name, or remove it".to_owned(),
            Self::DuplicateKey { key, .. } => format!("keep one `{key}` and remove the other"),
            Self::Empty { .. } => "write at least one entry, or remove the field if it is optional".to_owned(),
            Self::ImagePattern { instead, .. } => instead.clone(),
            Self::Key { .. } => "write one PEM block `PUBLIC KEY`, as `cosign public-key` prints it, under `pem: |`".to_owned(),
            Self::KeyNeedsLog { .. } => {
                "name a root that has a transparency log, or write `transparencyLog: none` if the key's owner uses no log".to_owned()
            }
            Self::KeyNotText { .. } => "write keys as text, in quotes where they could be read as anything else".to_owned(),
            Self::Kind { .. } => "write `kind: ClusterSealPolicy` or `kind: GateSettings`".to_owned(),
            Self::Later { instead, .. } => (*instead).to_owned(),
            Self::Limit { .. } => "split it: several policies may match one image, and all that match must hold".to_owned(),
            Self::LooksLikeRegex { field, .. } => {
                format!("write text with `*` and `**`, or use `{field}` for a regular expression")
            }
            Self::MatchesEverything { instead, .. } => (*instead).to_owned(),
            Self::MergeKey => "write the fields out where they are needed".to_owned(),
            Self::Missing { instead, .. } => instead.clone(),
            Self::Name { .. } => format!(
                "write a lower-case letter, then letters, digits and `-`, at most {} in all, and nothing YAML reads as a boolean",
                limits::NAME_BYTES
            ),
            Self::NoPolicy => "write at least one ClusterSealPolicy; without one nothing is enforced".to_owned(),
            Self::NotText => "save the file as UTF-8".to_owned(),
            Self::NotOneKind { choices, .. } => format!("write exactly one of {choices}"),
            Self::Null => "write a value, or remove the field to get its default".to_owned(),
            Self::Repeated { .. } => "write it once".to_owned(),
            Self::Rule { .. } => "correct the field as the message says".to_owned(),
            Self::SameKey { .. } => "keep one of the two and name it wherever the other was named".to_owned(),
            Self::SettingsName { .. } => "write `metadata: {name: default}`".to_owned(),
            Self::SubjectKind { .. } => "add `subjectKind: uri`, `email` or `other`".to_owned(),
            Self::Syntax { .. } => "correct the YAML; often it is the indentation or a quote".to_owned(),
            Self::Tag => "remove the tag; types follow from the fields".to_owned(),
            Self::TwoSettings { .. } => "keep one GateSettings document".to_owned(),
            Self::UnknownField { instead, .. } => instead.clone(),
            Self::UnknownRoot { known, .. } if known == NONE => "give the root to the program by that name".to_owned(),
            Self::UnknownRoot { known, .. } => format!("write one of {known}, or give the root to the program by that name"),

            Self::UnknownSigner { known, .. } if known == NONE => "add it under `signers`".to_owned(),
            Self::UnknownSigner { known, .. } => format!("write one of {known}, or add it under `signers`"),

            Self::UnknownValue { choices, .. } => format!("write one of {choices}"),
            Self::UnsignedBeside => "remove the other requirements, or `unsigned`: an image is admitted without evidence or it is not".to_owned(),
            Self::WrongType { wanted, .. } => format!("write {wanted}"),
        }
    }

    pub(super) fn found_at(&self, file: &str, at: At, field: String) -> Finding {
        Finding {
            code: self.code(),
            file: file.to_owned(),
            line: at.line,
            column: at.column,
            field,
            message: self.to_string(),
            help: self.help(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The codes of `Fault::code`, read from this file, since a fault's fields are of no interest here.
    fn codes() -> Vec<&'static str> {
        let source = include_str!("fault.rs");
        let (_, after) = source.split_once("fn code(&self)").unwrap();
        let (body, _) = after.split_once("\n    }\n").unwrap();
        body.split('"').skip(1).step_by(2).collect()
    }

    #[test]
    fn codes_are_unique_and_never_renamed() {
        let codes = codes();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
        insta::assert_snapshot!(codes.join("\n"));
    }

    #[test]
    fn every_fault_has_a_test_that_expects_its_code() {
        let tests = [
            include_str!("../../tests/policy/limits.rs"),
            include_str!("../../tests/policy/refusals.rs"),
            include_str!("../../tests/policy/refusals/meaning.rs"),
            include_str!("../../tests/policy/refusals/structure.rs"),
            include_str!("../../tests/policy/refusals/text.rs"),
            include_str!("../../tests/policy/sets.rs"),
        ]
        .concat();
        let untested: Vec<_> =
            codes().into_iter().filter(|code| !tests.contains(&format!("\"{code}\""))).collect();
        assert!(untested.is_empty(), "{untested:?}");
    }
}
