//! What an attack and its twin are about, and how either is judged.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use sealgate::{
    Engine, Settings, Snapshot,
    oci::{Config, Credentials},
    policy::{PolicySet, Request, Role, Source, Verdict, decide},
    verify::{Digest, Item, Place, Reference, Timestamp, TrustedRoot, TrustedRoots},
};
use sealgate_testkit::{Identity, Image, Recipe, Registry, Signed, World, evidence};
use serde_json::Value;

use crate::doors::Stage;

/// Attacks by the name of their folder.
pub(crate) type Table = &'static [(&'static str, Case)];

/// How an attack is made.
pub(crate) enum Case {
    /// Something of its own kind.
    Custom(fn(bool) -> Outcome),
    /// Documents that the loader must refuse; the twin is accepted.
    Documents(fn(bool) -> Vec<(&'static str, String)>),
    /// A registry that lies about a good signature; afterwards the second function may look at its journal.
    Network(fn(&mut Scene, &Registry), fn(&Registry)),
    /// Evidence that must not be enough.
    Scene(fn(&mut Scene)),
}

/// What came out.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) outcome: String,
    pub(crate) code: String,
    pub(crate) story: String,
}

/// The world in which an attack happens: by default a good signature by `acme/app`'s release workflow would be allowed.
pub(crate) struct Scene {
    pub(crate) attack: bool,
    pub(crate) world: &'static World,
    pub(crate) image: Image,
    pub(crate) digest: Digest,
    pub(crate) identity: Identity,
    pub(crate) policy: String,
    pub(crate) items: Vec<Item>,
    pub(crate) root: Value,
    pub(crate) more_roots: Vec<(&'static str, Value)>,
    pub(crate) now: Timestamp,
    pub(crate) repository: String,
    pub(crate) pinned: bool,
    /// Where the image is said to be, if not at the registry.
    pub(crate) host: Option<String>,
}

pub(crate) const RELEASE: &str =
    r#"github: {repository: acme/app, workflow: release.yml, ref: "refs/tags/v*"}"#;

/// A policy for every image with one signer.
pub(crate) fn policy(signer: &str) -> String {
    policy_with(&format!("    release:\n      {signer}\n"), "signature: {by: [release]}")
}

/// A policy for every image.
pub(crate) fn policy_with(signers: &str, requirement: &str) -> String {
    format!(
        "apiVersion: sealgate.dev/v1alpha1\nkind: ClusterSealPolicy\nmetadata: {{name: acme-apps}}\nspec:\n  \
         match: {{images: [\"**\"]}}\n  signers:\n{signers}  require:\n    signed: {{{requirement}}}\n"
    )
}

impl Scene {
    pub(crate) fn new(attack: bool) -> Self {
        let world = World::shared();
        let (image, _) = Image::small("attacked");
        Self {
            attack,
            world,
            digest: image.digest.clone(),
            image,
            identity: Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3"),
            policy: policy(RELEASE),
            items: Vec::new(),
            root: world.trusted_root(),
            more_roots: Vec::new(),
            now: world.now(),
            repository: "registry.example/acme/app".into(),
            pinned: true,
            host: None,
        }
    }

    /// The good signature before it is made.
    pub(crate) fn recipe(&self) -> Recipe {
        self.world.recipe(&self.digest, &self.identity)
    }

    /// The good signature with log entry and timestamp.
    pub(crate) fn stamped(&self) -> Recipe {
        self.recipe().with(|recipe| recipe.timestamp_authorities = vec![self.world.timestamps.clone()])
    }

    /// Publishes a bundle made from `recipe`, changed if this is the attack.
    pub(crate) fn forge(&mut self, recipe: Recipe, change: impl FnOnce(&mut Recipe)) {
        let recipe = if self.attack { recipe.with(change) } else { recipe };
        self.publish(&recipe.sign());
    }

    /// Publishes a bundle, changed after it was made if this is the attack.
    pub(crate) fn splice(&mut self, signed: Signed, change: impl FnOnce(&mut Signed)) {
        let signed = if self.attack { signed.with(change) } else { signed };
        self.publish(&signed);
    }

    /// Publishes a legacy layer made from `recipe`, changed if this is the attack.
    pub(crate) fn layer(&mut self, change: impl FnOnce(&mut Signed, &mut Item)) {
        let mut signed = self.recipe().simple_signing(&self.digest).sign();
        let mut item = signed.legacy_item();
        if self.attack {
            change(&mut signed, &mut item);
        }
        self.items.push(item);
    }

    /// Publishes a bundle.
    pub(crate) fn publish(&mut self, signed: &Signed) {
        self.items.push(signed.item());
    }

    pub(crate) fn roots(&self) -> TrustedRoots {
        let named = std::iter::once(("public-good", &self.root))
            .chain(self.more_roots.iter().map(|(name, root)| (*name, root)));
        named
            .map(|(name, root)| {
                let root = TrustedRoot::from_json(&serde_json::to_vec(root).unwrap()).unwrap();
                (name.to_owned(), Arc::new(root))
            })
            .collect()
    }

    pub(crate) fn request(&self, repository: &str) -> (String, Request) {
        let text =
            if self.pinned { format!("{repository}@{}", self.digest) } else { format!("{repository}:v1") };
        let reference = Reference::parse(&text).unwrap();
        (text, Request { reference, namespace: None, role: Role::Container, allow_tags: false })
    }

    fn policies(&self, roots: &TrustedRoots) -> PolicySet {
        let source = Source { name: "policy.yaml".into(), bytes: self.policy.clone().into_bytes() };
        match PolicySet::load(&[source], roots) {
            Ok(loaded) => loaded.set,
            Err(findings) => {
                panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            }
        }
    }

    fn decide(&self) -> Outcome {
        let roots = self.roots();
        let policies = self.policies(&roots);
        let (reference, request) = self.request(&self.repository);
        let mut evidence = evidence(&reference, &self.digest, self.items.clone(), self.now);
        evidence.entries[0].manifest = Some(Arc::from(self.image.bytes.clone()));
        Outcome::of(&decide(&policies, &request, &evidence, &roots, self.now))
    }

    /// Pushes image and items.
    pub(crate) fn push(&self, registry: &Registry) {
        registry.push_image("acme/app", Some("v1"), "attacked");
        for place in [Place::Referrers, Place::SignatureTag, Place::AttestationTag] {
            let items: Vec<Item> = self.items.iter().filter(|item| item.place == place).cloned().collect();
            match place {
                Place::Referrers => items.iter().for_each(|item| {
                    registry.push_bundle_bytes("acme/app", &self.digest, &item.bytes);
                }),
                _ if items.is_empty() => {}
                Place::SignatureTag => drop(registry.push_layers("acme/app", &self.digest, "sig", &items)),
                _ => drop(registry.push_layers("acme/app", &self.digest, "att", &items)),
            }
        }
    }

    fn check(&self, registry: &Registry) -> Outcome {
        let roots = self.roots();
        let snapshot = Snapshot::new(self.policies(&roots), roots);
        let mut registries = Config::default();
        registries.http_hosts.insert(registry.host());
        registries.http_hosts.extend(self.host.clone());
        let settings = Settings { registry: registries, cache: false, background: Duration::ZERO };
        let mut secrets = BTreeMap::new();
        let own = sealgate_testkit::base64(b"gate:secret");
        secrets.insert(registry.host(), serde_json::json!({"auth": own}));
        let config = serde_json::json!({"auths": secrets}).to_string();
        let credentials = Credentials::from_docker_config(config.as_bytes()).unwrap();
        let host = self.host.clone().unwrap_or_else(|| registry.host());
        let (_, request) = self.request(&format!("{host}/acme/app"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(async {
            let engine = Engine::new(settings, snapshot, credentials).unwrap();
            let deadline = tokio::time::Instant::now() + Duration::from_secs(8);
            engine.check(&request, self.now, deadline).await.unwrap()
        });
        Outcome::of(&answer.verdict)
    }
}

impl Outcome {
    pub(crate) fn of(verdict: &Verdict) -> Self {
        let code = verdict.report().reasons.first().map_or("", |reason| reason.code);
        Self { outcome: verdict.name().into(), code: code.into(), story: format!("{:#?}", verdict.report()) }
    }
}

impl Case {
    /// Makes the attack, or its twin, in a registry of its own, for a door.
    pub(crate) fn stage(&self, attack: bool) -> Stage {
        let mut scene = Scene::new(attack);
        let registry = Registry::start_blocking();
        match self {
            Self::Custom(_) | Self::Documents(_) => panic!("nothing of this attack is in a registry"),
            Self::Network(build, _) => build(&mut scene, &registry),
            Self::Scene(build) => {
                build(&mut scene);
                scene.push(&registry);
            }
        }
        Stage::new(&scene, registry)
    }

    /// Makes the attack, or its twin, and says what came out.
    pub(crate) fn run(&self, attack: bool) -> Outcome {
        let mut scene = Scene::new(attack);
        match self {
            Self::Custom(run) => run(attack),
            Self::Documents(documents) => {
                let sources: Vec<Source> = documents(attack)
                    .into_iter()
                    .map(|(name, text)| Source { name: name.into(), bytes: text.into_bytes() })
                    .collect();
                match PolicySet::load(&sources, &scene.roots()) {
                    Ok(_) => {
                        Outcome { outcome: "allow".into(), code: String::new(), story: "accepted".into() }
                    }
                    Err(findings) => Outcome {
                        outcome: "refused".into(),
                        code: findings[0].code.into(),
                        story: findings.iter().map(|finding| format!("{finding}\n")).collect(),
                    },
                }
            }
            Self::Network(build, look) => {
                let registry = Registry::start_blocking();
                build(&mut scene, &registry);
                let outcome = scene.check(&registry);
                look(&registry);
                outcome
            }
            Self::Scene(build) => {
                build(&mut scene);
                scene.decide()
            }
        }
    }
}
