//! What is attached to the image of a layout, as the same evidence that a registry gives.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use sealgate_verify::{Algorithm, Digest, Entry, Evidence, Gap, Item, Place, Timestamp};

use super::{ATTESTATIONS, Layout, LayoutError, SIGNATURES};
use crate::{
    Descriptor,
    fault::Fault,
    gather::{Bytes, Found, merged, referrers::signed_layers, rounds::Rounds, too_many},
    limits,
    manifest::{self, SIMPLE_SIGNING},
};

/// One reading of a layout, and what it may still cost.
struct Reading<'a> {
    layout: &'a Layout,
    most: usize,
    left: u64,
    /// Layers that were read: several signatures of one payload are several layers of one digest.
    read: BTreeMap<(Digest, u64, String), Bytes>,
}

impl Layout {
    /// Collects every candidate for the image: the layers of cosign's signatures and attestations, and the bundles that
    /// refer to it, of an index as well as of an image. What could not be read is in the gaps.
    ///
    /// With `cosign_limits` as many are handed on as cosign's verbs read, instead of the gate's number.
    pub fn entry(&self, cosign_limits: bool) -> Entry {
        let most = if cosign_limits { limits::ITEMS_FOR_COSIGN } else { limits::ITEMS };
        let mut reading = Reading { layout: self, most, left: limits::IMAGE_BYTES, read: BTreeMap::new() };
        let (manifest, mut gaps) = match reading.blob(self.digest(), limits::MANIFEST_BYTES) {
            Ok(bytes) => (Some(bytes), vec![]),
            Err(fault) => (None, vec![fault.listed(Place::Manifest, "image manifest")]),
        };
        let places = [
            reading.referrers(),
            reading.layers(SIGNATURES, Place::SignatureTag),
            reading.layers(ATTESTATIONS, Place::AttestationTag),
        ];
        let items = merged(places, most, &mut gaps);
        let looked_in = BTreeSet::from([
            Place::AttestationTag,
            Place::FallbackTag,
            Place::Manifest,
            Place::Referrers,
            Place::SignatureTag,
        ]);
        Entry { digest: self.digest().clone(), manifest, items, gaps, looked_in }
    }

    /// The same as evidence about `reference`, whose bytes the folder holds as far as whoever asks says.
    pub fn evidence(&self, reference: &str, now: Timestamp, cosign_limits: bool) -> Evidence {
        let entries = vec![self.entry(cosign_limits)];
        Evidence { reference: reference.to_owned(), gathered_at: now, entries, gaps: vec![] }
    }
}

impl Reading<'_> {
    fn blob(&mut self, digest: &Digest, limit: u64) -> Result<Arc<[u8]>, Fault> {
        let bytes =
            self.layout.folder.blob(digest, limit.min(self.left.max(1))).map_err(LayoutError::into_fault)?;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Ok(bytes.into())
    }

    fn layer(&mut self, layer: &Descriptor, place: Place) -> Result<Item, Fault> {
        let (media_type, annotations) = (layer.media_type.clone(), layer.annotations.clone());
        let key = (layer.digest.clone(), layer.size, media_type.clone());
        let bytes = match self.read.get(&key) {
            Some(read) => read.clone(),
            None => {
                let read = self.layer_bytes(layer);
                self.read.insert(key, read.clone());
                read
            }
        }?;
        Ok(Item { bytes, media_type, annotations, place })
    }

    fn layer_bytes(&mut self, layer: &Descriptor) -> Result<Arc<[u8]>, Fault> {
        let limit = if layer.media_type == SIMPLE_SIGNING {
            limits::SIMPLE_SIGNING_BYTES
        } else {
            limits::BLOB_BYTES
        };
        let bytes = self.blob(&layer.digest, limit)?;
        match bytes.len() as u64 == layer.size {
            true => Ok(bytes),
            false => Err(Fault::malformed(format!(
                "{} has {} bytes, its descriptor says {}",
                layer.digest,
                bytes.len(),
                layer.size
            ))),
        }
    }

    fn layers(&mut self, kind: &'static str, place: Place) -> Found {
        let mut found = Found::default();
        let manifests: Vec<Digest> = self.layout.of_kind(kind).map(|entry| entry.digest.clone()).collect();
        for digest in manifests {
            if let Err(fault) = self.layers_of(&digest, place, &mut found) {
                found.gaps.push(fault.listed(place, &format!("manifest {digest}")));
            }
        }
        found
    }

    fn layers_of(&mut self, digest: &Digest, place: Place, found: &mut Found) -> Result<(), Fault> {
        let bytes = self.blob(digest, limits::MANIFEST_BYTES)?;
        for layer in manifest::manifest(&bytes)?.layers {
            if found.items.len() == self.most {
                return Err(too_many(self.most, self.most + 1));
            }
            let item = layer.and_then(|layer| self.layer(&layer, place));
            match item {
                Ok(item) => found.items.push(item),
                Err(fault) => found.gaps.push(fault.listed(place, &format!("a layer of {digest}"))),
            }
        }
        Ok(())
    }

    // A layout has no list of referrers: every blob that is a manifest is asked what it refers to.
    fn referrers(&mut self) -> Found {
        let mut found = Found::default();
        let mut scanned = limits::LAYOUT_SCANNED_BYTES;
        let mut rounds = Rounds::new(self.most);
        'folder: for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
            let names = match self.layout.folder.names(algorithm) {
                Ok(names) => names,
                Err(error) => {
                    found.gaps.push(gap(error, "referrers"));
                    continue;
                }
            };
            for name in names {
                match self.referrer(&name, &mut scanned) {
                    Ok(layers) => rounds.add(layers.into_iter().map(|layer| (name.clone(), layer)).collect()),
                    Err(fault) => {
                        found.gaps.push(fault.listed(Place::Referrers, &format!("referrer {name}")));
                        if found.gaps.len() == limits::REFERRERS {
                            break 'folder;
                        }
                    }
                }
            }
        }
        let cut = rounds.too_many();
        for (name, layer) in rounds.taken() {
            match layer.and_then(|layer| self.layer(&layer, Place::Referrers)) {
                Ok(item) => found.items.push(item),
                Err(fault) => found.gaps.push(fault.listed(Place::Referrers, &format!("referrer {name}"))),
            }
        }
        if let Some(count) = cut {
            found.gaps.push(too_many(self.most, count).at(Place::Referrers, "referrers"));
        }
        found
    }

    // The layers that hold signatures, where a blob is a manifest that refers to the image.
    fn referrer(
        &mut self,
        name: &Digest,
        scanned: &mut u64,
    ) -> Result<Vec<Result<Descriptor, Fault>>, Fault> {
        let folder = &self.layout.folder;
        if name == self.layout.digest() || !folder.looks_like_json(name).map_err(LayoutError::into_fault)? {
            return Ok(Vec::new());
        }
        let bytes = folder.blob(name, limits::MANIFEST_BYTES).map_err(LayoutError::into_fault)?;
        *scanned = scanned.checked_sub(bytes.len() as u64).ok_or_else(|| {
            Fault::limit("bytes of a layout that are looked through", limits::LAYOUT_SCANNED_BYTES, "more")
        })?;
        // Configurations and bundles are JSON too; what is no manifest refers to nothing.
        let Ok(read) = manifest::manifest(&bytes) else { return Ok(Vec::new()) };
        if read.subject.as_ref() != Some(self.layout.digest()) {
            return Ok(Vec::new());
        }
        signed_layers(&bytes, self.layout.digest())
    }
}

fn gap(error: LayoutError, what: &str) -> Gap {
    error.into_fault().listed(Place::Referrers, what)
}
