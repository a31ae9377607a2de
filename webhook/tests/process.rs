//! The program as a container runs it: flags by environment, a log that machines read, an end by SIGTERM.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

#[path = "support/fixture.rs"]
mod fixture;

use std::{
    collections::BTreeSet,
    fs,
    net::TcpListener,
    process::{Child, Command},
    time::Duration,
};

use fixture::{Prepared, SIGNED, release, review};
use rcgen::{CertificateParams, KeyPair};
use sealgate_testkit::{Answer, Rule, World, registry::Auth};
use serde_json::{Value, json};

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program that runs, how to ask it, and where.
struct Running {
    process: Process,
    client: reqwest::Client,
    url: String,
}

impl Running {
    async fn start(prepared: &Prepared, environment: &[(&str, &str)]) -> Self {
        let folder = prepared.folder.path();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        fs::write(folder.join("tls.crt"), &certificate).unwrap();
        fs::write(folder.join("tls.key"), key.serialize_pem()).unwrap();
        fs::write(folder.join("root.json"), World::shared().trusted_root_json()).unwrap();
        let [port, admin] = [free_port(), free_port()];
        let at = |name: &str| folder.join(name).display().to_string();
        let child = Command::new(env!("CARGO_BIN_EXE_sealgate-webhook"))
            .env("SEALGATE_LISTEN", format!("127.0.0.1:{port}"))
            .env("SEALGATE_ADMIN_LISTEN", format!("127.0.0.1:{admin}"))
            .env("SEALGATE_TLS_CERT", at("tls.crt"))
            .env("SEALGATE_TLS_KEY", at("tls.key"))
            .env("SEALGATE_POLICIES", at("policies"))
            .env("SEALGATE_TRUSTED_ROOT", format!("public-good={}", at("root.json")))
            .env("SEALGATE_ALLOW_HTTP_REGISTRY", prepared.registry.host())
            .env("SEALGATE_STATE", at("state"))
            .env("SEALGATE_DRAIN_GRACE", "100ms")
            .envs(environment.iter().copied())
            .stderr(fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let process = Process(child);
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap()])
            .build()
            .unwrap();
        let ready = format!("http://127.0.0.1:{admin}/readyz");
        while !client.get(&ready).send().await.is_ok_and(|response| response.status() == 200) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { process, client, url: format!("https://localhost:{port}/validate") }
    }

    async fn ask(&self, review: &Value) -> String {
        let request = self.client.post(&self.url).header("content-type", "application/json");
        let response = request.body(review.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }

    /// Ends it, well; all that it wrote.
    fn end(mut self, prepared: &Prepared) -> String {
        Command::new("kill").args(["-TERM", &self.process.0.id().to_string()]).status().unwrap();
        let well = self.process.0.wait().unwrap().success();
        let log = fs::read_to_string(prepared.folder.path().join("log")).unwrap();
        assert!(well, "{log}");
        log
    }
}

#[tokio::test]
async fn each_image_is_one_event_with_the_fields_that_operators_search_for() {
    let prepared = Prepared::new().await;
    prepared.write_policy("acme.yaml", SIGNED);
    let (registry, folder) = (&prepared.registry, prepared.folder.path());
    let running = Running::start(&prepared, &[]).await;
    let push = |name: &str, signed: bool| {
        let digest = registry.push_image(name, None, name).digest;
        if signed {
            registry.push_bundle(name, &digest, &World::shared().sign_image(&digest, &release()));
        }
        registry.pinned(name, &digest)
    };
    let (good, bad) = (push("team/good", true), push("team/bad", false));
    for image in [&good, &good, &bad, &bad] {
        running.ask(&review(image)).await;
    }
    let log = running.end(&prepared);
    assert!(folder.join("state/last-good.json").exists());

    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let verdicts: Vec<&Value> = events.iter().filter(|event| event["message"] == "verdict").collect();
    // An allowed digest is logged once in ten minutes, a denied one each time.
    let seen: Vec<_> = verdicts
        .iter()
        .map(|event| (event["verdict"].as_str().unwrap(), event["image"].as_str().unwrap()))
        .collect();
    assert_eq!(seen, [("allow", good.as_str()), ("deny", bad.as_str()), ("deny", bad.as_str())]);
    let fields = [
        "digest",
        "elapsed_ms",
        "image",
        "kind",
        "level",
        "message",
        "namespace",
        "policy",
        "reason",
        "signer_issuer",
        "signer_subject",
        "timestamp",
        "uid",
        "verdict",
    ];
    for verdict in &verdicts {
        let found: BTreeSet<&str> = verdict.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(found, BTreeSet::from(fields));
        assert_eq!(
            (&verdict["level"], &verdict["namespace"], &verdict["kind"]),
            (&"INFO".into(), &"prod".into(), &"v1 Pod".into())
        );
    }
    assert_eq!(verdicts[0]["signer_subject"], release().subject());
    assert_eq!(
        (verdicts[0]["reason"].as_str(), verdicts[1]["reason"].as_str()),
        (Some(""), Some("no-signature-found"))
    );
}

/// OPS-01 to OPS-03: at the finest level no secret of registries or Pods is written, and nobody writes lines of their own.
#[tokio::test]
async fn the_log_tells_no_secret_and_nobody_writes_lines_into_it() {
    const CANARY: &str = "canary-8c6f";
    let prepared = Prepared::new().await;
    prepared.write_policy("acme.yaml", SIGNED);
    let registry = &prepared.registry;
    let login = Some(("gate".to_owned(), CANARY.to_owned()));
    registry.set_auth(Auth::Bearer { realm: None, credentials: login });
    let auths = json!({"auths": {registry.host(): {"username": "gate", "password": CANARY}}});
    let config = prepared.folder.path().join("docker.json");
    fs::write(&config, auths.to_string()).unwrap();
    let keys = prepared.folder.path().join("keys");
    for format in ["json", "text"] {
        let name = format!("team/{format}");
        let digest = registry.push_image(&name, None, &name).digest;
        registry.push_bundle(&name, &digest, &World::shared().sign_image(&digest, &release()));
        // An object store's signed address is a secret as well.
        let elsewhere = format!("/v2/{name}/elsewhere?sig={CANARY}");
        registry.on(Rule::path(&format!("/v2/{name}/blobs/"), Answer::redirect(&elsewhere)));
        let environment = [
            ("SEALGATE_DOCKER_CONFIG", config.to_str().unwrap()),
            ("SEALGATE_LOG_FORMAT", format),
            ("SEALGATE_LOG", "trace"),
            ("SSLKEYLOGFILE", keys.to_str().unwrap()),
        ];
        let running = Running::start(&prepared, &environment).await;
        let mut review = review(&registry.pinned(&name, &digest));
        review["request"]["uid"] = json!("u\n{\"forged\":1}\u{1b}[2J");
        review["request"]["namespace"] = json!("prod\r\nforged");
        review["request"]["userInfo"]["extra"] = json!({"token": [CANARY]});
        review["request"]["object"]["metadata"]["annotations"] = json!({"a": CANARY});
        let container = &mut review["request"]["object"]["spec"]["containers"][0];
        container["name"] = json!("app\n{\"forged\":1}");
        container["env"] = json!([{"name": "PASSWORD", "value": CANARY}]);
        container["args"] = json!([CANARY]);
        let answer = running.ask(&review).await;
        review["request"]["object"]["spec"]["containers"][0]["image"] = json!("x\n{\"forged\":1}");
        let other = running.ask(&review).await;
        let log = running.end(&prepared);
        let tokens = registry
            .journal()
            .into_iter()
            .filter_map(|asked| asked.header("authorization").map(str::to_owned));
        let secrets: BTreeSet<String> = tokens
            .filter_map(|header| header.split(' ').nth(1).map(str::to_owned))
            .chain([CANARY.to_owned()])
            .collect();
        // OPS-17: the keys of connections are nobody's either.
        assert!(!keys.exists());
        // The password, in the clear and as it was sent, and the token that it bought.
        assert_eq!(secrets.len(), 3, "{secrets:?}");
        assert!(log.contains("verdict") && log.lines().count() > 20, "{log}");
        for secret in &secrets {
            let told = log.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(told, None, "the log tells a secret");
            assert!(!answer.contains(secret.as_str()) && !other.contains(secret.as_str()), "{answer}");
        }
        assert!(log.lines().all(|line| !line.trim_start().starts_with("{\"forged")), "{log}");
        assert!(log.lines().all(|line| !line.starts_with("forged") && !line.contains('\u{1b}')), "{log}");
        if format == "json" {
            let events = log.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
            assert_eq!(events.filter(|event| event["message"] == "verdict").count(), 2);
        }
    }
}

#[test]
fn flags_that_cannot_be_meant_are_refused() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_sealgate-webhook")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (arguments, what) in [
        (&["--policies=/nowhere", "--tls-cert=a"][..], "--tls-key"),
        (&[], "--policies"),
        (&["--policies=/nowhere", "--trusted-root=lab"], "does not name a trusted root"),
        (&["--policies=/nowhere", "--drain-grace=8"], "such as 8s"),
        (&["--policies=/nowhere", "--novelty"], "--novelty"),
    ] {
        let (code, text) = run(arguments);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(what), "{text}");
    }
    let (code, text) = run(&[
        "--policies=/nowhere",
        "--docker-config=/nowhere/config.json",
        "--listen=127.0.0.1:0",
        "--admin-listen=127.0.0.1:0",
    ]);
    assert_eq!(code, Some(1));
    assert!(text.contains("`/nowhere/config.json` cannot be read"), "{text}");
}
