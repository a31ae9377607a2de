//! One connection that is kept alive, and no more of HTTP than it takes.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::Failure;

/// One connection.
pub(crate) struct Client {
    port: u16,
    authority: CertificateDer<'static>,
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(port: u16, authority: &CertificateDer<'static>) -> Result<Self, Failure> {
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("localhost")?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        Ok(Self { port, authority: authority.clone(), stream, buffer: vec![] })
    }

    /// Sends a review; an error unless it is allowed.
    pub(crate) async fn ask(&mut self, body: &str) -> Result<(), Failure> {
        let head = format!(
            "POST /validate?timeout=10s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await?;
        self.stream.flush().await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the connection ended".into());
            }
            let text = std::str::from_utf8(&self.buffer)?;
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .ok_or("an answer without a length")?;
            if body.len() < length.parse()? {
                continue;
            }
            if !head.starts_with("HTTP/1.1 200") || !body.contains("\"allowed\":true") {
                return Err(format!("not allowed: {text}").into());
            }
            // The gate asks for a new connection from time to time, as it does of an API server.
            if head.lines().any(|line| line == "connection: close") {
                *self = Self::connect(self.port, &self.authority).await?;
            }
            return Ok(());
        }
    }
}
