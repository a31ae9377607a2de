//! Kubernetes admits only signed digests: reference in, verdict out.

pub use sealgate_attest as attest;
pub use sealgate_oci as oci;
pub use sealgate_policy as policy;
pub use sealgate_tuf as tuf;
pub use sealgate_verify as verify;

mod engine;
mod snapshot;

pub use engine::{Answer, CheckError, Engine, Settings};
pub use snapshot::Snapshot;
