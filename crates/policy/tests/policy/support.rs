//! What the tests share: one virtual world, its root under the name `public-good`, and short ways to ask.

use std::sync::{Arc, LazyLock};

use sealgate_policy::{Finding, Loaded, PolicySet, Report, Request, Role, Source, Verdict, decide};
use sealgate_testkit::{Identity, World, evidence};
use sealgate_verify::{Digest, Evidence, Item, Reference, TrustedRoots};

/// The world in which everything here is signed.
pub(crate) fn world() -> &'static World {
    World::shared()
}

/// A root named `public-good`, which is that of the virtual world.
pub(crate) fn roots() -> TrustedRoots {
    static ROOT: LazyLock<Arc<sealgate_verify::TrustedRoot>> = LazyLock::new(|| Arc::new(world().root()));
    TrustedRoots::from([("public-good".to_owned(), ROOT.clone())])
}

/// The image that is asked about.
pub(crate) fn image() -> Digest {
    Digest::sha256(b"the manifest of an image")
}

pub(crate) fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

pub(crate) fn try_load(text: &str) -> Result<Loaded, Vec<Finding>> {
    PolicySet::load(&[source("policy.yaml", text)], &roots())
}

/// Loads what must load.
pub(crate) fn load(text: &str) -> PolicySet {
    match try_load(text) {
        Ok(loaded) => loaded.set,
        Err(findings) => panic!("{findings:#?}\n{text}"),
    }
}

/// Asks about `ghcr.io/acme/app@` the image, as a container.
pub(crate) fn request() -> Request {
    request_for(&format!("ghcr.io/acme/app@{}", image()))
}

pub(crate) fn request_for(reference: &str) -> Request {
    Request {
        reference: Reference::parse(reference).unwrap(),
        namespace: Some("default".to_owned()),
        role: Role::Container,
        allow_tags: false,
    }
}

/// Evidence as a registry without faults brings it.
pub(crate) fn found(items: Vec<Item>) -> Evidence {
    evidence(&format!("ghcr.io/acme/app@{}", image()), &image(), items, world().now())
}

pub(crate) fn judge(set: &PolicySet, evidence: &Evidence) -> Verdict {
    decide(set, &request(), evidence, &roots(), world().now())
}

/// The codes of what closes the gate.
pub(crate) fn codes(report: &Report) -> Vec<&'static str> {
    report.reasons.iter().map(|reason| reason.code).collect()
}

pub(crate) fn allowed(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Allow(_))
}

/// Acme's release workflow at a tag.
pub(crate) fn release() -> Identity {
    Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3")
}

/// A person at acme.
pub(crate) fn qa() -> Identity {
    Identity::email("qa@acme.example", "https://accounts.google.com")
}

/// A policy about acme's images that asks for what `require` says, with the signers `release`, `qa` and `ops`.
pub(crate) fn policy(require: &str) -> String {
    format!(
        "apiVersion: sealgate.dev/v1alpha1
kind: ClusterSealPolicy
metadata: {{name: acme-apps}}
spec:
  match: {{images: [\"ghcr.io/acme/**\"]}}
  signers:
    release:
      github: {{repository: acme/app, workflow: release.yml, ref: \"refs/tags/v*\"}}
    qa:
      keyless: {{issuer: \"https://accounts.google.com\", subject: qa@acme.example}}
    ops:
      keyless: {{issuer: \"https://accounts.google.com\", subject: \"*@acme.example\"}}
  require: {require}
"
    )
}
