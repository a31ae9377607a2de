//! Repositories of the older form, and what `initialize` fetches for programs that sign.

use std::fs;

use sealgate_testkit::{OlderTarget, World, base64, older_targets};
use serde_json::{Value, json};

use super::{BLOB, Own, files};
use crate::ask::{BY_RELEASE, Place, release};

pub(super) const SIGNING: &[u8] =
    br#"{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","caUrls":[]}"#;
const NAME: &str = "signing_config.v0.2.json";

/// The targets of a repository with a whole root.
pub(super) fn whole(world: &World, signing: Option<&[u8]>) -> Vec<OlderTarget> {
    let plain =
        |name: &str, bytes: &[u8]| OlderTarget { name: name.into(), bytes: bytes.to_vec(), custom: None };
    let root = plain("trusted_root.json", &world.trusted_root_json());
    std::iter::once(root).chain(signing.map(|bytes| plain(NAME, bytes))).collect()
}

/// Leaves a bundle of cosign's older form.
pub(super) fn sign(own: &Own) {
    let digest = sealgate::verify::Digest::sha256(BLOB);
    let signed = own.world.recipe(&digest, &release()).message(BLOB).sign();
    let annotations = signed.legacy_annotations();
    let entry: Value = serde_json::from_str(&annotations["dev.sigstore.cosign/bundle"]).unwrap();
    let older = json!({
        "base64Signature": annotations["dev.cosignproject.cosign/signature"],
        "cert": base64(annotations["dev.sigstore.cosign/certificate"].as_bytes()),
        "rekorBundle": entry,
    });
    own.file("older.json", older.to_string().as_bytes());
}

fn older() -> Own {
    let mut own = Own::new();
    own.tuf.publish_all(1, &older_targets(&own.world.trusted_root_json()));
    own.mirror.serve(&own.tuf.files);
    sign(&own);
    own
}

fn verify_older(own: &Own, more: &[&str]) -> (u8, String) {
    let (bundle, blob) = (own.path("older.json"), own.path("blob"));
    let words = [&["verify-blob", "--bundle", &bundle][..], &BY_RELEASE, more, &[&blob]].concat();
    let told = own.ask(&words);
    (told.code, told.stderr)
}

const ONLY_PIECES: &str = "WARNING: Could not fetch trusted_root.json from the TUF repository. Continuing with individual \
     targets. Error from TUF: error getting live trusted root: failed to get target from TUF client getting info for target \
     \"trusted_root.json\": target trusted_root.json not found\n";

#[test]
fn an_older_repository_is_initialized_and_vouches_for_the_older_format() {
    let own = older();
    let told = own.initialize(&[]);
    assert_eq!(told.code, 0, "{told:?}");
    let status: Value = serde_json::from_str(told.stdout.strip_prefix("Root status: \n ").unwrap()).unwrap();
    assert_eq!(status["remote"], own.mirror.url());
    assert_eq!(status["metadata"]["root.json"]["version"], 1);
    assert_eq!(status["metadata"]["targets.json"]["len"], own.tuf.files["1.targets.json"].len());
    assert!(status["targets"].as_array().unwrap().contains(&json!("rekor.pub")), "{status}");
    let lines: Vec<&str> = told.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{told:?}");
    assert!(lines[0].starts_with("WARNING: Could not fetch signing_config.json from the TUF mirror"));
    assert!(lines[1].starts_with("WARNING: Could not fetch trusted_root.json from the TUF mirror"));
    assert!(lines[1].contains("falling back to individual targets"));

    let asked = own.asked();
    assert_eq!(verify_older(&own, &[]), (0, format!("{ONLY_PIECES}Verified OK\n")));
    assert_eq!(verify_older(&own, &["--offline"]).0, 0);
    let told = own.verify(&[], &[]);
    assert_eq!(told.code, 1, "bundles want a whole root");
    let text = "Error: setting trusted material: getting trusted root from TUF for new bundle verification: error getting live \
                trusted root: failed to get target from TUF client getting info for target \"trusted_root.json\": target \
                trusted_root.json not found\n";
    assert!(told.stderr.starts_with(text), "{told:?}");
    assert_eq!(own.asked(), asked);

    let own = Own::initialized();
    sign(&own);
    assert_eq!(verify_older(&own, &[]), (0, "Verified OK\n".to_owned()), "twin");
    assert_eq!(own.verify(&[], &[]).code, 0, "twin");
}

#[test]
fn an_older_repository_vouches_for_images_of_the_older_format() {
    let own = older();
    assert_eq!(own.initialize(&[]).code, 0);
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let signed = own.world.sign_image_legacy(&image.digest, &release());
    place.registry.push_legacy("app", &image.digest, &[&signed]);
    let reference = place.pinned("app", &image);
    let verify = || own.ask(&[&["verify"][..], &BY_RELEASE, &[&reference, &reference]].concat());
    let told = verify();
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(told.stderr.matches("Continuing with individual targets").count(), 1, "{told:?}");
    // A bundle beside it is what cosign goes by.
    place.registry.push_bundle("app", &image.digest, &own.world.sign_image(&image.digest, &release()));
    let told = verify();
    assert!(told.code == 1 && told.stderr.contains("for new bundle verification: "), "{told:?}");
}

#[test]
fn an_older_repository_with_a_broken_key_leaves_everything_as_it_was() {
    let mut own = older();
    let mut targets = older_targets(&own.world.trusted_root_json());
    targets.iter_mut().find(|target| target.name == "ctfe.pub").unwrap().bytes = b"no key".to_vec();
    own.tuf.publish_all(1, &targets);
    own.mirror.serve(&own.tuf.files);
    let told = own.initialize(&[]);
    assert_eq!((told.code, told.stdout.as_str()), (1, ""));
    assert!(
        told.stderr.contains("`ctfe.pub` of the repository is not a PEM file of its kind (tuf-piece)"),
        "{told:?}"
    );
    assert!(!own.home.path().join(".sigstore").exists());
    assert_eq!(older().initialize(&[]).code, 0, "twin");
}

#[test]
fn the_signing_configuration_is_left_for_programs_that_sign() {
    let mut own = Own::initialized();
    let found = |own: &Own| {
        let mut all = Vec::new();
        files(&own.home.path().join(".sigstore/root"), &mut all);
        all.into_iter().find(|(path, _)| path.ends_with(NAME)).map(|(_, bytes)| bytes)
    };
    assert_eq!(found(&own).as_deref(), Some(SIGNING));
    let mut told_of = |bytes: Option<&[u8]>, change: &dyn Fn(&mut Own)| {
        let top = own.home.path().join(".sigstore");
        fs::remove_dir_all(&top).ok();
        let world = World::named("own");
        own.tuf.publish_all(1, &whole(&world, bytes));
        change(&mut own);
        own.mirror.serve(&own.tuf.files);
        let told = own.initialize(&[]);
        assert_eq!((told.code, told.stdout.as_str()), (0, ""), "{told:?}");
        (told.stderr, found(&own))
    };
    let none = |_: &mut Own| {};
    assert_eq!(told_of(Some(SIGNING), &none), (String::new(), Some(SIGNING.to_vec())), "twin");
    let damaged = |own: &mut Own| {
        for (_, bytes) in own.tuf.files.iter_mut().filter(|(path, _)| path.ends_with(NAME)) {
            bytes[1] ^= 1;
        }
    };
    for (bytes, change, why) in [
        (None, &none as &dyn Fn(&mut Own), "target signing_config.v0.2.json not found)"),
        (Some(&b"{nope"[..]), &none, "JSON cannot be read"),
        (Some(b"{}"), &none, "it is no application/vnd.dev.sigstore.signingconfig.v0.2+json"),
        (Some(SIGNING), &damaged, "tuf-integrity"),
    ] {
        let (said, left) = told_of(bytes, change);
        assert_eq!((said.lines().count(), left), (1, None), "{said}");
        assert!(
            said.starts_with("WARNING: Could not fetch signing_config.json") && said.contains(why),
            "{said}"
        );
    }
}
