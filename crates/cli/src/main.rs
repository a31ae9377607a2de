//! The `sealgate` command: hands what the process was given to the library and leaves with its exit code.

use std::{io, os::fd::AsFd, process::ExitCode};

use sealgate_cli::Console;

// A known limit: with standard output closed (`>&-`) an answer goes nowhere, and the exit code is what it would have been. The
// runtime opens /dev/null, to read and to write, in the place of a closed stream before `main` begins; programs that throw an answer
// away on purpose hand over the very same, so that the two cannot be told apart here. Whoever asked earlier would need unsafe
// code. A full disk and a closed pipe are told.
fn main() -> ExitCode {
    let mut arguments = Vec::new();
    for argument in std::env::args_os() {
        // A name that is not UTF-8 cannot be looked up by any verb here; it fails as a file that is not there.
        arguments.push(argument.to_string_lossy().into_owned());
    }
    let environment = std::env::vars_os()
        // One that is left out would be a condition less.
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    let mut console = Console::new(environment, io::stdin(), io::stdout(), io::stderr())
        .on_terminals(columns(&io::stdout()), columns(&io::stderr()));
    ExitCode::from(sealgate_cli::run(&arguments, &mut console))
}

// How wide the terminal is, if it is one.
fn columns(stream: &(impl AsFd + io::IsTerminal)) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    Some(terminal_size::terminal_size_of(stream).map_or(80, |(width, _)| usize::from(width.0)))
}
