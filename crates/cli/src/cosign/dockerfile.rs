//! `dockerfile verify`: `verify` for every image that a Dockerfile builds on.

mod cosign;
mod directives;
mod docker;
mod expand;
mod heredoc;
mod lines;

use super::{failure::Failure, image, manifest, meaning};
use crate::{
    Console, files,
    go::{flags::Typed, quote::quote},
    limits,
};

/// `dockerfile verify`
pub(crate) fn verify(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    image::annotations(typed.list("annotations"))?;
    meaning::check_workers(typed)?;
    let name = typed.words.first().map(String::as_str).unwrap_or_default();
    let bytes =
        files::read(name, limits::FILE).map_err(|error| format!("could not open Dockerfile: {error}"))?;
    let outer = |name: &str| console.variable(name).map(str::to_owned);
    let (notes, found) = if typed.switch("strict-compat") {
        cosign::read(&bytes, &outer)
    } else {
        docker::read(&bytes, &outer)
    };
    for note in notes {
        console.say(note);
    }
    let Found { mut images, base } =
        found.map_err(|error| format!("failed extracting images from Dockerfile: {error}"))?;
    if images.is_empty() {
        return Err("no images found in Dockerfile".into());
    }
    if typed.switch("base-image-only") {
        images = base.or_else(|| images.pop()).into_iter().collect();
    }
    manifest::verify_all(typed, images, console)
}

/// What a Dockerfile builds on.
#[derive(Debug, Default)]
struct Found {
    images: Vec<String>,
    /// What the last stage begins with, through all stages that it names; nothing for `scratch`, or for cosign,
    /// which takes the last image.
    base: Option<String>,
}

/// Why images cannot be read from a Dockerfile.
#[derive(Debug, thiserror::Error)]
enum DockerfileError {
    #[error("expected stage name after \"AS\" in line {}", quote(.line))]
    StageName { line: String },
    #[error("no image found in line {} (is a build arg missing from the environment?)", quote(.line))]
    NoImage { line: String },
    #[error("bufio.Scanner: token too long")]
    LineTooLong,
    #[error("line {} names more than one image", shown(.line))]
    SeveralImages { line: String },
    #[error("{form} in line {} is not understood", shown(.line))]
    Unknown { form: String, line: String },
    #[error("{what} in line {} cannot be read with certainty", shown(.line))]
    Unsure { what: &'static str, line: String },
    #[error("stage name {} in line {} is not one that a build takes", shown(.name), shown(.line))]
    BadStageName { name: String, line: String },
    #[error("heredoc {} in line {} is never closed", shown(.name), shown(.line))]
    OpenHeredoc { name: String, line: String },
    #[error("syntax {} is not Docker's own, its reading of the Dockerfile is unknown", shown(.0))]
    Syntax(String),
    #[error("the Dockerfile is not UTF-8")]
    Encoding,
}

const SHOWN: usize = 200;

// In quotes, a long one without its end.
fn shown(line: &str) -> String {
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", quote(line.get(..end).unwrap_or_default())),
        None => quote(line),
    }
}

#[cfg(test)]
mod tests;
