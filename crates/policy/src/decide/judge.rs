//! Policies over what was seen: leaves, alternatives, requirements, and the reason where one fails.

use std::collections::BTreeMap;

use sealgate_verify::TrustedRoots;

use super::{
    sharing,
    sight::{Miss, Sight, View},
    target::{Target, place},
};
use crate::{
    LeafResult, Mode, PolicyResult, Reason, RequirementResult, Standing,
    model::{Ask, Policy, Requirement, Signature},
    reason::{self, Code, shown},
};

/// Judges policies over one target.
pub(super) struct Judge<'j, 'e> {
    pub(super) target: &'j Target<'e>,
    pub(super) sight: &'j Sight<'e>,
    pub(super) roots: &'j TrustedRoots,
}

type Views<'v> = BTreeMap<&'v str, View<'v>>;

impl Judge<'_, '_> {
    /// What a policy says, and the reasons of what does not hold, each with its mode.
    pub(super) fn policy(&self, policy: &Policy) -> (PolicyResult, Vec<(Mode, Reason)>) {
        let views: Views<'_> = policy
            .signers
            .iter()
            .map(|(name, signer)| (name.as_str(), self.sight.view(name, signer, self.roots)))
            .collect();
        let mut reasons = Vec::new();
        let mut requirements = Vec::new();
        for (name, requirement) in &policy.requirements {
            let (result, mut told) = self.requirement(name, requirement, policy, &views);
            for reason in &mut told {
                reason.rule = Some(format!("{}/{}", policy.name, reason.rule.as_deref().unwrap_or(name)));
                if let Some(help) = &requirement.help {
                    // A policy may write several lines, but a message is one.
                    let help: Vec<&str> = help.split_whitespace().collect();
                    reason.help = format!("{}; {}", help.join(" "), reason.help);
                }
            }
            reasons.extend(told.into_iter().map(|reason| (requirement.mode, reason)));
            requirements.push(result);
        }
        (PolicyResult { policy: policy.name.clone(), mode: policy.mode, requirements }, reasons)
    }

    fn requirement(
        &self,
        name: &str,
        requirement: &Requirement,
        policy: &Policy,
        views: &Views<'_>,
    ) -> (RequirementResult, Vec<Reason>) {
        let (standing, leaves, reasons) = match &requirement.ask {
            Ask::Unsigned(why) => {
                let leaf = LeafResult {
                    path: name.to_owned(),
                    asked: format!("nothing: {why}"),
                    standing: Standing::Met,
                    rests_on: Vec::new(),
                    misses: Vec::new(),
                };
                (Standing::Met, vec![leaf], Vec::new())
            }
            Ask::Signature(signature) => {
                let (leaf, reasons) = self.leaf(name.to_owned(), signature, policy, views);
                (leaf.standing, vec![leaf], reasons)
            }
            Ask::AnyOf(alternatives) => {
                let judged = alternatives.iter().map(|(alternative, leaves)| {
                    let leaf = |(leaf, signature): (&String, &Signature)| {
                        self.leaf(format!("{name}/{alternative}/{leaf}"), signature, policy, views)
                    };
                    leaves.iter().map(leaf).collect::<Vec<_>>()
                });
                any_of(judged.collect())
            }
        };
        (
            RequirementResult { requirement: name.to_owned(), mode: requirement.mode, standing, leaves },
            reasons,
        )
    }

    fn leaf(
        &self,
        path: String,
        signature: &Signature,
        policy: &Policy,
        views: &Views<'_>,
    ) -> (LeafResult, Vec<Reason>) {
        let asked = asked(signature, policy);
        let by: Vec<(&str, &View<'_>)> =
            signature.by.iter().filter_map(|name| Some((name.as_str(), views.get(name.as_str())?))).collect();
        let entries: Vec<_> = by
            .iter()
            .map(|(_, view)| view.hits.iter().map(|hit| hit.sharer.clone()).collect::<Vec<_>>())
            .collect();
        let chosen = sharing::choose(&entries, signature.at_least);
        let uses =
            chosen.iter().filter_map(|(entry, hit)| Some(by.get(*entry)?.1.hits.get(*hit)?.usage.clone()));
        let rests_on: Vec<_> = uses.collect();
        if chosen.len() >= signature.at_least {
            return (
                LeafResult { path, asked, standing: Standing::Met, rests_on, misses: Vec::new() },
                Vec::new(),
            );
        }
        let misses = nearest(by.iter().flat_map(|(_, view)| view.misses.iter().cloned()));
        let is_possible = by.iter().filter(|(_, view)| view.is_possible).count() >= signature.at_least;
        let failure = failure(&asked, signature, &rests_on, misses.first(), is_possible);
        let is_open = is_possible && !self.target.gaps.is_empty();
        let mut reasons = if is_open { self.open(&failure) } else { vec![failure] };
        for reason in &mut reasons {
            reason.rule = Some(path.clone());
        }
        let standing = if is_open { Standing::Open } else { Standing::Failed };
        (LeafResult { path, asked, standing, rests_on, misses }, reasons)
    }

    /// One reason per cause of not knowing; what was found so far is the nearest miss.
    fn open(&self, failure: &Reason) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = Vec::new();
        for gap in &self.target.gaps {
            if reasons.iter().any(|reason| reason.cause == Some(gap.cause)) {
                continue;
            }
            let places: Vec<&str> = self
                .target
                .gaps
                .iter()
                .filter(|other| other.cause == gap.cause)
                .map(|other| place(other.place))
                .collect();
            let code = Code::Gap(gap.cause);
            reasons.push(Reason {
                code: code.code(),
                rule: None,
                message: format!(
                    "{} could not be read: {}; so far: {}",
                    places.join(" and "),
                    shown(&gap.detail),
                    failure.message
                ),
                help: code.help().to_owned(),
                cause: Some(gap.cause),
                compared: None,
            });
        }
        reasons
    }
}

/// One alternative suffices. Reasons are those of the alternatives that could still hold, else of all.
fn any_of(judged: Vec<Vec<(LeafResult, Vec<Reason>)>>) -> (Standing, Vec<LeafResult>, Vec<Reason>) {
    let stands = |leaves: &[(LeafResult, Vec<Reason>)]| {
        let is = |wanted: Standing| leaves.iter().any(|(leaf, _)| leaf.standing == wanted);
        match (is(Standing::Failed), is(Standing::Open)) {
            (true, _) => Standing::Failed,
            (false, true) => Standing::Open,
            (false, false) => Standing::Met,
        }
    };
    let standings: Vec<Standing> = judged.iter().map(|leaves| stands(leaves)).collect();
    let standing = if standings.contains(&Standing::Met) {
        Standing::Met
    } else if standings.contains(&Standing::Open) {
        Standing::Open
    } else {
        Standing::Failed
    };
    let mut reasons = Vec::new();
    if standing != Standing::Met {
        for (leaves, _) in judged.iter().zip(&standings).filter(|(_, stands)| **stands == standing) {
            let of_this = leaves.iter().filter(|(leaf, _)| leaf.standing == standing);
            reasons.extend(of_this.flat_map(|(_, reasons)| reasons.iter().cloned()));
        }
    }
    (standing, judged.into_iter().flatten().map(|(leaf, _)| leaf).collect(), reasons)
}

/// Why a leaf does not hold by what was read.
fn failure(
    asked: &str,
    signature: &Signature,
    found: &[crate::ItemUse],
    nearest: Option<&Reason>,
    is_possible: bool,
) -> Reason {
    if !is_possible {
        return reason::plain(
            Code::RootMissing,
            None,
            format!("no loaded trusted root can vouch for {asked}"),
        );
    }
    if !found.is_empty() {
        let names: Vec<String> = found.iter().map(|usage| format!("`{}`", usage.signer)).collect();
        let near = nearest.map(|reason| format!("; nearest miss: {}", reason.message)).unwrap_or_default();
        let message = format!(
            "{} of {} wanted signers signed, {}; wanted is {asked}{near}",
            found.len(),
            signature.at_least,
            names.join(", ")
        );
        return reason::plain(Code::TooFewSigners, None, message);
    }
    match nearest {
        Some(reason) => reason.clone(),
        None => {
            reason::plain(Code::NoSignatureFound, None, format!("no signature was found; wanted is {asked}"))
        }
    }
}

/// The nearest miss of each item, nearest first.
fn nearest(misses: impl Iterator<Item = Miss>) -> Vec<Reason> {
    let mut by_item: BTreeMap<usize, Miss> = BTreeMap::new();
    for miss in misses {
        match by_item.get(&miss.item) {
            Some(other) if other.nearness >= miss.nearness => {}
            _ => {
                by_item.insert(miss.item, miss);
            }
        }
    }
    let mut misses: Vec<Miss> = by_item.into_values().collect();
    misses.sort_by(|left, right| right.nearness.cmp(&left.nearness).then(left.item.cmp(&right.item)));
    misses.into_iter().map(|miss| miss.reason).collect()
}

/// What a leaf asks for, in words.
fn asked(signature: &Signature, policy: &Policy) -> String {
    let signers: Vec<String> = signature
        .by
        .iter()
        .map(|name| {
            let words = policy.signers.get(name).map(|signer| signer.rule().describe()).unwrap_or_default();
            format!("`{name}` ({words})")
        })
        .collect();
    match signature.at_least {
        1 => format!("a signature by {}", signers.join(" or ")),
        count => format!("signatures by {count} of {}", signers.join(", ")),
    }
}
