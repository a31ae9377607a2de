//! `triangulate`: where cosign keeps what is attached to an image.

use super::{
    attached::{self, Asked},
    failure::Failure,
    texts,
};
use crate::{Console, go::flags::Typed};

/// `triangulate`
pub(crate) fn run(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    if typed.words.len() != 1 {
        return Err("flag: help requested".into());
    }
    let asked = Asked::by_steps(typed, console)?;
    let kind = typed.text("type");
    let suffix = match kind {
        "attestation" => ".att",
        "digest" => "",
        "sbom" => {
            console.say(texts::SBOM_DEPRECATION);
            ".sbom"
        }
        "signature" => ".sig",
        _ => return Err(format!("unknown attachment type {kind}").into()),
    };
    let digest = attached::run(asked.digest())?;
    let name = if kind == "digest" {
        format!("{}@{}{digest}", texts::repository_name(&asked.beside), asked.prefix())
    } else {
        asked.tag(&digest, suffix)
    };
    console.answer(format!("{name}\n"));
    Ok(())
}
