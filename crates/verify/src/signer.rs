//! Who did sign.

mod certificate;
mod claims;
mod der;

use std::fmt;

use crate::Digest;

pub use certificate::{CertificateSigner, SignerError, SignerSubject, SubjectKind};
pub use claims::{CLAIM_NAMES, Claims};

/// Who did sign, read from the certificate or the key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Signer {
    /// Somebody to whom a certificate authority of the root gave a certificate.
    Certificate(CertificateSigner),
    /// The holder of a managed key.
    Key(KeySigner),
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(signer) => {
                write!(f, "{} (issuer {})", printable(&signer.subject.value), printable(&signer.issuer))
            }
            Self::Key(signer) => write!(f, "key {}", signer.fingerprint),
        }
    }
}

/// Writes text from a certificate so that no reader can be misled by look-alikes: all but printable ASCII is escaped.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, ' '..='~') {
            out.push(character)
        } else {
            out.extend(character.escape_unicode())
        }
    }
    out
}

/// A signer with a managed key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeySigner {
    /// SHA-256 of the canonical SubjectPublicKeyInfo.
    pub fingerprint: Digest,
}

/// A managed public key: P-256, P-384, P-521, Ed25519 or RSA of 2048 to 4096 bits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicKey {
    spki: Vec<u8>,
}

impl PublicKey {
    /// Reads one PEM block `PUBLIC KEY`.
    ///
    /// # Errors
    /// [`crate::RuleError`] if there is not exactly one, or its algorithm is not supported.
    pub fn from_pem(_pem: &str) -> Result<Self, crate::RuleError> {
        unimplemented!()
    }

    /// SHA-256 of the canonical SubjectPublicKeyInfo.
    pub fn fingerprint(&self) -> Digest {
        Digest::sha256(&self.spki)
    }
}
