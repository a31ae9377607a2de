//! Which root the flags and variables mean: a file, single pieces, or the one that a TUF repository keeps fresh.

mod age;
mod later;
mod pieces;
mod repository;

use sealgate::{tuf::TufError, verify::TrustedRoot};

use super::{failure::Failure, meaning};
use crate::{Console, files, go::flags::Typed, limits};

pub(crate) use age::most_age;
pub(crate) use later::{Later, Stale, fetch, refresh, refresh_whole};
pub(crate) use repository::{MIRROR, REMOTE, Remote, cache, cosign_folder, of as repository};

/// A root, and what it may be used for.
#[derive(Debug)]
pub(crate) struct Trust {
    /// Less what `--insecure-*` forgot.
    pub(crate) root: TrustedRoot,
    /// Whether bundles can be checked: a root put together from single files is only for the older format.
    pub(crate) bundles: bool,
    /// Where a newer root can be had, should a key be unknown to this one.
    pub(crate) later: Option<Later>,
}

/// Reads the root that the flags and variables mean. Asks the network only if what is at hand is too old.
///
/// # Errors
/// cosign's text where it has one.
pub(crate) fn of(typed: &Typed, console: &mut Console<'_>) -> Result<Trust, Failure> {
    let keyed = typed.some("key").is_some() || typed.switch("sk");
    let ignored = Ignored { log: meaning::ignores_log(typed), sct: typed.switch("insecure-ignore-sct") };
    let (root, bundles, later) = if let Some(name) = typed.some("trusted-root") {
        (file(name)?, true, None)
    } else if keyed && ignored.log && !typed.switch("use-signed-timestamps") {
        // Nothing of it is used.
        (embedded()?, true, None)
    } else if pieces::named(typed, console) {
        let pieces = pieces::read(typed, console, keyed)?;
        if pieces.are_whole() {
            (pieces.over(b"{}")?, false, None)
        } else {
            let (held, later) = age::fresh(typed, ignored, console)?;
            (pieces.over(&held.json)?, false, later.map(|later| later.beside(pieces)))
        }
    } else {
        let (held, later) = age::fresh(typed, ignored, console)?;
        (held.root, true, later)
    };
    Ok(Trust { root: ignored.strip(root), bundles, later })
}

/// What `--insecure-*` forgot.
#[derive(Clone, Copy, Debug)]
struct Ignored {
    log: bool,
    sct: bool,
}

impl Ignored {
    fn strip(self, root: TrustedRoot) -> TrustedRoot {
        let root = if self.log { root.without_logs_insecure() } else { root };
        if self.sct { root.without_ct_logs_insecure() } else { root }
    }
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

/// cosign's words before what went wrong with its repository.
const LIVE: &str = "setting trusted material: getting trusted root from TUF for new bundle verification: error getting live \
     trusted root: failed to create TUF client failed to load metadata: tuf refresh failed";

/// What went wrong with a repository; where nobody answered, in the words of Go's web client.
pub(crate) fn told(error: &TufError) -> String {
    use sealgate::tuf::FetchError::Unreachable;
    match error {
        TufError::Fetch(Unreachable { url, why }) => format!("Get \"{url}\": {why}"),
        other => format!("{} ({})", other.chain(), other.code()),
    }
}
