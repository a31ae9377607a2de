//! The file that was signed: its bytes, or only their digest.

use sealgate::verify::{Algorithm, Artifact, Digest, DigestError};

use super::super::{failure::Failure, named};
use crate::{Console, files, go::path};

/// What was signed.
#[derive(Debug)]
pub(crate) enum Blob {
    /// All of it.
    Bytes(Vec<u8>),
    /// Only its digest: that was typed, or the file is large.
    Digest(Digest),
}

impl Blob {
    /// Reads a file, or standard input for `-`.
    pub(crate) fn read(word: &str, console: &mut Console<'_>) -> Result<Self, Failure> {
        if word == "-" {
            return Ok(Self::Bytes(files::read_stream("standard input", console.input(), WHOLE)?));
        }
        if word.contains("://") {
            return named::read(word, console).map(Self::Bytes).map_err(|error| error.to_string().into());
        }
        Self::of_file(word)
    }

    /// Reads a file, whatever its name looks like.
    pub(crate) fn of_file(word: &str) -> Result<Self, Failure> {
        let word = &path::clean(word);
        let file = files::open(word)?;
        let size = file.metadata().map_or(0, |facts| facts.len());
        if size > WHOLE_FILE {
            // The signatures of Sigstore's clients are over the SHA-256 of the file, so its bytes need not be held.
            return Ok(Self::Digest(files::digest(word, Algorithm::Sha256, file)?));
        }
        Ok(Self::Bytes(files::read_stream(word, file, WHOLE)?))
    }

    /// Only the digest of it.
    pub(crate) fn digested(self, algorithm: Algorithm) -> Result<Self, Failure> {
        match self {
            Self::Bytes(bytes) => Ok(Self::Digest(files::digest("it", algorithm, bytes.as_slice())?)),
            Self::Digest(digest) if digest.algorithm() == algorithm => Ok(Self::Digest(digest)),
            Self::Digest(_) => {
                Err("the file is too large for a digest of another algorithm than SHA-256".into())
            }
        }
    }

    /// As the verifier wants it.
    pub(crate) fn artifact(&self) -> Artifact<'_> {
        match self {
            Self::Bytes(bytes) => Artifact::Bytes(bytes),
            Self::Digest(digest) => Artifact::Digest(digest),
        }
    }
}

/// Whether a word that is no file could be meant as a digest.
pub(crate) fn looks_like_digest(word: &str) -> bool {
    word.split_once(':').is_some_and(|(algorithm, hex)| {
        let is_hex = hex.len().is_multiple_of(2) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        !algorithm.is_empty() && !algorithm.contains('/') && !hex.is_empty() && is_hex
    })
}

/// Reads `sha256:HEX`.
pub(crate) fn parse_digest(word: &str) -> Result<Digest, Failure> {
    word.to_lowercase()
        .parse()
        .map_err(|_| "failed to verify signature: artifact does not match digest".into())
}

/// Reads `--digestAlg`.
pub(crate) fn typed_algorithm(name: &str) -> Result<Algorithm, Failure> {
    match name {
        "sha256" => Ok(Algorithm::Sha256),
        "sha384" => Ok(Algorithm::Sha384),
        "sha512" => Ok(Algorithm::Sha512),
        other => {
            let quoted = crate::go::quote::quote(other);
            Err(format!("unsupported --digestAlg {quoted}; supported values are sha256, sha384, sha512")
                .into())
        }
    }
}

/// Reads `--digest` and `--digestAlg`.
pub(crate) fn typed_digest(hexadecimal: &str, algorithm: &str) -> Result<Digest, Failure> {
    if let Some(letter) = hexadecimal.chars().find(|letter| !letter.is_ascii_hexdigit()) {
        let point = u32::from(letter);
        return Err(format!(
            "unable to decode provided digest: encoding/hex: invalid byte: U+{point:04X} '{letter}'"
        )
        .into());
    }
    typed_algorithm(algorithm)?;
    let text = format!("{algorithm}:{}", hexadecimal.to_lowercase());
    text.parse().map_err(|error| match error {
        // Well-formed, but no digest of that algorithm: nothing can have it.
        DigestError::Length { .. } if hexadecimal.len().is_multiple_of(2) => {
            let what = match algorithm {
                "sha256" => "digest does not match any digest in statement",
                _ => "digests does not match digests in statement",
            };
            format!("failed to verify signature: provided artifact {what}").into()
        }
        error => format!("unable to decode provided digest: {error}").into(),
    })
}

/// Files up to this size are held in memory.
const WHOLE_FILE: u64 = 64 << 20;
/// Standard input up to this size is held in memory.
const WHOLE: usize = 1 << 30;
