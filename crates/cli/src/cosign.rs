//! cosign's verbs: typed as there, answered as there.

mod blob;
mod certificate;
mod commands;
mod failure;
mod help;
mod image;
mod judge;
mod key;
mod meaning;
mod output;
mod registry;
mod texts;
mod trust;
mod version;

use crate::{
    Console,
    go::flags::{self, Kind, Typed},
};
pub(crate) use commands::COMMANDS;
use commands::Command;
use failure::Failure;
pub(crate) use key::from_pem as public_key;

/// Runs one of cosign's verbs, with `strict` as `--strict-compat` does; `arguments` are without the program's name.
pub(crate) fn run(arguments: &[String], strict: bool, console: &mut Console<'_>) -> u8 {
    match dispatch(arguments, strict, console) {
        Ok(()) => 0,
        Err(failure) => {
            // Both lines are part of what pipelines grep for.
            console.say(format!("Error: {failure}"));
            if let Some(hint) = &failure.aside {
                console.say(hint);
            }
            console.say(format!("error during command execution: {failure}"));
            failure.code
        }
    }
}

fn dispatch(arguments: &[String], strict: bool, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut arguments = flags::modernise(arguments, console);
    let Some(position) = verb_position(&arguments) else {
        // Only flags: cobra reads them, and answers with help.
        let typed = flags::parse(commands::ROOT, &arguments, console)?;
        drop(typed);
        console.answer(help::overview());
        return Ok(());
    };
    let name = arguments.remove(position);
    if name == "help" {
        let wanted =
            arguments.iter().find(|word| !word.starts_with('-')).and_then(|word| commands::find(word));
        console.answer(wanted.map_or_else(help::overview, help::of));
        return Ok(());
    }
    let command = commands::find(&name).ok_or_else(|| unknown(&name))?;
    if strict {
        arguments.insert(0, "--strict-compat".into());
    }
    let flags: Vec<_> = command.groups.iter().copied().flatten().copied().collect();
    let mut typed = flags::parse(&flags, &arguments, console)?;
    if typed.help {
        console.answer(help::of(command));
        return Ok(());
    }
    let redirected = typed.some("output-file").map(str::to_owned);
    if command.binds {
        flags::bind_variables(&flags, &mut typed, console)?;
    }
    command.words.check(typed.words.len())?;
    typed.exclusive(&["ca-roots", "certificate-chain"])?;
    typed.exclusive(&["ca-intermediates", "certificate-chain"])?;
    if let Some(name) = redirected {
        let file = std::fs::File::create(&name)
            .map_err(|cause| format!("error creating output file {name}: {cause}"))?;
        console.redirect(file);
    }
    execute(command, &typed, console)
}

fn execute(command: &Command, typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    match command.name {
        "verify" => image::verify(typed, console),
        "verify-attestation" => image::verify_attestation(typed, console),
        "verify-blob" => blob::verify(typed, console),
        "verify-blob-attestation" => blob::verify_attestation(typed, console),
        _ => {
            console.answer(version::text(typed.switch("json")));
            Ok(())
        }
    }
}

// The first word that is neither a flag nor a root flag's value.
fn verb_position(arguments: &[String]) -> Option<usize> {
    let mut skip = false;
    for (index, argument) in arguments.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        let Some(body) = argument.strip_prefix('-').filter(|body| !body.is_empty()) else {
            return Some(index);
        };
        if body == "-" {
            return None;
        }
        let long = body.strip_prefix('-');
        skip = commands::ROOT.iter().any(|flag| {
            let named = long == Some(flag.name)
                || long.is_none() && flag.short.is_some_and(|short| body == short.to_string());
            named && flag.kind != Kind::Bool
        });
    }
    None
}

fn unknown(name: &str) -> Failure {
    let near: Vec<&str> = commands::COMMANDS
        .iter()
        .map(|command| command.name)
        .filter(|known| distance(name, known) <= 2 || known.starts_with(&name.to_lowercase()))
        .collect();
    let mut text = format!("unknown command {} for \"cosign\"", crate::go::quote::quote(name));
    if !near.is_empty() {
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
    }

    #[test]
    fn near_names_are_near() {
        assert_eq!(distance("verfy", "verify"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
