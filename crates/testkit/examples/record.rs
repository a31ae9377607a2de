//! Makes the recorded evidence of the library's documentation: `cargo run -p sealgate-testkit --example record`.
//!
//! A fresh virtual Sigstore signs one image digest; written are what a registry would hold about it, the trusted root
//! and the policy. Nothing in it is anybody's: the keys are gone when the program ends.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for developers, run by hand")]

use std::{fs, path::Path};

use sealgate_testkit::{Identity, World, world::evidence};
use sealgate_verify::Digest;

const POLICY: &str = r#"apiVersion: sealgate.dev/v1alpha1
kind: ClusterSealPolicy
metadata: {name: acme-apps}
spec:
  match: {images: ["registry.example/acme/**"]}
  signers:
    release:
      roots: [lab]
      github: {repository: "acme/*", workflow: release.yml, ref: "refs/tags/v*"}
  require:
    signed: {signature: {by: [release]}}
"#;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/examples/data");
    let world = World::new();
    let digest = Digest::sha256(b"the image of the documentation");
    let signed = world.sign_image(&digest, &Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3"));
    let reference = format!("registry.example/acme/app@{digest}");
    let evidence = evidence(&reference, &digest, vec![signed.item()], world.now());
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("evidence.json"), evidence.to_json()).unwrap();
    fs::write(folder.join("trusted_root.json"), world.trusted_root_json()).unwrap();
    fs::write(folder.join("policy.yaml"), POLICY).unwrap();
    println!("wrote {}", folder.display());
}
