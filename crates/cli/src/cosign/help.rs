//! Help, in our own words.

use super::commands::{self, Command, Group};
use crate::go::flags::{Flag, Kind};

/// What there is.
pub(crate) fn overview() -> String {
    let mut text = String::from(
        "Kubernetes admits only signed digests\n\nUsage:\n  sealgate COMMAND [flags]\n\nAs cosign has them:\n",
    );
    for command in commands::all() {
        text.push_str(&format!("  {:26}{}\n", command.name, command.about));
    }
    text.push_str("\nOur own:\n");
    for (name, about) in crate::own::VERBS {
        text.push_str(&format!("  {name:26}{about}\n"));
    }
    text.push_str("\n`sealgate COMMAND --help` says more\n");
    text
}

/// What the words of `help ...` name; the overview for none.
pub(crate) fn on(words: &[&String]) -> Option<String> {
    let words: Vec<&str> = words.iter().take(2).map(|word| word.as_str()).collect();
    let Some(first) = words.first() else { return Some(overview()) };
    let command = commands::find(&words.join(" ")).or_else(|| commands::find(first));
    command.map(of).or_else(|| commands::group(first).map(of_group))
}

/// The verbs of a group.
pub(crate) fn of_group(group: &Group) -> String {
    let name = group.name;
    let mut text = format!("{}\n\nUsage:\n  sealgate {name} COMMAND [flags]\n\nCommands:\n", group.about);
    for command in commands::all() {
        let member = command.name.strip_prefix(name).and_then(|rest| rest.strip_prefix(' '));
        if let Some(member) = member {
            text.push_str(&format!("  {member:26}{}\n", command.about));
        }
    }
    text.push_str(&format!("\n`sealgate {name} COMMAND --help` says more\n"));
    text
}

/// What one verb takes.
pub(crate) fn of(command: &Command) -> String {
    let mut text = format!("{}\n\nUsage:\n  sealgate {}\n\nFlags:\n", command.about, command.usage);
    let mut flags: Vec<&Flag> =
        command.groups.iter().copied().flatten().filter(|flag| flag.deprecated.is_none()).collect();
    flags.sort_by_key(|flag| flag.name);
    for flag in flags {
        let short = flag.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
        let takes = match flag.kind {
            Kind::Bool => "",
            Kind::Duration => " DURATION",
            Kind::Int => " NUMBER",
            Kind::List => " TEXT,...",
            Kind::Array | Kind::Text => " TEXT",
        };
        let default = match (flag.kind, flag.default) {
            (_, "") | (Kind::Bool, "false") => String::new(),
            (_, default) => format!(" (default {default})"),
        };
        text.push_str(&format!("  {short}--{}{takes}\n          {}{default}\n", flag.name, flag.help));
    }
    if command.binds {
        text.push_str(
            "\nEvery flag can come from the environment: COSIGN_ and its name, upper case, _ for -\n",
        );
    }
    text
}
