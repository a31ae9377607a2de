//! What a kept thing weighs: at least the bytes that strangers put into it, and a little for what is around them.
//!
//! Whoever writes an image's evidence decides how long a report is. Counting entries would bound nothing.

use std::mem::size_of;

use sealgate_policy::{Compared, ItemUse, LeafResult, PolicyResult, Reason, RequirementResult, Verdict};
use sealgate_verify::{Entry, Gap, Item};

/// Bytes that an entry holds.
pub(super) fn of_entry(entry: &Entry) -> usize {
    let manifest = entry.manifest.as_ref().map_or(0, |bytes| bytes.len());
    let gaps = entry.gaps.iter().map(|gap| size_of::<Gap>() + gap.detail.len());
    AROUND + manifest + entry.items.iter().map(item).sum::<usize>() + gaps.sum::<usize>()
}

/// Bytes that a verdict holds.
pub(super) fn of_verdict(verdict: &Verdict) -> usize {
    let report = verdict.report();
    let reasons = [&report.reasons, &report.warnings, &report.audits].into_iter().flatten();
    AROUND
        + report.image.len()
        + reasons.map(reason).sum::<usize>()
        + report.policies.iter().map(policy).sum::<usize>()
        + texts(&report.notes)
}

fn item(item: &Item) -> usize {
    const NODE: usize = 64;
    let annotations = item.annotations.iter().map(|(name, value)| NODE + name.len() + value.len());
    size_of::<Item>() + item.bytes.len() + item.media_type.len() + annotations.sum::<usize>()
}

fn policy(policy: &PolicyResult) -> usize {
    size_of::<PolicyResult>()
        + policy.policy.len()
        + policy.requirements.iter().map(requirement).sum::<usize>()
}

fn requirement(requirement: &RequirementResult) -> usize {
    size_of::<RequirementResult>()
        + requirement.requirement.len()
        + requirement.leaves.iter().map(leaf).sum::<usize>()
}

fn leaf(leaf: &LeafResult) -> usize {
    size_of::<LeafResult>()
        + leaf.path.len()
        + leaf.asked.len()
        + leaf.rests_on.iter().map(item_use).sum::<usize>()
        + leaf.misses.iter().map(reason).sum::<usize>()
}

fn item_use(found: &ItemUse) -> usize {
    let plain = [&found.signer, &found.subject, &found.issuer, &found.root];
    size_of::<ItemUse>()
        + plain.iter().map(|text| text.len()).sum::<usize>()
        + texts(&found.signed_at)
        + texts(&found.log)
}

fn reason(reason: &Reason) -> usize {
    size_of::<Reason>()
        + reason.rule.as_ref().map_or(0, String::len)
        + reason.message.len()
        + reason.help.len()
        + reason.compared.as_deref().map_or(0, compared)
}

fn compared(compared: &Compared) -> usize {
    let Compared { signed_by, signer, names, field, found, wanted } = compared;
    let all = [signed_by, signer, names, field, found, wanted];
    size_of::<Compared>() + all.iter().map(|text| text.len()).sum::<usize>()
}

fn texts(texts: &[String]) -> usize {
    texts.iter().map(|text| size_of::<String>() + text.len()).sum()
}

/// Key, digest and the cache's own book-keeping.
const AROUND: usize = 512;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sealgate_policy::{Denial, Mode, Report, Standing};
    use sealgate_verify::{Digest, GapCause, Place};

    use super::*;

    const LONG: usize = 10_000;

    fn long() -> String {
        "x".repeat(LONG)
    }

    fn reason_of(text: &dyn Fn() -> String) -> Reason {
        let compared = Compared {
            signed_by: text(),
            signer: text(),
            names: text(),
            field: text(),
            found: text(),
            wanted: text(),
        };
        Reason {
            code: "identity-mismatch",
            rule: Some(text()),
            message: text(),
            help: text(),
            cause: None,
            compared: Some(Box::new(compared)),
        }
    }

    // THREAT: reports grow with what an image's author writes, in fields that nobody counts.
    #[test]
    fn a_verdict_weighs_at_least_what_it_says() {
        let rests = ItemUse {
            item: Digest::sha256(b"item"),
            place: Place::Referrers,
            signer: long(),
            subject: long(),
            issuer: long(),
            root: long(),
            signed_at: vec![long(); 3],
            log: vec![long(); 3],
        };
        let leaf = LeafResult {
            path: long(),
            asked: long(),
            standing: Standing::Failed,
            rests_on: vec![rests; 2],
            misses: vec![reason_of(&long); 2],
        };
        let requirement = RequirementResult {
            requirement: long(),
            mode: Mode::Enforce,
            standing: Standing::Failed,
            leaves: vec![leaf; 2],
        };
        let policy = PolicyResult { policy: long(), mode: Mode::Enforce, requirements: vec![requirement; 2] };
        let report = Report {
            image: long(),
            digest: Some(Digest::sha256(b"image")),
            policies: vec![policy; 2],
            reasons: vec![reason_of(&long); 2],
            warnings: vec![reason_of(&long)],
            audits: vec![reason_of(&long)],
            notes: vec![long(); 3],
        };
        let verdict = Verdict::Deny(Denial { report });
        let said = serde_json::to_vec(&verdict).unwrap().len() / LONG * LONG;
        let weight = of_verdict(&verdict);
        assert!(said > 100 * LONG && weight >= said, "{weight} of {said}");
        assert!(weight < said + said / 10, "{weight} of {said}");
    }

    #[test]
    fn an_entry_weighs_at_least_what_it_holds() {
        let empty = Entry {
            digest: Digest::sha256(b"image"),
            manifest: None,
            items: vec![],
            gaps: vec![],
            looked_in: [].into(),
        };
        let item = Item {
            bytes: vec![0; LONG].into(),
            media_type: long(),
            annotations: BTreeMap::from([(long(), long())]),
            place: Place::Referrers,
        };
        let gap = Gap { place: Place::Referrers, cause: GapCause::Malformed, detail: long() };
        let full = Entry {
            manifest: Some(vec![0; LONG].into()),
            items: vec![item; 5],
            gaps: vec![gap; 7],
            ..empty.clone()
        };
        let (light, heavy) = (of_entry(&empty), of_entry(&full));
        assert!((AROUND..2 * AROUND).contains(&light), "{light}");
        assert!((28 * LONG..30 * LONG).contains(&heavy), "{heavy}");
    }
}
