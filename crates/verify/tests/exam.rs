//! Real bundles and images, and what independent verifiers said about them.
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

use sealgate_testkit::vectors::{Vector, Vectors};
use sealgate_verify::{
    Artifact, Authentic, Bundle, Content, Digest, LogRule, PublicKey, SignerRule, Timestamp, TrustedRoot,
    Verifier,
    rule::{IssuerMatch, Keyless, SubjectMatch},
};

/// After every vector was made.
const NOW: Timestamp = Timestamp(1_795_262_400);

struct Exam<'a> {
    vectors: &'a Vectors,
    vector: &'a Vector,
    root: TrustedRoot,
    key: Option<PublicKey>,
}

impl<'a> Exam<'a> {
    fn new(vectors: &'a Vectors, vector: &'a Vector) -> Result<Self, String> {
        let root = match &vector.trusted_root {
            Some(file) => TrustedRoot::from_json(&vectors.read(file)),
            None => TrustedRoot::public_good(),
        };
        let mut root = root.map_err(|error| error.code().to_owned())?;
        if vector.args.iter().any(|argument| argument.starts_with("--insecure-ignore-tlog")) {
            root = root.without_logs_insecure();
        }
        if vector.args.iter().any(|argument| argument.starts_with("--insecure-ignore-sct")) {
            root = root.without_ct_logs_insecure();
        }
        let pem = vector.key.as_ref().map(|file| String::from_utf8(vectors.read(file)).unwrap());
        let key = pem.map(|pem| PublicKey::from_pem(&pem).map_err(|error| error.to_string())).transpose()?;
        Ok(Self { vectors, vector, root, key })
    }

    fn authenticate(&self, bundle: &Bundle, artifact: Option<Artifact<'_>>) -> Result<Authentic, String> {
        let verifier = Verifier::new(&self.root, NOW);
        let log = if self.root.has_logs() { LogRule::Required } else { LogRule::None };
        let found = match (&self.key, artifact) {
            (Some(key), Some(artifact)) => verifier.authenticate_with_key(bundle, artifact, key, log),
            (Some(key), None) => verifier.authenticate_with_key_unbound_insecure(bundle, key, log),
            (None, Some(artifact)) => verifier.authenticate(bundle, artifact),
            (None, None) => verifier.authenticate_unbound_insecure(bundle),
        };
        found.map_err(|error| format!("{}: {error}", error.code()))
    }

    fn rule(&self) -> SignerRule {
        if let Some(key) = &self.key {
            return SignerRule::key(key);
        }
        let named = |flag: &str| {
            let at = self.vector.args.iter().position(|argument| argument == flag);
            at.map(|at| self.vector.args[at + 1].clone())
        };
        let issuer = self.vector.issuer.clone();
        SignerRule::keyless(&Keyless {
            issuer: issuer.map_or(IssuerMatch::RegexOrAbsent(".*".into()), IssuerMatch::Exact),
            subject: self.vector.identity.clone().map_or(SubjectMatch::Any, SubjectMatch::Exact),
            subject_kind: None,
            claims: BTreeMap::new(),
            extensions: named("--certificate-github-workflow-repository")
                .map(|name| (5, name))
                .into_iter()
                .collect(),
        })
        .unwrap()
    }

    fn content(&self, authentic: &Authentic) -> Result<Content, String> {
        let verified =
            authentic.signed_by(&self.rule()).map_err(|error| format!("identity-mismatch: {error}"))?;
        Ok(verified.content().clone())
    }

    fn bundle(&self) -> Result<(), String> {
        let bytes = self.vectors.read(self.vector.bundle.as_ref().unwrap());
        let bundle = Bundle::from_json(&bytes).map_err(|error| format!("{}: {error}", error.code()))?;
        let file = self.vector.artifact.as_ref().map(|file| self.vectors.read(file));
        let named = self.vector.digest.as_ref().filter(|text| !text.starts_with("sha1:"));
        let digest: Option<Digest> = named.map(|text| text.parse().unwrap());
        let artifact = file.as_deref().map(Artifact::Bytes).or(digest.as_ref().map(Artifact::Digest));
        match self.content(&self.authenticate(&bundle, artifact)?)? {
            Content::Statement(statement) => self.of_type(&statement.predicate_type),
            _ => Ok(()),
        }
    }

    fn of_type(&self, found: &str) -> Result<(), String> {
        let wanted = match self.vector.short_type.as_deref() {
            None => {
                return match &self.vector.predicate_type {
                    Some(wanted) if wanted != found => Err(format!("predicate type is {found}")),
                    _ => Ok(()),
                };
            }
            Some("cyclonedx") => "https://cyclonedx.org/bom",
            Some("link") => "https://in-toto.io/Link/v1",
            Some("slsaprovenance") => "https://slsa.dev/provenance/v0.2",
            Some("slsaprovenance1") => "https://slsa.dev/provenance/v1",
            Some("spdxjson") => "https://spdx.dev/Document",
            Some("vuln") => "https://cosign.sigstore.dev/attestation/vuln/v1",
            Some(other) => panic!("unknown type {other}"),
        };
        if wanted == found { Ok(()) } else { Err(format!("predicate type is {found}")) }
    }

    fn image(&self) -> Result<(), String> {
        let digest: Digest = self.vector.digest.as_ref().unwrap().parse().unwrap();
        let evidence = self.vectors.layout(self.vector).evidence("registry.example/image", &digest, NOW);
        let mut reasons = vec!["nothing there".to_owned()];
        for item in &evidence.entries[0].items {
            match self.item(item, &digest) {
                Ok(()) => return Ok(()),
                Err(why) => reasons.push(why),
            }
        }
        Err(reasons.join(" | "))
    }

    fn item(&self, item: &sealgate_verify::Item, digest: &Digest) -> Result<(), String> {
        let bundle = Bundle::read(item).map_err(|error| format!("{}: {error}", error.code()))?;
        if self.vector.args.iter().any(|flag| flag == "--use-signed-timestamps")
            && bundle.timestamp_count() == 0
        {
            return Err("no timestamp".into());
        }
        let wants_statement = self.vector.op.as_deref() == Some("verify-attestation");
        match self.content(&self.authenticate(&bundle, Some(Artifact::Digest(digest)))?)? {
            Content::Statement(statement) if wants_statement => self.of_type(&statement.predicate_type),
            Content::Statement(statement)
                if statement.predicate_type == "https://sigstore.dev/cosign/sign/v1" =>
            {
                Ok(())
            }
            Content::SimpleSigning(payload) if !wants_statement => self.annotated(payload.optional),
            _ => Err("of another kind".into()),
        }
    }

    fn annotated(&self, optional: Option<serde_json::Value>) -> Result<(), String> {
        let Some(at) = self.vector.args.iter().position(|argument| argument == "-a") else { return Ok(()) };
        let (name, value) = self.vector.args[at + 1].split_once('=').unwrap();
        if optional.unwrap_or_default()[name] == value { Ok(()) } else { Err("not so annotated".into()) }
    }
}

fn agrees(kind: &str, at_least: usize, run: impl Fn(&Exam<'_>) -> Result<(), String>) {
    let Some(vectors) = Vectors::find(kind) else { return };
    let (mut wrong, mut count) = (Vec::new(), 0);
    for vector in vectors.of_kind(kind).filter(|vector| !vector.soft) {
        count += 1;
        let found = Exam::new(&vectors, vector).and_then(|exam| run(&exam));
        if found.is_ok() != (vector.expect == "pass") {
            wrong.push(format!("{} ({}): {found:?}", vector.id, vector.reason));
        }
    }
    assert!(count >= at_least, "only {count} vectors of kind {kind}");
    assert!(wrong.is_empty(), "{} of {count} disagree:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_real_bundle_is_judged_as_independent_verifiers_judge_it() {
    agrees("bundle-", 260, |exam| exam.bundle());
}

#[test]
fn every_real_image_is_judged_as_independent_verifiers_judge_it() {
    agrees("oci-", 160, |exam| exam.image());
}

#[test]
fn every_real_root_loads_whole() {
    let Some(vectors) = Vectors::find("every_real_root_loads_whole") else { return };
    for entry in std::fs::read_dir(vectors.folder.join("trusted_roots")).unwrap() {
        let path = entry.unwrap().path();
        let root = TrustedRoot::from_json(&std::fs::read(&path).unwrap()).unwrap();
        assert!(root.notes().is_empty(), "{}: {:?}", path.display(), root.notes());
    }
}
