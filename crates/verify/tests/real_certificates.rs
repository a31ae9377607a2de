//! The signing certificates of real bundles: read, or refused for what is really wrong with them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may stop"
)]

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate_testkit::vectors::Vectors;
use sealgate_verify::{CertificateSigner, SubjectKind};
use serde_json::Value;

fn leaf(bundle: &Value) -> Option<Vec<u8>> {
    let material = bundle.get("verificationMaterial")?;
    let certificate =
        material.get("certificate").or_else(|| material.pointer("/x509CertificateChain/certificates/0"))?;
    STANDARD.decode(certificate.get("rawBytes")?.as_str()?).ok()
}

#[test]
fn every_certificate_of_a_real_bundle_names_one_signer() {
    let Some(vectors) = Vectors::find("every_certificate_of_a_real_bundle_names_one_signer") else { return };
    let folder = vectors.folder.join("bundles");
    let (mut kinds, mut refused) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(bundle) = serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()) else { continue };
        let Some(der) = leaf(&bundle) else { continue };
        match CertificateSigner::from_der(&der) {
            Ok(signer) => {
                let kind = match signer.subject.kind {
                    SubjectKind::Dns => "dns",
                    SubjectKind::Email => "email",
                    SubjectKind::Ip => "ip",
                    SubjectKind::Other => "other",
                    SubjectKind::Uri => "uri",
                };
                *kinds.entry(kind).or_default() += 1;
                let url = signer.claims.get("sourceRepositoryURI").unwrap_or("https://none");
                assert!(url.starts_with("https://"), "{name}: {url}");
                if signer.subject.value.starts_with("https://github.com/") {
                    assert!(
                        signer
                            .claims
                            .get("sourceRepositoryRef")
                            .is_some_and(|found| found.starts_with("refs/")),
                        "{name}"
                    );
                    assert!(signer.claims.get("buildTrigger").is_some(), "{name}");
                }
            }
            Err(error) => refused.push((name, error.code())),
        }
    }
    refused.sort();
    let (names, codes): (Vec<_>, Vec<_>) = refused.into_iter().unzip();
    assert_eq!(
        names,
        [
            "mutb-cpython-3.10.17-0-cert-truncated.sigstore.json",
            "mutb-sigstore-rs-cosign-v3-image-signature-cert-truncated.sigstore.json"
        ]
    );
    assert!(codes.iter().all(|code| *code == "certificate-malformed"), "{codes:?}");
    assert_eq!(kinds["other"], 1);
    assert!(kinds["email"] > 90 && kinds["uri"] > 50, "{kinds:?}");
}
