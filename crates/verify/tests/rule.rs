//! Whom a rule names, and whom it does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

#[path = "support/sample.rs"]
mod sample;

use std::collections::BTreeMap;

use rcgen::{OtherNameValue, SanType};
use rstest::rstest;
use sample::{GITHUB, Sample, email};
use sealgate_verify::{
    KeySigner, PublicKey, Signer, SignerRule, SubjectKind, limits,
    rule::{Github, IssuerMatch, Keyless, SubjectMatch, Workflow},
};

const GOOGLE: &str = "https://accounts.google.com";

fn signer(sample: &Sample) -> Signer {
    Signer::Certificate(sample.read().unwrap())
}

fn of(issuer: &str, name: SanType) -> Signer {
    let mut sample = Sample::new().name(name);
    sample.extensions = vec![];
    signer(&if issuer.is_empty() { sample } else { sample.text(8, issuer) })
}

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

fn keyless(issuer: &str, subject: SubjectMatch) -> Keyless {
    Keyless {
        issuer: IssuerMatch::Exact(issuer.into()),
        subject,
        subject_kind: None,
        claims: BTreeMap::new(),
        extensions: BTreeMap::new(),
    }
}

fn pattern(text: &str) -> SubjectMatch {
    SubjectMatch::Pattern(text.into())
}

fn regex(text: &str) -> SubjectMatch {
    SubjectMatch::Regex(text.into())
}

// The first differing field, or nothing if the rule admits.
fn miss(rule: &SignerRule, signer: &Signer) -> Option<(String, usize)> {
    let mismatch = rule.admits(signer).err()?;
    let of_identity = ["issuer", "subject", "subjectKind", "key"].contains(&mismatch.field.as_str());
    assert_eq!(mismatch.code(), if of_identity { "identity-mismatch" } else { "claim-mismatch" });
    Some((mismatch.field, mismatch.nearness))
}

fn admits(rule: &Keyless, signer: &Signer) -> bool {
    SignerRule::keyless(rule).unwrap().admits(signer).is_ok()
}

// X509-17, X509-18: what looks like the subject but is not.
#[rstest]
fn a_look_alike_of_a_subject_does_not_match(
    #[values(
        "https://github.com/acme/app-evil/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme-evil/app/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1/evil",
        "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main",
        "https://github.com/acme/app/.github/workflows/release.yml",
        "https://github.com/acme/app/.github/workflows/release.yml@",
        "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1@evil",
        "https://github.com@evil.test/acme/app/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/../evil/app/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/%2e%2e/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme//app/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/app?/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/a?x/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/a#x/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/a%2fx/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/acme/a\\x/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com:443/acme/app/.github/workflows/release.yml@refs/tags/v1",
        "HTTPS://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1",
        "https://GitHub.com/acme/app/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/Acme/app/.github/workflows/release.yml@refs/tags/v1",
        "http://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1",
        "https://evil.test/?https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1"
    )]
    subject: &str,
) {
    let good = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1";
    // Each wildcard with what it may really stand for among these: a tag may have an `@` in it, and GitLab's subjects an empty segment.
    let widened = [
        (good.replace("v1", "v*"), "@refs/tags/v1@evil"),
        (good.replace("/app/", "/*/"), "/acme/app-evil/"),
        (good.replace("app/.github", "**/.github"), "/acme//app/"),
    ];
    for (text, meant) in widened {
        let rule = keyless(GITHUB, pattern(&text));
        assert!(admits(&rule, &of(GITHUB, uri(good))), "twin of {text}");
        let also = text.contains("**") && subject.contains("/acme/app-evil/");
        assert_eq!(
            admits(&rule, &of(GITHUB, uri(subject))),
            subject.contains(meant) || also,
            "{text} and {subject}"
        );
    }
}

#[test]
fn a_wildcard_swallows_nothing_that_ends_a_name() {
    let rule = keyless(GITHUB, pattern("https://*.acme.example/ci"));
    assert!(admits(&rule, &of(GITHUB, uri("https://build.acme.example/ci"))));
    for subject in [
        "https://evil.test?.acme.example/ci",
        "https://evil.test#.acme.example/ci",
        "https://evil@x.acme.example/ci",
        "https://evil.test\\.acme.example/ci",
    ] {
        assert!(!admits(&rule, &of(GITHUB, uri(subject))), "{subject}");
    }
}

// X509-06
#[test]
fn the_kind_of_a_subject_is_part_of_it() {
    let other = SanType::OtherName((
        vec![1, 3, 6, 1, 4, 1, 57264, 1, 7],
        OtherNameValue::Utf8String("dev@acme.example".into()),
    ));
    let rule = SignerRule::keyless(&keyless(GOOGLE, pattern("dev@acme.example"))).unwrap();
    assert_eq!(miss(&rule, &of(GOOGLE, email("dev@acme.example"))), None);
    assert_eq!(miss(&rule, &of(GOOGLE, other.clone())), Some(("subjectKind".into(), 1)));
    assert_eq!(miss(&rule, &of(GOOGLE, uri("dev@acme.example"))), Some(("subjectKind".into(), 1)));
    let mut stated = keyless(GOOGLE, pattern("dev@acme.example"));
    stated.subject_kind = Some(SubjectKind::Other);
    assert!(admits(&stated, &of(GOOGLE, other)));
}

// X509-16, X509-15
#[test]
fn emails_match_byte_by_byte_and_halves_apart() {
    let rule = keyless(GOOGLE, pattern("*@acme.example"));
    assert!(admits(&rule, &of(GOOGLE, email("dev@acme.example"))));
    for name in [
        "dev@acme.example.evil.test",
        "dev@evil.test",
        "dev@ACME.example",
        "dev@evil.test@acme.example",
        "@acme.example",
    ] {
        assert!(!admits(&rule, &of(GOOGLE, email(name))), "{name}");
    }
}

// X509-19
#[rstest]
#[case("https://token.actions.githubusercontent.com/")]
#[case("https://token.actions.githubusercontent.com/enterprise")]
#[case("https://token.actions.githubusercontent.com.evil.test")]
#[case("http://token.actions.githubusercontent.com")]
#[case("https://token.actions.githubusercontent.com:443")]
#[case("https://Token.actions.githubusercontent.com")]
#[case("")]
fn an_issuer_is_that_text_and_no_other(#[case] issuer: &str) {
    let rule = SignerRule::keyless(&keyless(GITHUB, SubjectMatch::Any)).unwrap();
    assert_eq!(miss(&rule, &of(issuer, email("dev@acme.example"))), Some(("issuer".into(), 0)));
    assert_eq!(miss(&rule, &of(GITHUB, email("dev@acme.example"))), None);
}

// X509-43
#[test]
fn issuer_and_subject_belong_to_one_certificate() {
    let rule = |issuer, name: &str| keyless(issuer, pattern(name));
    let rules = [rule(GOOGLE, "a@acme.example"), rule(GITHUB, "b@acme.example")];
    let crossed = of(GOOGLE, email("b@acme.example"));
    assert!(rules.iter().all(|rule| !admits(rule, &crossed)));
    assert!(admits(&rules[0], &of(GOOGLE, email("a@acme.example"))));
}

// X509-10, X509-11
#[test]
fn a_regex_matches_the_whole_subject_or_not_at_all() {
    let fits = |text: &str, name: &str| admits(&keyless(GOOGLE, regex(text)), &of(GOOGLE, email(name)));
    assert!(fits("dev@acme\\.example", "dev@acme.example"));
    assert!(fits("(dev|ops)@acme\\.example", "ops@acme.example"));
    assert!(fits("(?i)DEV@acme\\.example", "dev@acme.example"));
    assert!(fits("(?x) dev@acme\\.example # ", "dev@acme.example"), "a comment swallows no end");
    for (text, name) in [
        ("dev@acme\\.example", "xdev@acme.example"),
        ("dev@acme\\.example", "dev@acme.example.evil.test"),
        ("dev@acme\\.example|ops@acme\\.example", "ops@acme.example.evil.test"),
        ("dev|ops@acme\\.example", "dev@evil.test"),
        ("(?m)^dev@acme\\.example$", "dev@acme.example.evil"),
        ("(?x) dev@acme\\.example # ", "dev@acme.example.evil.test"),
        (".*@acme\\.example", "evil@evil.test@acme.example"),
        ("dev@acme\\.example", "DEV@acme.example"),
    ] {
        assert!(!fits(text, name), "{text} should not match {name}");
    }
    assert!(
        !admits(&keyless(GOOGLE, regex("dev@acme\\.ex.mple")), &of(GITHUB, email("dev@acme.example"))),
        "another issuer"
    );
}

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

#[test]
fn an_absent_issuer_or_claim_satisfies_nothing() {
    let mut rule = keyless(GOOGLE, SubjectMatch::Any);
    rule.issuer = IssuerMatch::Regex(".*".into());
    assert!(admits(&rule, &of(GOOGLE, email("dev@acme.example"))));
    assert!(!admits(&rule, &of("", email("dev@acme.example"))));
    rule.issuer = IssuerMatch::RegexOrAbsent(".*".into());
    assert!(admits(&rule, &of("", email("dev@acme.example"))), "cosign takes no issuer for an empty one");
    rule.issuer = IssuerMatch::RegexOrAbsent("https://.*".into());
    assert!(!admits(&rule, &of("", email("dev@acme.example"))));
    rule.issuer = IssuerMatch::Regex(".*".into());
    rule.claims = BTreeMap::from([("runnerEnvironment".into(), "**".into())]);
    let built = SignerRule::keyless(&rule).unwrap();
    assert_eq!(miss(&built, &signer(&Sample::new())), Some(("runnerEnvironment".into(), 1)));
    assert_eq!(miss(&built, &signer(&Sample::new().text(11, ""))), Some(("runnerEnvironment".into(), 1)));
    assert_eq!(miss(&built, &signer(&Sample::new().text(11, "github-hosted"))), None);
}

#[test]
fn claims_and_raw_extensions_are_compared() {
    let mut rule = keyless(GITHUB, SubjectMatch::Any);
    rule.claims = BTreeMap::from([(
        "buildConfigURI".into(),
        "https://github.com/acme/*/.github/workflows/ci.yml@refs/heads/main".into(),
    )]);
    rule.extensions = BTreeMap::from([(4, "Release".into())]);
    let good = Sample::new()
        .bare(4, "Release")
        .text(18, "https://github.com/acme/app/.github/workflows/ci.yml@refs/heads/main");
    assert!(admits(&rule, &signer(&good)));
    let mut other = good.clone();
    other.extensions[1].1 = b"release".to_vec();
    assert_eq!(
        miss(&SignerRule::keyless(&rule).unwrap(), &signer(&other)).unwrap().0,
        "extension 1.3.6.1.4.1.57264.1.4"
    );
    let mut other = good;
    other.extensions.pop();
    let other = other.text(18, "https://github.com/acme/app/.github/workflows/ci.yml@refs/heads/evil");
    assert_eq!(miss(&SignerRule::keyless(&rule).unwrap(), &signer(&other)).unwrap().0, "buildConfigURI");
}

fn github() -> Github {
    Github {
        repository: "acme/*".into(),
        workflow: Workflow::Own("release.yml".into()),
        reference: "refs/tags/v*".into(),
        owner_id: None,
        repository_id: None,
        trigger: None,
        runner: None,
    }
}

fn run(subject: &str, repository: &str, reference: &str) -> Sample {
    Sample::new()
        .name(uri(&format!("https://github.com/{subject}")))
        .text(12, &format!("https://github.com/{repository}"))
        .text(14, reference)
}

// X509-47
#[test]
fn a_workflow_counts_only_in_the_repository_that_ran_it() {
    let rule = SignerRule::github(&github()).unwrap();
    let check = |subject: &str, repository: &str, reference: &str| {
        miss(&rule, &signer(&run(subject, repository, reference))).map(|(field, _)| field)
    };
    assert_eq!(
        check("acme/app/.github/workflows/release.yml@refs/tags/v1", "acme/app", "refs/tags/v1"),
        None
    );
    for (subject, repository, reference, field) in [
        ("evil/app/.github/workflows/release.yml@refs/tags/v1", "evil/app", "refs/tags/v1", "subject"),
        (
            "acme/app/.github/workflows/release.yml@refs/tags/v1",
            "evil/app",
            "refs/tags/v1",
            "sourceRepositoryURI",
        ),
        ("evil/app/.github/workflows/release.yml@refs/tags/v1", "acme/app", "refs/tags/v1", "subject"),
        ("acme/lib/.github/workflows/release.yml@refs/tags/v1", "acme/app", "refs/tags/v1", "subject"),
        ("acme/app-x/.github/workflows/release.yml@refs/tags/v1", "acme/app", "refs/tags/v1", "subject"),
        ("acme/app/.github/workflows/evil.yml@refs/tags/v1", "acme/app", "refs/tags/v1", "subject"),
        ("acme/app/.github/workflows/x/release.yml@refs/tags/v1", "acme/app", "refs/tags/v1", "subject"),
        ("acme/app/release.yml@refs/tags/v1", "acme/app", "refs/tags/v1", "subject"),
        ("acme/app/.github/workflows/release.yml@refs/heads/evil", "acme/app", "refs/tags/v1", "subject"),
        ("acme/app/.github/workflows/release.yml", "acme/app", "refs/tags/v1", "subject"),
        (
            "acme/app/.github/workflows/release.yml@refs/tags/v1",
            "acme/app",
            "refs/heads/evil",
            "sourceRepositoryRef",
        ),
        (
            "acme/app/.github/workflows/release.yml@refs/tags/v1",
            "acme/a/b",
            "refs/tags/v1",
            "sourceRepositoryURI",
        ),
    ] {
        assert_eq!(
            check(subject, repository, reference).as_deref(),
            Some(field),
            "{subject} {repository} {reference}"
        );
    }
}

#[test]
fn a_github_rule_wants_its_issuer_and_every_claim() {
    let rule = SignerRule::github(&github()).unwrap();
    let good = run("acme/app/.github/workflows/release.yml@refs/tags/v1", "acme/app", "refs/tags/v1");
    for without in [1, 2] {
        let mut sample = good.clone();
        sample.extensions.remove(without);
        assert!(miss(&rule, &signer(&sample)).unwrap().0.starts_with("sourceRepository"));
    }
    let mut foreign = good.clone();
    foreign.extensions.remove(0);
    assert_eq!(
        miss(&rule, &signer(&foreign.text(8, "https://token.actions.githubusercontent.com.evil.test"))),
        Some(("issuer".into(), 0))
    );
    // Old certificates say the same in older words.
    let old = Sample::new().name(good.names[0].clone()).bare(5, "acme/app").bare(6, "refs/tags/v1");
    assert_eq!(miss(&rule, &signer(&old)), None);
}

#[test]
fn a_reusable_workflow_counts_only_when_called_from_a_named_source() {
    let mut spec = github();
    spec.workflow = Workflow::Reusable("acme/ci/.github/workflows/build.yml@refs/tags/v*".into());
    let rule = SignerRule::github(&spec).unwrap();
    let good = "acme/ci/.github/workflows/build.yml@refs/tags/v2";
    assert_eq!(miss(&rule, &signer(&run(good, "acme/app", "refs/tags/v1"))), None);
    // The nearer the miss, the more of it fits.
    assert_eq!(
        miss(&rule, &signer(&run(good, "evil/app", "refs/tags/v1"))),
        Some(("sourceRepositoryURI".into(), 3))
    );
    assert_eq!(
        miss(&rule, &signer(&run(good, "acme/app", "refs/heads/main"))),
        Some(("sourceRepositoryRef".into(), 4))
    );
    for subject in [
        "acme/ci/.github/workflows/build.yml@refs/heads/main",
        "acme/app/.github/workflows/build.yml@refs/tags/v2",
        "evil/ci/.github/workflows/build.yml@refs/tags/v2",
    ] {
        assert_eq!(
            miss(&rule, &signer(&run(subject, "acme/app", "refs/tags/v1"))),
            Some(("subject".into(), 2))
        );
    }
}

// X509-48, X509-49
#[test]
fn numbers_trigger_and_runner_can_be_pinned() {
    let mut spec = github();
    spec.repository = "**".into();
    (spec.owner_id, spec.repository_id) = (Some("77".into()), Some("99".into()));
    (spec.trigger, spec.runner) = (Some("push".into()), Some("github-hosted".into()));
    let rule = SignerRule::github(&spec).unwrap();
    let sample = |owner, repository, trigger, runner| {
        let run = run("new/app/.github/workflows/release.yml@refs/tags/v1", "new/app", "refs/tags/v1");
        signer(&run.text(17, owner).text(15, repository).text(20, trigger).text(11, runner))
    };
    assert_eq!(miss(&rule, &sample("77", "99", "push", "github-hosted")), None);
    for (signer, field) in [
        (sample("78", "99", "push", "github-hosted"), "sourceRepositoryOwnerIdentifier"),
        (sample("77", "98", "push", "github-hosted"), "sourceRepositoryIdentifier"),
        (sample("77", "99", "pull_request", "github-hosted"), "buildTrigger"),
        (sample("77", "99", "push", "self-hosted"), "runnerEnvironment"),
    ] {
        assert_eq!(miss(&rule, &signer).unwrap().0, field);
    }
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

#[test]
fn a_key_rule_names_one_key_and_no_certificate() {
    let key = |text: &str| PublicKey::from_pem(text).unwrap();
    let (good, other) = (
        key(include_str!("../../../testdata/keys/p256.pem")),
        key(include_str!("../../../testdata/keys/p384.pem")),
    );
    let holder = |key: &PublicKey| Signer::Key(KeySigner { fingerprint: key.fingerprint() });
    let rule = SignerRule::key(&good);
    assert_eq!(miss(&rule, &holder(&good)), None);
    assert_eq!(miss(&rule, &holder(&other)), Some(("key".into(), 0)));
    assert_eq!(miss(&rule, &signer(&Sample::new())), Some(("key".into(), 0)));
    let anybody = SignerRule::keyless(&Keyless {
        issuer: IssuerMatch::Regex(".*".into()),
        ..keyless(GOOGLE, regex(".*"))
    })
    .unwrap();
    assert_eq!(miss(&anybody, &signer(&Sample::new())), None);
    assert_eq!(miss(&anybody, &holder(&good)), Some(("issuer".into(), 0)));
    let any_issuer = IssuerMatch::RegexOrAbsent(".*".into());
    let nobody =
        SignerRule::keyless(&Keyless { issuer: any_issuer, ..keyless(GOOGLE, SubjectMatch::Any) }).unwrap();
    assert!(miss(&nobody, &holder(&good)).is_some(), "a key is no certificate without an issuer");
}

#[test]
fn an_exact_subject_takes_a_star_for_a_star() {
    let rule = keyless(GOOGLE, SubjectMatch::Exact("https://acme.example/*".into()));
    assert!(admits(&rule, &of(GOOGLE, uri("https://acme.example/*"))));
    assert!(!admits(&rule, &of(GOOGLE, uri("https://acme.example/x"))));
}

#[test]
fn a_mismatch_says_what_was_wanted_and_shows_no_look_alike_as_it_is() {
    let rule = SignerRule::github(&github()).unwrap();
    let fork =
        signer(&run("evil/app/.github/workflows/release.yml@refs/tags/v1", "evil/app", "refs/tags/v1"));
    assert_eq!(
        rule.admits(&fork).unwrap_err().to_string(),
        "subject is `https://github.com/evil/app/.github/workflows/release.yml@refs/tags/v1`, \
         wanted `https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v*`"
    );
    let hijacked =
        signer(&run("acme/app/.github/workflows/release.yml@refs/tags/v1", "evil/app", "refs/tags/v1"));
    assert_eq!(
        rule.admits(&hijacked).unwrap_err().to_string(),
        "sourceRepositoryURI is `https://github.com/evil/app`, wanted `https://github.com/acme/*`"
    );
    assert_eq!(rule.admits(&hijacked).unwrap_err().code(), "claim-mismatch");
    let other =
        signer(&run("acme/lib/.github/workflows/release.yml@refs/tags/v1", "acme/app", "refs/tags/v1"));
    assert_eq!(
        rule.admits(&other).unwrap_err().to_string(),
        "subject is `https://github.com/acme/lib/.github/workflows/release.yml@refs/tags/v1`, \
         wanted `https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v*`"
    );
    let homoglyph =
        signer(&Sample::new().text(12, "https://github.com/acm\u{435}/app").text(14, "refs/tags/v1"));
    assert!(rule.admits(&homoglyph).unwrap_err().to_string().contains("acm\\u{435}/app"));
    assert_eq!(rule.describe(), "https://github.com/acme/*/.github/workflows/release.yml at refs/tags/v*");
    let absent = rule.admits(&signer(&Sample::new())).unwrap_err();
    assert_eq!(absent.to_string(), "sourceRepositoryURI is absent, wanted `https://github.com/acme/*`");
}
