//! Kubernetes admits only signed digests: reference in, verdict out.
//!
//! The facade that library users import. [`Engine::check`] resolves a reference, gathers evidence and calls
//! [`policy::decide`], the one pure function that webhook, command line and library share.

pub use sealgate_attest as attest;
pub use sealgate_oci as oci;
pub use sealgate_policy as policy;
pub use sealgate_tuf as tuf;
pub use sealgate_verify as verify;

mod cache;
mod engine;
mod flight;
mod key;
pub mod limits;
mod snapshot;

pub use engine::{Answer, CheckError, Engine, Settings};
pub use snapshot::Snapshot;
