//! All verbs, ours and cosign's, as one tree of clap's: for completions and man pages, never for parsing.

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::Arguments;
use crate::{
    cosign,
    go::flags::{Flag, Kind},
};

/// Every verb. Flags that are on their way out are there, hidden, if `all` says so.
pub(super) fn everything(all: bool) -> Command {
    let mut command = Arguments::command();
    for group in cosign::GROUPS {
        let members = cosign::verbs().filter_map(|verb| {
            let name = verb.name.strip_prefix(group.name)?.strip_prefix(' ')?;
            Some(verb_named(name, verb, all))
        });
        let group =
            Command::new(group.name).about(group.about).subcommand_required(true).subcommands(members);
        command = command.subcommand(group);
    }
    let alone = cosign::verbs().filter(|verb| !verb.name.contains(' '));
    command.subcommands(alone.map(|verb| verb_named(verb.name, verb, all)))
}

fn verb_named(name: &'static str, verb: &cosign::Command, all: bool) -> Command {
    let mut flags: Vec<&Flag> = verb.groups.iter().copied().flatten().collect();
    flags.retain(|flag| all || flag.deprecated.is_none());
    flags.sort_by_key(|flag| flag.name);
    let mut command = Command::new(name)
        .about(verb.about)
        .override_usage(format!("sealgate {}", verb.usage))
        .args(flags.into_iter().map(argument))
        // Whatever follows: images, or files that a shell can complete.
        .arg(Arg::new("words").num_args(0..).hide(true));
    if verb.binds {
        command = command.after_help(
            "Every flag can come from the environment: COSIGN_ and its name in upper case, with _ for -.",
        );
    }
    command
}

fn argument(flag: &Flag) -> Arg {
    let help = match (flag.deprecated, flag.default) {
        (Some(notice), _) => format!("{} (deprecated: {notice})", flag.help),
        (None, "" | "false") => flag.help.to_owned(),
        (None, default) => format!("{} (default {default})", flag.help),
    };
    let (action, value) = match flag.kind {
        Kind::Bool => (ArgAction::SetTrue, "BOOL"),
        Kind::Duration => (ArgAction::Set, "DURATION"),
        Kind::Int => (ArgAction::Set, "NUMBER"),
        Kind::List => (ArgAction::Append, "TEXT,..."),
        _ => (ArgAction::Set, "TEXT"),
    };
    let arg = Arg::new(flag.name).long(flag.name).help(help).action(action).value_name(value);
    match flag.short {
        Some(short) => arg.short(short),
        None => arg,
    }
}
