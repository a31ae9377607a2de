//! What documents mean, after the loader: every default applied, every name known.

use std::collections::{BTreeMap, BTreeSet};

use sealgate_verify::{Digest, LogRule, PublicKey, SignerRule};
use serde_json::{Value, json};

use crate::{Action, Mode, Settings, image::ImagePattern};

/// One policy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) mode: Mode,
    pub(crate) lifts_no_match: bool,
    pub(crate) images: Vec<ImagePattern>,
    pub(crate) except_images: Vec<ImagePattern>,
    pub(crate) signers: BTreeMap<String, Signer>,
    pub(crate) requirements: BTreeMap<String, Requirement>,
}

/// Somebody to trust, with the roots that may vouch.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) roots: Vec<String>,
    pub(crate) who: Who,
    /// Whom it names, for the set's hash.
    pub(crate) meaning: Value,
}

/// Whom a signer names.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// An identity in a certificate.
    Identity(SignerRule),
    /// A managed key; the rule names that same key.
    Key { key: PublicKey, log: LogRule, rule: SignerRule },
}

/// Something that must hold.
#[derive(Clone, Debug)]
pub(crate) struct Requirement {
    /// The weaker of the policy's mode and its own.
    pub(crate) mode: Mode,
    pub(crate) help: Option<String>,
    pub(crate) ask: Ask,
}

/// What a requirement asks for.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    /// Named alternatives of named leaves.
    AnyOf(BTreeMap<String, BTreeMap<String, Signature>>),
    /// Signatures.
    Signature(Signature),
    /// Nothing; the text says why.
    Unsigned(String),
}

/// Signatures over the digest.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) by: BTreeSet<String>,
    pub(crate) at_least: usize,
}

impl Signer {
    /// Whom it names.
    pub(crate) fn rule(&self) -> &SignerRule {
        match &self.who {
            Who::Identity(rule) | Who::Key { rule, .. } => rule,
        }
    }
}

impl Policy {
    /// Whether it can deny: as written, whatever the evidence.
    pub(crate) fn enforces(&self) -> bool {
        self.requirements.values().any(|requirement| requirement.mode == Mode::Enforce)
    }

    /// Every leaf that asks for signatures.
    pub(crate) fn signatures(&self) -> impl Iterator<Item = &Signature> {
        self.requirements.values().flat_map(|requirement| -> Box<dyn Iterator<Item = &Signature>> {
            match &requirement.ask {
                Ask::AnyOf(alternatives) => Box::new(alternatives.values().flat_map(BTreeMap::values)),
                Ask::Signature(signature) => Box::new(std::iter::once(signature)),
                Ask::Unsigned(_) => Box::new(std::iter::empty()),
            }
        })
    }

    fn meaning(&self) -> Value {
        json!({
            "name": self.name,
            "mode": self.mode,
            "liftsNoMatch": self.lifts_no_match,
            "images": texts(&self.images),
            "exceptImages": texts(&self.except_images),
            "signers": self.signers.iter().map(|(name, signer)| (name.clone(), signer.meaning.clone())).collect::<serde_json::Map<_, _>>(),
            "require": self.requirements.iter().map(|(name, requirement)| (name.clone(), requirement.meaning())).collect::<serde_json::Map<_, _>>(),
        })
    }
}

impl Requirement {
    fn meaning(&self) -> Value {
        let ask = match &self.ask {
            Ask::AnyOf(alternatives) => json!({ "anyOf": alternatives.iter().map(|(name, leaves)| {
                let leaves = leaves.iter().map(|(name, leaf)| (name.clone(), leaf.meaning()));
                (name.clone(), leaves.collect::<serde_json::Map<_, _>>().into())
            }).collect::<serde_json::Map<String, Value>>() }),
            Ask::Signature(signature) => json!({ "signature": signature.meaning() }),
            Ask::Unsigned(reason) => json!({ "unsigned": reason }),
        };
        json!({ "mode": self.mode, "help": self.help, "ask": ask })
    }
}

impl Signature {
    fn meaning(&self) -> Value {
        json!({ "by": self.by, "atLeast": self.at_least })
    }
}

/// SHA-256 over what a set means. Maps are sorted by `serde_json`, lists are sets.
pub(crate) fn hash(policies: &BTreeMap<String, Policy>, settings: &Settings) -> Digest {
    let action = |action: Action| match action {
        Action::Allow => "allow",
        Action::Audit => "audit",
        Action::Deny => "deny",
        Action::Warn => "warn",
    };
    let meaning = json!({
        "version": 1,
        "settings": {
            "noMatch": action(settings.no_match),
            "tags": action(settings.tags),
            "allowUnknownKinds": settings.allow_unknown_kinds,
            "registries": settings.registries.iter().collect::<BTreeSet<_>>(),
        },
        "policies": policies.values().map(Policy::meaning).collect::<Vec<_>>(),
    });
    Digest::sha256(meaning.to_string().as_bytes())
}

fn texts(patterns: &[ImagePattern]) -> BTreeSet<&str> {
    patterns.iter().map(ImagePattern::text).collect()
}
