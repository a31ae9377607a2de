//! The same attacks at the doors: the command line, and the webhook over TLS.

use std::path::{Path, PathBuf};

use clap::Parser;
use sealgate_testkit::{Registry, base64};
use sealgate_webhook::{Options, Server};
use serde_json::{Value, json};

use crate::scene::{Outcome, Scene};

/// A staged scene with the files that a door needs.
pub(crate) struct Stage {
    pub(crate) registry: Registry,
    pub(crate) image: String,
    folder: tempfile::TempDir,
}

impl Stage {
    /// Writes policy, root and credentials beside a registry that is ready.
    pub(crate) fn new(scene: &Scene, registry: Registry) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("policies")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("policies/policy.yaml", &with_roots(&scene.policy));
        write("root.json", &scene.root.to_string());
        let auths = json!({"auths": {registry.host(): {"auth": base64(b"gate:secret")}}});
        write("docker.json", &auths.to_string());
        let name = format!("{}/acme/app", registry.host());
        let image = if scene.pinned { format!("{name}@{}", scene.digest) } else { format!("{name}:v1") };
        Self { registry, image, folder }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// `sealgate check`.
    pub(crate) fn command_line(&self) -> Outcome {
        let arguments = [
            "sealgate",
            "check",
            "--output",
            "json",
            "--timeout",
            "8s",
            "--policy",
            &self.file("policies/policy.yaml"),
            "--trusted-root",
            &format!("virtual={}", self.file("root.json")),
            "--docker-config",
            &self.file("docker.json"),
            "--allow-http-registry",
            &self.registry.host(),
            &self.image,
        ]
        .map(str::to_owned);
        let (exit, answer, talk) = command(&arguments);
        let story = format!("{answer}{talk}");
        let told: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("exit {exit}: {story}"));
        let verdict = told["images"][0]["verdict"].as_str().unwrap().to_owned();
        let exits = [("allow", 0), ("deny", 1), ("unknown", 2)];
        assert!(exits.contains(&(verdict.as_str(), exit)), "exit {exit} for {verdict}");
        let code = told["images"][0]["reasons"][0]["code"].as_str().unwrap_or_default().to_owned();
        Outcome { outcome: verdict, code, story }
    }

    /// A verb of cosign's with its flags; root and credentials are added.
    pub(crate) fn type_in(&self, words: &[String]) -> (u8, String, String) {
        let (verb, rest) = words.split_first().unwrap();
        let root = self.file("root.json");
        let added = ["sealgate", verb, "--trusted-root", &root].map(str::to_owned);
        command(&[&added, rest].concat())
    }

    /// What the webhook answers to a Pod of the image.
    pub(crate) fn webhook(&self) -> Outcome {
        let pod = pod(json!({"containers": [{"name": "app", "image": self.image}]}));
        self.ask(&review("CREATE", "Pod", "pods", pod, Value::Null).to_string())
    }

    /// What the webhook answers to a review.
    pub(crate) fn ask(&self, review: &str) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let policies = self.file("policies");
            let root = format!("virtual={}", self.file("root.json"));
            let arguments = [
                "sealgate-webhook",
                "--listen",
                "127.0.0.1:0",
                "--admin-listen",
                "127.0.0.1:0",
                "--policies",
                &policies,
                "--trusted-root",
                &root,
                "--docker-config",
                &self.file("docker.json"),
                "--allow-http-registry",
                &self.registry.host(),
                "--drain-grace",
                "0s",
                "--log",
                "off",
            ]
            .map(str::to_owned);
            let server = Server::start(Options::try_parse_from(arguments).unwrap()).await.unwrap();
            let trusted = reqwest::Certificate::from_pem(server.self_signed().unwrap().as_bytes()).unwrap();
            let client = reqwest::Client::builder().tls_certs_only([trusted]).no_proxy().build().unwrap();
            let url = format!("https://localhost:{}/validate?timeout=10s", server.address().port());
            let request = client.post(url).header("content-type", "application/json").body(review.to_owned());
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            let story = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
            // The runtime ends here, and the server with it: draining is another test's matter.
            drop(server);
            let told: Value = serde_json::from_str(&story).unwrap_or_else(|_| panic!("{status}: {story}"));
            assert_eq!(status, 200, "{story}");
            let response = &told["response"];
            let code =
                response["status"]["details"]["causes"][0]["reason"].as_str().unwrap_or_default().to_owned();
            let allowed = response["allowed"].as_bool().unwrap();
            assert!(allowed || matches!(response["status"]["code"].as_u64(), Some(403 | 503)), "{story}");
            Outcome { outcome: if allowed { "allow" } else { "denied" }.into(), code, story }
        })
    }
}

/// Runs one command line: exit code, answer, talk.
fn command(arguments: &[String]) -> (u8, String, String) {
    let (mut answer, mut talk) = (Vec::new(), Vec::new());
    let mut console = sealgate_cli::Console::new([].into(), std::io::empty(), &mut answer, &mut talk);
    let exit = sealgate_cli::run(arguments, &mut console);
    drop(console);
    (exit, String::from_utf8(answer).unwrap(), String::from_utf8(talk).unwrap())
}

/// Doors know the public-good instance by its own root, so the virtual one has its own name.
fn with_roots(policy: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in policy.lines() {
        lines.push(line.to_owned());
        if line.starts_with("    ") && !line.starts_with("     ") && line.ends_with(':') {
            lines.push("      roots: [virtual]".to_owned());
        }
    }
    lines.join("\n")
}

/// A Pod with that specification.
pub(crate) fn pod(spec: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app", "namespace": "shop"}, "spec": spec,
    })
}

/// What the API server sends.
pub(crate) fn review(operation: &str, kind: &str, resource: &str, object: Value, old: Value) -> Value {
    let (group, version) = match kind {
        "Pod" | "Namespace" => ("", "v1"),
        "CronJob" => ("batch", "v1"),
        "Deployment" => ("apps", "v1"),
        _ => ("example.com", "v1"),
    };
    let (resource, below) = resource.split_once('/').unwrap_or((resource, ""));
    let mut review = json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": group, "version": version, "kind": kind},
            "resource": {"group": group, "version": version, "resource": resource},
            "requestKind": {"group": group, "version": version, "kind": kind},
            "requestResource": {"group": group, "version": version, "resource": resource},
            "name": "app",
            "namespace": "shop",
            "operation": operation,
            "userInfo": {"username": "alice", "groups": ["system:authenticated"]},
            "object": object,
            "oldObject": old,
            "dryRun": false,
            "options": null,
        },
    });
    if !below.is_empty() {
        review["request"]["subResource"] = json!(below);
        review["request"]["requestSubResource"] = json!(below);
    }
    review
}

/// What the folder of that name expects.
pub(crate) fn expect(folder: &str) -> toml::Table {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/attacks").join(folder);
    std::fs::read_to_string(path.join("expect.toml")).unwrap().parse().unwrap()
}
