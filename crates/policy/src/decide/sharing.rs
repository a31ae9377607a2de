//! `atLeast`: n entries of `by` satisfied by n signatures no two of which share a signer.

use std::collections::{BTreeMap, BTreeSet};

use sealgate_verify::Digest;

use crate::limits;

/// What makes two signatures count as one signer's: the same key, or the same identity.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Sharer {
    pub(super) key: Digest,
    /// Issuer and subject; none for a managed key.
    pub(super) identity: Option<(String, String)>,
}

/// For some entries, which of their signatures counts: pairs of entry and candidate. As many as can be had, at most
/// `wanted`.
///
/// Sharing a key and sharing an identity are two different ties, so this is a matching in three dimensions. Where no
/// key serves two identities, as keyless keys never do, it is a plain bipartite one and exact. Elsewhere bounds decide
/// most cases, and a search with a budget of [`limits::SHARING_STEPS`] the rest; out of budget counts as not enough.
pub(super) fn choose(entries: &[Vec<Sharer>], wanted: usize) -> Vec<(usize, usize)> {
    let groups = Groups::of(entries);
    let mut sure = matched(entries, |sharer| groups.group(sharer));
    if sure.len() >= wanted {
        sure.truncate(wanted);
        return sure;
    }
    // Each tie alone bounds what both together can allow.
    let mut keys = Numbers::default();
    let by_key = matched(entries, |sharer| keys.number(&sharer.key)).len();
    let mut identities = Numbers::default();
    let by_identity = matched(entries, |sharer| match &sharer.identity {
        Some(identity) => identities.number(&(Some(identity.clone()), None)),
        None => identities.number(&(None, Some(sharer.key.clone()))),
    })
    .len();
    if by_key.min(by_identity) <= sure.len() {
        return sure;
    }
    let mut search = Search { entries, wanted, steps: 0, taken: Vec::new(), best: sure };
    search.from(0);
    search.best
}

/// A maximum matching of entries with what `place` says a candidate takes up.
fn matched(entries: &[Vec<Sharer>], mut place: impl FnMut(&Sharer) -> usize) -> Vec<(usize, usize)> {
    let places: Vec<Vec<usize>> =
        entries.iter().map(|entry| entry.iter().map(&mut place).collect()).collect();
    let mut holder: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for entry in 0..places.len() {
        augment(&places, entry, &mut BTreeSet::new(), &mut holder);
    }
    let mut pairs: Vec<(usize, usize)> = holder.into_values().collect();
    pairs.sort_unstable();
    pairs
}

// Depth is bounded by the number of entries: each level visits a new place whose holder is another entry.
fn augment(
    places: &[Vec<usize>],
    entry: usize,
    visited: &mut BTreeSet<usize>,
    holder: &mut BTreeMap<usize, (usize, usize)>,
) -> bool {
    for (candidate, place) in places.get(entry).into_iter().flatten().enumerate() {
        if !visited.insert(*place) {
            continue;
        }
        let other = holder.get(place).copied();
        if other.is_none_or(|(other, _)| augment(places, other, visited, holder)) {
            holder.insert(*place, (entry, candidate));
            return true;
        }
    }
    false
}

/// Signatures tied to each other, directly or through others. Taking one of each group is always allowed.
struct Groups {
    keys: Numbers<Digest>,
    identities: Numbers<(String, String)>,
    parent: Vec<usize>,
}

impl Groups {
    fn of(entries: &[Vec<Sharer>]) -> Self {
        let mut groups =
            Self { keys: Numbers::default(), identities: Numbers::default(), parent: Vec::new() };
        let total = entries.iter().map(Vec::len).sum::<usize>();
        // Keys take the even numbers, identities the odd ones.
        groups.parent = (0..total * 2).collect();
        for sharer in entries.iter().flatten() {
            let key = groups.keys.number(&sharer.key) * 2;
            if let Some(identity) = &sharer.identity {
                let identity = groups.identities.number(identity) * 2 + 1;
                let (left, right) = (groups.top(key), groups.top(identity));
                if let Some(parent) = groups.parent.get_mut(left) {
                    *parent = right;
                }
            }
        }
        groups
    }

    fn group(&self, sharer: &Sharer) -> usize {
        self.top(self.keys.known(&sharer.key) * 2)
    }

    fn top(&self, mut at: usize) -> usize {
        while let Some(above) = self.parent.get(at).copied().filter(|above| *above != at) {
            at = above;
        }
        at
    }
}

struct Numbers<T>(BTreeMap<T, usize>);

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Clone + Ord> Numbers<T> {
    fn number(&mut self, of: &T) -> usize {
        let next = self.0.len();
        *self.0.entry(of.clone()).or_insert(next)
    }

    fn known(&self, of: &T) -> usize {
        self.0.get(of).copied().unwrap_or_default()
    }
}

struct Search<'s> {
    entries: &'s [Vec<Sharer>],
    wanted: usize,
    steps: usize,
    taken: Vec<(usize, usize)>,
    best: Vec<(usize, usize)>,
}

impl Search<'_> {
    /// Tries entries from `entry` on; true once enough were found or the budget is spent.
    fn from(&mut self, entry: usize) -> bool {
        self.steps += 1;
        if self.taken.len() > self.best.len() {
            self.best.clone_from(&self.taken);
        }
        if self.best.len() >= self.wanted || self.steps > limits::SHARING_STEPS {
            return true;
        }
        let left = self.entries.len().saturating_sub(entry);
        if left == 0 || self.taken.len() + left <= self.best.len() {
            return false;
        }
        let mut tried: BTreeSet<&Sharer> = BTreeSet::new();
        for (candidate, sharer) in self.entries.get(entry).into_iter().flatten().enumerate() {
            // Looking at a candidate is work too, so it is counted.
            self.steps += 1;
            if self.steps > limits::SHARING_STEPS {
                return true;
            }
            if !tried.insert(sharer) || !self.is_free(sharer) {
                continue;
            }
            self.taken.push((entry, candidate));
            if self.from(entry + 1) {
                return true;
            }
            self.taken.pop();
        }
        self.from(entry + 1)
    }

    fn is_free(&self, sharer: &Sharer) -> bool {
        let taken =
            self.taken.iter().filter_map(|(entry, candidate)| self.entries.get(*entry)?.get(*candidate));
        taken.into_iter().all(|other| {
            other.key != sharer.key && (other.identity.is_none() || other.identity != sharer.identity)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Sharer, choose};
    use sealgate_verify::Digest;

    fn sharer(key: u8, identity: u8) -> Sharer {
        let identity = (identity != 0).then(|| ("issuer".to_owned(), format!("subject {identity}")));
        Sharer { key: Digest::sha256(&[key]), identity }
    }

    #[test]
    fn two_signatures_of_one_key_or_one_identity_count_once() {
        assert_eq!(choose(&[vec![sharer(1, 1)], vec![sharer(1, 2)]], 2).len(), 1);
        assert_eq!(choose(&[vec![sharer(1, 1)], vec![sharer(2, 1)]], 2).len(), 1);
        assert_eq!(choose(&[vec![sharer(1, 1)], vec![sharer(2, 2)]], 2).len(), 2);
        assert_eq!(choose(&[vec![sharer(1, 0)], vec![sharer(2, 0)]], 2).len(), 2);
    }

    #[test]
    fn an_entry_gives_way_to_one_that_has_no_other_choice() {
        let entries = [vec![sharer(1, 1), sharer(2, 2)], vec![sharer(1, 1)]];
        assert_eq!(choose(&entries, 2), [(0, 1), (1, 0)]);
    }

    #[test]
    fn a_third_signature_that_is_tied_to_two_others_does_not_tie_them() {
        // Key 1 with identity 1, key 2 with identity 2, and one that has key 1 and identity 2.
        let entries = [vec![sharer(1, 1), sharer(1, 2)], vec![sharer(2, 2)]];
        assert_eq!(choose(&entries, 2).len(), 2);
    }

    /// Every subset of candidates, one for each of some entries.
    fn exhaustive(entries: &[Vec<Sharer>], taken: &mut Vec<Sharer>) -> usize {
        let Some((first, others)) = entries.split_first() else { return taken.len() };
        let mut best = exhaustive(others, taken);
        for sharer in first {
            let is_free = taken.iter().all(|other| {
                other.key != sharer.key && (other.identity.is_none() || other.identity != sharer.identity)
            });
            if is_free {
                taken.push(sharer.clone());
                best = best.max(exhaustive(others, taken));
                taken.pop();
            }
        }
        best
    }

    proptest! {
        #[test]
        fn the_choice_is_as_large_as_any_and_shares_nothing(
            numbers in proptest::collection::vec(proptest::collection::vec((1u8..5, 0u8..5), 0..5), 0..6),
        ) {
            let entries: Vec<Vec<Sharer>> =
                numbers.iter().map(|entry| entry.iter().map(|(key, identity)| sharer(*key, *identity)).collect()).collect();
            let chosen = choose(&entries, usize::MAX);
            prop_assert_eq!(chosen.len(), exhaustive(&entries, &mut Vec::new()));
            let sharers: Vec<&Sharer> = chosen.iter().map(|(entry, candidate)| &entries[*entry][*candidate]).collect();
            for (index, left) in sharers.iter().enumerate() {
                for right in sharers.iter().skip(index + 1) {
                    prop_assert!(left.key != right.key && (left.identity.is_none() || left.identity != right.identity));
                }
            }
        }
    }
}
