//! An independent verifier agrees that the virtual Sigstore makes good signatures, and that its faults are faults.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

use sealgate_testkit::{EntryKind, Format, Identity, KeyKind, Log, Recipe, Signed, SigningKey, World};
use sealgate_verify::Digest;
use sigstore_trust_root::TrustedRoot;
use sigstore_types::{Bundle, DerPublicKey, Sha256Hash};
use sigstore_verify::{PublicKeyVerificationPolicy, VerificationPolicy, Verifier};

fn image() -> Digest {
    Digest::sha256(b"the image's manifest")
}

fn release() -> Identity {
    Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3")
}

fn judge(world: &World, signed: &Signed) -> Result<(), String> {
    let bundle =
        Bundle::from_json(&String::from_utf8(signed.bundle()).unwrap()).map_err(|error| error.to_string())?;
    let artifact = Sha256Hash::try_from(image().bytes()).unwrap();
    let root = TrustedRoot::from_json(&world.trusted_root().to_string()).unwrap();
    let verifier = Verifier::new(&root).unwrap();
    let result = if signed.certificate.is_some() {
        let identity = release();
        let policy = VerificationPolicy::new(identity.subject(), identity.issuer.as_str());
        verifier.verify(artifact, &bundle, &policy)
    } else {
        let policy = PublicKeyVerificationPolicy::new(DerPublicKey::new(signed.key.spki()));
        verifier.verify(artifact, &bundle, &policy)
    };
    result.map(|_| ()).map_err(|error| error.to_string())
}

fn recipe() -> Recipe {
    World::shared().recipe(&image(), &release())
}

#[track_caller]
fn accepted(recipe: Recipe) {
    judge(World::shared(), &recipe.sign()).unwrap();
}

#[test]
fn the_oracle_accepts_every_good_form() {
    let world = World::shared();
    accepted(recipe());
    accepted(world.recipe_v2(&image(), &release()));
    accepted(recipe().with(|recipe| recipe.timestamp_authorities = vec![world.timestamps.clone()]));
    accepted(recipe().with(|recipe| recipe.format = Format::V01));
    accepted(recipe().with(|recipe| recipe.format = Format::V02));
    accepted(recipe().with(|recipe| recipe.format = Format::V03Old));
    accepted(recipe().with(|recipe| recipe.entry_kind = Some(EntryKind::Intoto002)));
    accepted(recipe().message(b"the image's manifest"));
    accepted(world.recipe_v2(&image(), &release()).message(b"the image's manifest"));
}

#[test]
fn the_oracle_accepts_a_v2_log_with_a_p256_key() {
    let mut world = World::new();
    world.log2 = Log::v2("virtual", KeyKind::P256);
    judge(&world, &world.recipe_v2(&image(), &release()).sign()).unwrap();
}

#[test]
fn the_oracle_accepts_managed_keys() {
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519, KeyKind::Rsa2048] {
        judge(World::shared(), &World::shared().sign_image_with_key(&image(), &SigningKey::generate(kind)))
            .unwrap();
    }
}

#[test]
fn the_oracle_refuses_each_fault_for_its_own_reason() {
    let world = World::shared();
    let refused = |recipe: Recipe, why: &str| {
        let message = judge(world, &recipe.sign()).unwrap_err();
        assert!(message.to_lowercase().contains(why), "{why}: {message}");
    };
    refused(recipe().by(Identity::email("evil@example.com", "https://accounts.example")), "identity");
    refused(recipe().with(|recipe| recipe.ct_logs.clear()), "sct");
    refused(recipe().with(|recipe| recipe.logged_after = 7200), "certificate");
    refused(recipe().with(|recipe| recipe.patches.proof.add(|proof| proof.hashes[0][0] ^= 1)), "proof");
    refused(
        recipe().with(|recipe| recipe.patches.checkpoint_text.add(|text| *text = text.replace('\n', "\nx"))),
        "checkpoint",
    );
    refused(
        recipe().with(|recipe| recipe.patches.promise.add(|promise| promise.key = SigningKey::p256())),
        "set",
    );
    let other = World::new();
    refused(recipe().with(|recipe| recipe.authority = other.authority.clone()), "chain");
    let v2 = world.recipe_v2(&image(), &release());
    refused(
        v2.clone().with(|recipe| recipe.timestamp_authorities = vec![other.timestamps.clone()]),
        "timestamp",
    );
    refused(v2.with(|recipe| recipe.timestamp_authorities.clear()), "timestamp");
}
