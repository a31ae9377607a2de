//! The published schemas: what schemars says of the documents, in the form that a CRD accepts.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

use super::document::{PolicyDocument, SettingsDocument};

/// The schema of `ClusterSealPolicy`.
pub(super) fn policy() -> Value {
    structural::<PolicyDocument>()
}

/// The schema of `GateSettings`.
pub(super) fn settings() -> Value {
    structural::<SettingsDocument>()
}

/// A structural schema as Kubernetes defines it: every level has one type, nothing is referred to, null is `nullable`,
/// and unknown fields are kept, so that the loader can refuse what pruning would hide.
fn structural<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::openapi3();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    // An API server accepts nothing about `metadata` but what its names are.
    if let Some(metadata) = schema.pointer_mut("/properties/metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| matches!(key.as_str(), "properties" | "type"));
    }
    schema
}

fn tidy(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    for key in ["$schema", "title", "format", "default"] {
        object.remove(key);
    }
    one_type(object);
    if object.get("additionalProperties") == Some(&Value::Bool(false)) {
        object.remove("additionalProperties");
    }
    for (key, value) in object.iter_mut() {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(tidy),
            ("additionalProperties" | "items", below) => tidy(below),
            _ => {}
        }
    }
    if object.contains_key("properties") {
        object.insert("x-kubernetes-preserve-unknown-fields".to_owned(), Value::Bool(true));
    }
}

/// `type: [object, null]` and `anyOf: [.., null]` become one type and `nullable`.
fn one_type(object: &mut Map<String, Value>) {
    if let Some(Value::Array(choices)) = object.remove("anyOf") {
        let mut others =
            choices.into_iter().filter(|choice| choice.get("type") != Some(&Value::from("null")));
        if let Some(Value::Object(inner)) = others.next() {
            object.extend(inner);
        }
        object.insert("nullable".to_owned(), Value::Bool(true));
    }
    if let Some(Value::Array(types)) = object.get("type") {
        let kept = types.iter().find(|name| *name != "null").cloned();
        if let Some(kept) = kept {
            object.insert("type".to_owned(), kept);
            object.insert("nullable".to_owned(), Value::Bool(true));
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}
