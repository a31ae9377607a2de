//! This crate opens no socket, reads no clock, no file and no environment, and does not log.
//!
//! What does a verified statement claim? For now: about what, of which predicate type, and the predicate itself, borrowed.
//! Nothing is read before somebody said whom to trust: the only way in is a [`sealgate_verify::Verified`].

mod attestation;
pub mod limits;
mod predicate_type;

pub use attestation::{AttestError, Attestation};
pub use predicate_type::{ALIASES, PredicateType, PredicateTypeError, SIGNATURE};
