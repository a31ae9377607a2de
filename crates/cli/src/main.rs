//! The `sealgate` command: hands what the process was given to the library and leaves with its exit code.

use std::{io, process::ExitCode};

use sealgate_cli::Console;

fn main() -> ExitCode {
    let mut arguments = Vec::new();
    for argument in std::env::args_os() {
        // A name that is not UTF-8 cannot be looked up by any verb here; it fails as a file that is not there.
        arguments.push(argument.to_string_lossy().into_owned());
    }
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let mut console = Console::new(environment, io::stdin(), io::stdout(), io::stderr());
    ExitCode::from(sealgate_cli::run(&arguments, &mut console))
}
