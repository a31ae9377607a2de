//! Whether a host speaks TLS, found out by the first bytes of its answer.
//!
//! A real handshake makes keys and reads certificates, which costs as much as judging a signature and is for nothing where the
//! host speaks plain http. Nothing is believed of the answer but that it is in TLS; then everything begins anew, with all checks.

use std::net::SocketAddr;

use reqwest::dns::{Name, Resolve as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use url::{Host, Url};

use crate::address::Guard;

/// Whether whoever listens at `origin` answers in TLS, be it with an alert. Where nobody does, not.
pub(crate) async fn speaks_tls(origin: &Url, guard: &Guard) -> bool {
    answers_in_tls(origin, guard).await.unwrap_or(false)
}

async fn answers_in_tls(origin: &Url, guard: &Guard) -> Option<bool> {
    let port = origin.port_or_known_default()?;
    let (addresses, name) = match origin.host()? {
        Host::Ipv4(v4) => (vec![SocketAddr::new(v4.into(), port)], None),
        Host::Ipv6(v6) => (vec![SocketAddr::new(v6.into(), port)], None),
        Host::Domain(name) => {
            let asked: Name = name.parse().ok()?;
            let found = guard.resolve(asked).await.ok()?;
            (found.map(|address| SocketAddr::new(address.ip(), port)).collect(), Some(name))
        }
    };
    let mut stream = TcpStream::connect(addresses.as_slice()).await.ok()?;
    stream.write_all(&hello(name)).await.ok()?;
    // As much as there is at once: who leaves words unread breaks off a connection instead of ending it.
    let mut answer = Vec::with_capacity(1024);
    while answer.len() < 2 {
        if stream.read_buf(&mut answer).await.ok()? == 0 {
            return Some(false);
        }
    }
    // SPEC: RFC 8446 5.1, a record begins with its type and the version's first half.
    Some(matches!(answer.as_slice(), [ALERT | HANDSHAKE, 3, ..]))
}

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

// SPEC: RFC 8446 4.1.2. Without a key, which TLS 1.3 asks for and 1.2 does not want: each is an answer.
fn hello(name: Option<&str>) -> Vec<u8> {
    let mut extensions = Vec::new();
    if let Some(name) = name {
        // A host of that name, in a list of one.
        let entry = [&[0], sized(name.as_bytes()).as_slice()].concat();
        extensions.extend(extension(0, &sized(&entry)));
    }
    // P-256, P-384, X25519.
    extensions.extend(extension(10, &sized(&[0, 23, 0, 24, 0, 29])));
    // ECDSA and RSA-PSS with SHA-256, RSA with SHA-256.
    extensions.extend(extension(13, &sized(&[4, 3, 8, 4, 4, 1])));
    // TLS 1.3 and 1.2.
    extensions.extend(extension(43, &[4, 3, 4, 3, 3]));
    // AES-GCM and ChaCha20 for TLS 1.3, and for 1.2 with ECDSA and RSA: all that the client itself would offer.
    let for_13 = [0x13, 0x01, 0x13, 0x02, 0x13, 0x03];
    let for_12 = [0xc0, 0x2b, 0xc0, 0x2c, 0xcc, 0xa9, 0xc0, 0x2f, 0xc0, 0x30, 0xcc, 0xa8];
    let suites = sized(&[for_13.as_slice(), &for_12].concat());
    // The version, a random number that nobody will need, no session.
    let start = [[3, 3].as_slice(), &[0; 32], &[0]].concat();
    let body = [start.as_slice(), &suites, &[1, 0], &sized(&extensions)].concat();
    let message = [[1, 0].as_slice(), &sized(&body)].concat();
    [[HANDSHAKE, 3, 1].as_slice(), &sized(&message)].concat()
}

fn extension(kind: u8, content: &[u8]) -> Vec<u8> {
    [[0, kind].as_slice(), &sized(content)].concat()
}

// With two bytes of length before it. Names are of at most 253 letters.
fn sized(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    [length.to_be_bytes().as_slice(), content].concat()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::{
        ServerConfig,
        server::{Acceptor, ResolvesServerCertUsingSni},
    };
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };
    use url::Url;

    use super::{hello, speaks_tls};
    use crate::{address::Guard, turns::Turns};

    fn guard() -> Guard {
        let names = ["localhost".to_owned()].into();
        Guard { loopback: Arc::new(names), localhost: true, lookups: Turns::new(1, 1) }
    }

    // What is said of someone who answers with these bytes.
    async fn said_of(answer: &'static [u8], host: &str) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("https://{host}:{}/", listener.local_addr().unwrap().port())).unwrap();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut first = [0; 1024];
            assert!(stream.read(&mut first).await.unwrap() > 40);
            stream.write_all(answer).await.unwrap();
        };
        let guard = guard();
        tokio::join!(serve, speaks_tls(&url, &guard)).1
    }

    #[tokio::test]
    async fn handshakes_and_alerts_are_tls_and_everything_else_is_not() {
        for answer in [b"\x16\x03\x03\x00\x7a".as_slice(), b"\x15\x03\x01\x00\x02\x02\x28"] {
            assert!(said_of(answer, "127.0.0.1").await, "{answer:?}");
        }
        for answer in [b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(), b"\x16\x02", b"\x17\x03", b"\x16", b""]
        {
            assert!(!said_of(answer, "127.0.0.1").await, "{answer:?}");
        }
        assert!(said_of(b"\x16\x03\x03", "localhost").await);
    }

    #[tokio::test]
    async fn a_name_that_leads_to_nowhere_allowed_is_not_spoken_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let strict = Guard { loopback: Arc::default(), localhost: false, ..guard() };
        let url = Url::parse(&format!("https://localhost:{port}/")).unwrap();
        assert!(!speaks_tls(&url, &strict).await);
        let quiet = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
        assert!(quiet.is_err(), "somebody came");
    }

    #[test]
    fn the_first_words_are_good_tls() {
        for name in [None, Some("registry.example")] {
            let mut acceptor = Acceptor::default();
            acceptor.read_tls(&mut hello(name).as_slice()).unwrap();
            let accepted = acceptor.accept().map_err(|(error, _)| error).unwrap().unwrap();
            assert_eq!(accepted.client_hello().server_name(), name);
            // Nobody has a certificate: a whole server would now say so in an alert.
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let config = ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
            let (_, mut alert) = accepted.into_connection(Arc::new(config)).err().unwrap();
            let mut bytes = Vec::new();
            alert.write_all(&mut bytes).unwrap();
            assert_eq!(bytes.get(..2), Some([21, 3].as_slice()));
        }
    }
}
