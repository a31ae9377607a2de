//! Workflows at github.com.

use sealgate_verify::{SignerRule, rule::Workflow};

use crate::{github, miss, run, sample::Sample, signer};

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

// SLSA-06: refs that only look like a release's.
#[test]
fn a_ref_counts_as_a_whole_and_of_its_kind() {
    let rule = SignerRule::github(&github()).unwrap();
    let at = |reference: &str| {
        let subject = format!("acme/app/.github/workflows/release.yml@{reference}");
        miss(&rule, &signer(&run(&subject, "acme/app", reference))).map(|(field, _)| field)
    };
    assert_eq!(at("refs/tags/v1.2.3"), None);
    for reference in [
        "refs/heads/v1.2.3",
        "refs/heads/refs/tags/v1",
        "refs/tags/refs/heads/v1",
        "refs/tags/v1/evil",
        "refs/tags/x-v1",
        "refs/tags/V1",
        "refs/tags//v1",
        "refs/tags",
        "refs/tags/",
        "refs/pull/1/merge",
        "refs/remotes/origin/refs/tags/v1",
        "tags/v1",
        "v1",
        "Refs/tags/v1",
        " refs/tags/v1",
    ] {
        assert_eq!(at(reference).as_deref(), Some("subject"), "{reference}");
    }
}
