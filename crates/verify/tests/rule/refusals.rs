//! What no rule can mean.

use std::collections::BTreeMap;

use rstest::rstest;
use sealgate_verify::{
    SignerRule, limits,
    rule::{Github, Keyless, SubjectMatch, Workflow},
};

use crate::{GOOGLE, github, keyless, of, pattern, sample::email};

#[test]
fn a_regex_that_is_none_alone_too_long_or_too_large_is_refused() {
    let why = |text: String| SignerRule::keyless(&keyless(GOOGLE, SubjectMatch::Regex(text))).unwrap_err();
    for text in ["a)|(b", "(", "a{1,", "\\", "(?=a)", "(a)\\1", ""] {
        assert_eq!(why(text.into()).field, "subjectRegex", "{text}");
    }
    assert!(why("\\w{500}".into()).why.contains("when compiled"));
    assert!(why("a".repeat(limits::REGEX_BYTES + 1)).why.contains("at most"));
    assert!(
        SignerRule::keyless(&keyless(GOOGLE, SubjectMatch::Regex("a".repeat(limits::REGEX_BYTES)))).is_ok()
    );
}

// PE-01, 268: what is built to cost time or memory is refused at once, or matched in linear time.
#[test]
fn a_hostile_regex_costs_neither_time_nor_memory() {
    let rule = |text: &str| SignerRule::keyless(&keyless(GOOGLE, SubjectMatch::Regex(text.into())));
    let (open, shut) = ("(".repeat(1000), ")".repeat(1000));
    for text in [
        "(?:){4294967295}",
        "(?:a{1000}){1000}",
        "((a{100}){100}){100}",
        "(?i)\\pL{900}",
        "\\w{1000}",
        "[^a]{2000}",
        &format!("{open}a{shut}"),
        &"(?:a|b)?".repeat(511),
        &"(((((((((".repeat(400),
        &"[".repeat(4000),
        &"\\pL".repeat(1000),
    ] {
        match rule(text) {
            Ok(rule) => assert!(rule.admits(&of(GOOGLE, email("dev@acme.example"))).is_err(), "{text}"),
            Err(error) => assert_eq!(error.field, "subjectRegex", "{text}"),
        }
    }
    // Exponential where somebody tries all ways.
    for text in ["(a+)+$", "(a|a)*$", "(a*)*b", "(.*a){12}", "a?{30}a{30}", "(a|aa)+$"] {
        let rule = rule(text).unwrap();
        assert!(rule.admits(&of(GOOGLE, email(&format!("{}!", "a".repeat(60))))).is_err(), "{text}");
    }
    assert!(rule("(a+)+$").unwrap().admits(&of(GOOGLE, email("aaaa"))).is_ok(), "twin");
}

#[rstest]
#[case::url(|g: &mut Github| g.repository = "https://github.com/acme/app".into(), "repository")]
#[case::host(|g: &mut Github| g.repository = "github.com/acme/app".into(), "repository")]
#[case::owner_alone(|g: &mut Github| g.repository = "acme".into(), "repository")]
#[case::anybody(|g: &mut Github| g.repository = "**".into(), "repository")]
#[case::any_owner(|g: &mut Github| g.repository = "*/app".into(), "repository")]
#[case::empty_repository(|g: &mut Github| g.repository = String::new(), "repository")]
#[case::short_ref(|g: &mut Github| g.reference = "main".into(), "ref")]
#[case::empty_ref(|g: &mut Github| g.reference = String::new(), "ref")]
#[case::workflow_path(|g: &mut Github| g.workflow = Workflow::Own(".github/workflows/release.yml".into()), "workflow")]
#[case::workflow_ref(|g: &mut Github| g.workflow = Workflow::Own("release.yml@refs/heads/main".into()), "workflow")]
#[case::empty_workflow(|g: &mut Github| g.workflow = Workflow::Own(String::new()), "workflow")]
#[case::reusable_name(|g: &mut Github| g.workflow = Workflow::Reusable("build.yml".into()), "reusableWorkflow")]
#[case::reusable_without_ref(|g: &mut Github| g.workflow = Workflow::Reusable("acme/ci/.github/workflows/build.yml".into()), "reusableWorkflow")]
#[case::reusable_short_ref(|g: &mut Github| g.workflow = Workflow::Reusable("acme/ci/.github/workflows/build.yml@v1".into()), "reusableWorkflow")]
#[case::reusable_of_anybody(|g: &mut Github| g.workflow = Workflow::Reusable("*/ci/.github/workflows/build.yml@refs/tags/v1".into()), "reusableWorkflow")]
#[case::owner_name(|g: &mut Github| g.owner_id = Some("acme".into()), "ownerId")]
#[case::repository_wildcard(|g: &mut Github| g.repository_id = Some("9*".into()), "repositoryId")]
#[case::empty_trigger(|g: &mut Github| g.trigger = Some(String::new()), "trigger")]
fn what_a_github_rule_cannot_mean_is_refused(#[case] change: fn(&mut Github), #[case] field: &str) {
    let mut spec = github();
    assert!(SignerRule::github(&spec).is_ok(), "twin");
    change(&mut spec);
    assert_eq!(SignerRule::github(&spec).unwrap_err().field, field);
}

#[rstest]
#[case::wildcard_issuer(keyless("https://*.example", SubjectMatch::Any), "issuer")]
#[case::empty_issuer(keyless("", SubjectMatch::Any), "issuer")]
#[case::every_subject(keyless(GOOGLE, pattern("**")), "subject")]
#[case::every_email(keyless(GOOGLE, pattern("*@*")), "subject")]
#[case::every_uri(keyless(GOOGLE, pattern("*://**")), "subject")]
#[case::empty_subject(keyless(GOOGLE, pattern("")), "subject")]
#[case::empty_exact(keyless(GOOGLE, SubjectMatch::Exact(String::new())), "subject")]
#[case::no_kind(keyless(GOOGLE, pattern("acme")), "subjectKind")]
#[case::half_a_subject(keyless(GOOGLE, pattern("dev@")), "subject")]
#[case::unknown_claim(Keyless { claims: BTreeMap::from([("runner".into(), "x".into())]), ..keyless(GOOGLE, SubjectMatch::Any) }, "claims.runner")]
#[case::old_claim(Keyless { claims: BTreeMap::from([("githubWorkflowName".into(), "x".into())]), ..keyless(GOOGLE, SubjectMatch::Any) }, "claims.githubWorkflowName")]
#[case::empty_claim(Keyless { claims: BTreeMap::from([("buildTrigger".into(), String::new())]), ..keyless(GOOGLE, SubjectMatch::Any) }, "claims.buildTrigger")]
#[case::extension(Keyless { extensions: BTreeMap::from([(7, "x".into())]), ..keyless(GOOGLE, SubjectMatch::Any) }, "extensions.7")]
fn what_a_keyless_rule_cannot_mean_is_refused(#[case] spec: Keyless, #[case] field: &str) {
    assert_eq!(SignerRule::keyless(&spec).unwrap_err().field, field);
}
