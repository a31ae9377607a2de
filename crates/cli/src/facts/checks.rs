//! Which checks a signature went through.

use schemars::JsonSchema;
use sealgate::verify::{Bundle, Step, VerifyError};
use serde::Serialize;

/// One check.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct Check {
    /// What was checked.
    pub(crate) check: &'static str,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// Why it was left out or failed: a stable kebab-case code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed,
    /// Nobody asked for it, or there was nothing to check.
    Skipped,
    /// An earlier check failed.
    NotReached,
}

/// Why checks are left out, by code.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Skips {
    /// Log entries.
    pub(crate) log: Option<&'static str>,
    /// Signed certificate timestamps.
    pub(crate) sct: Option<&'static str>,
    /// What the content is about.
    pub(crate) subject: Option<&'static str>,
}

/// Every check of one signature, in their order. `keyed` says that it was held against a managed key.
pub(crate) fn list(bundle: &Bundle, keyed: bool, skips: Skips, error: Option<&VerifyError>) -> Vec<Check> {
    let failed = error.map(VerifyError::step);
    let check = |step: Step| {
        let skip = match step {
            Step::LogEntry | Step::Inclusion => skips.log,
            Step::Certificate | Step::CertificateLog if keyed => Some("managed-key"),
            Step::CertificateLog => skips.sct,
            Step::Subject => skips.subject,
            Step::Time if bundle.timestamp_count() == 0 && bundle.log_entry_count() == 0 => {
                Some("no-time-in-signature")
            }
            _ => None,
        };
        let (outcome, code) = match (failed, skip) {
            (Some(failed), _) if step == failed => {
                (Outcome::Failed, error.map(|error| error.code().to_owned()))
            }
            (Some(failed), _) if step > failed => (Outcome::NotReached, None),
            (_, Some(code)) => (Outcome::Skipped, Some(code.to_owned())),
            _ => (Outcome::Passed, None),
        };
        Check { check: name(step), outcome, code }
    };
    Step::ALL.into_iter().map(check).collect()
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Form => "form",
        Step::LogEntry => "log-entry",
        Step::Time => "time",
        Step::Certificate => "certificate",
        Step::CertificateLog => "certificate-log",
        Step::Inclusion => "inclusion",
        Step::Signature => "signature",
        Step::Content => "content",
        Step::Subject => "artifact",
    }
}
