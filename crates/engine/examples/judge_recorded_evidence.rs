//! Judges evidence that was recorded with `sealgate check --record`, offline: no registry, no clock.
//!
//! `cargo run -p sealgate --example judge_recorded_evidence`
#![allow(clippy::print_stdout, reason = "an example talks to its reader")]

use std::{error::Error, sync::Arc};

use sealgate::{
    policy::{PolicySet, Request, Role, Source, Verdict, decide},
    verify::{Evidence, Reference, TrustedRoot, TrustedRoots},
};

fn main() -> Result<(), Box<dyn Error>> {
    let root = TrustedRoot::from_json(include_bytes!("data/trusted_root.json"))?;
    let roots = TrustedRoots::from([("lab".to_owned(), Arc::new(root))]);
    let source = Source { name: "policy.yaml".into(), bytes: include_bytes!("data/policy.yaml").to_vec() };
    let policies = PolicySet::load(&[source], &roots).map_err(|faults| format!("{faults:?}"))?;
    let evidence = Evidence::from_json(include_bytes!("data/evidence.json"))?;
    let request = Request {
        reference: Reference::parse(&evidence.reference)?,
        namespace: Some("production".into()),
        role: Role::Container,
        allow_tags: false,
    };
    match decide(&policies.set, &request, &evidence, &roots, evidence.gathered_at) {
        Verdict::Allow(grant) => {
            for policy in &grant.report.policies {
                for leaf in policy.requirements.iter().flat_map(|requirement| &requirement.leaves) {
                    for item in &leaf.rests_on {
                        println!("{}/{}: signed by {}", policy.policy, leaf.path, item.subject);
                    }
                }
            }
        }
        verdict => {
            for reason in &verdict.report().reasons {
                println!("{}: {}\n  hint: {}", reason.code, reason.message, reason.help);
            }
        }
    }
    Ok(())
}
