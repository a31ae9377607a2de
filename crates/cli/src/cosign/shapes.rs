//! The messages of Sigstore's protobuf-specs that are written here, field by field in the order of their definition.

use crate::go::protojson::{Field, Kind, Message};

/// A Sigstore bundle.
pub(crate) const BUNDLE: Message = Message(&[
    Field::one("mediaType", Kind::Text),
    Field::one("verificationMaterial", Kind::Message(&MATERIAL)),
    Field::choice("messageSignature", Kind::Message(&MESSAGE_SIGNATURE)),
    Field::choice("dsseEnvelope", Kind::Message(&ENVELOPE)),
]);

/// A trusted root.
pub(crate) const TRUSTED_ROOT: Message = Message(&[
    Field::one("mediaType", Kind::Text),
    Field::many("tlogs", Kind::Message(&LOG)),
    Field::many("certificateAuthorities", Kind::Message(&AUTHORITY)),
    Field::many("ctlogs", Kind::Message(&LOG)),
    Field::many("timestampAuthorities", Kind::Message(&AUTHORITY)),
]);

const MATERIAL: Message = Message(&[
    Field::choice("publicKey", Kind::Message(&Message(&[Field::one("hint", Kind::Text)]))),
    Field::choice("x509CertificateChain", Kind::Message(&CHAIN)),
    Field::choice("certificate", Kind::Message(&CERTIFICATE)),
    Field::many("tlogEntries", Kind::Message(&ENTRY)),
    Field::one(
        "timestampVerificationData",
        Kind::Message(&Message(&[Field::many(
            "rfc3161Timestamps",
            Kind::Message(&Message(&[Field::one("signedTimestamp", Kind::Bytes)])),
        )])),
    ),
]);

const MESSAGE_SIGNATURE: Message = Message(&[
    Field::one(
        "messageDigest",
        Kind::Message(&Message(&[
            Field::one("algorithm", Kind::Enum(HASH_ALGORITHMS)),
            Field::one("digest", Kind::Bytes),
        ])),
    ),
    Field::one("signature", Kind::Bytes),
]);

const ENVELOPE: Message = Message(&[
    Field::one("payload", Kind::Bytes),
    Field::one("payloadType", Kind::Text),
    Field::many(
        "signatures",
        Kind::Message(&Message(&[Field::one("sig", Kind::Bytes), Field::one("keyid", Kind::Text)])),
    ),
]);

const ENTRY: Message = Message(&[
    Field::one("logIndex", Kind::Int64),
    Field::one("logId", Kind::Message(&LOG_ID)),
    Field::one(
        "kindVersion",
        Kind::Message(&Message(&[Field::one("kind", Kind::Text), Field::one("version", Kind::Text)])),
    ),
    Field::one("integratedTime", Kind::Int64),
    Field::one(
        "inclusionPromise",
        Kind::Message(&Message(&[Field::one("signedEntryTimestamp", Kind::Bytes)])),
    ),
    Field::one("inclusionProof", Kind::Message(&PROOF)),
    Field::one("canonicalizedBody", Kind::Bytes),
]);

const PROOF: Message = Message(&[
    Field::one("logIndex", Kind::Int64),
    Field::one("rootHash", Kind::Bytes),
    Field::one("treeSize", Kind::Int64),
    Field::many("hashes", Kind::Bytes),
    Field::one("checkpoint", Kind::Message(&Message(&[Field::one("envelope", Kind::Text)]))),
]);

const LOG_ID: Message = Message(&[Field::one("keyId", Kind::Bytes)]);

const CERTIFICATE: Message = Message(&[Field::one("rawBytes", Kind::Bytes)]);

const CHAIN: Message = Message(&[Field::many("certificates", Kind::Message(&CERTIFICATE))]);

const LOG: Message = Message(&[
    Field::one("baseUrl", Kind::Text),
    Field::one("hashAlgorithm", Kind::Enum(HASH_ALGORITHMS)),
    Field::one(
        "publicKey",
        Kind::Message(&Message(&[
            Field::one("rawBytes", Kind::Bytes),
            Field::one("keyDetails", Kind::Text),
            Field::one("validFor", Kind::Message(&PERIOD)),
        ])),
    ),
    Field::one("logId", Kind::Message(&LOG_ID)),
]);

const AUTHORITY: Message = Message(&[
    Field::one(
        "subject",
        Kind::Message(&Message(&[
            Field::one("organization", Kind::Text),
            Field::one("commonName", Kind::Text),
        ])),
    ),
    Field::one("uri", Kind::Text),
    Field::one("certChain", Kind::Message(&CHAIN)),
    Field::one("validFor", Kind::Message(&PERIOD)),
]);

const PERIOD: Message = Message(&[Field::one("start", Kind::Time), Field::one("end", Kind::Time)]);

/// Names of hash algorithms, in the order of their numbers.
pub(crate) const HASH_ALGORITHMS: &[&str] =
    &["HASH_ALGORITHM_UNSPECIFIED", "SHA2_256", "SHA2_384", "SHA2_512", "SHA3_256", "SHA3_384"];
