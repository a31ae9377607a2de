//! A registry, a virtual Sigstore and an engine that trusts its release workflow.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sealgate::{
    Answer, Engine, Settings, Snapshot,
    oci::{Config, Credentials},
    policy::{PolicySet, Request, Role, Source, Verdict},
    verify::{Digest, Reference, TrustedRoots},
};
use sealgate_testkit::{
    Identity, Signed, World,
    registry::{Image, Recorded, Registry},
};
use tokio::time::Instant;

/// Only the release workflow of `acme/app`.
pub(crate) const RELEASE: &str = "release.yml";
/// The same in other words: another hash, the same verdicts.
pub(crate) const ALSO_RELEASE: &str = "release.*";
/// A workflow that signed nothing.
pub(crate) const OTHER_WORKFLOW: &str = "nightly.yml";

pub(crate) struct Scene {
    pub(crate) world: &'static World,
    pub(crate) registry: Registry,
    pub(crate) engine: Engine,
    seeds: AtomicUsize,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let (world, registry) = (World::shared(), Registry::start_blocking());
        let engine = engine(world, &registry);
        Self { world, registry, engine, seeds: AtomicUsize::new(0) }
    }

    /// Takes another engine, that has seen nothing.
    pub(crate) fn forget(&mut self) {
        self.engine = engine(self.world, &self.registry);
    }

    /// The paths that judging an image asks for, in alphabetical order.
    pub(crate) async fn requests_for(&mut self, image: &str) -> Vec<String> {
        self.forget();
        self.registry.clear_journal();
        self.check(image).await;
        let target = |request: &Recorded| request.target.split('?').next().unwrap_or_default().to_owned();
        let mut targets: Vec<_> = self.registry.journal().iter().map(target).collect();
        targets.sort();
        targets
    }

    pub(crate) fn release(&self) -> Identity {
        Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3")
    }

    pub(crate) fn genuine(&self, digest: &Digest) -> Signed {
        self.world.sign_image(digest, &self.release())
    }

    pub(crate) fn stranger(&self, digest: &Digest) -> Signed {
        self.world.sign_image(digest, &Identity::github("evil/app", "release.yml", "refs/tags/v1.2.3"))
    }

    pub(crate) fn image(&self, name: &str) -> Image {
        let seed = self.seeds.fetch_add(1, Ordering::SeqCst);
        self.registry.push_image("acme/app", None, &format!("{name} {seed}"))
    }

    pub(crate) fn pinned(&self, image: &Image) -> String {
        self.registry.pinned("acme/app", &image.digest)
    }

    pub(crate) fn unsigned(&self, name: &str) -> String {
        self.pinned(&self.image(name))
    }

    pub(crate) fn signed(&self, name: &str) -> String {
        let image = self.image(name);
        self.registry.push_bundle("acme/app", &image.digest, &self.genuine(&image.digest));
        self.pinned(&image)
    }

    pub(crate) fn snapshot(&self, workflow: &str) -> Snapshot {
        snapshot(self.world, workflow)
    }

    pub(crate) fn snapshot_of_another_world(&self) -> Snapshot {
        snapshot(&World::named("another"), RELEASE)
    }

    pub(crate) async fn check(&self, reference: &str) -> Answer {
        self.check_within(reference, Duration::from_secs(2)).await
    }

    pub(crate) async fn check_within(&self, reference: &str, patience: Duration) -> Answer {
        self.check_in("prod", reference, patience).await
    }

    pub(crate) async fn check_in(&self, namespace: &str, reference: &str, patience: Duration) -> Answer {
        let (reference, namespace) = (Reference::parse(reference).unwrap(), Some(namespace.to_owned()));
        let request = Request { reference, namespace, role: Role::Container, allow_tags: false };
        self.engine.check(&request, self.world.now(), Instant::now() + patience).await.unwrap()
    }

    pub(crate) async fn allowed(&self, reference: &str) -> Answer {
        let answer = self.check(reference).await;
        assert!(matches!(*answer.verdict, Verdict::Allow(_)), "{:#?}", answer.verdict);
        answer
    }

    pub(crate) async fn denied(&self, reference: &str, code: &str) -> Answer {
        let answer = self.check(reference).await;
        let Verdict::Deny(denial) = &*answer.verdict else { panic!("{:#?}", answer.verdict) };
        assert_eq!(denial.report.reasons[0].code, code, "{:#?}", denial.report);
        answer
    }
}

fn engine(world: &World, registry: &Registry) -> Engine {
    let config = Config { http_hosts: [registry.host()].into(), ..Config::default() };
    let settings = Settings { registry: config, cache: true, background: Duration::from_secs(30) };
    Engine::new(settings, snapshot(world, RELEASE), Credentials::anonymous()).unwrap()
}

fn snapshot(world: &World, workflow: &str) -> Snapshot {
    let text = format!(
        "apiVersion: sealgate.dev/v1alpha1\n\
         kind: ClusterSealPolicy\n\
         metadata: {{name: acme}}\n\
         spec:\n\
         \x20 match: {{images: [\"**\"]}}\n\
         \x20 signers:\n\
         \x20   release: {{roots: [lab], github: {{repository: acme/app, workflow: \"{workflow}\", ref: \"refs/tags/v*\"}}}}\n\
         \x20 require:\n\
         \x20   signed: {{signature: {{by: [release]}}}}\n"
    );
    let roots = TrustedRoots::from([("lab".to_owned(), Arc::new(world.root()))]);
    let source = Source { name: "policy.yaml".into(), bytes: text.into_bytes() };
    let loaded = PolicySet::load(&[source], &roots).unwrap();
    Snapshot::new(loaded.set, roots)
}

/// Moves the clock of lifetimes, without waiting.
pub(crate) async fn later(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}
