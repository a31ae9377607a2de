//! The real-world vectors, which are no part of the project: absent data is a test that was skipped, by name.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use sealgate_verify::{Digest, Entry, Evidence, Item, Place, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::registry::{MANIFEST, Registry};

/// The folder and its list.
#[derive(Clone, Debug)]
pub struct Vectors {
    /// Where they are.
    pub folder: PathBuf,
    /// What there is.
    pub vectors: Vec<Vector>,
}

/// One line of `manifest.json`; fields that its kind does not have are empty.
#[derive(Clone, Debug, Deserialize)]
pub struct Vector {
    /// Its name.
    pub id: String,
    /// `bundle-blob`, `oci-verify`, ...
    pub kind: String,
    /// `pass` or `fail`.
    pub expect: String,
    /// Why.
    pub reason: String,
    /// Files, relative to the folder.
    #[serde(default)]
    pub files: Vec<String>,
    /// The bundle.
    pub bundle: Option<String>,
    /// The artifact; without one the digest is asked about.
    pub artifact: Option<String>,
    /// The OCI layout.
    pub layout: Option<String>,
    /// The trusted root.
    pub trusted_root: Option<String>,
    /// The digest asked about.
    pub digest: Option<String>,
    /// The subject that is trusted.
    pub identity: Option<String>,
    /// The subjects that are trusted.
    pub identity_regexp: Option<String>,
    /// The issuer that is trusted.
    pub issuer: Option<String>,
    /// The key that is trusted.
    pub key: Option<String>,
    /// `verify` or `verify-attestation`.
    pub op: Option<String>,
    /// cosign's short name of a predicate type.
    #[serde(rename = "type")]
    pub short_type: Option<String>,
    /// The predicate type.
    pub predicate_type: Option<String>,
    /// More arguments for cosign.
    #[serde(default)]
    pub args: Vec<String>,
    /// Real verifiers disagree.
    #[serde(default)]
    pub soft: bool,
    /// The suite that it belongs to.
    pub suite: Option<String>,
}

impl Vectors {
    /// Finds them where `SEALGATE_VECTORS` says, else beside the project; `test` names who was skipped without them.
    pub fn find(test: &str) -> Option<Self> {
        let folder = std::env::var_os("SEALGATE_VECTORS").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
            PathBuf::from,
        );
        #[derive(Deserialize)]
        struct List {
            vectors: Vec<Vector>,
        }
        let Ok(bytes) = std::fs::read(folder.join("manifest.json")) else {
            eprintln!("skipped: {test}: no vectors (../shared/vectors or SEALGATE_VECTORS)");
            return None;
        };
        let list: List = serde_json::from_slice(&bytes).unwrap();
        Some(Self { folder, vectors: list.vectors })
    }

    /// Those whose kind begins with `kind`.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Vector> {
        self.vectors.iter().filter(move |vector| vector.kind.starts_with(kind))
    }

    /// A file of the folder.
    pub fn read(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// The vector's layout.
    pub fn layout(&self, vector: &Vector) -> Layout {
        Layout::read(&self.folder.join(vector.layout.as_ref().unwrap()))
    }
}

/// An OCI image layout of one image and what belongs to it.
#[derive(Clone, Debug)]
pub struct Layout {
    folder: PathBuf,
    parts: Vec<(String, String, Digest, Option<Digest>)>,
    image: Option<Digest>,
}

impl Layout {
    /// Reads `index.json`.
    pub fn read(folder: &Path) -> Self {
        let index: Value =
            serde_json::from_slice(&std::fs::read(folder.join("index.json")).unwrap()).unwrap();
        let mut parts: Vec<(String, String, Digest, Option<Digest>)> = Vec::new();
        for descriptor in index["manifests"].as_array().unwrap() {
            let annotation = |name: &str| descriptor["annotations"][name].as_str();
            let role = annotation("kind").unwrap_or_default().rsplit('/').next().unwrap().to_owned();
            let kind = descriptor["mediaType"].as_str().unwrap_or(MANIFEST).to_owned();
            let subject = annotation("image_digest").map(|text| text.parse().unwrap());
            parts.push((role, kind, descriptor["digest"].as_str().unwrap().parse().unwrap(), subject));
        }
        let image = parts.iter().find(|part| part.0.starts_with("image")).map(|part| part.2.clone());
        let named = index["annotations"]["image_digest"].as_str().map(|text| text.parse().unwrap());
        // Some layouts hold only what belongs to an image, each part naming it.
        let subject = parts.iter().find_map(|part| part.3.clone());
        Self { folder: folder.to_owned(), parts, image: image.or(named).or(subject) }
    }

    /// The image's digest.
    pub fn image(&self) -> Option<&Digest> {
        self.image.as_ref()
    }

    /// A blob or manifest of the layout.
    pub fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.join("blobs").join(digest.replace(':', "/"))).ok()
    }

    /// Pushes everything: images and children by digest, signatures under cosign's tags, referrers as such.
    pub fn push(&self, registry: &Registry, repository: &str) {
        for (role, kind, digest, subject) in &self.parts {
            let target = subject.as_ref().or(self.image.as_ref());
            let tag = match (role.as_str(), target) {
                ("sigs" | "atts" | "sboms", Some(target)) => {
                    Some(format!("{}.{}", target.to_string().replace(':', "-"), &role[..3]))
                }
                _ => None,
            };
            self.push_manifest(registry, repository, tag.as_deref(), kind, &digest.to_string());
        }
    }

    fn push_manifest(
        &self,
        registry: &Registry,
        repository: &str,
        tag: Option<&str>,
        kind: &str,
        digest: &str,
    ) {
        let Some(bytes) = self.blob(digest) else { return };
        registry.push_manifest(repository, tag, &bytes, kind);
        let Ok(manifest) = serde_json::from_slice::<Value>(&bytes) else { return };
        let list = |name: &str| manifest[name].as_array().cloned().unwrap_or_default();
        for child in list("manifests") {
            let kind = child["mediaType"].as_str().unwrap_or(MANIFEST);
            self.push_manifest(
                registry,
                repository,
                None,
                kind,
                child["digest"].as_str().unwrap_or_default(),
            );
        }
        for part in list("layers").iter().chain(std::iter::once(&manifest["config"])) {
            if let Some(blob) = part["digest"].as_str().and_then(|digest| self.blob(digest)) {
                registry.push_blob(repository, &blob);
            }
        }
        if let Some(subject) = manifest["subject"]["digest"].as_str() {
            let kind = manifest["artifactType"].as_str().or(manifest["config"]["mediaType"].as_str());
            registry.push_referrer(repository, &subject.parse().unwrap(), &bytes, kind.unwrap_or_default());
        }
    }

    /// The same without a registry: every layer of every signature manifest, as a client without faults finds it.
    pub fn evidence(&self, reference: &str, image: &Digest, at: Timestamp) -> Evidence {
        let mut items = Vec::new();
        for (role, _, digest, _) in &self.parts {
            let place = match role.as_str() {
                "sigs" => Place::SignatureTag,
                "atts" => Place::AttestationTag,
                "referrer" => Place::Referrers,
                _ => continue,
            };
            let manifest: Value =
                serde_json::from_slice(&self.blob(&digest.to_string()).unwrap()).unwrap_or_default();
            for layer in manifest["layers"].as_array().unwrap_or(&Vec::new()) {
                let Some(bytes) = layer["digest"].as_str().and_then(|digest| self.blob(digest)) else {
                    continue;
                };
                let annotations: BTreeMap<String, String> =
                    serde_json::from_value(layer["annotations"].clone()).unwrap_or_default();
                let media_type = layer["mediaType"].as_str().unwrap_or_default().to_owned();
                items.push(Item { bytes: Arc::from(bytes), media_type, annotations, place });
            }
        }
        let manifest = self.blob(&image.to_string()).map(Arc::from);
        let mut evidence = crate::evidence(reference, image, items, at);
        let entry: &mut Entry = &mut evidence.entries[0];
        entry.manifest = manifest;
        evidence
    }
}
