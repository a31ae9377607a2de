//! JSON manifests: one value behind the other.

use std::{cell::Cell, fmt, rc::Rc};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{
    names,
    yaml::{Node, YamlError},
};
use crate::limits::{MANIFEST_DEPTH, MANIFEST_VALUES};

/// The documents of a manifest that is JSON, one object behind the other; nothing if it is something else.
///
/// # Errors
/// [`YamlError`]: a limit, a line break to some readers, a key twice.
pub(super) fn documents(bytes: &[u8]) -> Result<Option<Vec<Node>>, YamlError> {
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Ok(None);
    }
    let state = State { values: Cell::new(0), refused: Cell::new(None) };
    let mut all = Vec::new();
    let mut rest = serde_json::Deserializer::from_slice(bytes);
    while rest.end().is_err() {
        match (Value { state: &state, depth: 0 }).deserialize(&mut rest) {
            Ok(document) => all.push(document),
            // What is no JSON may be YAML.
            Err(_) => return state.refused.take().map_or(Ok(None), Err),
        }
    }
    Ok(Some(all))
}

struct State {
    values: Cell<usize>,
    refused: Cell<Option<YamlError>>,
}

impl State {
    // The parser's errors hold text alone: the true one waits here.
    fn refuse<E: Error>(&self, error: YamlError) -> E {
        let told = E::custom(&error);
        self.refused.set(Some(error));
        told
    }
}

#[derive(Clone, Copy)]
struct Value<'s> {
    state: &'s State,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node, D::Error> {
        self.state.values.set(self.state.values.get().saturating_add(1));
        if self.state.values.get() > MANIFEST_VALUES {
            return Err(self.state.refuse(YamlError::Limit { what: "values", limit: MANIFEST_VALUES }));
        }
        if self.depth > MANIFEST_DEPTH {
            let limit = YamlError::Limit { what: "levels of nesting", limit: MANIFEST_DEPTH };
            return Err(self.state.refuse(limit));
        }
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Node;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Node, E> {
        Ok(Node::Other(is.to_string().into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Other(number.to_string().into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Other(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(Node::Other(number.to_string().into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(self.below())? {
            items.push(item);
        }
        Ok(Node::List(Rc::new(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node, A::Error> {
        let mut fields: Vec<(String, Node)> = Vec::new();
        while let Some(name) = from.next_key()? {
            fields.push((name, from.next_value_seed(self.below())?));
        }
        // So the parser shows numbers where it keeps their digits.
        if let [(name, Node::Text(number))] = fields.as_slice()
            && name == "$serde_json::private::Number"
        {
            return Ok(Node::Other(number.clone()));
        }
        names::map(fields).map_err(|error| self.state.refuse(error))
    }
}

impl Value<'_> {
    fn below(self) -> Self {
        Self { depth: self.depth.saturating_add(1), ..self }
    }
}
