//! Every part of a JSON document, changed one at a time.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// A document with one change.
pub(crate) struct Mutant {
    /// Where: a JSON pointer.
    pub(crate) path: String,
    /// What: `remove`, `remove (null)`, `twice`, `empty`, `bit N of M`, `character N`, `plus one`.
    pub(crate) change: String,
    pub(crate) json: Value,
}

/// Changes every leaf, and removes every part. Of long values every `step`th byte is changed.
pub(crate) fn mutants(original: &Value, positions: usize) -> Vec<Mutant> {
    let mut found = Vec::new();
    let mut paths = Vec::new();
    walk(original, String::new(), &mut paths);
    for path in paths {
        let mut add = |change: String, edit: &dyn Fn(&mut Value)| {
            let mut json = original.clone();
            edit(json.pointer_mut(&path).unwrap());
            found.push(Mutant { path: path.clone(), change, json });
        };
        match original.pointer(&path).unwrap() {
            Value::String(text) => {
                add("empty".into(), &|value| *value = Value::from(""));
                // Long values hold structures of their own.
                let positions = if text.len() > 1500 { positions * 2 } else { positions };
                for (change, text) in changed(text, positions) {
                    add(change, &|value| *value = Value::from(text.as_str()));
                }
            }
            Value::Number(number) => {
                let next = number.as_i64().unwrap() + 1;
                add("plus one".into(), &|value| *value = Value::from(next));
            }
            Value::Array(items) if !items.is_empty() => {
                let first = items[0].clone();
                add("twice".into(), &|value| value.as_array_mut().unwrap().push(first.clone()));
            }
            _ => {}
        }
        add("remove (null)".into(), &|value| *value = Value::Null);
        let (parent, name) = path.rsplit_once('/').unwrap();
        let mut json = original.clone();
        match json.pointer_mut(parent).unwrap() {
            Value::Object(fields) => drop(fields.remove(name)),
            Value::Array(items) => drop(items.remove(name.parse().unwrap())),
            _ => continue,
        }
        found.push(Mutant { path, change: "remove".into(), json });
    }
    found
}

fn walk(value: &Value, path: String, paths: &mut Vec<String>) {
    if !path.is_empty() {
        paths.push(path.clone());
    }
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, part)| walk(part, format!("{path}/{name}"), paths));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, part)| walk(part, format!("{path}/{index}"), paths));
        }
        _ => {}
    }
}

fn changed(text: &str, positions: usize) -> Vec<(String, String)> {
    if let Ok(number) = text.parse::<i64>() {
        return vec![("plus one".into(), (number + 1).to_string())];
    }
    let spread = |length: usize| {
        (0..positions.min(length))
            .map(move |n| n * (length - 1) / positions.min(length).max(2).saturating_sub(1).max(1))
    };
    match STANDARD.decode(text) {
        Ok(bytes) if bytes.len() > 3 => spread(bytes.len())
            .map(|at| {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1;
                (format!("bit {at} of {}", bytes.len()), STANDARD.encode(bytes))
            })
            .collect(),
        _ => {
            let characters: Vec<char> = text.chars().collect();
            spread(characters.len())
                .map(|at| {
                    let mut characters = characters.clone();
                    characters[at] = if characters[at] == 'x' { 'y' } else { 'x' };
                    (format!("character {at}"), characters.into_iter().collect())
                })
                .collect()
        }
    }
}
