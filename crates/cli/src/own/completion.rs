//! Completion scripts for shells, over all verbs.

use clap_complete::Shell;

use super::surface;

/// The script for a shell; `name` is the one that it completes.
///
/// # Errors
/// cosign's text for a shell that nobody knows.
pub(crate) fn script(shell: &str, name: &str) -> Result<Vec<u8>, String> {
    let known = shell.parse::<Shell>().map_err(|_| {
        format!("invalid argument {} for \"cosign completion\"", crate::go::quote::quote(shell))
    })?;
    let mut script = Vec::new();
    clap_complete::generate(known, &mut surface::everything(false).name(name.to_owned()), name, &mut script);
    Ok(script)
}
