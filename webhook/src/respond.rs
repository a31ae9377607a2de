//! From what was found about each image to the answer. Pure: one function, one table.
//!
//! Any definite denial gives 403; else any lasting cause of not finding out gives 403 under its own code; else any
//! temporary one 503; else allow. One message lists all, in the object's order.

mod text;

use std::{collections::BTreeMap, sync::Arc};

use sealgate::policy::Verdict;
use serde::Serialize;

use crate::{
    limits,
    refusal::{Class, Refusal},
    review::ImageUse,
};

/// What an answer is about.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// To be echoed.
    pub uid: &'a str,
    /// A mirror pod from its own node: recorded, never denied.
    pub mirror: bool,
    /// The snapshot's hash, if there is one.
    pub snapshot: Option<&'a str>,
    /// Roots in it that are old, and how old.
    pub old_roots: Option<&'a str>,
}

/// What was found about one image, or about the review itself.
#[derive(Clone, Debug)]
pub struct Outcome<'a> {
    /// The image's place; `None` if it is about the whole review.
    pub place: Option<ImageUse<'a>>,
    /// What was found.
    pub found: Found,
}

/// What was found.
#[derive(Clone, Debug)]
pub enum Found {
    /// The engine's verdict.
    Judged {
        /// The verdict.
        verdict: Arc<Verdict>,
        /// Whether it needed no network.
        cached: bool,
        /// Whether a gathering still runs, so that a retry will find more.
        still_gathering: bool,
    },
    /// This door closed without asking.
    Refused(Refusal),
}

/// How one image, or a whole review, stands. The smaller wins.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Standing {
    /// No.
    Denied,
    /// Could not find out, and trying again alone does not help.
    UnknownLasting,
    /// Could not find out now.
    UnknownNow,
    /// Yes.
    Allowed,
}

impl Standing {
    /// `allow`, `deny` or `unknown`.
    pub fn verdict(self) -> &'static str {
        match self {
            Self::Denied => "deny",
            Self::UnknownLasting | Self::UnknownNow => "unknown",
            Self::Allowed => "allow",
        }
    }
}

impl Found {
    /// How it stands.
    pub fn standing(&self) -> Standing {
        match self {
            Self::Judged { verdict, .. } => match &**verdict {
                Verdict::Allow(_) => Standing::Allowed,
                Verdict::Deny(_) => Standing::Denied,
                Verdict::Unknown(gaps) if gaps.temporary => Standing::UnknownNow,
                Verdict::Unknown(_) => Standing::UnknownLasting,
            },
            Self::Refused(refusal) => match refusal.class() {
                Class::Definite => Standing::Denied,
                Class::Temporary => Standing::UnknownNow,
            },
        }
    }
}

/// Answers a review.
pub fn respond(context: Context<'_>, outcomes: &[Outcome<'_>]) -> Response {
    let standing = outcomes.iter().map(|outcome| outcome.found.standing()).min().unwrap_or(Standing::Allowed);
    let allowed = context.mirror || standing == Standing::Allowed;
    Response {
        uid: context.uid.to_owned(),
        allowed,
        status: (!allowed).then(|| status(standing, outcomes)),
        warnings: text::warnings(outcomes),
        audit_annotations: text::annotations(context, standing, outcomes),
    }
}

fn status(standing: Standing, outcomes: &[Outcome<'_>]) -> Status {
    let temporary = standing == Standing::UnknownNow;
    let still_gathering =
        outcomes.iter().any(|outcome| matches!(outcome.found, Found::Judged { still_gathering: true, .. }));
    Status {
        status: "Failure",
        message: text::message(outcomes),
        // The names that clients know: a code of ours here would make them guess.
        reason: if temporary { "ServiceUnavailable" } else { "Forbidden" },
        code: if temporary { 503 } else { 403 },
        details: Details {
            causes: text::causes(outcomes),
            retry_after_seconds: (temporary && still_gathering).then_some(RETRY_AFTER_SECONDS),
        },
    }
}

/// Clients sleep so long and repeat, up to ten times.
const RETRY_AFTER_SECONDS: u32 = 2;

/// `AdmissionReview.response`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The request's.
    pub uid: String,
    /// The verdict.
    pub allowed: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// What fails in warn mode.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What the audit log keeps.
    pub audit_annotations: BTreeMap<&'static str, String>,
}

/// `metav1.Status`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// Always `Failure`.
    pub status: &'static str,
    /// For the user.
    pub message: String,
    /// In the API's own words.
    pub reason: &'static str,
    /// 403 or 503.
    pub code: u16,
    /// For programs.
    pub details: Details,
}

/// `metav1.StatusDetails`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// One per reason.
    pub causes: Vec<Cause>,
    /// Only while a gathering still runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
}

/// `metav1.StatusCause`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cause {
    /// The reason's code.
    pub reason: &'static str,
    /// The container's path.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// Policy, requirement and nearest miss.
    pub message: String,
}

/// The envelope of an answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: &'a Response,
}

impl Response {
    /// Writes the AdmissionReview.
    ///
    /// # Errors
    /// None that a text and a number can cause; the writer's signature has one.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let envelope =
            Envelope { api_version: "admission.k8s.io/v1", kind: "AdmissionReview", response: self };
        let mut json = Vec::with_capacity(limits::REASON);
        serde_json::to_writer(&mut json, &envelope)?;
        Ok(json)
    }
}

#[cfg(test)]
mod tests;
