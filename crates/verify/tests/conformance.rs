//! The Sigstore conformance suite's 70 bundles, each by path and by digest: 140 runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may stop"
)]

use sealgate_testkit::vectors::Vectors;
use sealgate_verify::{
    Artifact, Bundle, Digest, LogRule, PublicKey, Signer, Timestamp, TrustedRoot, Verifier,
};
use std::path::Path;

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
/// After every vector was made.
const NOW: Timestamp = Timestamp(1_795_262_400);
const ISSUER: &str = "https://token.actions.githubusercontent.com";

fn run(folder: &Path, by_digest: bool) -> Result<(), String> {
    let read = |name: &str| std::fs::read(folder.join(name)).ok();
    let text = |name: &str, default: &str| {
        read(name).map_or(default.to_owned(), |bytes| String::from_utf8(bytes).unwrap().trim().to_owned())
    };
    let root = match read("trusted_root.json") {
        Some(bytes) => TrustedRoot::from_json(&bytes),
        None => TrustedRoot::public_good(),
    };
    let root = root.map_err(|error| format!("{}: {error:?}", error.code()))?;
    let artifact = read("artifact").unwrap_or_else(|| std::fs::read(folder.join("../a.txt")).unwrap());
    let digest = Digest::sha256(&artifact);
    let artifact = if by_digest { Artifact::Digest(&digest) } else { Artifact::Bytes(&artifact) };
    let bundle = Bundle::from_json(&read("bundle.sigstore.json").unwrap());
    let bundle = bundle.map_err(|error| format!("{}: {error:?}", error.code()))?;
    let verifier = Verifier::new(&root, NOW);
    if let Some(key) = read("key.pub") {
        let key = PublicKey::from_pem(&String::from_utf8(key).unwrap()).map_err(|error| error.to_string())?;
        let rule = if root.has_logs() { LogRule::Required } else { LogRule::None };
        return verifier
            .authenticate_with_key(&bundle, artifact, &key, rule)
            .map(|_| ())
            .map_err(|error| format!("{}: {error:?}", error.code()));
    }
    let authentic =
        verifier.authenticate(&bundle, artifact).map_err(|error| format!("{}: {error:?}", error.code()))?;
    let Signer::Certificate(signer) = authentic.signer() else { return Err("a key signed".into()) };
    let (identity, issuer) = (text("identity", IDENTITY), text("issuer", ISSUER));
    if (signer.subject.value.as_str(), signer.issuer.as_str()) != (&identity, &issuer) {
        return Err(format!("identity-mismatch: {} {}", signer.subject.value, signer.issuer));
    }
    Ok(())
}

#[test]
fn every_bundle_of_the_conformance_suite_is_judged_as_it_says() {
    let Some(vectors) = Vectors::find("every_bundle_of_the_conformance_suite_is_judged_as_it_says") else {
        return;
    };
    let suite = vectors.folder.join("conformance/bundle-verify");
    let mut folders: Vec<_> = std::fs::read_dir(suite)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert_eq!(folders.len(), 70);
    let mut wrong = Vec::new();
    for folder in &folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        for by_digest in [false, true] {
            let found = run(folder, by_digest);
            if found.is_ok() == name.ends_with("_fail") {
                wrong.push(format!("{name} (by digest: {by_digest}): {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of 140 are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
