//! What was not looked at: it opens a denial, and leaves an allow alone.

use rstest::rstest;
use sealgate_policy::{Verdict, decide};
use sealgate_verify::{Digest, Gap, GapCause, Place, TrustedRoots};

use crate::{
    support::{allowed, codes, found, judge, qa, release, request, request_for, roots, world},
    verdicts::{SIGNED, by, denied, set, unknown},
};

#[rstest]
#[case(GapCause::Timeout, "registry-timeout", true)]
#[case(GapCause::RateLimited, "registry-rate-limited", true)]
#[case(GapCause::AccessDenied, "registry-access-denied", false)]
#[case(GapCause::Limit, "evidence-limit-exceeded", false)]
fn a_gap_opens_a_denial_and_leaves_an_allow_alone(
    #[case] cause: GapCause,
    #[case] code: &str,
    #[case] temporary: bool,
) {
    let gap = Gap { place: Place::AttestationTag, cause, detail: "the registry said so".to_owned() };
    let mut evidence = found(vec![by(&qa())]);
    assert_eq!(denied(&judge(&set(SIGNED), &evidence)), ["identity-mismatch"]);
    evidence.entries[0].gaps.push(gap.clone());
    let verdict = judge(&set(SIGNED), &evidence);
    assert_eq!(unknown(&verdict), [code]);
    let Verdict::Unknown(gaps) = &verdict else { unreachable!() };
    assert_eq!(gaps.temporary, temporary);
    assert_eq!(verdict.report().reasons[0].cause, Some(cause));
    evidence.entries[0].items.push(by(&release()));
    assert!(allowed(&judge(&set(SIGNED), &evidence)));
}

#[test]
fn a_lasting_cause_beside_a_temporary_one_is_lasting() {
    let mut evidence = found(vec![]);
    for cause in [GapCause::Timeout, GapCause::AccessDenied] {
        evidence.entries[0].gaps.push(Gap { place: Place::SignatureTag, cause, detail: String::new() });
    }
    let Verdict::Unknown(gaps) = judge(&set(SIGNED), &evidence) else { panic!() };
    assert!(!gaps.temporary);
    assert_eq!(codes(&gaps.report), ["registry-access-denied", "registry-timeout"]);
}

#[test]
fn a_place_that_nobody_looked_in_is_a_gap() {
    for place in set(SIGNED).places(&request().reference) {
        let mut evidence = found(vec![]);
        evidence.entries[0].looked_in.remove(&place);
        assert_eq!(unknown(&judge(&set(SIGNED), &evidence)), ["evidence-not-looked-for"], "{place:?}");
    }
}

#[test]
fn a_definite_denial_stands_beside_a_gap() {
    let mut evidence = found(vec![]);
    let gap = Gap { place: Place::Referrers, cause: GapCause::Timeout, detail: String::new() };
    evidence.entries[0].gaps.push(gap);
    evidence.reference = "ghcr.io/acme/app:v1".to_owned();
    let verdict =
        decide(&set(SIGNED), &request_for("ghcr.io/acme/app:v1"), &evidence, &roots(), world().now());
    assert_eq!(denied(&verdict), ["registry-timeout", "tag-not-allowed"]);
}

#[test]
fn a_denial_that_no_store_could_change_stands_despite_gaps() {
    let set = set(SIGNED);
    let mut evidence = found(vec![by(&release())]);
    evidence.entries[0].gaps.push(Gap {
        place: Place::Referrers,
        cause: GapCause::Timeout,
        detail: String::new(),
    });
    let verdict = decide(&set, &request(), &evidence, &TrustedRoots::new(), world().now());
    assert_eq!(denied(&verdict), ["root-missing"]);
    assert!(allowed(&judge(&set, &evidence)));
}

#[test]
fn an_image_that_could_not_be_resolved_is_judged_too() {
    let mut evidence = found(vec![]);
    evidence.entries.clear();
    evidence.gaps.push(Gap { place: Place::Tag, cause: GapCause::NotFound, detail: "404".to_owned() });
    assert_eq!(unknown(&judge(&set(SIGNED), &evidence)), ["image-not-found"]);
    evidence.gaps.clear();
    assert_eq!(unknown(&judge(&set(SIGNED), &evidence)), ["evidence-not-looked-for"]);
}

#[test]
fn evidence_about_another_digest_is_none() {
    let mut evidence = found(vec![by(&release())]);
    evidence.entries[0].digest = Digest::sha256(b"another");
    assert_eq!(unknown(&judge(&set(SIGNED), &evidence)), ["evidence-not-looked-for"]);
}
