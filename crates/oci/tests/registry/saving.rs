//! How much one image may bring into a folder.

use sealgate_oci::{Client, CopyError, LayoutWriter, limits};
use sealgate_verify::{Digest, GapCause, Reference};
use serde_json::{Value, json};

use crate::support::{self, soon};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

struct Scene {
    inner: support::Shop,
    client: Client,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let inner = support::Shop::open();
        let client = inner.client();
        Self { inner, client, folder: tempfile::tempdir().unwrap() }
    }

    /// Why saving failed; nothing if it did not.
    async fn save(&self, manifest: &Value) -> Option<GapCause> {
        let reference = Reference::parse(&format!("{}/app", self.inner.registry.host())).unwrap();
        let writer = LayoutWriter::begin(self.folder.path()).unwrap();
        match self.client.save(&reference, manifest.to_string().as_bytes(), &writer, soon()).await {
            Ok(()) => None,
            Err(CopyError::Registry(gap)) => Some(gap.cause),
            Err(CopyError::Layout(error)) => panic!("{error:?}"),
        }
    }

    fn push(&self, manifest: &[u8], media_type: &str) -> Value {
        let digest = self.inner.registry.push_manifest("app", None, manifest, media_type);
        json!({"mediaType": media_type, "digest": digest, "size": manifest.len()})
    }
}

fn image(layers: &[Value]) -> Value {
    json!({"schemaVersion": 2, "mediaType": MANIFEST, "layers": layers})
}

fn index(manifests: &[Value]) -> Value {
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
}

fn layer(name: &str, size: u64) -> Value {
    json!({"mediaType": "x/y", "digest": Digest::sha256(name.as_bytes()), "size": size})
}

#[tokio::test]
async fn blobs_are_saved_up_to_a_size() {
    let scene = Scene::new();
    let most = limits::SAVED_BLOB_BYTES;
    // Within the limit it is asked for, and is not there.
    assert_eq!(scene.save(&image(&[layer("a", most)])).await, Some(GapCause::UnexpectedAnswer));
    assert_eq!(scene.save(&image(&[layer("a", most + 1)])).await, Some(GapCause::Limit));
}

#[tokio::test]
async fn all_blobs_together_are_saved_up_to_a_size() {
    let scene = Scene::new();
    let count = limits::SAVED_BYTES / limits::SAVED_BLOB_BYTES;
    let mut layers: Vec<Value> =
        (0..count).map(|number| layer(&number.to_string(), limits::SAVED_BLOB_BYTES)).collect();
    assert_eq!(scene.save(&image(&layers)).await, Some(GapCause::UnexpectedAnswer));
    layers.push(layer("one more", 1));
    assert_eq!(scene.save(&image(&layers)).await, Some(GapCause::Limit));
    assert!(scene.inner.registry.journal().iter().all(|asked| !asked.target.contains("one more")));
}

#[tokio::test]
async fn blobs_are_saved_up_to_a_number() {
    let scene = Scene::new();
    let blobs = scene.folder.path().join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let images = 16;
    let put = |number: usize| {
        let name = number.to_string();
        std::fs::write(blobs.join(Digest::sha256(name.as_bytes()).hex()), &name).unwrap();
        layer(&name, name.len() as u64)
    };
    let layers: Vec<Value> = (0..limits::SAVED_BLOBS - images).map(put).collect();
    let each = layers.len().div_ceil(images);
    let of = |layers: &[Value]| -> Vec<Value> {
        layers.chunks(each).map(|layers| scene.push(image(layers).to_string().as_bytes(), MANIFEST)).collect()
    };
    let children = of(&layers);
    assert_eq!(children.len(), images);
    assert_eq!(scene.save(&index(&children)).await, None);
    let one_more = [children, vec![put(limits::SAVED_BLOBS)]].concat();
    assert_eq!(scene.save(&index(&one_more)).await, Some(GapCause::Limit));
}

#[tokio::test]
async fn indexes_stand_in_indexes_up_to_a_depth() {
    let scene = Scene::new();
    let mut nested = index(&[]);
    for _ in 0..limits::INDEX_DEPTH {
        let child = scene.push(nested.to_string().as_bytes(), INDEX);
        nested = index(&[child]);
    }
    assert_eq!(scene.save(&nested).await, None);
    let child = scene.push(nested.to_string().as_bytes(), INDEX);
    assert_eq!(scene.save(&index(&[child])).await, Some(GapCause::Limit));
}

#[tokio::test]
async fn manifests_are_saved_up_to_a_size() {
    let scene = Scene::new();
    let padded = |number: u64, length: u64| {
        let text = format!("{{\"schemaVersion\":2,\"layers\":[],\"annotations\":{{\"n\":\"{number}\"}}");
        let blanks = usize::try_from(length).unwrap() - text.len() - 1;
        scene.push(format!("{text}{}}}", " ".repeat(blanks)).as_bytes(), MANIFEST)
    };
    let count = limits::MANIFESTS_SAVED_BYTES / limits::MANIFEST_BYTES;
    let mut children: Vec<Value> = (0..count).map(|number| padded(number, limits::MANIFEST_BYTES)).collect();
    assert_eq!(scene.save(&index(&children)).await, None);
    children.push(padded(count, 100));
    assert_eq!(scene.save(&index(&children)).await, Some(GapCause::Limit));
}
