//! What cryptography says about every item: each is authenticated once per root, and once per key and log rule.

use std::collections::{BTreeMap, BTreeSet};

use sealgate_verify::{
    Authentic, Bundle, BundleError, Content, Digest, Item, LogRule, Signer as Signatory, TimeSource,
    Timestamp, TrustedRoots, Verified, Verifier, VerifyError,
};

use super::{
    sharing::Sharer,
    target::{Target, place},
};
use crate::{
    Compared, ItemUse, Reason,
    model::{Policy, Signer, Who},
    reason::{self, Code, shown},
};

/// Cosign's predicate of a statement that is nothing but a signature.
const SIGN_PREDICATE: &str = "https://sigstore.dev/cosign/sign/v1";

/// All items under all lenses that the policies need.
pub(super) struct Sight<'e> {
    items: Vec<Seen<'e>>,
    /// What each lens shows of each item; `None` if its root is not loaded.
    lenses: BTreeMap<Lens, Option<Vec<Result<Authentic, Trouble>>>>,
}

struct Seen<'e> {
    item: &'e Item,
    digest: Digest,
}

/// What an item is looked at through.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Lens {
    Key { root: String, fingerprint: Digest, logged: bool },
    Root(String),
}

/// Why an item is not genuine.
#[derive(Clone, Debug)]
enum Trouble {
    Forged(VerifyError),
    Unreadable(BundleError),
}

/// What a signer of a policy has to do with the items.
pub(super) struct View<'s> {
    /// Whether any of its roots is loaded.
    pub(super) is_possible: bool,
    pub(super) hits: Vec<Hit<'s>>,
    /// At most one per item: the nearest.
    pub(super) misses: Vec<Miss>,
}

/// A signature by the signer.
pub(super) struct Hit<'s> {
    pub(super) sharer: Sharer,
    pub(super) usage: ItemUse,
    _verified: Verified<'s>,
}

/// Something that is not a signature by the signer, and why.
#[derive(Clone)]
pub(super) struct Miss {
    pub(super) item: usize,
    /// The larger, the nearer.
    pub(super) nearness: Nearness,
    pub(super) reason: Reason,
}

impl<'e> Sight<'e> {
    pub(super) fn of(
        policies: &[&Policy],
        target: &Target<'e>,
        roots: &TrustedRoots,
        now: Timestamp,
    ) -> Self {
        let items: Vec<Seen<'e>> =
            target.items.iter().map(|item| Seen { item, digest: Digest::sha256(&item.bytes) }).collect();
        let bundles: Vec<Result<Bundle, BundleError>> =
            items.iter().map(|seen| Bundle::read(seen.item)).collect();
        let mut lenses = BTreeMap::new();
        let Some(artifact) = target.artifact() else { return Self { items: Vec::new(), lenses } };
        for policy in policies {
            let used: BTreeSet<&String> = policy.signatures().flat_map(|signature| &signature.by).collect();
            for signer in used.into_iter().filter_map(|name| policy.signers.get(name)) {
                for lens in lenses_of(signer, roots) {
                    if lenses.contains_key(&lens) {
                        continue;
                    }
                    let shown = roots.get(lens.root()).map(|root| {
                        let verifier = Verifier::new(root, now);
                        let look = |bundle: &Result<Bundle, BundleError>| {
                            let bundle =
                                bundle.as_ref().map_err(|error| Trouble::Unreadable(error.clone()))?;
                            let authentic = match &signer.who {
                                Who::Identity(_) => verifier.authenticate(bundle, artifact),
                                Who::Key { key, log, .. } => {
                                    verifier.authenticate_with_key(bundle, artifact, key, *log)
                                }
                            };
                            authentic.map_err(Trouble::Forged)
                        };
                        bundles.iter().map(look).collect::<Vec<_>>()
                    });
                    lenses.insert(lens, shown);
                }
            }
        }
        Self { items, lenses }
    }

    /// What `signer` signed, and what it did not.
    pub(super) fn view(&self, name: &str, signer: &Signer, roots: &TrustedRoots) -> View<'_> {
        let mut view = View { is_possible: false, hits: Vec::new(), misses: Vec::new() };
        let mut misses: BTreeMap<usize, Miss> = BTreeMap::new();
        for lens in lenses_of(signer, roots) {
            view.is_possible |= roots.contains_key(lens.root());
            let Some(Some(shown)) = self.lenses.get(&lens) else { continue };
            for (index, (seen, outcome)) in self.items.iter().zip(shown).enumerate() {
                match look(seen, outcome, name, signer, lens.root()) {
                    Ok(hit) => view.hits.push(hit),
                    Err((nearness, reason)) => {
                        let miss = Miss { item: index, nearness, reason: *reason };
                        match misses.get(&index) {
                            Some(other) if other.nearness >= miss.nearness => {}
                            _ => {
                                misses.insert(index, miss);
                            }
                        }
                    }
                }
            }
        }
        view.misses = misses.into_values().collect();
        view
    }

    /// Whether the manifest's bytes could have changed what is known of an item.
    pub(super) fn misses_bytes(&self) -> bool {
        let outcomes = self.lenses.values().flatten().flatten();
        outcomes.into_iter().any(|outcome| matches!(outcome, Err(Trouble::Forged(VerifyError::BytesNeeded))))
    }

    /// Items that are genuine under no lens, and roots that are not loaded.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for (index, seen) in self.items.iter().enumerate() {
            let outcomes: Vec<_> = self
                .lenses
                .values()
                .filter_map(|shown| shown.as_ref())
                .filter_map(|shown| shown.get(index))
                .collect();
            if outcomes.iter().any(|outcome| outcome.is_ok()) {
                continue;
            }
            if let Some(Err(trouble)) = outcomes.first() {
                notes.push(format!("{}: {}", trouble.code(), trouble.words(seen)));
            }
        }
        let missing = self.lenses.iter().filter(|(_, shown)| shown.is_none()).map(|(lens, _)| lens.root());
        notes.extend(missing.map(|root| format!("root-missing: no trusted root `{root}` is loaded")));
        notes
    }
}

/// The lenses of a signer, in the order of its roots.
fn lenses_of(signer: &Signer, roots: &TrustedRoots) -> Vec<Lens> {
    match &signer.who {
        Who::Identity(_) => signer.roots.iter().cloned().map(Lens::Root).collect(),
        Who::Key { key, log, .. } => {
            let lens = |root: &String| Lens::Key {
                root: root.clone(),
                fingerprint: key.fingerprint(),
                logged: *log == LogRule::Required,
            };
            // A key that needs no log entry takes nothing from a root, so any will do where its own is not there.
            let own_is_there = signer.roots.iter().any(|root| roots.contains_key(root));
            match (log, roots.keys().next()) {
                (LogRule::None, Some(any)) if !own_is_there => vec![lens(any)],
                _ => signer.roots.iter().map(lens).collect(),
            }
        }
    }
}

impl Lens {
    fn root(&self) -> &str {
        match self {
            Self::Key { root, .. } | Self::Root(root) => root,
        }
    }
}

impl Trouble {
    fn code(&self) -> &'static str {
        match self {
            Self::Forged(error) => error.code(),
            Self::Unreadable(error) => error.code(),
        }
    }

    fn help(&self) -> &'static str {
        match self {
            Self::Forged(error) => error.help(),
            Self::Unreadable(error) => error.help(),
        }
    }

    fn words(&self, seen: &Seen<'_>) -> String {
        match self {
            Self::Forged(error) => format!("{seen} is not genuine: {}", chain(error)),
            Self::Unreadable(error) => format!("{seen} is unreadable: {}", chain(error)),
        }
    }
}

impl std::fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` in {}", self.digest, place(self.item.place))
    }
}

/// How far an item came, how many fields of its signer fitted, and how much of the next one does.
pub(super) type Nearness = (u8, usize, usize);

type NearMiss = (Nearness, Box<Reason>);

fn look<'s>(
    seen: &Seen<'_>,
    outcome: &'s Result<Authentic, Trouble>,
    name: &str,
    signer: &Signer,
    root: &str,
) -> Result<Hit<'s>, NearMiss> {
    let authentic = outcome.as_ref().map_err(|trouble| {
        let rank = if matches!(trouble, Trouble::Forged(_)) { 1 } else { 0 };
        let reason = Reason {
            code: trouble.code(),
            rule: None,
            message: trouble.words(seen),
            help: trouble.help().to_owned(),
            cause: None,
            compared: None,
        };
        ((rank, 0, 0), Box::new(reason))
    })?;
    let verified = authentic.signed_by(signer.rule()).map_err(|mismatch| {
        let message = format!(
            "signed by `{}`, the policy wants `{name}`, which is {}: {}",
            shown(&authentic.signer().to_string()),
            signer.rule().describe(),
            shown(&mismatch.to_string())
        );
        let code = if mismatch.is_about_a_claim() { Code::ClaimMismatch } else { Code::IdentityMismatch };
        let compared = Compared {
            signed_by: shown(&authentic.signer().to_string()),
            signer: name.to_owned(),
            names: shown(signer.rule().describe()),
            found: shown(&mismatch.found),
            wanted: shown(&mismatch.wanted),
            field: mismatch.field.clone(),
        };
        let reason = Reason { compared: Some(Box::new(compared)), ..reason::plain(code, None, message) };
        ((2, mismatch.nearness, alike(&mismatch.found, &mismatch.wanted)), Box::new(reason))
    })?;
    if let Some(what) = not_a_signature(verified.content()) {
        let message =
            format!("{seen} is by signer `{name}`, but is {what}, which is no signature of the image");
        return Err(((3, 0, 0), Box::new(reason::plain(Code::NotASignature, None, message))));
    }
    Ok(Hit {
        sharer: sharer(verified.signer()),
        usage: usage(seen, &verified, name, root),
        _verified: verified,
    })
}

// How many letters two texts share at their beginning, and beyond those at their end. Of several signers that a reader may
// have meant, it is the one of the same repository, or whose workflow differs in its ref alone.
fn alike(found: &str, wanted: &str) -> usize {
    let same = |pair: &(u8, u8)| pair.0 == pair.1;
    let start = found.bytes().zip(wanted.bytes()).take_while(same).count();
    let rest = found.len().min(wanted.len()).saturating_sub(start);
    start + found.bytes().rev().zip(wanted.bytes().rev()).take(rest).take_while(same).count()
}

/// What something is that a trusted signer signed, if it is no signature. See `semantics` 3: simple signing, cosign's
/// `sign/v1` statement or a message; nothing else.
fn not_a_signature(content: &Content) -> Option<String> {
    match content {
        Content::Message(_) | Content::SimpleSigning(_) => None,
        Content::Statement(statement) if statement.predicate_type == SIGN_PREDICATE => None,
        Content::Statement(statement) => {
            Some(format!("an attestation of type `{}`", shown(&statement.predicate_type)))
        }
    }
}

fn sharer(signer: &Signatory) -> Sharer {
    match signer {
        Signatory::Certificate(certificate) => {
            let subject = certificate.subject.value.as_str();
            // A workflow is the same signer at every ref.
            let subject = match certificate.subject.kind {
                sealgate_verify::SubjectKind::Uri => subject.split('@').next().unwrap_or(subject),
                _ => subject,
            };
            let identity = Some((certificate.issuer.clone(), subject.to_owned()));
            Sharer { key: certificate.key_fingerprint.clone(), identity }
        }
        Signatory::Key(key) => Sharer { key: key.fingerprint.clone(), identity: None },
    }
}

fn usage(seen: &Seen<'_>, verified: &Verified<'_>, name: &str, root: &str) -> ItemUse {
    let (subject, issuer) = match verified.signer() {
        Signatory::Certificate(certificate) => {
            (shown(&certificate.subject.value), shown(&certificate.issuer))
        }
        Signatory::Key(key) => (key.fingerprint.to_string(), String::new()),
    };
    let signed_at = verified.signed_at().iter().map(|proven| match &proven.source {
        TimeSource::Log(log) => format!("{} by log {log}", proven.time),
        TimeSource::TimestampAuthority(authority) => {
            format!("{} by timestamp authority {authority}", proven.time)
        }
    });
    ItemUse {
        item: seen.digest.clone(),
        place: seen.item.place,
        signer: name.to_owned(),
        subject,
        issuer,
        root: root.to_owned(),
        signed_at: signed_at.collect(),
        log: verified.log().iter().map(|record| format!("{}#{}", record.log, record.index)).collect(),
    }
}

/// An error and what it rests on, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        line.push_str(": ");
        line.push_str(&error.to_string());
        source = error.source();
    }
    shown(&line)
}
