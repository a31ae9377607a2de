//! Layout folders, made by hand.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sealgate_oci::{Layout, LayoutError};
use sealgate_verify::Digest;
use serde_json::{Value, json};

pub(crate) const IMAGE: &str = "dev.cosignproject.cosign/image";
pub(crate) const IMAGE_INDEX: &str = "dev.cosignproject.cosign/imageIndex";
pub(crate) const SIGNATURES: &str = "dev.cosignproject.cosign/sigs";
pub(crate) const ATTESTATIONS: &str = "dev.cosignproject.cosign/atts";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A folder, and the names of what is in it.
pub(crate) struct Made {
    folder: tempfile::TempDir,
    pub(crate) image: Digest,
    pub(crate) config: Digest,
    pub(crate) payload: Digest,
    pub(crate) signatures: Digest,
    pub(crate) referrer: Digest,
    pub(crate) bundle: Digest,
}

impl Made {
    /// An image with a signature, an attestation and a bundle.
    pub(crate) fn signed() -> Self {
        let mut made = Self::bare();
        let mut layer = made.layer("application/vnd.dev.cosign.simplesigning.v1+json", b"a payload");
        layer["annotations"] = json!({"dev.cosignproject.cosign/signature": "c2ln"});
        made.payload = Digest::sha256(b"a payload");
        made.signatures = made.manifest(&[layer], None);
        let attestations =
            made.manifest(&[made.layer("application/vnd.dsse.envelope.v1+json", b"an envelope")], None);
        (made.referrer, made.bundle) = made.bundle(&made.image, b"{\"a\":\"bundle\"}");
        made.index_of(&[
            descriptor(&made.image, made.size(&made.image), IMAGE),
            descriptor(&made.signatures, made.size(&made.signatures), SIGNATURES),
            descriptor(&attestations, made.size(&attestations), ATTESTATIONS),
        ]);
        made
    }

    /// An image with nothing attached.
    pub(crate) fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("blobs/sha256")).unwrap();
        fs::write(folder.path().join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let nothing = Digest::sha256(b"nothing");
        let mut made = Self {
            folder,
            image: nothing.clone(),
            config: nothing.clone(),
            payload: nothing.clone(),
            signatures: nothing.clone(),
            referrer: nothing.clone(),
            bundle: nothing,
        };
        made.config = made.put(br#"{"architecture":"amd64","os":"linux"}"#);
        made.image = made.manifest(&[], None);
        made.index_of(&[descriptor(&made.image, made.size(&made.image), IMAGE)]);
        made
    }

    /// An index of one image, with a bundle of the index.
    pub(crate) fn index() -> Self {
        let mut made = Self::bare();
        let child = json!({"mediaType": MANIFEST, "digest": made.image, "size": made.size(&made.image)});
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]});
        made.image = made.put(index.to_string().as_bytes());
        (made.referrer, made.bundle) = made.bundle(&made.image, b"{\"a\":\"bundle\"}");
        let mut top = descriptor(&made.image, made.size(&made.image), IMAGE_INDEX);
        top["mediaType"] = json!(INDEX);
        made.index_of(&[top]);
        made
    }

    pub(crate) fn open(&self) -> Result<Layout, LayoutError> {
        Layout::open(self.folder.path())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.path("blobs/sha256").join(digest.hex())
    }

    /// Stores a blob; its name.
    pub(crate) fn put(&self, bytes: &[u8]) -> Digest {
        let digest = Digest::sha256(bytes);
        fs::write(self.blob_path(&digest), bytes).unwrap();
        digest
    }

    /// Stores a blob; how a manifest names it.
    pub(crate) fn layer(&self, media_type: &str, bytes: &[u8]) -> Value {
        json!({"mediaType": media_type, "digest": self.put(bytes), "size": bytes.len()})
    }

    /// Stores a bundle for `subject`; the names of its manifest and of itself.
    pub(crate) fn bundle(&self, subject: &Digest, bytes: &[u8]) -> (Digest, Digest) {
        let layer = self.layer(BUNDLE, bytes);
        (self.manifest(&[layer], Some(subject)), Digest::sha256(bytes))
    }

    /// Makes these the layers of cosign's signatures.
    pub(crate) fn replace_signatures(&self, layers: &[Value]) {
        let signatures = self.manifest(layers, None);
        self.index_of(&[
            descriptor(&self.image, self.size(&self.image), IMAGE),
            descriptor(&signatures, self.size(&signatures), SIGNATURES),
        ]);
    }

    pub(crate) fn index_of(&self, manifests: &[Value]) {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
        fs::write(self.path("index.json"), index.to_string()).unwrap();
    }

    fn manifest(&self, layers: &[Value], subject: Option<&Digest>) -> Digest {
        let config = json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": self.config, "size": self.size(&self.config)});
        let mut manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        if let Some(subject) = subject {
            manifest["artifactType"] = json!(BUNDLE);
            manifest["subject"] = json!({"mediaType": MANIFEST, "digest": subject, "size": 2});
        }
        self.put(manifest.to_string().as_bytes())
    }

    fn size(&self, digest: &Digest) -> u64 {
        size_of(&self.blob_path(digest))
    }
}

pub(crate) fn descriptor(digest: &Digest, size: u64, kind: &str) -> Value {
    let mut descriptor = json!({"mediaType": MANIFEST, "digest": digest, "size": size});
    if !kind.is_empty() {
        descriptor["annotations"] = json!({"kind": kind});
    }
    descriptor
}

fn size_of(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}
