//! Roots from files, and how old they are: a `trusted_root.json` does not say, the signed files of a repository do.

use std::{collections::BTreeMap, sync::Arc};

use sealgate_verify::{Timestamp as Time, TrustedRoot, TrustedRoots};

use crate::{Anchor, EMBEDDED_SINCE, INSTANCES, Instance, Kept, Proven, RootsError, limits, source};

/// Where a root is from, and when it was last known to be today's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dated {
    /// Where from.
    pub source: RootOrigin,
    /// When; none where the file does not say.
    pub since: Option<Time>,
}

/// Where a root is from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RootOrigin {
    /// The program itself.
    Embedded,
    /// A `trusted_root.json`: whoever wrote it decides.
    File,
    /// The signed files of a repository, proven from where trust in it begins: whoever wrote them decides nothing but how old
    /// they are.
    Proven,
}

impl RootOrigin {
    /// One word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::File => "file",
            Self::Proven => "proven",
        }
    }
}

impl Dated {
    /// Seconds since it was known to be today's, where that is known; none for a clock that is behind.
    pub fn age(&self, now: Time) -> Option<i64> {
        Some(now.0.saturating_sub(self.since?.0).max(0))
    }
}

/// [`read`](crate::read) with the age of each. A file may be a `trusted_root.json` or, of an instance that everybody knows or
/// that `anchors` names, what [`Proven::kept_json`](crate::Proven::kept_json) wrote. Of signed files and the embedded root of the same
/// repository the younger counts.
///
/// # Errors
/// As there, and if signed files do not prove what they say, or are of a repository that publishes its root in pieces: when the keys
/// of such a root began nobody says, which is enough for cosign's verbs alone.
pub fn read_dated<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    anchors: &BTreeMap<String, Anchor>,
) -> Result<(TrustedRoots, BTreeMap<String, Dated>), RootsError> {
    let (mut roots, mut dates) = (TrustedRoots::new(), BTreeMap::new());
    for (name, bytes) in files {
        source::check_name(name)?;
        if roots.len() >= limits::ROOTS {
            return Err(RootsError::Count { limit: limits::ROOTS });
        }
        let (root, dated) = of(name, bytes, anchors.get(name), Instance::find(name))?;
        if roots.insert(name.to_owned(), Arc::new(root)).is_some() {
            return Err(RootsError::Duplicate { name: name.to_owned() });
        }
        dates.insert(name.to_owned(), dated);
    }
    for instance in &INSTANCES {
        if roots.contains_key(instance.name) {
            continue;
        }
        let (root, dated) = embedded(instance)?;
        roots.insert(instance.name.to_owned(), Arc::new(root));
        dates.insert(instance.name.to_owned(), dated);
    }
    Ok((roots, dates))
}

fn of(
    name: &str,
    bytes: &[u8],
    anchor: Option<&Anchor>,
    instance: Option<&Instance>,
) -> Result<(TrustedRoot, Dated), RootsError> {
    let Some(kept) = Kept::from_json(bytes) else {
        // What the program brings is as old in a file as in itself.
        let is_embedded = instance.is_some_and(|instance| instance.embedded() == bytes);
        let dated = Dated { source: RootOrigin::File, since: is_embedded.then_some(EMBEDDED_SINCE) };
        return Ok((whole(name, bytes)?, dated));
    };
    let anchor = anchor.cloned().or_else(|| instance?.anchor().ok());
    let anchor = anchor.ok_or_else(|| RootsError::Anchor { name: name.to_owned() })?;
    let proven = kept.prove(&anchor).map_err(|source| RootsError::Proof { name: name.to_owned(), source })?;
    if proven.is_in_pieces() {
        return Err(RootsError::Pieces { name: name.to_owned() });
    }
    // THREAT: after an upgrade whose root has dropped a key, what was kept before brings the key back.
    // See of_signed_files_and_the_embedded_root_the_younger_counts.
    if let Some(instance) = instance
        && proven.refreshed() < EMBEDDED_SINCE
        && is_of(instance, &proven)
    {
        return embedded(instance);
    }
    let dated = Dated { source: RootOrigin::Proven, since: Some(proven.refreshed()) };
    Ok((proven.trusted_root().clone(), dated))
}

// Whoever brings an anchor of their own may have another repository under a known name: its age says nothing of ours.
fn is_of(instance: &Instance, proven: &Proven) -> bool {
    instance.anchor().is_ok_and(|anchor| proven.roots.chain.iter().any(|root| anchor.digest.matches(root)))
}

fn embedded(instance: &Instance) -> Result<(TrustedRoot, Dated), RootsError> {
    let dated = Dated { source: RootOrigin::Embedded, since: Some(EMBEDDED_SINCE) };
    Ok((whole(instance.name, instance.embedded())?, dated))
}

fn whole(name: &str, bytes: &[u8]) -> Result<TrustedRoot, RootsError> {
    TrustedRoot::from_json(bytes).map_err(|source| RootsError::Root { name: name.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use sealgate_testkit::{Tuf, World};
    use sigstore_trust_root::SigstoreInstance;

    use super::*;
    use crate::{INSTANCES, Update};

    const WEEK: i64 = 7 * 86_400;

    fn signed_files(tuf: &Tuf, refreshed: i64) -> Vec<u8> {
        let anchor = Anchor::from_bytes(&tuf.anchor()).unwrap();
        let mut update = Update::begin(&anchor, None, Time(refreshed)).unwrap();
        while let Some(want) = update.wants() {
            update.take(tuf.files.get(&want.path).cloned()).unwrap();
        }
        update.finish().unwrap().kept_json().unwrap()
    }

    // One whose repository the testkit can sign, with the embedded root of the public-good one.
    fn instance(tuf: &Tuf) -> Instance {
        let digest = Anchor::from_bytes(&tuf.anchor()).unwrap().digest.to_string();
        Instance {
            name: "known",
            mirror: "https://known.example",
            anchor: (1, Box::leak(digest.into_boxed_str())),
            source: SigstoreInstance::PublicGood,
        }
    }

    #[test]
    fn of_signed_files_and_the_embedded_root_the_younger_counts() {
        let root = World::shared().trusted_root_json();
        let tuf = Tuf::until(EMBEDDED_SINCE.0 + WEEK, &root);
        let known = instance(&tuf);
        let of = |refreshed: i64, anchor: Option<&Anchor>, instance: Option<&Instance>| {
            let (root, dated) = of("known", &signed_files(&tuf, refreshed), anchor, instance).unwrap();
            (root.hash().clone(), dated.source, dated.since.unwrap().0)
        };
        let hash = |json: &[u8]| TrustedRoot::from_json(json).unwrap().hash().clone();
        let (kept, embedded) = (hash(&root), hash(known.embedded()));
        let at = EMBEDDED_SINCE.0;
        assert_eq!(of(at - 1, None, Some(&known)), (embedded.clone(), RootOrigin::Embedded, at));
        assert_eq!(of(at, None, Some(&known)), (kept.clone(), RootOrigin::Proven, at), "twin");
        // The same repository under its own anchor, and others that have nothing to do with what is embedded.
        let anchor = Anchor::from_bytes(&tuf.anchor()).unwrap();
        assert_eq!(of(at - 1, Some(&anchor), Some(&known)), (embedded, RootOrigin::Embedded, at));
        assert_eq!(of(at - 1, Some(&anchor), None), (kept.clone(), RootOrigin::Proven, at - 1));
        let public_good = INSTANCES.first().unwrap();
        assert_eq!(of(at - 1, Some(&anchor), Some(public_good)), (kept, RootOrigin::Proven, at - 1));
    }
}
