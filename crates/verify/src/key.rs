//! Public keys and the signatures they may check: a fixed table of algorithms, whatever a signature claims.

use aws_lc_rs::{
    digest,
    signature::{self, UnparsedPublicKey, VerificationAlgorithm},
};
use x509_parser::{
    der_parser::{Oid, oid},
    prelude::FromDer,
    public_key::RSAPublicKey,
    x509::{AlgorithmIdentifier, SubjectPublicKeyInfo},
};

use crate::{
    Algorithm, Digest,
    limits::{RSA_BITS_LEAST, RSA_BITS_MOST},
};

const EC: Oid<'static> = oid!(1.2.840.10045.2.1);
const P256: Oid<'static> = oid!(1.2.840.10045.3.1.7);
const P384: Oid<'static> = oid!(1.3.132.0.34);
const P521: Oid<'static> = oid!(1.3.132.0.35);
const RSA: Oid<'static> = oid!(1.2.840.113549.1.1.1);
const ED25519: Oid<'static> = oid!(1.3.101.112);
const RSA_BITS: std::ops::RangeInclusive<usize> = RSA_BITS_LEAST..=RSA_BITS_MOST;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Ed25519,
    P256,
    P384,
    P521,
    Rsa,
}

/// A key that signatures are checked with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct VerifyingKey {
    kind: Kind,
    // What the provider wants: the point, the 32 bytes, or PKCS #1.
    material: Vec<u8>,
}

/// Why bytes are not a key for us.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("the key is malformed")]
    Malformed,
    #[error("the key's algorithm or size is not supported")]
    Unsupported,
}

impl VerifyingKey {
    /// Reads a DER SubjectPublicKeyInfo that is all of `spki`.
    pub(crate) fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        let (rest, info) = SubjectPublicKeyInfo::from_der(spki).map_err(|_| KeyError::Malformed)?;
        if !rest.is_empty() || info.subject_public_key.unused_bits != 0 {
            return Err(KeyError::Malformed);
        }
        let material = info.subject_public_key.data.to_vec();
        let name = &info.algorithm.algorithm;
        if *name == ED25519 {
            if info.algorithm.parameters.is_some() || !is_strong(&material) {
                return Err(KeyError::Malformed);
            }
            return Ok(Self { kind: Kind::Ed25519, material });
        }
        if *name == RSA {
            return Self::from_pkcs1(&material);
        }
        if *name != EC {
            return Err(KeyError::Unsupported);
        }
        let curve = info
            .algorithm
            .parameters
            .as_ref()
            .and_then(|any| any.as_oid().ok())
            .ok_or(KeyError::Unsupported)?;
        let (kind, length) = match () {
            () if curve == P256 => (Kind::P256, 65),
            () if curve == P384 => (Kind::P384, 97),
            () if curve == P521 => (Kind::P521, 133),
            () => return Err(KeyError::Unsupported),
        };
        // One spelling of a point: uncompressed.
        if material.len() != length || material.first() != Some(&4) {
            return Err(KeyError::Malformed);
        }
        Ok(Self { kind, material })
    }

    /// Reads a bare PKCS #1 key, as an old CT log of a trusted root has one.
    pub(crate) fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let (rest, key) = RSAPublicKey::from_der(der).map_err(|_| KeyError::Malformed)?;
        let exponent = key.try_exponent().map_err(|_| KeyError::Unsupported)?;
        let zeros = key.modulus.iter().take_while(|byte| **byte == 0).count();
        let digits = key.modulus.get(zeros..).unwrap_or_default();
        let bits = digits.first().map_or(0, |first| digits.len() * 8 - first.leading_zeros() as usize);
        match rest.is_empty() {
            true if RSA_BITS.contains(&bits) && exponent >= 65_537 && exponent % 2 == 1 => {
                Ok(Self { kind: Kind::Rsa, material: der.to_vec() })
            }
            true => Err(KeyError::Unsupported),
            false => Err(KeyError::Malformed),
        }
    }

    /// The digests that signatures of this key may be over, the usual one first.
    ///
    /// Cosign signs with SHA-256 whatever the curve of a managed key, so that stands beside a curve's own.
    pub(crate) fn digests(&self) -> &'static [Algorithm] {
        match self.kind {
            Kind::Ed25519 => &[],
            Kind::P256 => &[Algorithm::Sha256],
            Kind::P384 => &[Algorithm::Sha384, Algorithm::Sha256],
            Kind::P521 => &[Algorithm::Sha512, Algorithm::Sha256],
            Kind::Rsa => &[Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512],
        }
    }

    /// Whether `signature` is by this key over `message`, with one of the digests that `allowed` names (all: `None`).
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8], allowed: Option<Algorithm>) -> bool {
        if self.kind == Kind::Ed25519 {
            return self.unparsed(&signature::ED25519).verify(message, signature).is_ok();
        }
        let fits = |digest: &&Algorithm| allowed.is_none_or(|allowed| allowed == **digest);
        self.digests()
            .iter()
            .filter(fits)
            .any(|digest| self.verifies_digest(&Digest::of(*digest, message), signature))
    }

    /// Whether `signature` is by this key over what has `digest`. Never, for Ed25519, which wants the bytes.
    pub(crate) fn verifies_digest(&self, digest: &Digest, signature: &[u8]) -> bool {
        let Some(algorithm) = self.algorithm(digest.algorithm()) else { return false };
        let Ok(imported) = digest::Digest::import_less_safe(digest.bytes(), provider(digest.algorithm()))
        else {
            return false;
        };
        self.unparsed(algorithm).verify_digest(&imported, signature).is_ok()
    }

    /// Whether it is an RSA key.
    pub(crate) fn is_rsa(&self) -> bool {
        self.kind == Kind::Rsa
    }

    /// Whether the key can only check whole messages.
    pub(crate) fn needs_bytes(&self) -> bool {
        self.kind == Kind::Ed25519
    }

    /// Whether this key made `signature` over `message` under the algorithm that a certificate names.
    pub(crate) fn verifies_named(&self, name: Named, message: &[u8], signature: &[u8]) -> bool {
        let (kinds, digest): (&[Kind], _) = match name {
            Named::Ecdsa(digest) => (&[Kind::P256, Kind::P384, Kind::P521], digest),
            Named::Ed25519 => return self.kind == Kind::Ed25519 && self.verifies(message, signature, None),
            Named::Rsa(digest) => (&[Kind::Rsa], digest),
        };
        kinds.contains(&self.kind) && self.verifies_digest(&Digest::of(digest, message), signature)
    }

    fn algorithm(&self, digest: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (self.kind, digest) {
            (Kind::Ed25519, _) => return None,
            (Kind::P256, Algorithm::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
            (Kind::P256, Algorithm::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
            (Kind::P256, Algorithm::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
            (Kind::P384, Algorithm::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
            (Kind::P384, Algorithm::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
            (Kind::P384, Algorithm::Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
            (Kind::P521, Algorithm::Sha256) => &signature::ECDSA_P521_SHA256_ASN1,
            (Kind::P521, Algorithm::Sha384) => &signature::ECDSA_P521_SHA384_ASN1,
            (Kind::P521, Algorithm::Sha512) => &signature::ECDSA_P521_SHA512_ASN1,
            (Kind::Rsa, Algorithm::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
            (Kind::Rsa, Algorithm::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
            (Kind::Rsa, Algorithm::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        })
    }

    fn unparsed(&self, algorithm: &'static dyn VerificationAlgorithm) -> UnparsedPublicKey<&[u8]> {
        UnparsedPublicKey::new(algorithm, &self.material)
    }
}

/// Whether 32 bytes are an Ed25519 key in its one spelling, and of a point that signatures mean something under.
// THREAT: a key for which one signature holds whatever was signed (RUSTSEC-2026-0240).
// See a_key_of_small_order_is_no_key.
pub(crate) fn is_strong(point: &[u8]) -> bool {
    let Some((last, rest)) = point.split_last() else { return false };
    let y = [rest, &[last & 0x7f]].concat();
    let [first, between @ .., last] = y.as_slice() else { return false };
    // Not below 2^255 - 19: a second spelling of a small number.
    let is_reduced = *last < 0x7f || *first < 0xed || between.iter().any(|byte| *byte < 0xff);
    point.len() == 32 && is_reduced && !SMALL_ORDER.contains(&hex::encode(&y).as_str())
}

// The y of the points whose order divides 8, which each have one or two x.
const SMALL_ORDER: [&str; 5] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// An algorithm that a certificate may be signed with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Named {
    Ecdsa(Algorithm),
    Ed25519,
    Rsa(Algorithm),
}

impl Named {
    /// Nothing for one that we do not know.
    pub(crate) fn read(algorithm: &AlgorithmIdentifier<'_>) -> Option<Self> {
        Some(match algorithm.algorithm.to_id_string().as_str() {
            "1.2.840.10045.4.3.2" => Self::Ecdsa(Algorithm::Sha256),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(Algorithm::Sha384),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(Algorithm::Sha512),
            "1.2.840.113549.1.1.11" => Self::Rsa(Algorithm::Sha256),
            "1.2.840.113549.1.1.12" => Self::Rsa(Algorithm::Sha384),
            "1.2.840.113549.1.1.13" => Self::Rsa(Algorithm::Sha512),
            "1.3.101.112" => Self::Ed25519,
            _ => return None,
        })
    }
}

fn provider(algorithm: Algorithm) -> &'static digest::Algorithm {
    match algorithm {
        Algorithm::Sha256 => &digest::SHA256,
        Algorithm::Sha384 => &digest::SHA384,
        Algorithm::Sha512 => &digest::SHA512,
    }
}
