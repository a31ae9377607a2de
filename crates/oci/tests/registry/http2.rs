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
}

/// A server for 127.0.0.1 whose every answer is a 404 with a header of `header` bytes.
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
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, counted) = (acceptor.clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                counted.fetch_add(1, Ordering::Relaxed);
                let answer = service_fn(move |request: Request<Incoming>| async move {
                    assert_eq!(request.version(), Version::HTTP_2);
                    let mut response = Response::new(Full::new(bytes::Bytes::from_static(b"{}")));
                    *response.status_mut() = StatusCode::NOT_FOUND;
                    response.headers_mut().insert("x", "y".repeat(header).parse().unwrap());
                    Ok::<_, Infallible>(response)
                });
                auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), answer)
                    .await
                    .ok();
            });
        }
    });
    Server { host, pem: made.cert.pem().into_bytes(), connections }
}

async fn gather(server: &Server, host: &str) -> Entry {
    let config = Config {
        only_hosts: BTreeSet::from([host.to_owned()]),
        extra_roots: vec![server.pem.clone()],
        ..Config::default()
    };
    let client = Client::new(config, Credentials::anonymous()).unwrap();
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
