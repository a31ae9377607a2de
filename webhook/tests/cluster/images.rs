//! A registry with images that a virtual Sigstore has signed, and the policies that speak about them.

use std::fs;
use std::path::{Path, PathBuf};

use sealgate_testkit::registry::Registry;
use sealgate_testkit::{Identity, World};

/// Each image as a Pod would name it.
pub(crate) struct Images {
    /// Signed by the release workflow at a tag: both policies admit it.
    pub(crate) release: String,
    /// The same release, signed the way cosign 2 signs.
    pub(crate) legacy: String,
    /// Signed by the nightly workflow on main: only the first policy admits it.
    pub(crate) nightly: String,
    /// Signed by the release workflow of a fork.
    pub(crate) fork: String,
    pub(crate) unsigned: String,
    /// The release by its tag.
    pub(crate) tagged: String,
    world: World,
    registry: Registry,
}

/// The name under which policies know the virtual Sigstore's root.
const ROOT: &str = "lab";

impl Images {
    pub(crate) fn publish() -> Self {
        let (world, registry) = (World::named("cluster"), Registry::start_blocking());
        let signed_by = |seed: &str, identity: &Identity| {
            let image = registry.push_image("acme/app", None, seed);
            registry.push_bundle("acme/app", &image.digest, &world.sign_image(&image.digest, identity));
            registry.pinned("acme/app", &image.digest)
        };
        let releaser = Identity::github("acme/app", "release.yml", "refs/tags/v1.4.0");
        let nightly = Identity::github("acme/app", "nightly.yml", "refs/heads/main");
        let fork = Identity::github("mallory/app", "release.yml", "refs/tags/v1.4.0");

        let release = registry.push_image("acme/app", Some("1.4"), "release");
        registry.push_bundle("acme/app", &release.digest, &world.sign_image(&release.digest, &releaser));
        let legacy = registry.push_image("acme/app", None, "legacy");
        let signed = world.sign_image_legacy(&legacy.digest, &releaser);
        registry.push_legacy("acme/app", &legacy.digest, &[&signed]);
        let unsigned = registry.push_image("acme/app", None, "unsigned");
        Self {
            release: registry.pinned("acme/app", &release.digest),
            legacy: registry.pinned("acme/app", &legacy.digest),
            nightly: signed_by("nightly", &nightly),
            fork: signed_by("fork", &fork),
            unsigned: registry.pinned("acme/app", &unsigned.digest),
            tagged: format!("{}/acme/app:1.4", registry.host()),
            world,
            registry,
        }
    }

    /// The webhook's arguments for this registry and this Sigstore.
    pub(crate) fn arguments(&self, scratch: &Path) -> Vec<String> {
        let root = scratch.join("trusted_root.json");
        fs::write(&root, self.world.trusted_root_json()).unwrap();
        vec![
            format!("--trusted-root={ROOT}={}", root.display()),
            format!("--allow-http-registry={}", self.registry.host()),
        ]
    }

    pub(crate) fn registry_requests(&self) -> usize {
        self.registry.request_count()
    }

    /// Releases and nightlies are admitted.
    pub(crate) fn lenient_policy(&self) -> String {
        self.policy("[release, nightly]")
    }

    /// Only releases are.
    pub(crate) fn strict_policy(&self) -> String {
        self.policy("[release]")
    }

    fn policy(&self, by: &str) -> String {
        format!(
            r#"apiVersion: sealgate.dev/v1alpha1
kind: ClusterSealPolicy
metadata: {{name: acme-apps}}
spec:
  match: {{images: ["{host}/acme/**"]}}
  signers:
    release:
      roots: [{ROOT}]
      github: {{repository: "acme/app", workflow: release.yml, ref: "refs/tags/v*"}}
    nightly:
      roots: [{ROOT}]
      github: {{repository: "acme/app", workflow: nightly.yml, ref: refs/heads/main}}
  require:
    signed: {{signature: {{by: {by}}}}}
"#,
            host = self.registry.host()
        )
    }
}

/// Puts a policy into the folder in one step, as a mounted ConfigMap changes.
pub(crate) fn write_policy(folder: &Path, text: &str) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let file = folder.join("acme-apps.yaml");
    // Beside the folder, so that no reader finds half a file or one of another name.
    let part = folder.with_extension("part");
    fs::write(&part, text).unwrap();
    fs::rename(&part, &file).unwrap();
    file
}
