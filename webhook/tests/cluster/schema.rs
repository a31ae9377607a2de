//! Every place in which an API of this server names an image is one that the gate reads, by the server's own schema.

use std::collections::BTreeSet;

use sealgate_webhook::kinds::{KINDS, Kind};
use serde_json::Value;

use crate::control_plane::ControlPlane;

/// Group, version, kind, and the path of a field.
type Place = (String, String, String, String);

/// Fields with "image" in them that name none to be pulled; `rbd` is a disk of Ceph's.
const OTHERS: [&str; 3] = ["imagePullPolicy", "imagePullSecrets", "rbd"];

/// Rows 083 and 145, ADM-01, ADM-71.
pub(crate) fn every_place_that_names_an_image_is_read(plane: &ControlPlane) {
    let schema: Value = serde_json::from_str(&raw(plane, "/openapi/v2")).unwrap();
    let definitions = schema["definitions"].as_object().unwrap();
    let mut found = BTreeSet::new();
    for definition in definitions.values() {
        for kind in definition["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            let name = |part: &str| kind[part].as_str().unwrap_or_default().to_owned();
            let mut paths = BTreeSet::new();
            walk(&schema, definition, "", &mut vec![], &mut paths);
            // A list is what is asked for, never what is created.
            if definition["properties"].get("items").is_none() {
                found.extend(
                    paths.into_iter().map(|path| (name("group"), name("version"), name("kind"), path)),
                );
            }
        }
    }
    let read: BTreeSet<Place> = KINDS.iter().flat_map(places).collect();
    assert_eq!(
        found,
        read,
        "\nnot read: {:#?}\nnot there: {:#?}",
        found.difference(&read),
        read.difference(&found)
    );
    println!("  {} kinds name images in {} places, and all are read", KINDS.len(), read.len());

    for kind in KINDS {
        let path = if kind.group.is_empty() {
            "/api/v1".to_owned()
        } else {
            format!("/apis/{}/{}", kind.group, kind.version)
        };
        let resources: Value = serde_json::from_str(&raw(plane, &path)).unwrap();
        let has = |name: &str| {
            resources["resources"]
                .as_array()
                .unwrap()
                .iter()
                .any(|resource| resource["name"] == name && resource["kind"] == kind.kind)
        };
        assert!(has(kind.resource), "{} is not served", kind.resource);
        for subresource in kind.subresources {
            assert!(has(&format!("{}/{subresource}", kind.resource)), "{subresource} is not served");
        }
    }
}

fn raw(plane: &ControlPlane, path: &str) -> String {
    plane.quietly(&["get", "--raw", path]).unwrap()
}

fn places(kind: &Kind) -> Vec<Place> {
    let fields = [
        "containers[].image",
        "ephemeralContainers[].image",
        "initContainers[].image",
        "volumes[].image.reference",
    ];
    let place = |field: &str| {
        let path = format!("{}.{field}", kind.shape.path());
        (kind.group.to_owned(), kind.version.to_owned(), kind.kind.to_owned(), path)
    };
    fields.map(place).to_vec()
}

// Every text of a field whose name, or whose object's name, speaks of an image; what a status says is not pulled.
fn walk(schema: &Value, node: &Value, path: &str, within: &mut Vec<String>, found: &mut BTreeSet<String>) {
    if let Some(reference) = node["$ref"].as_str() {
        if within.iter().any(|other| other == reference) {
            return;
        }
        within.push(reference.to_owned());
        let name = reference.strip_prefix("#/definitions/").unwrap();
        walk(schema, &schema["definitions"][name], path, within, found);
        within.pop();
        return;
    }
    if node.get("items").is_some() {
        return walk(schema, &node["items"], &format!("{path}[]"), within, found);
    }
    for (name, field) in node["properties"].as_object().into_iter().flatten() {
        if path.is_empty() && name == "status" || OTHERS.contains(&name.as_str()) {
            continue;
        }
        let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let speaks = |name: &str| name.to_lowercase().contains("image");
        let above = path.rsplit('.').next().unwrap_or_default();
        let is_policy = name == "pullPolicy";
        if field["type"] == "string" && !is_policy && (speaks(name) || speaks(above)) {
            found.insert(below.clone());
        }
        walk(schema, field, &below, within, found);
    }
}
