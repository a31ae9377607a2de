//! Every field with which a signer can be named, as the published schema lists them: right, it admits; wrong, it denies.

use std::collections::BTreeSet;

use sealgate_policy::{PolicySet, Verdict};
use sealgate_testkit::{Identity, KeyKind, SigningKey};
use serde_json::{Value, json};

use crate::support::{allowed, codes, found, image, judge, load, release, world};

// 017: a field that is read and compared with nothing.
const FIELDS: &[(&str, &str, &str, &str)] = &[
    ("github.repository", "acme/app", "acme/other", "identity-mismatch"),
    ("github.workflow", "release.yml", "nightly.yml", "identity-mismatch"),
    ("github.ref", "refs/tags/v*", "refs/heads/main", "identity-mismatch"),
    ("github.ownerId", "2002", "2003", "claim-mismatch"),
    ("github.repositoryId", "1001", "1002", "claim-mismatch"),
    ("github.trigger", "push", "schedule", "claim-mismatch"),
    ("github.runner", "github-hosted", "self-hosted", "claim-mismatch"),
    ("keyless.issuer", GITHUB, "https://accounts.google.com", "identity-mismatch"),
    ("keyless.issuerRegex", "https://token[.]actions[.].*", "https://accounts[.].*", "identity-mismatch"),
    ("keyless.subject", SUBJECT, "https://github.com/acme/other", "identity-mismatch"),
    (
        "keyless.subjectRegex",
        "https://github[.]com/acme/.*",
        "https://github[.]com/evil/.*",
        "identity-mismatch",
    ),
    ("keyless.subjectKind", "uri", "email", "identity-mismatch"),
    ("keyless.claims", "push", "schedule", "claim-mismatch"),
];

const GITHUB: &str = "https://token.actions.githubusercontent.com";
const SUBJECT: &str = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3";

/// A signer of which every field but `field` fits, and that one has `value`.
fn signer(field: &str, value: &str) -> Value {
    let (kind, name) = field.split_once('.').unwrap();
    let mut fields = match (kind, name) {
        ("github", _) => json!({"repository": "acme/app", "workflow": "release.yml", "ref": "refs/tags/v*"}),
        (_, "issuerRegex") => json!({"subject": SUBJECT}),
        (_, "subject" | "subjectRegex") => json!({"issuer": GITHUB, "subjectKind": "uri"}),
        _ => json!({"issuer": GITHUB, "subject": SUBJECT}),
    };
    fields[name] = if name == "claims" { json!({"buildTrigger": value}) } else { json!(value) };
    json!({ kind: fields })
}

fn asked(signer: &Value) -> Verdict {
    let document = json!({
        "apiVersion": "sealgate.dev/v1alpha1", "kind": "ClusterSealPolicy", "metadata": {"name": "acme"},
        "spec": {"match": {"images": ["**"]}, "signers": {"s": signer}, "require": {"r": {"signature": {"by": ["s"]}}}},
    });
    judge(&load(&document.to_string()), &found(vec![world().sign_image(&image(), &release()).item()]))
}

#[test]
fn every_field_of_a_signer_is_compared() {
    for (field, right, wrong, code) in FIELDS {
        let verdict = asked(&signer(field, right));
        assert!(allowed(&verdict), "{field}: {verdict:#?}");
        let verdict = asked(&signer(field, wrong));
        let Verdict::Deny(denial) = &verdict else { panic!("{field}: {verdict:#?}") };
        assert_eq!(codes(&denial.report), [*code], "{field}");
    }
}

#[test]
fn every_field_of_the_schema_is_tried() {
    let schema = PolicySet::policy_schema();
    let signers =
        &schema["properties"]["spec"]["properties"]["signers"]["additionalProperties"]["properties"];
    let mut listed = BTreeSet::new();
    for (kind, part) in signers.as_object().unwrap() {
        match part["properties"].as_object() {
            Some(fields) => listed.extend(fields.keys().map(|name| format!("{kind}.{name}"))),
            None => drop(listed.insert(kind.clone())),
        }
    }
    let mut tried: BTreeSet<String> = FIELDS.iter().map(|(field, ..)| (*field).to_owned()).collect();
    // The rest has tests of its own below, or in `verdicts`: roots and log rules.
    tried.extend(
        ["github.reusableWorkflow", "key.pem", "keyless.anySubject", "roots", "transparencyLog"]
            .map(str::to_owned),
    );
    assert_eq!(listed, tried);
}

#[test]
fn the_fields_that_stand_alone_are_compared_too() {
    let called = "acme/ci/.github/workflows/build.yml@refs/tags/v1";
    let by = Identity::github_reusable("acme/app", "refs/tags/v1.2.3", called);
    let reusable = |workflow: &str| {
        let document = json!({
            "apiVersion": "sealgate.dev/v1alpha1", "kind": "ClusterSealPolicy", "metadata": {"name": "acme"},
            "spec": {
                "match": {"images": ["**"]},
                "signers": {"s": {"github": {"repository": "acme/app", "reusableWorkflow": workflow, "ref": "**"}}},
                "require": {"r": {"signature": {"by": ["s"]}}},
            },
        });
        allowed(&judge(&load(&document.to_string()), &found(vec![world().sign_image(&image(), &by).item()])))
    };
    assert!(reusable(called));
    assert!(!reusable("acme/ci/.github/workflows/build.yml@refs/tags/v2"));
    assert!(!reusable("acme/other/.github/workflows/build.yml@refs/tags/v1"));

    assert!(allowed(&asked(&json!({"keyless": {"issuer": GITHUB, "anySubject": true}}))));
    assert!(!allowed(&asked(
        &json!({"keyless": {"issuer": "https://accounts.google.com", "anySubject": true}})
    )));

    let (own, other) = (SigningKey::generate(KeyKind::P256), SigningKey::generate(KeyKind::P256));
    let keyed = |key: &SigningKey| {
        let document = json!({
            "apiVersion": "sealgate.dev/v1alpha1", "kind": "ClusterSealPolicy", "metadata": {"name": "acme"},
            "spec": {
                "match": {"images": ["**"]}, "signers": {"s": {"key": {"pem": key.public_pem()}}},
                "require": {"r": {"signature": {"by": ["s"]}}},
            },
        });
        let item = world().sign_image_with_key(&image(), &own).item();
        allowed(&judge(&load(&document.to_string()), &found(vec![item])))
    };
    assert!(keyed(&own));
    assert!(!keyed(&other));
}
