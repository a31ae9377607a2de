//! `completion`: scripts for shells, over all verbs.

use clap::{Arg, ArgAction, Args, Command, CommandFactory as _};
use clap_complete::Shell;

use super::{ALLOW, Arguments, Fault};
use crate::{Console, cosign, go::flags::Kind};

/// Print a completion script.
#[derive(Args, Debug)]
pub(crate) struct Completion {
    /// bash, elvish, fish, powershell or zsh
    #[arg(value_name = "SHELL", num_args = 0..)]
    shells: Vec<String>,
}

impl Completion {
    /// The process's exit code.
    pub(crate) fn run(self, console: &mut Console<'_>) -> Result<u8, Fault> {
        let [shell] = self.shells.as_slice() else {
            return Ok(fail(&format!("accepts 1 arg(s), received {}", self.shells.len()), console));
        };
        let Ok(shell) = shell.parse::<Shell>() else {
            let shell = crate::go::quote::quote(shell);
            return Ok(fail(&format!("invalid argument {shell} for \"cosign completion\""), console));
        };
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut everything(), "sealgate", &mut script);
        console.answer(script);
        Ok(ALLOW)
    }
}

// cosign has this verb too, with its own exit code and two lines of text.
fn fail(text: &str, console: &mut Console<'_>) -> u8 {
    console.say(format!("Error: {text}"));
    console.say(format!("error during command execution: {text}"));
    1
}

fn everything() -> Command {
    let mut command = Arguments::command();
    let mut groups: Vec<Command> =
        cosign::GROUPS.iter().map(|group| Command::new(group.name).about(group.about)).collect();
    for verb in cosign::verbs() {
        let (group, name) =
            verb.name.split_once(' ').map_or((None, verb.name), |(group, name)| (Some(group), name));
        let mut sub = Command::new(name).about(verb.about);
        for flag in verb.groups.iter().copied().flatten().filter(|flag| flag.deprecated.is_none()) {
            let action = if flag.kind == Kind::Bool { ArgAction::SetTrue } else { ArgAction::Append };
            let mut arg = Arg::new(flag.name).long(flag.name).help(flag.help).action(action);
            if let Some(short) = flag.short {
                arg = arg.short(short);
            }
            sub = sub.arg(arg);
        }
        match groups.iter_mut().find(|known| Some(known.get_name()) == group) {
            Some(known) => *known = std::mem::take(known).subcommand(sub),
            None => command = command.subcommand(sub),
        }
    }
    command.subcommands(groups)
}
