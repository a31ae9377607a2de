//! The answer, as plain data.

use schemars::JsonSchema;
use sealgate_verify::{Digest, GapCause, Place, Timestamp};
use serde::Serialize;

mod json;

/// The answer.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Verdict {
    /// Everything that is enforced holds.
    Allow(Grant),
    /// Something that is enforced does not hold, whatever the unread places hold.
    Deny(Denial),
    /// A gap in the evidence could have mattered. Closed, like a denial, but different news.
    Unknown(Gaps),
}

impl Verdict {
    /// What the three have in common.
    pub fn report(&self) -> &Report {
        match self {
            Self::Allow(grant) => &grant.report,
            Self::Deny(denial) => &denial.report,
            Self::Unknown(gaps) => &gaps.report,
        }
    }

    /// `allow`, `deny` or `unknown`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Allow(_) => "allow",
            Self::Deny(_) => "deny",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Why yes.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// The whole story.
    pub report: Report,
    /// No cache may keep this grant beyond; `None` if nothing in it ends.
    pub valid_until: Option<Timestamp>,
}

/// Why no. `report.reasons` is never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Denial {
    /// The whole story.
    pub report: Report,
}

/// Why we cannot say. `report.reasons` is never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaps {
    /// The whole story.
    pub report: Report,
    /// Whether every gap that matters may close by itself soon.
    pub temporary: bool,
}

/// Everything there is to say about one image. Serialised camelCase; its schema is published.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The reference as written.
    pub image: String,
    /// The digest that was judged, and the only one that a grant is about.
    #[schemars(with = "Option<String>")]
    pub digest: Option<Digest>,
    /// Every matching policy, by name.
    pub policies: Vec<PolicyResult>,
    /// What closes the gate, in policy order.
    pub reasons: Vec<Reason>,
    /// What fails in warn mode.
    pub warnings: Vec<Reason>,
    /// What fails in audit mode.
    pub audits: Vec<Reason>,
    /// Facts that decide nothing, such as an unreadable item beside a good one.
    pub notes: Vec<String>,
}

/// One reason, with everything a reader at night needs.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// Stable, kebab-case, never renamed.
    pub code: &'static str,
    /// `policy/requirement[/alternative/leaf]`, where a policy speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What happened, with the nearest miss: "signed by X, the policy wants Y". No full stop.
    pub message: String,
    /// What the reader can do next.
    pub help: String,
    /// For a gap: its cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub cause: Option<GapCause>,
    /// For a signer that is not the wanted one: the field that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Box<Compared>>,
}

/// A signer held against one that a policy names: the first field that differs. Every text is one printable line.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// Who signed.
    pub signed_by: String,
    /// The policy's name for whom it wants.
    pub signer: String,
    /// Whom that names, in words.
    pub names: String,
    /// Which field differs: `subject`, `issuer`, a claim's name, `key`.
    pub field: String,
    /// What the certificate or key says there; empty if nothing.
    pub found: String,
    /// What the policy wants there.
    pub wanted: String,
}

/// What one policy says.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyResult {
    /// Its name.
    pub policy: String,
    /// Its mode.
    pub mode: Mode,
    /// Its requirements, by name.
    pub requirements: Vec<RequirementResult>,
}

/// What a policy or requirement does when it fails.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Record it.
    Audit,
    /// Warn.
    Warn,
    /// Deny.
    Enforce,
}

/// What one requirement says.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequirementResult {
    /// Its name.
    pub requirement: String,
    /// The weaker of the policy's mode and its own.
    pub mode: Mode,
    /// How it stands.
    pub standing: Standing,
    /// Its leaves, each with what was asked, found and missed.
    pub leaves: Vec<LeafResult>,
}

/// How a requirement or leaf stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It does not hold, whatever the unread places hold.
    Failed,
    /// It holds.
    Met,
    /// It does not hold by what was read, but a gap could have mattered.
    Open,
}

/// One leaf.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeafResult {
    /// `requirement` or `requirement/alternative/leaf`.
    pub path: String,
    /// What was asked, in words.
    pub asked: String,
    /// How it stands.
    pub standing: Standing,
    /// What it rests on.
    pub rests_on: Vec<ItemUse>,
    /// What was found instead, nearest first.
    pub misses: Vec<Reason>,
}

/// An item that a grant rests on.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemUse {
    /// SHA-256 of its bytes.
    #[schemars(with = "String")]
    pub item: Digest,
    /// Where it was found.
    #[schemars(with = "String")]
    pub place: Place,
    /// The policy's name for the signer.
    pub signer: String,
    /// Who signed, in words: the certificate's subject, or the key's fingerprint.
    pub subject: String,
    /// The OIDC issuer; empty for keys.
    pub issuer: String,
    /// The root that vouches.
    pub root: String,
    /// Every proven time, RFC 3339, with its source.
    pub signed_at: Vec<String>,
    /// Log entries, `log#index`.
    pub log: Vec<String>,
}
