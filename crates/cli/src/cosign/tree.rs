//! `tree`: what is attached to an image, by tag and by reference.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sealgate::{
    oci::{Descriptor, Document, Image},
    verify::{Digest, Gap, GapCause, Reference},
};

use super::{
    attached::{self, Asked},
    failure::Failure,
    texts,
};
use crate::{
    Console,
    console::harmless,
    go::{
        flags::{Typed, parse_bool},
        quote::quote,
    },
};

/// `tree`
pub(crate) fn run(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    let referrers = wants_referrers(typed, console)?;
    let asked = Asked::of(typed, console)?;
    let name = asked.reference.written().to_owned();
    console.answer(format!("📦 Supply Chain Security Related artifacts for an image: {name}\n"));
    let strict = typed.switch("strict-compat");
    let found = attached::run(look(&asked, referrers, strict))?;
    for (reference, gap) in &found.unread {
        let why = match gap.cause {
            GapCause::NotFound => "image not found in registry".to_owned(),
            _ => texts::gap(gap),
        };
        console.say(format!("Error fetching artifact {reference}: {why}"));
    }
    if found.is_empty() {
        // Without a last line break, as there.
        console.answer(format!(
            "No Supply Chain Security Related Artifacts found for image {name},\n start creating one with simply running$ cosign sign <img>"
        ));
    }
    for (title, layers) in found.tags.iter().chain(&found.referrers) {
        console.answer(format!("└── {}\n", harmless(title)));
        for (index, layer) in layers.iter().enumerate() {
            let branch = if index + 1 == layers.len() { "└──" } else { "├──" };
            console.answer(format!("   {branch} 🍒 {layer}\n"));
        }
    }
    match found.dark {
        Some(gap) => Err(format!("not everything could be read: {}", texts::gap(&gap)).into()),
        None => Ok(()),
    }
}

#[derive(Default)]
struct Found {
    tags: Vec<(String, Vec<Digest>)>,
    referrers: Vec<(String, Vec<Digest>)>,
    unread: Vec<(String, Gap)>,
    /// A tag that may be there, but nobody could say.
    dark: Option<Gap>,
}

impl Found {
    fn is_empty(&self) -> bool {
        // What could not be read is not nothing.
        self.tags.is_empty() && self.referrers.is_empty() && self.dark.is_none()
    }
}

fn wants_referrers(typed: &Typed, console: &Console<'_>) -> Result<bool, Failure> {
    let mode = typed.text("registry-referrers-mode");
    let experimental = console.variable("COSIGN_EXPERIMENTAL").and_then(parse_bool) == Some(true);
    let why = match mode {
        "" | "legacy" => return Ok(typed.switch("experimental-oci11")),
        "oci-1-1" if experimental => return Ok(true),
        "oci-1-1" => r#"in order to use  mode "oci-1-1", you must set COSIGN_EXPERIMENTAL=1"#,
        _ => r#"must be one of "legacy", "oci-1-1""#,
    };
    // As everywhere, a variable that does not fit is nothing.
    if console.variable("COSIGN_REGISTRY_REFERRERS_MODE") == Some(mode) {
        return Ok(typed.switch("experimental-oci11"));
    }
    Err(format!("invalid argument {} for \"--registry-referrers-mode\" flag: {why}", quote(mode)).into())
}

async fn look(asked: &Asked, referrers: bool, strict: bool) -> Result<Found, Failure> {
    let digest = asked.entity().await?.digest;
    let mut found = Found::default();
    for (suffix, title) in TAGS {
        let layers = match suffix {
            SBOM => sbom(asked, &digest).await.map(|image| image.filter(|image| image.layers.len() == 1)),
            _ => asked.attached(&digest, suffix).await,
        };
        match layers {
            Ok(Some(image)) if !image.layers.is_empty() => {
                found.tags.push((format!("{title}: {}", asked.tag(&digest, suffix)), digests(&image)));
            }
            Ok(_) => {}
            Err(gap) => found.dark = Some(gap),
        }
    }
    if !referrers {
        return Ok(found);
    }
    let listed = asked.client.referrers(&asked.beside, &digest, asked.deadline).await;
    let mut listed = listed.map_err(|gap| format!("getting referrers: {}", texts::gap(&gap)))?;
    listed.retain(|descriptor| !descriptor.artifact_type.is_empty());
    listed.sort_by(|left, right| left.digest.cmp(&right.digest));
    // cosign lists them where signatures are kept, and then looks for them beside the image.
    let repository = if strict { &asked.reference } else { &asked.beside };
    let reads: Vec<_> = listed.iter().map(|descriptor| referrer(asked, repository, descriptor)).collect();
    let read: Vec<_> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    for (name, outcome) in read {
        match outcome {
            Ok(entry) => found.referrers.push(entry),
            Err(gap) => found.unread.push((name, gap)),
        }
    }
    Ok(found)
}

type Entry = (String, Vec<Digest>);

async fn referrer(
    asked: &Asked,
    repository: &Reference,
    descriptor: &Descriptor,
) -> Result<(String, Result<Entry, Gap>), Failure> {
    let name = format!("{}@{}", texts::repository_name(repository), descriptor.digest);
    let outcome = match asked.fetch(&attached::pinned(repository, &descriptor.digest)?).await {
        Ok(entity) => {
            let (kind, layers) = match &entity.document {
                Document::Image(image) => (image.annotations.get(PREDICATE_TYPE), digests(image)),
                Document::Index(_) => (None, Vec::new()),
            };
            let kind = kind.unwrap_or(&descriptor.artifact_type);
            Ok((format!("🔗 {kind} artifacts via OCI referrer: {name}"), layers))
        }
        Err(gap) => Err(gap),
    };
    Ok((name, outcome))
}

/// The SBOM that is attached to a digest: the last referrer of cosign's own type, else what the tag holds.
///
/// # Errors
/// A gap where that could not be found out.
pub(crate) async fn sbom(asked: &Asked, digest: &Digest) -> Result<Option<Image>, Gap> {
    let listed = asked.client.referrers(&asked.beside, digest, asked.deadline).await;
    let last = listed
        .iter()
        .flatten()
        .rfind(|descriptor| descriptor.artifact_type == "application/vnd.dev.cosign.artifact.sbom.v1+json");
    if let Some(last) = last
        && let Ok(reference) = asked.pinned_beside(&last.digest)
        && let Ok(entity) = asked.fetch(&reference).await
        && let Document::Image(image) = entity.document
        && image.layers.len() == 1
    {
        return Ok(Some(*image));
    }
    asked.attached(digest, SBOM).await
}

fn digests(image: &Image) -> Vec<Digest> {
    image.layers.iter().map(|layer| layer.digest.clone()).collect()
}

const SBOM: &str = ".sbom";
const TAGS: [(&str, &str); 3] = [
    (".att", "💾 Attestations for an image tag"),
    (".sig", "🔐 Signatures for an image tag"),
    (SBOM, "📦 SBOMs for an image tag"),
];
const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";
const AT_ONCE: usize = 6;
