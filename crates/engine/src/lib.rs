//! Kubernetes admits only signed digests: reference in, verdict out.
//!
//! The facade that library users import. [`Engine::check`] resolves a reference, gathers evidence and calls
//! [`policy::decide`], the one pure function that webhook, command line and library share. Evidence is a value, so a
//! verdict can be reached, or reached again, from a file:
//!
//! ```
//! use std::sync::Arc;
//!
//! use sealgate::{
//!     policy::{PolicySet, Request, Role, Source, Verdict, decide},
//!     verify::{Evidence, Reference, TrustedRoot, TrustedRoots},
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // What `sealgate check --record` wrote, the policy, and the root that the policy calls `lab`.
//! let evidence = Evidence::from_json(include_bytes!("../examples/data/evidence.json"))?;
//! let bytes = include_bytes!("../examples/data/policy.yaml").to_vec();
//! let root = TrustedRoot::from_json(include_bytes!("../examples/data/trusted_root.json"))?;
//!
//! let roots = TrustedRoots::from([("lab".to_owned(), Arc::new(root))]);
//! let loaded = PolicySet::load(&[Source { name: "policy.yaml".into(), bytes }], &roots)
//!     .map_err(|faults| faults[0].to_string())?;
//! let request = Request {
//!     reference: Reference::parse(&evidence.reference)?,
//!     namespace: Some("production".into()),
//!     role: Role::Container,
//!     allow_tags: false,
//! };
//! let verdict = decide(&loaded.set, &request, &evidence, &roots, evidence.gathered_at);
//! let Verdict::Allow(grant) = verdict else { panic!("{verdict:?}") };
//! assert_eq!(grant.report.policies[0].policy, "acme-apps");
//!
//! // The same evidence about another digest is worth nothing.
//! let mut moved = evidence.clone();
//! moved.entries[0].digest = sealgate::verify::Digest::sha256(b"another image");
//! let reference = Reference::parse(&format!("registry.example/acme/app@{}", moved.entries[0].digest))?;
//! let verdict = decide(&loaded.set, &Request { reference, ..request }, &moved, &roots, evidence.gathered_at);
//! let Verdict::Deny(denial) = verdict else { panic!("{verdict:?}") };
//! assert_eq!(denial.report.reasons[0].code, "subject-mismatch");
//! # Ok(())
//! # }
//! ```

pub use sealgate_attest as attest;
pub use sealgate_oci as oci;
pub use sealgate_policy as policy;
pub use sealgate_tuf as tuf;
pub use sealgate_verify as verify;

mod cache;
mod compact;
mod engine;
mod flight;
mod key;
pub mod limits;
mod snapshot;

pub use engine::{Answer, CheckError, Engine, Settings};
pub use snapshot::Snapshot;
