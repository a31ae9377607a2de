//! Everything that the loader refuses: each with its code and place, and a good twin that differs in one thing.

use rstest::rstest;

use crate::support::{source, try_load};
use sealgate_policy::{Finding, PolicySet};

const POLICY: &str = r#"apiVersion: sealgate.dev/v1alpha1
kind: ClusterSealPolicy
metadata: {name: acme-apps, labels: {team: platform}}
spec:
  match:
    images: ["ghcr.io/acme/**"]
    exceptImages: ["ghcr.io/acme/lab/**"]
  mode: enforce
  liftsNoMatch: false
  signers:
    release:
      roots: [public-good]
      github: {repository: "acme/*", workflow: release.yml, ref: "refs/tags/v*"}
    qa:
      keyless: {issuer: "https://accounts.google.com", subject: qa@acme.example}
    vendor:
      key: {pem: "KEY-ONE"}
      transparencyLog: none
    other:
      key: {pem: "KEY-TWO"}
  require:
    signed:
      mode: enforce
      help: "ask #platform"
      signature: {by: [release, vendor], atLeast: 1}
    approved:
      anyOf:
        vendor: {sig: {signature: {by: [other]}}}
        both: {ci: {signature: {by: [release]}}, qa: {signature: {by: [qa]}}}
"#;

const SETTINGS: &str = r#"apiVersion: sealgate.dev/v1alpha1
kind: GateSettings
metadata: {name: default}
spec:
  noMatch: deny
  tags: deny
  unknownKinds: deny
  registries: ["ghcr.io"]
"#;

fn with_keys(text: &str) -> String {
    use sealgate_testkit::SigningKey;
    use std::sync::LazyLock;
    static KEYS: LazyLock<(String, String)> = LazyLock::new(|| {
        let pem = || SigningKey::p256().public_pem().replace('\n', "\\n");
        (pem(), pem())
    });
    text.replace("KEY-ONE", &KEYS.0).replace("KEY-TWO", &KEYS.1)
}

fn changed(base: &str, from: &str, to: &str) -> String {
    assert_eq!(base.matches(from).count(), 1, "`{from}` must be in the document once");
    with_keys(&base.replace(from, to))
}

fn only(base: &str, from: &str, to: &str) -> Finding {
    let text = changed(base, from, to);
    let findings = match try_load(&text) {
        Err(findings) => findings,
        Ok(_) => panic!("this was accepted:\n{text}"),
    };
    assert_eq!(findings.len(), 1, "one fault, one finding: {findings:#?}\n{text}");
    let finding = findings.into_iter().next().unwrap();
    assert!(finding.line > 0 && finding.column > 0 && !finding.help.is_empty(), "{finding:?}");
    finding
}

fn refused(base: &str, code: &str, field: &str, from: &str, bad: &str, good: &str) {
    let finding = only(base, from, bad);
    assert_eq!((finding.code, finding.field.as_str()), (code, field), "{finding:#?}");
    if let Err(findings) = try_load(&changed(base, from, good)) {
        panic!("the good twin is refused: {findings:#?}");
    }
}

#[test]
fn the_document_of_the_specification_is_accepted() {
    try_load(&with_keys(POLICY)).unwrap();
    try_load(&with_keys(&format!("{POLICY}---\n{SETTINGS}"))).unwrap();
}

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
#[case::empty_claim(
    "empty",
    "spec.signers.qa.keyless.claims.buildTrigger",
    "subject: qa@acme.example",
    "subject: qa@acme.example, claims: {buildTrigger: \"\"}",
    "subject: qa@acme.example, claims: {buildTrigger: push}"
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

#[rstest]
#[case::another_name("settings-name", "metadata.name", "name: default", "name: other", "name: default")]
#[case::pinning("comes-later", "spec.tags", "tags: deny", "tags: pin", "tags: warn")]
#[case::unknown_action("unknown-value", "spec.noMatch", "noMatch: deny", "noMatch: ignore", "noMatch: audit")]
#[case::unknown_kinds(
    "unknown-value",
    "spec.unknownKinds",
    "unknownKinds: deny",
    "unknownKinds: warn",
    "unknownKinds: allow"
)]
#[case::unknown_field("unknown-field", "spec.failOpen", "tags: deny", "failOpen: true", "tags: deny")]
#[case::registry_with_a_path(
    "bad-image-pattern",
    "spec.registries[0]",
    "[\"ghcr.io\"]",
    "[\"ghcr.io/acme\"]",
    "[\"ghcr.io\"]"
)]
#[case::registry_with_a_wildcard(
    "bad-image-pattern",
    "spec.registries[0]",
    "[\"ghcr.io\"]",
    "[\"*.ghcr.io\"]",
    "[\"x.ghcr.io\"]"
)]
#[case::null_registries("null", "spec.registries", "[\"ghcr.io\"]", "null", "[]")]
fn settings_are_refused(
    #[case] code: &str,
    #[case] field: &str,
    #[case] from: &str,
    #[case] bad: &str,
    #[case] good: &str,
) {
    refused(&format!("{POLICY}---\n{SETTINGS}"), code, field, from, bad, good);
}

#[test]
fn an_alias_is_refused() {
    let text = with_keys(POLICY)
        .replace("images: [\"ghcr.io/acme/**\"]", "images: &x [\"ghcr.io/acme/**\"]")
        .replace("exceptImages: [\"ghcr.io/acme/lab/**\"]", "exceptImages: *x");
    let codes: Vec<_> = try_load(&text).unwrap_err().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["yaml-anchor", "yaml-alias"]);
}

#[test]
fn a_key_under_two_names_is_refused_whatever_its_spelling() {
    let finding = only(POLICY, "KEY-TWO", "KEY-ONE\\n");
    assert_eq!(finding.code, "same-key-twice");
}

#[test]
fn every_fault_is_reported_with_its_place() {
    let text = with_keys(POLICY)
        .replace("mode: enforce\n  lifts", "mode: strict\n  lifts")
        .replace("[release, vendor]", "[relaese, vendor]")
        .replace("ghcr.io/acme/lab/**", "lab/**");
    let found = try_load(&text).unwrap_err();
    let places: Vec<_> = found.iter().map(|finding| (finding.code, finding.line, finding.column)).collect();
    assert_eq!(places, [("bad-image-pattern", 7, 20), ("unknown-value", 8, 9), ("unknown-signer", 25, 24)]);
    assert_eq!(found[0].to_string(), "policy.yaml:7:20: spec.match.exceptImages[0]: `lab/**` names no host");
}

#[test]
fn a_fault_in_one_document_leaves_no_other_in_force() {
    let other = SETTINGS.replace("noMatch: deny", "noMatch: nothing");
    let findings = try_load(&with_keys(&format!("{POLICY}---\n{other}"))).unwrap_err();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].line, POLICY.lines().count() + 1 + 5);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let mut bytes = with_keys(POLICY).into_bytes();
    bytes.push(0xFF);
    let found =
        PolicySet::load(&[sealgate_policy::Source { name: "p".into(), bytes }], &crate::support::roots())
            .unwrap_err();
    assert_eq!(found[0].code, "not-text");
}

#[test]
fn a_set_without_a_policy_is_refused() {
    let roots = crate::support::roots();
    for sources in
        [vec![], vec![source("empty.yaml", "# nothing\n")], vec![source("settings.yaml", SETTINGS)]]
    {
        let found = PolicySet::load(&sources, &roots).unwrap_err();
        assert_eq!(found[0].code, "no-policy");
    }
}

#[test]
fn help_says_what_to_write_instead() {
    let help = |from: &str, bad: &str| only(POLICY, from, bad).help;
    assert_eq!(
        help("  mode: enforce\n  lifts", "  mdoe: enforce\n  lifts"),
        "write `mode`, if that was meant"
    );
    assert_eq!(help("    exceptImages", "    mode: warn\n    exceptImages"), "move it to `spec`");
    assert!(help("images: [\"ghcr.io/acme/**\"]", "images: [\"nginx\"]").contains("docker.io/library"));
    assert!(help("[release, vendor]", "[relaese, vendor]").contains("`release`"));
    assert!(help("[public-good]", "[public-god]").contains("`public-good`"));
}
