//! Servers that break the protocol itself.

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant as Clock},
};

use sealgate_oci::{Client, Config, Credentials, limits};
use sealgate_verify::{Digest, Gap, GapCause, Place, Reference};
use tokio::time::Instant;

use crate::support::look;

/// Speaks to every connection as `speak` does, after the first bytes of a request. Ends with the process.
fn server(speak: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let speak = speak.clone();
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut request = [0; 4096];
                if stream.read(&mut request).is_ok() {
                    speak(&mut stream).ok();
                }
            });
        }
    });
    host
}

/// Looks for one `.sig` tag at `host`.
async fn look_at(host: &str, config: Config, within: Duration) -> Vec<Gap> {
    let digest = Digest::sha256(b"image");
    let reference = Reference::parse(&format!("{host}/acme/app@{digest}")).unwrap();
    let mut only = look();
    (only.places, only.manifest) = (BTreeSet::from([Place::SignatureTag]), false);
    let client = Client::new(config, Credentials::anonymous()).unwrap();
    client.gather(&reference, &digest, &only, Instant::now() + within).await.gaps
}

async fn cause(
    speak: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Clone + 'static,
) -> Option<GapCause> {
    let host = server(speak);
    let config = Config { http_hosts: [host.clone()].into(), ..Config::default() };
    let started = Clock::now();
    let gaps = look_at(&host, config, Duration::from_millis(2500)).await;
    assert!(started.elapsed() < Duration::from_secs(4));
    assert!(gaps.len() < 2);
    gaps.first().map(|gap| gap.cause)
}

async fn says(text: &str) -> Option<GapCause> {
    let text = text.to_owned();
    cause(move |stream| stream.write_all(text.as_bytes())).await
}

const ABSENT: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n";

#[tokio::test]
async fn bytes_and_lines_of_headers_are_counted() {
    let own = "content-length".len() + "0".len() + 4;
    let fill = |bytes: usize| format!("{ABSENT}x: {}\r\n\r\n", "y".repeat(bytes - own - 1 - 4));
    assert_eq!(says(&fill(limits::HEADER_BYTES)).await, None);
    assert_eq!(says(&fill(limits::HEADER_BYTES + 1)).await, Some(GapCause::Limit));
    let lines = |count: usize| format!("{ABSENT}{}\r\n", "x: y\r\n".repeat(count - 1));
    assert_eq!(says(&lines(limits::HEADERS)).await, None);
    assert_eq!(says(&lines(limits::HEADERS + 1)).await, Some(GapCause::Limit));
}

#[tokio::test]
async fn headers_without_end_end_at_a_limit() {
    let found = cause(|stream| {
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nx: ")?;
        loop {
            stream.write_all(&[b'y'; 4096])?;
        }
    })
    .await;
    assert_eq!(found, Some(GapCause::Limit));
}

#[tokio::test]
async fn interim_answers_without_end_end_with_the_deadline() {
    let found = cause(|stream| {
        loop {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            std::thread::sleep(Duration::from_millis(1));
        }
    })
    .await;
    assert_eq!(found, Some(GapCause::Timeout));
    assert_eq!(says(&format!("HTTP/1.1 100 Continue\r\n\r\n{ABSENT}\r\n")).await, None);
}

#[tokio::test]
async fn headers_that_drip_end_with_the_deadline() {
    let found = cause(|stream| {
        for byte in ABSENT.bytes().cycle() {
            stream.write_all(&[byte])?;
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    })
    .await;
    assert_eq!(found, Some(GapCause::Timeout));
}

#[tokio::test]
async fn what_is_no_http_is_an_unexpected_answer() {
    for text in [
        "SSH-2.0-OpenSSH_9.9\r\n",
        "<html>\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    ] {
        assert_eq!(says(text).await, Some(GapCause::UnexpectedAnswer), "{text}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    for text in [
        String::new(),
        "HTTP/1.1 404".to_owned(),
        format!("{head}content-length: 100\r\n\r\n{{}}"),
        format!("{head}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n"),
    ] {
        assert_eq!(says(&text).await, Some(GapCause::Unreachable), "{text}");
    }
    let manifest = r#"{"schemaVersion": 2, "layers": []}"#;
    let chunked =
        format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{manifest}\r\n0\r\n\r\n", manifest.len());
    assert_eq!(says(&chunked).await, None);
}

#[tokio::test]
async fn a_length_beyond_the_limit_is_believed_at_once() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let found = says(&format!("{head}content-length: {}\r\n\r\n", limits::MANIFEST_BYTES + 1)).await;
    assert_eq!(found, Some(GapCause::Limit));
    let found = says(&format!("{head}content-length: {}\r\n\r\n", u64::MAX - 2)).await;
    assert_eq!(found, Some(GapCause::Limit));
}

#[tokio::test]
async fn a_server_that_never_shakes_hands_is_given_up() {
    let host = server(|_| {
        std::thread::sleep(Duration::from_secs(30));
        Ok(())
    });
    let config = Config { only_hosts: [host.clone()].into(), ..Config::default() };
    let started = Clock::now();
    let gaps = look_at(&host, config, Duration::from_secs(20)).await;
    assert_eq!(gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [GapCause::Timeout]);
    assert!(started.elapsed() < limits::CONNECT_WITHIN + Duration::from_secs(2));
}

/// One machine that is as many hosts as anybody asks for; how many connections to it are open, and were opened.
fn crowd() -> (u16, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (open, opened) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counting, ever) = (Arc::clone(&open), Arc::clone(&opened));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let open = Arc::clone(&counting);
            open.fetch_add(1, Ordering::SeqCst);
            ever.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || {
                let (mut stream, mut request) = (stream.unwrap(), [0; 4096]);
                while stream.read(&mut request).is_ok_and(|bytes| bytes > 0) {
                    stream.write_all(format!("{ABSENT}\r\n").as_bytes()).unwrap();
                }
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (port, open, opened)
}

#[tokio::test]
async fn hosts_without_end_keep_no_connections_open() {
    const MORE: usize = 20;
    let (port, open, opened) = crowd();
    let hosts: Vec<_> =
        (1..=limits::POOLED_HOSTS + MORE).map(|number| format!("127.0.0.{number}:{port}")).collect();
    let config = Config { http_hosts: hosts.iter().cloned().collect(), ..Config::default() };
    let client = Client::new(config, Credentials::anonymous()).unwrap();
    let digest = Digest::sha256(b"image");
    let mut only = look();
    (only.places, only.manifest) = (BTreeSet::from([Place::SignatureTag]), false);
    let ask = async |host: &String| {
        let reference = Reference::parse(&format!("{host}/acme/app@{digest}")).unwrap();
        let entry = client.gather(&reference, &digest, &only, Instant::now() + Duration::from_secs(9)).await;
        assert!(entry.gaps.is_empty(), "{host}: {:?}", entry.gaps);
    };
    for host in &hosts {
        ask(host).await;
    }
    // The last ones were answered like all others, and their connections ended with the answer.
    for _ in 0..100 {
        if open.load(Ordering::SeqCst) > limits::POOLED_HOSTS {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    assert_eq!(open.load(Ordering::SeqCst), limits::POOLED_HOSTS);
    assert_eq!(opened.load(Ordering::SeqCst), hosts.len());
    // Whoever has a place goes on with the connection that is there.
    ask(hosts.first().unwrap()).await;
    assert_eq!(opened.load(Ordering::SeqCst), hosts.len());
    ask(hosts.last().unwrap()).await;
    assert_eq!(opened.load(Ordering::SeqCst), hosts.len() + 1);
}
