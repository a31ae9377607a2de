//! Reads files and standard input, never more than a limit.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
};

use sealgate::verify::{Algorithm, Digest};

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// Not opened.
    #[error("open {name}: {}", system_text(.cause))]
    Open { name: String, cause: io::Error },
    /// Opened, but not read.
    #[error("read {name}: {}", system_text(.cause))]
    Read { name: String, cause: io::Error },
    /// More than we read.
    #[error("read {name}: the file has more than {limit} bytes")]
    TooLarge { name: String, limit: usize },
    /// Opened, but not written.
    #[error("write {name}: {}", system_text(.cause))]
    Write { name: String, cause: io::Error },
}

/// Reads the whole file.
pub(crate) fn read(name: &str, limit: usize) -> Result<Vec<u8>, FileError> {
    let file = open(name)?;
    read_stream(name, file, limit)
}

/// Reads a file that need not be there. What is there and cannot be read is an error, and no pipe is waited for.
pub(crate) fn read_if_there(path: &Path, limit: usize) -> Result<Option<Vec<u8>>, FileError> {
    let name = path.to_string_lossy().into_owned();
    match sealgate::tuf::read_file(path, limit) {
        Ok(bytes) if bytes.len() > limit => Err(FileError::TooLarge { name, limit }),
        Ok(bytes) => Ok(Some(bytes)),
        Err(cause) if is_nowhere(path, &cause) => Ok(None),
        Err(cause) => Err(FileError::Open { name, cause }),
    }
}

// A link that leads nowhere is there.
fn is_nowhere(path: &Path, cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        && fs::symlink_metadata(path).is_err()
}

/// Reads a whole stream; `name` is for messages.
pub(crate) fn read_stream(name: &str, stream: impl Read, limit: usize) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    stream
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|cause| FileError::Read { name: name.into(), cause })?;
    if bytes.len() > limit {
        return Err(FileError::TooLarge { name: name.into(), limit });
    }
    Ok(bytes)
}

/// Digests a stream of any length in constant memory.
pub(crate) fn digest(name: &str, algorithm: Algorithm, mut stream: impl Read) -> Result<Digest, FileError> {
    let mut hasher = aws_lc_rs::digest::Context::new(match algorithm {
        Algorithm::Sha256 => &aws_lc_rs::digest::SHA256,
        Algorithm::Sha384 => &aws_lc_rs::digest::SHA384,
        Algorithm::Sha512 => &aws_lc_rs::digest::SHA512,
    });
    let mut buffer = vec![0; 1 << 16];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(buffer.get(..count).unwrap_or_default()),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(FileError::Read { name: name.into(), cause }),
        }
    }
    let unfit =
        |_| FileError::Read { name: name.into(), cause: io::Error::other("digest of another length") };
    Digest::from_bytes(algorithm, hasher.finish().as_ref()).map_err(unfit)
}

/// Opens a file.
pub(crate) fn open(name: &str) -> Result<File, FileError> {
    File::open(name).map_err(|cause| FileError::Open { name: name.into(), cause })
}

/// Begins a file anew, for an answer that is written piece by piece.
pub(crate) fn create(name: &str) -> Result<File, FileError> {
    File::create(name).map_err(|cause| FileError::Open { name: name.into(), cause })
}

/// Writes the whole file, or leaves the one that is there. A new file can be read by its owner alone.
pub(crate) fn write(name: &str, bytes: &[u8]) -> Result<(), FileError> {
    let unopened = |cause| FileError::Open { name: name.into(), cause };
    let unwritten = |cause| FileError::Write { name: name.into(), cause };
    // A link is followed, so that it stays one.
    let path = fs::canonicalize(name).unwrap_or_else(|_| PathBuf::from(name));
    let existing = match fs::metadata(&path) {
        Ok(facts) => {
            let mut file = OpenOptions::new().write(true).open(&path).map_err(unopened)?;
            if !facts.is_file() {
                // A device or pipe is written to; there is nothing to be put in its place.
                return file.write_all(bytes).and_then(|()| file.flush()).map_err(unwritten);
            }
            Some(facts.permissions())
        }
        Err(_) => None,
    };
    let file_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let aside = path.with_file_name(format!(".{file_name}.{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&aside).map_err(unopened)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| existing.map_or(Ok(()), |permissions| fs::set_permissions(&aside, permissions)))
        .and_then(|()| fs::rename(&aside, &path));
    written.map_err(|cause| {
        // What is left over helps nobody; the first failure is the one to tell.
        let _gone = fs::remove_file(&aside);
        unwritten(cause)
    })
}

// Go writes the system's words alone, in lower case and without the number.
pub(crate) fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
