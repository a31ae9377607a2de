//! Copies images from a registry into a layout, layer by layer, never whole in memory.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sealgate_verify::{Digest, Gap, Place, Reference};
use tokio::time::Instant;

use crate::{
    Client, Descriptor, Document, LayoutError, LayoutWriter, document::read, fault::Fault, lanes::Budget,
    layout::Spool, limits, manifest::ACCEPT_ANY, source::Source,
};

/// Why an image could not be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The folder.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The registry.
    #[error("{}", .0.detail)]
    Registry(Gap),
}

/// Where the bytes of a blob go while they arrive.
#[derive(Debug)]
pub(crate) struct Sink {
    spool: Mutex<(Spool, Option<std::io::Error>)>,
    digest: Digest,
}

impl Sink {
    pub(crate) fn begin(&self) -> Result<(), Fault> {
        self.with(|spool| spool.begin(&self.digest))
    }

    pub(crate) fn take(&self, bytes: &[u8]) -> Result<(), Fault> {
        self.with(|spool| spool.take(bytes))
    }

    fn with(&self, work: impl FnOnce(&mut Spool) -> std::io::Result<()>) -> Result<(), Fault> {
        let mut held = self.spool.lock().unwrap_or_else(PoisonError::into_inner);
        let (spool, broken) = &mut *held;
        work(spool).map_err(|error| {
            *broken = Some(error);
            Fault::malformed("could not be written")
        })
    }
}

/// One copying, and what it may still cost.
struct Copying<'a> {
    source: Source<'a>,
    writer: &'a LayoutWriter,
    seen: HashSet<Digest>,
    bytes: u64,
}

impl Client {
    /// Copies a manifest that was fetched, and everything that it names, into a layout: of an index all images.
    ///
    /// # Errors
    /// [`CopyError`]; what was written by then are whole blobs, and no index names them.
    pub async fn save(
        &self,
        reference: &Reference,
        manifest: &[u8],
        writer: &LayoutWriter,
        deadline: Instant,
    ) -> Result<(), CopyError> {
        let budget = Budget::new(limits::MANIFESTS_SAVED_BYTES);
        let source = Source::of(self.transport(), reference, &budget, deadline)
            .await
            .map_err(|fault| at(fault, "registry"))?;
        let bytes = limits::SAVED_BYTES;
        Copying { source, writer, seen: HashSet::new(), bytes }.all(manifest).await
    }
}

impl Copying<'_> {
    // Children before parents, so that what is there is whole.
    async fn all(&mut self, manifest: &[u8]) -> Result<(), CopyError> {
        let digest = Digest::sha256(manifest);
        let mut waiting = vec![(digest, manifest.to_vec(), 0)];
        let mut found = Vec::new();
        while let Some((digest, bytes, depth)) = waiting.pop() {
            let document = read(&bytes).map_err(|fault| at(fault, &format!("manifest {digest}")))?;
            let mut blobs = Vec::new();
            match document {
                Document::Image(image) => blobs.extend(image.layers.into_iter().chain(image.config)),
                Document::Index(index) => {
                    for entry in index.manifests {
                        if !Document::is_manifest(&entry.media_type) {
                            blobs.push(entry);
                        } else if depth == limits::INDEX_DEPTH {
                            let fault = Fault::limit("indexes in indexes", limits::INDEX_DEPTH, "more");
                            return Err(at(fault, "index"));
                        } else if self.is_new(&entry.digest)? {
                            let child = self.manifest(&entry).await?;
                            waiting.push((entry.digest, child, depth + 1));
                        }
                    }
                }
            }
            self.blobs(blobs).await?;
            found.push((digest, bytes));
        }
        for (digest, bytes) in found.iter().rev() {
            self.writer.put(digest, bytes)?;
        }
        Ok(())
    }

    async fn manifest(&self, entry: &Descriptor) -> Result<Vec<u8>, CopyError> {
        let fetched = self.source.manifest(&entry.digest, Some(entry.size), ACCEPT_ANY).await;
        fetched.map(|fetched| fetched.bytes).map_err(|fault| {
            CopyError::Registry(fault.listed(Place::Manifest, &format!("manifest {}", entry.digest)))
        })
    }

    fn is_new(&mut self, digest: &Digest) -> Result<bool, CopyError> {
        if self.seen.contains(digest) {
            return Ok(false);
        }
        if self.seen.len() == limits::SAVED_BLOBS {
            return Err(at(Fault::limit("blobs of one image", limits::SAVED_BLOBS, "more"), "image"));
        }
        Ok(self.seen.insert(digest.clone()))
    }

    async fn blobs(&mut self, blobs: Vec<Descriptor>) -> Result<(), CopyError> {
        let mut wanted = Vec::new();
        for blob in blobs {
            if !self.is_new(&blob.digest)? {
                continue;
            }
            self.bytes = self.bytes.checked_sub(blob.size).ok_or_else(|| {
                at(Fault::limit("bytes of one image", limits::SAVED_BYTES, "more"), "image")
            })?;
            wanted.push(blob);
        }
        let (source, writer) = (&self.source, self.writer);
        let copies: Vec<_> = wanted.iter().map(|blob| copy(source, writer, blob)).collect();
        stream::iter(copies).buffer_unordered(limits::REFERRERS_AT_ONCE).try_collect().await
    }
}

async fn copy(source: &Source<'_>, writer: &LayoutWriter, blob: &Descriptor) -> Result<(), CopyError> {
    if writer.has(&blob.digest, blob.size) {
        return Ok(());
    }
    let sink = Sink { spool: Mutex::new((writer.spool(&blob.digest)?, None)), digest: blob.digest.clone() };
    let copied = source.copy(blob, &sink).await;
    let (spool, broken) = sink.spool.into_inner().unwrap_or_else(PoisonError::into_inner);
    let file = || format!("blobs/{}/{}", blob.digest.algorithm().name(), blob.digest.hex());
    if let Some(source) = broken {
        return Err(LayoutError::Unwritable { file: file(), source }.into());
    }
    let listed =
        |fault: Fault| CopyError::Registry(fault.listed(Place::Manifest, &format!("blob {}", blob.digest)));
    copied.map_err(listed)?;
    let (found, length) = spool.found();
    if found != blob.digest || length != blob.size {
        return Err(listed(Fault::new(
            sealgate_verify::GapCause::DigestMismatch,
            format!("asked for {} of {} bytes, got {length} bytes of {found}", blob.digest, blob.size),
        )));
    }
    spool
        .settle(&blob.digest, blob.size)
        .map_err(|source| LayoutError::Unwritable { file: file(), source }.into())
}

fn at(fault: Fault, what: &str) -> CopyError {
    CopyError::Registry(fault.at(Place::Manifest, what))
}
