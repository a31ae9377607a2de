//! `save`: an image with its signatures, attestations and bundles, as a layout in a folder.

use std::path::Path;

use sealgate::{
    oci::{CopyError, Kind, LayoutError, LayoutWriter},
    verify::{Digest, Gap, GapCause, Reference},
};

use super::{
    attached::{self, Asked, Entity},
    failure::Failure,
    texts,
};
use crate::{
    Console,
    files::system_text,
    go::{flags::Typed, path},
};

/// `save`
pub(crate) fn run(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    let asked = Asked::at_leisure(typed, console)?;
    let folder = Path::new(typed.text("dir"));
    attached::run(async {
        let image = entity(&asked).await?;
        let referrers = referrers(&asked, &image.digest, typed.switch("strict-compat")).await?;
        let mut attachments = Vec::new();
        for (kind, suffix) in [(Kind::Signatures, ".sig"), (Kind::Attestations, ".att")] {
            let found = asked.tagged(&image.digest, suffix).await;
            let found = found.map_err(|gap| format!("getting {suffix} tag: {}", texts::gap(&gap)))?;
            attachments.extend(found.map(|entity| (kind, entity)));
        }
        // Everything is known to be there before the folder is touched.
        let mut writer = LayoutWriter::begin(folder).map_err(|error| match &error {
            LayoutError::Unwritable { source, .. } => {
                format!("mkdir {}: {}", path::join("", typed.text("dir")), system_text(source)).into()
            }
            error => layout(error),
        })?;
        for referrer in &referrers {
            copy(&asked, &asked.beside, referrer, &writer).await?;
        }
        copy(&asked, &asked.reference, &image, &writer).await?;
        name(&mut writer, Kind::Image, &image);
        for (kind, entity) in &attachments {
            copy(&asked, &asked.beside, entity, &writer).await?;
            name(&mut writer, *kind, entity);
        }
        writer.finish().map_err(|error| layout(&error))
    })
}

// By digest for everything that follows: a tag may move meanwhile.
async fn entity(asked: &Asked) -> Result<Entity, Failure> {
    let gap = match asked.fetch(&asked.reference).await {
        Ok(entity) => return Ok(entity),
        Err(gap) => gap,
    };
    let text = texts::unresolved(&gap, asked.reference.written());
    Err(match (asked.reference.digest(), gap.cause) {
        (None, GapCause::NotFound) => format!("resolving digest: {text}"),
        (Some(_), GapCause::NotFound) => {
            format!("signed entity: entity not found in registry, error: {text}")
        }
        _ => format!("signed entity: {text}"),
    }
    .into())
}

async fn referrers(asked: &Asked, digest: &Digest, strict: bool) -> Result<Vec<Entity>, Failure> {
    let listed = asked.client.referrers(&asked.beside, digest, asked.deadline).await;
    let listed = listed.map_err(|gap| format!("getting referrers: {}", texts::gap(&gap)))?;
    // cosign lists them where signatures are kept, and then looks for them beside the image.
    let repository = if strict { &asked.reference } else { &asked.beside };
    let mut found = Vec::new();
    for descriptor in listed.iter().filter(|descriptor| !strict || !descriptor.artifact_type.is_empty()) {
        let read = asked.fetch(&attached::pinned(repository, &descriptor.digest)?).await;
        found.push(read.map_err(|gap| match gap {
            Gap { cause: GapCause::NotFound, .. } => {
                "getting signed image: image not found in registry".to_owned()
            }
            gap => format!("getting signed image: {}", texts::gap(&gap)),
        })?);
    }
    Ok(found)
}

async fn copy(
    asked: &Asked,
    repository: &Reference,
    entity: &Entity,
    writer: &LayoutWriter,
) -> Result<(), Failure> {
    let copied = asked.client.save(repository, &entity.bytes, writer, asked.deadline).await;
    copied.map_err(|error| match error {
        CopyError::Layout(error) => layout(&error),
        CopyError::Registry(gap) => format!("saving {}: {}", entity.digest, texts::gap(&gap)).into(),
    })
}

fn name(writer: &mut LayoutWriter, kind: Kind, entity: &Entity) {
    writer.name(kind, &entity.digest, entity.bytes.len() as u64, &entity.media_type, &entity.document);
}

/// What is wrong with a folder, and what the system says.
pub(crate) fn layout(error: &LayoutError) -> Failure {
    match error {
        LayoutError::Unreadable { source, .. } | LayoutError::Unwritable { source, .. } => {
            format!("{error}: {}", system_text(source)).into()
        }
        error => error.to_string().into(),
    }
}
