//! The verbs about the program itself.

use super::{
    BARE, Command, Words,
    flags::{ENV, LOGIN, PUBLIC_KEY, ROOT, VERSION},
};
use crate::cosign::{elsewhere, env, version};

/// The verbs about the program itself.
pub(crate) const VERBS: &[Command] = &[
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
