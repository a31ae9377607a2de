//! This crate opens no socket, reads no clock, no file and no environment, and does not log.
//!
//! Is this signature genuine, for this digest, by whom, seen when? Bytes in, witnesses out.

pub mod digest;
pub mod evidence;
pub mod json;
pub mod limits;
pub mod pattern;
pub mod reference;
pub mod rule;
pub mod signer;
pub mod time;
pub mod verifier;

mod bundle;
mod content;
mod der;
pub mod expression;
mod key;
mod pem;
mod root;
mod wire;

pub use bundle::{Bundle, BundleError, Unverified};
pub use content::{Content, SimpleSigning, Statement, Subject};
pub use digest::{Algorithm, Digest, DigestError, Hasher};
pub use evidence::{Entry, Evidence, EvidenceError, Gap, GapCause, Item, Place};
pub use expression::{Expression, ExpressionError};
pub use reference::{Reference, ReferenceError};
pub use root::{RootError, RootNote, TrustedRoot, TrustedRoots, was_issued_by};
pub use rule::{IdentityMismatch, RuleError, SignerRule};
pub use signer::{
    CertificateSigner, Claims, KeySigner, Names, PublicKey, Signer, SignerError, SignerSubject, SubjectKind,
};
pub use time::Timestamp;
pub use verifier::{
    Artifact, Authentic, DetachedSct, LogRecord, LogRule, ProvenTime, SctError, Step, TimeSource, Verified,
    Verifier, VerifyError, all_codes,
};
