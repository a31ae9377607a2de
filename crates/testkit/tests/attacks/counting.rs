//! What counts, how often, and about which reference.

use sealgate_testkit::{Identity, SigningKey};
use sealgate_verify::Digest;

use crate::scene::{Case, Scene, Table, policy_with};

const TWO: &str = "    a:\n      keyless: {issuer: \"https://a.example\", subject: a@acme.example}\n    b:\n      \
                   keyless: {issuer: \"https://b.example\", subject: b@acme.example}\n";

fn person(name: &str) -> Identity {
    Identity::email(&format!("{name}@acme.example"), &format!("https://{name}.example"))
}

fn both(scene: &mut Scene) {
    scene.policy = policy_with(TWO, "signature: {by: [a, b], atLeast: 2}");
    let first = scene.recipe().by(person("a")).sign();
    scene.publish(&first);
}

pub(crate) const TABLE: Table = &[
    (
        "one-signer-counted-twice",
        Case::Scene(|scene| {
            both(scene);
            let second = if scene.attack { person("a") } else { person("b") };
            let second = scene.recipe().by(second).sign();
            scene.publish(&second);
        }),
    ),
    (
        "one-signature-counted-twice",
        Case::Scene(|scene| {
            both(scene);
            let first = scene.items[0].clone();
            scene.items.push(first);
            if !scene.attack {
                let second = scene.recipe().by(person("b")).sign();
                scene.publish(&second);
            }
        }),
    ),
    (
        "two-identities-with-one-key",
        Case::Scene(|scene| {
            let key = SigningKey::p256();
            scene.policy = policy_with(TWO, "signature: {by: [a, b], atLeast: 2}");
            let first =
                scene.recipe().by(person("a")).with(|recipe| recipe.leaf_key = Some(key.clone())).sign();
            scene.publish(&first);
            let second = scene.recipe().by(person("b"));
            scene.forge(second, |recipe| recipe.leaf_key = Some(key));
        }),
    ),
    (
        "signature-of-the-index-for-its-child",
        Case::Scene(|scene| {
            let index = Digest::sha256(b"the index that names the image");
            let good = scene.recipe();
            let of_index = scene.world.recipe(&index, &scene.identity);
            scene.forge(good, |recipe| *recipe = of_index);
        }),
    ),
    (
        "reference-without-a-digest",
        Case::Scene(|scene| {
            scene.pinned = !scene.attack;
            scene.publish(&scene.recipe().sign());
        }),
    ),
    (
        "image-that-no-policy-names",
        Case::Scene(|scene| {
            scene.policy = scene.policy.replace("\"**\"", "\"registry.example/acme/**\"");
            if scene.attack {
                scene.repository = "registry.example/acme-evil/app".into();
            }
            scene.publish(&scene.recipe().sign());
        }),
    ),
    (
        "trusted-host-as-a-path",
        Case::Scene(|scene| {
            scene.policy = scene.policy.replace("\"**\"", "\"*.trusted.example/**\"");
            scene.repository =
                if scene.attack { "evil.example/x.trusted.example/app" } else { "x.trusted.example/app" }
                    .into();
            scene.publish(&scene.recipe().sign());
        }),
    ),
    (
        "host-below-a-wildcard-s-label",
        Case::Scene(|scene| {
            scene.policy = scene.policy.replace("\"**\"", "\"*.trusted.example/**\"");
            scene.repository =
                if scene.attack { "a.b.trusted.example/app" } else { "a.trusted.example/app" }.into();
            scene.publish(&scene.recipe().sign());
        }),
    ),
    (
        "signature-was-removed",
        Case::Scene(|scene| {
            if !scene.attack {
                scene.publish(&scene.recipe().sign());
            }
        }),
    ),
    (
        "warn-policy-counts-as-no-match",
        Case::Scene(|scene| {
            if scene.attack {
                scene.policy = scene
                    .policy
                    .replace("match: {images: [\"**\"]}", "mode: warn\n  match: {images: [\"**\"]}");
            }
            scene.publish(&scene.recipe().sign());
        }),
    ),
    (
        "satisfied-policy-excuses-no-other",
        Case::Scene(|scene| {
            let second =
                scene.policy.replace("name: acme-apps", "name: second").replace("acme/app", "acme/other");
            if scene.attack {
                scene.policy = format!("{}---\n{second}", scene.policy);
            }
            scene.publish(&scene.recipe().sign());
        }),
    ),
    (
        "conditions-met-by-two-signatures",
        Case::Scene(|scene| {
            // One signature has the workflow, the other the runner; the leaf wants both of one.
            let hosted = r#"github: {repository: acme/app, workflow: release.yml, ref: "refs/tags/v*", runner: github-hosted}"#;
            scene.policy = crate::scene::policy(hosted);
            let own_runner = scene.recipe().by(scene.identity.clone().claim(11, "self-hosted")).sign();
            scene.publish(&own_runner);
            let other_workflow =
                scene.recipe().by(Identity::github("acme/app", "ci.yml", "refs/tags/v1.2.3")).sign();
            scene.publish(&other_workflow);
            if !scene.attack {
                scene.publish(&scene.recipe().sign());
            }
        }),
    ),
];
