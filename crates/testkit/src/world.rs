//! A whole Sigstore in one value.

use std::sync::LazyLock;

use sealgate_verify::{Digest, Evidence, Item, Timestamp, TrustedRoot};
use serde_json::{Value, json};

use crate::{
    authority::{Authority, CtLog},
    identity::Identity,
    key::{KeyKind, SigningKey},
    log::Log,
    recipe::{Content, Format, IN_TOTO, Patches, Recipe, Who, canonical, sign_statement},
    signed::Signed,
    timestamp::TimestampAuthority,
};

/// A certificate authority, a CT log, a Rekor of each version and a timestamp authority.
#[derive(Clone, Debug)]
pub struct World {
    /// The name in all host and certificate names.
    pub name: String,
    /// Gives certificates.
    pub authority: Authority,
    /// Gives SCTs.
    pub ct: CtLog,
    /// Rekor v1.
    pub log: Log,
    /// Rekor v2, Ed25519.
    pub log2: Log,
    /// Gives timestamps.
    pub timestamps: TimestampAuthority,
    /// When things are signed here: 2026-06-01 12:00 UTC.
    pub at: i64,
}

static SHARED: LazyLock<World> = LazyLock::new(World::new);

impl World {
    /// Makes a world with fresh keys.
    pub fn new() -> Self {
        Self::named("virtual")
    }

    /// Makes a world whose hosts and certificates carry `name`.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            authority: Authority::new(name),
            ct: CtLog::new(name),
            log: Log::v1(name),
            log2: Log::v2(name, KeyKind::Ed25519),
            timestamps: TimestampAuthority::new(name),
            at: 1_780_315_200,
        }
    }

    /// One world for all tests of a process.
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// An hour after signing: the certificates have ended, the signatures hold.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.at + 3600)
    }

    /// `trusted_root.json` of this world.
    pub fn trusted_root(&self) -> Value {
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self.log.json(), self.log2.json()],
            "certificateAuthorities": [self.authority.json()],
            "ctlogs": [self.ct.json()],
            "timestampAuthorities": [self.timestamps.json()],
        })
    }

    /// The same as bytes.
    pub fn trusted_root_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(&self.trusted_root()).unwrap()
    }

    /// The same, read.
    pub fn root(&self) -> TrustedRoot {
        TrustedRoot::from_json(&self.trusted_root_json()).unwrap()
    }

    /// A signature of an image the way cosign 3 makes it: v0.3, `sign/v1` statement, Rekor v1, no timestamp.
    pub fn recipe(&self, digest: &Digest, identity: &Identity) -> Recipe {
        Recipe {
            who: Who::Keyless(identity.clone()),
            content: Content::Envelope(IN_TOTO.into(), canonical(&sign_statement(digest))),
            at: self.at,
            logged_after: 60,
            stamped_after: 30,
            authority: self.authority.clone(),
            ct_logs: vec![self.ct.clone()],
            logs: vec![self.log.clone()],
            entry_kind: None,
            timestamp_authorities: Vec::new(),
            format: Format::V03,
            supplied_chain: Vec::new(),
            leaf_key: None,
            signing_key: None,
            patches: Patches::default(),
        }
    }

    /// The same in Rekor v2, with the timestamp that it needs.
    pub fn recipe_v2(&self, digest: &Digest, identity: &Identity) -> Recipe {
        self.recipe(digest, identity).with(|recipe| {
            recipe.logs = vec![self.log2.clone()];
            recipe.timestamp_authorities = vec![self.timestamps.clone()];
        })
    }

    /// Signs an image; see [`World::recipe`].
    pub fn sign_image(&self, digest: &Digest, identity: &Identity) -> Signed {
        self.recipe(digest, identity).sign()
    }

    /// Signs an image the way cosign 2 does; publish it with [`Signed::legacy_item`].
    pub fn sign_image_legacy(&self, digest: &Digest, identity: &Identity) -> Signed {
        self.recipe(digest, identity).simple_signing(digest).sign()
    }

    /// Signs an image with a managed key and a log entry.
    pub fn sign_image_with_key(&self, digest: &Digest, key: &SigningKey) -> Signed {
        self.recipe(digest, &Identity::email("unused@acme.example", "unused")).by_key(key).sign()
    }

    /// Attests something about an image.
    pub fn attest(
        &self,
        digest: &Digest,
        identity: &Identity,
        predicate_type: &str,
        predicate: Value,
    ) -> Signed {
        self.recipe(digest, identity).statement(&crate::statement(digest, predicate_type, predicate)).sign()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// Evidence as a registry without faults brings it.
pub fn evidence(reference: &str, digest: &Digest, items: Vec<Item>, at: Timestamp) -> Evidence {
    use sealgate_verify::{Entry, Place};
    let looked_in =
        [Place::AttestationTag, Place::FallbackTag, Place::Manifest, Place::Referrers, Place::SignatureTag]
            .into();
    let entry = Entry { digest: digest.clone(), manifest: None, items, gaps: Vec::new(), looked_in };
    Evidence { reference: reference.into(), gathered_at: at, entries: vec![entry], gaps: Vec::new() }
}
