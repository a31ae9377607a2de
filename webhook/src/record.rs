//! One event per image: who asked for what, and what was decided.

use std::{sync::Arc, time::Duration};

use sealgate::{
    policy::{Report, Verdict},
    verify::Digest,
};

use crate::{
    Refusal, limits,
    respond::{Found, Outcome, Standing},
    review::Review,
    shown::shown,
};

/// Writes verdicts to the log.
#[derive(Debug)]
pub(crate) struct Recorder {
    // Allowed digests that were logged a short while ago, by namespace.
    allowed: moka::sync::Cache<(Digest, String), ()>,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        let allowed = moka::sync::Cache::builder()
            .max_capacity(limits::LOGGED_DIGESTS)
            .time_to_live(limits::LOG_ALLOWS)
            .build();
        Self { allowed }
    }

    /// Logs one image of a review.
    pub(crate) fn record(&self, review: &Review<'_>, outcome: &Outcome<'_>, elapsed: Duration) {
        let standing = outcome.found.standing();
        let namespace = review.namespace.as_deref().unwrap_or_default();
        let report = match &outcome.found {
            Found::Judged { verdict, .. } => Some(verdict.report()),
            Found::Refused(_) => None,
        };
        if standing == Standing::Allowed && !self.is_news(report, namespace) {
            return;
        }
        let event = Event {
            image: outcome
                .place
                .as_ref()
                .map_or_else(String::new, |place| shown(&place.image, limits::REASON)),
            digest: report
                .and_then(|report| report.digest.as_ref())
                .map(ToString::to_string)
                .unwrap_or_default(),
            policy: report.map(policies).unwrap_or_default(),
            reason: code(&outcome.found),
            signer: report.and_then(signer).unwrap_or_default(),
        };
        let (subject, issuer) = &event.signer;
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        macro_rules! verdict {
            ($level:ident) => {
                tracing::$level!(
                    image = event.image,
                    digest = event.digest,
                    policy = event.policy,
                    verdict = standing.verdict(),
                    reason = event.reason,
                    signer_subject = subject,
                    signer_issuer = issuer,
                    elapsed_ms,
                    uid = shown(&review.uid, limits::REASON),
                    namespace = shown(namespace, limits::REASON),
                    kind = shown(&review.kind.to_string(), limits::REASON),
                    "verdict"
                )
            };
        }
        match (&outcome.found, standing) {
            (Found::Refused(Refusal::Internal { .. }), _) => verdict!(error),
            (_, Standing::Allowed | Standing::Denied) => verdict!(info),
            (_, Standing::UnknownLasting | Standing::UnknownNow) => verdict!(warn),
        }
    }

    fn is_news(&self, report: Option<&Report>, namespace: &str) -> bool {
        let Some(digest) = report.and_then(|report| report.digest.clone()) else { return true };
        self.allowed.entry((digest, namespace.to_owned())).or_insert(()).is_fresh()
    }
}

struct Event {
    image: String,
    digest: String,
    policy: String,
    reason: &'static str,
    signer: (String, String),
}

/// The first reason's code: what closes, else what would have closed in warn or audit mode, else nothing.
pub(crate) fn code(found: &Found) -> &'static str {
    match found {
        Found::Judged { verdict, .. } => first_code(verdict),
        Found::Refused(refusal) => refusal.code(),
    }
}

fn first_code(verdict: &Arc<Verdict>) -> &'static str {
    let report = verdict.report();
    let all = report.reasons.iter().chain(&report.warnings).chain(&report.audits);
    all.map(|reason| reason.code).next().unwrap_or_default()
}

fn policies(report: &Report) -> String {
    let names: Vec<_> = report.policies.iter().map(|policy| policy.policy.as_str()).collect();
    shown(&names.join(", "), limits::REASON)
}

fn signer(report: &Report) -> Option<(String, String)> {
    let leaves = report
        .policies
        .iter()
        .flat_map(|policy| &policy.requirements)
        .flat_map(|requirement| &requirement.leaves);
    let rests = leaves.flat_map(|leaf| &leaf.rests_on).next()?;
    Some((shown(&rests.subject, limits::REASON), shown(&rests.issuer, limits::REASON)))
}
