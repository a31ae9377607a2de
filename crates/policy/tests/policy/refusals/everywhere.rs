//! What may stand nowhere in a document, tried at every place of one that uses every field.

use serde_json::{Value, json};

use super::with_keys;
use crate::support::try_load;

// PE-10, 017, 091.
fn document() -> Value {
    json!({
        "apiVersion": "sealgate.dev/v1alpha1", "kind": "ClusterSealPolicy", "metadata": {"name": "acme-apps"},
        "spec": {
            "match": {"images": ["ghcr.io/acme/**"], "exceptImages": ["ghcr.io/acme/lab/**"]},
            "mode": "enforce", "liftsNoMatch": false,
            "signers": {
                "release": {"roots": ["public-good"], "github": {
                    "repository": "acme/app", "workflow": "release.yml", "ref": "refs/tags/v*", "ownerId": "2002",
                    "repositoryId": "1001", "trigger": "push", "runner": "github-hosted"}},
                "reusable": {"github": {
                    "repository": "acme/app", "ref": "refs/tags/v*",
                    "reusableWorkflow": "acme/ci/.github/workflows/build.yml@refs/tags/v1"}},
                "qa": {"keyless": {
                    "issuer": "https://accounts.google.com", "subject": "qa@acme.example", "subjectKind": "email",
                    "claims": {"tokenSubject": "qa"}}},
                "ops": {"keyless": {
                    "issuerRegex": "https://accounts[.]google[.]com", "subjectRegex": ".*@acme[.]example",
                    "subjectKind": "email"}},
                "anybody": {"keyless": {"issuer": "https://sso.acme.example", "anySubject": true}},
                "vendor": {"key": {"pem": "KEY-ONE"}, "transparencyLog": "none"},
            },
            "require": {
                "signed": {"mode": "enforce", "help": "ask", "signature": {"by": ["release", "vendor"], "atLeast": 1}},
                "approved": {"anyOf": {
                    "both": {"ci": {"signature": {"by": ["reusable"]}}, "qa": {"signature": {"by": ["qa"]}}},
                    "one": {"ops": {"signature": {"by": ["ops", "anybody"], "atLeast": 2}}}}},
            },
        },
    })
}

/// The codes with which the document is refused, if it is.
fn codes(text: &str) -> Vec<&'static str> {
    try_load(&with_keys(text)).err().unwrap_or_default().iter().map(|finding| finding.code).collect()
}

/// Every part of the document, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, part)| places(part, &format!("{at}/{name}"), found))
        }
        Value::Array(parts) => {
            parts.iter().enumerate().for_each(|(index, part)| places(part, &format!("{at}/{index}"), found))
        }
        _ => {}
    }
}

#[track_caller]
fn everywhere(change: impl Fn(&mut Value, &str) -> Option<&'static [&'static str]>) {
    let whole = document();
    assert_eq!(codes(&whole.to_string()), [""; 0], "the twin of all");
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    // Of `metadata` only the name counts.
    let all = all.into_iter().filter(|place| place != "/metadata");
    let (mut tried, mut wrong) = (0, Vec::new());
    for place in all {
        let mut changed = whole.clone();
        let Some(wanted) = change(changed.pointer_mut(&place).unwrap(), &place) else { continue };
        let found = codes(&changed.to_string().replace("TWICE-", ""));
        tried += 1;
        // What follows from it may be told as well, and stand before it.
        if !found.iter().any(|code| wanted.contains(code)) {
            wrong.push(format!("{place}: {found:?}"));
        }
    }
    assert!(tried > 20, "{tried}");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_field_that_nobody_knows_is_refused_everywhere() {
    everywhere(|part, place| {
        part.as_object_mut()?.insert("zzz".into(), json!({"by": ["release"]}));
        // Where names are given, the new name has to mean something.
        Some(match place {
            "/spec/signers" | "/spec/require" => &["not-one-kind", "unknown-field"],
            "/spec/signers/qa/keyless/claims" => &["unknown-claim", "wrong-type"],
            _ if place.starts_with("/spec/require/approved/anyOf") => {
                &["unknown-field", "wrong-type", "not-one-kind"]
            }
            _ => &["unknown-field"],
        })
    });
}

#[test]
fn a_field_in_another_case_is_refused_everywhere() {
    everywhere(|part, _| {
        let fields = part.as_object_mut()?;
        let name = fields.keys().next()?.clone();
        let value = fields.remove(&name)?;
        fields.insert(name.to_uppercase(), value);
        Some(&[
            "unknown-field",
            "bad-name",
            "unknown-claim",
            "missing-field",
            "unknown-api-version",
            "unknown-kind",
        ])
    });
}

#[test]
fn a_field_twice_is_refused_everywhere() {
    everywhere(|part, _| {
        let fields = part.as_object_mut()?;
        let (name, value) = fields.iter().next().map(|(name, value)| (name.clone(), value.clone()))?;
        fields.insert(format!("TWICE-{name}"), value);
        Some(&["duplicate-key"])
    });
}

#[test]
fn null_is_refused_everywhere() {
    everywhere(|part, place| {
        *part = Value::Null;
        Some(match place {
            // Nothing at all is no document.
            "" => &["no-policy"],
            "/apiVersion" | "/kind" => &["missing-field"],
            _ => &["null"],
        })
    });
}

#[test]
fn a_value_of_another_type_is_refused_everywhere() {
    for other in [json!({"x": {"y": 1}}), json!([["x"]]), json!(17), json!(true), json!("x"), json!(1.5)] {
        everywhere(|part, place| {
            let same = std::mem::discriminant(part) == std::mem::discriminant(&other);
            // A text may be any text, and a list of names may be refused for its names.
            if same || place.is_empty() {
                return None;
            }
            *part = other.clone();
            Some(&["wrong-type", "missing-field", "at-least-out-of-range"])
        });
    }
}

#[test]
fn an_empty_value_is_refused_wherever_it_would_mean_everything_or_nothing() {
    everywhere(|part, place| {
        match part {
            Value::String(text) => text.clear(),
            Value::Array(list) => list.clear(),
            Value::Object(fields) => fields.clear(),
            _ => return None,
        }
        (!place.is_empty()).then_some(&[
            "empty",
            "missing-field",
            "unknown-value",
            "bad-image-pattern",
            "bad-name",
            "bad-signer",
            "bad-key",
            "unknown-signer",
            "unknown-root",
            "not-one-kind",
            "unknown-api-version",
            "unknown-kind",
        ])
    });
}
