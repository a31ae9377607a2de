//! What the schema alone can say about a document: fields, types, counts. Every fault, not only the first.

use serde_json::Value as Schema;

use super::{
    fault::Fault,
    near::{listed, nearest},
    node::{Node, Path, Value},
    yaml::Located,
};
use crate::limits;

/// Compares a document with its schema.
pub(super) fn check(node: &Node, schema: &Schema) -> Vec<Located> {
    let mut check = Check { faults: Vec::new() };
    check.top(node, schema);
    check.faults
}

struct Check {
    faults: Vec<Located>,
}

impl Check {
    fn top(&mut self, node: &Node, schema: &Schema) {
        let path = Path::default();
        let Value::Map(fields) = &node.value else { return };
        for field in fields {
            let below = path.field(&field.name);
            match (field.name.as_str(), property(schema, &field.name)) {
                // Others write into these two; only the name counts.
                ("status", _) => {}
                ("metadata", Some(metadata)) => {
                    match (field.node.field("name"), property(metadata, "name")) {
                        (Some(name), Some(schema)) => self.value(&name.node, schema, &below.field("name")),
                        _ if matches!(field.node.value, Value::Map(_)) => {
                            self.missing(&field.node, "name", metadata, &below);
                        }
                        _ => self.value(&field.node, metadata, &below),
                    }
                }
                (_, Some(schema)) => self.value(&field.node, schema, &below),
                (name, None) => self.unknown(field.at, name, schema, &below),
            }
        }
        self.required(node, schema, &path);
    }

    fn value(&mut self, node: &Node, schema: &Schema, path: &Path) {
        match (&node.value, schema.get("type").and_then(Schema::as_str).unwrap_or("object")) {
            (Value::Faulty, _) => {}
            (Value::Null, _) => self.fault(node, path, Fault::Null),
            (Value::Map(_), "object") => self.map(node, schema, path),
            (Value::List(items), "array") => {
                self.count(
                    node,
                    schema,
                    path,
                    items.len(),
                    ("minItems", "maxItems"),
                    ("list", "entries in a list"),
                );
                if let Some(below) = schema.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        self.value(item, below, &path.index(index));
                    }
                }
            }
            (Value::Text(text), "string") => {
                let lengths = ("minLength", "maxLength");
                self.count(node, schema, path, text.chars().count(), lengths, ("text", "characters of text"));
                self.choices(node, schema, path, text);
            }
            (Value::Bool(value), "boolean") => self.choices(node, schema, path, &value.to_string()),
            (Value::Integer(_), "integer") => {}
            (found, wanted) => {
                let wanted = match wanted {
                    "array" => "a list, such as [\"one\", \"two\"]".to_owned(),
                    "boolean" => "true or false".to_owned(),
                    "integer" => "a whole number, not in quotes".to_owned(),
                    "string" if matches!(found, Value::Bool(_) | Value::Integer(_) | Value::Float) => {
                        "text, in quotes".to_owned()
                    }
                    "string" => "text".to_owned(),
                    _ => "a map of fields".to_owned(),
                };
                self.fault(node, path, Fault::WrongType { wanted, found: found.kind() });
            }
        }
    }

    fn map(&mut self, node: &Node, schema: &Schema, path: &Path) {
        let Value::Map(fields) = &node.value else { return };
        if let Some(below) = schema.get("additionalProperties") {
            let counts = ("minProperties", "maxProperties");
            self.count(node, schema, path, fields.len(), counts, ("map", "entries in a map"));
            for field in fields {
                self.value(&field.node, below, &path.field(&field.name));
            }
            return;
        }
        if fields.is_empty() {
            self.fault(node, path, Fault::Empty { what: "map" });
            return;
        }
        for field in fields {
            let below = path.field(&field.name);
            match property(schema, &field.name) {
                Some(schema) => self.value(&field.node, schema, &below),
                None => self.unknown(field.at, &field.name, schema, &below),
            }
        }
        self.required(node, schema, path);
    }

    fn required(&mut self, node: &Node, schema: &Schema, path: &Path) {
        let names = schema
            .get("required")
            .and_then(Schema::as_array)
            .into_iter()
            .flatten()
            .filter_map(Schema::as_str);
        for name in names {
            if node.field(name).is_none() {
                self.missing(node, name, schema, path);
            }
        }
    }

    fn missing(&mut self, node: &Node, name: &str, schema: &Schema, path: &Path) {
        let what = property(schema, name).and_then(|below| below.get("description")).and_then(Schema::as_str);
        let instead = format!("add `{name}`: {}", what.unwrap_or("it has no default").trim_end_matches('.'));
        self.push(node.at, path.field(name), Fault::Missing { field: name.to_owned(), instead });
    }

    fn unknown(&mut self, at: super::node::At, name: &str, schema: &Schema, path: &Path) {
        let fault = later(name).unwrap_or_else(|| {
            let known: Vec<&str> = schema
                .get("properties")
                .and_then(Schema::as_object)
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str())
                .collect();
            let instead = match nearest(name, known.iter().copied()) {
                Some(near) => format!("write `{near}`, if that was meant"),
                None => match home(name) {
                    Some(home) => format!("move it to `{home}`"),
                    None => format!("remove it; the fields here are {}", listed(known.iter().copied())),
                },
            };
            Fault::UnknownField { name: name.to_owned(), instead }
        });
        self.push(at, path.clone(), fault);
    }

    fn choices(&mut self, node: &Node, schema: &Schema, path: &Path, found: &str) {
        let Some(choices) = schema.get("enum").and_then(Schema::as_array) else { return };
        let texts: Vec<String> = choices
            .iter()
            .map(|choice| choice.as_str().map_or_else(|| choice.to_string(), str::to_owned))
            .collect();
        if texts.iter().any(|text| text == found) {
            return;
        }
        let fault = match found {
            "pin" => Fault::Later {
                what: "`tags: pin`".to_owned(),
                instead: "write `tags: deny`, and references with their digest",
            },
            _ => Fault::UnknownValue {
                found: found.to_owned(),
                choices: listed(texts.iter().map(String::as_str)),
            },
        };
        self.fault(node, path, fault);
    }

    fn count(
        &mut self,
        node: &Node,
        schema: &Schema,
        path: &Path,
        found: usize,
        (least, most): (&str, &str),
        (what, unit): (&'static str, &'static str),
    ) {
        let bound = |key: &str| {
            schema.get(key).and_then(Schema::as_u64).and_then(|bound| usize::try_from(bound).ok())
        };
        if bound(least).is_some_and(|least| found < least) {
            self.fault(node, path, Fault::Empty { what });
        }
        if let Some(limit) = bound(most).filter(|most| found > *most) {
            self.fault(node, path, Fault::limit(unit, limit, found));
        }
    }

    fn fault(&mut self, node: &Node, path: &Path, fault: Fault) {
        self.push(node.at, path.clone(), fault);
    }

    // The document is refused by the first fault; a reader is served by so many, and no file makes us collect more.
    fn push(&mut self, at: super::node::At, path: Path, fault: Fault) {
        if self.faults.len() < limits::FINDINGS {
            self.faults.push((at, path, fault));
        }
    }
}

fn property<'s>(schema: &'s Schema, name: &str) -> Option<&'s Schema> {
    schema.get("properties")?.get(name)
}

/// Fields whose place is kept for a later version.
fn later(name: &str) -> Option<Fault> {
    let instead = match name {
        "provenance" | "sbom" | "vulnerabilities" | "vex" | "summary" | "attestation" => {
            "ask for a `signature` for now"
        }
        "maxAge" | "cel" | "covers" => "remove it for now",
        "ref" => "write the signer out in this policy for now",
        "secret" | "kms" | "certificateAuthority" => "write the public key under `key.pem` for now",
        _ => return None,
    };
    Some(Fault::Later { what: format!("`{name}`"), instead })
}

/// Where a field belongs that people write one level off.
fn home(name: &str) -> Option<&'static str> {
    Some(match name {
        "images" | "exceptImages" => "spec.match",
        "mode" | "liftsNoMatch" | "signers" | "require" | "match" => "spec",
        "noMatch" | "tags" | "unknownKinds" | "registries" => "spec of GateSettings",
        "roots" | "transparencyLog" => "spec.signers.NAME",
        "anyOf" | "unsigned" => "spec.require.NAME",
        _ => return None,
    })
}
