//! Images of a small company, some of them not its own.

use std::{fs, path::Path};

use sealgate_testkit::{Identity, Registry, World};
use serde_json::{Value, json};

use crate::Failure;

/// Everything that the demo needs, made.
pub(crate) struct Made {
    pub(crate) registry: Registry,
    pub(crate) cases: Vec<Case>,
    policies: String,
    root: String,
}

/// One question.
pub(crate) struct Case {
    /// What is asked, for the table.
    pub(crate) asked: &'static str,
    pub(crate) name: &'static str,
    /// Group, version and kind.
    pub(crate) kind: Value,
    pub(crate) object: Value,
    /// The reason's code; `None` where it is to be allowed.
    pub(crate) expected: Option<&'static str>,
}

// As it is shipped, but for the registry.
const POLICY: &str = include_str!("../../../policies/github-organisation.yaml");

impl Made {
    pub(crate) fn new(folder: &Path) -> Result<Self, Failure> {
        let (registry, world) = (Registry::start_blocking(), World::new());
        let (policies, root) = (folder.join("policies"), folder.join("trusted_root.json"));
        fs::create_dir(&policies)?;
        fs::write(policies.join("acme-apps.yaml"), POLICY.replace("ghcr.io", &registry.host()))?;
        fs::write(&root, world.trusted_root_json())?;
        let cases = cases(&registry, &world)?;
        Ok(Self {
            registry,
            cases,
            policies: policies.display().to_string(),
            root: root.display().to_string(),
        })
    }

    /// The webhook's own flags, as anybody would write them.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let registry = self.registry.host();
        let flags = [
            ("--listen", "127.0.0.1:0"),
            ("--admin-listen", "127.0.0.1:0"),
            ("--policies", &self.policies),
            ("--trusted-root", &format!("public-good={}", self.root)),
            ("--allow-http-registry", &registry),
            ("--drain-grace", "0s"),
        ];
        let words = flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value.to_owned()]);
        std::iter::once("sealgate-webhook".to_owned()).chain(words).collect()
    }
}

fn cases(registry: &Registry, world: &World) -> Result<Vec<Case>, Failure> {
    let tag = "refs/tags/v1.4.0";
    let acme = Identity::github("acme/shop", "release.yml", tag);
    let image = |name: &str| registry.push_image(&format!("acme/{name}"), Some("1.4.0"), name).digest;
    let pinned = |name: &str| {
        let digest = image(name);
        (registry.pinned(&format!("acme/{name}"), &digest), digest)
    };

    let (bundle, digest) = pinned("bundle");
    registry.push_bundle("acme/bundle", &digest, &world.sign_image(&digest, &acme));

    let (legacy, digest) = pinned("legacy");
    registry.push_legacy("acme/legacy", &digest, &[&world.sign_image_legacy(&digest, &acme)]);

    let (unsigned, _) = pinned("unsigned");

    let (fork, digest) = pinned("fork");
    let mallory = Identity::github("mallory/shop", "release.yml", tag);
    registry.push_bundle("acme/fork", &digest, &world.sign_image(&digest, &mallory));

    let digest = image("tagged");
    registry.push_bundle("acme/tagged", &digest, &world.sign_image(&digest, &acme));
    let tagged = format!("{}/acme/tagged:1.4.0", registry.host());

    let (attested, digest) = pinned("attested");
    let sbom = world.attest(&digest, &acme, "https://spdx.dev/Document", json!({"spdxVersion": "SPDX-2.3"}));
    registry.push_bundle("acme/attested", &digest, &sbom);

    // The bundle says of its log entry that it was made an hour earlier than the log says.
    let (tampered, digest) = pinned("tampered");
    let mut bundle_json = world.sign_image(&digest, &acme).bundle_json();
    let entry = bundle_json
        .pointer_mut("/verificationMaterial/tlogEntries/0/integratedTime")
        .ok_or("no log entry")?;
    *entry = json!((world.at - 3600).to_string());
    registry.push_bundle_bytes("acme/tampered", &digest, bundle_json.to_string().as_bytes());

    let (hijacked, digest) = pinned("hijacked");
    let workflow = format!("acme/shop/.github/workflows/release.yml@{tag}");
    let caller = Identity::github_reusable("mallory/shop", tag, &workflow);
    registry.push_bundle("acme/hijacked", &digest, &world.sign_image(&digest, &caller));

    Ok(vec![
        Case {
            kind: kind("apps", "Deployment"),
            ..allowed("signed by our workflow", "bundle", deployment(&bundle))
        },
        Case {
            kind: kind("batch", "CronJob"),
            ..allowed("the same, legacy format", "legacy", cron_job(&legacy))
        },
        denied("not signed at all", "unsigned", pod(&unsigned), "no-signature-found"),
        denied("signed by a fork's workflow", "fork", pod(&fork), "identity-mismatch"),
        denied("signed, but asked for by tag", "tagged", pod(&tagged), "tag-not-allowed"),
        denied("only an SBOM is signed", "attested", pod(&attested), "not-a-signature"),
        denied("log entry tampered with", "tampered", pod(&tampered), "inclusion-promise-invalid"),
        denied("our workflow, a stranger's repo", "hijacked", pod(&hijacked), "claim-mismatch"),
    ])
}

fn allowed(asked: &'static str, name: &'static str, object: Value) -> Case {
    Case { asked, name, kind: kind("", "Pod"), object, expected: None }
}

fn denied(asked: &'static str, name: &'static str, object: Value, code: &'static str) -> Case {
    Case { expected: Some(code), ..allowed(asked, name, object) }
}

fn kind(group: &str, kind: &str) -> Value {
    json!({"group": group, "version": "v1", "kind": kind})
}

fn containers(image: &str) -> Value {
    json!({"containers": [{"name": "app", "image": image}]})
}

fn pod(image: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "shop"}, "spec": containers(image)})
}

fn deployment(image: &str) -> Value {
    let template = json!({"metadata": {"labels": {"app": "shop"}}, "spec": containers(image)});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": {"template": template}})
}

fn cron_job(image: &str) -> Value {
    let job = json!({"spec": {"template": {"spec": containers(image)}}});
    json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "shop"}, "spec": {"jobTemplate": job}})
}
