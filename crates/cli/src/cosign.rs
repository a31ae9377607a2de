//! cosign's verbs: typed as there, answered as there.

mod attached;
mod blob;
mod bundle;
mod certificate;
mod commands;
mod dockerfile;
mod download;
mod elsewhere;
mod env;
mod failure;
mod help;
mod hint;
mod image;
mod initialize;
mod judge;
mod key;
mod load;
mod manifest;
mod meaning;
mod named;
mod output;
mod policy;
mod registry;
mod save;
mod sct;
mod shapes;
mod texts;
mod tree;
mod triangulate;
mod trust;
mod trusted_root;
pub(crate) mod verdict;
mod version;

use crate::{
    Console, files,
    go::{
        flags::{self, Flag, Kind},
        quote::quote,
    },
};
pub(crate) use commands::{Command, GROUPS, all as verbs};
use commands::{Group, flags::ROOT};
pub(crate) use download::platform;
pub(crate) use failure::Failure;
pub(crate) use key::from_pem as public_key;
pub(crate) use registry::{checked_tag_prefix, evidence_repository};
pub(crate) use trust::{cache, most_age, refresh as refresh_root};

/// Runs one of cosign's verbs, with `strict` as `--strict-compat` does; `arguments` are without the program's name.
pub(crate) fn run(arguments: &[String], strict: bool, console: &mut Console<'_>) -> u8 {
    match dispatch(arguments, strict, console) {
        Ok(()) => 0,
        Err(failure) if failure.text.is_empty() => failure.code,
        Err(failure) => {
            // Both lines are part of what pipelines grep for.
            console.say(format!("Error: {failure}"));
            if let Some(hint) = &failure.aside {
                console.say(hint);
            }
            // Go's log ends each line once.
            let text = failure.text.strip_suffix('\n').unwrap_or(&failure.text);
            console.say(format!("error during command execution: {text}"));
            for (number, hint) in failure.hints.iter().enumerate() {
                if number == 0 {
                    console.hint("");
                }
                console.hint(hint);
            }
            failure.code
        }
    }
}

fn dispatch(arguments: &[String], strict: bool, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut arguments = flags::modernise(arguments, console);
    let Some(position) = verb_position(&arguments) else {
        // Only flags: cobra reads them, and answers with help.
        flags::parse(ROOT, &arguments, console)?;
        console.answer(help::overview());
        return Ok(());
    };
    let name = arguments.remove(position);
    if name.is_empty() {
        console.answer(help::overview());
        return Ok(());
    }
    if name == "help" {
        let words: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
        match help::on(&words) {
            Some(text) => console.answer(text),
            None => {
                let topics: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                console.say(format!("Unknown help topic [{}]", topics.join(" ")));
                console.say(help::overview().trim_end());
            }
        }
        return Ok(());
    }
    let command = match commands::group(&name) {
        Some(group) => match member(group, &mut arguments) {
            Some(command) => command,
            None => return alone(group, &arguments, console),
        },
        None => commands::find(&name).ok_or_else(|| unknown(&name))?,
    };
    if strict {
        arguments.insert(0, "--strict-compat".into());
    }
    let flags: Vec<_> = command.groups.iter().copied().flatten().copied().collect();
    if let Some(notice) = command.deprecated {
        console.say(format!("Command {} is deprecated, {notice}", quote(last_word(command.name))));
    }
    let mut typed = flags::parse(&flags, &arguments, console)?;
    if typed.help {
        console.answer(help::of(command));
        return Ok(());
    }
    let redirected = typed.some("output-file").map(str::to_owned);
    command.words.check(command.name, &typed.words)?;
    if command.binds {
        flags::bind_variables(&flags, &mut typed, console)?;
    }
    typed.required(command.required)?;
    let mut exclusive = command.exclusive.to_vec();
    exclusive.sort_unstable();
    for group in exclusive {
        typed.exclusive(group)?;
    }
    if let Some(name) = redirected {
        let file =
            files::create(&name).map_err(|error| format!("error creating output file {name}: {error}"));
        match file {
            Ok(file) => console.redirect(file),
            // Where variables count, cosign says this once.
            Err(text) if command.binds => {
                console.say(format!("Error: {text}"));
                return Err(Failure::said());
            }
            Err(text) => return Err(text.into()),
        }
    }
    (command.run)(&typed, console)
}

// The group's verb that is typed, taken out of the arguments.
fn member(group: &Group, arguments: &mut Vec<String>) -> Option<&'static Command> {
    let position = verb_position(arguments)?;
    let command = commands::find(&format!("{} {}", group.name, arguments.get(position)?))?;
    arguments.remove(position);
    Some(command)
}

// A group does nothing itself: cobra reads its flags and answers with help, whatever words there are.
fn alone(group: &Group, arguments: &[String], console: &mut Console<'_>) -> Result<(), Failure> {
    if let Some(notice) = group.deprecated {
        console.say(format!("Command {} is deprecated, {notice}", quote(group.name)));
    }
    flags::parse(ROOT, arguments, console)?;
    console.answer(help::of_group(group));
    Ok(())
}

fn last_word(name: &str) -> &str {
    name.rsplit(' ').next().unwrap_or(name)
}

// The first word that is neither a flag nor a flag's value. cobra does not know the verb's flags here: it takes every flag
// for one with a value, unless it is one of the root's switches or has its value behind `=`.
fn verb_position(arguments: &[String]) -> Option<usize> {
    let mut skip = false;
    for (index, argument) in arguments.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        let Some(body) = argument.strip_prefix('-') else { return Some(index) };
        match body {
            // Standard input, for the verb.
            "" => continue,
            "-" => return None,
            _ => {}
        }
        let switch =
            |named: &dyn Fn(&Flag) -> bool| ROOT.iter().any(|flag| flag.kind == Kind::Bool && named(flag));
        skip = !body.contains('=')
            && match body.strip_prefix('-') {
                Some(long) => !switch(&|flag| flag.name == long),
                None => {
                    let mut letters = body.chars();
                    let letter = letters.next();
                    letters.next().is_none() && !switch(&|flag| flag.short == letter)
                }
            };
    }
    None
}

fn unknown(name: &str) -> Failure {
    let lower = name.to_lowercase();
    let near: Vec<&str> = commands::all()
        .filter(|command| command.deprecated.is_none())
        .map(|command| command.name)
        .filter(|known| !known.contains(' '))
        .chain(GROUPS.iter().filter(|group| group.deprecated.is_none()).map(|group| group.name))
        .filter(|known| distance(&lower, known) <= 2 || known.starts_with(&lower))
        .collect();
    let mut text = format!("unknown command {} for \"cosign\"", quote(name));
    if let Some(hint) = elsewhere::hint(name) {
        text.push_str(&format!(": {hint}"));
    } else if !near.is_empty() {
        text.push_str("\n\nDid you mean this?\n");
        for known in near {
            text.push_str(&format!("\t{known}\n"));
        }
    }
    Failure { aside: Some("Run 'cosign --help' for usage.".into()), ..Failure::from(text) }
}

// Levenshtein's distance, for suggestions.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().take(64).enumerate() {
        let mut corner = std::mem::replace(row.first_mut().unwrap_or(&mut 0), index + 1);
        let mut last = index + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(&right) {
            let cost = corner + usize::from(letter != *other);
            corner = *cell;
            last = cost.min(*cell + 1).min(last + 1);
            *cell = last;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, verb_position};

    #[test]
    fn the_verb_is_found_behind_root_flags() {
        let position = |line: &str| verb_position(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(position("verify x"), Some(0));
        assert_eq!(position("--output-file f -t 3m --verbose verify x"), Some(5));
        assert_eq!(position("--timeout=3m verify"), Some(1));
        assert_eq!(position("--help"), None);
        assert_eq!(position("--key k verify x"), Some(2));
        assert_eq!(position("- verify-blob"), Some(1));
        assert_eq!(position("--key=k -o text -d -- verify"), None);
    }

    #[test]
    fn near_names_are_near() {
        assert_eq!(distance("verfy", "verify"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
