//! The whole set: what only several documents together, or documents and roots, can get wrong.

use std::collections::BTreeMap;

use sealgate_verify::{LogRule, TrustedRoots};

use super::{
    Finding,
    fault::Fault,
    near::listed,
    node::{Node, Path},
};
use crate::{
    Settings,
    model::{Policy, Who},
};

/// A document that was read without fault.
pub(super) struct Parsed<'s, T> {
    pub(super) file: &'s str,
    pub(super) node: Node,
    pub(super) meant: T,
}

impl<T> Parsed<'_, T> {
    fn finding(&self, path: &Path, fault: &Fault) -> Finding {
        fault.found_at(self.file, self.node.locate(path), path.to_string())
    }
}

/// Puts documents together.
pub(super) fn link(
    policies: &[Parsed<'_, Policy>],
    settings: &[Parsed<'_, Settings>],
    roots: &TrustedRoots,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = Path::default().field("metadata").field("name");
    let mut first: BTreeMap<&str, &Parsed<'_, Policy>> = BTreeMap::new();
    for policy in policies {
        if let Some(other) = first.get(policy.meant.name.as_str()) {
            let line = other.node.locate(&name).line;
            let fault =
                Fault::DuplicatePolicy { name: policy.meant.name.clone(), file: other.file.to_owned(), line };
            findings.push(policy.finding(&name, &fault));
        } else {
            first.insert(&policy.meant.name, policy);
        }
        link_roots(policy, roots, &mut findings);
    }
    if let Some((first, others)) = settings.split_first() {
        for other in others {
            let line = first.node.locate(&name).line;
            findings.push(other.finding(&name, &Fault::TwoSettings { file: first.file.to_owned(), line }));
        }
    }
    findings
}

fn link_roots(policy: &Parsed<'_, Policy>, roots: &TrustedRoots, findings: &mut Vec<Finding>) {
    for (name, signer) in &policy.meant.signers {
        let at = Path::default().field("spec").field("signers").field(name);
        let log = match &signer.who {
            Who::Identity(_) => None,
            Who::Key { log, .. } => Some(*log),
        };
        let written = policy.node.field("spec").and_then(|spec| spec.node.field("signers"));
        let are_written = written
            .and_then(|signers| signers.node.field(name))
            .is_some_and(|signer| signer.node.field("roots").is_some());
        // A key that needs no log needs no root, unless somebody names one.
        if log == Some(LogRule::None) && !are_written {
            continue;
        }
        let mut unknown = false;
        for root in &signer.roots {
            if !roots.contains_key(root) {
                unknown = true;
                let known = listed(roots.keys().map(String::as_str));
                findings.push(
                    policy.finding(&at.field("roots"), &Fault::UnknownRoot { root: root.clone(), known }),
                );
            }
        }
        let has_logs = signer.roots.iter().filter_map(|root| roots.get(root)).any(|root| root.has_logs());
        if log == Some(LogRule::Required) && !unknown && !has_logs {
            findings.push(policy.finding(&at, &Fault::KeyNeedsLog { signer: name.clone() }));
        }
    }
}
