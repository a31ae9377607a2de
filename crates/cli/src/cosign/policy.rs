//! `--policy`: files that are asked about each attestation of the wanted type.

#[cfg(feature = "rego")]
mod bounds;
#[cfg(feature = "rego")]
mod payload;
#[cfg(feature = "rego")]
mod rego;
#[cfg(feature = "rego")]
mod shown;

use std::{path::Path, time::Duration};

use sealgate::verify::Content;

use super::{failure::Failure, output::Shown};
#[cfg(feature = "rego")]
use crate::limits;
use crate::{Console, go::flags::Typed};

/// The files, by language.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    cue: Vec<String>,
    rego: Vec<String>,
    other: bool,
}

impl Policies {
    /// Sorts what was typed. Nothing is read yet: cosign reads policies once there is something to ask them.
    pub(crate) fn of(typed: &Typed) -> Self {
        let mut sorted = Self::default();
        for name in typed.list("policy") {
            match Path::new(name).extension().and_then(|extension| extension.to_str()) {
                Some("rego") => sorted.rego.push(name.clone()),
                Some("cue") => sorted.cue.push(name.clone()),
                _ => sorted.other = true,
            }
        }
        sorted
    }

    /// Asks the policies about every attestation; `wanted` is the type as typed. One that does not pass fails them all.
    ///
    /// # Errors
    /// cosign's summary, its reasons having been said.
    pub(crate) fn check(
        &self,
        wanted: &str,
        shown: &[Shown<'_>],
        patience: Duration,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        if self.other {
            return Err("invalid policy format, expected .cue or .rego".into());
        }
        let statements: Vec<&[u8]> = shown
            .iter()
            .filter_map(|attestation| match &attestation.passed.content {
                Content::Statement(statement) => Some(&*statement.raw),
                _ => None,
            })
            .collect();
        let mut errors = Vec::new();
        if !self.cue.is_empty() {
            for _ in &statements {
                console.say(format!("will be validating against CUE policies: [{}]", self.cue.join(" ")));
                errors.push(NO_CUE.to_owned());
            }
        } else if !self.rego.is_empty() {
            let before = || {
                console.say(format!("will be validating against Rego policies: [{}]", self.rego.join(" ")))
            };
            errors = self.by_rego(wanted, &statements, patience, before);
        }
        if errors.is_empty() {
            return Ok(());
        }
        let count = errors.len();
        console.say(format!("There are {count} number of errors occurred during the validation:\n"));
        for error in errors {
            console.say(format!("- {error}"));
        }
        Err(format!("{count} validation errors occurred").into())
    }

    #[cfg(feature = "rego")]
    fn by_rego(
        &self,
        wanted: &str,
        statements: &[&[u8]],
        patience: Duration,
        before: impl FnMut(),
    ) -> Vec<String> {
        let bounds = bounds::Bounds::new(patience.min(limits::POLICY_TIME), limits::POLICY_MEMORY);
        rego::errors(&self.rego, wanted, statements, &bounds, before)
    }

    #[cfg(not(feature = "rego"))]
    #[allow(clippy::unused_self, reason = "the same call as where Rego is built in")]
    fn by_rego(&self, _: &str, statements: &[&[u8]], _: Duration, mut before: impl FnMut()) -> Vec<String> {
        let error = |_: &&[u8]| {
            before();
            "this program was built without Rego".to_owned()
        };
        statements.iter().map(error).collect()
    }
}

const NO_CUE: &str = "CUE is not supported: write the policy in Rego (--policy FILE.rego), \
     or ask Sealgate's own policies (`sealgate check --policy FILE.yaml IMAGE`)";
