//! Certificates for tests, with any name and extension.
#![allow(dead_code, reason = "each test uses its part")]

use rcgen::{CertificateParams, CustomExtension, KeyPair, OtherNameValue, SanType};
use sealgate_verify::{CertificateSigner, SignerError};

pub(crate) const GITHUB: &str = "https://token.actions.githubusercontent.com";

#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) names: Vec<SanType>,
    pub(crate) extensions: Vec<(u64, Vec<u8>)>,
    pub(crate) others: Vec<CustomExtension>,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let workflow = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1";
        Self {
            names: vec![SanType::URI(workflow.try_into().unwrap())],
            extensions: vec![(8, utf8(GITHUB))],
            others: vec![],
        }
    }

    pub(crate) fn name(mut self, name: SanType) -> Self {
        self.names = vec![name];
        self
    }

    pub(crate) fn bare(mut self, number: u64, text: &str) -> Self {
        self.extensions.push((number, text.as_bytes().to_vec()));
        self
    }

    pub(crate) fn text(mut self, number: u64, text: &str) -> Self {
        self.extensions.push((number, utf8(text)));
        self
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.subject_alt_names.clone_from(&self.names);
        params.custom_extensions.clone_from(&self.others);
        for (number, value) in &self.extensions {
            params.custom_extensions.push(CustomExtension::from_oid_content(
                &[1, 3, 6, 1, 4, 1, 57264, 1, *number],
                value.clone(),
            ));
        }
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    pub(crate) fn read(&self) -> Result<CertificateSigner, SignerError> {
        CertificateSigner::from_der(&self.der())
    }
}

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    let mut out = vec![0x0c, u8::try_from(text.len()).unwrap()];
    assert!(text.len() < 0x80, "one length byte will do");
    out.extend(text.as_bytes());
    out
}

pub(crate) fn email(text: &str) -> SanType {
    SanType::Rfc822Name(text.try_into().unwrap())
}

pub(crate) fn dns(text: &str) -> SanType {
    SanType::DnsName(text.try_into().unwrap())
}

pub(crate) fn ip(text: &str) -> SanType {
    SanType::IpAddress(text.parse().unwrap())
}

/// An `otherName` that Sigstore has no use for.
pub(crate) fn login() -> SanType {
    let name = OtherNameValue::Utf8String("dev@corp.example".into());
    SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 3], name))
}
