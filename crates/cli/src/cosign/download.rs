//! `download signature`, `download attestation`, `download sbom`: what is attached, as it is. Nothing is verified.

mod bundle;
pub(crate) mod platform;
mod signature;

use std::collections::BTreeSet;

use sealgate::{
    oci::{Descriptor, Document, Image, Look},
    verify::{Bundle, Digest, Gap, GapCause, Item, Place},
};
use serde_json::Value;

use super::{
    attached::{self, Asked, Entity},
    failure::Failure,
    image::maximum_size,
    texts, tree,
};
use crate::{
    Console,
    go::{flags::Typed, json},
    predicate,
};

/// `download signature`
pub(crate) fn signatures(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    let asked = Asked::of(typed, console)?;
    let limit = maximum_size(console).unwrap_or(MAXIMUM_SIZE);
    let lines = attached::run(async {
        let bundles = bundles(&asked).await;
        if !bundles.items.is_empty() {
            return Ok(bundles.lines(None));
        }
        let digest = asked.entity().await?.digest;
        let named = |text: String| Failure::from(format!("{}: {text}", asked.reference.written()));
        let layers = layers(&asked, &digest, ".sig").await.map_err(|failure| named(failure.text))?;
        if layers.is_empty() {
            return Err(bundles.unread(named("no signatures associated".to_owned())));
        }
        if layers.len() > MOST {
            let found = layers.len();
            return Err(named(format!("maximum number of signatures on an image is {MOST}, found {found}")));
        }
        let mut lines = Vec::new();
        for layer in &layers {
            let payload = payload(&asked, layer, limit, Place::SignatureTag).await.map_err(named)?;
            lines.push(signature::line(layer, &payload).map_err(named)?);
        }
        Ok(lines)
    })?;
    print(&lines, console);
    Ok(())
}

/// `download attestation`
pub(crate) fn attestations(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    let asked = Asked::of(typed, console)?;
    let limit = maximum_size(console).unwrap_or(MAXIMUM_SIZE);
    let wanted = typed.some("predicate-type").map(predicate::checked_uri).transpose()?;
    let bundles = attached::run(async { Ok(bundles(&asked).await) })?;
    let found = bundles.lines(wanted.as_deref());
    print(&found, console);
    // A platform never chooses among bundles.
    if !bundles.items.is_empty() && (typed.switch("strict-compat") || typed.some("platform").is_some()) {
        return Ok(());
    }
    let older = attached::run(async {
        let target = target(&asked, typed.text("platform")).await?;
        let layers = layers(&asked, target.digest(), ".att").await?;
        if layers.is_empty() && bundles.items.is_empty() {
            return Err(bundles.unread("found no attestations".into()));
        }
        if layers.len() > MOST {
            let found = layers.len();
            return Err(format!("maximum number of attestations on an image is {MOST}, found {found}").into());
        }
        let mut lines = Vec::new();
        for layer in &layers {
            let payload = payload(&asked, layer, limit, Place::AttestationTag)
                .await
                .map_err(|text| format!("fetching payload: {text}"))?;
            lines.extend(envelope(&payload, wanted.as_deref())?);
        }
        Ok(lines)
    })?;
    print(&older, console);
    let Some(uri) = wanted.filter(|_| found.is_empty() && older.is_empty()) else { return Ok(()) };
    let nothing = format!("no attestations with predicate type '{uri}' found");
    if bundles.items.is_empty() {
        return Err(nothing.into());
    }
    // Where there are bundles none of which fits, cosign ends with 0, and so may who calls it in a script.
    console.hint(format!("note: {nothing}; there are of {}", bundles.types().join(", ")));
    Ok(())
}

/// `download sbom`
pub(crate) fn sbom(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    console.say(texts::SBOM_DEPRECATION);
    console.say(
        "WARNING: Downloading SBOMs this way does not ensure its authenticity. If you want to ensure a tamper-proof SBOM, \
         download it using 'cosign download attestation <image uri>'.",
    );
    let asked = Asked::of(typed, console)?;
    let limit = maximum_size(console).unwrap_or(MAXIMUM_SIZE);
    let (target, found) = attached::run(async {
        let target = target(&asked, typed.text("platform")).await?;
        let found = tree::sbom(&asked, target.digest()).await;
        let found = found.map_err(|gap| format!("getting sbom attachment: {}", texts::gap(&gap)))?;
        Ok((target, found))
    })?;
    let Some(image) = found else {
        let Target::Index(platforms) = &target else { return Err("no sbom attached to reference".into()) };
        if !platforms.listed.is_empty() {
            console.say(format!(
                "\nThis multiarch image does not have an SBOM attached at the index level.\nTry using --platform with one of the following architectures:\n{}\n",
                platform::join(&platforms.listed)
            ));
        }
        return Err("no SBOM found attached to image index".into());
    };
    let [layer] = image.layers.as_slice() else {
        let found = image.layers.len();
        return Err(format!(
            "getting sbom attachment: expected exactly one layer in attachment, got {found}"
        )
        .into());
    };
    console.say(format!("Found SBOM of media type: {}", layer.media_type));
    let bytes =
        attached::run(async { payload(&asked, layer, limit, Place::Tag).await.map_err(Failure::from) })?;
    console.answer(bytes);
    Ok(())
}

/// Bundles beside an image, and why there may be more.
struct Bundles {
    items: Vec<Item>,
    gap: Option<Gap>,
}

// What cannot be read is nothing to cosign, which then looks for the older format.
async fn bundles(asked: &Asked) -> Bundles {
    let digest = match asked.digest().await {
        Ok(digest) => digest,
        // The older format is looked for next, and that says it.
        Err(_) => return Bundles { items: Vec::new(), gap: None },
    };
    let look = Look { places: BTreeSet::from([Place::Referrers]), ..Look::default() };
    let mut entry = asked.client.gather(&asked.beside, &digest, &look, asked.deadline).await;
    entry.items.retain(|item| {
        bundle::is_recent(&item.bytes) && Bundle::read(item).is_ok() && bundle::line(&item.bytes).is_some()
    });
    Bundles { items: entry.items, gap: entry.gaps.pop() }
}

impl Bundles {
    fn lines(&self, wanted: Option<&str>) -> Vec<Vec<u8>> {
        let fits = |item: &&Item| {
            wanted.is_none_or(|wanted| bundle::predicate(&item.bytes).as_deref() == Some(wanted))
        };
        self.items
            .iter()
            .filter(fits)
            .filter_map(|item| bundle::line(&item.bytes))
            .map(String::into_bytes)
            .collect()
    }

    fn types(&self) -> Vec<String> {
        let types: BTreeSet<String> =
            self.items.iter().filter_map(|item| bundle::predicate(&item.bytes)).collect();
        types.into_iter().collect()
    }

    // Nobody knows that there is nothing, where not everything could be read.
    fn unread(&self, nothing: Failure) -> Failure {
        match &self.gap {
            Some(gap) => format!("bundles could not be looked for: {}", texts::gap(gap)).into(),
            None => nothing,
        }
    }
}

/// What attachments are looked for: an image, or an index that no platform was chosen of.
enum Target {
    Image(Digest),
    Index(Platforms),
}

struct Platforms {
    digest: Digest,
    listed: Vec<sealgate::oci::Platform>,
}

impl Target {
    fn digest(&self) -> &Digest {
        match self {
            Self::Image(digest) => digest,
            Self::Index(index) => &index.digest,
        }
    }
}

async fn target(asked: &Asked, wanted: &str) -> Result<Target, Failure> {
    let entity = match asked.fetch(&asked.reference).await {
        Ok(entity) => entity,
        Err(Gap { cause: GapCause::NotFound, .. }) if asked.reference.digest().is_some() => {
            // What is attached can be there without the image.
            return match (asked.reference.digest(), wanted) {
                (Some(digest), "") => Ok(Target::Image(digest.clone())),
                _ => Err(platform::NO_INDEX.into()),
            };
        }
        Err(_) => asked.entity().await?,
    };
    let Entity { digest, document, .. } = entity;
    let Document::Index(index) = document else {
        return if wanted.is_empty() { Ok(Target::Image(digest)) } else { Err(platform::NO_INDEX.into()) };
    };
    if wanted.is_empty() {
        let listed = index.manifests.into_iter().filter_map(|entry| entry.platform).collect();
        return Ok(Target::Index(Platforms { digest, listed }));
    }
    let chosen = platform::choose(wanted, &index.manifests)?;
    let found = asked.fetch(&attached::pinned(&asked.reference, &chosen)?).await;
    found.map_err(|gap| format!("searching for {chosen} image: {}", texts::gap(&gap)))?;
    Ok(Target::Image(chosen))
}

async fn layers(asked: &Asked, digest: &Digest, suffix: &str) -> Result<Vec<Descriptor>, Failure> {
    match asked.attached(digest, suffix).await {
        Ok(image) => Ok(image.map(|Image { layers, .. }| layers).unwrap_or_default()),
        Err(gap) => Err(format!("remote image: {}", texts::gap(&gap)).into()),
    }
}

async fn payload(asked: &Asked, layer: &Descriptor, limit: u64, place: Place) -> Result<Vec<u8>, String> {
    if layer.size > limit {
        return Err(format!("size of layer ({}) exceeded the limit ({limit})", layer.size));
    }
    let bytes = asked.client.blob(&asked.beside, layer, place, asked.deadline).await;
    bytes.map(|bytes| bytes.to_vec()).map_err(|gap| texts::gap(&gap))
}

// One older attestation as cosign rewrites it, if it is of the type wanted.
fn envelope(bytes: &[u8], wanted: Option<&str>) -> Result<Option<Vec<u8>>, Failure> {
    let read: Value =
        serde_json::from_slice(bytes).map_err(|error| format!("unmarshaling payload: {error}"))?;
    let text = |value: &Value, field: &str| {
        json::string(value.get(field).and_then(Value::as_str).unwrap_or_default())
    };
    if let Some(wanted) = wanted
        && bundle::statement_type(&read)? != wanted
    {
        return Ok(None);
    }
    let signatures = match read.get("signatures").and_then(Value::as_array) {
        Some(signatures) => {
            let one = |signature| {
                format!("{{\"keyid\":{},\"sig\":{}}}", text(signature, "keyid"), text(signature, "sig"))
            };
            format!("[{}]", signatures.iter().map(one).collect::<Vec<_>>().join(","))
        }
        None => "null".to_owned(),
    };
    let (kind, payload) = (text(&read, "payloadType"), text(&read, "payload"));
    Ok(Some(
        format!("{{\"payloadType\":{kind},\"payload\":{payload},\"signatures\":{signatures}}}").into_bytes(),
    ))
}

fn print(lines: &[Vec<u8>], console: &mut Console<'_>) {
    for line in lines {
        console.answer([line.as_slice(), b"\n"].concat());
    }
}

const MAXIMUM_SIZE: u64 = 128 << 20;
const MOST: usize = 100;
