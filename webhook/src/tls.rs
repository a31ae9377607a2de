//! What the API server sees of us, and what we may want to see of it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};

use crate::options::Options;

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

/// A configuration, and the certificate if it was made here.
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) self_signed: Option<String>,
}

impl Tls {
    pub(crate) fn new(options: &Options) -> Result<Self, TlsError> {
        let (chain, key, self_signed) = match (&options.tls_cert, &options.tls_key) {
            (Some(cert), Some(key)) => (certificates(cert)?, private_key(key)?, None),
            _ => {
                let (certificate, key, pem) = self_signed(&options.tls_names)?;
                (vec![certificate], key, Some(pem))
            }
        };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let clients = match &options.client_ca {
            Some(path) => client_verifier(path, &provider)?,
            None => Arc::new(NoClientAuth),
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_client_cert_verifier(clients)
            .with_single_cert(chain, key)?;
        // The API server's client does not resume sessions, and speaks HTTP/1.1 to Services: less to get wrong.
        config.send_tls13_tickets = 0;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), self_signed })
    }
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
    provider: &Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let failed = |why: String| TlsError::ClientAuthority { path: path.to_owned(), why };
    let mut authorities = RootCertStore::empty();
    for certificate in certificates(path)? {
        authorities.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    let built =
        WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), Arc::clone(provider)).build();
    built.map(|verifier| verifier as Arc<dyn ClientCertVerifier>).map_err(|error| failed(error.to_string()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(path)?;
    let missing = |why: String| TlsError::Pem { path: path.to_owned(), what: "certificate", why };
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match all {
        Ok(all) if all.is_empty() => Err(missing("there is no PEM block".to_owned())),
        Ok(all) => Ok(all),
        Err(error) => Err(missing(error.to_string())),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|error| TlsError::Pem {
        path: path.to_owned(),
        what: "private key",
        why: error.to_string(),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}
