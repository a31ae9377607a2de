//! What is attached to an image, sorted as cosign sorts it.

use sealgate::verify::{Bundle, Content, Entry, Item, Place};

use super::super::{failure::Failure, hint, judge::Refusal, output::Shown};
use crate::{
    Console,
    go::{flags::Typed, json::syntax},
    predicate,
};

/// The candidates beside one image, by how they are stored.
#[derive(Default)]
pub(super) struct Candidates<'e> {
    /// Sigstore bundles.
    pub(super) bundles: Vec<&'e Item>,
    /// Layers of cosign's tags.
    pub(super) older: Vec<Item>,
    /// The same layers in manifests that refer to the image.
    pub(super) referred: Vec<Item>,
    /// Layers of cosign's tags that `COSIGN_MAX_ATTACHMENT_SIZE` forbids to look at.
    pub(super) too_large: Vec<Refusal>,
    /// The same in manifests that refer to the image.
    pub(super) referred_too_large: Vec<Refusal>,
}

impl<'e> Candidates<'e> {
    /// Sorts what was found.
    pub(super) fn of(entry: &'e Entry, maximum: Option<u64>) -> Self {
        let mut found = Self::default();
        for item in &entry.items {
            let refers = matches!(item.place, Place::Referrers | Place::FallbackTag);
            if refers && !is_older(item) {
                // What is no bundle among the referrers (SBOMs, build records) is nothing that cosign looks at.
                if Bundle::read(item).is_ok() {
                    found.bundles.push(item);
                }
                continue;
            }
            let size = item.bytes.len();
            match maximum.filter(|maximum| u64::try_from(size).unwrap_or(u64::MAX) > *maximum) {
                Some(limit) if refers => found.referred_too_large.push(Refusal::LayerSize { size, limit }),
                Some(limit) => found.too_large.push(Refusal::LayerSize { size, limit }),
                None if refers => found.referred.push(older(item)),
                None => found.older.push(older(item)),
            }
        }
        found
    }
}

/// Whether an item is one of the older layers, wherever it was found. What says that it is a bundle is one, whatever is
/// written beside it.
pub(super) fn is_older(item: &Item) -> bool {
    item.annotations.contains_key("dev.cosignproject.cosign/signature")
        && !item.media_type.starts_with("application/vnd.dev.sigstore.bundle")
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

/// What beside an older signature is no JSON, in cosign's words.
pub(super) fn no_json(item: &Item) -> Option<String> {
    let annotations = [("bundle", "bundle"), ("rfc3161timestamp", "RFC3161 timestamp bundle")];
    annotations.iter().find_map(|(name, what)| {
        let text = item.annotations.get(&format!("dev.sigstore.cosign/{name}"))?;
        Some(format!("unmarshaling {what}: {}", syntax::error(text.as_bytes())?))
    })
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
    size(console.variable("COSIGN_MAX_ATTACHMENT_SIZE")?)
}

// A number, which may have a fraction and commas, and a unit in letters of any case.
fn size(text: &str) -> Option<u64> {
    let end = text.find(|letter: char| !matches!(letter, '0'..='9' | '.' | ',')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let number: f64 = number.replace(',', "").parse().ok()?;
    let unit = unit.trim().to_lowercase();
    let (letter, step) = match unit.strip_suffix('b').unwrap_or(&unit) {
        "" => return whole(number),
        unit => unit.strip_suffix('i').map_or((unit, 1000.0), |letter| (letter, 1024.0)),
    };
    let power =
        i32::try_from(["k", "m", "g", "t", "p", "e"].iter().position(|known| *known == letter)? + 1).ok()?;
    whole(number * f64::powi(step, power))
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "cut off below, and too large is refused"
)]
fn whole(number: f64) -> Option<u64> {
    (0.0..18_446_744_073_709_551_616.0).contains(&number).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use sealgate::verify::{Item, Place};

    use super::{is_older, size};

    #[test]
    fn no_annotation_makes_a_bundle_an_older_signature() {
        let item = |media_type: &str, annotation: &str| Item {
            bytes: b"{}".as_slice().into(),
            media_type: media_type.to_owned(),
            annotations: [(annotation.to_owned(), String::new())].into(),
            place: Place::Referrers,
        };
        let annotation = "dev.cosignproject.cosign/signature";
        assert!(!is_older(&item("application/vnd.dev.sigstore.bundle.v0.3+json", annotation)));
        let older = "application/vnd.dev.cosign.simplesigning.v1+json";
        assert!(is_older(&item(older, annotation)));
        assert!(!is_older(&item(older, "another")));
    }

    #[test]
    fn sizes_are_read_with_fractions_commas_and_units_of_any_case() {
        for (text, bytes) in [
            ("10", Some(10)),
            ("1.5", Some(1)),
            ("0.1k", Some(100)),
            ("1,024 KiB", Some(1 << 20)),
            ("2mi", Some(2 << 20)),
            ("1GB", Some(1_000_000_000)),
            ("7b", Some(7)),
            ("16EiB", None),
            ("x", None),
            ("-1", None),
            ("1 ib x", None),
        ] {
            assert_eq!(size(text), bytes, "{text}");
        }
    }
}
