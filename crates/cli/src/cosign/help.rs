//! Help, in our own words.

use super::commands::{self, Command, Group};
use crate::go::flags::{Flag, Kind};

/// What there is.
pub(crate) fn overview() -> String {
    let mut text = String::from(
        "Kubernetes admits only signed digests\n\nUsage:\n  sealgate COMMAND [flags]\n\nAs cosign has them:\n",
    );
    for command in commands::all() {
        entry(&mut text, command.name, command.about);
    }
    text.push_str("\nOur own:\n");
    for (name, about) in crate::own::VERBS {
        entry(&mut text, name, about);
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
            entry(&mut text, member, command.about);
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
        text.push_str(&format!("  {short}--{}{takes}\n", flag.name));
        wrapped(&mut text, 10, &format!("{}{default}", flag.help));
    }
    if command.binds {
        text.push_str(
            "\nEvery flag can come from the environment: COSIGN_ and its name, upper case,\n_ for -; `sealgate env` lists the other variables that count\n",
        );
    }
    text
}

// A name and what it does, in two columns.
fn entry(text: &mut String, name: &str, about: &str) {
    text.push_str(&format!("  {name:26}"));
    let mut rest = String::new();
    wrapped(&mut rest, 28, about);
    text.push_str(rest.trim_start());
}

// Whole words up to the 80th column, each line behind `indent` blanks.
fn wrapped(text: &mut String, indent: usize, words: &str) {
    let mut column = 0;
    for word in words.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > WIDTH {
            text.push('\n');
            column = 0;
        }
        if column == 0 {
            text.push_str(&" ".repeat(indent));
            column = indent;
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text.push('\n');
}

const WIDTH: usize = 80;

#[cfg(test)]
mod tests {
    use super::{WIDTH, commands, of, of_group, overview};

    #[test]
    fn help_fits_a_terminal_unless_one_word_is_longer() {
        let texts = commands::all().map(of).chain(commands::GROUPS.iter().map(of_group));
        for text in texts.chain([overview()]) {
            for line in text.lines().filter(|line| line.chars().count() > WIDTH) {
                assert!(line.starts_with("  sealgate ") || line.split_whitespace().count() == 1, "{line}");
            }
        }
    }
}
