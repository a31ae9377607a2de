//! A registry on loopback that can lie, stall, page, rate-limit and demand tokens.
//!
//! It runs in a thread of its own, so that it serves asynchronous and blocking tests alike.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use sealgate_verify::{Digest, Item};
use serde_json::{Value, json};
use tokio::sync::oneshot;

mod answer;
mod serve;
mod store;

pub use answer::{Answer, Body, Rule};
pub use store::{Auth, Image, Recorded};
use store::{Shared, State, manifest_of};

use crate::signed::{BUNDLE, Signed};

/// Media type of an image manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an image index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A registry; dropping it ends its thread.
#[derive(Debug)]
pub struct Registry {
    address: SocketAddr,
    certificate: Option<String>,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Registry {
    /// Starts a registry on 127.0.0.1 that speaks plain http.
    pub async fn start() -> Self {
        Self::start_blocking()
    }

    /// The same without an executor.
    pub fn start_blocking() -> Self {
        Self::launch(Ipv4Addr::LOCALHOST.into(), false)
    }

    /// Starts one at another loopback address, such as 127.0.0.2 or `::1`.
    pub fn start_at(address: IpAddr) -> Self {
        Self::launch(address, false)
    }

    /// Starts a registry on 127.0.0.1 that speaks TLS; trust [`Registry::certificate_pem`].
    pub fn start_tls() -> Self {
        Self::launch(Ipv4Addr::LOCALHOST.into(), true)
    }

    fn launch(ip: IpAddr, tls: bool) -> Self {
        let listener = std::net::TcpListener::bind((ip, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { address, state: Mutex::new(State::default()) });
        let (certificate, acceptor) = if tls { serve::acceptor(ip) } else { (None, None) };
        let (stop, stopped) = oneshot::channel();
        let served = shared.clone();
        let thread = std::thread::spawn(move || serve::run(listener, acceptor, served, stopped));
        Self { address, certificate, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// `ip:port`, as references write it.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate to trust, where it speaks TLS.
    pub fn certificate_pem(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// `host/repository@digest`.
    pub fn pinned(&self, repository: &str, digest: &Digest) -> String {
        format!("{}/{repository}@{digest}", self.host())
    }

    /// Stores a small image and, if given, tags it. Different seeds make different digests.
    pub fn push_image(&self, repository: &str, tag: Option<&str>, seed: &str) -> Image {
        let (image, config) = Image::small(seed);
        self.push_blob(repository, &config);
        self.push_manifest(repository, tag, &image.bytes, MANIFEST);
        image
    }

    /// Stores an index over images and, if given, tags it.
    pub fn push_index(&self, repository: &str, tag: Option<&str>, children: &[&Image]) -> Image {
        let manifests: Vec<Value> = children
            .iter()
            .zip(["amd64", "arm64", "s390x", "ppc64le"])
            .map(|(child, architecture)| {
                json!({
                    "mediaType": MANIFEST, "digest": child.digest, "size": child.bytes.len(),
                    "platform": {"os": "linux", "architecture": architecture},
                })
            })
            .collect();
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
        let bytes = serde_json::to_vec(&index).unwrap();
        let digest = self.push_manifest(repository, tag, &bytes, INDEX);
        Image { digest, bytes }
    }

    /// Stores a manifest under its digest and, if given, a tag.
    pub fn push_manifest(
        &self,
        repository: &str,
        tag: Option<&str>,
        bytes: &[u8],
        media_type: &str,
    ) -> Digest {
        self.shared.lock().put_manifest(repository, tag, bytes, media_type)
    }

    /// Stores a manifest under its digest and publishes it as a referrer of `subject`, whatever the manifest says.
    pub fn push_referrer(
        &self,
        repository: &str,
        subject: &Digest,
        bytes: &[u8],
        artifact_type: &str,
    ) -> Digest {
        self.shared.lock().put_referrer(repository, subject, bytes, artifact_type)
    }

    /// The manifest of that tag or digest.
    pub fn manifest(&self, repository: &str, reference: &str) -> Option<Vec<u8>> {
        self.shared.lock().manifest(repository, reference).map(|found| found.bytes.clone())
    }

    /// Stores a blob.
    pub fn push_blob(&self, repository: &str, bytes: &[u8]) -> Digest {
        self.shared.lock().put_blob(repository, bytes)
    }

    /// Publishes a bundle as a referrer of `subject`, the way cosign 3 does.
    pub fn push_bundle(&self, repository: &str, subject: &Digest, signed: &Signed) -> Digest {
        self.push_bundle_bytes(repository, subject, &signed.bundle())
    }

    /// The same with bytes that need not be a bundle.
    pub fn push_bundle_bytes(&self, repository: &str, subject: &Digest, bundle: &[u8]) -> Digest {
        let layer =
            json!({"mediaType": BUNDLE, "digest": self.push_blob(repository, bundle), "size": bundle.len()});
        self.push_blob(repository, b"{}");
        let subject_size = self
            .shared
            .lock()
            .manifest(repository, &subject.to_string())
            .map_or(2, |found| found.bytes.len());
        let mut manifest = manifest_of(vec![layer]);
        manifest["artifactType"] = json!(BUNDLE);
        manifest["subject"] = json!({"mediaType": MANIFEST, "digest": subject, "size": subject_size});
        self.push_referrer(repository, subject, &serde_json::to_vec(&manifest).unwrap(), BUNDLE)
    }

    /// Publishes older signatures in a manifest that refers to `subject`, as cosign 2 did with
    /// `--registry-referrers-mode oci-1-1`.
    pub fn push_referring(&self, repository: &str, subject: &Digest, signed: &[&Signed]) -> Digest {
        const SIGNATURES: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";
        let items: Vec<Item> = signed.iter().map(|signed| signed.legacy_item()).collect();
        self.push_blob(repository, b"{}");
        let mut manifest = manifest_of(self.layers(repository, &items));
        manifest["config"]["mediaType"] = json!(SIGNATURES);
        manifest["subject"] = json!({"mediaType": MANIFEST, "digest": subject, "size": 2});
        self.push_referrer(repository, subject, &serde_json::to_vec(&manifest).unwrap(), SIGNATURES)
    }

    fn layers(&self, repository: &str, items: &[Item]) -> Vec<serde_json::Value> {
        let layer = |item: &Item| {
            json!({
                "mediaType": item.media_type, "digest": self.push_blob(repository, &item.bytes),
                "size": item.bytes.len(), "annotations": item.annotations,
            })
        };
        items.iter().map(layer).collect()
    }

    /// Publishes layers under cosign's tag: `suffix` is `sig` or `att`. An earlier tag of that name is replaced.
    pub fn push_layers(&self, repository: &str, subject: &Digest, suffix: &str, items: &[Item]) -> Digest {
        let layers = self.layers(repository, items);
        self.push_blob(repository, b"{}");
        let tag = format!("{}.{suffix}", subject.to_string().replace(':', "-"));
        self.push_manifest(
            repository,
            Some(&tag),
            &serde_json::to_vec(&manifest_of(layers)).unwrap(),
            MANIFEST,
        )
    }

    /// Publishes a legacy signature under cosign's `.sig` or, for an envelope, `.att` tag.
    pub fn push_legacy(&self, repository: &str, subject: &Digest, signed: &[&Signed]) -> Digest {
        let suffix = if signed.iter().any(|signed| signed.envelope.is_some()) { "att" } else { "sig" };
        let items: Vec<Item> = signed.iter().map(|signed| signed.legacy_item()).collect();
        self.push_layers(repository, subject, suffix, &items)
    }

    /// Forgets what refers to `subject`; the manifests stay.
    pub fn clear_referrers(&self, repository: &str, subject: &Digest) {
        self.shared.lock().clear_referrers(repository, subject);
    }

    /// Whether the referrers API is there (it is at first). Without it referrers are published by the fallback tag.
    pub fn set_referrers_api(&self, there: bool) {
        self.shared.lock().no_referrers_api = !there;
    }

    /// How many referrers one page carries; `None`: all.
    pub fn set_page_size(&self, size: Option<usize>) {
        self.shared.lock().page_size = size;
    }

    /// What is demanded before `/v2/` answers.
    pub fn set_auth(&self, auth: Auth) {
        self.shared.lock().auth = auth;
    }

    /// Adds a rule. The first rule that fits a request answers it.
    pub fn on(&self, rule: Rule) {
        self.shared.lock().rules.push(rule);
    }

    /// Forgets all rules.
    pub fn clear_rules(&self) {
        self.shared.lock().rules.clear();
    }

    /// Every request so far, with all headers.
    pub fn journal(&self) -> Vec<Recorded> {
        self.shared.lock().journal.clone()
    }

    /// How many requests there were so far.
    pub fn request_count(&self) -> usize {
        self.shared.lock().journal.len()
    }

    /// Forgets the journal.
    pub fn clear_journal(&self) {
        self.shared.lock().journal.clear();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
