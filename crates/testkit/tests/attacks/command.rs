//! Attacks on whoever asks the command line, cosign's verbs above all: what a pipeline takes for a yes is exit code 0.

use sealgate_testkit::{Identity, Registry, statement};
use serde_json::json;

use crate::{
    doors::Stage,
    scene::{Outcome, Scene},
};

/// Publishes what is needed and says what is typed, without the program's name.
pub(crate) type Type = fn(&mut Scene, &Registry) -> Vec<String>;

/// Runs an attack or its twin. Without a yes nothing is printed as an answer, but for the good ones among several images.
pub(crate) fn run(name: &str, attack: bool) -> Outcome {
    let (_, typed) = TABLE.iter().find(|(other, _)| *other == name).expect("no case of that name");
    let mut scene = Scene::new(attack);
    let registry = Registry::start_blocking();
    let words = typed(&mut scene, &registry);
    let stage = Stage::new(&scene, registry);
    let (exit, answer, talk) = stage.type_in(&words);
    let several = words.iter().filter(|word| word.contains("@sha256:")).count() > 1;
    assert!(exit == 0 || several || answer.is_empty(), "exit {exit}, and yet answered: {answer}");
    assert!(
        exit != 0 || !answer.is_empty() || talk.contains("Verified OK"),
        "exit 0, and yet no answer: {talk}"
    );
    let (outcome, code) = if exit == 0 { ("allow", String::new()) } else { ("denied", exit.to_string()) };
    Outcome { outcome: outcome.into(), code, story: format!("exit {exit}\n{answer}\n{talk}") }
}

const SUBJECT: &str = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

fn image(scene: &Scene, registry: &Registry) -> String {
    registry.pinned("acme/app", &scene.digest)
}

fn words(parts: &[&str]) -> Vec<String> {
    parts.iter().map(|part| (*part).to_owned()).collect()
}

fn verify(image: &str) -> Vec<String> {
    words(&["verify", "--certificate-identity", SUBJECT, "--certificate-oidc-issuer", ISSUER, image])
}

fn attested(image: &str) -> Vec<String> {
    let kind = "slsaprovenance1";
    words(&[
        "verify-attestation",
        "--type",
        kind,
        "--certificate-identity",
        SUBJECT,
        "--certificate-oidc-issuer",
        ISSUER,
        image,
    ])
}

fn signed(scene: &mut Scene, registry: &Registry) {
    scene.publish(&scene.recipe().sign());
    scene.push(registry);
}

pub(crate) const TABLE: &[(&str, Type)] = &[
    ("verify-of-an-unsigned-image", |scene, registry| {
        if !scene.attack {
            scene.publish(&scene.recipe().sign());
        }
        scene.push(registry);
        verify(&image(scene, registry))
    }),
    ("verify-of-an-image-signed-by-a-fork", |scene, registry| {
        let fork = Identity::github("evil/app", "release.yml", "refs/tags/v1.2.3");
        let recipe = scene.recipe();
        scene.forge(recipe, |recipe| *recipe = recipe.clone().by(fork));
        scene.push(registry);
        verify(&image(scene, registry))
    }),
    ("verify-of-a-good-image-and-a-bad-one", |scene, registry| {
        signed(scene, registry);
        let other = registry.push_image("acme/app", None, "unsigned").digest;
        let mut typed = verify(&image(scene, registry));
        typed.push(if scene.attack { registry.pinned("acme/app", &other) } else { image(scene, registry) });
        typed
    }),
    ("verify-with-an-identity-and-no-issuer", |scene, registry| {
        signed(scene, registry);
        let image = image(scene, registry);
        if scene.attack {
            words(&["verify", "--certificate-identity", SUBJECT, &image])
        } else {
            verify(&image)
        }
    }),
    ("verify-with-an-empty-identity", |scene, registry| {
        signed(scene, registry);
        let subject = if scene.attack { "" } else { SUBJECT };
        let image = image(scene, registry);
        words(&["verify", "--certificate-identity", subject, "--certificate-oidc-issuer", ISSUER, &image])
    }),
    ("verify-of-an-image-named-like-a-flag", |scene, registry| {
        signed(scene, registry);
        let image = image(scene, registry);
        verify(if scene.attack { "--insecure-ignore-tlog=true" } else { &image })
    }),
    ("verify-without-a-log-and-without-a-time", |scene, registry| {
        let recipe = scene.stamped().with(|recipe| recipe.logs.clear());
        scene.forge(recipe, |recipe| recipe.timestamp_authorities.clear());
        scene.push(registry);
        let mut typed = verify(&image(scene, registry));
        typed.insert(1, "--insecure-ignore-tlog".into());
        typed
    }),
    ("attestation-of-another-type", |scene, registry| {
        let kind = if scene.attack { "https://spdx.dev/Document" } else { "https://slsa.dev/provenance/v1" };
        let said = statement(&scene.digest, kind, json!({"buildDefinition": {}, "runDetails": {}}));
        scene.publish(&scene.recipe().statement(&said).sign());
        scene.push(registry);
        attested(&image(scene, registry))
    }),
    ("attestation-of-another-image", |scene, registry| {
        let other = sealgate_verify::Digest::sha256(b"another image");
        let about = if scene.attack { &other } else { &scene.digest };
        let said = statement(
            about,
            "https://slsa.dev/provenance/v1",
            json!({"buildDefinition": {}, "runDetails": {}}),
        );
        scene.publish(&scene.recipe().statement(&said).sign());
        scene.push(registry);
        attested(&image(scene, registry))
    }),
];
