//! Keys of a repository's roles. A key that we cannot use counts for nothing; it never makes a file acceptable.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use sealgate_verify::PublicKey;
use serde_json::{Map, Value};

/// Usable keys under the names that the repository gave them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys(BTreeMap<String, Key>);

/// A key and the one way in which it signs. Equal where the key is the same, whatever it is called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Key {
    scheme: Scheme,
    key: PublicKey,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scheme {
    EcdsaP256,
    EcdsaP384,
    Ed25519,
    RsaPss256,
}

impl Keys {
    pub(crate) fn read(listed: &Map<String, Value>) -> Self {
        Self(listed.iter().filter_map(|(name, value)| Some((name.clone(), Key::read(value)?))).collect())
    }

    pub(crate) fn of(&self, name: &str) -> Option<&Key> {
        self.0.get(name)
    }
}

impl Key {
    fn read(value: &Value) -> Option<Self> {
        let text = |field: &str| value.get(field).and_then(Value::as_str);
        let public = value.get("keyval")?.get("public")?.as_str()?;
        let scheme = match (text("scheme")?, text("keytype")?) {
            ("ecdsa-sha2-nistp256", "ecdsa" | "ecdsa-sha2-nistp256") => Scheme::EcdsaP256,
            ("ecdsa-sha2-nistp384", "ecdsa" | "ecdsa-sha2-nistp384") => Scheme::EcdsaP384,
            ("ed25519", "ed25519") => Scheme::Ed25519,
            ("rsassa-pss-sha256", "rsa") => Scheme::RsaPss256,
            _ => return None,
        };
        let key = match PublicKey::from_pem(public) {
            Ok(key) => key,
            // Ed25519 keys are written as 32 bytes in hexadecimal.
            Err(_) if scheme == Scheme::Ed25519 => {
                let bytes: [u8; 32] = hex::decode(public).ok()?.try_into().ok()?;
                PublicKey::from_spki(&[ED25519_PREFIX, &bytes].concat()).ok()?
            }
            Err(_) => return None,
        };
        Some(Self { scheme, key })
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm = match self.scheme {
            Scheme::EcdsaP256 => &signature::ECDSA_P256_SHA256_ASN1,
            Scheme::EcdsaP384 => &signature::ECDSA_P384_SHA384_ASN1,
            Scheme::Ed25519 => &signature::ED25519,
            Scheme::RsaPss256 => &signature::RSA_PSS_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(algorithm, self.key.spki()).verify(message, signature).is_ok()
    }
}

// SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32 bytes.
const ED25519_PREFIX: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
