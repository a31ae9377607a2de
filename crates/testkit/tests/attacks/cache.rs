//! Verdicts that were true once, or of something else.

use std::{collections::BTreeSet, time::Duration};

use sealgate::{
    Engine, Settings, Snapshot,
    oci::{Config, Credentials},
    policy::{PolicySet, Source},
};
use sealgate_testkit::{Registry, World};

use crate::scene::{Case, Outcome, Scene, Table};

/// Lets an engine with a cache allow the good image, changes what `change` changes, and asks again.
fn again(attack: bool, change: fn(&mut Scene, &Registry, &mut String)) -> Outcome {
    let mut scene = Scene::new(attack);
    let registry = Registry::start_blocking();
    scene.publish(&scene.recipe().sign());
    scene.push(&registry);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = Config { http_hosts: BTreeSet::from([registry.host()]), ..Config::default() };
        let settings = Settings { registry: config, cache: true, background: Duration::ZERO };
        let engine = Engine::new(settings, scene.snapshot(), Credentials::anonymous()).unwrap();
        let ask = async |scene: &Scene, repository: &str| {
            let (_, request) = scene.request(repository);
            let deadline = tokio::time::Instant::now() + Duration::from_secs(8);
            Outcome::of(&engine.check(&request, scene.now, deadline).await.unwrap().verdict)
        };
        let mut repository = format!("{}/acme/app", registry.host());
        let first = ask(&scene, &repository).await;
        assert_eq!(first.outcome, "allow", "{}", first.story);
        change(&mut scene, &registry, &mut repository);
        engine.replace_snapshot(scene.snapshot());
        ask(&scene, &repository).await
    })
}

impl Scene {
    fn snapshot(&self) -> Snapshot {
        let roots = self.roots();
        let source = Source { name: "policy.yaml".into(), bytes: self.policy.clone().into_bytes() };
        let set = PolicySet::load(&[source], &roots).unwrap().set;
        Snapshot::new(set, roots)
    }
}

pub(crate) const TABLE: Table = &[
    (
        "cache-remembers-an-older-policy",
        Case::Custom(|attack| {
            again(attack, |scene, _, _| {
                if scene.attack {
                    scene.policy = scene.policy.replace("acme/app", "acme/other");
                }
            })
        }),
    ),
    (
        "cache-remembers-an-older-root",
        Case::Custom(|attack| {
            again(attack, |scene, _, _| {
                if scene.attack {
                    let fresh = World::named("fresh").trusted_root();
                    scene.root["certificateAuthorities"] = fresh["certificateAuthorities"].clone();
                }
            })
        }),
    ),
    (
        "cache-lends-a-verdict-to-another-repository",
        Case::Custom(|attack| {
            again(attack, |scene, registry, repository| {
                if scene.attack {
                    registry.push_image("acme/copy", Some("v1"), "attacked");
                    *repository = format!("{}/acme/copy", registry.host());
                }
            })
        }),
    ),
    (
        "cache-lends-a-verdict-to-a-tag",
        Case::Custom(|attack| again(attack, |scene, _, _| scene.pinned = !scene.attack)),
    ),
];
