//! Signed metadata: read strictly, so that no two readers could understand one file differently.
//!
//! Spec: TUF 1.0, 4 (document formats).

mod canonical;
mod key;
mod role;
mod time;

use serde_json::{Map, Value};

pub(crate) use key::Keys;
pub(crate) use role::{Pin, RoleKeys, Root, Snapshot, Target, Targets, Timestamp};

use crate::{TufError, limits, metadata::role::Header};

/// A file of metadata whose signatures were not looked at yet.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    role: Role,
    signed: Map<String, Value>,
    /// What the signatures are over.
    message: Vec<u8>,
    signatures: Vec<(String, Vec<u8>)>,
    pub(crate) header: Header,
}

/// Which of the four files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    Root,
    Snapshot,
    Targets,
    Timestamp,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Snapshot => "snapshot",
            Self::Targets => "targets",
            Self::Timestamp => "timestamp",
        }
    }
}

impl Envelope {
    /// Reads a file that should be of that role.
    pub(crate) fn read(role: Role, bytes: &[u8]) -> Result<Self, TufError> {
        let malformed = |why: String| TufError::Malformed { file: role.name(), why };
        // THREAT: a key twice, of which one reader signs the first and another obeys the second.
        // See a_field_twice_is_refused_before_its_signature_is_looked_at.
        let file: Map<String, Value> =
            sealgate_verify::json::read(bytes).map_err(|error| malformed(error.to_string()))?;
        let Some(Value::Object(signed)) = file.get("signed") else {
            return Err(malformed("there is no object `signed`".into()));
        };
        let Some(Value::Array(listed)) = file.get("signatures") else {
            return Err(malformed("there is no list `signatures`".into()));
        };
        if listed.len() > limits::SIGNERS {
            return Err(TufError::Limit { what: "signatures", limit: limits::SIGNERS, file: role.name() });
        }
        let mut signatures = Vec::new();
        for signature in listed {
            let text = |field: &str| {
                signature
                    .get(field)
                    .and_then(Value::as_str)
                    .ok_or_else(|| malformed(format!("a signature has no text `{field}`")))
            };
            // A signer who has not signed yet is listed with an empty text, which never verifies.
            signatures.push((text("keyid")?.to_owned(), hex::decode(text("sig")?).unwrap_or_default()));
        }
        let header = Header::read(role, signed)?;
        let message = canonical::bytes(signed).map_err(malformed)?;
        Ok(Self { role, signed: signed.clone(), message, signatures, header })
    }

    /// Fails unless enough different keys of the role signed.
    ///
    /// Spec: TUF 1.0, 5.3.4 and the like.
    // THREAT: one key that counts twice, by signing twice or by having two names.
    // See one_key_that_signs_twice_counts_once and one_key_under_two_names_counts_once.
    pub(crate) fn signed_by(&self, keys: &Keys, role: &RoleKeys) -> Result<(), TufError> {
        let mut found: Vec<&key::Key> = Vec::new();
        for (name, signature) in &self.signatures {
            let Some(key) = role.names.contains(name).then(|| keys.of(name)).flatten() else { continue };
            if !found.contains(&key) && key.verifies(&self.message, signature) {
                found.push(key);
            }
        }
        let found = u64::try_from(found.len()).unwrap_or(u64::MAX);
        match found >= role.threshold {
            true => Ok(()),
            false => Err(TufError::Threshold { file: self.role.name(), found, wanted: role.threshold }),
        }
    }
}
