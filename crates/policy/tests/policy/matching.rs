//! Which policies count, in which mode, and what holds for tags and images that none is about.

use sealgate_policy::{PolicySet, decide};
use sealgate_testkit::Identity;

use crate::{
    support::{allowed, found, image, judge, load, policy, qa, release, request, request_for, roots, world},
    verdicts::{SIGNED, by, denied, set, unknown},
};

#[test]
fn every_matching_policy_must_hold() {
    let other = policy("{signed: {signature: {by: [qa]}}}").replace("name: acme-apps", "name: acme-qa");
    let both = load(&format!("{}---\n{other}", policy(SIGNED)));
    let verdict = judge(&both, &found(vec![by(&release())]));
    assert_eq!(denied(&verdict), ["identity-mismatch"]);
    assert_eq!(verdict.report().reasons[0].rule.as_deref(), Some("acme-qa/signed"));
    assert!(allowed(&judge(&both, &found(vec![by(&release()), by(&qa())]))));
}

#[test]
fn one_alternative_suffices_and_all_its_leaves_must_hold() {
    let require = "{approved: {anyOf: {ops: {sig: {signature: {by: [ops]}}}, both: {ci: {signature: {by: [release]}}, qa: {signature: {by: [qa]}}}}}}";
    let text = policy(require).replace("subject: \"*@acme.example\"", "subject: ops@acme.example");
    let set = load(&text);
    let verdict = judge(&set, &found(vec![by(&release())]));
    assert_eq!(denied(&verdict), ["identity-mismatch", "identity-mismatch"]);
    let rules: Vec<_> =
        verdict.report().reasons.iter().map(|reason| reason.rule.as_deref().unwrap()).collect();
    assert_eq!(rules, ["acme-apps/approved/both/qa", "acme-apps/approved/ops/sig"]);
    assert!(allowed(&judge(&set, &found(vec![by(&release()), by(&qa())]))));
    let ops = Identity::email("ops@acme.example", "https://accounts.google.com");
    assert!(allowed(&judge(&set, &found(vec![by(&ops)]))));
}

#[test]
fn warn_and_audit_admit_and_say_so() {
    for (mode, warnings, audits) in [("warn", 1, 0), ("audit", 0, 1)] {
        let require = "{signed: {mode: MODE, signature: {by: [release]}}, qa: {signature: {by: [qa]}}}";
        let verdict = judge(&set(&require.replace("MODE", mode)), &found(vec![by(&qa())]));
        assert!(allowed(&verdict), "{verdict:#?}");
        assert_eq!((verdict.report().warnings.len(), verdict.report().audits.len()), (warnings, audits));
    }
}

#[test]
fn the_weaker_mode_of_policy_and_requirement_holds() {
    let text = policy("{signed: {mode: enforce, signature: {by: [release]}}}")
        .replace("  match:", "  mode: warn\n  liftsNoMatch: true\n  match:");
    let verdict = judge(&load(&text), &found(vec![]));
    assert!(allowed(&verdict));
    assert_eq!(verdict.report().warnings[0].code, "no-signature-found");
}

#[test]
fn an_image_that_no_enforced_policy_matches_gets_what_no_match_says() {
    let evidence = found(vec![]);
    let ask = |set: &PolicySet| {
        decide(set, &request_for(&format!("quay.io/x/y@{}", image())), &evidence, &roots(), world().now())
    };
    let with = |action: &str| {
        load(&format!(
            "{}---\napiVersion: sealgate.dev/v1alpha1\nkind: GateSettings\nmetadata: {{name: default}}\nspec: {{noMatch: {action}}}\n",
            policy(SIGNED)
        ))
    };
    assert_eq!(denied(&ask(&set(SIGNED))), ["no-policy-matches"]);
    assert_eq!(denied(&ask(&with("deny"))), ["no-policy-matches"]);
    assert_eq!(ask(&with("warn")).report().warnings[0].code, "no-policy-matches");
    assert_eq!(ask(&with("audit")).report().audits[0].code, "no-policy-matches");
    let silent = ask(&with("allow"));
    assert!(allowed(&silent) && silent.report().warnings.is_empty() && silent.report().audits.is_empty());
}

#[test]
fn a_warning_policy_counts_as_a_match_only_where_it_says_so() {
    let text = policy(SIGNED).replace("  match:", "  mode: warn\n  match:");
    assert_eq!(denied(&judge(&load(&text), &found(vec![]))), ["no-policy-matches"]);
    let lifting = text.replace("  mode: warn\n", "  mode: warn\n  liftsNoMatch: true\n");
    assert!(allowed(&judge(&load(&lifting), &found(vec![]))));
    let hollow = policy("{signed: {mode: warn, signature: {by: [release]}}}");
    assert_eq!(denied(&judge(&load(&hollow), &found(vec![]))), ["no-policy-matches"]);
}

#[test]
fn an_excepted_image_does_not_match() {
    let text = policy(SIGNED).replace(
        "images: [\"ghcr.io/acme/**\"]",
        "images: [\"ghcr.io/acme/**\"], exceptImages: [\"ghcr.io/acme/app\"]",
    );
    assert_eq!(denied(&judge(&load(&text), &found(vec![by(&release())]))), ["no-policy-matches"]);
    assert!(allowed(&judge(
        &load(&text.replace("ghcr.io/acme/app\"]", "ghcr.io/acme/other\"]")),
        &found(vec![by(&release())])
    )));
}

#[test]
fn unsigned_admits_without_evidence() {
    let set = set("{open: {unsigned: {reason: \"re-signed in our mirror from January\"}}}");
    assert!(allowed(&judge(&set, &found(vec![]))));
    let mut nothing = found(vec![]);
    nothing.entries.clear();
    assert!(allowed(&judge(&set, &nothing)));
    assert!(set.places(&request().reference).is_empty());
}

#[test]
fn a_tag_is_denied_and_the_message_names_its_digest() {
    let mut evidence = found(vec![by(&release())]);
    evidence.reference = "ghcr.io/acme/app:v1".to_owned();
    let mut ask = request_for("ghcr.io/acme/app:v1");
    let verdict = decide(&set(SIGNED), &ask, &evidence, &roots(), world().now());
    assert_eq!(denied(&verdict), ["tag-not-allowed"]);
    assert!(verdict.report().reasons[0].message.contains(&image().to_string()));
    ask.allow_tags = true;
    let verdict = decide(&set(SIGNED), &ask, &evidence, &roots(), world().now());
    assert!(allowed(&verdict));
    assert!(verdict.report().notes.iter().any(|note| note.contains("no digest")));
    // Evidence about another name or tag says nothing about this one.
    ask = request_for("ghcr.io/acme/app:v2");
    ask.allow_tags = true;
    assert_eq!(
        unknown(&decide(&set(SIGNED), &ask, &evidence, &roots(), world().now())),
        ["evidence-not-looked-for"]
    );
}

#[test]
fn a_tag_only_warns_where_nothing_is_enforced() {
    let text = policy(SIGNED).replace("  match:", "  mode: audit\n  liftsNoMatch: true\n  match:");
    let mut evidence = found(vec![by(&release())]);
    evidence.reference = "ghcr.io/acme/app:v1".to_owned();
    let verdict =
        decide(&load(&text), &request_for("ghcr.io/acme/app:v1"), &evidence, &roots(), world().now());
    assert!(allowed(&verdict));
    assert_eq!(verdict.report().warnings[0].code, "tag-not-allowed");
}
