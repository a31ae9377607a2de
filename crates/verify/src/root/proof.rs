//! That one certificate of a root signed another, looked at when it is first asked for, and once.

use std::sync::{Arc, OnceLock};

use crate::key::{Named, VerifyingKey};

/// What there is to say of a link whose signature is wrong.
pub(super) const BROKEN: &str = "it is not signed by the next one";

/// A signature, and everything that it has to hold against.
#[derive(Debug)]
pub(super) struct Proof {
    key: VerifyingKey,
    algorithm: Named,
    signed: Vec<u8>,
    signature: Vec<u8>,
    holds: OnceLock<bool>,
}

impl Proof {
    pub(super) fn new(key: VerifyingKey, algorithm: Named, signed: Vec<u8>, signature: Vec<u8>) -> Self {
        Self { key, algorithm, signed, signature, holds: OnceLock::new() }
    }
}

/// Whether all of them hold.
pub(super) fn hold(proofs: &[Arc<Proof>]) -> bool {
    proofs.iter().all(|proof| {
        let Proof { key, algorithm, signed, signature, holds } = &**proof;
        *holds.get_or_init(|| key.verifies_named(*algorithm, signed, signature))
    })
}
