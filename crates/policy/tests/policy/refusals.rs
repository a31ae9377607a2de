//! Everything that the loader refuses: each with its code and place, and a good twin that differs in one thing.

use rstest::rstest;

mod everywhere;
mod meaning;
mod structure;
mod text;

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
