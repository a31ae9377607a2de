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

#[cfg(test)]
mod tests {
    use std::{sync::OnceLock, time::Duration};

    use rcgen::{
        BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
        Issuer, KeyPair, SanType,
    };
    use rustls::CertificateError;

    use super::*;

    fn authority(name: &str) -> (CertificateDer<'static>, Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap().der().clone(), Issuer::new(params, key))
    }

    fn certificate(
        issuer: &Issuer<'_, KeyPair>,
        change: impl Fn(&mut CertificateParams),
    ) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(["registry.example".to_owned()]).unwrap();
        params.not_before = time::OffsetDateTime::from_unix_timestamp(1_000_000).unwrap();
        params.not_after = time::OffsetDateTime::from_unix_timestamp(2_000_000).unwrap();
        change(&mut params);
        params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().clone()
    }

    /// OCI-27: what this door adds to webpki takes nothing away from it.
    #[test]
    fn a_registrys_certificate_is_for_its_name_and_its_time_or_none() {
        let (own, issuer) = authority("own");
        let (_, stranger) = authority("stranger");
        let verifier = |name: Option<&str>| {
            let mut extra = RootCertStore::empty();
            extra.add(own.clone()).unwrap();
            let name = name.map(|name| ServerName::try_from(name.to_owned()).unwrap());
            let provider = Arc::new(aws_lc_rs::default_provider());
            Verifier { name, extra, provider, inner: OnceLock::new() }
        };
        let asked = |verifier: &Verifier, certificate: &CertificateDer<'_>, host: &str, now: u64| {
            let host = ServerName::try_from(host.to_owned()).unwrap();
            let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
            verifier.verify_server_cert(certificate, &[], &host, &[], now).map(drop)
        };
        let plain = verifier(None);
        let good = certificate(&issuer, |_| {});
        assert_eq!(asked(&plain, &good, "registry.example", 1_500_000), Ok(()));

        let why = |certificate: &CertificateDer<'_>, host: &str, now: u64| match asked(
            &plain,
            certificate,
            host,
            now,
        ) {
            Err(Error::InvalidCertificate(why)) => why,
            other => panic!("{other:?}"),
        };
        assert!(matches!(why(&good, "registry.example", 2_000_001), CertificateError::ExpiredContext { .. }));
        assert!(matches!(
            why(&good, "registry.example", 999_999),
            CertificateError::NotValidYetContext { .. }
        ));
        let strange = certificate(&stranger, |_| {});
        assert_eq!(why(&strange, "registry.example", 1_500_000), CertificateError::UnknownIssuer);
        let wild = certificate(&issuer, |params| {
            params.subject_alt_names = vec![SanType::DnsName("*.registry.example".try_into().unwrap())];
        });
        assert_eq!(asked(&plain, &wild, "a.registry.example", 1_500_000), Ok(()));
        // A name in the subject alone is none.
        let common = certificate(&issuer, |params| {
            params.subject_alt_names = vec![];
            params.distinguished_name = DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, "registry.example");
        });
        for (certificate, host) in [
            (&good, "other.example"),
            (&good, "a.registry.example"),
            (&good, "registry.example.evil.example"),
            (&good, "127.0.0.1"),
            (&wild, "a.b.registry.example"),
            (&wild, "registry.example"),
            (&common, "registry.example"),
        ] {
            let why = why(certificate, host, 1_500_000);
            assert!(matches!(why, CertificateError::NotValidForNameContext { .. }), "{host}: {why:?}");
        }
        let caller = certificate(&issuer, |params| {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        });
        let why = why(&caller, "registry.example", 1_500_000);
        assert!(matches!(why, CertificateError::InvalidPurposeContext { .. }), "{why:?}");

        // Another name that was asked for takes the place of the host's own, and is no wildcard.
        let named = verifier(Some("registry.example"));
        assert_eq!(asked(&named, &good, "10.0.0.1", 1_500_000), Ok(()));
        assert!(asked(&named, &wild, "a.registry.example", 1_500_000).is_err());
    }
}
