//! Which root the flags and variables mean: a file, single pieces, or the one that a TUF repository keeps fresh.

mod age;
mod later;
mod pieces;
mod repository;

use sealgate::{tuf::TufError, verify::TrustedRoot};

use super::{failure::Failure, meaning};
use crate::{Console, files, go::flags::Typed, limits};

pub(crate) use age::most_age;
pub(crate) use later::{Later, Stale, fetch, file_of, refresh, refresh_whole};
pub(crate) use repository::{MIRROR, REMOTE, Remote, cache, cosign_folder, of as repository};

/// A root, and what it may be used for.
#[derive(Debug)]
pub(crate) struct Trust {
    /// Less what `--insecure-*` forgot.
    pub(crate) root: TrustedRoot,
    /// Why bundles cannot be checked: a root put together from single keys and certificates is only for the older format.
    pub(crate) no_bundles: Option<String>,
    /// What is said before something of the older format is checked.
    pub(crate) warning: Option<String>,
    /// Whether certificates beside an older signature may stand between its own and a root.
    pub(crate) chains: bool,
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
    let (root, pieces, later) = if let Some(name) = typed.some("trusted-root") {
        (file(name)?, Pieces::None, None)
    } else if keyed && ignored.log && !typed.switch("use-signed-timestamps") {
        // Nothing of it is used.
        (embedded()?, Pieces::None, None)
    } else if pieces::named(typed, console) {
        let pieces = pieces::read(typed, console, keyed)?;
        if pieces.are_whole() {
            (pieces.over(b"{}")?, Pieces::Named, None)
        } else {
            let (held, later) = age::fresh(typed, ignored, console)?;
            (pieces.over(&held.json)?, Pieces::Named, later.map(|later| later.beside(pieces)))
        }
    } else {
        let (held, later) = age::fresh(typed, ignored, console)?;
        (held.root, if held.in_pieces { Pieces::Published } else { Pieces::None }, later)
    };
    let chains = match pieces {
        Pieces::Named => !pieces::name_what_is_between(typed, console),
        Pieces::None => false,
        Pieces::Published => true,
    };
    let (no_bundles, warning) = match pieces {
        Pieces::Named => (Some(NO_ROOT.to_owned()), None),
        Pieces::None => (None, None),
        Pieces::Published => (
            Some(format!(
                "setting trusted material: getting trusted root from TUF for new bundle verification: {ONLY_PIECES}"
            )),
            Some(format!(
                "WARNING: Could not fetch trusted_root.json from the TUF repository. Continuing with individual targets. \
                 Error from TUF: {ONLY_PIECES}"
            )),
        ),
    };
    Ok(Trust { root: ignored.strip(root), no_bundles, warning, chains, later })
}

/// cosign's text where bundles are to be checked with single keys and certificates.
pub(crate) const NO_ROOT: &str = "trusted root is required when using new bundle format";

/// Whether a root was put together from single keys and certificates.
#[derive(Clone, Copy, Debug)]
enum Pieces {
    /// By whoever typed.
    Named,
    /// It came whole.
    None,
    /// From those that a repository publishes, since it has nothing else.
    Published,
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

/// cosign's words for a repository without a trusted root.
const ONLY_PIECES: &str = "error getting live trusted root: failed to get target from TUF client getting info for target \
     \"trusted_root.json\": target trusted_root.json not found";

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
