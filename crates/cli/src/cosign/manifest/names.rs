//! The names of fields, and what clusters' tools take for the same name.

use std::{collections::BTreeSet, rc::Rc};

use super::yaml::{Node, YamlError};

/// A map of these fields.
///
/// THREAT: of two fields of one name readers take the first, the last, or both; and to some, case does not count. See
/// a_key_that_is_there_twice_is_refused.
///
/// # Errors
/// [`YamlError::Twice`], and [`YamlError::Case`] for a name that looks like another one only to Go.
pub(super) fn map(fields: Vec<(String, Node)>) -> Result<Node, YamlError> {
    let (mut names, mut meant) = (BTreeSet::new(), BTreeSet::new());
    for (name, _) in &fields {
        let known = known(name);
        if !names.insert(name.as_str()) || known.is_some_and(|known| !meant.insert(known)) {
            return Err(YamlError::Twice(name.clone()));
        }
        if let (Some(known), false) = (known, name.is_ascii()) {
            return Err(YamlError::Case { written: name.clone(), known });
        }
    }
    Ok(Node::Map(Rc::new(fields)))
}

/// The name that decides which images run, if this one is it or differs by case alone.
pub(super) fn known(name: &str) -> Option<&'static str> {
    KNOWN.into_iter().find(|known| same(name, known))
}

/// Whether Go's JSON takes a name for this one of ASCII letters.
pub(super) fn same(name: &str, ascii: &str) -> bool {
    let folded = name.chars().map(|letter| match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    });
    folded.eq(ascii.chars().map(|letter| letter.to_ascii_lowercase()))
}

const KNOWN: [&str; 12] = [
    "apiVersion",
    "containers",
    "ephemeralContainers",
    "image",
    "initContainers",
    "items",
    "jobTemplate",
    "kind",
    "reference",
    "spec",
    "template",
    "volumes",
];
