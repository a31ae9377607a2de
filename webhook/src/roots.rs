//! How old the trusted roots are that verdicts rest on: told in metrics, readiness, log and audit, and by itself never a reason to
//! close, unless the operator says so.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use sealgate::{
    tuf::{Dated, RootOrigin},
    verify::Timestamp,
};

use crate::{
    Refusal,
    metrics::{Metrics, RootLabels},
    options::OldRoots,
};

/// The roots that policies in force name, and when each was last known to be today's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ages {
    roots: BTreeMap<String, Dated>,
    limit: Limit,
}

/// How old a root may be, and what happens beyond.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Limit {
    /// Days.
    pub(crate) days: i64,
    /// What happens.
    pub(crate) beyond: OldRoots,
}

impl Ages {
    /// Of these roots.
    pub(crate) fn new(roots: BTreeMap<String, Dated>, limit: Limit) -> Self {
        Self { roots, limit }
    }

    /// Those that are older than the limit, with their age in days.
    pub(crate) fn old(&self, now: Timestamp) -> impl Iterator<Item = (&str, &Dated, i64)> {
        let limit = self.limit.days.saturating_mul(DAY);
        self.roots.iter().filter_map(move |(name, dated)| {
            let age = dated.age(now).filter(|age| *age > limit)?;
            Some((name.as_str(), dated, age / DAY))
        })
    }

    /// What the audit log keeps beside a verdict that rests on old roots; nothing if none is.
    pub(crate) fn annotation(&self, now: Timestamp) -> Option<String> {
        let old: Vec<String> = self.old(now).map(|(name, _, days)| format!("{name} {days} days")).collect();
        (!old.is_empty()).then(|| old.join(", "))
    }

    /// Why the gate is closed, if the operator wants it to be.
    pub(crate) fn refusal(&self, now: Timestamp) -> Option<Refusal> {
        if self.limit.beyond == OldRoots::Warn {
            return None;
        }
        let (name, _, days) = self.old(now).next()?;
        Some(Refusal::RootTooOld { root: name.to_owned(), days, limit: self.limit.days })
    }

    /// A line for each, as readiness tells it.
    pub(crate) fn lines(&self, now: Timestamp) -> Vec<String> {
        let line = |(name, dated): (&String, &Dated)| {
            let source = match dated.source {
                RootOrigin::Embedded => "of this program",
                RootOrigin::File => "from a file",
                RootOrigin::Proven => "proven through TUF",
            };
            let (Some(since), Some(age)) = (dated.since, dated.age(now)) else {
                return format!("[+] trusted root {name}: {source}, which does not say of when it is");
            };
            let (day, days, limit) = (since.to_string(), age / DAY, self.limit.days);
            let told = format!(
                "trusted root {name}: {source}, of {}, {days} days old",
                day.get(..10).unwrap_or(&day)
            );
            match (age > limit.saturating_mul(DAY), self.limit.beyond) {
                (false, _) => format!("[+] {told}"),
                (true, OldRoots::Warn) => {
                    format!("[!] {told}, over the limit of {limit}: keys of today may be unknown")
                }
                (true, OldRoots::Close) => {
                    format!("[-] {told}, over the limit of {limit}: the gate is closed")
                }
            }
        };
        self.roots.iter().map(line).collect()
    }

    /// Measures the ages now, which nobody sees before they are asked for.
    pub(crate) fn measure(&self, metrics: &Metrics, now: Timestamp) {
        metrics.root_age.clear();
        for (name, dated) in &self.roots {
            if let Some(age) = dated.age(now) {
                metrics.root_age.get_or_create(&RootLabels { root: name.clone() }).set(age);
            }
        }
        metrics.root_age_limit.set(self.limit.days.saturating_mul(DAY));
        metrics.old_roots.set(i64::try_from(self.old(now).count()).unwrap_or(i64::MAX));
    }

    /// Says in the log which ones are old.
    pub(crate) fn complain(&self, now: Timestamp) {
        for (root, dated, age_days) in self.old(now) {
            tracing::warn!(
                root,
                source = dated.source.name(),
                since = dated.since.map(|since| since.to_string()).unwrap_or_default(),
                age_days,
                limit_days = self.limit.days,
                closed = self.limit.beyond == OldRoots::Close,
                "trusted root is old"
            );
        }
    }
}

/// The clock.
pub(crate) fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX))
}

const DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: i64 = 1_800_000_000;

    fn ages(beyond: OldRoots) -> Ages {
        let dated = |source, since| Dated { source, since };
        let roots = BTreeMap::from([
            ("lab".to_owned(), dated(RootOrigin::File, None)),
            ("public-good".to_owned(), dated(RootOrigin::Embedded, Some(Timestamp(SINCE)))),
        ]);
        Ages::new(roots, Limit { days: 180, beyond })
    }

    fn after(seconds: i64) -> Timestamp {
        Timestamp(SINCE + seconds)
    }

    #[test]
    fn a_root_is_old_one_second_after_its_limit_and_not_at_it() {
        let (at, beyond) = (after(180 * DAY), after(180 * DAY + 1));
        for action in [OldRoots::Warn, OldRoots::Close] {
            let ages = ages(action);
            assert_eq!((ages.old(at).count(), ages.annotation(at), ages.refusal(at)), (0, None, None));
            assert_eq!(ages.annotation(beyond).as_deref(), Some("public-good 180 days"));
        }
    }

    #[test]
    fn age_alone_closes_nothing_unless_the_operator_says_so() {
        let now = after(400 * DAY);
        assert_eq!(ages(OldRoots::Warn).refusal(now), None);
        assert_eq!(
            ages(OldRoots::Close).refusal(now),
            Some(Refusal::RootTooOld { root: "public-good".to_owned(), days: 400, limit: 180 })
        );
    }

    #[test]
    fn readiness_says_the_age_of_each_root_or_that_nobody_knows_it() {
        assert_eq!(
            ages(OldRoots::Warn).lines(after(3 * DAY)),
            [
                "[+] trusted root lab: from a file, which does not say of when it is",
                "[+] trusted root public-good: of this program, of 2027-01-15, 3 days old",
            ]
        );
        let old = |action| ages(action).lines(after(200 * DAY))[1].clone();
        assert!(old(OldRoots::Warn).starts_with("[!] ") && old(OldRoots::Warn).contains("limit of 180"));
        assert!(old(OldRoots::Close).starts_with("[-] ") && old(OldRoots::Close).contains("closed"));
    }

    #[test]
    fn a_clock_that_is_behind_makes_nothing_old() {
        assert_eq!(ages(OldRoots::Close).refusal(after(-9_999 * DAY)), None);
    }
}
