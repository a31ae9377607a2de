//! What is well formed, but cannot be meant.

use rstest::rstest;

use super::{POLICY, refused};

#[rstest]
#[case::name_in_capitals("bad-name", "metadata.name", "name: acme-apps", "name: Acme", "name: acme")]
#[case::name_with_a_dot(
    "bad-name",
    "metadata.name",
    "name: acme-apps",
    "name: acme.apps",
    "name: acme-apps2"
)]
#[case::name_that_begins_with_a_digit(
    "bad-name",
    "spec.require.2nd",
    "    signed:",
    "    2nd:",
    "    second:"
)]
#[case::name_that_yaml_reads_as_boolean(
    "bad-name",
    "spec.require.no",
    "    signed:",
    "    \"no\":",
    "    noo:"
)]
#[case::leaf_name(
    "bad-name",
    "spec.require.approved.anyOf.vendor.SIG",
    "vendor: {sig:",
    "vendor: {SIG:",
    "vendor: {sig2:"
)]
#[case::alternative_name(
    "bad-name",
    "spec.require.approved.anyOf.x_y",
    "        vendor: {sig",
    "        x_y: {sig",
    "        x-y: {sig"
)]
#[case::github_with_any_owner(
    "matches-everything",
    "spec.signers.release.github.repository",
    "\"acme/*\"",
    "\"*/*\"",
    "\"*/*\", ownerId: \"17\""
)]
#[case::github_with_a_short_ref(
    "bad-signer",
    "spec.signers.release.github.ref",
    "\"refs/tags/v*\"",
    "main",
    "refs/heads/main"
)]
#[case::unknown_signer(
    "unknown-signer",
    "spec.require.signed.signature.by[0]",
    "[release, vendor]",
    "[relaese, vendor]",
    "[qa, vendor]"
)]
#[case::unknown_signer_in_an_alternative(
    "unknown-signer",
    "spec.require.approved.anyOf.vendor.sig.signature.by[0]",
    "[other]",
    "[others]",
    "[qa]"
)]
#[case::a_signer_twice_in_by(
    "repeated",
    "spec.require.signed.signature.by[1]",
    "[release, vendor]",
    "[release, release]",
    "[release, qa]"
)]
#[case::at_least_zero(
    "at-least-out-of-range",
    "spec.require.signed.signature.atLeast",
    "atLeast: 1",
    "atLeast: 0",
    "atLeast: 1"
)]
#[case::at_least_negative(
    "at-least-out-of-range",
    "spec.require.signed.signature.atLeast",
    "atLeast: 1",
    "atLeast: -1",
    "atLeast: 2"
)]
#[case::at_least_more_than_by(
    "at-least-out-of-range",
    "spec.require.signed.signature.atLeast",
    "atLeast: 1",
    "atLeast: 3",
    "atLeast: 2"
)]
#[case::same_key_twice("same-key-twice", "spec.signers.vendor", "KEY-TWO", "KEY-ONE", "KEY-TWO")]
#[case::broken_key("bad-key", "spec.signers.other.key.pem", "KEY-TWO", "nonsense", "KEY-TWO")]
#[case::unknown_root(
    "unknown-root",
    "spec.signers.release.roots",
    "[public-good]",
    "[public-god]",
    "[public-good]"
)]
#[case::root_twice(
    "repeated",
    "spec.signers.release.roots",
    "[public-good]",
    "[public-good, public-good]",
    "[public-good]"
)]
#[case::log_rule_beside_an_identity(
    "contradiction",
    "spec.signers.qa.transparencyLog",
    "subject: qa@acme.example}",
    "subject: qa@acme.example}\n      transparencyLog: none",
    "subject: qa@acme.example}"
)]
#[case::issuer_with_a_wildcard(
    "contradiction",
    "spec.signers.qa.keyless.issuer",
    "https://accounts.google.com",
    "https://*.google.com",
    "https://login.example"
)]
#[case::subject_for_everybody(
    "matches-everything",
    "spec.signers.qa.keyless.subject",
    "subject: qa@acme.example",
    "subject: \"*@*\"",
    "anySubject: true"
)]
#[case::subject_regex_for_everybody(
    "matches-everything",
    "spec.signers.qa.keyless.subjectRegex",
    "subject: qa@acme.example",
    "subjectRegex: \".*\", subjectKind: email",
    "subjectRegex: \".*@acme[.]example\", subjectKind: email"
)]
#[case::issuer_regex_for_everybody(
    "matches-everything",
    "spec.signers.qa.keyless.issuerRegex",
    "issuer: \"https://accounts.google.com\"",
    "issuerRegex: \".+\"",
    "issuerRegex: \"https://[a-z]+[.]example\""
)]
#[case::regex_as_subject(
    "looks-like-regex",
    "spec.signers.qa.keyless.subject",
    "subject: qa@acme.example",
    "subject: \"^qa@acme.example$\"",
    "subject: \"*@acme.example\""
)]
#[case::regex_as_repository(
    "looks-like-regex",
    "spec.signers.release.github.repository",
    "\"acme/*\"",
    "\"acme/.*\"",
    "\"acme/a*\""
)]
#[case::regex_as_ref(
    "looks-like-regex",
    "spec.signers.release.github.ref",
    "\"refs/tags/v*\"",
    "\"refs/tags/v[0-9]+\"",
    "\"refs/tags/v1.*\""
)]
#[case::regex_as_claim(
    "looks-like-regex",
    "spec.signers.qa.keyless.claims.buildTrigger",
    "subject: qa@acme.example",
    "subject: qa@acme.example, claims: {buildTrigger: \"push|tag\"}",
    "subject: qa@acme.example, claims: {buildTrigger: \"p*\"}"
)]
#[case::broken_regex(
    "bad-signer",
    "spec.signers.qa.keyless.subjectRegex",
    "subject: qa@acme.example",
    "subjectRegex: \"qa@(\", subjectKind: email",
    "subjectRegex: \"qa@(a|b)\", subjectKind: email"
)]
#[case::regex_without_kind(
    "subject-kind-unclear",
    "spec.signers.qa.keyless.subjectRegex",
    "subject: qa@acme.example",
    "subjectRegex: \"qa@acme[.]example\"",
    "subjectRegex: \"qa@acme[.]example\", subjectKind: email"
)]
#[case::subject_without_kind(
    "subject-kind-unclear",
    "spec.signers.qa.keyless.subject",
    "subject: qa@acme.example",
    "subject: qa",
    "subject: qa, subjectKind: other"
)]
#[case::unknown_claim(
    "unknown-claim",
    "spec.signers.qa.keyless.claims.buildTriger",
    "subject: qa@acme.example",
    "subject: qa@acme.example, claims: {buildTriger: push}",
    "subject: qa@acme.example, claims: {buildTrigger: push}"
)]
#[case::old_claim(
    "unknown-claim",
    "spec.signers.qa.keyless.claims.issuer",
    "subject: qa@acme.example",
    "subject: qa@acme.example, claims: {issuer: x}",
    "subject: qa@acme.example, claims: {runnerEnvironment: github-hosted}"
)]
#[case::pattern_without_host(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"acme/app\"]",
    "images: [\"docker.io/acme/app\"]"
)]
#[case::pattern_of_one_word(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"nginx\"]",
    "images: [\"docker.io/library/nginx\"]"
)]
#[case::pattern_that_begins_with_stars(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"**/acme\"]",
    "images: [\"**\"]"
)]
#[case::pattern_with_any_host(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"*/acme\"]",
    "images: [\"*.acme.io/acme\"]"
)]
#[case::pattern_with_a_tag(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"ghcr.io/acme/app:v1\"]",
    "images: [\"ghcr.io:5000/acme/app\"]"
)]
#[case::pattern_with_a_digest(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"ghcr.io/acme/app@sha256:00\"]",
    "images: [\"ghcr.io/acme/app\"]"
)]
#[case::pattern_with_a_scheme(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"https://ghcr.io/acme/app\"]",
    "images: [\"ghcr.io/acme/app\"]"
)]
#[case::host_wildcard_in_a_label(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"gh*.io/acme\"]",
    "images: [\"*.ghcr.io/acme\"]"
)]
#[case::stars_in_the_host(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"**.acme.io/x\"]",
    "images: [\"*.*.acme.io/x\"]"
)]
#[case::stars_in_a_segment(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"ghcr.io/acme/a**\"]",
    "images: [\"ghcr.io/acme/a*\"]"
)]
#[case::pattern_in_capitals(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"ghcr.io/Acme/app\"]",
    "images: [\"GHCR.io/acme/app\"]"
)]
#[case::regex_as_pattern(
    "bad-image-pattern",
    "spec.match.images[0]",
    "images: [\"ghcr.io/acme/**\"]",
    "images: [\"ghcr.io/acme/(a|b)\"]",
    "images: [\"ghcr.io/acme/a\"]"
)]
#[case::exception_with_a_tag(
    "bad-image-pattern",
    "spec.match.exceptImages[0]",
    "ghcr.io/acme/lab/**",
    "ghcr.io/acme/lab:v1",
    "ghcr.io/acme/lab"
)]
#[case::unsigned_beside(
    "unsigned-beside-requirement",
    "spec.require.signed.unsigned",
    "      signature: {by: [release, vendor], atLeast: 1}",
    "      unsigned: {reason: x}",
    "      signature: {by: [release, vendor], atLeast: 2}"
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
