//! The three doors over one registry, one policy and one virtual Sigstore.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc, time::Duration};

use clap::Parser;
use sealgate::{
    Engine, Settings, Snapshot,
    oci::{Config, Credentials},
    policy::{PolicySet, Request, Role, Source, Verdict},
    verify::{Reference, TrustedRoots},
};
use sealgate_cli::Console;
use sealgate_testkit::{World, registry::Registry};
use sealgate_webhook::{Options, Server};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

const HEAD: &str = r#"apiVersion: sealgate.dev/v1alpha1
kind: ClusterSealPolicy
metadata: {name: acme}
spec:
  match: {images: ["**"]}
  signers:
    release: {roots: [lab], github: {repository: "acme/*", workflow: release.yml, ref: "refs/tags/v*"}}
    qa: {roots: [lab], keyless: {issuer: "https://accounts.google.com", subject: qa@acme.example}}
"#;

/// A verdict in the words that all doors have in common.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Told {
    pub(crate) verdict: &'static str,
    pub(crate) reasons: Vec<String>,
}

/// The doors.
pub(crate) struct Doors {
    pub(crate) registry: Registry,
    world: &'static World,
    engine: Engine,
    server: Server,
    client: reqwest::Client,
    folder: TempDir,
}

impl Doors {
    pub(crate) async fn open(world: &'static World, require: &str) -> Self {
        let (registry, folder) = (Registry::start().await, TempDir::new().unwrap());
        let (policies, root) = (folder.path().join("policies"), folder.path().join("root.json"));
        fs::create_dir(&policies).unwrap();
        let text = format!("{HEAD}{require}");
        fs::write(policies.join("policy.yaml"), &text).unwrap();
        fs::write(&root, world.trusted_root_json()).unwrap();

        let roots = TrustedRoots::from([("lab".to_owned(), Arc::new(world.root()))]);
        let source = Source { name: "policy.yaml".into(), bytes: text.into_bytes() };
        let snapshot = Snapshot::new(PolicySet::load(&[source], &roots).unwrap().set, roots);
        let config = Config { http_hosts: [registry.host()].into(), ..Config::default() };
        let settings = Settings { registry: config, cache: false, background: Duration::ZERO };
        let engine = Engine::new(settings, snapshot, Credentials::anonymous()).unwrap();

        let options = Options::parse_from([
            "sealgate-webhook".to_owned(),
            "--listen=127.0.0.1:0".to_owned(),
            "--admin-listen=127.0.0.1:0".to_owned(),
            format!("--policies={}", policies.display()),
            format!("--trusted-root=lab={}", root.display()),
            format!("--allow-http-registry={}", registry.host()),
        ]);
        let server = Server::start(options).await.unwrap();
        let certificate = reqwest::Certificate::from_pem(server.self_signed().unwrap().as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([certificate]).build().unwrap();
        let doors = Self { registry, world, engine, server, client, folder };
        while !doors.server.is_ready() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        doors
    }

    pub(crate) async fn library(&self, reference: &str) -> Told {
        let reference = Reference::parse(reference).unwrap();
        let request =
            Request { reference, namespace: Some("prod".into()), role: Role::Container, allow_tags: false };
        let deadline = Instant::now() + Duration::from_secs(20);
        let answer = self.engine.check(&request, self.world.now(), deadline).await.unwrap();
        let verdict = match &*answer.verdict {
            Verdict::Allow(_) => "allow",
            Verdict::Deny(_) => "deny",
            Verdict::Unknown(_) => "unknown",
        };
        let reasons = answer.verdict.report().reasons.iter().map(|reason| reason.code.to_owned()).collect();
        Told { verdict, reasons }
    }

    pub(crate) async fn command(&self, reference: &str) -> Told {
        let path = |name: &str| -> PathBuf { self.folder.path().join(name) };
        let words: Vec<String> = [
            "sealgate",
            "check",
            "--policy",
            path("policies/policy.yaml").to_str().unwrap(),
            "--trusted-root",
            &format!("lab={}", path("root.json").display()),
            "--allow-http-registry",
            &self.registry.host(),
            "--namespace",
            "prod",
            "--output",
            "json",
            reference,
        ]
        .map(str::to_owned)
        .to_vec();
        let (code, output) = tokio::task::spawn_blocking(move || {
            let (mut output, mut talk) = (Vec::new(), Vec::new());
            let mut console = Console::new(BTreeMap::new(), std::io::empty(), &mut output, &mut talk);
            let code = sealgate_cli::run(&words, &mut console);
            drop(console);
            (code, output)
        })
        .await
        .unwrap();
        let told: Value = serde_json::from_slice(&output).unwrap();
        let reasons = told["images"][0]["reasons"].as_array().unwrap();
        let reasons = reasons.iter().map(|reason| reason["code"].as_str().unwrap().to_owned()).collect();
        let verdict = ["allow", "deny", "unknown"][usize::from(code)];
        assert_eq!(told["images"][0]["verdict"], verdict);
        Told { verdict, reasons }
    }

    pub(crate) async fn webhook(&self, reference: &str) -> Told {
        let review = json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": "u", "kind": {"group": "", "version": "v1", "kind": "Pod"},
                "resource": {"group": "", "version": "v1", "resource": "pods"},
                "namespace": "prod", "operation": "CREATE", "userInfo": {"username": "alice"},
                "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
                    "spec": {"containers": [{"name": "c", "image": reference}]}},
            },
        });
        let url = format!("https://localhost:{}/validate?timeout=20s", self.server.address().port());
        let answer =
            self.client.post(url).header("content-type", "application/json").body(review.to_string());
        let answer: Value =
            serde_json::from_slice(&answer.send().await.unwrap().bytes().await.unwrap()).unwrap();
        let response = &answer["response"];
        if response["allowed"].as_bool().unwrap() {
            return Told { verdict: "allow", reasons: vec![] };
        }
        let causes = response["status"]["details"]["causes"].as_array().unwrap();
        let reasons: Vec<String> =
            causes.iter().map(|cause| cause["reason"].as_str().unwrap().to_owned()).collect();
        // A registry that refuses is news of its own kind, under codes of its own.
        let unknown = reasons.iter().all(|reason| reason.starts_with("registry-"));
        Told { verdict: if unknown { "unknown" } else { "deny" }, reasons }
    }
}
