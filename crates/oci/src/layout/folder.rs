//! Files of one folder, and of no other.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, open, openat, statat},
    io::Errno,
};
use sealgate_verify::{Algorithm, Digest, Hasher};

use super::LayoutError;
use crate::limits;

/// A folder of files that are named by us.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Opens a regular file below the folder, and says how long it is.
    // THREAT: a link in a folder from elsewhere reads what the reader may read; a pipe waits for ever, a device does what
    // devices do. Each part is opened in the one before, so that nothing can be put in its place meanwhile.
    // See a_blob_that_is_no_file_is_a_gap and what_is_swapped_for_a_link_or_a_pipe_is_neither_followed_nor_waited_for.
    pub(super) fn open(&self, parts: &[&str]) -> Result<(File, u64), LayoutError> {
        let file = parts.join("/");
        let unreadable =
            |source: Errno| LayoutError::Unreadable { file: file.clone(), source: source.into() };
        let not_a = |expected| LayoutError::NotAFile { file: file.clone(), expected };
        let Some((last, folders)) = parts.split_last() else { return Err(unreadable(Errno::NOENT)) };
        // The folder itself is the caller's word, and may be a link.
        let mut within = open(&self.root, FOLDER, Mode::empty()).map_err(unreadable)?;
        for folder in folders {
            within = match openat(&within, *folder, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
                Ok(found) => found,
                Err(Errno::LOOP | Errno::NOTDIR) => return Err(not_a("folder")),
                Err(error) => return Err(unreadable(error)),
            };
        }
        let named = statat(&within, *last, AtFlags::SYMLINK_NOFOLLOW).map_err(unreadable)?;
        if !FileType::from_raw_mode(named.st_mode).is_file() {
            return Err(not_a("regular file"));
        }
        let opened = match openat(&within, *last, FILE, Mode::empty()) {
            Ok(opened) => File::from(opened),
            Err(Errno::LOOP | Errno::NXIO) => return Err(not_a("regular file")),
            Err(error) => return Err(unreadable(error)),
        };
        let found =
            opened.metadata().map_err(|source| LayoutError::Unreadable { file: file.clone(), source })?;
        if !found.is_file() {
            return Err(not_a("regular file"));
        }
        Ok((opened, found.len()))
    }

    /// Reads a whole file of at most `limit` bytes.
    pub(super) fn read(&self, parts: &[&str], limit: u64) -> Result<Vec<u8>, LayoutError> {
        let (opened, length) = self.open(parts)?;
        let too_long = |found| LayoutError::Limit { file: parts.join("/"), what: "bytes", limit, found };
        if length > limit {
            return Err(too_long(length));
        }
        let mut bytes = Vec::new();
        opened
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| LayoutError::Unreadable { file: parts.join("/"), source })?;
        let found = bytes.len() as u64;
        if found > limit { Err(too_long(found)) } else { Ok(bytes) }
    }

    /// Reads the blob of that digest.
    // INVARIANT: bytes of blobs leave a folder only through here, and have their digest.
    pub(super) fn blob(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, LayoutError> {
        let (algorithm, hex) = (digest.algorithm().name(), digest.hex());
        let parts = [BLOBS, algorithm, hex.as_str()];
        let bytes = self.read(&parts, limit)?;
        if digest.matches(&bytes) {
            return Ok(bytes);
        }
        let found = Digest::of(digest.algorithm(), &bytes);
        Err(LayoutError::DigestMismatch { file: parts.join("/"), found })
    }

    /// Opens the blob of that digest and size, after reading all of it once.
    pub(super) fn whole(&self, digest: &Digest, size: u64) -> Result<File, LayoutError> {
        let (algorithm, hex) = (digest.algorithm().name(), digest.hex());
        let parts = [BLOBS, algorithm, hex.as_str()];
        let (mut file, length) = self.open(&parts)?;
        let name = || parts.join("/");
        if length != size {
            let why = format!("has {length} bytes, its descriptor says {size}");
            return Err(LayoutError::Malformed { file: name(), why });
        }
        let unreadable = |source| LayoutError::Unreadable { file: name(), source };
        let mut hasher = Hasher::new(digest.algorithm());
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer).map_err(unreadable)? {
                0 => break,
                count => hasher.update(buffer.get(..count).unwrap_or_default()),
            }
        }
        match hasher.finish() {
            found if found == *digest => Ok(file),
            found => Err(LayoutError::DigestMismatch { file: name(), found }),
        }
    }

    /// Whether the blob of that digest begins like JSON; what does not is no manifest.
    pub(super) fn looks_like_json(&self, digest: &Digest) -> Result<bool, LayoutError> {
        let (algorithm, hex) = (digest.algorithm().name(), digest.hex());
        let parts = [BLOBS, algorithm, hex.as_str()];
        let (opened, length) = self.open(&parts)?;
        let mut head = Vec::new();
        opened
            .take(HEAD_BYTES)
            .read_to_end(&mut head)
            .map_err(|source| LayoutError::Unreadable { file: parts.join("/"), source })?;
        let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
        Ok(length <= limits::MANIFEST_BYTES && first == Some(&b'{'))
    }

    /// The digests that blobs are stored under, in order; other names are nothing.
    pub(super) fn names(&self, algorithm: Algorithm) -> Result<Vec<Digest>, LayoutError> {
        let file = format!("{BLOBS}/{}", algorithm.name());
        let unreadable = |source| LayoutError::Unreadable { file: file.clone(), source };
        let mut path = self.root.clone();
        for part in [BLOBS, algorithm.name()] {
            path.push(part);
            match fs::symlink_metadata(&path) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Err(LayoutError::NotAFile { file, expected: "folder" }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(unreadable(error)),
            }
        }
        let mut names = Vec::new();
        for (count, entry) in fs::read_dir(&path).map_err(unreadable)?.enumerate() {
            if count == limits::LAYOUT_BLOBS {
                let (limit, found) = (limits::LAYOUT_BLOBS as u64, limits::LAYOUT_BLOBS as u64 + 1);
                return Err(LayoutError::Limit { file, what: "blobs", limit, found });
            }
            let name = entry.map_err(unreadable)?.file_name();
            let digest =
                name.to_str().and_then(|hex| format!("{}:{hex}", algorithm.name()).parse::<Digest>().ok());
            names.extend(digest);
        }
        names.sort_unstable();
        Ok(names)
    }
}

const BLOBS: &str = "blobs";
const HEAD_BYTES: u64 = 64;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
// A pipe without a writer would be waited for.
const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);
