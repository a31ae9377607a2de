//! What is in a manifest, for those who show or copy it: read whole or not at all.

use std::collections::BTreeMap;

use sealgate_verify::{Digest, Gap, Place, Reference};
use tokio::time::Instant;

use crate::{
    Client, Descriptor,
    fault::Fault,
    gather::referrers,
    lanes::Budget,
    limits,
    manifest::{self, DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST},
    source::Source,
};

/// A manifest of either shape.
#[derive(Clone, Debug)]
pub enum Document {
    /// An image, or an artifact that is stored as one.
    Image(Box<Image>),
    /// A list of manifests.
    Index(Index),
}

/// An image manifest.
#[derive(Clone, Debug)]
pub struct Image {
    /// What kind of artifact it is, if it says so.
    pub artifact_type: Option<String>,
    /// Its configuration, if it names one.
    pub config: Option<Descriptor>,
    /// Its layers, in order.
    pub layers: Vec<Descriptor>,
    /// What it refers to.
    pub subject: Option<Digest>,
    /// Notes of whoever wrote it.
    pub annotations: BTreeMap<String, String>,
}

/// A list of manifests.
#[derive(Clone, Debug)]
pub struct Index {
    /// In order.
    pub manifests: Vec<Descriptor>,
}

impl Document {
    /// Reads a manifest.
    ///
    /// # Errors
    /// A gap at `place` if it is neither shape, or if any part of it cannot be read.
    pub fn read(bytes: &[u8], place: Place, what: &str) -> Result<Self, Gap> {
        read(bytes).map_err(|fault| fault.at(place, what))
    }

    /// Whether something of that media type is a manifest that can be read here.
    pub fn is_manifest(media_type: &str) -> bool {
        [OCI_MANIFEST, DOCKER_MANIFEST].contains(&media_type) || Self::is_index(media_type)
    }

    /// Whether something of that media type is a list of manifests.
    pub fn is_index(media_type: &str) -> bool {
        [OCI_INDEX, DOCKER_INDEX].contains(&media_type)
    }
}

pub(crate) fn read(bytes: &[u8]) -> Result<Document, Fault> {
    let unread = match manifest::manifest(bytes) {
        Ok(found) => {
            return Ok(Document::Image(Box::new(Image {
                artifact_type: found.artifact_type,
                config: found.config.transpose()?,
                layers: found.layers.into_iter().collect::<Result<_, _>>()?,
                subject: found.subject,
                annotations: found.annotations?,
            })));
        }
        Err(fault) => fault,
    };
    let found = manifest::any_index(bytes).map_err(|_| unread)?;
    Ok(Document::Index(Index { manifests: found.manifests.into_iter().collect::<Result<_, _>>()? }))
}

impl Client {
    /// Lists what refers to `digest`, from the referrers API or, where there is none, from the fallback tag.
    ///
    /// # Errors
    /// A [`Gap`] if any part of the list could not be read. An empty list means that there is nothing.
    pub async fn referrers(
        &self,
        reference: &Reference,
        digest: &Digest,
        deadline: Instant,
    ) -> Result<Vec<Descriptor>, Gap> {
        referrers::list(self.transport(), reference, digest, deadline).await
    }

    /// Fetches a blob by its descriptor, whole.
    ///
    /// # Errors
    /// A [`Gap`] at `place` that says why not; also for a blob that is listed but not there.
    pub async fn blob(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
        place: Place,
        deadline: Instant,
    ) -> Result<std::sync::Arc<[u8]>, Gap> {
        let budget = Budget::new(limits::IMAGE_BYTES);
        let fetched = async {
            Source::of(self.transport(), reference, &budget, deadline).await?.blob(descriptor).await
        };
        fetched.await.map_err(|fault| fault.listed(place, &format!("layer {}", descriptor.digest)))
    }
}
