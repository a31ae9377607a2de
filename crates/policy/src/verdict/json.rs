//! The stable JSON form of a verdict: the report's fields, and beside them the answer itself.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Serialize, Serializer};

use super::{Report, Verdict};

/// The answer about one image.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Verdict")]
struct VerdictJson<'v> {
    /// `allow`, `deny`, or `unknown`: a gap in the evidence could have mattered, so the gate stays closed.
    #[schemars(extend("enum" = ["allow", "deny", "unknown"]))]
    verdict: &'static str,
    /// Of an allow: until when it may be kept, RFC 3339; null if nothing in it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    valid_until: Option<Option<String>>,
    /// Of an unknown: whether trying again soon can help.
    #[serde(skip_serializing_if = "Option::is_none")]
    temporary: Option<bool>,
    #[serde(flatten)]
    report: &'v Report,
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (valid_until, temporary) = match self {
            Self::Allow(grant) => (Some(grant.valid_until.map(|until| until.to_string())), None),
            Self::Deny(_) => (None, None),
            Self::Unknown(gaps) => (None, Some(gaps.temporary)),
        };
        VerdictJson { verdict: self.name(), valid_until, temporary, report: self.report() }
            .serialize(serializer)
    }
}

impl Verdict {
    /// The JSON schema of a serialised verdict. Fields may be added, never renamed or removed.
    pub fn json_schema() -> serde_json::Value {
        SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator()
            .into_root_schema_for::<VerdictJson<'_>>()
            .to_value()
    }
}
