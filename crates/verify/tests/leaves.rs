//! Every part of a valid bundle bears load: changed or removed, the bundle is refused, but for what `exceptions.toml` lists.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may stop"
)]

#[path = "support/mutate.rs"]
mod mutate;

use std::collections::{BTreeMap, BTreeSet};

use sealgate_testkit::{Format, Identity, Recipe, SigningKey, World};
use sealgate_verify::{Artifact, Bundle, Digest, Item, LogRule, Place, PublicKey, TrustedRoot, Verifier};
use serde_json::{Value, json};

const MANIFEST: &[u8] = b"the image's manifest";

#[derive(Debug, serde::Deserialize)]
struct Exception {
    /// In which kinds of bundle.
    bundle: String,
    /// Where; the beginning of a path.
    path: String,
    /// Which change; the beginning of its name.
    #[serde(default)]
    change: String,
    #[serde(rename = "why")]
    _why: String,
}

#[derive(serde::Deserialize)]
struct Exceptions {
    exception: Vec<Exception>,
}

struct Leaves {
    root: TrustedRoot,
    digest: Digest,
    exceptions: Vec<Exception>,
    used: BTreeSet<usize>,
    tried: usize,
    unlisted: Vec<String>,
}

impl Leaves {
    fn try_all(
        &mut self,
        name: &str,
        original: &Value,
        read: impl Fn(&Value) -> Option<Bundle>,
        key: Option<&PublicKey>,
    ) {
        let judge = |json: &Value| {
            let verifier = Verifier::new(&self.root, World::shared().now());
            let bundle = read(json)?;
            let artifact = Artifact::Digest(&self.digest);
            match key {
                Some(key) => verifier.authenticate_with_key(&bundle, artifact, key, LogRule::Required).ok(),
                None => verifier.authenticate(&bundle, artifact).ok(),
            }
        };
        assert!(judge(original).is_some(), "{name} must be accepted as it is");
        for mutant in mutate::mutants(original, 8) {
            self.tried += 1;
            if judge(&mutant.json).is_none() {
                continue;
            }
            let fits = |exception: &Exception| {
                name.starts_with(&exception.bundle)
                    && mutant.path.starts_with(&exception.path)
                    && mutant.change.starts_with(&exception.change)
            };
            match self.exceptions.iter().position(fits) {
                Some(at) => drop(self.used.insert(at)),
                None => self.unlisted.push(format!("{name} {} ({})", mutant.path, mutant.change)),
            }
        }
    }

    fn bundle(&mut self, name: &str, recipe: &Recipe, key: Option<&PublicKey>) {
        let json: Value = serde_json::from_slice(&recipe.sign().bundle()).unwrap();
        self.try_all(name, &json, |json| Bundle::from_json(&serde_json::to_vec(json).unwrap()).ok(), key);
    }
}

// A layer with its annotations as one JSON document, the JSON inside them unfolded.
fn unfold(item: &Item) -> Value {
    let annotations: BTreeMap<_, _> = item
        .annotations
        .iter()
        .map(|(name, text)| {
            (
                name.replace('/', ":"),
                serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())),
            )
        })
        .collect();
    json!({"payload": sealgate_testkit::base64(&item.bytes), "annotations": annotations})
}

fn fold(json: &Value, media_type: &str) -> Option<Bundle> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let annotations = json.get("annotations").and_then(Value::as_object).cloned().unwrap_or_default();
    let item = Item {
        bytes: sealgate_testkit::unbase64(json.get("payload")?.as_str()?).into(),
        media_type: media_type.to_owned(),
        annotations: annotations.iter().map(|(name, value)| (name.replace(':', "/"), text(value))).collect(),
        place: Place::SignatureTag,
    };
    Bundle::read(&item).ok()
}

#[test]
fn every_leaf_of_a_valid_bundle_is_load_bearing() {
    let world = World::shared();
    let digest = Digest::sha256(MANIFEST);
    let listed: Exceptions = toml::from_str(include_str!("exceptions.toml")).unwrap();
    let exceptions = listed.exception;
    let mut leaves = Leaves {
        root: world.root(),
        digest: digest.clone(),
        exceptions,
        used: BTreeSet::new(),
        tried: 0,
        unlisted: vec![],
    };
    let identity = Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3");
    let recipe = || world.recipe(&digest, &identity);
    let stamped = |recipe: &mut Recipe| recipe.timestamp_authorities = vec![world.timestamps.clone()];

    leaves.bundle(
        "v0.1 message",
        &recipe().message(MANIFEST).with(|recipe| recipe.format = Format::V01),
        None,
    );
    leaves.bundle(
        "v0.2 message",
        &recipe().message(MANIFEST).with(|recipe| recipe.format = Format::V02),
        None,
    );
    leaves.bundle("v0.3 envelope, stamped", &recipe().with(stamped), None);
    leaves.bundle("v2 log envelope", &world.recipe_v2(&digest, &identity), None);
    leaves.bundle("v2 log message", &world.recipe_v2(&digest, &identity).message(MANIFEST), None);
    let key = SigningKey::p256();
    let public = PublicKey::from_spki(&key.spki()).unwrap();
    leaves.bundle("keyed message", &recipe().message(MANIFEST).by_key(&key), Some(&public));
    let layer = world.sign_image_legacy(&digest, &identity).legacy_item();
    leaves.try_all("layer", &unfold(&layer), |json| fold(json, &layer.media_type), None);

    assert!(
        leaves.unlisted.is_empty(),
        "of {} tried, accepted:\n{}",
        leaves.tried,
        leaves.unlisted.join("\n")
    );
    assert!(leaves.tried > 1000, "only {} tried", leaves.tried);
    let idle: Vec<_> = (0..leaves.exceptions.len()).filter(|at| !leaves.used.contains(at)).collect();
    assert!(
        idle.is_empty(),
        "listed, but never accepted: {:?}",
        idle.iter().map(|at| &leaves.exceptions[*at]).collect::<Vec<_>>()
    );
}
