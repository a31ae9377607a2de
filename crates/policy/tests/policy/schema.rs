//! The published schemas: current, structural, and of one mind with the loader.

use std::path::Path;

use sealgate_policy::{PolicySet, Verdict};
use serde_json::Value;

use crate::support::{found, judge, load, policy, release, world};

/// Where the schemas are checked in. With `SEALGATE_UPDATE_SCHEMAS=1` the test writes them anew.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/schema");

#[expect(clippy::disallowed_methods, reason = "this test is about files of the repository")]
fn current(name: &str, schema: &Value) {
    let path = Path::new(FOLDER).join(name);
    let text = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    if std::env::var("SEALGATE_UPDATE_SCHEMAS").is_ok() {
        std::fs::create_dir_all(FOLDER).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written == text,
        "{name} is not what the types say; run this test with SEALGATE_UPDATE_SCHEMAS=1"
    );
}

#[test]
fn the_published_schemas_are_current() {
    current("clustersealpolicy.json", &PolicySet::policy_schema());
    current("gatesettings.json", &PolicySet::settings_schema());
    current("verdict.json", &Verdict::json_schema());
}

/// What Kubernetes asks of a structural schema.
fn structural(schema: &Value, path: &str) {
    let object = schema.as_object().unwrap_or_else(|| panic!("{path} is no schema: {schema}"));
    for key in [
        "$ref",
        "$defs",
        "$schema",
        "definitions",
        "oneOf",
        "anyOf",
        "allOf",
        "not",
        "const",
        "title",
        "propertyNames",
        "patternProperties",
        "uniqueItems",
    ] {
        assert!(!object.contains_key(key), "{path} has `{key}`");
    }
    let kind = object
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{path} has no one type: {schema}"));
    assert!(!(object.contains_key("properties") && object.contains_key("additionalProperties")), "{path}");
    match kind {
        "object" => {
            let properties = object.get("properties").and_then(Value::as_object);
            for (name, below) in properties.into_iter().flatten() {
                structural(below, &format!("{path}.{name}"));
                // What a CRD says of `metadata` is only what names are like.
                if path.ends_with(".metadata") {
                    continue;
                }
                let required = object.get("required").and_then(Value::as_array);
                let is_required = required.is_some_and(|names| names.iter().any(|other| other == name));
                let is_nullable = below.get("nullable") == Some(&Value::Bool(true));
                assert_ne!(
                    is_required, is_nullable,
                    "{path}.{name}: optional fields are nullable, required ones are not"
                );
            }
            if let Some(below) = object.get("additionalProperties") {
                structural(below, &format!("{path}.*"));
                assert!(object.contains_key("maxProperties"), "{path}: rules in CEL need a bound");
            } else {
                let keeps = object.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
                assert_eq!(keeps, path != "policy.metadata" && path != "settings.metadata", "{path}");
            }
        }
        "array" => {
            structural(&object["items"], &format!("{path}[]"));
            assert!(object.contains_key("maxItems"), "{path}: rules in CEL need a bound");
        }
        "string" => {
            assert!(
                object.contains_key("maxLength") || object.contains_key("enum"),
                "{path}: rules in CEL need a bound"
            );
        }
        "boolean" | "integer" => {}
        other => panic!("{path} has type {other}"),
    }
}

#[test]
fn both_schemas_are_structural() {
    structural(&PolicySet::policy_schema(), "policy");
    structural(&PolicySet::settings_schema(), "settings");
}

#[test]
fn the_schema_holds_the_caps_and_the_rules_in_cel() {
    let schema = PolicySet::policy_schema();
    let spec = &schema["properties"]["spec"];
    let at = |pointer: &str| spec.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).clone();
    assert_eq!(at("/properties/signers/maxProperties"), 64);
    assert_eq!(at("/properties/require/maxProperties"), 32);
    assert_eq!(at("/properties/match/properties/images/maxItems"), 256);
    let requirement = at("/properties/require/additionalProperties");
    assert_eq!(requirement["properties"]["anyOf"]["maxProperties"], 8);
    assert_eq!(requirement["properties"]["anyOf"]["additionalProperties"]["maxProperties"], 8);
    assert_eq!(requirement["properties"]["signature"]["properties"]["by"]["maxItems"], 32);
    let rules = |schema: &Value| schema["x-kubernetes-validations"].to_string();
    assert!(rules(spec).contains("s in self.signers"));
    assert!(rules(&requirement).contains("has(self.signature), has(self.anyOf), has(self.unsigned)"));
    assert!(
        rules(&at("/properties/signers/additionalProperties"))
            .contains("has(self.keyless), has(self.github), has(self.key)")
    );
}

#[test]
fn a_verdict_serialises_as_its_schema_says() {
    let set = load(&policy("{signed: {signature: {by: [release]}}}"));
    let mut gap = found(vec![]);
    gap.entries[0].looked_in.clear();
    let verdicts = [
        judge(&set, &found(vec![world().sign_image(&crate::support::image(), &release()).item()])),
        judge(&set, &found(vec![])),
        judge(&set, &gap),
    ];
    let schema = Verdict::json_schema();
    let known = schema["properties"].as_object().unwrap();
    for (verdict, extra) in verdicts.iter().zip([Some("validUntil"), None, Some("temporary")]) {
        let json = serde_json::to_value(verdict).unwrap();
        let fields = json.as_object().unwrap();
        assert_eq!(fields["verdict"], verdict.name());
        for field in fields.keys() {
            assert!(known.contains_key(field), "{field}");
        }
        for field in ["validUntil", "temporary"] {
            assert_eq!(fields.contains_key(field), extra == Some(field), "{field}");
        }
        let required = schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
        for name in required {
            assert!(fields.contains_key(name), "{name}");
        }
    }
}
