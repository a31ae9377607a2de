//! The table of semantics, section 5.

use sealgate::policy::{Denial, Gaps, Grant, ItemUse, LeafResult, Mode, PolicyResult, RequirementResult};
use sealgate::policy::{Reason, Report, Standing as Rule};
use sealgate::verify::{Digest, Place};

use super::*;
use crate::review::{List, Text};

fn reason(code: &'static str) -> Reason {
    Reason {
        code,
        rule: Some("acme/signed".into()),
        message: "signed by `fork`, the policy wants `acme`".into(),
        help: "have it signed by acme".into(),
        cause: None,
        compared: None,
    }
}

fn report(reasons: Vec<Reason>) -> Report {
    Report {
        image: "registry.example/app".into(),
        digest: Some(Digest::sha256(b"image")),
        policies: vec![],
        reasons,
        warnings: vec![],
        audits: vec![],
        notes: vec![],
    }
}

fn grant() -> Found {
    judged(Verdict::Allow(Grant { report: report(vec![]), valid_until: None }), false)
}

fn denial(code: &'static str) -> Found {
    judged(Verdict::Deny(Denial { report: report(vec![reason(code)]) }), false)
}

fn unknown(code: &'static str, temporary: bool, still_gathering: bool) -> Found {
    judged(Verdict::Unknown(Gaps { report: report(vec![reason(code)]), temporary }), still_gathering)
}

fn judged(verdict: Verdict, still_gathering: bool) -> Found {
    Found::Judged { verdict: Arc::new(verdict), cached: false, still_gathering }
}

fn place(index: usize) -> ImageUse<'static> {
    let names = ["app", "proxy", "logs"];
    ImageUse {
        base: "spec",
        list: List::Containers,
        index,
        name: Text::from(names[index % 3]),
        image: Text::from("registry.example/app@sha256:00"),
    }
}

fn answer(found: Vec<Found>) -> Response {
    let outcomes: Vec<_> = found
        .into_iter()
        .enumerate()
        .map(|(index, found)| Outcome { place: Some(place(index)), found })
        .collect();
    respond(Context { uid: "uid-1", mirror: false, snapshot: None, old_roots: None }, &outcomes)
}

/// Allowed or code, retry, codes of the causes.
type Row = (Vec<Found>, u16, Option<u32>, Vec<&'static str>);

#[test]
fn every_mixture_of_outcomes_has_its_answer() {
    let refused = Found::Refused;
    let rows: Vec<Row> = vec![
        (vec![], 200, None, vec![]),
        (vec![grant()], 200, None, vec![]),
        (vec![grant(), grant()], 200, None, vec![]),
        (vec![denial("identity-mismatch")], 403, None, vec!["identity-mismatch"]),
        (vec![grant(), denial("no-signature")], 403, None, vec!["no-signature"]),
        (vec![unknown("access-denied", false, false)], 403, None, vec!["access-denied"]),
        (vec![unknown("timeout", true, false)], 503, None, vec!["timeout"]),
        (vec![unknown("timeout", true, true)], 503, Some(2), vec!["timeout"]),
        (vec![grant(), unknown("timeout", true, true)], 503, Some(2), vec!["timeout"]),
        // A definite denial wins over both kinds of not finding out, whatever the order, and promises no retry.
        (
            vec![unknown("timeout", true, true), unknown("tls", false, false), denial("no-signature")],
            403,
            None,
            vec!["timeout", "tls", "no-signature"],
        ),
        // A lasting cause wins over a temporary one.
        (
            vec![unknown("timeout", true, true), unknown("tls", false, false)],
            403,
            None,
            vec!["timeout", "tls"],
        ),
        (vec![refused(Refusal::ImageMissing)], 403, None, vec!["image-missing"]),
        (vec![refused(Refusal::Internal { what: "x".into() })], 403, None, vec!["internal-fault"]),
        (vec![refused(Refusal::NotReady)], 503, None, vec!["not-ready"]),
        (vec![refused(Refusal::Overloaded)], 503, None, vec!["overloaded"]),
        (vec![refused(Refusal::Deadline)], 503, None, vec!["deadline-exceeded"]),
        (
            vec![refused(Refusal::Deadline), denial("no-signature")],
            403,
            None,
            vec!["deadline-exceeded", "no-signature"],
        ),
    ];
    for (row, (found, code, retry, causes)) in rows.into_iter().enumerate() {
        let response = answer(found);
        assert_eq!(response.uid, "uid-1");
        assert_eq!(response.allowed, code == 200, "row {row}");
        let Some(status) = response.status else {
            assert_eq!(code, 200, "row {row}");
            continue;
        };
        assert_eq!((status.code, status.details.retry_after_seconds), (code, retry), "row {row}");
        assert_eq!(status.reason, if code == 503 { "ServiceUnavailable" } else { "Forbidden" }, "row {row}");
        let found: Vec<_> = status.details.causes.iter().map(|cause| cause.reason).collect();
        assert_eq!(found, causes, "row {row}");
        for cause in causes {
            assert!(status.message.contains(cause), "row {row}: {}", status.message);
        }
    }
}

#[test]
fn a_denial_says_everything_to_somebody_who_sees_nothing_else() {
    let response = answer(vec![grant(), denial("identity-mismatch"), unknown("access-denied", false, false)]);
    insta::assert_snapshot!(response.status.as_ref().unwrap().message, @r"
    2 of 3 images are not admitted
    `registry.example/app@sha256:00` of container `proxy` is denied
      identity-mismatch: acme/signed: signed by `fork`, the policy wants `acme`
      hint: have it signed by acme
    `registry.example/app@sha256:00` of container `logs` is not admitted: it could not be judged
      access-denied: acme/signed: signed by `fork`, the policy wants `acme`
      hint: have it signed by acme
    ");
    let cause = &response.status.unwrap().details.causes[0];
    assert_eq!(cause.field, "spec.containers[1].image");
    assert_eq!(cause.message, "acme/signed: signed by `fork`, the policy wants `acme`");
}

#[test]
fn a_mirror_pod_is_recorded_and_never_denied() {
    let outcomes = [Outcome { place: Some(place(0)), found: denial("no-signature") }];
    let asked = |mirror| respond(Context { uid: "u", mirror, snapshot: None, old_roots: None }, &outcomes);
    assert!(asked(true).allowed && asked(true).status.is_none());
    assert_eq!(asked(true).audit_annotations["verdict"], "deny (mirror pod, recorded only)");
    assert_eq!(asked(true).audit_annotations["reason"], "no-signature");
    assert!(!asked(false).allowed);
}

#[test]
fn a_message_is_capped_and_says_what_is_missing() {
    let long = |message: &str| {
        let reason = Reason { message: message.into(), ..reason("no-signature") };
        judged(Verdict::Deny(Denial { report: report(vec![reason]) }), false)
    };
    let whole = answer(vec![long("short")]).status.unwrap();
    assert!(!whole.message.contains("more lines"));
    let cut = answer((0..64).map(|_| long(&"x".repeat(100_000))).collect()).status.unwrap();
    assert!(
        cut.message.len() <= limits::MESSAGE && cut.message.contains("more lines"),
        "{}",
        cut.message.len()
    );
    assert!(cut.details.causes.iter().all(|cause| cause.message.len() <= limits::REASON));
    assert_eq!(cut.details.causes.len(), limits::CAUSES);
    let many = |count| {
        let reasons = vec![reason("no-signature"); count];
        answer(vec![judged(Verdict::Deny(Denial { report: report(reasons) }), false)])
            .status
            .unwrap()
            .details
            .causes
            .len()
    };
    assert_eq!((many(limits::CAUSES), many(limits::CAUSES + 1)), (limits::CAUSES, limits::CAUSES));
}

#[test]
fn strangers_cannot_write_lines_into_a_denial() {
    let mut place = place(0);
    place.image = Text::from("x\n\u{1b}[2Jadmitted");
    let outcomes = [Outcome { place: Some(place), found: denial("no-signature") }];
    let response = respond(Context { uid: "u", mirror: false, snapshot: None, old_roots: None }, &outcomes);
    let message = response.status.unwrap().message;
    assert!(message.starts_with("`x\\n\\u{1b}[2Jadmitted` of container"), "{message}");
    assert!(message.chars().all(|character| character == '\n' || !character.is_control()));
}

#[test]
fn warnings_come_with_allowed_objects_one_line_each_and_short() {
    let warn = |count: usize| {
        let mut report = report(vec![]);
        report.warnings = (0..count)
            .map(|n| Reason { message: format!("{n}\n{}", "y".repeat(300)), ..reason("tag-not-pinned") })
            .collect();
        answer(vec![judged(Verdict::Allow(Grant { report, valid_until: None }), false)])
    };
    let response = warn(2);
    assert!(response.allowed);
    assert_eq!(response.warnings.len(), 2);
    assert!(response.warnings[0].starts_with("app: tag-not-pinned: acme/signed: 0\\n"));
    assert!(response.warnings.iter().all(|warning| warning.chars().count() <= limits::WARNING));
    assert_eq!(warn(limits::WARNINGS).warnings.len(), limits::WARNINGS);
    assert_eq!(warn(limits::WARNINGS + 1).warnings.len(), limits::WARNINGS);
}

#[test]
fn the_audit_log_keeps_what_was_decided_and_on_what() {
    let mut allowed = report(vec![]);
    allowed.audits = vec![reason("identity-mismatch")];
    allowed.policies = vec![PolicyResult {
        policy: "acme".into(),
        mode: Mode::Enforce,
        requirements: vec![RequirementResult {
            requirement: "signed".into(),
            mode: Mode::Enforce,
            standing: Rule::Met,
            leaves: vec![LeafResult {
                path: "signed".into(),
                asked: "a signature".into(),
                standing: Rule::Met,
                rests_on: vec![ItemUse {
                    item: Digest::sha256(b"item"),
                    place: Place::Referrers,
                    signer: "release".into(),
                    subject: "https://github.com/acme/app".into(),
                    issuer: "https://issuer.example".into(),
                    root: "public-good".into(),
                    signed_at: vec![],
                    log: vec![],
                }],
                misses: vec![],
            }],
        }],
    }];
    let allow = Found::Judged {
        verdict: Arc::new(Verdict::Allow(Grant { report: allowed, valid_until: None })),
        cached: true,
        still_gathering: false,
    };
    let outcomes = [
        Outcome { place: Some(place(0)), found: allow },
        Outcome { place: Some(place(1)), found: denial("no-signature") },
    ];
    let response = respond(
        Context { uid: "u", mirror: false, snapshot: Some("sha256:aa"), old_roots: Some("lab 200 days") },
        &outcomes,
    );
    insta::assert_yaml_snapshot!(response.audit_annotations, @r#"
    audit: acme/signed identity-mismatch
    cache: "hit, miss"
    digest: "sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d"
    old-roots: lab 200 days
    policy: acme
    reason: no-signature
    signer: "https://github.com/acme/app by https://issuer.example"
    snapshot: "sha256:aa"
    verdict: deny
    "#);
}

#[test]
fn an_answer_is_an_admission_review_of_version_one() {
    let json: serde_json::Value = serde_json::from_slice(&answer(vec![grant()]).to_json().unwrap()).unwrap();
    assert_eq!(json["apiVersion"], "admission.k8s.io/v1");
    assert_eq!(json["kind"], "AdmissionReview");
    assert_eq!(json["response"]["uid"], "uid-1");
    assert_eq!(json["response"]["allowed"], true);
    // THREAT: a validating answer with a patch, even an empty one, is a failed call.
    assert!(json["response"].get("patch").is_none() && json["response"].get("patchType").is_none());
    assert!(json["response"].get("status").is_none());
    let json: serde_json::Value =
        serde_json::from_slice(&answer(vec![denial("x")]).to_json().unwrap()).unwrap();
    assert_eq!(json["response"]["status"]["code"], 403);
    assert!(json["response"]["status"]["details"].get("retryAfterSeconds").is_none());
}
