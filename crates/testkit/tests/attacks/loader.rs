//! Policies that would be laxer than their authors think.

use crate::scene::{Case, RELEASE, Table, policy};

fn replaced(attack: bool, from: &str, to: &str) -> Vec<(&'static str, String)> {
    let good = policy(RELEASE);
    assert!(good.contains(from), "{from}");
    vec![("policy.yaml", if attack { good.replacen(from, to, 1) } else { good })]
}

fn signer(attack: bool, bad: &str, good: &str) -> Vec<(&'static str, String)> {
    vec![("policy.yaml", policy(if attack { bad } else { good }))]
}

pub(crate) const TABLE: Table = &[
    (
        "field-with-a-typo",
        Case::Documents(|attack| replaced(attack, "signature: {by:", "signature: {atleast: 2, by:")),
    ),
    (
        "field-twice-in-a-policy",
        Case::Documents(|attack| replaced(attack, "signature: {by:", "signature: {by: [release], by:")),
    ),
    ("mode-with-a-typo", Case::Documents(|attack| replaced(attack, "  match:", "  mode: Enforce\n  match:"))),
    ("list-of-signers-is-empty", Case::Documents(|attack| replaced(attack, "by: [release]", "by: []"))),
    (
        "requirement-is-null",
        Case::Documents(|attack| replaced(attack, "{signature: {by: [release]}}", "null")),
    ),
    (
        "signer-that-is-not-defined",
        Case::Documents(|attack| replaced(attack, "by: [release]", "by: [relese]")),
    ),
    (
        "threshold-of-zero",
        Case::Documents(|attack| replaced(attack, "by: [release]", "by: [release], atLeast: 0")),
    ),
    (
        "signer-of-two-kinds",
        Case::Documents(|attack| {
            replaced(
                attack,
                "github: {",
                "keyless: {issuer: \"https://a.example\", subject: a@acme.example}\n      github: {",
            )
        }),
    ),
    ("workflow-without-a-ref", Case::Documents(|attack| replaced(attack, ", ref: \"refs/tags/v*\"", ""))),
    (
        "no-policy-at-all",
        Case::Documents(|attack| {
            let settings = "apiVersion: sealgate.dev/v1alpha1\nkind: GateSettings\nmetadata: {name: default}\nspec: {noMatch: deny}\n";
            if attack {
                vec![("settings.yaml", settings.into())]
            } else {
                vec![("policy.yaml", policy(RELEASE)), ("settings.yaml", settings.into())]
            }
        }),
    ),
    (
        "two-policies-of-one-name",
        Case::Documents(|attack| {
            let second =
                if attack { policy(RELEASE) } else { policy(RELEASE).replace("acme-apps", "second") };
            vec![("a.yaml", policy(RELEASE)), ("b.yaml", second)]
        }),
    ),
    (
        "image-pattern-without-a-host",
        Case::Documents(|attack| replaced(attack, "\"**\"", if attack { "\"acme/**\"" } else { "\"**\"" })),
    ),
    (
        "subject-that-matches-everybody",
        Case::Documents(|attack| {
            let anybody =
                "keyless: {issuer: \"https://a.example\", subjectRegex: \".*\", subjectKind: email}";
            signer(attack, anybody, "keyless: {issuer: \"https://a.example\", anySubject: true}")
        }),
    ),
    (
        "regex-where-text-is-meant",
        Case::Documents(|attack| {
            let regex = "keyless: {issuer: \"https://a.example\", subject: \"^https://github.com/acme/.*$\"}";
            signer(
                attack,
                regex,
                "keyless: {issuer: \"https://a.example\", subject: \"https://github.com/acme/**\"}",
            )
        }),
    ),
    (
        "unsigned-beside-a-requirement",
        Case::Documents(|attack| {
            replaced(attack, "require:\n", "require:\n    free: {unsigned: {reason: \"for now\"}}\n")
        }),
    ),
    (
        "root-that-is-not-loaded",
        Case::Documents(|attack| {
            replaced(attack, "      github:", "      roots: [elsewhere]\n      github:")
        }),
    ),
];
