//! Reads files and standard input, never more than a limit.

use std::{
    fs::File,
    io::{self, Read},
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
}

/// Reads the whole file.
pub(crate) fn read(name: &str, limit: usize) -> Result<Vec<u8>, FileError> {
    let file = open(name)?;
    read_stream(name, file, limit)
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

// Go writes the system's words alone, in lower case and without the number.
pub(crate) fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
