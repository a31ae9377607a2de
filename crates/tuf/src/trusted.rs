//! What is trusted of a repository, and the checks by which it moves forward. Pure.
//!
//! Spec: TUF 1.0, 5.3 to 5.7.

use sealgate_verify::TrustedRoot;

use crate::{
    Anchor, TufError, limits,
    metadata::{Envelope, Pin, Role, Root, Snapshot, Target, Targets, Timestamp},
    older::{self, Piece, Pieces},
};

/// The target that all of this is about.
pub(crate) const TRUSTED_ROOT: &str = "trusted_root.json";

/// A root and every root before it, down to the anchor.
#[derive(Clone, Debug)]
pub(crate) struct Roots {
    pub(crate) latest: Root,
    pub(crate) chain: Vec<Vec<u8>>,
}

/// What the roles below the root say.
#[derive(Clone, Debug)]
pub(crate) struct Lower {
    pub(crate) timestamp: (Timestamp, Vec<u8>),
    pub(crate) snapshot: (Snapshot, Vec<u8>),
    pub(crate) targets: (Targets, Vec<u8>),
    pub(crate) published: Published,
}

/// The root that a repository publishes, whole or in pieces.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) root: TrustedRoot,
    pub(crate) json: Vec<u8>,
    /// What it was put together from; empty where it came whole.
    pub(crate) pieces: Pieces,
}

/// How the targets list the root.
#[derive(Clone, Debug)]
pub(crate) enum Listed {
    Whole(Target),
    Pieces(Vec<Piece>),
}

impl Roots {
    /// Begins with the root that the anchor names.
    pub(crate) fn begin(anchor: &Anchor, bytes: Vec<u8>) -> Result<Self, TufError> {
        if !anchor.digest.matches(&bytes) {
            return Err(TufError::Anchor);
        }
        let envelope = Envelope::read(Role::Root, &bytes)?;
        let latest = Root::read(&envelope)?;
        // It says itself who may sign it; a file that was cut or patched by hand is found out here.
        envelope.signed_by(&latest.keys, latest.role(Role::Root))?;
        Ok(Self { latest, chain: vec![bytes] })
    }

    /// Takes the next version, which the one before and itself must have signed.
    ///
    /// Spec: TUF 1.0, 5.3.4 and 5.3.5.
    // THREAT: a root that only its own keys, or only former keys, vouch for; versions left out.
    // See a_root_that_the_former_keys_did_not_sign_is_refused and a_root_that_skips_a_version_is_refused.
    pub(crate) fn advance(&mut self, bytes: Vec<u8>) -> Result<(), TufError> {
        let envelope = Envelope::read(Role::Root, &bytes)?;
        let next = Root::read(&envelope)?;
        envelope.signed_by(&self.latest.keys, self.latest.role(Role::Root))?;
        envelope.signed_by(&next.keys, next.role(Role::Root))?;
        let (wanted, found) = (self.next()?, next.header.version);
        if found != wanted {
            return Err(TufError::RootVersion { wanted, found });
        }
        self.latest = next;
        self.chain.push(bytes);
        Ok(())
    }

    pub(crate) fn next(&self) -> Result<u64, TufError> {
        let version = self.latest.header.version;
        version.checked_add(1).ok_or(TufError::RootVersion { wanted: version, found: version })
    }

    pub(crate) fn timestamp(&self, bytes: &[u8]) -> Result<Timestamp, TufError> {
        Timestamp::read(&self.signed(Role::Timestamp, bytes)?)
    }

    /// The snapshot that `pin` means.
    pub(crate) fn snapshot(&self, pin: &Pin, bytes: &[u8]) -> Result<Snapshot, TufError> {
        check(pin, Role::Snapshot, bytes)?;
        let snapshot = Snapshot::read(&self.signed(Role::Snapshot, bytes)?)?;
        same_version(Role::Snapshot, pin.version, snapshot.header.version)?;
        Ok(snapshot)
    }

    /// The targets that `pin` means.
    pub(crate) fn targets(&self, pin: &Pin, bytes: &[u8]) -> Result<Targets, TufError> {
        check(pin, Role::Targets, bytes)?;
        let targets = Targets::read(&self.signed(Role::Targets, bytes)?)?;
        same_version(Role::Targets, pin.version, targets.header.version)?;
        Ok(targets)
    }

    fn signed(&self, role: Role, bytes: &[u8]) -> Result<Envelope, TufError> {
        let envelope = Envelope::read(role, bytes)?;
        envelope.signed_by(&self.latest.keys, self.latest.role(role))?;
        Ok(envelope)
    }
}

/// The pin of the top role.
pub(crate) fn targets_pin(snapshot: &Snapshot) -> Result<&Pin, TufError> {
    snapshot.meta.get("targets.json").ok_or_else(|| TufError::Malformed {
        file: Role::Snapshot.name(),
        why: "`targets.json` is not in it".into(),
    })
}

/// The trusted root as the targets list it. What is there whole is never put together from pieces beside it.
pub(crate) fn listed(targets: &Targets) -> Result<Listed, TufError> {
    let Some(target) = targets.target(TRUSTED_ROOT)? else {
        let pieces = older::listed(targets)?;
        return if pieces.is_empty() { Err(TufError::NoTrustedRoot) } else { Ok(Listed::Pieces(pieces)) };
    };
    let limit = usize::try_from(limits::ROOT_FILE_BYTES).unwrap_or(usize::MAX);
    match target.length > limit {
        true => {
            Err(TufError::Limit { what: "bytes of `trusted_root.json`", limit, file: Role::Targets.name() })
        }
        false => Ok(Listed::Whole(target)),
    }
}

impl Listed {
    /// The files that are needed, in order.
    pub(crate) fn files(&self) -> Vec<(&str, &Target)> {
        match self {
            Self::Whole(target) => vec![(TRUSTED_ROOT, target)],
            Self::Pieces(pieces) => pieces.iter().map(|piece| (piece.name.as_str(), &piece.target)).collect(),
        }
    }

    /// Reads the root of files in the same order, each of which has the bytes that it should have; whole or not at all.
    /// `standing` says when pieces ended.
    pub(crate) fn read(
        self,
        mut files: Vec<Vec<u8>>,
        standing: impl FnOnce(Vec<(Piece, Vec<u8>)>) -> Pieces,
    ) -> Result<Published, TufError> {
        match self {
            Self::Whole(_) => {
                let json = files.pop().ok_or(TufError::NoTrustedRoot)?;
                let root = TrustedRoot::from_json(&json).map_err(TufError::Target)?;
                Ok(Published { root, json, pieces: Pieces::default() })
            }
            Self::Pieces(pieces) => {
                let pieces = standing(pieces.into_iter().zip(files).collect());
                let (root, json) = older::root(&pieces)?;
                Ok(Published { root, json, pieces })
            }
        }
    }
}

impl Published {
    /// A file of it by its name.
    pub(crate) fn file(&self, name: &str) -> Option<&Vec<u8>> {
        match self.pieces.all.is_empty() {
            true => (name == TRUSTED_ROOT).then_some(&self.json),
            false => self.pieces.all.iter().find(|(piece, _)| piece.name == name).map(|(_, bytes)| bytes),
        }
    }
}

/// Whether a target's bytes are what the targets promise.
pub(crate) fn is_promised(target: &Target, bytes: &[u8]) -> bool {
    target.length == bytes.len() && target.digests.iter().all(|digest| digest.matches(bytes))
}

/// Where a target lies below the mirror.
pub(crate) fn target_path(roots: &Roots, name: &str, target: &Target) -> String {
    match (roots.latest.consistent_snapshot, target.digests.first()) {
        (true, Some(digest)) => format!("targets/{}.{name}", digest.hex()),
        _ => format!("targets/{name}"),
    }
}

fn check(pin: &Pin, role: Role, bytes: &[u8]) -> Result<(), TufError> {
    let fits = pin.length.is_none_or(|length| length == bytes.len());
    match fits && pin.digests.iter().all(|digest| digest.matches(bytes)) {
        true => Ok(()),
        false => Err(TufError::Integrity { file: role.name() }),
    }
}

fn same_version(role: Role, wanted: u64, found: u64) -> Result<(), TufError> {
    match wanted == found {
        true => Ok(()),
        false => Err(TufError::Version { file: role.name(), wanted, found }),
    }
}
