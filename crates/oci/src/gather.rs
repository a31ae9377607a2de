//! Collects every candidate for one digest, from all places at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures_util::{StreamExt as _, future::join4, stream};
use sealgate_verify::{Digest, Entry, Gap, GapCause, Item, Place, Reference};
use tokio::time::Instant;

use crate::{
    Look,
    fault::Fault,
    lanes::Budget,
    limits,
    manifest::{self, ACCEPT_ANY, ACCEPT_MANIFEST, DOCKER_MANIFEST, Descriptor, OCI_MANIFEST},
    source::Source,
    transport::Transport,
};

pub(crate) mod referrers;
pub(crate) mod rounds;

/// What a layer holds, or why that could not be read.
pub(crate) type Bytes = Result<Arc<[u8]>, Fault>;

/// What one place held.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) items: Vec<Item>,
    pub(crate) gaps: Vec<Gap>,
}

/// One image, and what it may still cost.
struct Gathering<'a> {
    transport: &'a Transport,
    digest: &'a Digest,
    most: usize,
    budget: Budget,
    deadline: Instant,
}

/// Gathers `look.places` for `digest` within `budget`; at most `most` items are handed on.
pub(crate) async fn gather(
    transport: &Transport,
    reference: &Reference,
    digest: &Digest,
    look: &Look,
    most: usize,
    budget: Budget,
    deadline: Instant,
) -> Entry {
    let gathering = Gathering { transport, digest, most, budget, deadline };
    let evidence = look.evidence_repository.as_ref().unwrap_or(reference);
    let places = places(look);
    let wanted = |place| places.contains(&place);
    let (manifest, referrers, signatures, attestations) = join4(
        async { if wanted(Place::Manifest) { gathering.image(reference).await } else { (None, vec![]) } },
        async {
            if wanted(Place::Referrers) { gathering.referrers(evidence).await } else { Found::default() }
        },
        async {
            if wanted(Place::SignatureTag) {
                gathering.tag(evidence, Place::SignatureTag, &look.tag_prefix, "sig").await
            } else {
                Found::default()
            }
        },
        async {
            if wanted(Place::AttestationTag) {
                gathering.tag(evidence, Place::AttestationTag, &look.tag_prefix, "att").await
            } else {
                Found::default()
            }
        },
    )
    .await;
    let (manifest, mut gaps) = manifest;
    let items = merged([referrers, signatures, attestations], most, &mut gaps);
    Entry { digest: digest.clone(), manifest, items, gaps, looked_in: places }
}

// INVARIANT: what is not looked at here is not said to have been looked at. The list of referrers and its fallback
// tag are one place with two doors.
fn places(look: &Look) -> BTreeSet<Place> {
    let asked = |place: &Place| look.places.contains(place);
    let is_wanted = |place: &Place| match place {
        Place::AttestationTag | Place::SignatureTag => asked(place),
        Place::FallbackTag | Place::Referrers => asked(&Place::FallbackTag) || asked(&Place::Referrers),
        Place::Manifest => look.manifest || asked(place),
        Place::File | Place::Tag => false,
    };
    [Place::AttestationTag, Place::FallbackTag, Place::Manifest, Place::Referrers, Place::SignatureTag]
        .into_iter()
        .filter(is_wanted)
        .collect()
}

// Turn by turn, so that a place stuffed to the limit cannot crowd out the others.
pub(crate) fn merged(places: [Found; 3], most: usize, gaps: &mut Vec<Gap>) -> Vec<Item> {
    let total: usize = places.iter().map(|found| found.items.len()).sum();
    let mut room = most;
    let mut take = [0_usize; 3];
    while room > 0 && take.iter().sum::<usize>() < total.min(most) {
        for (taken, found) in take.iter_mut().zip(&places) {
            if room > 0 && *taken < found.items.len() {
                *taken += 1;
                room -= 1;
            }
        }
    }
    let mut items = Vec::with_capacity(total.min(most));
    for (found, taken) in places.into_iter().zip(take) {
        let place = found.items.last().map(|item| item.place);
        let (all, mut found_items) = (found.items.len(), found.items);
        found_items.truncate(taken);
        items.extend(found_items);
        gaps.extend(found.gaps);
        if let Some(place) = place
            && taken < all
        {
            gaps.push(too_many(most, total).at(place, "image"));
        }
    }
    items
}

pub(crate) fn too_many(most: usize, found: usize) -> Fault {
    Fault::limit("signatures and attestations of one image", most, found)
}

impl Gathering<'_> {
    async fn source<'a>(&'a self, reference: &'a Reference) -> Result<Source<'a>, Fault> {
        Source::of(self.transport, reference, &self.budget, self.deadline).await
    }

    async fn image(&self, reference: &Reference) -> (Option<Arc<[u8]>>, Vec<Gap>) {
        let fetched = match self.source(reference).await {
            Ok(source) => source.manifest(self.digest, None, ACCEPT_ANY).await,
            Err(fault) => Err(fault),
        };
        match fetched {
            Ok(fetched) => (Some(fetched.bytes.into()), vec![]),
            Err(fault) => (None, vec![fault.at(Place::Manifest, "image manifest")]),
        }
    }

    /// Reads one of cosign's tags: an image manifest whose every layer is a candidate.
    async fn tag(&self, reference: &Reference, place: Place, prefix: &str, end: &str) -> Found {
        let tag = format!("{prefix}{}-{}.{end}", self.digest.algorithm().name(), self.digest.hex());
        if tag.len() > TAG_CHARACTERS {
            return Found::default();
        }
        match self.layers(reference, &tag, place).await {
            Ok(found) => found,
            Err(Fault::Absent { .. }) => Found::default(),
            Err(dark) => Found { items: vec![], gaps: vec![dark.at(place, &format!("tag `{tag}`"))] },
        }
    }

    async fn layers(&self, reference: &Reference, tag: &str, place: Place) -> Result<Found, Fault> {
        let source = self.source(reference).await?;
        let tagged = source.tag(tag, ACCEPT_MANIFEST, &[OCI_MANIFEST, DOCKER_MANIFEST]).await?;
        let layers = manifest::manifest(&tagged.bytes)?.layers;
        let mut found = Found::default();
        if layers.len() > self.most {
            found.gaps.push(too_many(self.most, layers.len()).at(place, &format!("tag `{tag}`")));
        }
        let mut wanted = vec![];
        for layer in layers.into_iter().take(self.most) {
            match layer {
                Ok(layer) => wanted.push(layer),
                Err(fault) => found.gaps.push(fault.at(place, &format!("a layer of `{tag}`"))),
            }
        }
        self.blobs(&source, &wanted, BTreeMap::new(), place, &mut found).await;
        Ok(found)
    }

    /// Fetches layers, in their order, but those of `blobs`. Several signatures of one payload are several layers of one
    /// digest, which is fetched once.
    async fn blobs<'w>(
        &self,
        source: &Source<'_>,
        wanted: &'w [Descriptor],
        mut blobs: BTreeMap<Key<'w>, Bytes>,
        place: Place,
        found: &mut Found,
    ) {
        let mut seen: BTreeSet<_> = blobs.keys().copied().collect();
        let fetches: Vec<_> = wanted
            .iter()
            .filter(|layer| seen.insert(key(layer)))
            .map(|layer| async move { (key(layer), source.blob(layer).await) })
            .collect();
        let fetched: Vec<_> =
            stream::iter(fetches).buffer_unordered(limits::REFERRERS_AT_ONCE).collect().await;
        blobs.extend(fetched);
        for layer in wanted {
            match blobs.get(&key(layer)) {
                Some(Ok(bytes)) => found.items.push(item(Arc::clone(bytes), layer, place)),
                Some(Err(fault)) => {
                    found.gaps.push(fault.clone().listed(place, &format!("layer {}", layer.digest)))
                }
                None => found.gaps.push(
                    Fault::new(GapCause::UnexpectedAnswer, "was not fetched")
                        .at(place, &layer.digest.to_string()),
                ),
            }
        }
    }
}

// What decides how a layer is fetched, and what may come.
type Key<'a> = (&'a Digest, u64, &'a str);

fn key(layer: &Descriptor) -> Key<'_> {
    (&layer.digest, layer.size, &layer.media_type)
}

fn item(bytes: Arc<[u8]>, layer: &Descriptor, place: Place) -> Item {
    Item { bytes, media_type: layer.media_type.clone(), annotations: layer.annotations.clone(), place }
}

// distribution-spec: a tag is at most 128 characters; a longer one can hold nothing.
const TAG_CHARACTERS: usize = 128;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sealgate_verify::{GapCause, Item, Place};

    use super::{Found, merged};

    fn found(place: Place, count: usize) -> Found {
        let item = Item {
            bytes: b"x".as_slice().into(),
            media_type: String::new(),
            annotations: BTreeMap::new(),
            place,
        };
        Found { items: vec![item; count], gaps: vec![] }
    }

    #[test]
    fn a_place_stuffed_to_the_limit_does_not_crowd_out_the_others() {
        let mut gaps = vec![];
        let places =
            [found(Place::Referrers, 64), found(Place::SignatureTag, 1), found(Place::AttestationTag, 2)];
        let items = merged(places, 64, &mut gaps);
        let count = |place| items.iter().filter(|item| item.place == place).count();
        assert_eq!((items.len(), count(Place::SignatureTag), count(Place::AttestationTag)), (64, 1, 2));
        assert_eq!(
            gaps.iter().map(|gap| (gap.place, gap.cause)).collect::<Vec<_>>(),
            [(Place::Referrers, GapCause::Limit)]
        );
    }

    #[test]
    fn items_up_to_the_limit_are_all_handed_on() {
        let mut gaps = vec![];
        let places = [found(Place::Referrers, 60), found(Place::SignatureTag, 4), Found::default()];
        assert_eq!(merged(places, 64, &mut gaps).len(), 64);
        assert!(gaps.is_empty());
        let places = [found(Place::Referrers, 60), found(Place::SignatureTag, 5), Found::default()];
        assert_eq!(merged(places, 64, &mut gaps).len(), 64);
        assert_eq!(gaps.len(), 1);
        assert!(merged([Found::default(), Found::default(), Found::default()], 0, &mut vec![]).is_empty());
    }
}
