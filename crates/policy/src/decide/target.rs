//! What is judged: one digest, what was found about it, and what could not be read.

use std::collections::BTreeSet;

use sealgate_verify::{Artifact, Digest, Evidence, Gap, GapCause, Item, Place, Reference};

use super::Request;
use crate::{load::SIGNATURE_PLACES, reason::shown};

/// The part of the evidence that is about the request.
pub(super) struct Target<'e> {
    /// The digest referenced, or the one that the tag resolves to.
    pub(super) digest: Option<Digest>,
    /// The manifest's bytes, if they are there and have that digest.
    manifest: Option<&'e [u8]>,
    /// Every item once, in an order of its own.
    pub(super) items: Vec<&'e Item>,
    /// What could not be found out about signatures.
    pub(super) gaps: Vec<Gap>,
}

impl<'e> Target<'e> {
    /// Picks what is about `request`. Evidence about anything else is none.
    pub(super) fn of(request: &Request, evidence: &'e Evidence) -> Self {
        let written = request.reference.digest();
        let digest = match written {
            Some(digest) => Some(digest.clone()),
            None if is_about(evidence, &request.reference) => {
                evidence.entries.first().map(|entry| entry.digest.clone())
            }
            None => None,
        };
        let entries: Vec<_> =
            evidence.entries.iter().filter(|entry| Some(&entry.digest) == digest.as_ref()).collect();
        let mut gaps = evidence.gaps.clone();
        let mut looked_in: BTreeSet<Place> = BTreeSet::new();
        let mut items: Vec<&Item> = Vec::new();
        for entry in &entries {
            gaps.extend(entry.gaps.iter().cloned());
            looked_in.extend(&entry.looked_in);
            items.extend(&entry.items);
        }
        if entries.is_empty() && gaps.is_empty() {
            let detail = "the evidence says nothing about this image".to_owned();
            gaps.push(Gap { place: Place::Tag, cause: GapCause::NotLookedFor, detail });
        } else if !entries.is_empty() {
            let unseen = SIGNATURE_PLACES.iter().filter(|place| !looked_in.contains(place));
            gaps.extend(unseen.filter(|place| evidence_of(&entries, **place).is_none()).map(|place| Gap {
                place: *place,
                cause: GapCause::NotLookedFor,
                detail: "nobody looked there".to_owned(),
            }));
        }
        gaps.sort_by(|left, right| {
            (left.cause, left.place, &left.detail).cmp(&(right.cause, right.place, &right.detail))
        });
        gaps.dedup();
        items.sort_by(|left, right| key(left).cmp(&key(right)));
        items.dedup_by(|left, right| is_same(left, right));
        let bytes = entries.iter().filter_map(|entry| entry.manifest.as_deref());
        let manifest =
            digest.as_ref().and_then(|digest| bytes.into_iter().find(|bytes| digest.matches(bytes)));
        Self { digest, manifest, items, gaps }
    }

    /// What signatures must be about.
    pub(super) fn artifact(&self) -> Option<Artifact<'_>> {
        let digest = self.digest.as_ref()?;
        Some(self.manifest.map_or(Artifact::Digest(digest), Artifact::Bytes))
    }

    /// Notes that the manifest's bytes were needed, and nobody fetched them.
    pub(super) fn miss_manifest(&mut self) {
        let detail = "a signature is over the manifest's bytes, which are not in the evidence".to_owned();
        self.gaps.push(Gap { place: Place::Manifest, cause: GapCause::NotLookedFor, detail });
    }

    /// What the tag resolves to, in words.
    pub(super) fn resolved(&self) -> String {
        self.digest
            .as_ref()
            .map_or_else(|| "nothing that could be found out".to_owned(), |digest| format!("`{digest}`"))
    }

    /// Gaps, as facts beside the verdict. `asked` is whether any policy needed to know.
    pub(super) fn notes(&self, asked: bool) -> Vec<String> {
        let told = self.gaps.iter().filter(|gap| asked || gap.cause != GapCause::NotLookedFor);
        told.map(|gap| format!("{} could not be read: {}", place(gap.place), shown(&gap.detail))).collect()
    }
}

/// A place, in words.
pub(super) fn place(place: Place) -> &'static str {
    match place {
        Place::AttestationTag => "cosign's `.att` tag",
        Place::FallbackTag => "the referrers fallback tag",
        Place::File => "the file given by hand",
        Place::Manifest => "the image's manifest",
        Place::Referrers => "the list of referrers",
        Place::SignatureTag => "cosign's `.sig` tag",
        Place::Tag => "the image reference",
    }
}

fn evidence_of<'e>(entries: &[&'e sealgate_verify::Entry], place: Place) -> Option<&'e Gap> {
    entries.iter().flat_map(|entry| &entry.gaps).find(|gap| gap.place == place)
}

/// A tag says nothing by itself: what it resolved to must have been asked about this very name.
fn is_about(evidence: &Evidence, reference: &Reference) -> bool {
    let Ok(asked) = Reference::parse(&evidence.reference) else { return false };
    let is_pinned =
        asked.digest().is_some() && asked.digest() == evidence.entries.first().map(|entry| &entry.digest);
    let is_same_tag = asked.tag().unwrap_or("latest") == reference.tag().unwrap_or("latest");
    asked.name() == reference.name() && (is_pinned || is_same_tag)
}

type Key<'e> = (&'e [u8], &'e std::collections::BTreeMap<String, String>, &'e str, Place);

fn key(item: &Item) -> Key<'_> {
    (&item.bytes, &item.annotations, &item.media_type, item.place)
}

/// The same candidate found in two places is one item.
fn is_same(left: &Item, right: &Item) -> bool {
    left.bytes == right.bytes && left.annotations == right.annotations && left.media_type == right.media_type
}
