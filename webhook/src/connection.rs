//! The accept loop: how many, how long, and how they end.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::Router;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tower_service::Service;

use crate::{gate::Gate, limits, metrics::ResultLabels, tls::Served};

/// How old a connection is, for whoever answers on it.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    until: Instant,
    requests: Arc<AtomicU64>,
}

impl Connection {
    fn new(peer: SocketAddr) -> Self {
        // Connections that were opened together must not all end together; a caller's ports differ.
        let jitter = Duration::from_millis(u64::from(peer.port()).wrapping_mul(7919) % 30_000);
        Self { until: Instant::now() + limits::CONNECTION_AGE + jitter, requests: Arc::default() }
    }

    pub(crate) fn is_old(&self) -> bool {
        Instant::now() >= self.until || self.requests.load(Ordering::Relaxed) >= limits::CONNECTION_REQUESTS
    }
}

/// What one port serves.
pub(crate) struct Port {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<Served>,
    pub(crate) router: Router,
    pub(crate) gate: Arc<Gate>,
    pub(crate) connections: usize,
}

impl Port {
    /// Accepts until told to stop, then ends every connection after the request it is in.
    pub(crate) async fn serve(self, mut stop: watch::Receiver<bool>) {
        let slots = Arc::new(Semaphore::new(self.connections));
        let handshakes = Arc::new(Semaphore::new(limits::HANDSHAKES));
        let mut open = JoinSet::new();
        loop {
            let accepted = async {
                // INVARIANT: beyond the limit nobody is accepted, so that those who wait cost nothing.
                let slot = Arc::clone(&slots).acquire_owned().await.ok()?;
                Some((slot, self.listener.accept().await))
            };
            let (slot, (stream, peer)) = tokio::select! {
                () = stopped(&mut stop) => break,
                Some((slot, accepted)) = accepted => match accepted {
                    Ok((stream, peer)) => (slot, (stream, peer)),
                    // Out of file descriptors, most likely: waiting is all that helps.
                    Err(_) => {
                        sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            let tls = self.tls.as_ref().map(|served| served.load_full());
            let (router, gate) = (self.router.clone(), Arc::clone(&self.gate));
            let (handshakes, stop) = (Arc::clone(&handshakes), stop.clone());
            open.spawn(async move {
                gate.metrics.connections.inc();
                serve_stream((stream, peer), tls, router, &gate, &handshakes, stop).await;
                gate.metrics.connections.dec();
                drop(slot);
            });
            while open.try_join_next().is_some() {}
        }
        drop(self.listener);
        while open.join_next().await.is_some() {}
    }

    pub(crate) fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

async fn serve_stream(
    (stream, peer): (TcpStream, SocketAddr),
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    gate: &Gate,
    handshakes: &Semaphore,
    stop: watch::Receiver<bool>,
) {
    // Without it small answers wait for acknowledgements; where it fails they are slower, no more.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else { return serve_http(stream, peer, router, stop).await };
    let shaken = shake_hands(stream, tls, handshakes).await;
    let result = if shaken.is_some() { "ok" } else { "failed" };
    gate.metrics.handshakes.get_or_create(&ResultLabels { result }).inc();
    if let Some(stream) = shaken {
        serve_http(stream, peer, router, stop).await;
    }
}

// Each wait has a limit of its own: whoever had to wait for others still has the whole time for the handshake.
async fn shake_hands(
    stream: TcpStream,
    tls: Arc<ServerConfig>,
    handshakes: &Semaphore,
) -> Option<TlsStream<TcpStream>> {
    // THREAT: callers that say nothing take all turns. See callers_that_say_nothing_keep_nobody_out.
    timeout(limits::HANDSHAKE, stream.peek(&mut [0])).await.ok()?.ok().filter(|&bytes| bytes > 0)?;
    let _turn = timeout(limits::HANDSHAKE_TURN, handshakes.acquire()).await.ok()?.ok()?;
    timeout(limits::HANDSHAKE, TlsAcceptor::from(tls).accept(stream)).await.ok()?.ok()
}

async fn serve_http<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    peer: SocketAddr,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let about = Connection::new(peer);
    let requests = Arc::clone(&about.requests);
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        about.requests.fetch_add(1, Ordering::Relaxed);
        request.extensions_mut().insert(about.clone());
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::IDLE)
        .max_buf_size(HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = sleep(limits::FIRST_REQUEST) => {
            // THREAT: connections that ask nothing, or spell out their headers, keep others out.
            if requests.load(Ordering::Relaxed) == 0 {
                return;
            }
        }
        () = stopped(&mut stop) => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stopped(&mut stop) => connection.as_mut().graceful_shutdown(),
    }
    // How a connection ends is its caller's affair.
    let _ = connection.await;
}

// A sender that is gone means the same.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Bytes of buffer, and so of all headers together.
const HEADERS: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use sealgate::oci::{Config, Credentials};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn a_connection_grows_old_by_requests_and_by_time() {
        let connection = Connection::new(SocketAddr::from(([127, 0, 0, 1], 4711)));
        connection.requests.store(limits::CONNECTION_REQUESTS - 1, Ordering::Relaxed);
        assert!(!connection.is_old());
        connection.requests.store(limits::CONNECTION_REQUESTS, Ordering::Relaxed);
        assert!(connection.is_old());
        let ended = Connection { until: Instant::now(), requests: Arc::default() };
        assert!(ended.is_old());
    }

    #[tokio::test]
    async fn beyond_the_connections_nobody_is_accepted_until_one_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let gate = Arc::new(Gate::new(Config::default(), Credentials::anonymous()));
        let router = Router::new().route("/", axum::routing::get(async || "here"));
        let (_stop, stopped) = watch::channel(false);
        tokio::spawn(Port { listener, tls: None, router, gate, connections: 2 }.serve(stopped));
        let ask = async |stream: &mut TcpStream| {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
            let answer = timeout(Duration::from_millis(200), stream.read(&mut [0; 512])).await;
            answer.is_ok_and(|read| read.unwrap() > 0)
        };
        let mut open = vec![];
        for expected in [true, true, false] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            assert_eq!(ask(&mut stream).await, expected);
            open.push(stream);
        }
        drop(open.remove(0));
        let mut answer = [0; 512];
        let waited = timeout(Duration::from_secs(3), open.last_mut().unwrap().read(&mut answer));
        assert!(waited.await.unwrap().unwrap() > 0);
    }
}
