//! Key pairs of every kind that signers use.

use std::sync::Arc;

use aws_lc_rs::{
    digest::{Algorithm as Hash, SHA256, SHA384, SHA512, digest},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
        EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};

use crate::der;

/// A key pair; clones share the secret.
#[derive(Clone)]
pub struct SigningKey {
    kind: KeyKind,
    pair: Arc<Pair>,
}

/// Which algorithm, and with it which hash.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum KeyKind {
    /// Ed25519.
    Ed25519,
    /// ECDSA P-256 with SHA-256.
    P256,
    /// ECDSA P-384 with SHA-384.
    P384,
    /// ECDSA P-521 with SHA-512.
    P521,
    /// RSA of 2048 bits, PKCS #1 v1.5 with SHA-256.
    Rsa2048,
    /// The same with 3072 bits.
    Rsa3072,
    /// The same with 4096 bits.
    Rsa4096,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Ed25519, Self::P256, Self::P384, Self::P521, Self::Rsa2048, Self::Rsa3072, Self::Rsa4096];
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl SigningKey {
    /// Makes a key pair.
    pub fn generate(kind: KeyKind) -> Self {
        let ecdsa = |algorithm: &'static EcdsaSigningAlgorithm| {
            Pair::Ecdsa(EcdsaKeyPair::generate(algorithm).unwrap())
        };
        let rsa = |size| Pair::Rsa(RsaKeyPair::generate(size).unwrap());
        let pair = match kind {
            KeyKind::Ed25519 => Pair::Ed25519(Ed25519KeyPair::generate().unwrap()),
            KeyKind::P256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyKind::P384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyKind::P521 => ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING),
            KeyKind::Rsa2048 => rsa(KeySize::Rsa2048),
            KeyKind::Rsa3072 => rsa(KeySize::Rsa3072),
            KeyKind::Rsa4096 => rsa(KeySize::Rsa4096),
        };
        Self { kind, pair: Arc::new(pair) }
    }

    /// Makes an ECDSA P-256 key pair, the kind that nearly everybody uses.
    pub fn p256() -> Self {
        Self::generate(KeyKind::P256)
    }

    /// Which algorithm it is for.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Signs `message` with the hash that belongs to the key.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &*self.pair {
            Pair::Ecdsa(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// The SubjectPublicKeyInfo, DER.
    pub fn spki(&self) -> Vec<u8> {
        let ec = |curve: &str, pair: &EcdsaKeyPair| {
            let algorithm = der::sequence(&[der::oid("1.2.840.10045.2.1"), der::oid(curve)]);
            der::sequence(&[algorithm, der::bits(pair.public_key().as_ref())])
        };
        match (&*self.pair, self.kind) {
            (Pair::Ecdsa(pair), KeyKind::P256) => ec("1.2.840.10045.3.1.7", pair),
            (Pair::Ecdsa(pair), KeyKind::P384) => ec("1.3.132.0.34", pair),
            (Pair::Ecdsa(pair), _) => ec("1.3.132.0.35", pair),
            (Pair::Ed25519(pair), _) => {
                der::sequence(&[der::algorithm("1.3.101.112"), der::bits(pair.public_key().as_ref())])
            }
            (Pair::Rsa(pair), _) => {
                let algorithm = der::sequence(&[der::oid("1.2.840.113549.1.1.1"), der::null()]);
                der::sequence(&[algorithm, der::bits(pair.public_key().as_ref())])
            }
        }
    }

    /// The public key alone: the point, or Ed25519's 32 bytes.
    pub fn public_bytes(&self) -> Vec<u8> {
        match &*self.pair {
            Pair::Ecdsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// The public key as PEM.
    pub fn public_pem(&self) -> String {
        pem_block("PUBLIC KEY", &self.spki())
    }

    /// The secret key as unencrypted PKCS #8 PEM.
    pub fn private_pem(&self) -> String {
        let der = match &*self.pair {
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.to_pkcs8().unwrap().as_ref().to_vec(),
            Pair::Rsa(pair) => {
                aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(pair)
                    .unwrap()
                    .as_ref()
                    .to_vec()
            }
        };
        pem_block("PRIVATE KEY", &der)
    }

    /// The `AlgorithmIdentifier` of its signatures.
    pub fn signature_algorithm(&self) -> Vec<u8> {
        match self.kind {
            KeyKind::Ed25519 => der::algorithm("1.3.101.112"),
            KeyKind::P256 => der::algorithm("1.2.840.10045.4.3.2"),
            KeyKind::P384 => der::algorithm("1.2.840.10045.4.3.3"),
            KeyKind::P521 => der::algorithm("1.2.840.10045.4.3.4"),
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
                der::sequence(&[der::oid("1.2.840.113549.1.1.11"), der::null()])
            }
        }
    }

    /// The name in protobuf-specs' `PublicKeyDetails`.
    pub fn details(&self) -> &'static str {
        match self.kind {
            KeyKind::Ed25519 => "PKIX_ED25519",
            KeyKind::P256 => "PKIX_ECDSA_P256_SHA_256",
            KeyKind::P384 => "PKIX_ECDSA_P384_SHA_384",
            KeyKind::P521 => "PKIX_ECDSA_P521_SHA_512",
            KeyKind::Rsa2048 => "PKIX_RSA_PKCS1V15_2048_SHA256",
            KeyKind::Rsa3072 => "PKIX_RSA_PKCS1V15_3072_SHA256",
            KeyKind::Rsa4096 => "PKIX_RSA_PKCS1V15_4096_SHA256",
        }
    }

    /// The hash of its signatures: bundle name, Rekor name, and `message` hashed.
    pub fn hash(&self, message: &[u8]) -> (&'static str, &'static str, Vec<u8>) {
        let (bundle, rekor, algorithm): (_, _, &'static Hash) = match self.kind {
            KeyKind::P256 | KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
                ("SHA2_256", "sha256", &SHA256)
            }
            KeyKind::P384 => ("SHA2_384", "sha384", &SHA384),
            KeyKind::P521 | KeyKind::Ed25519 => ("SHA2_512", "sha512", &SHA512),
        };
        (bundle, rekor, digest(algorithm, message).as_ref().to_vec())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({:?})", self.kind)
    }
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap()
}

/// Standard base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}

/// Reads standard base64 with padding.
pub fn unbase64(text: &str) -> Vec<u8> {
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap()
}

/// One PEM block with `\n` line ends.
pub fn pem_block(label: &str, der: &[u8]) -> String {
    pem::encode_config(
        &pem::Pem::new(label, der),
        pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
    )
}
