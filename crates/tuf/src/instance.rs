//! The instances that everybody knows: what is embedded of them, and where trust in their repositories begins.

use sealgate_verify::{DigestError, Timestamp as Time};
use sigstore_trust_root::SigstoreInstance;

use crate::{Anchor, FetchError, Mirror};

/// The name of the root that counts where nobody names another. A file of an embedded root's name stands in its place: the
/// program may be older than the instance's keys.
pub const PUBLIC_GOOD: &str = "public-good";

/// A Sigstore instance whose root is embedded.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    /// What policies call it.
    pub name: &'static str,
    /// Where it publishes its repository.
    pub mirror: &'static str,
    // The version of its root metadata that trust begins with, and the SHA-256 of it.
    pub(crate) anchor: (u64, &'static str),
    pub(crate) source: SigstoreInstance,
}

/// Every one of them.
// The digests are of the root metadata that comes with the crate `sigstore-trust-root`: a test compares them.
pub const INSTANCES: [Instance; 3] = [
    Instance {
        name: PUBLIC_GOOD,
        mirror: "https://tuf-repo-cdn.sigstore.dev",
        anchor: (16, PUBLIC_GOOD_ROOT),
        source: SigstoreInstance::PublicGood,
    },
    Instance {
        name: "staging",
        mirror: "https://tuf-repo-cdn.sigstage.dev",
        anchor: (15, STAGING_ROOT),
        source: SigstoreInstance::Staging,
    },
    Instance {
        name: "github",
        mirror: "https://tuf-repo.github.com",
        anchor: (9, GITHUB_ROOT),
        source: SigstoreInstance::GitHub,
    },
];

/// When the embedded roots were today's: the release of the crate that carries them, 2026-10-23.
pub const EMBEDDED_SINCE: Time = Time(1_792_713_600);

impl Instance {
    /// The instance of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        INSTANCES.iter().find(|instance| instance.name == name)
    }

    /// The instance that publishes there.
    pub fn of_mirror(mirror: &str) -> Option<&'static Self> {
        INSTANCES.iter().find(|instance| instance.mirror == mirror.trim_end_matches('/'))
    }

    /// Its embedded `trusted_root.json`.
    pub fn embedded(&self) -> &'static [u8] {
        self.source.embedded_trusted_root_json().as_bytes()
    }

    /// Where trust in its repository begins.
    ///
    /// # Errors
    /// None, as a test proves.
    pub fn anchor(&self) -> Result<Anchor, DigestError> {
        let (version, digest) = self.anchor;
        Ok(Anchor { digest: digest.parse()?, version, bytes: None })
    }

    /// Its own mirror.
    ///
    /// # Errors
    /// None, as a test proves.
    pub fn mirror(&self) -> Result<Mirror, FetchError> {
        Mirror::parse(self.mirror)
    }
}

const PUBLIC_GOOD_ROOT: &str = "sha256:27aea7e372aa7864065174f0661784fcf8b0e28b1dbfebeada31a0f1fb19167f";
const STAGING_ROOT: &str = "sha256:3cfd686011642e1fe151d5e413524bc1fe47ac69e87d44a33a811d04fe1795b9";
const GITHUB_ROOT: &str = "sha256:eb303461e0109458144b6ebcbfd62aaa6f6d7481e9ca77504b85f17761661462";
