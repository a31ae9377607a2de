//! Who did sign.

mod certificate;
mod claims;
mod key;
mod second;
mod subject;

use std::fmt;

use crate::Digest;

pub use certificate::{CertificateSigner, SignerError};
pub(crate) use claims::GITHUB_ISSUER;
pub use claims::{CLAIM_NAMES, Claims};
pub use key::PublicKey;
pub use subject::{Names, SignerSubject, SubjectKind};

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
