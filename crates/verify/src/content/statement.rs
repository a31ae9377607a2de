//! In-toto statements: what they are about.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Algorithm, Artifact, Digest, json, limits, verifier::VerifyError};

/// The payload type of an envelope that holds a statement.
pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// An in-toto statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// `predicateType`
    pub predicate_type: String,
    /// The predicate's JSON, as written.
    pub predicate: Box<RawValue>,
    /// The signed bytes.
    pub raw: Vec<u8>,
}

/// An in-toto subject.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Not compared with anything.
    pub name: Option<String>,
    /// Algorithm to hexadecimal digest, as written.
    pub digest: BTreeMap<String, String>,
    /// `annotations`, as written.
    pub annotations: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Form {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<SubjectForm>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    #[serde(default)]
    predicate: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct SubjectForm {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    digest: BTreeMap<String, String>,
    #[serde(default)]
    annotations: Option<serde_json::Value>,
}

impl Statement {
    pub(crate) fn read(raw: &[u8]) -> Result<Self, VerifyError> {
        let form: Form = json::read(raw).map_err(VerifyError::StatementUnreadable)?;
        let invalid = |why| VerifyError::StatementInvalid { why };
        if !matches!(
            form.kind.as_str(),
            "https://in-toto.io/Statement/v0.1" | "https://in-toto.io/Statement/v1"
        ) {
            return Err(invalid("its `_type` is neither v0.1 nor v1"));
        }
        if form.subject.is_empty() {
            return Err(invalid("it has no subject"));
        }
        within("subjects", limits::SUBJECTS, form.subject.len())?;
        for subject in &form.subject {
            within("digests of one subject", limits::SUBJECT_DIGESTS, subject.digest.len())?;
        }
        if form.predicate_type.is_empty() {
            return Err(invalid("it has no predicate type"));
        }
        // SPEC: in-toto Statement v1, an absent predicate is an empty one.
        let predicate = form.predicate.map_or_else(|| RawValue::from_string("{}".to_owned()), Ok);
        let subject = |form: SubjectForm| Subject {
            name: form.name,
            digest: form.digest,
            annotations: form.annotations,
        };
        Ok(Self {
            subjects: form.subject.into_iter().map(subject).collect(),
            predicate_type: form.predicate_type,
            predicate: predicate.map_err(|_| invalid("its predicate is malformed"))?,
            raw: raw.to_vec(),
        })
    }

    /// Whether a subject has the artifact's digest. Names are not compared.
    pub(super) fn is_about(&self, artifact: Artifact<'_>) -> Result<(), VerifyError> {
        let mut digests = Known { artifact, computed: BTreeMap::new() };
        let mut is_open = false;
        for subject in &self.subjects {
            match digests.compare(subject) {
                Comparison::Fits => return Ok(()),
                Comparison::Open => is_open = true,
                Comparison::Differs => {}
            }
        }
        // THREAT: bytes withheld so that a contradiction cannot be seen.
        // See a_subject_with_a_digest_that_cannot_be_compared_is_open.
        if is_open {
            return Err(VerifyError::BytesNeeded);
        }
        let shown = |subject: &Subject| {
            subject.digest.iter().next().map(|(name, value)| json::printable(&format!("{name}:{value}")))
        };
        let first =
            self.subjects.first().and_then(shown).unwrap_or_else(|| "a subject without digest".to_owned());
        let others = self.subjects.len() - 1;
        let signed = if others == 0 { first } else { format!("{first} and {others} more") };
        Err(VerifyError::SubjectMismatch { signed, artifact: artifact.shown() })
    }
}

// The artifact's digests, each computed once.
struct Known<'a> {
    artifact: Artifact<'a>,
    computed: BTreeMap<Algorithm, Option<Digest>>,
}

/// How a subject compares with the artifact.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Comparison {
    /// One digest differs, or there is none that we know.
    Differs,
    /// Every digest fits.
    Fits,
    /// None differs, but of some the artifact's is not known: only its bytes would tell.
    Open,
}

impl Known<'_> {
    // Every digest fits, and there is one. THREAT: a subject that is right under one algorithm and wrong under another, so
    // that two readers see two artifacts.
    fn compare(&mut self, subject: &Subject) -> Comparison {
        let mut outcome = Comparison::Differs;
        for (name, value) in &subject.digest {
            let algorithm = match name.as_str() {
                "sha256" => Algorithm::Sha256,
                "sha384" => Algorithm::Sha384,
                "sha512" => Algorithm::Sha512,
                _ => continue,
            };
            let artifact = self.artifact;
            match self.computed.entry(algorithm).or_insert_with(|| artifact.digest(algorithm)) {
                Some(digest) if digest.hex() == *value => {
                    if outcome == Comparison::Differs {
                        outcome = Comparison::Fits;
                    }
                }
                Some(_) => return Comparison::Differs,
                None => outcome = Comparison::Open,
            }
        }
        outcome
    }
}

fn within(what: &'static str, limit: usize, found: usize) -> Result<(), VerifyError> {
    if found > limit { Err(VerifyError::Limit { what, limit, found }) } else { Ok(()) }
}
