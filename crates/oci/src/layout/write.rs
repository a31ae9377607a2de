//! Writes a layout. Every name is a digest that was computed here, every file appears whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use sealgate_verify::{Digest, Hasher};
use serde_json::{Value, json};

use super::{ATTESTATIONS, IMAGE, IMAGE_INDEX, INDEX, KIND, LayoutError, SIGNATURES, folder::Folder};
use crate::{Document, manifest::OCI_INDEX};

/// A layout that is being written. Its index is replaced at the very end: until then the folder is what it was.
#[derive(Debug)]
pub struct LayoutWriter {
    root: PathBuf,
    folder: Folder,
    entries: Vec<Value>,
}

/// What a top-level manifest is, in cosign's words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The manifest whose layers are attestations.
    Attestations,
    /// The image.
    Image,
    /// The manifest whose layers are signatures.
    Signatures,
}

impl LayoutWriter {
    /// Makes the folder, or goes into the one that is there. Blobs in it stay, and are used if they are what they should be.
    ///
    /// # Errors
    /// [`LayoutError::Unwritable`], and [`LayoutError::NotAFile`] for links where folders should be.
    pub fn begin(folder: &Path) -> Result<Self, LayoutError> {
        let writer = Self { root: folder.to_owned(), folder: Folder::new(folder), entries: Vec::new() };
        let made = match fs::create_dir_all(folder) {
            // Go's word for what stands in the way.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(io::Error::from_raw_os_error(NOT_A_DIRECTORY))
            }
            made => made,
        };
        made.map_err(|source| LayoutError::Unwritable { file: folder.display().to_string(), source })?;
        Ok(writer)
    }

    /// Writes a manifest that is whole in memory; its bytes say what it is called.
    ///
    /// # Errors
    /// [`LayoutError`]
    pub fn put(&self, digest: &Digest, bytes: &[u8]) -> Result<(), LayoutError> {
        let mut spool = self.spool(digest)?;
        spool
            .take(bytes)
            .and_then(|()| spool.settle(digest, bytes.len() as u64))
            .map_err(|source| LayoutError::Unwritable { file: name_of(digest), source })
    }

    /// Names a manifest in the index.
    pub fn name(&mut self, kind: Kind, digest: &Digest, size: u64, media_type: &str, document: &Document) {
        let kind = match (kind, document) {
            (Kind::Attestations, _) => ATTESTATIONS,
            (Kind::Image, Document::Image(_)) => IMAGE,
            (Kind::Image, Document::Index(_)) => IMAGE_INDEX,
            (Kind::Signatures, _) => SIGNATURES,
        };
        let mut entry = json!({
            "mediaType": media_type, "size": size, "digest": digest, "annotations": {KIND: kind},
        });
        if let (Document::Image(image), Value::Object(fields)) = (document, &mut entry) {
            let config = || image.config.as_ref().map(|config| config.media_type.clone());
            if let Some(kind) = image.artifact_type.clone().or_else(config) {
                fields.insert("artifactType".to_owned(), kind.into());
            }
        }
        self.entries.push(entry);
    }

    /// Writes the index, and so makes the folder a layout of what was named.
    ///
    /// # Errors
    /// [`LayoutError::Unwritable`]; the folder is then what it was.
    pub fn finish(self) -> Result<(), LayoutError> {
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": self.entries});
        self.file("oci-layout", b"{\n    \"imageLayoutVersion\": \"1.0.0\"\n}")?;
        self.file(INDEX, format!("{index:#}").as_bytes())
    }

    /// Whether a blob of that digest is there already, whole.
    pub(crate) fn has(&self, digest: &Digest, size: u64) -> bool {
        self.folder.whole(digest, size).is_ok()
    }

    /// Opens a place for the bytes of that digest.
    pub(crate) fn spool(&self, digest: &Digest) -> Result<Spool, LayoutError> {
        let unwritable = |source| LayoutError::Unwritable { file: name_of(digest), source };
        let mut folder = self.root.clone();
        for part in [BLOBS, digest.algorithm().name()] {
            folder.push(part);
            match fs::create_dir(&folder) {
                Ok(()) => {}
                // THREAT: a link where a folder should be, and the image is written elsewhere. See
                // an_image_is_not_saved_through_a_link.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if !fs::symlink_metadata(&folder).map_err(unwritable)?.is_dir() {
                        return Err(LayoutError::NotAFile { file: part.to_owned(), expected: "folder" });
                    }
                }
                Err(error) => return Err(unwritable(error)),
            }
        }
        Spool::open(folder, digest.hex(), digest).map_err(unwritable)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> Result<(), LayoutError> {
        let digest = Digest::sha256(bytes);
        let written = Spool::open(self.root.clone(), name.to_owned(), &digest).and_then(|mut spool| {
            spool.take(bytes)?;
            spool.settle(&digest, bytes.len() as u64)
        });
        written.map_err(|source| LayoutError::Unwritable { file: name.to_owned(), source })
    }
}

/// A file that is being written beside its final place.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    name: String,
    beside: PathBuf,
    file: File,
    hasher: Hasher,
    written: u64,
    is_settled: bool,
}

impl Spool {
    fn open(folder: PathBuf, name: String, digest: &Digest) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let beside = folder.join(format!(".{name}.{}.{number}", std::process::id()));
        // Never what somebody else put there.
        let file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        let hasher = Hasher::new(digest.algorithm());
        Ok(Self { folder, name, beside, file, hasher, written: 0, is_settled: false })
    }

    /// Begins anew, after an answer that broke off.
    pub(crate) fn begin(&mut self, digest: &Digest) -> io::Result<()> {
        if self.written > 0 {
            self.file.set_len(0)?;
            io::Seek::rewind(&mut self.file)?;
        }
        (self.hasher, self.written) = (Hasher::new(digest.algorithm()), 0);
        Ok(())
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.written = self.written.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// What has been written, by digest and length.
    pub(crate) fn found(&self) -> (Digest, u64) {
        (self.hasher.clone().finish(), self.written)
    }

    /// Puts the file into its place, if it is what it should be.
    pub(crate) fn settle(mut self, digest: &Digest, size: u64) -> io::Result<()> {
        if self.found() != (digest.clone(), size) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "other bytes than were announced"));
        }
        // A full disk may tell only now.
        self.file.sync_all()?;
        fs::rename(&self.beside, self.folder.join(&self.name))?;
        self.is_settled = true;
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if !self.is_settled {
            // Nobody is left to tell; the name says what it is.
            let _left = fs::remove_file(&self.beside);
        }
    }
}

fn name_of(digest: &Digest) -> String {
    format!("{BLOBS}/{}/{}", digest.algorithm().name(), digest.hex())
}

const BLOBS: &str = "blobs";
// ENOTDIR
const NOT_A_DIRECTORY: i32 = 20;
