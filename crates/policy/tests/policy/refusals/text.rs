//! What is refused before a document has a meaning: YAML that readers understand differently.

use rstest::rstest;

use super::{POLICY, refused};

#[rstest]
#[case::duplicate_key(
    "duplicate-key",
    "spec.mode",
    "  liftsNoMatch: false",
    "  mode: warn",
    "  liftsNoMatch: true"
)]
#[case::duplicate_signer(
    "duplicate-key",
    "spec.signers.qa",
    "    other:\n      key: {pem: \"KEY-TWO\"}",
    "    other:\n      key: {pem: \"KEY-TWO\"}\n    qa:\n      keyless: {issuer: \"https://x.example\", subject: a@b.c}",
    "    other:\n      key: {pem: \"KEY-TWO\"}"
)]
#[case::anchor("yaml-anchor", "spec.match.images", "images: [", "images: &all [", "images: [")]
#[case::tag("yaml-tag", "spec.require.signed.help", "\"ask #platform\"", "!!str ask", "\"ask\"")]
#[case::merge_key(
    "yaml-merge-key",
    "spec.signers.<<",
    "    other:\n",
    "    <<: {a: 1}\n    other:\n",
    "    other:\n"
)]
#[case::norway(
    "ambiguous-scalar",
    "spec.liftsNoMatch",
    "liftsNoMatch: false",
    "liftsNoMatch: no",
    "liftsNoMatch: false"
)]
#[case::norway_as_text("ambiguous-scalar", "spec.require.signed.help", "\"ask #platform\"", "On", "\"On\"")]
#[case::octal(
    "ambiguous-scalar",
    "spec.require.signed.signature.atLeast",
    "atLeast: 1",
    "atLeast: 01",
    "atLeast: 1"
)]
#[case::hexadecimal(
    "ambiguous-scalar",
    "spec.require.signed.signature.atLeast",
    "atLeast: 1",
    "atLeast: 0x1",
    "atLeast: 1"
)]
#[case::sexagesimal("ambiguous-scalar", "spec.require.signed.help", "\"ask #platform\"", "1:30", "\"1:30\"")]
#[case::number_as_key("key-not-text", "spec.require.17", "    signed:", "    17:", "    seventeen:")]
#[case::syntax(
    "yaml-syntax",
    "",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"ghcr.io/acme/**\"",
    "images: [\"ghcr.io/acme/**\"]"
)]
fn a_policy_is_refused(
    #[case] code: &str,
    #[case] field: &str,
    #[case] from: &str,
    #[case] bad: &str,
    #[case] good: &str,
) {
    refused(POLICY, code, field, from, bad, good);
}
