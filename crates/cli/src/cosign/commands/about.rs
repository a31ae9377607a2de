//! The verbs about the program itself.

use super::{
    BARE, Command, Words,
    flags::{ENV, LOGIN, PUBLIC_KEY, ROOT, VERSION},
};
use crate::{
    Console,
    cosign::{elsewhere, env, failure::Failure, version},
    go::flags::Typed,
};

/// The verbs about the program itself.
pub(crate) const VERBS: &[Command] = &[
    Command {
        name: "completion",
        run: completion,
        words: Words::Exactly(1),
        groups: &[ROOT],
        about: "Print a completion script",
        usage: "completion bash|elvish|fish|powershell|zsh",
        ..BARE
    },
    Command {
        name: "env",
        run: env::run,
        words: Words::None,
        groups: &[ROOT, ENV],
        about: "Print the environment variables that count",
        usage: "env [flags]",
        ..BARE
    },
    Command {
        name: "login",
        run: elsewhere::login,
        groups: &[ROOT, LOGIN],
        about: "Say how to log in to a registry",
        usage: "login",
        ..BARE
    },
    Command {
        name: "public-key",
        run: elsewhere::public_key,
        groups: &[ROOT, PUBLIC_KEY],
        about: "Say how to export a public key",
        usage: "public-key",
        ..BARE
    },
    Command {
        name: "version",
        run: version::run,
        groups: &[ROOT, VERSION],
        about: "Print the version",
        usage: "version [--json]",
        ..BARE
    },
];

fn completion(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    let shell = typed.words.first().map(String::as_str).unwrap_or_default();
    let name = if typed.switch("strict-compat") { "cosign" } else { "sealgate" };
    console.answer(crate::own::completion::script(shell, name)?);
    Ok(())
}
