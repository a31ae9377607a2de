//! Referrers: the API's list page by page, or the fallback tag where there is no API; then every one by its digest.

use std::{collections::HashSet, future};

use futures_util::{StreamExt as _, stream};
use http::header::CONTENT_TYPE;
use sealgate_verify::{Digest, Gap, GapCause, Place, Reference};
use tokio::time::Instant;

use super::{Bytes, Found, Gathering, key, rounds::Rounds, too_many};
use crate::{
    fault::Fault,
    lanes::Budget,
    limits, link,
    manifest::{self, ACCEPT_ANY, ACCEPT_INDEX, BUNDLE, Descriptor, OCI_INDEX, SIGNATURES},
    rules::Rules,
    source::Source,
    transport::Transport,
};

/// A list, as far as it could be read.
#[derive(Default)]
struct List {
    descriptors: Vec<Descriptor>,
    faults: Vec<Fault>,
    seen: HashSet<Digest>,
}

/// Everything that refers to `digest`, as the registry lists it.
///
/// # Errors
/// A gap if the list, or any part of it, could not be read.
pub(crate) async fn list(
    transport: &Transport,
    reference: &Reference,
    digest: &Digest,
    deadline: Instant,
) -> Result<Vec<Descriptor>, Gap> {
    let budget = Budget::new(limits::IMAGE_BYTES);
    let gathering = Gathering { transport, digest, most: limits::REFERRERS, budget, deadline };
    let listed = async {
        let source = gathering.source(reference).await?;
        match gathering.listed(&source).await {
            Err(Fault::Absent { .. }) => match gathering.fallback(&source).await {
                Err(Fault::Absent { .. }) => Ok(List::default()),
                listed => listed,
            },
            listed => listed,
        }
    };
    let mut list = listed.await.map_err(|fault| fault.at(Place::Referrers, "list of referrers"))?;
    match list.faults.pop() {
        Some(fault) => Err(fault.listed(Place::Referrers, "list of referrers")),
        None => Ok(list.descriptors),
    }
}

impl Gathering<'_> {
    /// Collects the Sigstore bundles, and the older signatures, that refer to the digest.
    pub(super) async fn referrers(&self, reference: &Reference) -> Found {
        let source = match self.source(reference).await {
            Ok(source) => source,
            Err(fault) => return dark(fault, Place::Referrers),
        };
        match self.listed(&source).await {
            Ok(list) => self.signatures(&source, list, Place::Referrers).await,
            Err(Fault::Absent { .. }) => match self.fallback(&source).await {
                Ok(list) => self.signatures(&source, list, Place::FallbackTag).await,
                Err(Fault::Absent { .. }) => Found::default(),
                Err(fault) => dark(fault, Place::FallbackTag),
            },
            Err(fault) => dark(fault, Place::Referrers),
        }
    }

    /// Reads the list of the referrers API. Absent means that the registry has no such API.
    ///
    /// Only a 404 means that. Anything else than a list leaves the place dark, also what other clients take for "no
    /// API" (400, 406, another content type): a proxy that answers so would hide signatures.
    async fn listed(&self, source: &Source<'_>) -> Result<List, Fault> {
        let mut list = List::default();
        let mut next = Some(source.referrers(self.digest)?);
        let mut visited = HashSet::new();
        let mut left = limits::REFERRERS_BYTES;
        while let Some(url) = next.take() {
            let is_first = visited.is_empty();
            if visited.len() == limits::REFERRERS_PAGES {
                list.faults.push(Fault::limit("pages of referrers", limits::REFERRERS_PAGES, "more"));
                break;
            }
            if !visited.insert(url.clone()) {
                list.faults.push(Fault::new(GapCause::Limit, "the pages of referrers go round in a circle"));
                break;
            }
            let page = async {
                let reply = source.page(url, left).await?;
                let media_type = manifest::media_type(reply.headers.get(CONTENT_TYPE));
                if media_type != OCI_INDEX {
                    return Err(Fault::new(
                        GapCause::UnexpectedAnswer,
                        format!("the list is of type `{media_type}`"),
                    ));
                }
                Ok((manifest::index(&reply.body)?, reply))
            };
            let (index, reply) = match page.await {
                Ok(page) => page,
                Err(fault) if is_first => return Err(fault),
                Err(Fault::Absent { .. }) => {
                    list.faults
                        .push(Fault::new(GapCause::UnexpectedAnswer, "a page of referrers does not exist"));
                    break;
                }
                Err(fault) => {
                    list.faults.push(fault);
                    break;
                }
            };
            left = left.saturating_sub(reply.body.len() as u64);
            if !list.add(index) {
                break;
            }
            next = match link::next(&reply.headers)
                .map(|target| Rules::next_page(&reply.url, &target))
                .transpose()
            {
                Ok(next) => next,
                Err(fault) => {
                    list.faults.push(fault);
                    None
                }
            };
        }
        Ok(list)
    }

    /// Spec: distribution-spec "Referrers Tag Schema": both parts of the digest are cut to what a tag can hold.
    async fn fallback(&self, source: &Source<'_>) -> Result<List, Fault> {
        let hex: String = self.digest.hex().chars().take(64).collect();
        let tag = format!("{}-{hex}", self.digest.algorithm().name());
        let tagged = source.tag(&tag, ACCEPT_INDEX, &[OCI_INDEX]).await?;
        let mut list = List::default();
        list.add(manifest::index(&tagged.bytes)?);
        Ok(list)
    }

    async fn signatures(&self, source: &Source<'_>, list: List, place: Place) -> Found {
        let List { mut descriptors, faults, .. } = list;
        let mut found = Found::default();
        found.gaps.extend(faults.into_iter().map(|fault| fault.listed(place, "list of referrers")));
        // What the list says of a referrer decides nothing, but likely ones go first where limits are near.
        descriptors.sort_by_key(|descriptor| !is_likely(descriptor));
        let reads: Vec<_> = descriptors
            .iter()
            .enumerate()
            .map(|(index, descriptor)| async move {
                // The first layer of so many manifests has a place, whatever the others hold. It is fetched with its manifest:
                // one that stalls does not hold up what the others say.
                let is_early = index < self.most;
                (descriptor, self.referrer(source, descriptor, is_early).await)
            })
            .collect();
        let mut rounds = Rounds::new(self.most);
        stream::iter(reads)
            .buffered(limits::REFERRERS_AT_ONCE)
            .for_each(|(descriptor, read)| {
                match read {
                    Ok((layers, mut first)) => {
                        let each = layers.into_iter().map(|layer| (&descriptor.digest, layer, first.take()));
                        rounds.add(each.collect());
                    }
                    Err(fault) => {
                        found.gaps.push(fault.listed(place, &format!("referrer {}", descriptor.digest)));
                    }
                }
                future::ready(())
            })
            .await;
        let cut = rounds.too_many();
        let (mut wanted, mut firsts) = (Vec::new(), Vec::new());
        for (manifest, layer, first) in rounds.taken() {
            match layer {
                Ok(layer) => {
                    wanted.push(layer);
                    firsts.push(first);
                }
                Err(fault) => found.gaps.push(fault.listed(place, &format!("a layer of {manifest}"))),
            }
        }
        let early = wanted.iter().zip(firsts).filter_map(|(layer, first)| Some((key(layer), first?)));
        self.blobs(source, &wanted, early.collect(), place, &mut found).await;
        if let Some(count) = cut {
            found.gaps.push(too_many(self.most, count).at(place, "referrers"));
        }
        found
    }

    // The layers that hold signatures, and the bytes of the first of them.
    async fn referrer(
        &self,
        source: &Source<'_>,
        descriptor: &Descriptor,
        is_early: bool,
    ) -> Result<(Vec<Result<Descriptor, Fault>>, Option<Bytes>), Fault> {
        let fetched = source.manifest(&descriptor.digest, Some(descriptor.size), ACCEPT_ANY).await?;
        let layers = signed_layers(&fetched.bytes, self.digest)?;
        let first = match layers.first() {
            Some(Ok(layer)) if is_early => Some(source.blob(layer).await),
            _ => None,
        };
        Ok((layers, first))
    }
}

/// The layers of a referrer's manifest that hold signatures of `subject`: one bundle, or cosign's older signatures. None where
/// the referrer is clearly something else.
pub(crate) fn signed_layers(bytes: &[u8], subject: &Digest) -> Result<Vec<Result<Descriptor, Fault>>, Fault> {
    let manifest = match manifest::manifest(bytes) {
        Ok(manifest) => manifest,
        // An index may refer to an image; it holds no layer and so no signature.
        Err(_) if manifest::index(bytes).is_ok() => return Ok(Vec::new()),
        Err(fault) => return Err(fault),
    };
    let is_bundle = |media_type: &str| media_type.starts_with(BUNDLE);
    let says_bundle = manifest.artifact_type.as_deref().is_some_and(is_bundle);
    // SPEC: image-spec, a manifest without an artifact type is of its configuration's.
    let config = manifest.config.as_ref().and_then(|config| config.as_ref().ok());
    let is_older = manifest.artifact_type.as_deref() == Some(SIGNATURES)
        || config.is_some_and(|config| config.media_type == SIGNATURES);
    let mut layers = manifest.layers;
    if !says_bundle && !is_older && layers.iter().flatten().all(|layer| !is_bundle(&layer.media_type)) {
        return match layers.into_iter().find_map(Result::err) {
            Some(fault) => Err(fault),
            None => Ok(Vec::new()),
        };
    }
    // THREAT: a list that names a referrer of another image. See a_referrer_of_another_image_is_refused.
    if manifest.subject.as_ref() != Some(subject) {
        let found = manifest.subject.map_or_else(|| "nothing".to_owned(), |found| found.to_string());
        return Err(Fault::malformed(format!("refers to {found}, not to {subject}")));
    }
    if is_older && !says_bundle {
        return Ok(layers);
    }
    match (layers.pop(), layers.is_empty()) {
        (Some(Ok(layer)), true) if is_bundle(&layer.media_type) => Ok(vec![Ok(layer)]),
        (Some(Err(fault)), true) => Err(fault),
        _ => Err(Fault::malformed("a bundle's manifest has exactly one layer, the bundle")),
    }
}

impl List {
    // Whether there is room for more.
    fn add(&mut self, index: manifest::Index) -> bool {
        for descriptor in index.manifests {
            match descriptor {
                Ok(descriptor) if self.seen.contains(&descriptor.digest) => {}
                Ok(_) if self.descriptors.len() == limits::REFERRERS => {
                    self.faults.push(Fault::limit("referrers of one image", limits::REFERRERS, "more"));
                    return false;
                }
                Ok(descriptor) => {
                    self.seen.insert(descriptor.digest.clone());
                    self.descriptors.push(descriptor);
                }
                Err(fault) if self.faults.len() < limits::REFERRERS => self.faults.push(fault),
                Err(_) => {}
            }
        }
        true
    }
}

// cosign's own fallback indexes call bundles empty.
fn is_likely(descriptor: &Descriptor) -> bool {
    let kind = descriptor.artifact_type.as_str();
    kind.is_empty()
        || kind.starts_with(BUNDLE)
        || [SIGNATURES, "application/vnd.oci.empty.v1+json"].contains(&kind)
}

fn dark(fault: Fault, place: Place) -> Found {
    Found { items: vec![], gaps: vec![fault.at(place, "list of referrers")] }
}
