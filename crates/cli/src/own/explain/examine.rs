//! What each stored signature is, held against every root and key at hand. Pure.

use std::sync::Arc;

use sealgate::verify::{
    Artifact, Authentic, Bundle, BundleError, CertificateSigner, Content, Digest, Item, LogRule, Place,
    PublicKey, Signer, SignerRule, Timestamp, TrustedRoot, TrustedRoots, Verifier, VerifyError,
    rule::{IssuerMatch, Keyless, SubjectMatch},
    signer::printable,
};

use super::summary;
use crate::facts::{self, Identity, Reason, Signature, Skips, Standing};

/// What signatures are held against.
pub(super) struct Against<'a> {
    pub(super) roots: &'a TrustedRoots,
    pub(super) keys: &'a [PublicKey],
    pub(super) now: Timestamp,
}

/// A signature beside the one who made it, where that is proven.
pub(super) struct Examined {
    pub(super) facts: Signature,
    pub(super) signer: Option<Signer>,
}

/// Examines something that is stored beside an image.
pub(super) fn item(item: &Item, digest: &Digest, against: &Against<'_>) -> Examined {
    let stored =
        Signature::stored(Some(Digest::sha256(&item.bytes)), facts::kebab(&item.place), format(item));
    match Bundle::read(item) {
        Ok(bundle) => bundle_of(stored, &bundle, Artifact::Digest(digest), against),
        Err(error) => unreadable(stored, &error),
    }
}

/// What cannot be read is said so.
pub(super) fn unreadable(stored: Signature, error: &BundleError) -> Examined {
    let reason = Reason { code: error.code().into(), message: chain(error), help: error.help().into() };
    Examined { facts: Signature { reason: Some(reason), ..stored }, signer: None }
}

/// Examines a bundle about an artifact.
pub(super) fn bundle_of(
    stored: Signature,
    bundle: &Bundle,
    artifact: Artifact<'_>,
    against: &Against<'_>,
) -> Examined {
    let seen = match bundle.has_certificate() {
        true => keyless(bundle, artifact, against),
        false => keyed(bundle, artifact, against),
    };
    let Some((root, skips, outcome)) = seen else {
        let reason = Reason {
            code: "key-needed".into(),
            message: "it was made with a managed key, which nobody named here".into(),
            help: "give --key with the public key that you expect; a signature never brings its own".into(),
        };
        let facts = Signature { standing: Standing::NotChecked, reason: Some(reason), ..stored };
        return Examined { facts, signer: None };
    };
    let is_keyed = !bundle.has_certificate();
    match outcome {
        Err(error) => {
            let claimed = bundle.claimed_certificate().and_then(|der| CertificateSigner::from_der(der).ok());
            let facts = Signature {
                claimed: claimed.as_ref().map(Identity::certified),
                checks: facts::checks(bundle, is_keyed, skips, Some(&error)),
                reason: Some(Reason {
                    code: error.code().into(),
                    message: chain(&error),
                    help: error.help().into(),
                }),
                ..stored
            };
            Examined { facts, signer: None }
        }
        Ok(authentic) => {
            let signer = authentic.signer().clone();
            let mut facts = Signature {
                standing: Standing::Genuine,
                root: Some(root),
                digest: artifact_digest(artifact),
                signer: Some(Identity::of(&signer)),
                checks: facts::checks(bundle, is_keyed, skips, None),
                ..stored
            };
            // What it says is told as the words of this very signer, whom nobody has to trust for that.
            let rule = exactly(&signer, against.keys);
            if let Some(verified) = rule.as_ref().and_then(|rule| authentic.signed_by(rule).ok()) {
                facts.times = facts::times(verified.signed_at());
                facts.log = facts::entries(verified.log());
                if let Content::Statement(statement) = verified.content() {
                    facts.predicate_type = Some(printable(&statement.predicate_type));
                }
                facts.summary = summary::of(verified);
            }
            Examined { facts, signer: Some(signer) }
        }
    }
}

type Seen = (String, Skips, Result<Authentic, VerifyError>);

// The root under which it is genuine; else the one under which it came farthest.
fn keyless(bundle: &Bundle, artifact: Artifact<'_>, against: &Against<'_>) -> Option<Seen> {
    let looks = against.roots.iter().map(|(name, root)| {
        let skips = Skips {
            log: (!root.has_logs()).then_some("no-log-in-root"),
            sct: (!root.has_ct_logs()).then_some("no-ct-log-in-root"),
            subject: None,
        };
        (name.clone(), skips, Verifier::new(root, against.now).authenticate(bundle, artifact))
    });
    nearest(looks, bundle)
}

fn keyed(bundle: &Bundle, artifact: Artifact<'_>, against: &Against<'_>) -> Option<Seen> {
    // Without an entry the key alone vouches, which the list of checks says.
    let (log, skips) = match bundle.log_entry_count() {
        0 => (LogRule::None, Skips { log: Some("no-log-entry-in-signature"), ..Skips::default() }),
        _ => (LogRule::Required, Skips::default()),
    };
    let pairs = against.keys.iter().flat_map(|key| {
        against.roots.iter().map(move |(name, root): (&String, &Arc<TrustedRoot>)| (key, name, root))
    });
    let looks = pairs.map(|(key, name, root)| {
        let verifier = Verifier::new(root, against.now);
        (name.clone(), skips, verifier.authenticate_with_key(bundle, artifact, key, log))
    });
    nearest(looks, bundle)
}

fn nearest(looks: impl Iterator<Item = Seen>, bundle: &Bundle) -> Option<Seen> {
    // A root that has no logs comes far by leaving out what the signature does bring.
    let rank = |skips: &Skips, error: &VerifyError| {
        (skips.log.is_none() || bundle.log_entry_count() == 0, error.step())
    };
    let mut best: Option<Seen> = None;
    for look in looks {
        let Err(error) = &look.2 else { return Some(look) };
        match &best {
            Some((_, skips, Err(other))) if rank(skips, other) >= rank(&look.1, error) => {}
            _ => best = Some(look),
        }
    }
    best
}

/// The rule that names this signer and nobody else.
pub(super) fn exactly(signer: &Signer, keys: &[PublicKey]) -> Option<SignerRule> {
    let certificate = match signer {
        Signer::Key(key) => {
            let key = keys.iter().find(|known| known.fingerprint() == key.fingerprint)?;
            return Some(SignerRule::key(key));
        }
        Signer::Certificate(certificate) => certificate,
    };
    let issuer = match certificate.issuer.as_str() {
        "" => IssuerMatch::RegexOrAbsent(String::new()),
        text if text.contains('*') => IssuerMatch::Regex(regex::escape(text)),
        text => IssuerMatch::Exact(text.to_owned()),
    };
    let keyless = Keyless {
        issuer,
        subject: SubjectMatch::Exact(certificate.subject.value.clone()),
        subject_kind: None,
        claims: [].into(),
        extensions: [].into(),
    };
    SignerRule::keyless(&keyless).ok()
}

fn artifact_digest(artifact: Artifact<'_>) -> Option<String> {
    match artifact {
        Artifact::Bytes(bytes) => Some(Digest::sha256(bytes).to_string()),
        Artifact::Digest(digest) => Some(digest.to_string()),
    }
}

fn format(item: &Item) -> &'static str {
    match item.place {
        Place::SignatureTag => "signature-layer",
        Place::AttestationTag => "attestation-layer",
        _ => "bundle",
    }
}

// An error and what it rests on, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let (mut line, mut source) = (error.to_string(), error.source());
    while let Some(inner) = source {
        line.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    printable(&line)
}
