//! Our own verbs, in clap's manners.

mod check;
pub(crate) mod completion;
mod conformance;
pub(crate) mod explain;
mod lint;
mod man;
mod replay;
mod report;
mod roots;
mod setup;
mod surface;

use clap::{Parser, Subcommand};

use crate::Console;

/// Everything holds.
pub(crate) const ALLOW: u8 = 0;
/// Something does not.
pub(crate) const DENY: u8 = 1;
/// Nobody knows.
pub(crate) const UNKNOWN: u8 = 2;
/// Called wrongly, or with files that mean nothing.
pub(crate) const USAGE: u8 = 64;

/// The verbs and what they do, for the overview.
pub(crate) const VERBS: [(&str, &str); 7] = [
    ("check", "Ask policies whether images may run"),
    ("explain", "Show what is attached, by whom, and what would accept it"),
    ("replay", "Ask policies about recorded evidence, offline"),
    ("policy", "Lint policies, or print their schema"),
    ("conformance", "The client of the Sigstore conformance suite"),
    ("roots", "Show, refresh or import trusted roots"),
    ("man", "Write manual pages"),
];

/// Whether a word is one of our own verbs.
pub(crate) fn is_verb(word: &str) -> bool {
    VERBS.iter().any(|(name, _)| *name == word)
}

/// Kubernetes admits only signed digests.
#[derive(Debug, Parser)]
#[command(name = "sealgate", disable_version_flag = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Ask policies whether images may run.
    ///
    /// Exit code: 0 all may, 1 at least one may not, 2 it could not be found out, 64 wrong usage.
    Check(check::Check),
    /// The client of the Sigstore conformance suite.
    #[command(subcommand)]
    Conformance(conformance::Conformance),
    /// Write manual pages.
    Man(man::Manual),
    /// Show what is attached to images, by whom, when, which checks hold, and what would accept it. No verdict.
    ///
    /// Exit code: 0 it is shown, 2 it could not be found out, 64 wrong usage.
    Explain(explain::Explain),
    /// Lint policies, or print their schema.
    #[command(subcommand)]
    Policy(lint::Policy),
    /// Ask policies about recorded evidence, offline, at the recorded time.
    ///
    /// Exit code: as `check`.
    Replay(replay::Replay),
    /// Show, refresh or import trusted roots.
    #[command(subcommand)]
    Roots(roots::Roots),
}

/// Runs one of our verbs; `arguments` are without the program's name.
pub(crate) fn run(arguments: &[String], console: &mut Console<'_>) -> u8 {
    let words = std::iter::once("sealgate").chain(arguments.iter().map(String::as_str));
    let parsed = match Arguments::try_parse_from(words) {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() => {
            console.say(error.render().to_string().trim_end());
            return USAGE;
        }
        Err(help) => {
            console.answer(help.render().to_string());
            return ALLOW;
        }
    };
    let done = match parsed.verb {
        Verb::Check(check) => check.run(console),
        Verb::Conformance(conformance) => conformance.run(console),
        Verb::Explain(explain) => explain.run(console),
        Verb::Man(manual) => manual.run(console),
        Verb::Policy(policy) => policy.run(console),
        Verb::Replay(replay) => replay.run(console),
        Verb::Roots(roots) => roots.run(console),
    };
    done.unwrap_or_else(|fault| {
        console.say(format!("error: {}", fault.text));
        if let Some(hint) = fault.hint {
            console.say(format!("\nhint: {hint}"));
        }
        fault.code
    })
}

/// Why a verb has no answer.
#[derive(Debug)]
pub(crate) struct Fault {
    code: u8,
    text: String,
    hint: Option<String>,
}

impl Fault {
    fn usage(text: impl Into<String>) -> Self {
        Self { code: USAGE, text: text.into(), hint: None }
    }

    fn own(error: &dyn std::error::Error) -> Self {
        let (mut text, mut source) = (error.to_string(), error.source());
        while let Some(inner) = source {
            text.push_str(&format!(": {inner}"));
            source = inner.source();
        }
        Self { code: UNKNOWN, text, hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<crate::files::FileError> for Fault {
    fn from(error: crate::files::FileError) -> Self {
        Self::usage(error.to_string())
    }
}
