//! Managed public keys: one spelling each, so that one key is never taken for two.

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};

use crate::{
    Digest, RuleError,
    der::{self, element, split, whole},
    key::is_strong,
    limits, pem,
};

// Object identifiers, DER content.
const EC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
const ED25519: &[u8] = b"\x2b\x65\x70";
const P256: &[u8] = b"\x2a\x86\x48\xce\x3d\x03\x01\x07";
const P384: &[u8] = b"\x2b\x81\x04\x00\x22";
const P521: &[u8] = b"\x2b\x81\x04\x00\x23";
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";

/// A managed public key: P-256, P-384, P-521, Ed25519 or RSA of 2048 to 4096 bits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicKey {
    spki: Vec<u8>,
}

impl PublicKey {
    /// Reads one PEM block, `PUBLIC KEY` or `RSA PUBLIC KEY`, and nothing beside it.
    ///
    /// # Errors
    /// [`RuleError`] if there is not exactly one, or [`PublicKey::from_spki`] refuses it.
    pub fn from_pem(text: &str) -> Result<Self, RuleError> {
        let wrong = |why: &str| Err(RuleError::new("pem", why));
        if text.len() > limits::KEY_BYTES {
            return Err(RuleError::new(
                "pem",
                format!("a key has at most {} bytes, this one has {}", limits::KEY_BYTES, text.len()),
            ));
        }
        let text = text.trim_ascii();
        if text.contains("PRIVATE KEY-----") {
            return wrong(
                "this is a private key: keep it secret, and give the public one, which `cosign public-key` prints",
            );
        }
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return wrong(
                "this is a certificate; give the bare public key, which `openssl x509 -pubkey -noout` prints",
            );
        }
        if text.matches("-----BEGIN ").count() > 1 {
            return wrong("there is more than one PEM block; give each key its own signer");
        }
        let Some((label, der)) = pem::one(text.as_bytes()) else {
            return wrong("this is not one PEM block `PUBLIC KEY` and nothing else");
        };
        match label {
            "PUBLIC KEY" => Self::from_spki(&der),
            "RSA PUBLIC KEY" => rsa(&der),
            _ => wrong("the PEM block is no `PUBLIC KEY`"),
        }
    }

    /// Reads a SubjectPublicKeyInfo, DER, and brings it into the one spelling that its fingerprint is of.
    ///
    /// # Errors
    /// [`RuleError`] if it is malformed, its algorithm or size is not supported, or it cannot be a key of that algorithm.
    pub fn from_spki(der: &[u8]) -> Result<Self, RuleError> {
        let malformed = || RuleError::new("pem", "the key is malformed");
        let info = whole(der, der::SEQUENCE).ok_or_else(malformed)?;
        let (algorithm, bits) = split(info, der::SEQUENCE).ok_or_else(malformed)?;
        let Some([0, material @ ..]) = whole(bits, der::BIT_STRING) else { return Err(malformed()) };
        let (name, parameters) = split(algorithm, der::OBJECT_IDENTIFIER).ok_or_else(malformed)?;
        if name == EC {
            let curve = whole(parameters, der::OBJECT_IDENTIFIER)
                .ok_or_else(|| unsupported("an elliptic curve without a name"))?;
            let (algorithm, length): (&'static dyn VerificationAlgorithm, usize) = match curve {
                P256 => (&signature::ECDSA_P256_SHA256_ASN1, 65),
                P384 => (&signature::ECDSA_P384_SHA384_ASN1, 97),
                P521 => (&signature::ECDSA_P521_SHA512_ASN1, 133),
                _ => return Err(unsupported("another elliptic curve")),
            };
            if matches!(material, [2 | 3, ..]) {
                let why =
                    "the point is compressed; `openssl ec -pubin -conv_form uncompressed` writes it in full";
                return Err(RuleError::new("pem", why));
            }
            if material.len() != length || material.first() != Some(&4) {
                return Err(malformed());
            }
            return checked(
                algorithm,
                material,
                spki(
                    &[element(der::OBJECT_IDENTIFIER, EC), element(der::OBJECT_IDENTIFIER, curve)],
                    material,
                ),
            );
        }
        if name == ED25519 {
            if !parameters.is_empty() || material.len() != 32 {
                return Err(malformed());
            }
            if !is_strong(material) {
                return Err(RuleError::new("pem", "the key cannot be a key of its algorithm"));
            }
            return checked(
                &signature::ED25519,
                material,
                spki(&[element(der::OBJECT_IDENTIFIER, ED25519)], material),
            );
        }
        if name != RSA {
            return Err(unsupported("another algorithm"));
        }
        if !parameters.is_empty() && whole(parameters, der::NULL) != Some(&[]) {
            return Err(malformed());
        }
        rsa(material)
    }

    /// SHA-256 of the canonical SubjectPublicKeyInfo.
    pub fn fingerprint(&self) -> Digest {
        Digest::sha256(&self.spki)
    }

    /// The canonical SubjectPublicKeyInfo, DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }
}

// PKCS #1.
fn rsa(der: &[u8]) -> Result<PublicKey, RuleError> {
    let malformed = || RuleError::new("pem", "the key is malformed");
    let numbers = whole(der, der::SEQUENCE).ok_or_else(malformed)?;
    let (modulus, rest) = split(numbers, der::INTEGER).ok_or_else(malformed)?;
    let modulus = natural(modulus).ok_or_else(malformed)?;
    let exponent = whole(rest, der::INTEGER).and_then(natural).ok_or_else(malformed)?;
    let bits = modulus.first().map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize);
    if !(limits::RSA_BITS_LEAST..=limits::RSA_BITS_MOST).contains(&bits) {
        let why = format!(
            "an RSA key has {} to {} bits, this one has {bits}",
            limits::RSA_BITS_LEAST,
            limits::RSA_BITS_MOST
        );
        return Err(RuleError::new("pem", why));
    }
    // Small exponents have a history of forgeries; large ones only cost time.
    let value = exponent.iter().fold(0_u64, |sum, digit| sum << 8 | u64::from(*digit));
    if exponent.len() > 4 || value < 65_537 || value % 2 == 0 {
        return Err(unsupported(
            "an RSA key with an exponent that is even, below 65537, or of more than 32 bits",
        ));
    }
    let algorithm = [element(der::OBJECT_IDENTIFIER, RSA), element(der::NULL, &[])];
    checked(&signature::RSA_PKCS1_2048_8192_SHA256, der, spki(&algorithm, der))
}

// A positive INTEGER in its one spelling, without the sign byte.
fn natural(content: &[u8]) -> Option<&[u8]> {
    match content {
        [0, digits @ ..] if digits.first().is_some_and(|first| *first >= 0x80) => Some(digits),
        [1..=0x7f, ..] => Some(content),
        _ => None,
    }
}

fn spki(algorithm: &[Vec<u8>], material: &[u8]) -> Vec<u8> {
    let bits = element(der::BIT_STRING, &[&[0], material].concat());
    element(der::SEQUENCE, &[element(der::SEQUENCE, &algorithm.concat()), bits].concat())
}

// THREAT: a point that is not on its curve. See what_cannot_be_a_key_is_refused.
fn checked(
    algorithm: &'static dyn VerificationAlgorithm,
    material: &[u8],
    spki: Vec<u8>,
) -> Result<PublicKey, RuleError> {
    match ParsedPublicKey::new(algorithm, material) {
        Ok(_) => Ok(PublicKey { spki }),
        Err(_) => Err(RuleError::new("pem", "the key cannot be a key of its algorithm")),
    }
}

fn unsupported(what: &str) -> RuleError {
    RuleError::new("pem", format!("P-256, P-384, P-521, Ed25519 and RSA are supported, this is {what}"))
}
