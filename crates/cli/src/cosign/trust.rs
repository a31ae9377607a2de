//! Which root the flags and variables mean. No network: without any, it is the embedded public-good root.

mod pieces;

use sealgate::verify::TrustedRoot;

use super::{failure::Failure, meaning};
use crate::{Console, files, go::flags::Typed, limits};

/// A root, and what it may be used for.
#[derive(Debug)]
pub(crate) struct Trust {
    /// Less what `--insecure-*` forgot.
    pub(crate) root: TrustedRoot,
    /// Whether bundles can be checked: a root put together from single files is only for the older format.
    pub(crate) bundles: bool,
}

/// Reads the root that the flags and variables mean.
///
/// # Errors
/// cosign's text where it has one.
pub(crate) fn of(typed: &Typed, console: &Console<'_>) -> Result<Trust, Failure> {
    let ignores_log = meaning::ignores_log(typed);
    let keyed = typed.some("key").is_some() || typed.switch("sk");
    let (root, bundles) = if let Some(name) = typed.some("trusted-root") {
        (file(name)?, true)
    } else if keyed && ignores_log && !typed.switch("use-signed-timestamps") {
        // Nothing of it is used.
        (embedded()?, true)
    } else if pieces::named(typed, console) {
        (pieces::root(typed, console, keyed)?, false)
    } else {
        (embedded()?, true)
    };
    let root = if ignores_log { root.without_logs_insecure() } else { root };
    let root = if typed.switch("insecure-ignore-sct") { root.without_ct_logs_insecure() } else { root };
    Ok(Trust { root, bundles })
}

/// Whether the root is one put together from single files.
pub(crate) fn is_pieced(typed: &Typed, console: &Console<'_>) -> bool {
    typed.some("trusted-root").is_none() && pieces::named(typed, console)
}

fn file(name: &str) -> Result<TrustedRoot, Failure> {
    let context = "setting trusted material: loading trusted root";
    let bytes = files::read(name, limits::ROOT)
        .map_err(|error| format!("{context}: failed to read trusted root {error}"))?;
    TrustedRoot::from_json(&bytes).map_err(|error| {
        let first = String::from_utf8_lossy(&bytes);
        let word: String = first.trim_start().chars().take_while(|letter| letter.is_ascii_alphanumeric()).take(32).collect();
        if word.is_empty() || first.trim_start().starts_with(['{', '[']) {
            format!("{context}: failed to proto-json unmarshal trusted root: {error}").into()
        } else {
            format!("{context}: failed to proto-json unmarshal trusted root: proto: syntax error (line 1:1): invalid value {word}").into()
        }
    })
}

fn embedded() -> Result<TrustedRoot, Failure> {
    TrustedRoot::public_good().map_err(|error| format!("setting trusted material: {error}").into())
}
