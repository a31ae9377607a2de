//! This crate opens no socket, reads no clock, no file and no environment, and does not log.
//!
//! Is that enough? Policies and evidence in, a verdict with reasons out.
//!
//! ```
//! use sealgate_policy::{PolicySet, Source};
//! use sealgate_verify::{TrustedRoot, TrustedRoots};
//!
//! let roots = TrustedRoots::from([("public-good".to_owned(), TrustedRoot::public_good()?.into())]);
//! let text = r#"
//! apiVersion: sealgate.dev/v1alpha1
//! kind: ClusterSealPolicy
//! metadata: {name: acme-apps}
//! spec:
//!   match: {images: ["ghcr.io/acme/**"]}
//!   signers:
//!     release: {github: {repository: "acme/*", workflow: release.yml, ref: "refs/tags/v*"}}
//!   require:
//!     signed: {signature: {by: [relaese]}}
//! "#;
//! let source = |text: &str| Source { name: "acme.yaml".to_owned(), bytes: text.into() };
//! let findings = PolicySet::load(&[source(text)], &roots).unwrap_err();
//! assert_eq!(
//!     findings[0].to_string(),
//!     "acme.yaml:10:31: spec.require.signed.signature.by[0]: this policy has no signer `relaese`"
//! );
//! let loaded = PolicySet::load(&[source(&text.replace("relaese", "release"))], &roots);
//! assert_eq!(loaded.unwrap().set.names(), ["acme-apps"]);
//! # Ok::<(), sealgate_verify::RootError>(())
//! ```

pub mod limits;

mod decide;
mod image;
mod load;
mod model;
mod reason;
mod verdict;

pub use decide::{Request, Role, decide};
pub use load::{Action, Finding, Loaded, PolicySet, Settings, Source};
pub use reason::Code;
pub use verdict::{
    Compared, Denial, Gaps, Grant, ItemUse, LeafResult, Mode, PolicyResult, Reason, Report,
    RequirementResult, Standing, Verdict,
};
