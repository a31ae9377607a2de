//! Who did sign.

use std::fmt;

use crate::{Digest, Timestamp};

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
            Self::Certificate(signer) => write!(f, "{} (issuer {})", signer.subject.value, signer.issuer),
            Self::Key(signer) => write!(f, "key {}", signer.fingerprint),
        }
    }
}

/// A signer with a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateSigner {
    /// The one subject alternative name.
    pub subject: SignerSubject,
    /// The OIDC issuer (1.3.6.1.4.1.57264.1.8, else .1.1); empty if the certificate names none.
    pub issuer: String,
    /// What else the certificate authority says about the signer.
    pub claims: Claims,
    /// The certificate's validity, first second.
    pub not_before: Timestamp,
    /// The certificate's validity, last second.
    pub not_after: Timestamp,
    /// SHA-256 of the canonical SubjectPublicKeyInfo.
    pub key_fingerprint: Digest,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
}

/// A subject alternative name.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct SignerSubject {
    /// Of which kind.
    pub kind: SubjectKind,
    /// Its text.
    pub value: String,
}

/// The kinds of subject alternative name that Fulcio writes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// `rfc822Name`
    Email,
    /// Fulcio's `otherName` 1.3.6.1.4.1.57264.1.7
    Other,
    /// `uniformResourceIdentifier`
    Uri,
}

/// The Fulcio extensions 1.1 to 1.24, each under its printed name; see `Claims::get`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Claims {
    values: std::collections::BTreeMap<&'static str, String>,
}

impl Claims {
    /// The claim of that name (`sourceRepositoryURI`, `buildTrigger`, ...); old extensions stand in for absent new ones.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// All claims, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|(name, value)| (*name, value.as_str()))
    }
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
