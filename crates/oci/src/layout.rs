//! An image in a folder: an OCI image layout, as a place where evidence is, and as a place to write an image to.
//!
//! A folder is a stranger's as much as a registry is. Nothing outside of it is ever opened, names in it are digests that
//! are computed anew, and what is no regular file is refused before it is opened.
//!
//! Spec: image-spec "OCI Image Layout Specification"; the annotation `kind` of top-level descriptors is cosign's.

mod evidence;
mod folder;
mod write;

use std::{fs::File, io, path::Path};

use sealgate_verify::{Algorithm, Digest, GapCause};

use crate::{Descriptor, fault::Fault, limits, manifest};
use folder::Folder;
pub(crate) use write::Spool;
pub use write::{Kind, LayoutWriter};

/// A layout that was opened, and the one image it is about.
#[derive(Clone, Debug)]
pub struct Layout {
    folder: Folder,
    image: Descriptor,
    is_index: bool,
    entries: Vec<Descriptor>,
}

/// Why a folder is no layout of one image. What is wrong with evidence in it is a [`Gap`](sealgate_verify::Gap).
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// More than one image, and nobody to say which is meant.
    #[error("`index.json` names {found} images, a layout is about one")]
    Ambiguous {
        /// How many there are.
        found: usize,
    },
    /// Bytes that do not have the digest they are stored under.
    #[error("`{file}` holds bytes of {found}")]
    DigestMismatch {
        /// Which file.
        file: String,
        /// What they have.
        found: Digest,
    },
    /// Over a limit.
    #[error("`{file}`: {what}: the limit is {limit}, found {found}")]
    Limit {
        /// Which file.
        file: String,
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// What there is.
        found: u64,
    },
    /// Not readable as what it should be.
    #[error("`{file}`: {why}")]
    Malformed {
        /// Which file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// No image, or none that says so.
    #[error("`index.json` names no image")]
    NoImage,
    /// A symbolic link, a folder, a pipe or a device.
    #[error("`{file}` is not a {expected}")]
    NotAFile {
        /// Which file.
        file: String,
        /// `regular file` or `folder`.
        expected: &'static str,
    },
    /// The system refuses.
    #[error("`{file}` cannot be read")]
    Unreadable {
        /// Which file.
        file: String,
        /// The system's words.
        source: io::Error,
    },
    /// The system refuses, or the disk is full.
    #[error("`{file}` cannot be written")]
    Unwritable {
        /// Which file.
        file: String,
        /// The system's words.
        source: io::Error,
    },
}

impl LayoutError {
    /// Every code, for snapshots and documentation.
    pub const CODES: [&'static str; 8] = [
        "layout-ambiguous",
        "layout-digest-mismatch",
        "layout-limit-exceeded",
        "layout-malformed",
        "layout-not-a-file",
        "layout-unreadable",
        "layout-unwritable",
        "layout-without-image",
    ];

    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ambiguous { .. } => "layout-ambiguous",
            Self::DigestMismatch { .. } => "layout-digest-mismatch",
            Self::Limit { .. } => "layout-limit-exceeded",
            Self::Malformed { .. } => "layout-malformed",
            Self::NoImage => "layout-without-image",
            Self::NotAFile { .. } => "layout-not-a-file",
            Self::Unreadable { .. } => "layout-unreadable",
            Self::Unwritable { .. } => "layout-unwritable",
        }
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Ambiguous { .. } => "save each image into a folder of its own",
            Self::DigestMismatch { .. } => "the folder was changed or damaged; save the image again",
            Self::Limit { .. } => "save the image again, from a registry that you know",
            Self::Malformed { .. } => {
                "the folder was damaged or made by something else; save the image again"
            }
            Self::NoImage => "give a folder that `sealgate save` or `cosign save` wrote",
            Self::NotAFile { .. } => "save the image into an empty folder; links and pipes are not followed",
            Self::Unreadable { .. } => "give a folder with an OCI layout that you may read",
            Self::Unwritable { .. } => "make room on the disk, or name a folder that you may write to",
        }
    }

    /// Whether something is not there at all.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    fn into_fault(self) -> Fault {
        let cause = match &self {
            Self::DigestMismatch { .. } => GapCause::DigestMismatch,
            Self::Limit { .. } => GapCause::Limit,
            Self::Unreadable { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => return Fault::Absent { said: String::new() },
                io::ErrorKind::PermissionDenied => GapCause::AccessDenied,
                _ => GapCause::UnexpectedAnswer,
            },
            _ => GapCause::Malformed,
        };
        Fault::new(cause, self.to_string())
    }
}

impl Layout {
    /// Opens a folder, and finds the image it is about: the one that cosign marked, or the only one.
    ///
    /// # Errors
    /// [`LayoutError`] if it is no layout, or not of exactly one image.
    pub fn open(folder: &Path) -> Result<Self, LayoutError> {
        let folder = Folder::new(folder);
        let bytes = folder.read(&[INDEX], limits::MANIFEST_BYTES)?;
        let malformed = |fault: Fault| LayoutError::Malformed { file: INDEX.to_owned(), why: fault.said() };
        let index = manifest::index(&bytes).map_err(malformed)?;
        let entries: Vec<Descriptor> =
            index.manifests.into_iter().collect::<Result<_, _>>().map_err(malformed)?;
        let kinds = |kinds: &[&str]| -> Vec<&Descriptor> {
            entries.iter().filter(|entry| kinds.contains(&kind(entry))).collect()
        };
        let mut images = kinds(&[IMAGE, IMAGE_INDEX]);
        if images.is_empty() && entries.iter().all(|entry| kind(entry).is_empty()) {
            // Not cosign's: then it is about the only thing in it.
            images = kinds(&[""]);
        }
        images.dedup_by(|left, right| left.digest == right.digest);
        // What is of no kind that cosign writes may be what other tools take for the image.
        let stray = |entry: &&Descriptor| {
            ![IMAGE, IMAGE_INDEX, SIGNATURES, ATTESTATIONS].contains(&kind(entry))
                && images.iter().all(|image| image.digest != entry.digest)
        };
        let strays = entries.iter().filter(stray).count();
        if strays > 0 && !images.is_empty() {
            return Err(LayoutError::Ambiguous { found: images.len() + strays });
        }
        let image = match images.as_slice() {
            [] => return Err(LayoutError::NoImage),
            [image] => (*image).clone(),
            images => return Err(LayoutError::Ambiguous { found: images.len() }),
        };
        // THREAT: an image that was taken out of the folder, or replaced, beside signatures that are genuine.
        // See an_image_that_is_not_what_it_is_called_is_no_image.
        folder.blob(&image.digest, limits::MANIFEST_BYTES)?;
        let is_index = match kind(&image) {
            IMAGE => false,
            IMAGE_INDEX => true,
            _ => crate::Document::is_index(&image.media_type),
        };
        Ok(Self { folder, image, is_index, entries })
    }

    /// The digest of the image that the layout is about.
    pub fn digest(&self) -> &Digest {
        &self.image.digest
    }

    /// The image as `index.json` names it.
    pub fn image(&self) -> &Descriptor {
        &self.image
    }

    /// Whether it is an index of images.
    pub fn is_index(&self) -> bool {
        self.is_index
    }

    /// Whether `index.json` names manifests of signatures.
    pub fn has_signatures(&self) -> bool {
        self.of_kind(SIGNATURES).next().is_some()
    }

    /// Whether `index.json` names manifests of attestations.
    pub fn has_attestations(&self) -> bool {
        self.of_kind(ATTESTATIONS).next().is_some()
    }

    /// The manifests of signatures, and then those of attestations, that `index.json` names.
    pub fn attachments(&self) -> impl Iterator<Item = (Kind, &Descriptor)> {
        let of = |kind, name| self.of_kind(name).map(move |entry| (kind, entry));
        of(Kind::Signatures, SIGNATURES).chain(of(Kind::Attestations, ATTESTATIONS))
    }

    /// The manifests in the folder that refer to the image, in the order of their digests.
    ///
    /// # Errors
    /// [`LayoutError`] if any of the folder's manifests could not be looked at.
    pub fn referrers(&self) -> Result<Vec<Vec<u8>>, LayoutError> {
        let (mut found, mut held) = (Vec::new(), 0_u64);
        for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
            for name in self.folder.names(algorithm)? {
                if name == *self.digest() || !self.folder.looks_like_json(&name)? {
                    continue;
                }
                let bytes = self.folder.blob(&name, limits::MANIFEST_BYTES)?;
                let subject = manifest::manifest(&bytes).ok().and_then(|manifest| manifest.subject);
                if subject.as_ref() == Some(self.digest()) {
                    held = held.saturating_add(bytes.len() as u64);
                    found.push(bytes);
                }
                if held > limits::LAYOUT_SCANNED_BYTES {
                    return Err(LayoutError::Limit {
                        file: "blobs".to_owned(),
                        what: "bytes of referrers",
                        limit: limits::LAYOUT_SCANNED_BYTES,
                        found: held,
                    });
                }
                if found.len() > limits::REFERRERS {
                    let (limit, found) = (limits::REFERRERS as u64, found.len() as u64);
                    return Err(LayoutError::Limit {
                        file: "blobs".to_owned(),
                        what: "referrers",
                        limit,
                        found,
                    });
                }
            }
        }
        Ok(found)
    }

    pub(crate) fn manifest(&self, digest: &Digest) -> Result<Vec<u8>, LayoutError> {
        self.folder.blob(digest, limits::MANIFEST_BYTES)
    }

    /// Opens a blob that has the digest and the size that its descriptor says.
    pub(crate) fn blob(&self, blob: &Descriptor) -> Result<File, LayoutError> {
        self.folder.whole(&blob.digest, blob.size)
    }

    fn of_kind(&self, wanted: &'static str) -> impl Iterator<Item = &Descriptor> {
        self.entries.iter().filter(move |entry| kind(entry) == wanted)
    }
}

fn kind(entry: &Descriptor) -> &str {
    entry.annotations.get(KIND).map(String::as_str).unwrap_or_default()
}

const INDEX: &str = "index.json";
const KIND: &str = "kind";
const IMAGE: &str = "dev.cosignproject.cosign/image";
const IMAGE_INDEX: &str = "dev.cosignproject.cosign/imageIndex";
const SIGNATURES: &str = "dev.cosignproject.cosign/sigs";
const ATTESTATIONS: &str = "dev.cosignproject.cosign/atts";
