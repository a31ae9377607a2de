//! `man`: manual pages, over all verbs.

use std::{fs, path::Path};

use clap::Args;
use clap_mangen::Man;

use super::{ALLOW, Fault, surface};
use crate::Console;

/// Write manual pages.
#[derive(Args, Debug)]
pub(crate) struct Manual {
    /// The folder for one page per verb, made if it is not there; without it the first page is printed
    #[arg(value_name = "DIR")]
    folder: Option<String>,
}

impl Manual {
    /// The process's exit code.
    pub(crate) fn run(self, console: &mut Console<'_>) -> Result<u8, Fault> {
        let command =
            surface::everything(true).disable_help_subcommand(true).version(env!("CARGO_PKG_VERSION"));
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            Man::new(command).render(&mut page).map_err(|error| Fault::own(&error))?;
            console.answer(page);
            return Ok(ALLOW);
        };
        let unwritten = |error: std::io::Error| {
            Fault::own(&error)
                .hint(format!("`{folder}` does not hold all pages; name a folder that can be written"))
        };
        fs::create_dir_all(Path::new(&folder)).map_err(unwritten)?;
        clap_mangen::generate_to(command, &folder).map_err(unwritten)?;
        Ok(ALLOW)
    }
}
