//! Asks registries about the images that were typed.

use futures_util::{StreamExt as _, stream};
use sealgate::{
    oci::{Client, Look},
    verify::{Evidence, Reference, Timestamp},
};
use tokio::time::Instant;

use super::super::{failure::Failure, meaning::Verb, texts};
use crate::{Console, progress};

/// Reads an image's name.
pub(super) fn parsed(verb: Verb, word: &str) -> Result<Reference, Failure> {
    Reference::parse(word).map_err(|error| {
        let prefix = if verb == Verb::Image { "parsing reference: " } else { "" };
        let failure = Failure::from(format!("{prefix}could not parse reference: {word}"));
        failure.hinted([format!("hint: {error}")])
    })
}

/// The tags where cosign keeps the SBOMs of images.
pub(super) fn attachments(
    client: &Client,
    references: &[Reference],
    look: &Look,
    patience: std::time::Duration,
) -> Result<Vec<Reference>, Failure> {
    let runtime = crate::runtime::network().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let deadline = Instant::now().checked_add(patience).unwrap_or_else(Instant::now);
        let mut attached = Vec::new();
        for reference in references {
            let resolved = client.resolve(reference, deadline).await;
            let digest = resolved.map_err(|gap| texts::unresolved(&gap, reference.written()))?.digest;
            let beside = look.evidence_repository.as_ref().unwrap_or(reference);
            let (name, algorithm) = (beside.name(), digest.algorithm().name());
            let word = format!("{name}:{}{algorithm}-{}.sbom", look.tag_prefix, digest.hex());
            attached.push(parsed(Verb::Image, &word)?);
        }
        Ok(attached)
    })
}

/// Gathers several images at once and hands them over in the order typed, up to the first failure.
pub(super) fn gathered(
    client: &Client,
    references: &[Reference],
    look: &Look,
    patience: std::time::Duration,
    console: &mut Console<'_>,
    mut take: impl FnMut(usize, &Evidence, &mut Console<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let runtime = crate::runtime::network().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let deadline = Instant::now().checked_add(patience).unwrap_or_else(Instant::now);
        let now: Timestamp = crate::clock::now();
        let evidence = stream::iter(references)
            .map(|reference| client.evidence(reference, look, now, deadline))
            .buffered(IMAGES_AT_ONCE);
        progress::watched(evidence, references.len(), console, |index, evidence, console| {
            take(index, &evidence, console)
        })
        .await
    })
}

const IMAGES_AT_ONCE: usize = 8;
