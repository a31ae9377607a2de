//! A verdict without the room that lists and texts keep for growing: it is kept for minutes, beside thousands of others.

use sealgate_policy::{
    Compared, ItemUse, LeafResult, PolicyResult, Reason, Report, RequirementResult, Verdict,
};

/// The same verdict in as few bytes as it needs.
pub(crate) fn compact(mut verdict: Verdict) -> Verdict {
    let report = match &mut verdict {
        Verdict::Allow(grant) => &mut grant.report,
        Verdict::Deny(denial) => &mut denial.report,
        Verdict::Unknown(gaps) => &mut gaps.report,
    };
    let Report { image, digest: _, policies, reasons, warnings, audits, notes } = report;
    text(image);
    list(policies, policy);
    [reasons, warnings, audits].into_iter().for_each(|reasons| list(reasons, reason));
    list(notes, text);
    verdict
}

fn list<T>(list: &mut Vec<T>, each: impl FnMut(&mut T)) {
    list.shrink_to_fit();
    list.iter_mut().for_each(each);
}

fn text(text: &mut String) {
    text.shrink_to_fit();
}

fn policy(result: &mut PolicyResult) {
    text(&mut result.policy);
    list(&mut result.requirements, requirement);
}

fn requirement(result: &mut RequirementResult) {
    text(&mut result.requirement);
    list(&mut result.leaves, leaf);
}

fn leaf(leaf: &mut LeafResult) {
    [&mut leaf.path, &mut leaf.asked].into_iter().for_each(text);
    list(&mut leaf.rests_on, item_use);
    list(&mut leaf.misses, reason);
}

fn item_use(found: &mut ItemUse) {
    [&mut found.signer, &mut found.subject, &mut found.issuer, &mut found.root].into_iter().for_each(text);
    [&mut found.signed_at, &mut found.log].into_iter().for_each(|texts| list(texts, text));
}

fn reason(reason: &mut Reason) {
    reason.rule.iter_mut().for_each(text);
    [&mut reason.message, &mut reason.help].into_iter().for_each(text);
    if let Some(Compared { signed_by, signer, names, field, found, wanted }) = reason.compared.as_deref_mut()
    {
        [signed_by, signer, names, field, found, wanted].into_iter().for_each(text);
    }
}

#[cfg(test)]
mod tests {
    use sealgate_policy::{Denial, Mode, Standing};

    use super::*;

    #[test]
    fn a_compact_verdict_says_the_same_with_nothing_to_spare() {
        let roomy = || {
            let mut text = String::with_capacity(1000);
            text.push('x');
            text
        };
        let one = |reason: Reason| {
            let mut list = Vec::with_capacity(10);
            list.push(reason);
            list
        };
        let reason = || Reason {
            code: "identity-mismatch",
            rule: Some(roomy()),
            message: roomy(),
            help: roomy(),
            cause: None,
            compared: None,
        };
        let mut leaves = Vec::with_capacity(10);
        leaves.push(LeafResult {
            path: roomy(),
            asked: roomy(),
            standing: Standing::Failed,
            rests_on: Vec::with_capacity(10),
            misses: one(reason()),
        });
        let requirement = RequirementResult {
            requirement: roomy(),
            mode: Mode::Enforce,
            standing: Standing::Failed,
            leaves,
        };
        let policies =
            vec![PolicyResult { policy: roomy(), mode: Mode::Enforce, requirements: vec![requirement] }];
        let report = Report {
            image: roomy(),
            digest: None,
            policies,
            reasons: one(reason()),
            warnings: Vec::with_capacity(10),
            audits: vec![],
            notes: vec![roomy()],
        };
        let verdict = Verdict::Deny(Denial { report });
        // The clone is made first: it is as small as can be.
        let same = verdict.clone();
        let compacted = compact(verdict);
        assert_eq!(compacted, same);
        let report = compacted.report();
        let leaves = &report.policies[0].requirements[0].leaves;
        let lists = [leaves.capacity(), leaves[0].misses.capacity(), report.reasons.capacity()];
        assert_eq!(lists, [1; 3]);
        assert_eq!([leaves[0].rests_on.capacity(), report.warnings.capacity()], [0; 2]);
        let texts = [&report.image, &report.notes[0], &leaves[0].asked, &leaves[0].misses[0].help];
        assert!(texts.iter().all(|text| text.capacity() == 1));
    }
}
