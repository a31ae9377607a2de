//! The client, as its users see it.

use std::{collections::BTreeSet, sync::Arc};

use sealgate_verify::{Digest, Entry, Evidence, Gap, Place, Reference};
use tokio::time::Instant;

/// How to speak to registries. Nothing here is a default that trusts anyone.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `host:port`s that may be spoken to over plain http, exactly as written in references.
    pub http_hosts: BTreeSet<String>,
    /// Whether loopback hosts may be spoken to over plain http (the CLI's manners; never the webhook's).
    pub http_loopback: bool,
    /// Hosts that may be spoken to; empty: any.
    pub only_hosts: BTreeSet<String>,
    /// More certificate authorities for registries, PEM.
    pub extra_roots: Vec<Vec<u8>>,
    /// cosign's `--allow-insecure-registry`: any certificate will do. Never the webhook's.
    pub insecure_tls: bool,
}

/// Secrets by exact host and port. Its `Debug` shows none.
#[derive(Clone, Default)]
pub struct Credentials {}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credentials {
    /// No secrets.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Reads the bytes of a docker `config.json`: its `auths`.
    ///
    /// # Errors
    /// [`ClientError`] if it cannot be read.
    pub fn from_docker_config(_bytes: &[u8]) -> Result<Self, ClientError> {
        unimplemented!()
    }

    /// A fingerprint of the content, for cache keys.
    pub fn fingerprint(&self) -> Digest {
        unimplemented!()
    }
}

/// Which places to look in.
#[derive(Clone, Debug)]
pub struct Look {
    /// Places; `Referrers` includes the fallback tag.
    pub places: BTreeSet<Place>,
    /// Whether the image's own manifest is fetched as well.
    pub manifest: bool,
    /// Where cosign's tags and referrers are, if not beside the image (`COSIGN_REPOSITORY`).
    pub evidence_repository: Option<Reference>,
}

/// What a reference means now.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The digest. For a tag: of bytes that we hashed, or a name for what to ask next.
    pub digest: Digest,
}

/// Bytes that have the digest they were asked for by.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// What the registry calls them.
    pub media_type: String,
}

/// Why the client cannot be built or a configuration not be read. What a registry does wrong is a [`Gap`].
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not a docker configuration.
    #[error("docker configuration cannot be read: {0}")]
    DockerConfig(String),
    /// TLS set-up failed.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// A bounded registry client for one set of credentials.
#[derive(Clone, Debug)]
pub struct Client {}

impl Client {
    /// Builds a client.
    ///
    /// # Errors
    /// [`ClientError::Tls`] if certificate authorities cannot be read.
    pub fn new(_config: Config, _credentials: Credentials) -> Result<Self, ClientError> {
        unimplemented!()
    }

    /// Finds the digest of `reference`: as written, or by HEAD (GET where HEAD fails) of its tag.
    ///
    /// # Errors
    /// A [`Gap`] at [`Place::Tag`].
    pub async fn resolve(&self, _reference: &Reference, _deadline: Instant) -> Result<Resolved, Gap> {
        unimplemented!()
    }

    /// Collects every candidate for `digest` from all places in `look`. What could not be read is in `gaps`.
    pub async fn gather(
        &self,
        _reference: &Reference,
        _digest: &Digest,
        _look: &Look,
        _deadline: Instant,
    ) -> Entry {
        unimplemented!()
    }

    /// Resolves and gathers.
    pub async fn evidence(
        &self,
        _reference: &Reference,
        _look: &Look,
        _now: sealgate_verify::Timestamp,
        _deadline: Instant,
    ) -> Evidence {
        unimplemented!()
    }

    /// Fetches a manifest by digest or tag; a tag's bytes are hashed, never believed.
    ///
    /// # Errors
    /// A [`Gap`] that says why not.
    pub async fn manifest(&self, _reference: &Reference, _deadline: Instant) -> Result<Fetched, Gap> {
        unimplemented!()
    }
}
