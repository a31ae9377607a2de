//! What the verbs that read share: one image, and where things are attached to it.

use std::{future::Future, time::Duration};

use sealgate::{
    oci::{Client, Document, Image},
    verify::{Digest, Gap, GapCause, Place, Reference},
};
use tokio::time::Instant;

use super::{failure::Failure, meaning, registry, texts};
use crate::{Console, go::flags::Typed};

/// One image that was named, and how to reach it.
pub(crate) struct Asked {
    /// The image, as it was typed.
    pub(crate) reference: Reference,
    /// The repository of its tags and referrers.
    pub(crate) beside: Reference,
    /// Speaks to both.
    pub(crate) client: Client,
    /// When all of it ends.
    pub(crate) deadline: Instant,
    prefix: String,
}

/// What a reference means now.
pub(crate) struct Entity {
    /// Its digest.
    pub(crate) digest: Digest,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// What the registry calls them.
    pub(crate) media_type: String,
    /// What they say.
    pub(crate) document: Document,
}

impl Asked {
    /// Reads the reference and the flags that say how to reach it.
    ///
    /// # Errors
    /// cosign's text for a name that is none, or what cannot be read.
    pub(crate) fn of(typed: &Typed, console: &Console<'_>) -> Result<Self, Failure> {
        Self::within(typed, meaning::patience(typed), "", console)
    }

    /// The same for a verb that moves whole images and so has as much time as it needs, unless the flag was typed.
    pub(crate) fn at_leisure(typed: &Typed, console: &Console<'_>) -> Result<Self, Failure> {
        let patience = if typed.given("timeout") { meaning::patience(typed) } else { LEISURE };
        Self::within(typed, patience, "constructing client options: ", console).map_err(|failure| {
            let word = typed.words.first().map(String::as_str).unwrap_or_default();
            let unread = failure.text == format!("could not parse reference: {word}");
            let text =
                if unread { format!("parsing image name {word}: {failure}") } else { failure.text.clone() };
            Failure { text, ..failure }
        })
    }

    /// As [`Asked::of`], in the words of verbs that name the step that failed.
    pub(crate) fn by_steps(typed: &Typed, console: &Console<'_>) -> Result<Self, Failure> {
        Self::within(typed, meaning::patience(typed), "constructing client options: ", console)
    }

    fn within(typed: &Typed, patience: Duration, step: &str, console: &Console<'_>) -> Result<Self, Failure> {
        let word = typed.words.first().map(String::as_str).unwrap_or_default();
        let reference = parse(word)?;
        let beside = registry::evidence_repository(console).map_err(|failure| format!("{step}{failure}"))?;
        let prefix = registry::tag_prefix(typed)?;
        let hosts: Vec<&str> = std::iter::once(&reference).chain(&beside).map(Reference::host).collect();
        let client = registry::client(typed, &hosts, console)?;
        let deadline = Instant::now().checked_add(patience).unwrap_or_else(Instant::now);
        let beside = beside.unwrap_or_else(|| reference.clone());
        Ok(Self { reference, beside, client, deadline, prefix })
    }

    /// Fetches what the reference means.
    ///
    /// # Errors
    /// cosign's text where it is not there.
    pub(crate) async fn entity(&self) -> Result<Entity, Failure> {
        let gap = match self.fetch(&self.reference).await {
            Ok(entity) => return Ok(entity),
            Err(gap) => gap,
        };
        let text = texts::unresolved(&gap, self.reference.written());
        Err(match gap.cause {
            GapCause::NotFound => format!("entity not found in registry, error: {text}"),
            _ => text,
        }
        .into())
    }

    /// Fetches a manifest.
    pub(crate) async fn fetch(&self, reference: &Reference) -> Result<Entity, Gap> {
        let fetched = self.client.manifest(reference, self.deadline).await?;
        let kind = &fetched.media_type;
        if !Document::is_manifest(kind) && !matches!(kind.as_str(), "" | "application/json") {
            let detail = format!("unknown mime type: {kind}");
            return Err(Gap { place: Place::Manifest, cause: GapCause::UnexpectedAnswer, detail });
        }
        let document = Document::read(&fetched.bytes, Place::Manifest, reference.written())?;
        // By digest the bytes have it, by tag it is computed here.
        let digest = reference.digest().cloned().unwrap_or_else(|| Digest::sha256(&fetched.bytes));
        Ok(Entity { digest, bytes: fetched.bytes.to_vec(), media_type: fetched.media_type, document })
    }

    /// The reference by digest, without asking anybody where it was typed so.
    ///
    /// # Errors
    /// Why the tag could not be resolved.
    pub(crate) async fn digest(&self) -> Result<Digest, Failure> {
        match self.reference.digest() {
            Some(digest) => Ok(digest.clone()),
            None => match self.fetch(&self.reference).await {
                Ok(entity) => Ok(entity.digest),
                Err(gap) => Err(texts::unresolved(&gap, self.reference.written()).into()),
            },
        }
    }

    /// cosign's name of the tag where it keeps things of that kind: `host/repository:sha256-<hex>.sig`.
    pub(crate) fn tag(&self, digest: &Digest, suffix: &str) -> String {
        format!("{}:{}", texts::repository_name(&self.beside), self.tag_name(digest, suffix))
    }

    /// The same without the repository.
    pub(crate) fn tag_name(&self, digest: &Digest, suffix: &str) -> String {
        format!("{}{}-{}{suffix}", self.prefix, digest.algorithm().name(), digest.hex())
    }

    /// What is written before the names of tags.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Fetches what cosign's tag of that kind holds; nothing where there is no such tag.
    ///
    /// # Errors
    /// A gap where that could not be found out.
    pub(crate) async fn attached(&self, digest: &Digest, suffix: &str) -> Result<Option<Image>, Gap> {
        match self.tagged(digest, suffix).await?.map(|entity| entity.document) {
            Some(Document::Image(image)) => Ok(Some(*image)),
            Some(Document::Index(_)) => Err(Gap {
                place: Place::Tag,
                cause: GapCause::Malformed,
                detail: format!("tag `{suffix}`: an index where an image is expected"),
            }),
            None => Ok(None),
        }
    }

    /// The same with its bytes, whatever it is.
    pub(crate) async fn tagged(&self, digest: &Digest, suffix: &str) -> Result<Option<Entity>, Gap> {
        // What is no tag, being too long, cannot be there.
        let Ok(tag) = Reference::parse(&self.tag(digest, suffix)) else { return Ok(None) };
        match self.fetch(&tag).await {
            Ok(entity) => Ok(Some(entity)),
            Err(Gap { cause: GapCause::NotFound, .. }) => Ok(None),
            Err(gap) => Err(gap),
        }
    }

    /// A manifest of the repository beside, by digest.
    ///
    /// # Errors
    /// A name that cannot be one.
    pub(crate) fn pinned_beside(&self, digest: &Digest) -> Result<Reference, Failure> {
        pinned(&self.beside, digest)
    }
}

/// The same repository by digest.
///
/// # Errors
/// A name that cannot be one.
pub(crate) fn pinned(reference: &Reference, digest: &Digest) -> Result<Reference, Failure> {
    let text = format!("{}@{digest}", reference.name());
    Reference::parse(&text).map_err(|error| error.to_string().into())
}

/// Reads a reference in cosign's words.
pub(crate) fn parse(word: &str) -> Result<Reference, Failure> {
    Reference::parse(word).map_err(|_| format!("could not parse reference: {word}").into())
}

/// Runs one verb's requests.
pub(crate) fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    crate::runtime::network().map_err(|error| error.to_string())?.block_on(work)
}

const LEISURE: Duration = Duration::from_secs(24 * 60 * 60);
