//! Where we and the Sigstore project's own verifier differ: only in the kinds that `differences.toml` lists.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test may stop"
)]

#[path = "support/mutate.rs"]
mod mutate;

use std::collections::{BTreeMap, BTreeSet};

use sealgate_testkit::vectors::Vectors;
use sealgate_verify::{Artifact, Bundle, Digest, LogRule, PublicKey, Timestamp, TrustedRoot, Verifier};
use serde_json::Value;
use sigstore_verify::{PublicKeyVerificationPolicy, VerificationPolicy, types::DerPublicKey};

/// After every vector was made.
const NOW: Timestamp = Timestamp(1_795_262_400);

/// One of the kinds in which the verdicts may differ.
#[derive(Debug, serde::Deserialize)]
struct Kind {
    /// Our code, where we refuse what the other accepts.
    code: Option<String>,
    /// Words of the other's message, where it refuses what we accept.
    oracle: Option<String>,
    /// Where the change was made, if it matters.
    path: Option<String>,
    /// Why we are right.
    #[serde(rename = "why")]
    _why: String,
}

#[derive(serde::Deserialize)]
struct Kinds {
    difference: Vec<Kind>,
}

struct Case {
    root: TrustedRoot,
    other_root: sigstore_verify::trust_root::TrustedRoot,
    key: Option<String>,
    digest: Digest,
    bytes: Option<Vec<u8>>,
    ignores_log: bool,
}

impl Case {
    fn new(root: &[u8], key: Option<Vec<u8>>, digest: Digest, bytes: Option<Vec<u8>>) -> Option<Self> {
        let text = std::str::from_utf8(root).unwrap();
        let root = TrustedRoot::from_json(root).ok()?;
        Some(Self {
            ignores_log: !root.has_logs(),
            root,
            other_root: sigstore_verify::trust_root::TrustedRoot::from_json(text).ok()?,
            key: key.map(|key| String::from_utf8(key).unwrap()),
            digest,
            bytes,
        })
    }

    fn ours(&self, bundle: &[u8]) -> Result<(), &'static str> {
        let bundle = Bundle::from_json(bundle).map_err(|error| error.code())?;
        let artifact = self.bytes.as_deref().map_or(Artifact::Digest(&self.digest), Artifact::Bytes);
        let verifier = Verifier::new(&self.root, NOW);
        let found = match &self.key {
            Some(key) => {
                let key = PublicKey::from_pem(key).map_err(|_| "key-unreadable")?;
                let log = if self.ignores_log { LogRule::None } else { LogRule::Required };
                verifier.authenticate_with_key(&bundle, artifact, &key, log)
            }
            None => verifier.authenticate(&bundle, artifact),
        };
        found.map(|_| ()).map_err(|error| error.code())
    }

    fn theirs(&self, bundle: &[u8]) -> Result<(), String> {
        let bundle = std::str::from_utf8(bundle).map_err(|error| error.to_string())?;
        let bundle = sigstore_verify::types::Bundle::from_json(bundle).map_err(|error| error.to_string())?;
        let verifier = sigstore_verify::Verifier::new(&self.other_root).map_err(|error| error.to_string())?;
        let artifact = || match &self.bytes {
            Some(bytes) => sigstore_verify::types::Artifact::from_blob(bytes),
            None => {
                let algorithm = self.digest.algorithm().name().parse().unwrap();
                let digest =
                    sigstore_verify::types::ArtifactDigest::new(algorithm, self.digest.bytes().to_vec());
                sigstore_verify::types::Artifact::from_digest(digest.unwrap())
            }
        };
        let found = match &self.key {
            Some(key) => {
                let mut policy = PublicKeyVerificationPolicy::new(
                    DerPublicKey::from_pem(key).map_err(|error| error.to_string())?,
                );
                if self.ignores_log {
                    policy = policy.skip_tlog_unsafe();
                }
                verifier.verify(artifact(), &bundle, &policy)
            }
            None => {
                let mut policy = VerificationPolicy::any_identity();
                if self.ignores_log {
                    policy = policy.skip_tlog_unsafe().skip_sct();
                }
                verifier.verify(artifact(), &bundle, &policy)
            }
        };
        found.map(|_| ()).map_err(|error| error.to_string())
    }
}

#[derive(Default)]
struct Tally {
    compared: usize,
    used: BTreeSet<usize>,
    unlisted: BTreeMap<String, Vec<String>>,
}

impl Tally {
    fn compare(&mut self, kinds: &[Kind], case: &Case, name: &str, path: &str, bundle: &[u8]) {
        self.compared += 1;
        let (code, oracle) = match (case.ours(bundle), case.theirs(bundle)) {
            (Ok(()), Err(words)) => (None, Some(words)),
            (Err(code), Ok(())) => (Some(code), None),
            _ => return,
        };
        let fits = |kind: &Kind| {
            kind.code.as_deref() == code
                && match (&kind.oracle, &oracle) {
                    (Some(part), Some(words)) => words.contains(part),
                    (None, None) => true,
                    _ => false,
                }
                && kind.path.as_ref().is_none_or(|part| path.contains(part))
        };
        match kinds.iter().position(fits) {
            Some(at) => drop(self.used.insert(at)),
            None => self
                .unlisted
                .entry(format!("{code:?} {oracle:?}"))
                .or_default()
                .push(format!("{name} {path}")),
        }
    }

    fn finish(self, kinds: &[Kind], at_least: usize) {
        let mut unlisted = String::new();
        for (kind, places) in &self.unlisted {
            unlisted.push_str(&format!(
                "{kind}\n  {} times: {:?}\n",
                places.len(),
                &places[..places.len().min(40)]
            ));
        }
        assert!(unlisted.is_empty(), "of {} compared, unlisted differences:\n{unlisted}", self.compared);
        assert!(self.compared >= at_least, "only {} compared", self.compared);
        let idle: Vec<_> =
            (0..kinds.len()).filter(|at| !self.used.contains(at)).map(|at| &kinds[at]).collect();
        assert!(idle.is_empty(), "listed, but never seen: {idle:#?}");
    }
}

#[test]
fn verdicts_differ_from_the_reference_verifier_only_in_listed_kinds() {
    let Some(vectors) = Vectors::find("verdicts_differ_from_the_reference_verifier_only_in_listed_kinds")
    else {
        return;
    };
    let kinds: Kinds = toml::from_str(include_str!("differences.toml")).unwrap();
    let kinds = kinds.difference;
    let mut tally = Tally::default();
    let mut bases: BTreeMap<String, (Case, Value)> = BTreeMap::new();
    for vector in vectors.of_kind("bundle-") {
        let root = vector.trusted_root.as_ref().map(|file| vectors.read(file));
        let root =
            root.unwrap_or_else(|| sigstore_verify::trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT.into());
        let bytes = vector.artifact.as_ref().map(|file| vectors.read(file));
        let digest = match (&vector.digest, &bytes) {
            (Some(text), _) if !text.starts_with("sha1:") => text.parse().unwrap(),
            (_, Some(bytes)) => Digest::sha256(bytes),
            _ => continue,
        };
        let key = vector.key.as_ref().map(|file| vectors.read(file));
        let Some(case) = Case::new(&root, key, digest, bytes) else { continue };
        let bundle = vectors.read(vector.bundle.as_ref().unwrap());
        tally.compare(&kinds, &case, "vector", &vector.id, &bundle);
        if vector.expect == "pass" && !vector.soft {
            let json: Value = serde_json::from_slice(&bundle).unwrap();
            // One of each shape is enough to change leaf by leaf.
            let has = |path: &str| json.pointer(path).is_some();
            let key = format!(
                "{} {} promise {} proof {} timestamp {}",
                json["mediaType"],
                json.pointer("/verificationMaterial/tlogEntries/0/kindVersion").unwrap_or(&Value::Null),
                has("/verificationMaterial/tlogEntries/0/inclusionPromise"),
                has("/verificationMaterial/tlogEntries/0/inclusionProof"),
                has("/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0"),
            );
            bases.entry(key).or_insert((case, json));
        }
    }
    for (shape, (case, json)) in &bases {
        for mutant in mutate::mutants(json, 3) {
            let bundle = serde_json::to_vec(&mutant.json).unwrap();
            tally.compare(&kinds, case, shape, &format!("{} ({})", mutant.path, mutant.change), &bundle);
        }
    }
    tally.finish(&kinds, 2000);
}
