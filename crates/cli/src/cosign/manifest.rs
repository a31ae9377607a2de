//! `manifest verify`: `verify` for every image that a Kubernetes manifest names.

mod everywhere;
mod json;
mod names;
pub(crate) mod yaml;

use std::path::Path;

use super::{failure::Failure, image, meaning};
use crate::{Console, files, go::flags::Typed, limits};
use yaml::{Node, YamlError};

/// `manifest verify`
pub(crate) fn verify(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    image::annotations(typed.list("annotations"))?;
    meaning::check_workers(typed)?;
    let name = typed.words.first().map(String::as_str).unwrap_or_default();
    let extension = Path::new(name.trim()).extension().unwrap_or_default();
    if !["yaml", "yml"].iter().any(|known| extension.eq_ignore_ascii_case(known)) {
        return Err(
            "check if extension is valid: only [.yaml .yml] manifests are supported at this time".into()
        );
    }
    let bytes =
        files::read(name, limits::FILE).map_err(|error| format!("could not read manifest: {error}"))?;
    let images = images(&bytes, typed.switch("strict-compat")).map_err(|error| {
        format!("unable to extract the container image references in the manifest {error}")
    })?;
    if images.is_empty() {
        return Err("no images found in manifest".into());
    }
    verify_all(typed, images, console)
}

/// Verifies images that were found in a file.
pub(super) fn verify_all(
    typed: &Typed,
    images: Vec<String>,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    if images.len() > limits::IMAGES {
        return Err(format!("{} images are named, more than {}", images.len(), limits::IMAGES).into());
    }
    console.say(format!("Extracted image(s): {}", images.join(", ")));
    let mut asked = typed.clone();
    asked.words = images;
    if typed.switch("strict-compat") {
        // cosign takes these flags here and does nothing with them.
        for (flag, value) in IGNORED {
            asked.replace(flag, value);
        }
    } else if typed.switch("insecure-ignore-tlog") {
        // cosign's warning belongs to `verify`; this is the flag that means the same without it.
        asked.replace("private-infrastructure", "true");
    }
    image::verify(&asked, console)
}

const IGNORED: [(&str, &str); 9] = [
    ("ca-intermediates", ""),
    ("ca-roots", ""),
    ("new-bundle-format", "false"),
    ("payload", ""),
    ("signature", ""),
    ("signature-digest-algorithm", "sha256"),
    ("timeout", "3m0s"),
    ("trusted-root", ""),
    ("use-signed-timestamps", "false"),
];

/// Why images cannot be read from a manifest.
#[derive(Debug, thiserror::Error)]
enum ManifestError {
    #[error("unable to decode the manifest: {0}")]
    Yaml(#[from] YamlError),
    #[error("unable to decode the manifest: `{field}` is not {wanted}")]
    Kind { field: &'static str, wanted: &'static str },
}

// The images of every document, in the order of cosign: within one place first the init containers.
fn images(bytes: &[u8], strict: bool) -> Result<Vec<String>, ManifestError> {
    let mut images = Vec::new();
    let mut take = |document: &Node| -> Result<(), ManifestError> {
        let found = in_known_places(document)?;
        if strict {
            images.extend(found);
        } else {
            // Lists of resources, custom resources, ephemeral containers and volumes run images too.
            everywhere::images(document, &mut images)?;
        }
        Ok(())
    };
    let mut reader = yaml::read(bytes)?;
    match json::documents(bytes)? {
        Some(documents) => documents.iter().try_for_each(take)?,
        None => {
            while let Some(document) = reader.next_document()? {
                take(&document)?;
            }
        }
    }
    Ok(images)
}

fn in_known_places(document: &Node) -> Result<Vec<String>, ManifestError> {
    let mut images = Vec::new();
    let spec = |node: &Node, field: &'static str| match node.field(field) {
        Some(below) if below.is_map() => Ok(below.clone()),
        None => Ok(Node::Null),
        Some(_) => Err(ManifestError::Kind { field, wanted: "a map" }),
    };
    if !document.is_map() {
        return match document {
            Node::Null => Ok(images),
            _ => Err(ManifestError::Kind { field: "document", wanted: "a map" }),
        };
    }
    let pod = spec(document, "spec")?;
    containers(&pod, &mut images)?;
    containers(&spec(&spec(&pod, "template")?, "spec")?, &mut images)?;
    let job = spec(&spec(&pod, "jobTemplate")?, "spec")?;
    containers(&spec(&spec(&job, "template")?, "spec")?, &mut images)?;
    Ok(images)
}

fn containers(spec: &Node, images: &mut Vec<String>) -> Result<(), ManifestError> {
    for field in ["initContainers", "containers"] {
        let list = match spec.field(field) {
            None | Some(Node::Null) => continue,
            Some(Node::List(list)) => list.clone(),
            Some(_) => return Err(ManifestError::Kind { field, wanted: "a list" }),
        };
        for container in list.iter() {
            match (container, container.field("image")) {
                (Node::Map(_), None | Some(Node::Null)) | (Node::Null, _) => {}
                (Node::Map(_), Some(Node::Text(image))) if image.is_empty() => {}
                (Node::Map(_), Some(Node::Text(image))) => images.push(image.to_string()),
                (Node::Map(_), Some(_)) => {
                    return Err(ManifestError::Kind { field: "image", wanted: "text" });
                }
                _ => return Err(ManifestError::Kind { field, wanted: "a list of maps" }),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
