//! What the schema alone refuses.

use rstest::rstest;

use super::{POLICY, refused};

#[rstest]
#[case::unknown_field(
    "unknown-field",
    "spec.mod",
    "  mode: enforce\n  lifts",
    "  mod: enforce\n  lifts",
    "  mode: warn\n  lifts"
)]
#[case::unknown_field_at_the_top(
    "unknown-field",
    "extra",
    "\nspec:",
    "\nextra: 1\nspec:",
    "\nstatus: {seen: 1}\nspec:"
)]
#[case::unknown_field_in_a_signer(
    "unknown-field",
    "spec.signers.qa.keyless.subjectRegExp",
    "subject: qa@acme.example",
    "subject: qa@acme.example, subjectRegExp: x",
    "subject: ops@acme.example"
)]
#[case::unknown_field_in_a_leaf(
    "unknown-field",
    "spec.require.approved.anyOf.vendor.sig.mode",
    "{sig: {signature: {by: [other]}}}",
    "{sig: {signature: {by: [other]}, mode: warn}}",
    "{sig: {signature: {by: [vendor]}}}"
)]
#[case::field_one_level_off(
    "unknown-field",
    "spec.match.mode",
    "    exceptImages",
    "    mode: warn\n    exceptImages",
    "    exceptImages"
)]
#[case::null_mode(
    "null",
    "spec.mode",
    "  mode: enforce\n  lifts",
    "  mode: null\n  lifts",
    "  mode: audit\n  lifts"
)]
#[case::null_left_empty(
    "null",
    "spec.liftsNoMatch",
    "liftsNoMatch: false",
    "liftsNoMatch:",
    "liftsNoMatch: true"
)]
#[case::null_tilde("null", "spec.require.signed.help", "\"ask #platform\"", "~", "\"ask\"")]
#[case::text_for_a_list(
    "wrong-type",
    "spec.match.images",
    "images: [\"ghcr.io/acme/**\"]",
    "images: \"ghcr.io/acme/**\"",
    "images: [\"ghcr.io/acme/*\"]"
)]
#[case::number_for_text("wrong-type", "spec.require.signed.help", "\"ask #platform\"", "17", "\"17\"")]
#[case::boolean_for_text("wrong-type", "spec.require.signed.help", "\"ask #platform\"", "true", "\"true\"")]
#[case::text_for_a_boolean(
    "wrong-type",
    "spec.liftsNoMatch",
    "liftsNoMatch: false",
    "liftsNoMatch: \"false\"",
    "liftsNoMatch: true"
)]
#[case::text_for_a_number(
    "wrong-type",
    "spec.require.signed.signature.atLeast",
    "atLeast: 1",
    "atLeast: \"1\"",
    "atLeast: 2"
)]
#[case::fraction_for_a_number(
    "wrong-type",
    "spec.require.signed.signature.atLeast",
    "atLeast: 1",
    "atLeast: 1.0",
    "atLeast: 2"
)]
#[case::list_for_a_map(
    "wrong-type",
    "spec.match",
    "match:\n    images: [\"ghcr.io/acme/**\"]\n    exceptImages: [\"ghcr.io/acme/lab/**\"]",
    "match: [\"ghcr.io/acme/**\"]",
    "match: {images: [\"ghcr.io/acme/**\"]}"
)]
#[case::empty_images(
    "empty",
    "spec.match.images",
    "images: [\"ghcr.io/acme/**\"]",
    "images: []",
    "images: [\"**\"]"
)]
#[case::empty_except_images(
    "empty",
    "spec.match.exceptImages",
    "[\"ghcr.io/acme/lab/**\"]",
    "[]",
    "[\"ghcr.io/acme/x\"]"
)]
#[case::empty_by(
    "empty",
    "spec.require.approved.anyOf.vendor.sig.signature.by",
    "by: [other]",
    "by: []",
    "by: [other]"
)]
#[case::empty_roots(
    "empty",
    "spec.signers.release.roots",
    "roots: [public-good]",
    "roots: []",
    "roots: [public-good]"
)]
#[case::empty_alternative(
    "empty",
    "spec.require.approved.anyOf.vendor",
    "vendor: {sig: {signature: {by: [other]}}}",
    "vendor: {}",
    "vendor: {sig: {signature: {by: [other]}}}"
)]
#[case::empty_text("empty", "spec.require.signed.help", "\"ask #platform\"", "\"\"", "\"x\"")]
#[case::empty_keyless(
    "empty",
    "spec.signers.qa.keyless",
    "{issuer: \"https://accounts.google.com\", subject: qa@acme.example}",
    "{}",
    "{issuer: \"https://accounts.google.com\", anySubject: true}"
)]
#[case::unknown_mode(
    "unknown-value",
    "spec.mode",
    "  mode: enforce\n  lifts",
    "  mode: Enforce\n  lifts",
    "  mode: audit\n  lifts"
)]
#[case::unknown_log_rule(
    "unknown-value",
    "spec.signers.vendor.transparencyLog",
    "transparencyLog: none",
    "transparencyLog: optional",
    "transparencyLog: required"
)]
#[case::no_match(
    "missing-field",
    "spec.match",
    "  match:\n    images: [\"ghcr.io/acme/**\"]\n    exceptImages: [\"ghcr.io/acme/lab/**\"]\n",
    "",
    "  match: {images: [\"**\"]}\n"
)]
#[case::no_name(
    "missing-field",
    "metadata.name",
    "{name: acme-apps, labels: {team: platform}}",
    "{labels: {team: platform}}",
    "{name: a, labels: {team: null}}"
)]
#[case::no_by(
    "missing-field",
    "spec.require.signed.signature.by",
    "{by: [release, vendor], atLeast: 1}",
    "{atLeast: 1}",
    "{by: [release, vendor]}"
)]
#[case::github_without_ref(
    "missing-field",
    "spec.signers.release.github.ref",
    ", ref: \"refs/tags/v*\"",
    "",
    ", ref: \"**\""
)]
#[case::github_without_repository(
    "missing-field",
    "spec.signers.release.github.repository",
    "repository: \"acme/*\", ",
    "",
    "repository: \"acme/app\", "
)]
#[case::github_without_workflow(
    "not-one-kind",
    "spec.signers.release.github",
    "workflow: release.yml, ",
    "",
    "reusableWorkflow: \"acme/ci/.github/workflows/build.yml@refs/tags/v*\", "
)]
#[case::github_with_two_workflows(
    "not-one-kind",
    "spec.signers.release.github",
    "workflow: release.yml, ",
    "workflow: release.yml, reusableWorkflow: \"acme/ci/.github/workflows/b.yml@refs/tags/v1\", ",
    "workflow: \"*.yml\", "
)]
#[case::signer_of_two_kinds(
    "not-one-kind",
    "spec.signers.other",
    "      key: {pem: \"KEY-TWO\"}",
    "      key: {pem: \"KEY-TWO\"}\n      keyless: {issuer: \"https://x.example\", anySubject: true}",
    "      key: {pem: \"KEY-TWO\"}"
)]
#[case::signer_of_no_kind(
    "not-one-kind",
    "spec.signers.other",
    "      key: {pem: \"KEY-TWO\"}",
    "      roots: [public-good]",
    "      keyless: {issuer: \"https://x.example\", anySubject: true}"
)]
#[case::requirement_of_two_kinds(
    "not-one-kind",
    "spec.require.signed",
    "      signature: {by: [release, vendor], atLeast: 1}",
    "      signature: {by: [release, vendor], atLeast: 1}\n      anyOf: {a: {b: {signature: {by: [qa]}}}}",
    "      anyOf: {a: {b: {signature: {by: [release, vendor]}}}}"
)]
#[case::requirement_of_no_kind(
    "not-one-kind",
    "spec.require.signed",
    "      signature: {by: [release, vendor], atLeast: 1}\n",
    "",
    "      signature: {by: [vendor]}\n"
)]
#[case::two_issuers(
    "not-one-kind",
    "spec.signers.qa.keyless",
    "issuer: \"https://accounts.google.com\"",
    "issuer: \"https://accounts.google.com\", issuerRegex: \"https://a.example/[0-9]+\"",
    "issuerRegex: \"https://a.example/[0-9]+\""
)]
#[case::two_subjects(
    "not-one-kind",
    "spec.signers.qa.keyless",
    "subject: qa@acme.example",
    "subject: qa@acme.example, anySubject: true",
    "anySubject: true"
)]
#[case::no_subject(
    "not-one-kind",
    "spec.signers.qa.keyless",
    ", subject: qa@acme.example",
    "",
    ", anySubject: true"
)]
#[case::any_subject_false(
    "unknown-value",
    "spec.signers.qa.keyless.anySubject",
    "subject: qa@acme.example",
    "anySubject: false",
    "anySubject: true"
)]
#[case::empty_claim(
    "empty",
    "spec.signers.qa.keyless.claims.buildTrigger",
    "subject: qa@acme.example",
    "subject: qa@acme.example, claims: {buildTrigger: \"\"}",
    "subject: qa@acme.example, claims: {buildTrigger: push}"
)]
#[case::unsigned_in_any_of(
    "unknown-field",
    "spec.require.approved.anyOf.vendor.sig.unsigned",
    "{sig: {signature: {by: [other]}}}",
    "{sig: {signature: {by: [other]}, unsigned: {reason: x}}}",
    "{sig: {signature: {by: [other]}}}"
)]
#[case::later_leaf(
    "comes-later",
    "spec.require.signed.provenance",
    "      signature: {by: [release, vendor], atLeast: 1}",
    "      signature: {by: [release, vendor], atLeast: 1}\n      provenance: {by: [release]}",
    "      signature: {by: [release, vendor], atLeast: 1}"
)]
#[case::later_age(
    "comes-later",
    "spec.require.signed.signature.maxAge",
    "atLeast: 1",
    "maxAge: 3d",
    "atLeast: 1"
)]
#[case::later_cel(
    "comes-later",
    "spec.require.signed.signature.cel",
    "atLeast: 1",
    "cel: \"true\"",
    "atLeast: 1"
)]
#[case::later_signer(
    "comes-later",
    "spec.signers.other.key.kms",
    "{pem: \"KEY-TWO\"}",
    "{pem: \"KEY-TWO\", kms: \"x\"}",
    "{pem: \"KEY-TWO\"}"
)]
#[case::reserved_ref(
    "comes-later",
    "spec.signers.other.ref",
    "      key: {pem: \"KEY-TWO\"}",
    "      key: {pem: \"KEY-TWO\"}\n      ref: shared",
    "      key: {pem: \"KEY-TWO\"}"
)]
#[case::later_kind(
    "comes-later",
    "kind",
    "kind: ClusterSealPolicy",
    "kind: SealPolicy",
    "kind: ClusterSealPolicy"
)]
#[case::unknown_kind(
    "unknown-kind",
    "kind",
    "kind: ClusterSealPolicy",
    "kind: ClusterImagePolicy",
    "kind: ClusterSealPolicy"
)]
#[case::unknown_version(
    "unknown-api-version",
    "apiVersion",
    "sealgate.dev/v1alpha1",
    "sealgate.dev/v1",
    "sealgate.dev/v1alpha1"
)]
#[case::no_kind(
    "missing-field",
    "kind",
    "kind: ClusterSealPolicy\n",
    "",
    "kind: ClusterSealPolicy\nstatus: {}\n"
)]
#[case::no_version(
    "missing-field",
    "apiVersion",
    "apiVersion: sealgate.dev/v1alpha1\n",
    "",
    "apiVersion: \"sealgate.dev/v1alpha1\"\n"
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
