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
    io::Read,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fixture::{Prepared, SIGNED, release, review};
use rcgen::{CertificateParams, KeyPair};
use sealgate_testkit::World;
use serde_json::Value;

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn each_image_is_one_event_with_the_fields_that_operators_search_for() {
    let prepared = Prepared::new().await;
    prepared.write_policy("acme.yaml", SIGNED);
    let (registry, folder) = (&prepared.registry, prepared.folder.path());
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
        .env("SEALGATE_ALLOW_HTTP_REGISTRY", registry.host())
        .env("SEALGATE_STATE", at("state"))
        .env("SEALGATE_DRAIN_GRACE", "100ms")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut process = Process(child);
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap()])
        .build()
        .unwrap();
    let ready = format!("http://127.0.0.1:{admin}/readyz");
    while !client.get(&ready).send().await.is_ok_and(|response| response.status() == 200) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let push = |name: &str, signed: bool| {
        let digest = registry.push_image(name, None, name).digest;
        if signed {
            registry.push_bundle(name, &digest, &World::shared().sign_image(&digest, &release()));
        }
        registry.pinned(name, &digest)
    };
    let (good, bad) = (push("team/good", true), push("team/bad", false));
    let url = format!("https://localhost:{port}/validate");
    for image in [&good, &good, &bad, &bad] {
        let request =
            client.post(&url).header("content-type", "application/json").body(review(image).to_string());
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    Command::new("kill").args(["-TERM", &process.0.id().to_string()]).status().unwrap();
    let mut log = String::new();
    process.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(process.0.wait().unwrap().success(), "{log}");
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
