//! The door for people: cosign's verifying verbs, and our own.
//!
//! What was typed and what it means are two things here. cosign's laxities live in one translation from the one to the
//! other; the engine behind stays strict.

mod clock;
mod console;
mod cosign;
mod facts;
mod files;
mod go;
mod helper;
mod limits;
mod own;
mod paint;
mod predicate;
mod progress;
mod runtime;
mod shell;
mod web;

pub use console::Console;

/// Runs one command line, the program's name first, and says with which exit code the process ends.
///
/// 0 is only ever returned if the whole answer was written. Verbs that speak to registries start a runtime of their own:
/// call this from a thread that runs none.
pub fn run(arguments: &[String], console: &mut Console<'_>) -> u8 {
    let words = arguments.get(1..).unwrap_or_default();
    let own = words.first().is_some_and(|word| own::is_verb(word));
    // A link of that name stands where cosign stood, in scripts that expect its order of things too.
    let strict = arguments
        .first()
        .is_some_and(|name| std::path::Path::new(name).file_stem().is_some_and(|stem| stem == "cosign"));
    let code = if own { own::run(words, console) } else { cosign::run(words, strict, console) };
    console.finish(code)
}
