//! The verbs over Sigstore bundles in files. They verify nothing.

mod create;
mod inspect;
mod upgrade;

use super::failure::Failure;
use crate::{Console, files, go::flags::Typed};
pub(crate) use create::create;
pub(crate) use inspect::inspect;
pub(crate) use upgrade::upgrade;

// The bundle to `--out`, or to standard output with a line's end.
fn hand_over(bundle: &[u8], typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    match typed.some("out") {
        Some(name) => files::write(name, bundle)?,
        None => {
            console.answer(bundle);
            console.answer("\n");
        }
    }
    Ok(())
}
