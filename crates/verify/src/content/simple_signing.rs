//! Cosign's simple-signing payload.

use serde::Deserialize;

use crate::{Artifact, Digest, json, verifier::VerifyError};

/// Cosign's simple-signing payload.
#[derive(Clone, Debug)]
pub struct SimpleSigning {
    /// `critical.image.docker-manifest-digest`
    pub digest: Digest,
    /// `critical.identity.docker-reference`; not compared with anything.
    pub docker_reference: String,
    /// `optional`, as written.
    pub optional: Option<serde_json::Value>,
    /// The signed bytes.
    pub raw: Vec<u8>,
}

#[derive(Deserialize)]
struct Form {
    critical: Critical,
    #[serde(default)]
    optional: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Critical {
    #[serde(default)]
    identity: Option<Identity>,
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Identity {
    #[serde(default, rename = "docker-reference")]
    reference: Option<String>,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

impl SimpleSigning {
    pub(crate) fn read(raw: &[u8]) -> Result<Self, VerifyError> {
        let form: Form = json::read(raw).map_err(VerifyError::StatementUnreadable)?;
        // SPEC: cosign SIGNATURE_SPEC, the type is exactly this.
        if form.critical.kind != "cosign container image signature" {
            return Err(VerifyError::PayloadInvalid { why: "its `critical.type` is another" });
        }
        let digest = form.critical.image.digest.parse();
        let digest = digest.map_err(|_| VerifyError::PayloadInvalid {
            why: "its `docker-manifest-digest` is not a digest",
        })?;
        let docker_reference =
            form.critical.identity.and_then(|identity| identity.reference).unwrap_or_default();
        Ok(Self { digest, docker_reference, optional: form.optional, raw: raw.to_vec() })
    }

    pub(super) fn is_about(&self, artifact: Artifact<'_>) -> Result<(), VerifyError> {
        if artifact.digest(self.digest.algorithm()).as_ref() == Some(&self.digest) {
            return Ok(());
        }
        Err(VerifyError::SubjectMismatch { signed: self.digest.to_string(), artifact: artifact.shown() })
    }
}
