//! The registry speaks the protocol, and lies where it is told to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use sealgate_testkit::{Answer, Auth, Body, Identity, Registry, Rule, World};

fn ask(registry: &Registry, request: &str, patience: Duration) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(registry.address()).unwrap();
    stream.set_read_timeout(Some(patience)).unwrap();
    let (line, headers) = request.split_once('\n').unwrap_or((request, ""));
    write!(stream, "{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n").unwrap();
    let mut bytes = Vec::new();
    let mut part = [0; 65536];
    let end = Instant::now() + patience;
    while Instant::now() < end {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => break,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    }
    let Some(split) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return (String::new(), bytes);
    };
    (String::from_utf8(bytes[..split].to_vec()).unwrap().to_lowercase(), bytes[split + 4..].to_vec())
}

fn get(registry: &Registry, path: &str) -> (String, Vec<u8>) {
    ask(registry, &format!("GET {path}"), Duration::from_secs(5))
}

#[test]
fn what_is_pushed_is_served_by_digest_tag_referrers_and_fallback_tag() {
    let registry = Registry::start_blocking();
    let image = registry.push_image("acme/app", Some("v1"), "a");
    assert_eq!(get(&registry, "/v2/acme/app/manifests/v1").1, image.bytes);
    assert_eq!(get(&registry, &format!("/v2/acme/app/manifests/{}", image.digest)).1, image.bytes);
    assert!(get(&registry, "/v2/acme/app/manifests/v2").0.starts_with("http/1.1 404"));
    let head = ask(&registry, "HEAD /v2/acme/app/manifests/v1", Duration::from_secs(5));
    assert!(head.0.contains(&format!("docker-content-digest: {}", image.digest)) && head.1.is_empty());

    let signed = World::shared()
        .sign_image(&image.digest, &Identity::github("acme/app", "release.yml", "refs/tags/v1"));
    registry.set_page_size(Some(1));
    registry.push_bundle("acme/app", &image.digest, &signed);
    registry.push_bundle_bytes("acme/app", &image.digest, b"{}");
    let path = format!("/v2/acme/app/referrers/{}", image.digest);
    let (first, body) = get(&registry, &path);
    assert!(first.contains(&format!("link: <{path}?last=1>; rel=\"next\"")), "{first}");
    let index: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let manifest = get(
        &registry,
        &format!("/v2/acme/app/manifests/{}", index["manifests"][0]["digest"].as_str().unwrap()),
    )
    .1;
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["subject"]["digest"], image.digest.to_string());
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    assert_eq!(get(&registry, &format!("/v2/acme/app/blobs/{layer}")).1, signed.bundle());
    assert!(!get(&registry, &format!("{path}?last=1")).0.contains("link:"));

    registry.set_referrers_api(false);
    registry.push_bundle("acme/app", &image.digest, &signed);
    assert!(get(&registry, &path).0.starts_with("http/1.1 404"));
    let tag = image.digest.to_string().replace(':', "-");
    assert!(get(&registry, &format!("/v2/acme/app/manifests/{tag}")).0.starts_with("http/1.1 200"));

    let legacy = World::shared()
        .sign_image_legacy(&image.digest, &Identity::email("a@b.example", "https://i.example"));
    registry.push_legacy("acme/app", &image.digest, &[&legacy]);
    let manifest: serde_json::Value =
        serde_json::from_slice(&get(&registry, &format!("/v2/acme/app/manifests/{tag}.sig")).1).unwrap();
    assert!(manifest["layers"][0]["annotations"]["dev.sigstore.cosign/bundle"].is_string());
}

#[test]
fn a_rule_lies_as_often_as_it_is_told_and_everything_is_in_the_journal() {
    let registry = Registry::start_blocking();
    registry.push_image("a", Some("v1"), "a");
    registry.on(Rule::path("/manifests/v1", Answer::too_many("7")).times(1));
    registry
        .on(Rule::path("/manifests/v1", Answer::redirect("http://elsewhere.example/"))
            .header("accept", "lie"));
    assert!(get(&registry, "/v2/a/manifests/v1").0.contains("retry-after: 7"));
    assert!(
        ask(&registry, "GET /v2/a/manifests/v1\naccept: lie\r\n", Duration::from_secs(5)).0.contains("307")
    );
    assert!(get(&registry, "/v2/a/manifests/v1").0.starts_with("http/1.1 200"));
    assert_eq!(registry.request_count(), 3);
    assert_eq!(registry.journal()[1].header("accept"), Some("lie"));
    assert_eq!(
        (registry.journal()[1].method.as_str(), registry.journal()[1].target.as_str()),
        ("GET", "/v2/a/manifests/v1")
    );
}

#[test]
fn bodies_stall_drip_and_never_end() {
    let registry = Registry::start_blocking();
    registry.on(Rule::path("/stall", Answer::bytes(b"").body(Body::Stall(b"ab".to_vec()))));
    registry.on(Rule::path(
        "/drip",
        Answer::bytes(b"").body(Body::Drip(b"abcd".to_vec(), 1, Duration::from_millis(20))),
    ));
    registry.on(Rule::path("/endless", Answer::bytes(b"").body(Body::Endless(vec![b'x'; 4096]))));
    registry.on(Rule::path("/late", Answer::bytes(b"now").delay(Duration::from_millis(80))));
    let begin = Instant::now();
    assert_eq!(get(&registry, "/late").1, b"now");
    assert!(begin.elapsed() >= Duration::from_millis(80));
    let begin = Instant::now();
    assert!(get(&registry, "/drip").1.ends_with(b"0\r\n\r\n"));
    assert!(begin.elapsed() >= Duration::from_millis(60));
    assert!(!ask(&registry, "GET /stall", Duration::from_millis(200)).1.ends_with(b"0\r\n\r\n"));
    assert!(ask(&registry, "GET /endless", Duration::from_millis(200)).1.len() > 100_000);
}

#[test]
fn tokens_and_passwords_are_demanded() {
    let registry = Registry::start_blocking();
    registry.push_image("a", Some("v1"), "a");
    registry.set_auth(Auth::Bearer { realm: None, credentials: Some(("me".into(), "secret".into())) });
    let realm = format!("realm=\"http://{}/token\"", registry.host());
    assert!(get(&registry, "/v2/a/manifests/v1").0.contains(&realm));
    assert!(get(&registry, "/token").0.starts_with("http/1.1 401"));
    let patience = Duration::from_secs(5);
    let (_, token) = ask(&registry, "GET /token\nauthorization: Basic bWU6c2VjcmV0\r\n", patience);
    let token: serde_json::Value = serde_json::from_slice(&token).unwrap();
    let request =
        format!("GET /v2/a/manifests/v1\nauthorization: Bearer {}\r\n", token["token"].as_str().unwrap());
    assert!(ask(&registry, &request, patience).0.starts_with("http/1.1 200"));
    registry.set_auth(Auth::Basic("me".into(), "secret".into()));
    let basic = "GET /v2/a/manifests/v1\nauthorization: Basic bWU6c2VjcmV0\r\n";
    assert!(ask(&registry, basic, patience).0.starts_with("http/1.1 200"));
    assert!(get(&registry, "/v2/a/manifests/v1").0.contains("www-authenticate: basic"));
}
