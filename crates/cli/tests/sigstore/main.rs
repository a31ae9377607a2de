//! Images signed by the real cosign through the real Fulcio, Rekor and timestamp authority, judged by `sealgate`.
//!
//! All of it runs on loopback, from programs that `testdata/sigstore/build.sh` builds; only the OIDC issuer and the CT log
//! are the testkit's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::string_slice,
    reason = "a test may stop, and its transcript is what it is for"
)]

mod services;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sealgate_testkit::{Registry, World};
use services::Services;

const DEVELOPER: &str = "dev@acme.example";
const STRANGER: &str = "mallory@evil.example";

#[test]
#[ignore = "needs the real Sigstore's tools: testdata/sigstore/build.sh, then `just sigstore`"]
fn images_signed_by_the_real_sigstore_are_judged_by_who_signed() {
    let Some(tools) = tools() else {
        println!(
            "skipped: images_signed_by_the_real_sigstore_are_judged_by_who_signed (Go is not installed)"
        );
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let services = Services::start(&tools, scratch.path());
    let registry = Registry::start_blocking();
    let image = |seed: &str| registry.pinned("acme/app", &registry.push_image("acme/app", None, seed).digest);
    let (ours, theirs, unsigned) = (image("ours"), image("theirs"), image("unsigned"));
    services.sign(&ours, DEVELOPER);
    services.sign(&theirs, STRANGER);

    let gate = Gate::new(&services, &registry, scratch.path());
    gate.check(&ours, 0, &[]);
    gate.check(&theirs, 1, &["identity-mismatch", STRANGER]);
    gate.check(&unsigned, 1, &["no-signature-found"]);
    gate.verify(&ours, DEVELOPER, &services.issuer(), true);
    gate.verify(&ours, STRANGER, &services.issuer(), false);
    gate.verify(&ours, DEVELOPER, "https://accounts.example", false);
    gate.verify(&theirs, DEVELOPER, &services.issuer(), false);
    gate.verify(&unsigned, DEVELOPER, &services.issuer(), false);

    // Under another Sigstore's root the same signature proves nothing.
    let root = scratch.path().join("other.json");
    std::fs::write(&root, World::named("other").trusted_root_json()).unwrap();
    let gate = Gate { root, ..gate };
    gate.verify(&ours, DEVELOPER, &services.issuer(), false);
}

/// `sealgate` with a policy that wants the developer's signature.
struct Gate {
    policy: PathBuf,
    root: PathBuf,
    registry: String,
}

impl Gate {
    fn new(services: &Services, registry: &Registry, scratch: &Path) -> Self {
        let policy = scratch.join("policy.yaml");
        let text = format!(
            r#"apiVersion: sealgate.dev/v1alpha1
kind: ClusterSealPolicy
metadata: {{name: acme-apps}}
spec:
  match: {{images: ["{}/acme/**"]}}
  signers:
    developer:
      roots: [lab]
      keyless: {{issuer: "{}", subject: {DEVELOPER}}}
  require:
    signed: {{signature: {{by: [developer]}}}}
"#,
            registry.host(),
            services.issuer()
        );
        std::fs::write(&policy, text).unwrap();
        Self { policy, root: services.trusted_root.clone(), registry: registry.host() }
    }

    /// Our own verdict.
    fn check(&self, image: &str, code: i32, says: &[&str]) {
        let output = sealgate(&[
            "check",
            &format!("--policy={}", self.policy.display()),
            &format!("--trusted-root=lab={}", self.root.display()),
            &format!("--allow-http-registry={}", self.registry),
            image,
        ]);
        let text = shown(&output);
        assert_eq!(output.status.code(), Some(code), "{text}");
        for part in says {
            assert!(text.contains(part), "no `{part}` in {text}");
        }
    }

    /// The verdict as cosign's verb gives it.
    fn verify(&self, image: &str, identity: &str, issuer: &str, passes: bool) {
        let output = sealgate(&[
            "verify",
            &format!("--trusted-root={}", self.root.display()),
            &format!("--certificate-identity={identity}"),
            &format!("--certificate-oidc-issuer={issuer}"),
            "--allow-http-registry",
            image,
        ]);
        assert_eq!(output.status.success(), passes, "{}", shown(&output));
    }
}

fn sealgate(arguments: &[&str]) -> Output {
    println!("$ sealgate {}", arguments.join(" "));
    let output = Command::new(env!("CARGO_BIN_EXE_sealgate")).args(arguments).output().unwrap();
    for line in shown(&output).lines() {
        println!("  {line}");
    }
    println!("  ({})", output.status);
    output
}

fn shown(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The folder of the tools; `None` where they cannot be built.
fn tools() -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/sigstore/build.sh");
    let output = Command::new(script).arg("--path").output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let folder = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    if ["cosign", "fulcio", "rekor-tiles", "timestamp-server"].iter().all(|tool| folder.join(tool).exists()) {
        return Some(folder);
    }
    let go = Command::new("go").arg("version").output();
    assert!(!go.is_ok_and(|go| go.status.success()), "Go is here: run testdata/sigstore/build.sh first");
    None
}
