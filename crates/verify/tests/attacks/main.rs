//! Attacks in tables. Each line is one change to a signature that is accepted as it is, made before everything that follows
//! from it is signed, and the code that the changed one is refused with. Where the code is empty the change does no harm: it
//! is the nearest neighbour of an attack.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

mod certificate;
mod chain;
mod content;
mod entry;
mod form;
mod key;
mod kinds;
mod layer;
mod payload;
mod root;
mod sct;
mod splice;
mod stamper;
mod supplied;
mod timestamp;
mod tree;

use sealgate_testkit::{Identity, Recipe, Signed, World};
use sealgate_verify::{Artifact, Bundle, BundleError, Digest, Item, TrustedRoot, Verifier};
use serde_json::Value;

pub(crate) const MANIFEST: &[u8] = b"the image's manifest";

/// A name, the code (none: accepted), and the change.
pub(crate) type Line<T> = (&'static str, &'static str, fn(&mut T));

pub(crate) fn image() -> Digest {
    Digest::sha256(MANIFEST)
}

pub(crate) fn release() -> Identity {
    Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3")
}

pub(crate) fn recipe() -> Recipe {
    World::shared().recipe(&image(), &release())
}

/// The code with which a bundle is refused, reading included.
pub(crate) fn judge_in(root: &TrustedRoot, bundle: Result<Bundle, BundleError>) -> &'static str {
    let bundle = match bundle {
        Ok(bundle) => bundle,
        Err(error) => return error.code(),
    };
    let found = Verifier::new(root, World::shared().now()).authenticate(&bundle, Artifact::Bytes(MANIFEST));
    found.map_or_else(|error| error.code(), |_| "")
}

pub(crate) fn judge(signed: &Signed) -> &'static str {
    judge_in(&World::shared().root(), Bundle::from_json(&signed.bundle()))
}

pub(crate) fn judge_item(item: &Item) -> &'static str {
    judge_in(&World::shared().root(), Bundle::read(item))
}

pub(crate) fn root_with(change: impl FnOnce(&mut Value)) -> TrustedRoot {
    let mut json = World::shared().trusted_root();
    change(&mut json);
    TrustedRoot::from_json(&serde_json::to_vec(&json).unwrap()).unwrap()
}

/// Judges `good`, then each line's change to it.
#[track_caller]
pub(crate) fn each<T: Clone>(good: &T, judge: impl Fn(&T) -> &'static str, lines: &[Line<T>]) {
    assert_eq!(judge(good), "", "the twin of all");
    let wrong: Vec<String> = lines
        .iter()
        .filter_map(|(name, code, change)| {
            let mut changed = good.clone();
            change(&mut changed);
            let found = judge(&changed);
            (found != *code).then(|| format!("{name}: `{found}` instead of `{code}`"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The same for recipes of bundles.
#[track_caller]
pub(crate) fn each_recipe(good: &Recipe, lines: &[Line<Recipe>]) {
    each(good, |recipe| judge(&recipe.sign()), lines);
}
