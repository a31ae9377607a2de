//! What is attached to an image, sorted as cosign sorts it.

use sealgate::verify::{Bundle, Content, Entry, Item, Place};

use super::super::{failure::Failure, hint, judge::Refusal, output::Shown};
use crate::{Console, go::flags::Typed, predicate};

/// The candidates beside one image, by how they are stored.
pub(super) struct Candidates<'e> {
    /// Sigstore bundles.
    pub(super) bundles: Vec<&'e Item>,
    /// Layers of cosign's tags.
    pub(super) older: Vec<Item>,
    /// Layers that `COSIGN_MAX_ATTACHMENT_SIZE` forbids to look at.
    pub(super) too_large: Vec<Refusal>,
}

impl<'e> Candidates<'e> {
    /// Sorts what was found.
    pub(super) fn of(entry: &'e Entry, maximum: Option<u64>) -> Self {
        let mut found = Self { bundles: Vec::new(), older: Vec::new(), too_large: Vec::new() };
        for item in &entry.items {
            if matches!(item.place, Place::Referrers | Place::FallbackTag) {
                // What is no bundle among the referrers (SBOMs, build records) is nothing that cosign looks at.
                if Bundle::read(item).is_ok() {
                    found.bundles.push(item);
                }
                continue;
            }
            let size = item.bytes.len();
            match maximum.filter(|maximum| u64::try_from(size).unwrap_or(u64::MAX) > *maximum) {
                Some(limit) => found.too_large.push(Refusal::LayerSize { size, limit }),
                None => found.older.push(older(item)),
            }
        }
        found
    }
}

// cosign never looks at the media type of a tag's layers; the tag says what they are.
fn older(item: &Item) -> Item {
    let mut item = item.clone();
    item.media_type = match item.place {
        Place::AttestationTag => "application/vnd.dsse.envelope.v1+json",
        _ => "application/vnd.dev.cosign.simplesigning.v1+json",
    }
    .to_owned();
    item
}

/// The attestations of one predicate type; none is a failure that names what there is.
pub(super) fn of_type<'e>(
    typed: &Typed,
    shown: Vec<Shown<'e>>,
    wanted: &str,
) -> Result<Vec<Shown<'e>>, Failure> {
    let uri = predicate::uri(wanted);
    let kind = |shown: &Shown<'_>| match &shown.passed.content {
        Content::Statement(statement) => statement.predicate_type.clone(),
        _ => String::new(),
    };
    let found: Vec<String> = shown.iter().map(kind).collect();
    let fitting: Vec<Shown<'e>> = shown.into_iter().filter(|shown| kind(shown) == uri).collect();
    if fitting.is_empty() {
        let text = format!(
            "none of the attestations matched the predicate type: {wanted}, found: {}",
            found.join(",")
        );
        return Err(Failure::from(text).hinted(hint::types(typed, &found)));
    }
    Ok(fitting)
}

/// `COSIGN_MAX_ATTACHMENT_SIZE`, if it can be read.
pub(in crate::cosign) fn maximum_size(console: &Console<'_>) -> Option<u64> {
    let text = console.variable("COSIGN_MAX_ATTACHMENT_SIZE")?;
    let (digits, scale) = SIZES
        .into_iter()
        .find_map(|(suffix, scale)| Some((text.strip_suffix(suffix)?, scale)))
        .unwrap_or((text, 1));
    digits.trim().parse::<u64>().ok()?.checked_mul(scale)
}

const SIZES: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];
