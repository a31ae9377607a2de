//! `load`: an image with its signatures, attestations and bundles, from a folder to a registry.

use std::path::Path;

use sealgate::oci::{CopyError, Kind, Layout, LayoutError};
use serde_json::Value;

use super::{
    attached::{self, Asked},
    failure::Failure,
    save, texts,
};
use crate::{
    Console,
    files::system_text,
    go::{flags::Typed, json, path},
};

/// `load`
pub(crate) fn run(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    let folder = typed.text("dir");
    let asked = Asked::at_leisure(typed, console)?;
    let layout = Layout::open(Path::new(folder)).map_err(|error| match &error {
        LayoutError::Unreadable { file, source } => {
            format!("signed image index: stat {}: {}", path::join(folder, file), system_text(source)).into()
        }
        error => Failure::from(format!("signed image index: {}", save::layout(error))),
    })?;
    let digest = layout.digest().clone();
    let name = match (asked.reference.digest(), asked.reference.tag()) {
        (Some(named), _) if *named != digest => {
            return Err(format!("the folder holds {digest}, not {named}").into());
        }
        (Some(named), _) => named.to_string(),
        (None, tag) => tag.unwrap_or("latest").to_owned(),
    };
    // Read before anything is written: a folder that is not whole leaves the registry as it was, as far as that goes.
    let referrers = layout.referrers().map_err(|error| save::layout(&error))?;
    let strict = typed.switch("strict-compat");
    attached::run(async {
        let step = if layout.is_index() { "writing index" } else { "remote write" };
        let image = layout.image();
        let pusher = asked.client.pusher(&asked.reference, asked.deadline);
        let written = pusher.manifest(&layout, &digest, &image.media_type, &name).await;
        written.map_err(|error| failed(step, &error))?;
        let pusher = asked.client.pusher(&asked.beside, asked.deadline);
        let mut attested = false;
        for (kind, entry) in layout.attachments() {
            let suffix = if kind == Kind::Signatures { ".sig" } else { ".att" };
            attested |= kind == Kind::Attestations;
            let tag = asked.tag_name(&digest, suffix);
            let written = pusher.manifest(&layout, &entry.digest, &entry.media_type, &tag).await;
            written.map_err(|error| failed("remote write", &error))?;
        }
        // cosign goes no further where there were attestations, and knows bundles only.
        for referrer in referrers.into_iter().filter(|_| !(strict && attested)) {
            let Some(bytes) = rewritten(referrer, strict) else { continue };
            let written = pusher.referrer(&layout, bytes, &digest).await;
            written.map_err(|error| failed("failed to upload manifest", &error))?;
        }
        Ok(())
    })
}

fn failed(step: &str, error: &CopyError) -> Failure {
    match error {
        CopyError::Layout(error) => format!("{step}: {}", save::layout(error)).into(),
        CopyError::Registry(gap) => format!("{step}: {}", texts::gap(gap)).into(),
    }
}

// cosign writes the manifests of bundles anew, in Go's order of fields, and so they get names of their own. What is no
// bundle of cosign's goes as it is; strictly not at all.
fn rewritten(bytes: Vec<u8>, strict: bool) -> Option<Vec<u8>> {
    let manifest: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let predicate =
        manifest.pointer("/annotations/dev.sigstore.bundle.predicateType").and_then(Value::as_str);
    if predicate.unwrap_or_default().is_empty() {
        return (!strict).then_some(bytes);
    }
    let layers = manifest.get("layers").and_then(Value::as_array).into_iter().flatten();
    let layers: Vec<String> = layers.map(descriptor).collect();
    let field = |name: &str| manifest.get(name).unwrap_or(&Value::Null);
    let mut text = format!("{{\"schemaVersion\":{}", json::marshal(field("schemaVersion")));
    if let Some(kind) = field("mediaType").as_str().filter(|kind| !kind.is_empty()) {
        text.push_str(&format!(",\"mediaType\":{}", json::string(kind)));
    }
    text.push_str(&format!(",\"config\":{},\"layers\":[{}]", descriptor(field("config")), layers.join(",")));
    text.push_str(&format!(",\"annotations\":{}", json::marshal(field("annotations"))));
    text.push_str(&format!(
        ",\"subject\":{},\"artifactType\":{}}}",
        descriptor(field("subject")),
        json::string(BUNDLE)
    ));
    Some(text.into_bytes())
}

// A descriptor in Go's order of fields; those it does not know are left out.
fn descriptor(value: &Value) -> String {
    let fields = ["mediaType", "size", "digest", "data", "urls", "annotations", "platform", "artifactType"];
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    let written: Vec<String> = fields
        .iter()
        .filter_map(|name| Some((name, value.get(name)?)))
        .filter(|(name, value)| ["mediaType", "size", "digest"].contains(name) || !is_empty(value))
        .map(|(name, value)| format!("{}:{}", json::string(name), json::marshal(value)))
        .collect();
    format!("{{{}}}", written.join(","))
}

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
