//! `policy`: what is wrong with policy files, and what may stand in them.

use clap::Subcommand;
use sealgate::policy::{Finding, PolicySet};
use serde_json::json;

use super::{
    ALLOW, DENY, Fault,
    setup::{self, Form},
};
use crate::{Console, console::harmless};

/// Lint policies, or print their schema.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Say what is wrong or odd in policy files, as FILE:LINE:COLUMN.
    ///
    /// Exit code: 0 they can be used, 1 they cannot, 64 wrong usage.
    Lint {
        /// A trusted root that policies may name; repeatable
        #[arg(long = "trusted-root", value_name = "NAME=FILE")]
        roots: Vec<String>,
        /// How findings are written
        #[arg(long, short, value_enum, default_value_t = Form::Text)]
        output: Form,
        /// The files, read as one set
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
    },
    /// Print the JSON schema of policies
    Schema {
        /// The schema of GateSettings instead
        #[arg(long)]
        settings: bool,
    },
}

impl Policy {
    /// The process's exit code.
    pub(crate) fn run(self, console: &mut Console<'_>) -> Result<u8, Fault> {
        match self {
            Self::Lint { roots, output, files } => lint(&roots, output, &files, console),
            Self::Schema { settings } => {
                let schema = if settings { PolicySet::settings_schema() } else { PolicySet::policy_schema() };
                console.answer(format!("{schema:#}\n"));
                Ok(ALLOW)
            }
        }
    }
}

fn lint(roots: &[String], form: Form, files: &[String], console: &mut Console<'_>) -> Result<u8, Fault> {
    let roots = setup::roots(roots, console)?;
    let (errors, warnings, names) = match PolicySet::load(&setup::sources(files)?, &roots) {
        Ok(loaded) => {
            (Vec::new(), loaded.warnings, loaded.set.names().into_iter().map(str::to_owned).collect())
        }
        Err(errors) => (errors, Vec::new(), Vec::new()),
    };
    match form {
        Form::Json => {
            let found = json!({"version": "1", "errors": errors, "warnings": warnings, "policies": names});
            console.answer(format!("{found}\n"));
        }
        Form::Text => {
            for error in &errors {
                console.answer(harmless(&line("error", error)).as_bytes());
            }
            for warning in &warnings {
                console.answer(harmless(&line("warning", warning)).as_bytes());
            }
        }
    }
    Ok(if errors.is_empty() { ALLOW } else { DENY })
}

fn line(kind: &str, finding: &Finding) -> String {
    let Finding { code, file, line, column, field, message, help } = finding;
    let field = if field.is_empty() { String::new() } else { format!("{field}: ") };
    let help = if help.is_empty() { String::new() } else { format!("\n    hint: {help}") };
    format!("{file}:{line}:{column}: {kind}: {code}: {field}{message}{help}\n")
}
