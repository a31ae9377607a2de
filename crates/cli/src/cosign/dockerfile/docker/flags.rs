//! The flags of an instruction.

use super::{DockerfileError, unsure};

/// What quotes and escapes.
pub(super) const QUOTES: [char; 4] = ['"', '\'', '\\', '`'];

/// The flags, and what comes after them.
///
/// # Errors
/// A flag with quotes or escapes, or without a value where it takes one: builders read those differently.
pub(super) fn of<'l>(body: &'l str, line: &str) -> Result<(Vec<&'l str>, &'l str), DockerfileError> {
    let (mut flags, mut rest) = (Vec::new(), body.trim_start());
    while rest.starts_with("--") {
        let (flag, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = after.trim_start();
        if flag == "--" {
            break;
        }
        // THREAT: `--fr"om"=IMAGE` and `--from IMAGE` name images too.
        // See flags_that_are_quoted_or_lack_their_value_are_refused.
        let whole = flag.contains('=') || SWITCHES.contains(&flag);
        if !whole || flag.contains(QUOTES) || !flag.is_ascii() {
            return Err(unsure("a flag", line));
        }
        flags.push(flag);
    }
    Ok((flags, rest))
}

// A switch before another flag is no place to hide one: the other is read as well.
const SWITCHES: [&str; 4] = ["--keep-git-dir", "--link", "--parents", "--unpack"];
