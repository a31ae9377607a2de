//! Registries that speak TLS and HTTP/2, as the large ones do.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{Request, Response, StatusCode, Version};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
use sealgate_oci::{Client, Config, Credentials, limits};
use sealgate_verify::{Digest, Entry, GapCause, Reference};
use tokio::{net::TcpListener, time::Instant};
use tokio_rustls::TlsAcceptor;

use crate::support::look;

struct Server {
    host: String,
    pem: Vec<u8>,
    connections: Arc<AtomicUsize>,
    busy: Arc<Busy>,
}

/// How many requests are being answered, and how many were at the worst time.
#[derive(Default)]
struct Busy {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// A server for 127.0.0.1 whose every answer is a 404 with a header of `header` bytes, after a moment.
async fn serve(header: usize) -> Server {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let connections = Arc::new(AtomicUsize::new(0));
    let busy = Arc::new(Busy::default());
    let (counted, counting) = (Arc::clone(&connections), Arc::clone(&busy));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, counted, busy) = (acceptor.clone(), Arc::clone(&counted), Arc::clone(&counting));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                counted.fetch_add(1, Ordering::Relaxed);
                let answer = service_fn(move |request: Request<Incoming>| {
                    let busy = Arc::clone(&busy);
                    async move {
                        assert_eq!(request.version(), Version::HTTP_2);
                        let now = busy.now.fetch_add(1, Ordering::SeqCst) + 1;
                        busy.most.fetch_max(now, Ordering::SeqCst);
                        tokio::time::sleep(Duration::from_millis(10)).await;
                        busy.now.fetch_sub(1, Ordering::SeqCst);
                        let mut response = Response::new(Full::new(bytes::Bytes::from_static(b"{}")));
                        *response.status_mut() = StatusCode::NOT_FOUND;
                        response.headers_mut().insert("x", "y".repeat(header).parse().unwrap());
                        Ok::<_, Infallible>(response)
                    }
                });
                auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), answer)
                    .await
                    .ok();
            });
        }
    });
    Server { host, pem: made.cert.pem().into_bytes(), connections, busy }
}

fn client(server: &Server, host: &str) -> Client {
    let config = Config {
        only_hosts: BTreeSet::from([host.to_owned()]),
        extra_roots: vec![server.pem.clone()],
        ..Config::default()
    };
    Client::new(config, Credentials::anonymous()).unwrap()
}

async fn gather(server: &Server, host: &str) -> Entry {
    let client = client(server, host);
    let digest = Digest::sha256(b"image");
    let reference = Reference::parse(&format!("{host}/acme/app@{digest}")).unwrap();
    let mut look = look();
    look.manifest = false;
    client.gather(&reference, &digest, &look, Instant::now() + Duration::from_secs(20)).await
}

async fn gather_from(server: Server) -> Entry {
    gather(&server, &server.host).await
}

#[tokio::test]
async fn one_connection_is_enough_for_all_places() {
    let server = serve(1).await;
    let entry = gather(&server, &server.host).await;
    assert!(entry.gaps.is_empty(), "{:?}", entry.gaps);
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn headers_beyond_the_limit_are_no_absence() {
    let server = serve(limits::HEADER_BYTES + 1).await;
    let entry = gather(&server, &server.host).await;
    assert_eq!(entry.gaps.len(), 3, "{:?}", entry.gaps);
    assert!(entry.gaps.iter().all(|gap| gap.cause == GapCause::Limit), "{:?}", entry.gaps);
    // Far beyond, the protocol ends the stream before anybody reads it.
    let entry = gather_from(serve(limits::HEADER_BYTES * 4).await).await;
    assert!(entry.gaps.len() == 3 && entry.gaps.iter().all(|gap| gap.cause == GapCause::Unreachable));
    assert!(gather_from(serve(limits::HEADER_BYTES / 2).await).await.gaps.is_empty());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let server = serve(1).await;
    let host = server.host.replace("127.0.0.1", "localhost");
    let entry = gather(&server, &host).await;
    assert!(
        entry.gaps.len() == 3 && entry.gaps.iter().all(|gap| gap.cause == GapCause::Tls),
        "{:?}",
        entry.gaps
    );
    assert!(gather(&server, &server.host).await.gaps.is_empty());
}

#[tokio::test]
async fn one_host_is_asked_so_many_things_at_one_time_by_all_clients_together() {
    let server = serve(1).await;
    let first = client(&server, &server.host);
    let second =
        first.with_credentials(Credentials::anonymous().with_password("elsewhere", "a", "b")).unwrap();
    let references: Vec<_> = (0..4 * limits::REQUESTS_PER_HOST)
        .map(|number| Reference::parse(&format!("{}/acme/app:{number}", server.host)).unwrap())
        .collect();
    let deadline = Instant::now() + Duration::from_secs(20);
    let ask = async |second: &Client| {
        let asked = references
            .iter()
            .flat_map(|reference| [first.resolve(reference, deadline), second.resolve(reference, deadline)]);
        for answer in futures_util::future::join_all(asked).await {
            assert_eq!(answer.unwrap_err().cause, GapCause::NotFound);
        }
        server.busy.most.load(Ordering::SeqCst)
    };
    assert_eq!(ask(&second).await, limits::REQUESTS_PER_HOST_OF_ONE);
    assert_eq!(ask(&second.on_behalf_of("team")).await, limits::REQUESTS_PER_HOST);
    assert_eq!(server.connections.load(Ordering::Relaxed), 2);
}
