//! What a signature is over.

use std::collections::BTreeMap;

use crate::Digest;

/// What a verified signature says.
#[derive(Clone, Debug)]
pub enum Content {
    /// A signature over the artifact's bytes.
    Message(Digest),
    /// A simple-signing payload about an image.
    SimpleSigning(SimpleSigning),
    /// An in-toto statement.
    Statement(Statement),
}

/// Cosign's simple-signing payload.
#[derive(Clone, Debug)]
pub struct SimpleSigning {
    /// `critical.image.docker-manifest-digest`
    pub digest: Digest,
    /// `critical.identity.docker-reference`; not compared with anything.
    pub docker_reference: String,
    /// `optional`, as written.
    pub optional: Option<serde_json::Value>,
    /// The signed bytes.
    pub raw: Vec<u8>,
}

/// An in-toto statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// `predicateType`
    pub predicate_type: String,
    /// The predicate's JSON, as written.
    pub predicate: Box<serde_json::value::RawValue>,
    /// The signed bytes.
    pub raw: Vec<u8>,
}

/// An in-toto subject.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Not compared with anything.
    pub name: Option<String>,
    /// Algorithm to hexadecimal digest, as written.
    pub digest: BTreeMap<String, String>,
    /// `annotations`, as written.
    pub annotations: Option<serde_json::Value>,
}
