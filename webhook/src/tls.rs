//! What the API server sees of us, and what we may want to see of it.

mod renewal;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};

pub(crate) use renewal::Renewal;

use crate::{gate::Gate, options::Options};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The authority for callers cannot be used.
    #[error("`{path}` holds no usable certificate authority for clients: {why}")]
    ClientAuthority {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A certificate could not be made.
    #[error("a self-signed certificate cannot be made")]
    Make(#[from] rcgen::Error),
    /// No PEM of the right kind.
    #[error("`{path}` holds no {what}: {why}")]
    Pem {
        /// Which file.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// Not readable.
    #[error("`{path}` cannot be read")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Certificate and key do not fit, or are of an unknown kind.
    #[error("certificate and key cannot be used")]
    Unusable(#[from] rustls::Error),
}

/// What new connections are met with.
pub(crate) type Served = Arc<ArcSwap<ServerConfig>>;

/// A configuration, who renews it, and the certificate if it was made here.
pub(crate) struct Tls {
    pub(crate) config: Served,
    pub(crate) renewal: Option<Renewal>,
    pub(crate) self_signed: Option<String>,
}

impl Tls {
    pub(crate) fn new(options: &Options, gate: &Arc<Gate>) -> Result<Self, TlsError> {
        if let Some(files) = Files::read(options)? {
            let config = Arc::new(ArcSwap::from_pointee(files.config()?));
            renewal::tell(&gate.metrics, &files);
            let renewal = Renewal::new(options.clone(), Arc::clone(gate), Arc::clone(&config), files);
            return Ok(Self { config, renewal: Some(renewal), self_signed: None });
        }
        let (certificate, key, pem) = self_signed(&options.tls_names)?;
        let clients =
            options.client_ca.as_deref().map(|path| Ok::<_, TlsError>((path, read(path)?))).transpose()?;
        let clients = clients.as_ref().map(|(path, pem)| (*path, pem.as_slice()));
        let config = Arc::new(ArcSwap::from_pointee(config(vec![certificate], key, clients)?));
        Ok(Self { config, renewal: None, self_signed: Some(pem) })
    }
}

/// What the files that were named hold.
#[derive(Clone, Eq, PartialEq)]
struct Files {
    chain: (PathBuf, Vec<u8>),
    key: (PathBuf, Vec<u8>),
    clients: Option<(PathBuf, Vec<u8>)>,
}

impl Files {
    // Nothing if no certificate is named.
    fn read(options: &Options) -> Result<Option<Self>, TlsError> {
        let (Some(chain), Some(key)) = (&options.tls_cert, &options.tls_key) else { return Ok(None) };
        let file = |path: &PathBuf| Ok::<_, TlsError>((path.clone(), read(path)?));
        let clients = options.client_ca.as_ref().map(file).transpose()?;
        Ok(Some(Self { chain: file(chain)?, key: file(key)?, clients }))
    }

    fn config(&self) -> Result<ServerConfig, TlsError> {
        let clients = self.clients.as_ref().map(|(path, pem)| (path.as_path(), pem.as_slice()));
        config(certificates(&self.chain.0, &self.chain.1)?, private_key(&self.key.0, &self.key.1)?, clients)
    }

    /// When the certificate ends, in seconds since the epoch.
    fn ends(&self) -> Option<i64> {
        let chain = certificates(&self.chain.0, &self.chain.1).ok()?;
        let (_, certificate) = x509_parser::parse_x509_certificate(chain.first()?).ok()?;
        Some(certificate.validity().not_after.timestamp())
    }
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    clients: Option<(&Path, &[u8])>,
) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let clients = match clients {
        Some((path, pem)) => client_verifier(path, pem, &provider)?,
        None => Arc::new(NoClientAuth),
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)?;
    // The API server's client does not resume sessions, and speaks HTTP/1.1 to Services: less to get wrong.
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn self_signed(
    names: &[String],
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>, String), rcgen::Error> {
    let all = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into_iter().chain(names.iter().cloned());
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = CertificateParams::new(all.collect::<Vec<_>>())?.self_signed(&key)?;
    let pem = certificate.pem();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok((certificate.der().clone(), private, pem))
}

fn client_verifier(
    path: &Path,
    pem: &[u8],
    provider: &Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let failed = |why: String| TlsError::ClientAuthority { path: path.to_owned(), why };
    let mut authorities = RootCertStore::empty();
    for certificate in certificates(path, pem)? {
        authorities.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    let built =
        WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), Arc::clone(provider)).build();
    built.map(|verifier| verifier as Arc<dyn ClientCertVerifier>).map_err(|error| failed(error.to_string()))
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let missing = |why: String| TlsError::Pem { path: path.to_owned(), what: "certificate", why };
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if all.is_empty() => Err(missing("there is no PEM block".to_owned())),
        Ok(all) => Ok(all),
        Err(error) => Err(missing(error.to_string())),
    }
}

fn private_key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| TlsError::Pem {
        path: path.to_owned(),
        what: "private key",
        why: error.to_string(),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    crate::server::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}
