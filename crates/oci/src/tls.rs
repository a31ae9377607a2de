//! TLS as the client speaks it.
//!
//! The machine's certificate authorities are read when the first certificate is looked at: reading them costs more than
//! judging an image, and over plain http nobody asks them.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
};

/// TLS that trusts the machine's certificate authorities and the `extra` ones. It offers HTTP/2.
///
/// With a `name` certificates must be for that one, whatever the registry is called; `identity` is shown to those who ask.
///
/// # Errors
/// [`Error`] if an extra one cannot be one, or a name or identity is none.
pub(crate) fn config(
    extra: Vec<CertificateDer<'static>>,
    name: Option<&str>,
    identity: Option<&[u8]>,
) -> Result<ClientConfig, Error> {
    let name = match name {
        Some(name) => Some(
            ServerName::try_from(name.to_owned())
                .map_err(|_| Error::General(format!("`{name}` names no server")))?,
        ),
        None => None,
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    for certificate in extra {
        roots.add(certificate)?;
    }
    let verifier =
        Arc::new(Verifier { name, extra: roots, provider: Arc::clone(&provider), inner: OnceLock::new() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        // "Dangerous" is any verifier of one's own: this one hands every question to webpki.
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some(pem) => {
            let (chain, key) = read(pem).ok_or_else(|| {
                Error::General("the client certificate or its key is not readable PEM".to_owned())
            })?;
            config.with_client_auth_cert(chain, key)?
        }
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn read(pem: &[u8]) -> Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().ok()?;
    Some((chain, PrivateKeyDer::from_pem_slice(pem).ok()?)).filter(|(chain, _)| !chain.is_empty())
}

/// webpki's verifier, made when it is first asked.
#[derive(Debug)]
struct Verifier {
    /// The name that certificates must be for, if it is not the one spoken to.
    name: Option<ServerName<'static>>,
    extra: RootCertStore,
    provider: Arc<CryptoProvider>,
    inner: OnceLock<Result<Arc<WebPkiServerVerifier>, Error>>,
}

impl Verifier {
    fn inner(&self) -> Result<&WebPkiServerVerifier, Error> {
        let made = self.inner.get_or_init(|| {
            let mut roots = self.extra.clone();
            let (added, ignored) = roots.add_parsable_certificates(of_this_machine());
            tracing::debug!(added, ignored, "certificate authorities of this machine");
            // A machine may have none; then https fails, host by host, and says why.
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
                .build()
                .map_err(|error| Error::General(format!("no certificate authority to ask: {error}")))
        });
        made.as_deref().map_err(Clone::clone)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let name = self.name.as_ref().unwrap_or(name);
        self.inner()?.verify_server_cert(certificate, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

// `SSL_CERT_FILE` and `SSL_CERT_DIR` where they are set. Else the one file that has them all, where there is one: beside it
// lies a folder with the same certificates twice over, in hundreds of files.
fn of_this_machine() -> Vec<CertificateDer<'static>> {
    let is_told = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| std::env::var_os(name).is_some());
    let known = FILES.iter().map(Path::new).find(|path| path.is_file()).filter(|_| !is_told);
    let of_file = known.map(|path| rustls_native_certs::load_certs_from_paths(Some(path), None).certs);
    let found = of_file.filter(|certificates| !certificates.is_empty());
    found.unwrap_or_else(|| {
        let loaded = rustls_native_certs::load_native_certs();
        for error in &loaded.errors {
            tracing::debug!(%error, "a certificate authority of this machine cannot be read");
        }
        loaded.certs
    })
}

// Debian and its like, Alpine, Red Hat's, SUSE's.
const FILES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/cert.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
];
