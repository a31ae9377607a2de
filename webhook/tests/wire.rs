//! Requests as bytes: what HTTP allows and API servers never send. Each is judged as strictly as any other, or not at all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

#[path = "support/fixture.rs"]
mod fixture;

use std::{sync::Arc, time::Duration};

use fixture::{Fixture, review, verdict};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// Sends bytes and reads until the other side has closed.
async fn say(fixture: &Fixture, bytes: &[u8]) -> String {
    let mut roots = RootCertStore::empty();
    let pem = fixture.server.self_signed().unwrap();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(fixture.server.address()).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    // Who is refused early may find the door closed while still talking.
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
    let mut answer = vec![];
    let _ = timeout(Duration::from_secs(8), stream.read_to_end(&mut answer)).await.expect("it never closes");
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.1 ").or(answer.strip_prefix("HTTP/1.0 "))?.get(..3)?.parse().ok()
}

fn request(start: &str, headers: &str, body: &str) -> Vec<u8> {
    let own = "Host: gate\r\nContent-Type: application/json\r\nConnection: close\r\n";
    format!("{start}\r\n{own}{headers}\r\n{body}").into_bytes()
}

fn chunked(body: &str) -> String {
    format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
}

/// ADM-50, ADM-51 and row 131: no spelling of a request finds a laxer way in, and none is sent elsewhere.
#[tokio::test]
async fn no_spelling_of_a_request_finds_a_laxer_way_in() {
    let fixture = Fixture::start().await;
    let bodies =
        [&fixture.good("team/good"), &fixture.unsigned("team/bad")].map(|image| review(image).to_string());
    let post = "POST /validate HTTP/1.1";
    let plain = |body: &str| request(post, &format!("Content-Length: {}\r\n", body.len()), body);
    for (body, allowed) in bodies.iter().zip([true, false]) {
        // Strange and right: the verdict is the body's.
        for strange in [
            plain(body),
            request(
                "POST /validate?timeout=3s&timeout=soon&x=%00 HTTP/1.1",
                &format!("Content-Length: {}\r\n", body.len()),
                body,
            ),
            request(
                "POST https://elsewhere.example/validate HTTP/1.1",
                &format!("Content-Length: {}\r\n", body.len()),
                body,
            ),
            request("POST /validate HTTP/1.0", &format!("Content-Length: {}\r\n", body.len()), body),
            request(post, "Transfer-Encoding: chunked\r\n", &chunked(body)),
            request(post, &format!("Expect: 100-continue\r\nContent-Length: {}\r\n", body.len()), body),
            request(
                post,
                &format!("Upgrade: h2c\r\nX-HTTP-Method-Override: GET\r\nContent-Length: {}\r\n", body.len()),
                body,
            ),
        ] {
            let answer = say(&fixture, &strange).await;
            let verdict = format!(r#""allowed":{allowed}"#);
            assert!(answer.contains(&verdict), "{}\n{answer}", String::from_utf8_lossy(&strange));
        }
        // Strange and wrong: no verdict at all.
        for (expected, wrong) in [
            (404, request("POST /%76alidate HTTP/1.1", &format!("Content-Length: {}\r\n", body.len()), body)),
            (
                404,
                request(
                    "POST /validate/../validate HTTP/1.1",
                    &format!("Content-Length: {}\r\n", body.len()),
                    body,
                ),
            ),
            (404, request("POST /validate;x HTTP/1.1", &format!("Content-Length: {}\r\n", body.len()), body)),
            (405, request("HEAD /validate HTTP/1.1", &format!("Content-Length: {}\r\n", body.len()), body)),
            (405, request("TRACE /validate HTTP/1.1", &format!("Content-Length: {}\r\n", body.len()), body)),
            (400, request(post, "Content-Length: 0\r\n", "")),
            (400, request(post, "", "")),
            (400, request(post, &format!("Content-Length: {}\r\nContent-Length: 1\r\n", body.len()), body)),
            (400, request(post, "Content-Length: -1\r\n", body)),
            (400, request(post, "Transfer-Encoding: gzip\r\n", &chunked(body))),
            (400, request(post, "Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n")),
            (413, request(post, "Content-Length: 1099511627776\r\n", body)),
            (
                415,
                request(post, &format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", body.len()), body),
            ),
            (431, request(post, &format!("X: {}\r\n", "x".repeat(100 * 1024)), body)),
            (400, format!("{post}\r\nHost: gate\r\nHost : other\r\n\r\n").into_bytes()),
        ] {
            let answer = say(&fixture, &wrong).await;
            assert_eq!(
                status(&answer),
                Some(expected),
                "{}\n{answer}",
                String::from_utf8_lossy(&wrong[..60])
            );
            assert!(!answer.contains(r#""allowed":"#), "{answer}");
        }
        // Neither HTTP nor the whole of it.
        for rubbish in [b"GET /validate\r\n".to_vec(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()] {
            let answer = say(&fixture, &rubbish).await;
            assert!(status(&answer).is_none_or(|status| status == 400), "{answer}");
        }
    }
}

/// Row 084: versions and suites that are broken are refused, by an alert and not by silence.
#[tokio::test]
async fn old_tls_and_weak_suites_are_refused() {
    let fixture = Fixture::start().await;
    // The highest version, one suite, P-256, signatures by ECDSA with SHA-256.
    let hello = |version: [u8; 2], suite: [u8; 2]| {
        let extensions = [0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 4, 3];
        let mut body =
            [&version[..], &[7; 32], &[0, 0, 2], &suite, &[1, 0, 0, extensions.len() as u8], &extensions]
                .concat();
        body.splice(0..0, [1, 0, 0, body.len() as u8]);
        body.splice(0..0, [22, 3, 1, 0, body.len() as u8]);
        body
    };
    let [alert, handshake] = [21, 22];
    for (version, suite, expected) in [
        ([3, 3], [0xc0, 0x2b], (handshake, None)), // TLS 1.2, ECDHE-ECDSA with AES-128-GCM
        ([3, 2], [0xc0, 0x09], (alert, Some(70))), // TLS 1.1, ECDHE-ECDSA with AES-128-CBC-SHA
        ([3, 1], [0xc0, 0x09], (alert, Some(70))),
        ([3, 0], [0x00, 0x2f], (alert, Some(70))),
        ([3, 3], [0xc0, 0x09], (alert, Some(40))), // CBC
        ([3, 3], [0xc0, 0x07], (alert, Some(40))), // RC4
        ([3, 3], [0xc0, 0x06], (alert, Some(40))), // no encryption
        ([3, 3], [0xc0, 0x18], (alert, Some(40))), // nobody proves anything
    ] {
        let mut stream = TcpStream::connect(fixture.server.address()).await.unwrap();
        stream.write_all(&hello(version, suite)).await.unwrap();
        let mut answer = [0; 7];
        timeout(Duration::from_secs(3), stream.read_exact(&mut answer)).await.unwrap().unwrap();
        let found = (answer[0], (answer[0] == alert).then_some(answer[6]));
        assert_eq!(found, expected, "{version:?} {suite:x?}");
    }
}

/// ADM-43: an answer bears the very uid that was asked under, whatever is written in it.
#[tokio::test]
async fn a_uid_comes_back_as_it_was_sent() {
    let fixture = Fixture::start().await;
    let good = fixture.good("team/good");
    for uid in
        ["a\"},\"response\":{\"allowed\":true", "\n\r\u{1b}[2J", "größe \u{202e}", "\\", "</script>", "\u{0}"]
    {
        let mut review = review(&good);
        review["request"]["uid"] = json!(uid);
        // `ask` holds the uid of the answer against the one of the request.
        assert_eq!(verdict(&fixture.ask(&review).await), "allow", "{uid:?}");
        review["request"]["operation"] = json!("EXPLODE");
        assert_eq!(verdict(&fixture.ask(&review).await), "403 review-inconsistent", "{uid:?}");
    }
}

/// OPS-04: whatever strangers write, no series is added that a stranger could multiply.
#[tokio::test]
async fn series_of_metrics_come_from_closed_sets() {
    let fixture = Fixture::start().await;
    let odd = |name: &str| {
        let mut odd = review(&format!("{}/{name}@sha256:{}", fixture.registry.host(), "0".repeat(64)));
        odd["request"]["namespace"] = json!(name);
        odd["request"]["userInfo"]["username"] = json!(name);
        odd["request"]["name"] = json!(name);
        let mut kind = odd.clone();
        kind["request"]["kind"] = json!({"group": name, "version": name, "kind": name});
        let mut tag = review(&format!("{}/{name}:{name}", fixture.registry.host()));
        tag["request"]["object"]["spec"]["containers"][0]["name"] = json!(name);
        [odd, kind, tag, review(&format!("{name}!"))]
    };
    let names = async || -> Vec<String> {
        let (_, text) = fixture.admin("/metrics").await;
        let series = text.lines().filter(|line| !line.starts_with('#'));
        series.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
    };
    let ask = async |reviews: [Value; 4]| {
        for review in reviews {
            assert_eq!(fixture.ask(&review).await["allowed"], false);
        }
    };
    ask(odd("first")).await;
    let before = names().await;
    assert!(before.iter().any(|series| series.contains(r#"kind="other""#)), "{before:?}");
    for number in 0..10 {
        ask(odd(&format!("stranger{number}"))).await;
    }
    let after = names().await;
    assert_eq!(before, after);
    assert!(after.iter().all(|series| !series.contains("stranger") && !series.contains("first")));
}
