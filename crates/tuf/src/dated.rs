//! Roots from files, and how old they are: a `trusted_root.json` does not say, the signed files of a repository do.

use std::{collections::BTreeMap, sync::Arc};

use sealgate_verify::{Timestamp as Time, TrustedRoot, TrustedRoots};

use crate::{Anchor, EMBEDDED_SINCE, INSTANCES, Instance, Kept, RootsError, limits, source};

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
/// that `anchors` names, what [`Proven::kept_json`](crate::Proven::kept_json) wrote.
///
/// # Errors
/// As there, and if signed files do not prove what they say.
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
        let (root, dated) = of(name, bytes, anchors)?;
        if roots.insert(name.to_owned(), Arc::new(root)).is_some() {
            return Err(RootsError::Duplicate { name: name.to_owned() });
        }
        dates.insert(name.to_owned(), dated);
    }
    for instance in &INSTANCES {
        if roots.contains_key(instance.name) {
            continue;
        }
        roots.insert(instance.name.to_owned(), Arc::new(whole(instance.name, instance.embedded())?));
        let dated = Dated { source: RootOrigin::Embedded, since: Some(EMBEDDED_SINCE) };
        dates.insert(instance.name.to_owned(), dated);
    }
    Ok((roots, dates))
}

fn of(
    name: &str,
    bytes: &[u8],
    anchors: &BTreeMap<String, Anchor>,
) -> Result<(TrustedRoot, Dated), RootsError> {
    let Some(kept) = Kept::from_json(bytes) else {
        // What the program brings is as old in a file as in itself.
        let is_embedded = Instance::find(name).is_some_and(|instance| instance.embedded() == bytes);
        let dated = Dated { source: RootOrigin::File, since: is_embedded.then_some(EMBEDDED_SINCE) };
        return Ok((whole(name, bytes)?, dated));
    };
    let anchor = match anchors.get(name) {
        Some(anchor) => Some(anchor.clone()),
        None => Instance::find(name).and_then(|instance| instance.anchor().ok()),
    };
    let anchor = anchor.ok_or_else(|| RootsError::Anchor { name: name.to_owned() })?;
    let proven = kept.prove(&anchor).map_err(|source| RootsError::Proof { name: name.to_owned(), source })?;
    let dated = Dated { source: RootOrigin::Proven, since: Some(proven.refreshed()) };
    Ok((proven.trusted_root().clone(), dated))
}

fn whole(name: &str, bytes: &[u8]) -> Result<TrustedRoot, RootsError> {
    TrustedRoot::from_json(bytes).map_err(|source| RootsError::Root { name: name.to_owned(), source })
}
