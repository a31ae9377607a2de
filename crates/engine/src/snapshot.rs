//! What verdicts depend on besides the evidence.

use std::sync::Arc;

use sealgate_policy::PolicySet;
use sealgate_verify::{Digest, TrustedRoots};

/// Policies, settings and roots that hold together.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Policies and settings.
    pub policies: Arc<PolicySet>,
    /// Trusted roots, by name.
    pub roots: Arc<TrustedRoots>,
    /// SHA-256 over both.
    pub hash: Digest,
}

impl Snapshot {
    /// Puts a snapshot together.
    pub fn new(policies: PolicySet, roots: TrustedRoots) -> Self {
        let mut text = format!("policies {}\n", policies.hash());
        for (name, root) in &roots {
            text.push_str(&format!("root {} {name} {}\n", name.len(), root.hash()));
        }
        Self { hash: Digest::sha256(text.as_bytes()), policies: Arc::new(policies), roots: Arc::new(roots) }
    }
}
