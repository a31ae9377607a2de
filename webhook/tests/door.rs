//! The port itself: TLS, HTTP, limits, probes, and the end of a replica.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

#[path = "support/fixture.rs"]
mod fixture;

use std::{fs, time::Duration};

use fixture::{Fixture, Prepared, SIGNED, pod_review, review, verdict};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use sealgate_testkit::{Answer, Rule};
use sealgate_webhook::{Server, limits};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

#[tokio::test]
async fn only_json_of_a_bounded_size_is_read() {
    let fixture = Fixture::start().await;
    let good = review(&fixture.good("team/good")).to_string();
    let send = async |content_type: &'static str, body: Vec<u8>| {
        let request = fixture.client.post(&fixture.url).header("content-type", content_type).body(body);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(send("application/json", good.clone().into()).await, 200);
    assert_eq!(send("application/json; charset=utf-8", good.clone().into()).await, 200);
    for other in ["text/plain", "application/jsonp", "application/yaml", ""] {
        assert_eq!(send(other, good.clone().into()).await, 415, "{other}");
    }
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len())).into_bytes();
    assert_eq!(send("application/json", padded(limits::BODY)).await, 200);
    assert_eq!(send("application/json", padded(limits::BODY + 1)).await, 413);
    assert_eq!(send("application/json", b"{".to_vec()).await, 400);
    assert_eq!(send("application/json", vec![]).await, 400);
    let compressed = fixture
        .client
        .post(&fixture.url)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    assert_eq!(compressed.body(good).send().await.unwrap().status(), 415);
}

/// ADM-58: whatever is asked, there is no way to another place.
#[tokio::test]
async fn other_paths_and_methods_lead_nowhere() {
    let fixture = Fixture::start().await;
    let base = fixture.url.split("/validate").next().unwrap().to_owned();
    for path in ["/", "/validate/", "/Validate", "/validate/x", "//validate", "/livez", "/metrics", "/.."] {
        let response = fixture.client.post(format!("{base}{path}")).body("{}").send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let request = fixture.client.request(method.parse().unwrap(), &fixture.url);
        assert_eq!(request.send().await.unwrap().status(), 405, "{method}");
    }
    // Reviews are not judged on the port without TLS.
    let plain = format!("http://{}/validate", fixture.server.admin_address());
    assert_eq!(reqwest::Client::new().post(plain).body("{}").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn with_a_client_authority_only_its_callers_are_served() {
    let prepared = Prepared::new().await;
    prepared.write_policy("acme.yaml", SIGNED);
    let folder = prepared.folder.path().to_owned();
    let authority = || {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap().pem(), Issuer::new(params, key))
    };
    let caller = |issuer: &Issuer<'_, KeyPair>| {
        let (key, mut params) =
            (KeyPair::generate().unwrap(), CertificateParams::new(["api-server".to_owned()]).unwrap());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let pem = params.signed_by(&key, issuer).unwrap().pem() + &key.serialize_pem();
        reqwest::Identity::from_pem(pem.as_bytes()).unwrap()
    };
    let ((pem, own), (_, strange)) = (authority(), authority());
    fs::write(folder.join("ca.pem"), pem).unwrap();
    let fixture = prepared.start(&["--client-ca=FOLDER/ca.pem"]).await;
    let good = review(&fixture.good("team/good")).to_string();
    let certificate =
        reqwest::Certificate::from_pem(fixture.server.self_signed().unwrap().as_bytes()).unwrap();
    let send = async |identity: Option<reqwest::Identity>| {
        let builder = reqwest::Client::builder().no_proxy().tls_certs_only([certificate.clone()]);
        let builder = match identity {
            Some(identity) => builder.identity(identity),
            None => builder,
        };
        let request = builder.build().unwrap().post(&fixture.url).header("content-type", "application/json");
        request.body(good.clone()).send().await.map(|response| response.status().as_u16())
    };
    assert_eq!(send(Some(caller(&own))).await.unwrap(), 200);
    assert!(send(Some(caller(&strange))).await.is_err());
    assert!(send(None).await.is_err());
    // Probes come from a kubelet that has no certificate.
    assert_eq!(fixture.admin("/readyz").await.0, 200);
}

#[tokio::test]
async fn a_certificate_that_is_given_is_the_one_that_is_served() {
    let prepared = Prepared::new().await;
    prepared.write_policy("acme.yaml", SIGNED);
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
    fs::write(prepared.folder.path().join("tls.crt"), &certificate).unwrap();
    fs::write(prepared.folder.path().join("tls.key"), key.serialize_pem()).unwrap();
    let flags = ["--tls-cert=FOLDER/tls.crt", "--tls-key=FOLDER/tls.key"];
    let fixture = prepared.start(&flags).await;
    assert_eq!(fixture.server.self_signed(), None);
    let trusting = |pem: &str| {
        let certificate = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
        reqwest::Client::builder().no_proxy().tls_certs_only([certificate]).build().unwrap()
    };
    assert_eq!(trusting(&certificate).get(&fixture.url).send().await.unwrap().status(), 405);
    let other =
        CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&KeyPair::generate().unwrap());
    assert!(trusting(&other.unwrap().pem()).get(&fixture.url).send().await.is_err());
    // A key that does not fit is no reason to serve with anything else.
    let prepared = Prepared::new().await;
    fs::write(prepared.folder.path().join("tls.crt"), &certificate).unwrap();
    fs::write(prepared.folder.path().join("tls.key"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(Server::start(prepared.options(&flags)).await.is_err());
}

#[tokio::test]
async fn probes_and_metrics_say_how_it_is() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.admin("/livez").await, (200, "ok".to_owned()));
    assert_eq!(fixture.admin("/readyz").await, (200, "ok".to_owned()));
    let (status, ready) = fixture.admin("/readyz?verbose").await;
    assert_eq!(status, 200);
    for part in
        ["[+] policies ok", "policies acme", "trusted roots github, public-good, staging", "[+] serving"]
    {
        assert!(ready.contains(part), "{ready}");
    }
    let (good, bad) = (fixture.good("team/good"), fixture.unsigned("team/bad"));
    for image in [&good, &good, &bad] {
        fixture.ask(&review(image)).await;
    }
    let (_, metrics) = fixture.admin("/metrics").await;
    for line in [
        r#"sealgate_reviews_total{verdict="allow",operation="CREATE",kind="Pod",dry_run="false"} 2"#,
        r#"sealgate_reviews_total{verdict="deny",operation="CREATE",kind="Pod",dry_run="false"} 1"#,
        r#"sealgate_images_total{verdict="deny",reason="no-signature-found"} 1"#,
        r#"sealgate_review_duration_seconds_count{cache="hit"} 1"#,
        r#"sealgate_policy_loads_total{result="ok"} 1"#,
        "sealgate_policies_degraded 0",
        "# EOF",
    ] {
        assert!(metrics.contains(line), "{line} in\n{metrics}");
    }
    // No label holds what a user wrote.
    assert!(!metrics.contains("team/") && !metrics.contains("prod"), "{metrics}");
}

#[tokio::test]
async fn callers_that_say_nothing_keep_nobody_out() {
    let fixture = Fixture::start().await;
    let mut silent = vec![];
    for _ in 0..limits::HANDSHAKES + 8 {
        silent.push(TcpStream::connect(fixture.server.address()).await.unwrap());
    }
    // Who says nothing takes no turn: the next caller is served while they are still there.
    let good = review(&fixture.good("team/good"));
    assert_eq!(verdict(&timeout(limits::HANDSHAKE, fixture.ask(&good)).await.unwrap()), "allow");
    // Who begins a handshake and stops takes one, for a while only.
    for stream in silent.iter_mut().skip(8) {
        stream.write_all(&[0x16, 3, 1]).await.unwrap();
    }
    let later = review(&fixture.good("team/later"));
    let asked = timeout(limits::HANDSHAKE + limits::HANDSHAKE_TURN, fixture.ask(&later));
    assert_eq!(verdict(&asked.await.unwrap()), "allow");
    let first = silent.first_mut().unwrap();
    let ended = timeout(Duration::from_secs(3), first.read(&mut [0; 16])).await.unwrap();
    assert!(matches!(ended, Ok(0) | Err(_)));
    // Rubbish is no handshake.
    let mut rubbish = TcpStream::connect(fixture.server.address()).await.unwrap();
    rubbish.write_all(b"POST /validate HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = vec![];
    timeout(Duration::from_secs(3), rubbish.read_to_end(&mut answer)).await.unwrap().ok();
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_never_come_do_not_keep_ordinary_reviews_waiting() {
    let fixture = Fixture::start().await;
    let good = review(&fixture.good("team/good"));
    assert_eq!(verdict(&fixture.ask(&good).await), "allow");
    let mut waiting = vec![];
    for _ in 0..limits::BODIES / limits::BODY + 4 {
        let nothing = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let request = fixture.client.post(&fixture.url).header("content-type", "application/json");
        waiting.push(tokio::spawn(request.body(reqwest::Body::wrap_stream(nothing)).send()));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let text = good.to_string();
    let asked =
        fixture.client.post(&fixture.url).header("content-type", "application/json").body(text).send();
    assert_eq!(timeout(Duration::from_secs(3), asked).await.unwrap().unwrap().status().as_u16(), 200);
    // They are still there: nobody was let in because they had gone.
    assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
    for waiting in waiting {
        waiting.abort();
    }
}

/// ADM-55: many reviews that wait for a dead registry do not slow those that need none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_registry_does_not_slow_others() {
    let fixture = Fixture::start().await;
    let good = fixture.good("team/good");
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
    let stuck: Vec<_> = (0..60).map(|n| fixture.unsigned(&format!("stuck/{n}"))).collect();
    fixture.registry.on(Rule::path("/v2/stuck/", Answer::genuine().delay(Duration::from_secs(30))));
    let url = fixture.url.replace("timeout=10s", "timeout=4s");
    let waiting: Vec<_> = stuck
        .iter()
        .map(|image| {
            let request = fixture
                .client
                .post(&url)
                .header("content-type", "application/json")
                .body(review(image).to_string());
            tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let began = std::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap(), 200);
    }
}

/// ADM-55: a namespace whose registry is dead fills its own share of the turns, and no other's.
#[tokio::test]
async fn a_namespace_takes_its_share_of_the_reviews_at_once_and_no_more() {
    let fixture = Fixture::start().await;
    let (good, cold) = (fixture.good("team/good"), fixture.good("team/cold"));
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
    let mut waiting = stuck(&fixture, "prod", limits::REVIEWS_OF_ONE, limits::IMAGES_AT_ONCE).await;
    let began = std::time::Instant::now();
    let answer = fixture.ask(&review(&good)).await;
    assert_eq!(verdict(&answer), "503 overloaded");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(answer["status"]["details"].get("retryAfterSeconds").is_none());
    // The twin differs in the namespace alone. It is judged although it has to ask the registry.
    for image in [&good, &cold] {
        assert_eq!(verdict(&fixture.ask(&of_namespace(&review(image), "calm")).await), "allow");
    }
    // Two such namespaces take all there is.
    waiting.extend(stuck(&fixture, "staging", limits::REVIEWS - limits::REVIEWS_OF_ONE, 1).await);
    assert_eq!(verdict(&fixture.ask(&of_namespace(&review(&good), "calm")).await), "503 overloaded");
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(verdict(&fixture.ask(&review(&good)).await), "allow");
}

fn of_namespace(review: &serde_json::Value, namespace: &str) -> serde_json::Value {
    let mut review = review.clone();
    review["request"]["namespace"] = json!(namespace);
    review
}

// Reviews of one namespace, each of so many images, that wait for a registry which never answers.
async fn stuck(
    fixture: &Fixture,
    namespace: &str,
    count: usize,
    images: usize,
) -> Vec<tokio::task::JoinHandle<reqwest::Result<reqwest::Response>>> {
    let path = format!("/v2/stuck-{namespace}/");
    fixture.registry.on(Rule::path(&path, Answer::genuine().delay(Duration::from_secs(30))));
    let url = fixture.url.replace("timeout=10s", "timeout=8s");
    let image = fixture.unsigned(&format!("stuck-{namespace}/0"));
    let waiting = (0..count).map(|number| {
        let container = |at| {
            let image = image.replace("/0@", &format!("/{number}-{at}@"));
            json!({"name": format!("c{at}"), "image": image})
        };
        let containers: Vec<_> = (0..images).map(container).collect();
        let body = of_namespace(&pod_review(&json!({"containers": containers})), namespace).to_string();
        let request = fixture.client.post(&url).header("content-type", "application/json").body(body);
        tokio::spawn(request.send())
    });
    let waiting = waiting.collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    waiting
}

#[tokio::test]
async fn a_replica_that_leaves_judges_to_the_end_and_then_sends_elsewhere() {
    let prepared = Prepared::new().await;
    prepared.write_policy("acme.yaml", SIGNED);
    let fixture = prepared.start(&["--drain-grace=1500ms"]).await;
    let (good, bad) = (review(&fixture.good("team/good")), review(&fixture.unsigned("team/bad")));
    assert_eq!(verdict(&fixture.ask(&good).await), "allow");
    let Fixture { server, registry: _registry, folder: _folder, client, url } = fixture;
    let admin = format!("http://{}/readyz", server.admin_address());
    let drain = tokio::spawn(server.drain());
    let post = async |body: &serde_json::Value| {
        client.post(&url).header("content-type", "application/json").body(body.to_string()).send().await
    };
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(reqwest::get(&admin).await.unwrap().status(), 503);
    for (review, allowed) in [(&good, true), (&bad, false), (&good, true)] {
        let response = post(review).await.unwrap();
        assert_eq!(response.headers()["connection"], "close");
        let answer: serde_json::Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(answer["response"]["allowed"], allowed);
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let response = post(&good).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(
        (&response.headers()["retry-after"], &response.headers()["connection"]),
        (&"0".parse().unwrap(), &"close".parse().unwrap())
    );
    timeout(Duration::from_secs(8), drain).await.unwrap().unwrap();
    assert!(post(&good).await.is_err());
}

#[tokio::test]
async fn a_review_under_way_is_answered_before_a_replica_ends() {
    let fixture = Fixture::start().await;
    let slow = fixture.good("team/slow");
    fixture
        .registry
        .on(Rule::path("/v2/team/slow/referrers", Answer::genuine().delay(Duration::from_secs(3))));
    let request = fixture
        .client
        .post(&fixture.url)
        .header("content-type", "application/json")
        .body(review(&slow).to_string());
    let asked = tokio::spawn(request.send());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let Fixture { server, registry: _registry, folder: _folder, .. } = fixture;
    let drained = tokio::spawn(server.drain());
    let answer = asked.await.unwrap().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(verdict(&answer["response"]), "allow");
    timeout(Duration::from_secs(8), drained).await.unwrap().unwrap();
}

/// ADM-53: a maximal object is judged, and quickly.
#[tokio::test]
async fn a_large_object_is_judged() {
    let fixture = Fixture::start().await;
    let good = fixture.good("team/good");
    let env: Vec<_> =
        (0..20_000).map(|n| json!({"name": format!("E{n}"), "value": "v".repeat(20)})).collect();
    let mut review = pod_review(&json!({"containers": [{"name": "app", "image": good, "env": env}]}));
    review["request"]["object"]["metadata"]["annotations"] = json!({"big": "x".repeat(256 * 1024)});
    assert!(review.to_string().len() > 1024 * 1024);
    assert_eq!(verdict(&fixture.ask(&review).await), "allow");
    let mut nested = String::from("0");
    for _ in 0..10_000 {
        nested = format!("[{nested}]");
    }
    let text = review.to_string().replace(r#""dryRun""#, r#""x""#).replacen(
        '{',
        &format!(r#"{{"deep":{nested},"#),
        1,
    );
    let (status, answer) = fixture.post(text.into_bytes()).await;
    assert_eq!((status, verdict(&answer["response"])), (200, "403 review-too-big".to_owned()));
}
