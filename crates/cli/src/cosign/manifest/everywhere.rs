//! Images wherever a manifest may name them: lists of resources, custom resources, ephemeral containers, image volumes.

use super::{
    ManifestError, names,
    yaml::{Node, YamlError},
};
use crate::limits::{MANIFEST_DEPTH, MANIFEST_VALUES};

/// Adds the images of a document, in the order written, of one place first the init containers.
///
/// # Errors
/// A limit, and anything where an image should be that cannot be read as one.
pub(super) fn images(document: &Node, images: &mut Vec<String>) -> Result<(), ManifestError> {
    if RUNS_NOTHING
        .iter()
        .any(|(version, kind)| is_text(document, "apiVersion", version) && is_text(document, "kind", kind))
    {
        return Ok(());
    }
    Walk { visits: MANIFEST_VALUES, images }.node(document, Place::Outside, 0)
}

// Their names of fields are data, or the schema of other resources.
const RUNS_NOTHING: [(&str, &str); 3] =
    [("v1", "ConfigMap"), ("v1", "Secret"), ("apiextensions.k8s.io/v1", "CustomResourceDefinition")];

fn is_text(document: &Node, name: &str, text: &str) -> bool {
    let Node::Map(fields) = document else { return false };
    fields.iter().any(|(known, value)| known == name && matches!(value, Node::Text(held) if **held == *text))
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Container,
    // In a `spec`: what somebody runs.
    Elsewhere,
    // Before any `spec`: an anchor's own place, for example.
    Outside,
    // `image` is a word among others here.
    Words,
    Volume,
}

struct Walk<'i> {
    visits: usize,
    images: &'i mut Vec<String>,
}

impl Walk<'_> {
    // THREAT: aliases in aliases make a small file mean millions of values; each visit counts against one budget.
    // See aliases_that_multiply_are_refused.
    fn node(&mut self, node: &Node, place: Place, depth: usize) -> Result<(), ManifestError> {
        let limit = |what, limit| YamlError::Limit { what, limit };
        self.visits = self.visits.checked_sub(1).ok_or(limit("values", MANIFEST_VALUES))?;
        if depth > MANIFEST_DEPTH {
            return Err(limit("levels of nesting", MANIFEST_DEPTH).into());
        }
        let below = depth.saturating_add(1);
        match node {
            Node::Null | Node::Other(_) | Node::Text(_) => Ok(()),
            Node::List(list) => list.iter().try_for_each(|item| self.node(item, place, below)),
            Node::Map(fields) => {
                for (name, _) in fields.iter() {
                    if let Some(known) = names::known(name).filter(|known| known != name) {
                        return Err(YamlError::Case { written: name.clone(), known }.into());
                    }
                }
                for kind in KINDS {
                    self.containers(node, kind)?;
                }
                for (name, value) in fields.iter() {
                    match name.as_str() {
                        "image" if place != Place::Container => self.image(value, place)?,
                        _ => {}
                    }
                    let place = match name.as_str() {
                        "annotations" | "labels" | "matchLabels" | "rbd" => Place::Words,
                        "volumes" => Place::Volume,
                        name if KINDS.contains(&name) => Place::Container,
                        name if place == Place::Outside && name != "spec" => Place::Outside,
                        _ => Place::Elsewhere,
                    };
                    self.node(value, place, below)?;
                }
                Ok(())
            }
        }
    }

    fn containers(&mut self, node: &Node, kind: &'static str) -> Result<(), ManifestError> {
        let list = match node.field(kind) {
            None | Some(Node::Null) => return Ok(()),
            Some(Node::List(list)) => list.clone(),
            Some(_) => return Err(ManifestError::Kind { field: kind, wanted: "a list" }),
        };
        for container in list.iter() {
            match container {
                Node::Null => {}
                Node::Map(_) => {
                    if let Some(image) = container.field("image") {
                        self.image(image, Place::Container)?;
                    }
                }
                _ => return Err(ManifestError::Kind { field: kind, wanted: "a list of maps" }),
            }
        }
        Ok(())
    }

    fn image(&mut self, value: &Node, place: Place) -> Result<(), ManifestError> {
        match value {
            Node::Null => Ok(()),
            Node::Text(_) if matches!(place, Place::Words | Place::Outside) => Ok(()),
            Node::Text(image)
                if place == Place::Elsewhere && self.images.iter().any(|known| **known == **image) =>
            {
                Ok(())
            }
            Node::Text(image) => {
                self.images.extend(Some(image.to_string()).filter(|image| !image.is_empty()));
                Ok(())
            }
            Node::Map(_) if place == Place::Volume => match value.field("reference") {
                None | Some(Node::Null) => Ok(()),
                Some(reference @ Node::Text(_)) => self.image(reference, place),
                Some(_) => Err(ManifestError::Kind { field: "reference", wanted: "text" }),
            },
            _ => Err(ManifestError::Kind { field: "image", wanted: "text" }),
        }
    }
}

const KINDS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];
