//! A registry with one image, a client that may speak to it, and shorter words for both.

use std::{collections::BTreeSet, time::Duration};

use sealgate_oci::{Client, Config, Credentials, Look};
use sealgate_testkit::{Image, Registry};
use sealgate_verify::{Digest, Entry, GapCause, Item, Place, Reference};
use serde_json::{Value, json};
use tokio::time::Instant;

pub(crate) const REPOSITORY: &str = "acme/app";
pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
pub(crate) const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
pub(crate) const DSSE: &str = "application/vnd.dsse.envelope.v1+json";
pub(crate) const PLACES: [Place; 3] = [Place::AttestationTag, Place::Referrers, Place::SignatureTag];

pub(crate) struct Shop {
    pub(crate) registry: Registry,
    pub(crate) image: Image,
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::of(Registry::start_blocking())
    }

    pub(crate) fn of(registry: Registry) -> Self {
        let image = registry.push_image(REPOSITORY, Some("1.0"), "seed");
        Self { registry, image }
    }

    pub(crate) fn config(&self) -> Config {
        Config { http_hosts: BTreeSet::from([self.registry.host()]), ..Config::default() }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.config(), Credentials::anonymous()).unwrap()
    }

    pub(crate) fn reference(&self) -> Reference {
        Reference::parse(&self.registry.pinned(REPOSITORY, &self.image.digest)).unwrap()
    }

    pub(crate) fn tagged(&self, tag: &str) -> Reference {
        Reference::parse(&format!("{}/{REPOSITORY}:{tag}", self.registry.host())).unwrap()
    }

    pub(crate) async fn gather(&self) -> Entry {
        self.gather_with(&self.client()).await
    }

    pub(crate) async fn gather_with(&self, client: &Client) -> Entry {
        self.gather_within(client, Duration::from_secs(20)).await
    }

    pub(crate) async fn gather_within(&self, client: &Client, time: Duration) -> Entry {
        client.gather(&self.reference(), &self.image.digest, &look(), Instant::now() + time).await
    }

    pub(crate) fn push_bundle(&self, bytes: &[u8]) -> Digest {
        self.registry.push_bundle_bytes(REPOSITORY, &self.image.digest, bytes)
    }

    /// Publishes signature layers under `.sig` or `.att`.
    pub(crate) fn push_tag(&self, suffix: &str, payloads: &[&[u8]]) {
        let (media_type, place) = if suffix == "sig" {
            (SIMPLE_SIGNING, Place::SignatureTag)
        } else {
            (DSSE, Place::AttestationTag)
        };
        let items: Vec<Item> = payloads
            .iter()
            .enumerate()
            .map(|(number, payload)| Item {
                bytes: (*payload).into(),
                media_type: media_type.to_owned(),
                annotations: [("dev.cosignproject.cosign/signature".to_owned(), format!("s{number}"))].into(),
                place,
            })
            .collect();
        self.registry.push_layers(REPOSITORY, &self.image.digest, suffix, &items);
    }

    /// Publishes a referrer as its writer wants it.
    pub(crate) fn push_referrer(&self, manifest: &Value, artifact_type: &str) -> Digest {
        let bytes = serde_json::to_vec(manifest).unwrap();
        self.registry.push_referrer(REPOSITORY, &self.image.digest, &bytes, artifact_type)
    }

    /// A bundle's manifest, and its blob in the registry.
    pub(crate) fn bundle_manifest(&self, bundle: &[u8]) -> Value {
        let digest = self.registry.push_blob(REPOSITORY, bundle);
        json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": BUNDLE,
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": Digest::sha256(b"{}"), "size": 2},
            "layers": [{"mediaType": BUNDLE, "digest": digest, "size": bundle.len()}],
            "subject": {"mediaType": "m", "digest": self.image.digest, "size": self.image.bytes.len()},
        })
    }

    pub(crate) fn cosign_tag(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.image.digest.to_string().replace(':', "-"))
    }

    /// `METHOD target` of every request so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        requests(&self.registry)
    }
}

pub(crate) fn requests(registry: &Registry) -> Vec<String> {
    registry.journal().iter().map(|request| format!("{} {}", request.method, request.target)).collect()
}

pub(crate) fn authorizations(registry: &Registry) -> Vec<String> {
    registry
        .journal()
        .iter()
        .filter_map(|request| request.header("authorization").map(str::to_owned))
        .collect()
}

pub(crate) fn look() -> Look {
    Look { places: BTreeSet::from(PLACES), manifest: true, ..Look::default() }
}

pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

pub(crate) fn gaps(entry: &Entry) -> BTreeSet<(Place, GapCause)> {
    entry.gaps.iter().map(|gap| (gap.place, gap.cause)).collect()
}

pub(crate) fn bytes_of(entry: &Entry) -> Vec<&[u8]> {
    entry.items.iter().map(|item| item.bytes.as_ref()).collect()
}
