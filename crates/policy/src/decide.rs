//! The one function that judges.

use sealgate_verify::{Evidence, Reference, Timestamp, TrustedRoots};

use crate::{
    Action, Denial, Gaps, Grant, Mode, PolicySet, Reason, Report, Verdict,
    reason::{self, Code},
};
use judge::Judge;
use sight::Sight;
use target::Target;

mod judge;
mod sharing;
mod sight;
mod target;

/// What somebody wants to run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// The image.
    pub reference: Reference,
    /// The namespace, if there is one.
    pub namespace: Option<String>,
    /// What the image is for.
    pub role: Role,
    /// `check --allow-tags`: a reference without a digest is judged by the digest it resolves to; the verdict says so.
    pub allow_tags: bool,
}

/// What an image is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// A container.
    Container,
    /// An ephemeral container.
    Ephemeral,
    /// An init container.
    Init,
    /// An image volume.
    Volume,
}

/// Judges `evidence`. Pure and total: the same arguments always give the same verdict, and the order and repetition of
/// items change nothing.
///
/// Monotone: more items never turn an allow into a denial, and missing ones never a denial into an allow.
pub fn decide(
    policies: &PolicySet,
    request: &Request,
    evidence: &Evidence,
    roots: &TrustedRoots,
    now: Timestamp,
) -> Verdict {
    let matching: Vec<_> = policies.matching(&request.reference).collect();
    let mut target = Target::of(request, evidence);
    let sight = Sight::of(&matching, &target, roots, now);
    if sight.misses_bytes() {
        target.miss_manifest();
    }
    let judge = Judge { target: &target, sight: &sight, roots };
    let mut story = Story::default();

    let mut results = Vec::new();
    for policy in &matching {
        let (result, reasons) = judge.policy(policy);
        reasons.into_iter().for_each(|(mode, reason)| story.tell(mode, reason));
        results.push(result);
    }

    let enforced = matching.iter().any(|policy| policy.enforces());
    let lifted = enforced || matching.iter().any(|policy| policy.lifts_no_match);
    let settings = policies.settings();
    if !lifted {
        story.act(settings.no_match, || no_policy(request));
    }
    let mut notes = target.notes(matching.iter().any(|policy| policy.signatures().next().is_some()));
    notes.extend(sight.notes());
    if request.reference.digest().is_none() {
        if request.allow_tags {
            notes.push(format!(
                "the reference has no digest; {} was judged, as was asked for",
                target.resolved()
            ));
        } else {
            let closes = enforced || (!lifted && settings.no_match == Action::Deny);
            let action = match settings.tags {
                Action::Deny if !closes => Action::Warn,
                action => action,
            };
            story.act(action, || tag_not_allowed(request, &target));
        }
    }
    notes.sort();
    notes.dedup();
    let report = Report {
        image: request.reference.written().to_owned(),
        digest: target.digest.clone(),
        policies: results,
        reasons: story.reasons,
        warnings: story.warnings,
        audits: story.audits,
        notes,
    };
    conclude(report)
}

fn conclude(report: Report) -> Verdict {
    if report.reasons.is_empty() {
        // Nothing that a signature proves ends: what was true at signing time stays so.
        return Verdict::Allow(Grant { report, valid_until: None });
    }
    if report.reasons.iter().any(|reason| reason.cause.is_none()) {
        return Verdict::Deny(Denial { report });
    }
    let temporary =
        report.reasons.iter().all(|reason| reason.cause.is_some_and(|cause| cause.is_temporary()));
    Verdict::Unknown(Gaps { report, temporary })
}

#[derive(Default)]
struct Story {
    reasons: Vec<Reason>,
    warnings: Vec<Reason>,
    audits: Vec<Reason>,
}

impl Story {
    fn tell(&mut self, mode: Mode, reason: Reason) {
        match mode {
            Mode::Audit => self.audits.push(reason),
            Mode::Enforce => self.reasons.push(reason),
            Mode::Warn => self.warnings.push(reason),
        }
    }

    fn act(&mut self, action: Action, reason: impl FnOnce() -> Reason) {
        match action {
            Action::Allow => {}
            Action::Audit => self.tell(Mode::Audit, reason()),
            Action::Deny => self.tell(Mode::Enforce, reason()),
            Action::Warn => self.tell(Mode::Warn, reason()),
        }
    }
}

fn no_policy(request: &Request) -> Reason {
    let name = request.reference.name();
    reason::plain(
        Code::NoPolicyMatches,
        None,
        format!("no enforced policy matches `{}`", reason::shown(&name)),
    )
}

fn tag_not_allowed(request: &Request, target: &Target<'_>) -> Reason {
    let reference = &request.reference;
    let tag = reference.tag().unwrap_or("latest");
    let message = format!(
        "`{}` has no digest; tag `{tag}` resolves to {}",
        reason::shown(reference.written()),
        target.resolved()
    );
    let mut told = reason::plain(Code::TagNotAllowed, None, message);
    if let Some(digest) = &target.digest {
        told.help = format!("write `{}@{digest}`, so that what was judged is what runs", reference.name());
    }
    told
}
