//! Content digests: algorithm and bytes, always together.

use std::{fmt, str::FromStr};

/// A digest algorithm that OCI and Sigstore both know.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Algorithm {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Algorithm {
    /// The name as OCI writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn provider(self) -> &'static aws_lc_rs::digest::Algorithm {
        match self {
            Self::Sha256 => &aws_lc_rs::digest::SHA256,
            Self::Sha384 => &aws_lc_rs::digest::SHA384,
            Self::Sha512 => &aws_lc_rs::digest::SHA512,
        }
    }
}

/// A content digest.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest {
    algorithm: Algorithm,
    bytes: Vec<u8>,
}

impl Digest {
    /// Digests `content`.
    pub fn of(algorithm: Algorithm, content: &[u8]) -> Self {
        Self { algorithm, bytes: aws_lc_rs::digest::digest(algorithm.provider(), content).as_ref().to_vec() }
    }

    /// Digests `content` with SHA-256.
    pub fn sha256(content: &[u8]) -> Self {
        Self::of(Algorithm::Sha256, content)
    }

    /// Takes digest bytes that were computed elsewhere.
    ///
    /// # Errors
    /// [`DigestError::Length`] if the count does not fit the algorithm.
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, DigestError> {
        if bytes.len() != algorithm.length() {
            return Err(DigestError::Length {
                algorithm: algorithm.name(),
                expected: algorithm.length(),
                found: bytes.len(),
            });
        }
        Ok(Self { algorithm, bytes: bytes.to_vec() })
    }

    /// Whether `content` has this digest.
    pub fn matches(&self, content: &[u8]) -> bool {
        Self::of(self.algorithm, content) == *self
    }

    /// Which algorithm made it.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its raw bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its bytes in lower-case hexadecimal, without the algorithm.
    pub fn hex(&self) -> String {
        hex::encode(&self.bytes)
    }
}

/// Digests content that arrives in pieces.
#[derive(Clone)]
pub struct Hasher {
    algorithm: Algorithm,
    context: aws_lc_rs::digest::Context,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Hasher {
    /// Begins with nothing.
    pub fn new(algorithm: Algorithm) -> Self {
        Self { algorithm, context: aws_lc_rs::digest::Context::new(algorithm.provider()) }
    }

    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.context.update(piece);
    }

    /// The digest of all pieces together.
    pub fn finish(self) -> Digest {
        Digest { algorithm: self.algorithm, bytes: self.context.finish().as_ref().to_vec() }
    }
}

/// Why a text is not a digest.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DigestError {
    /// Neither `sha256:`, `sha384:` nor `sha512:`.
    #[error("digest algorithm of `{0}` is not sha256, sha384 or sha512")]
    Algorithm(String),
    /// Not lower-case hexadecimal.
    #[error("digest `{0}` is not lower-case hexadecimal")]
    Hexadecimal(String),
    /// Too short or too long.
    #[error("a {algorithm} digest has {expected} bytes, this one has {found}")]
    Length {
        /// Which algorithm was named.
        algorithm: &'static str,
        /// How many bytes it makes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

impl FromStr for Digest {
    type Err = DigestError;

    /// Reads `sha256:<hex>`. Upper case is refused: a digest has one spelling.
    fn from_str(text: &str) -> Result<Self, DigestError> {
        let shown = || text.chars().take(160).collect::<String>();
        let (name, digits) = text.split_once(':').ok_or_else(|| DigestError::Algorithm(shown()))?;
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha384" => Algorithm::Sha384,
            "sha512" => Algorithm::Sha512,
            _ => return Err(DigestError::Algorithm(shown())),
        };
        if digits.len() != algorithm.length() * 2 {
            return Err(DigestError::Length {
                algorithm: algorithm.name(),
                expected: algorithm.length(),
                found: digits.len() / 2,
            });
        }
        if digits.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(DigestError::Hexadecimal(shown()));
        }
        let bytes = hex::decode(digits).map_err(|_| DigestError::Hexadecimal(shown()))?;
        Ok(Self { algorithm, bytes })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Digest, DigestError, Hasher};

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"one ");
            assert_ne!(hasher.clone().finish(), Digest::of(algorithm, b"one two"));
            hasher.update(b"two");
            assert_eq!(hasher.finish(), Digest::of(algorithm, b"one two"));
        }
    }

    #[test]
    fn a_digest_has_one_spelling() {
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(text.parse::<Digest>().unwrap(), Digest::sha256(b""));
        assert_eq!(Digest::sha256(b"").to_string(), text);
        assert!(matches!(text.to_uppercase().parse::<Digest>(), Err(DigestError::Algorithm(_))));
        assert!(matches!(text.replace("e3b", "E3B").parse::<Digest>(), Err(DigestError::Hexadecimal(_))));
        assert!(matches!(text.get(..70).unwrap().parse::<Digest>(), Err(DigestError::Length { .. })));
        assert!(matches!("md5:00".parse::<Digest>(), Err(DigestError::Algorithm(_))));
    }
}
