//! `completion`: scripts for shells, over all verbs.

use clap::Args;
use clap_complete::Shell;

use super::{ALLOW, Fault, surface};
use crate::Console;

/// Print a completion script.
#[derive(Args, Debug)]
pub(crate) struct Completion {
    /// bash, elvish, fish, powershell or zsh
    #[arg(value_name = "SHELL", num_args = 0..)]
    shells: Vec<String>,
}

impl Completion {
    /// The process's exit code; `name` is the one that the script completes.
    pub(crate) fn run(self, name: &str, console: &mut Console<'_>) -> Result<u8, Fault> {
        let [shell] = self.shells.as_slice() else {
            return Ok(fail(&format!("accepts 1 arg(s), received {}", self.shells.len()), console));
        };
        let Ok(shell) = shell.parse::<Shell>() else {
            let shell = crate::go::quote::quote(shell);
            return Ok(fail(&format!("invalid argument {shell} for \"cosign completion\""), console));
        };
        let mut script = Vec::new();
        clap_complete::generate(
            shell,
            &mut surface::everything(false).name(name.to_owned()),
            name,
            &mut script,
        );
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
