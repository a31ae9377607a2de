//! The images of an index: each with what is attached to it, or one of them alone.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use sealgate::{
    oci::{Client, Descriptor, Document, Look},
    verify::{Digest, Entry, Evidence, Place, Reference, Timestamp},
};
use tokio::time::Instant;

use crate::{cosign::platform, limits, own::Fault};

/// How registries are asked.
pub(super) struct Asking<'a> {
    pub(super) client: &'a Client,
    pub(super) look: &'a Look,
    pub(super) now: Timestamp,
    pub(super) timeout: Duration,
    pub(super) platform: Option<&'a str>,
}

/// What was found for one image.
pub(super) struct Found {
    /// With the digest of the platform's image, if one was chosen.
    pub(super) reference: Reference,
    pub(super) evidence: Evidence,
    /// Of an index, its images by platform.
    pub(super) parts: Vec<(String, Entry)>,
    /// How many more there are.
    pub(super) left_out: usize,
}

impl Asking<'_> {
    /// Gathers what is attached to an image and, if it is an index, to each image in it.
    ///
    /// # Errors
    /// Wrong usage if a platform was asked for and is not there, or there more than once.
    pub(super) async fn image(&self, reference: &Reference) -> Result<Found, Fault> {
        let deadline = Instant::now().checked_add(self.timeout).unwrap_or_else(Instant::now);
        let evidence = self.client.evidence(reference, self.look, self.now, deadline).await;
        let plain =
            |evidence| Found { reference: reference.clone(), evidence, parts: Vec::new(), left_out: 0 };
        let Some(manifest) = evidence.entries.first().and_then(|entry| entry.manifest.clone()) else {
            // Whatever was asked for, why it is not here stands in the gaps.
            return Ok(plain(evidence));
        };
        let images = match Document::read(&manifest, Place::Manifest, "image manifest") {
            Ok(Document::Index(index)) => index.manifests,
            _ if self.platform.is_some() => {
                let name = reference.written();
                return Err(Fault::usage(format!("{name}: {}", platform::NO_INDEX)));
            }
            _ => return Ok(plain(evidence)),
        };
        if let Some(wanted) = self.platform {
            let name = reference.written();
            let digest = platform::choose(wanted, &images).map_err(|why| {
                Fault::usage(format!("{name}: {why}")).hint(format!("there are {}", listed(&images)))
            })?;
            let reference = pinned(reference, &digest)?;
            let entry = self.client.gather(&reference, &digest, self.look, deadline).await;
            return Ok(Found { reference, ..plain(Evidence { entries: vec![entry], ..evidence }) });
        }
        let asked = images.iter().take(limits::PLATFORMS).map(async |image| {
            let entry = self.client.gather(reference, &image.digest, self.look, deadline).await;
            (label(image), entry)
        });
        let parts: Vec<(String, Entry)> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        let left_out = images.len().saturating_sub(parts.len());
        Ok(Found { parts, left_out, ..plain(evidence) })
    }
}

fn pinned(reference: &Reference, digest: &Digest) -> Result<Reference, Fault> {
    Reference::parse(&format!("{}@{digest}", reference.name()))
        .map_err(|error| Fault::usage(error.to_string()))
}

// What the index calls it.
fn label(image: &Descriptor) -> String {
    let named =
        image.platform.as_ref().map(|it| platform::join(std::slice::from_ref(it))).unwrap_or_default();
    let named = sealgate::verify::signer::printable(&named);
    if named.is_empty() { "of no platform".to_owned() } else { named }
}

fn listed(images: &[Descriptor]) -> String {
    images.iter().take(limits::PLATFORMS).map(label).collect::<Vec<_>>().join(", ")
}

const AT_ONCE: usize = 4;
