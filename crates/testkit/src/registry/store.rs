//! What the registry keeps.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Mutex, MutexGuard},
};

use sealgate_verify::Digest;
use serde_json::{Value, json};

use super::{INDEX, MANIFEST, Rule};
use crate::key::base64;

/// An image that was stored.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its digest.
    pub digest: Digest,
    /// Its manifest.
    pub bytes: Vec<u8>,
}

impl Image {
    /// A small image, and its configuration. Different seeds make different digests.
    pub fn small(seed: &str) -> (Self, Vec<u8>) {
        let config = json!({
            "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}, "seed": seed,
        });
        let config = serde_json::to_vec(&config).unwrap();
        let descriptor = json!({
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": Digest::sha256(&config),
            "size": config.len(),
        });
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor, "layers": []});
        let bytes = serde_json::to_vec(&manifest).unwrap();
        (Self { digest: Digest::sha256(&bytes), bytes }, config)
    }
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Such as `GET`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
}

impl Recorded {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// What a registry demands before it answers.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    /// Nothing.
    #[default]
    Anonymous,
    /// A name and a password with every request.
    Basic(String, String),
    /// A bearer token of `realm`; the registry's own `/token` gives one, to a name and a password where they are set.
    Bearer {
        /// Where the challenge sends the client; `None`: this registry's own `/token`.
        realm: Option<String>,
        /// Who gets a token; `None`: anybody.
        credentials: Option<(String, String)>,
    },
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) address: SocketAddr,
    pub(super) state: Mutex<State>,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Manifest {
    pub(super) bytes: Vec<u8>,
    pub(super) media_type: String,
    pub(super) digest: Digest,
}

#[derive(Debug, Default)]
pub(super) struct State {
    manifests: BTreeMap<(String, String), Manifest>,
    blobs: BTreeMap<(String, String), Vec<u8>>,
    referrers: BTreeMap<(String, String), Vec<Value>>,
    uploads: Vec<Vec<u8>>,
    pub(super) no_referrers_api: bool,
    pub(super) page_size: Option<usize>,
    pub(super) auth: Auth,
    pub(super) rules: Vec<Rule>,
    pub(super) journal: Vec<Recorded>,
}

impl State {
    pub(super) fn put_manifest(
        &mut self,
        repository: &str,
        tag: Option<&str>,
        bytes: &[u8],
        media_type: &str,
    ) -> Digest {
        let digest = Digest::sha256(bytes);
        let manifest =
            Manifest { bytes: bytes.to_vec(), media_type: media_type.into(), digest: digest.clone() };
        for name in [Some(digest.to_string()), tag.map(str::to_owned)].into_iter().flatten() {
            self.manifests.insert((repository.into(), name), manifest.clone());
        }
        digest
    }

    pub(super) fn put_referrer(
        &mut self,
        repository: &str,
        subject: &Digest,
        bytes: &[u8],
        artifact_type: &str,
    ) -> Digest {
        let digest = self.put_manifest(repository, None, bytes, MANIFEST);
        let descriptor = json!({
            "mediaType": MANIFEST, "digest": digest, "size": bytes.len(), "artifactType": artifact_type,
        });
        let list = self.referrers.entry((repository.into(), subject.to_string())).or_default();
        if !list.contains(&descriptor) {
            list.push(descriptor);
        }
        if self.no_referrers_api {
            let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": list});
            let tag = subject.to_string().replace(':', "-");
            self.put_manifest(repository, Some(&tag), &serde_json::to_vec(&index).unwrap(), INDEX);
        }
        digest
    }

    pub(super) fn clear_referrers(&mut self, repository: &str, subject: &Digest) {
        self.referrers.remove(&(repository.to_owned(), subject.to_string()));
    }

    pub(super) fn put_blob(&mut self, repository: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::sha256(bytes);
        self.blobs.insert((repository.into(), digest.to_string()), bytes.to_vec());
        digest
    }

    /// Opens an upload, and says under which number its parts are to arrive.
    pub(super) fn open_upload(&mut self) -> usize {
        self.uploads.push(Vec::new());
        self.uploads.len() - 1
    }

    /// Adds a part to an upload; all parts so far.
    pub(super) fn add_to_upload(&mut self, number: &str, part: &[u8]) -> Option<Vec<u8>> {
        let parts = self.uploads.get_mut(number.parse::<usize>().ok()?)?;
        parts.extend_from_slice(part);
        Some(parts.clone())
    }

    pub(super) fn manifest(&self, repository: &str, reference: &str) -> Option<&Manifest> {
        self.manifests.get(&(repository.to_owned(), reference.to_owned()))
    }

    pub(super) fn blob(&self, repository: &str, digest: &str) -> Option<&Vec<u8>> {
        self.blobs.get(&(repository.to_owned(), digest.to_owned()))
    }

    /// One page of referrers from `start`, and where the next one starts.
    pub(super) fn referrers(
        &self,
        repository: &str,
        subject: &str,
        start: usize,
    ) -> (Vec<u8>, Option<usize>) {
        let all =
            self.referrers.get(&(repository.to_owned(), subject.to_owned())).map_or(&[][..], Vec::as_slice);
        let rest = all.get(start..).unwrap_or_default();
        let page = &rest[..rest.len().min(self.page_size.unwrap_or(usize::MAX))];
        let next = (page.len() < rest.len()).then_some(start + page.len());
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": page});
        (serde_json::to_vec(&index).unwrap(), next)
    }

    /// The answer to a missing authorization, or nothing if all is well.
    pub(super) fn challenge(&self, authorization: Option<&str>, own_realm: &str) -> Option<String> {
        match &self.auth {
            Auth::Anonymous => None,
            Auth::Basic(name, password) => {
                let wanted = format!("Basic {}", base64(format!("{name}:{password}").as_bytes()));
                (authorization != Some(&wanted)).then(|| r#"Basic realm="testkit""#.into())
            }
            Auth::Bearer { realm, .. } => (authorization != Some(&format!("Bearer {TOKEN}"))).then(|| {
                let realm = realm.as_deref().unwrap_or(own_realm);
                format!(
                    r#"Bearer realm="{realm}",service="testkit",scope="repository:victim/secret:pull,push""#
                )
            }),
        }
    }

    /// Whether `/token` gives a token to whoever asks this way.
    pub(super) fn gives_token(&self, authorization: Option<&str>) -> bool {
        match &self.auth {
            Auth::Bearer { credentials: Some((name, password)), .. } => {
                authorization == Some(&format!("Basic {}", base64(format!("{name}:{password}").as_bytes())))
            }
            _ => true,
        }
    }
}

/// The only token there is.
pub(super) const TOKEN: &str = "testkit-token";

/// A manifest of layers with an empty configuration.
pub(super) fn manifest_of(layers: Vec<Value>) -> Value {
    let config = json!({
        "mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::sha256(b"{}"), "size": 2,
    });
    json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers})
}
