//! The client, as its users see it.

use std::{collections::BTreeSet, sync::Arc};

use sealgate_verify::{Digest, Entry, Evidence, Gap, GapCause, Place, Reference, Timestamp};
use tokio::time::Instant;

use crate::{
    Credentials,
    fault::Fault,
    gather::gather,
    lanes::{Budget, Lanes, Owner},
    limits,
    manifest::ACCEPT_ANY,
    source::Source,
    transport::Transport,
};

/// How to speak to registries. Nothing here is a default that trusts anyone.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `host:port`s that may be spoken to over plain http, exactly as written in references.
    pub http_hosts: BTreeSet<String>,
    /// Whether loopback hosts may be spoken to over plain http (the CLI's manners; never the webhook's).
    ///
    /// With these manners a host that may be spoken to over plain http, loopback or in `http_hosts`, is asked once
    /// whether it speaks TLS; plain http is for those that do not. Without them it is plain at once.
    pub http_loopback: bool,
    /// Hosts that may be spoken to; empty: any. A registry brings its token service with it (`docker.io` brings
    /// `auth.docker.io`), but not the object stores that it redirects to: those must be named too.
    pub only_hosts: BTreeSet<String>,
    /// More certificate authorities for registries, PEM.
    pub extra_roots: Vec<Vec<u8>>,
    /// A client certificate and its key for registries that ask for one, PEM.
    pub client_identity: Option<Vec<u8>>,
    /// The name that registries' certificates must be for, if it is not the registry's own (`--registry-server-name`).
    pub server_name: Option<String>,
    /// cosign's `--allow-insecure-registry`: any certificate will do. Never the webhook's.
    pub insecure_tls: bool,
    /// Whether as many signatures are handed on as cosign reads (100), instead of the gate's 64. Only for cosign's verbs.
    pub cosign_limits: bool,
}

/// Which places to look in.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Places; `Referrers` includes the fallback tag.
    pub places: BTreeSet<Place>,
    /// Whether the image's own manifest is fetched as well.
    pub manifest: bool,
    /// Where cosign's tags and referrers are, if not beside the image (`COSIGN_REPOSITORY`).
    pub evidence_repository: Option<Reference>,
    /// What the names of cosign's tags begin with (`--attachment-tag-prefix`); mostly nothing.
    pub tag_prefix: String,
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
pub struct Client {
    transport: Arc<Transport>,
    config: Arc<Config>,
    lanes: Arc<Lanes>,
    owner: Option<Arc<Owner>>,
}

impl Client {
    /// Builds a client.
    ///
    /// # Errors
    /// [`ClientError::Tls`] if certificate authorities cannot be read.
    pub fn new(config: Config, credentials: Credentials) -> Result<Self, ClientError> {
        Self::on_lanes(Arc::new(config), credentials, Arc::default())
    }

    /// Builds a client with other credentials, that shares nothing with this one but the limits on how much happens
    /// at one time: no connection, no token.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_credentials(&self, credentials: Credentials) -> Result<Self, ClientError> {
        Self::on_lanes(Arc::clone(&self.config), credentials, Arc::clone(&self.lanes))
    }

    fn on_lanes(
        config: Arc<Config>,
        credentials: Credentials,
        lanes: Arc<Lanes>,
    ) -> Result<Self, ClientError> {
        let transport = Arc::new(Transport::new(&config, credentials, Arc::clone(&lanes))?);
        Ok(Self { transport, config, lanes, owner: None })
    }

    /// The same client, fetching on behalf of somebody, such as a namespace: within that one's share of requests and
    /// bytes at one time, so that what it asks for cannot starve others.
    #[must_use]
    pub fn on_behalf_of(&self, name: &str) -> Self {
        Self { owner: Some(self.lanes.owner(name)), ..self.clone() }
    }

    fn budget(&self) -> Budget {
        Budget::new(limits::IMAGE_BYTES).of(self.owner.clone())
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Finds the digest of `reference`: as written, or by HEAD (GET where HEAD fails) of its tag.
    ///
    /// A reference without tag and digest means `latest`.
    ///
    /// # Errors
    /// A [`Gap`] at [`Place::Tag`].
    pub async fn resolve(&self, reference: &Reference, deadline: Instant) -> Result<Resolved, Gap> {
        if let Some(digest) = reference.digest() {
            return Ok(Resolved { digest: digest.clone() });
        }
        let tag = reference.tag().unwrap_or("latest");
        let digest = self.digest_of(reference, tag, deadline).await;
        digest
            .map(|digest| Resolved { digest })
            .map_err(|fault| fault.at(Place::Tag, &format!("tag `{tag}`")))
    }

    async fn digest_of(&self, reference: &Reference, tag: &str, deadline: Instant) -> Result<Digest, Fault> {
        let budget = self.budget();
        let source = Source::of(&self.transport, reference, &budget, deadline).await?;
        match source.head(tag).await {
            Ok(Some(digest)) => return Ok(digest),
            // An answer that a GET may better: some registries know no HEAD, or name no digest in it.
            Ok(None) | Err(Fault::Absent { .. }) => {}
            Err(fault)
                if matches!(fault.cause(), Some(GapCause::AccessDenied | GapCause::UnexpectedAnswer)) => {}
            Err(fault) => return Err(fault),
        }
        let tagged = source.tag(tag, ACCEPT_ANY, &[]).await?;
        Ok(Digest::sha256(&tagged.bytes))
    }

    /// Collects every candidate for `digest` from all places in `look`. What could not be read is in `gaps`.
    ///
    /// Comes back at the deadline with what was found by then.
    pub async fn gather(
        &self,
        reference: &Reference,
        digest: &Digest,
        look: &Look,
        deadline: Instant,
    ) -> Entry {
        let most = if self.config.cosign_limits { limits::ITEMS_FOR_COSIGN } else { limits::ITEMS };
        gather(&self.transport, reference, digest, look, most, self.budget(), deadline).await
    }

    /// Resolves and gathers.
    pub async fn evidence(
        &self,
        reference: &Reference,
        look: &Look,
        now: Timestamp,
        deadline: Instant,
    ) -> Evidence {
        let written = reference.written().to_owned();
        match self.resolve(reference, deadline).await {
            Ok(resolved) => {
                let entry = self.gather(reference, &resolved.digest, look, deadline).await;
                Evidence { reference: written, gathered_at: now, entries: vec![entry], gaps: vec![] }
            }
            Err(gap) => Evidence { reference: written, gathered_at: now, entries: vec![], gaps: vec![gap] },
        }
    }

    /// Fetches a manifest by digest or tag; a tag's bytes are hashed, never believed.
    ///
    /// # Errors
    /// A [`Gap`] that says why not.
    pub async fn manifest(&self, reference: &Reference, deadline: Instant) -> Result<Fetched, Gap> {
        let budget = self.budget();
        let (place, what) = match (reference.digest(), reference.tag().unwrap_or("latest")) {
            (Some(digest), _) => (Place::Manifest, digest.to_string()),
            (None, tag) => (Place::Tag, format!("tag `{tag}`")),
        };
        let fetched = async {
            let source = Source::of(&self.transport, reference, &budget, deadline).await?;
            match reference.digest() {
                Some(digest) => source.manifest(digest, None, ACCEPT_ANY).await,
                None => source.tag(reference.tag().unwrap_or("latest"), ACCEPT_ANY, &[]).await,
            }
        };
        match fetched.await {
            Ok(fetched) => Ok(Fetched { bytes: fetched.bytes.into(), media_type: fetched.media_type }),
            Err(fault) => Err(fault.at(place, &what)),
        }
    }
}
