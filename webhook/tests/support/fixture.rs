//! A real webhook over TLS in front of a registry on loopback, for one test.
#![allow(dead_code, reason = "no test needs all of it")]

use std::{fs, path::PathBuf, time::Duration};

use clap::Parser;
use sealgate_testkit::{Identity, Registry, World};
use sealgate_webhook::{Options, Server};
use serde_json::{Value, json};

/// A policy that wants every image of the registry signed by `acme/app`'s release workflow.
pub(crate) const SIGNED: &str = r#"
apiVersion: sealgate.dev/v1alpha1
kind: ClusterSealPolicy
metadata: {name: acme}
spec:
  match: {images: ["REGISTRY/**"]}
  signers:
    release:
      github: {repository: acme/app, workflow: release.yml, ref: "refs/tags/v*"}
  require:
    signed: {signature: {by: [release]}}
"#;

pub(crate) struct Fixture {
    pub(crate) server: Server,
    pub(crate) registry: Registry,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) client: reqwest::Client,
    pub(crate) url: String,
}

impl Fixture {
    /// With the policy [`SIGNED`].
    pub(crate) async fn start() -> Self {
        Self::start_with(&[("acme.yaml", SIGNED)], &[]).await
    }

    pub(crate) async fn start_with(policies: &[(&str, &str)], flags: &[&str]) -> Self {
        let (registry, folder) = (Registry::start().await, tempfile::tempdir().unwrap());
        fs::create_dir(folder.path().join("policies")).unwrap();
        let fixture = Prepared { registry, folder };
        for (name, text) in policies {
            fixture.write_policy(name, text);
        }
        fixture.start(flags).await
    }

    pub(crate) async fn ask(&self, review: &Value) -> Value {
        let (status, answer) = self.post(review.to_string().into_bytes()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
        assert_eq!(answer["kind"], "AdmissionReview");
        assert_eq!(answer["response"]["uid"], review["request"]["uid"]);
        answer["response"].clone()
    }

    pub(crate) async fn post(&self, body: Vec<u8>) -> (u16, Value) {
        let request = self.client.post(&self.url).header("content-type", "application/json").body(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    }

    pub(crate) async fn admin(&self, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.server.admin_address());
        let response = reqwest::Client::new().get(url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Pushes an image that `identity` signed; returns its reference.
    pub(crate) fn signed(&self, name: &str, identity: &Identity) -> String {
        let digest = self.registry.push_image(name, Some("1"), name).digest;
        self.registry.push_bundle(name, &digest, &World::shared().sign_image(&digest, identity));
        self.registry.pinned(name, &digest)
    }

    /// Pushes an image that [`SIGNED`] admits.
    pub(crate) fn good(&self, name: &str) -> String {
        self.signed(name, &release())
    }

    /// Pushes an image that nobody signed.
    pub(crate) fn unsigned(&self, name: &str) -> String {
        let digest = self.registry.push_image(name, Some("1"), name).digest;
        self.registry.pinned(name, &digest)
    }

    pub(crate) fn write_policy(&self, name: &str, text: &str) {
        let text = text.replace("REGISTRY", &self.registry.host());
        fs::write(self.folder.path().join("policies").join(name), text).unwrap();
    }

    pub(crate) fn policies(&self) -> PathBuf {
        self.folder.path().join("policies")
    }

    /// Waits until `/readyz?verbose` holds a text.
    pub(crate) async fn wait_for(&self, text: &str) -> String {
        for _ in 0..100 {
            let (_, ready) = self.admin("/readyz?verbose").await;
            if ready.contains(text) {
                return ready;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never `{text}`: {}", self.admin("/readyz?verbose").await.1);
    }
}

/// A registry and a folder, before the webhook starts.
pub(crate) struct Prepared {
    pub(crate) registry: Registry,
    pub(crate) folder: tempfile::TempDir,
}

impl Prepared {
    pub(crate) async fn new() -> Self {
        let prepared = Self { registry: Registry::start().await, folder: tempfile::tempdir().unwrap() };
        fs::create_dir(prepared.folder.path().join("policies")).unwrap();
        prepared
    }

    pub(crate) fn write_policy(&self, name: &str, text: &str) {
        let text = text.replace("REGISTRY", &self.registry.host());
        fs::write(self.folder.path().join("policies").join(name), text).unwrap();
    }

    pub(crate) fn options(&self, flags: &[&str]) -> Options {
        let root = self.folder.path().join("root.json");
        fs::write(&root, World::shared().trusted_root_json()).unwrap();
        let own = [
            "sealgate-webhook".to_owned(),
            "--listen=127.0.0.1:0".to_owned(),
            "--admin-listen=127.0.0.1:0".to_owned(),
            format!("--policies={}", self.folder.path().join("policies").display()),
            format!("--trusted-root=public-good={}", root.display()),
            format!("--allow-http-registry={}", self.registry.host()),
        ];
        let grace = "--drain-grace=0s".to_owned();
        let own = own
            .into_iter()
            .chain((!flags.iter().any(|flag| flag.starts_with("--drain-grace"))).then_some(grace));
        let folder = self.folder.path().display().to_string();
        Options::try_parse_from(own.chain(flags.iter().map(|flag| flag.replace("FOLDER", &folder)))).unwrap()
    }

    pub(crate) async fn start(self, flags: &[&str]) -> Fixture {
        let server = Server::start(self.options(flags)).await.unwrap();
        let builder = reqwest::Client::builder().no_proxy();
        let builder = match server.self_signed() {
            Some(pem) => builder.tls_certs_only([reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()]),
            None => builder,
        };
        let url = format!("https://localhost:{}/validate?timeout=10s", server.address().port());
        Fixture {
            client: builder.build().unwrap(),
            server,
            registry: self.registry,
            folder: self.folder,
            url,
        }
    }
}

/// Whom [`SIGNED`] trusts.
pub(crate) fn release() -> Identity {
    Identity::github("acme/app", "release.yml", "refs/tags/v1.0.0")
}

/// A review of a Pod with this specification.
pub(crate) fn pod_review(spec: &Value) -> Value {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec});
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "5b2d6f3e-0001", "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "namespace": "prod", "operation": "CREATE", "object": pod, "oldObject": null,
            "userInfo": {"username": "alice", "groups": ["system:authenticated"]},
        },
    })
}

/// A review of a Pod with one container.
pub(crate) fn review(image: &str) -> Value {
    pod_review(&json!({"containers": [{"name": "app", "image": image}]}))
}

/// `allow`, or the HTTP code of a denial and all its reason codes.
pub(crate) fn verdict(response: &Value) -> String {
    if response["allowed"] == true {
        return "allow".to_owned();
    }
    let status = &response["status"];
    let causes = status["details"]["causes"].as_array().unwrap();
    let codes: Vec<_> = causes.iter().map(|cause| cause["reason"].as_str().unwrap()).collect();
    format!("{} {}", status["code"], codes.join(" "))
}
