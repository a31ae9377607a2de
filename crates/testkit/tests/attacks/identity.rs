//! Genuine signatures by somebody whom the policy does not mean.

use sealgate_testkit::{Identity, San, der};

use crate::scene::{Case, Scene, Table, policy};

const ISSUER: &str = "https://accounts.google.com";
const PERSON: &str = r#"keyless: {issuer: "https://accounts.google.com", subject: qa@acme.example}"#;

fn person(scene: &mut Scene, attacker: Identity) {
    scene.policy = policy(PERSON);
    let good = scene.recipe().by(Identity::email("qa@acme.example", ISSUER));
    scene.forge(good, |recipe| *recipe = recipe.clone().by(attacker));
}

fn workflow(scene: &mut Scene, attacker: Identity) {
    let good = scene.recipe();
    scene.forge(good, |recipe| *recipe = recipe.clone().by(attacker));
}

fn regex(scene: &mut Scene, pattern: &str, good: &str, attacker: &str) {
    let issuer = "issuer: \"https://accounts.google.com\"";
    scene.policy = policy(&format!("keyless: {{{issuer}, subjectRegex: '{pattern}', subjectKind: uri}}"));
    let good = scene.recipe().by(Identity::uri(good, ISSUER));
    let attacker = Identity::uri(attacker, ISSUER);
    scene.forge(good, |recipe| *recipe = recipe.clone().by(attacker));
}

pub(crate) const TABLE: Table = &[
    (
        "workflow-of-a-fork",
        Case::Scene(|scene| workflow(scene, Identity::github("evil/app", "release.yml", "refs/tags/v1.2.3"))),
    ),
    (
        "repository-with-a-trusted-prefix",
        Case::Scene(|scene| {
            workflow(scene, Identity::github("acme/app-evil", "release.yml", "refs/tags/v1.2.3"))
        }),
    ),
    (
        "workflow-file-with-a-trusted-suffix",
        Case::Scene(|scene| {
            workflow(scene, Identity::github("acme/app", "not-release.yml", "refs/tags/v1.2.3"))
        }),
    ),
    (
        "branch-named-like-a-tag",
        Case::Scene(|scene| {
            workflow(scene, Identity::github("acme/app", "release.yml", "refs/heads/v1.2.3"))
        }),
    ),
    (
        "workflow-at-a-trusted-tag-run-from-a-branch",
        Case::Scene(|scene| {
            let path = "acme/app/.github/workflows/release.yml@refs/tags/v1.2.3";
            workflow(scene, Identity::github_reusable("acme/app", "refs/heads/evil", path));
        }),
    ),
    (
        "trusted-workflow-called-by-a-hostile-repository",
        Case::Scene(|scene| {
            let path = "acme/app/.github/workflows/release.yml@refs/tags/v1.2.3";
            workflow(scene, Identity::github_reusable("evil/app", "refs/tags/v1.2.3", path));
        }),
    ),
    (
        "reusable-workflow-called-by-a-hostile-repository",
        Case::Scene(|scene| {
            let reusable = "acme/ci/.github/workflows/build.yml@refs/tags/v1";
            scene.policy = policy(&format!(
                "github: {{repository: \"acme/*\", reusableWorkflow: \"{reusable}\", ref: \"refs/heads/main\"}}"
            ));
            let good = scene.recipe().by(Identity::github_reusable("acme/app", "refs/heads/main", reusable));
            let attacker = Identity::github_reusable("evil/app", "refs/heads/main", reusable);
            scene.forge(good, |recipe| *recipe = recipe.clone().by(attacker));
        }),
    ),
    (
        "repository-name-was-taken-over",
        Case::Scene(|scene| {
            let pinned = r#"github: {repository: acme/app, repositoryId: "1001", workflow: release.yml, ref: "refs/tags/v*"}"#;
            scene.policy = policy(pinned);
            workflow(scene, scene.identity.clone().claim(15, "6666"));
        }),
    ),
    (
        "runner-of-somebody-s-own",
        Case::Scene(|scene| {
            let hosted = r#"github: {repository: acme/app, workflow: release.yml, ref: "refs/tags/v*", runner: github-hosted}"#;
            scene.policy = policy(hosted);
            workflow(scene, scene.identity.clone().claim(11, "self-hosted"));
        }),
    ),
    (
        "pull-request-runs-the-release-workflow",
        Case::Scene(|scene| {
            let pushed = r#"github: {repository: acme/app, workflow: release.yml, ref: "refs/tags/v*", trigger: push}"#;
            scene.policy = policy(pushed);
            let attacker =
                scene.identity.clone().claim(20, "pull_request_target").old_claim(2, "pull_request_target");
            workflow(scene, attacker);
        }),
    ),
    (
        "owner-in-other-case",
        Case::Scene(|scene| workflow(scene, Identity::github("Acme/app", "release.yml", "refs/tags/v1.2.3"))),
    ),
    (
        "issuer-with-a-trusted-prefix",
        Case::Scene(|scene| {
            let issuer = "https://token.actions.githubusercontent.com.evil.test".to_owned();
            workflow(scene, Identity { issuer, ..scene.identity.clone() });
        }),
    ),
    (
        "issuer-with-a-slash-more",
        Case::Scene(|scene| {
            person(scene, Identity::email("qa@acme.example", "https://accounts.google.com/"))
        }),
    ),
    (
        "issuer-of-one-signer-and-subject-of-another",
        Case::Scene(|scene| {
            scene.policy = crate::scene::policy_with(
                "    a:\n      keyless: {issuer: \"https://a.example\", subject: a@acme.example}\n    b:\n      \
                 keyless: {issuer: \"https://b.example\", subject: b@acme.example}\n",
                "signature: {by: [a, b]}",
            );
            let good = scene.recipe().by(Identity::email("b@acme.example", "https://b.example"));
            scene.forge(good, |recipe| {
                *recipe = recipe.clone().by(Identity::email("b@acme.example", "https://a.example"))
            });
        }),
    ),
    (
        "issuer-extensions-contradict",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe.patches.certificate.add(|certificate| {
                    certificate.replace(sealgate_testkit::Extension::fulcio_old(1, "https://evil.example"));
                });
            });
        }),
    ),
    (
        "old-claim-contradicts-the-new-one",
        Case::Scene(|scene| workflow(scene, scene.identity.clone().old_claim(5, "evil/app"))),
    ),
    (
        "mail-address-written-as-uri",
        Case::Scene(|scene| person(scene, Identity::uri("qa@acme.example", ISSUER))),
    ),
    (
        "mail-address-written-as-username",
        Case::Scene(|scene| person(scene, Identity::new(San::Username("qa@acme.example".into()), ISSUER))),
    ),
    (
        "mail-address-written-as-host",
        Case::Scene(|scene| person(scene, Identity::new(San::Dns("qa@acme.example".into()), ISSUER))),
    ),
    (
        "name-of-another-kind-beside-a-good-one",
        Case::Scene(|scene| {
            let good = San::Email("qa@acme.example".into());
            scene.policy = policy(PERSON);
            let recipe = scene.recipe().by(Identity::new(good.clone(), ISSUER));
            scene.forge(recipe, |recipe| {
                recipe.patches.certificate.add(move |certificate| {
                    let login = b"\xa0\x0a\x06\x03\x2a\x03\x04\xa0\x03\x0c\x01x".to_vec();
                    certificate.set_sans(&[good.clone(), San::Raw(login)]);
                });
            });
        }),
    ),
    (
        "second-subject-name",
        Case::Scene(|scene| {
            let (good, issuer) = (San::Email("qa@acme.example".into()), ISSUER);
            scene.policy = policy(PERSON);
            let recipe = scene.recipe().by(Identity::new(good.clone(), issuer));
            scene.forge(recipe, |recipe| {
                recipe.patches.certificate.add(move |certificate| {
                    certificate.set_sans(&[good.clone(), San::Email("evil@example.com".into())]);
                });
            });
        }),
    ),
    (
        "subject-only-as-common-name",
        Case::Scene(|scene| {
            scene.policy = policy(PERSON);
            let recipe = scene.recipe().by(Identity::email("qa@acme.example", ISSUER));
            scene.forge(recipe, |recipe| {
                recipe.patches.certificate.add(|certificate| {
                    certificate.remove(sealgate_testkit::certificate::SAN);
                    certificate.subject = der::name("acme.example", "qa@acme.example");
                });
            });
        }),
    ),
    (
        "subject-with-a-nul",
        Case::Scene(|scene| person(scene, Identity::email("qa@acme.example\0.evil.test", ISSUER))),
    ),
    (
        "subject-with-a-line-break",
        Case::Scene(|scene| person(scene, Identity::email("qa@acme.example\n", ISSUER))),
    ),
    (
        "subject-in-another-alphabet",
        Case::Scene(|scene| person(scene, Identity::email("q\u{430}@acme.example", ISSUER))),
    ),
    (
        "regex-matches-in-the-middle",
        Case::Scene(|scene| {
            let evil = "https://evil.test/?https://github.com/acme/x";
            regex(scene, "https://github\\.com/acme/.*", "https://github.com/acme/x", evil);
        }),
    ),
    (
        "regex-alternative-escapes-its-anchor",
        Case::Scene(|scene| {
            regex(
                scene,
                "https://good\\.example/a|https://good\\.example/b",
                "https://good.example/b",
                "https://good.example/aevil",
            );
        }),
    ),
    (
        "host-hidden-behind-user-information",
        Case::Scene(|scene| {
            regex(
                scene,
                "https://github\\.com/[^/]+/x",
                "https://github.com/acme/x",
                "https://github.com@evil.test/acme/x",
            );
        }),
    ),
    (
        "claim-with-bytes-behind-it",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe.patches.certificate.add(|certificate| {
                    let claim = certificate
                        .extensions
                        .iter_mut()
                        .find(|extension| extension.oid.ends_with("57264.1.12"));
                    claim.unwrap().value.extend(b"-evil");
                });
            });
        }),
    ),
    (
        "claim-that-is-absent",
        Case::Scene(|scene| {
            let good = scene.recipe();
            scene.forge(good, |recipe| {
                recipe.patches.certificate.add(|certificate| {
                    certificate.remove("1.3.6.1.4.1.57264.1.12");
                    certificate.remove("1.3.6.1.4.1.57264.1.5");
                });
            });
        }),
    ),
];
