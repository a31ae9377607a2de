//! The policies in `policies/`: each is loaded as it is shipped and tried with an image that it allows and one that it
//! does not.

use sealgate_policy::{PolicySet, Verdict, decide};
use sealgate_testkit::{Identity, SigningKey, evidence};
use sealgate_verify::Item;

use crate::support::{codes, image, load, request_for, roots, source, try_load, world};

fn ask(set: &PolicySet, name: &str, items: Vec<Item>) -> Verdict {
    let reference = format!("{name}@{}", image());
    let evidence = evidence(&reference, &image(), items, world().now());
    decide(set, &request_for(&reference), &evidence, &roots(), world().now())
}

fn by(identity: &Identity) -> Item {
    world().sign_image(&image(), identity).item()
}

fn google(address: &str) -> Item {
    by(&Identity::email(address, "https://accounts.google.com"))
}

fn allows(set: &PolicySet, name: &str, items: Vec<Item>) {
    let verdict = ask(set, name, items);
    assert!(matches!(verdict, Verdict::Allow(_)), "{verdict:#?}");
    assert!(verdict.report().audits.is_empty() && verdict.report().warnings.is_empty(), "{verdict:#?}");
}

fn denies(set: &PolicySet, name: &str, items: Vec<Item>, code: &str) {
    let verdict = ask(set, name, items);
    assert!(matches!(verdict, Verdict::Deny(_)), "{verdict:#?}");
    assert_eq!(codes(verdict.report()).first(), Some(&code));
}

/// Loads a shipped policy, which must leave no warning either.
fn shipped(text: &str) -> PolicySet {
    let loaded = try_load(text).unwrap();
    assert_eq!(loaded.warnings, [], "a shipped policy is not odd");
    loaded.set
}

#[test]
fn github_organisation_yaml_admits_releases_of_the_organisation_only() {
    let set = shipped(include_str!("../../../../policies/github-organisation.yaml"));
    let app = "ghcr.io/acme/app";
    allows(&set, app, vec![by(&Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3"))]);
    let called = Identity::github_reusable(
        "mallory/app",
        "refs/tags/v1.2.3",
        "acme/app/.github/workflows/release.yml@refs/tags/v1.2.3",
    );
    for (other, code) in [
        (Identity::github("mallory/app", "release.yml", "refs/tags/v1.2.3"), "identity-mismatch"),
        (Identity::github("acme/app", "test.yml", "refs/tags/v1.2.3"), "identity-mismatch"),
        (Identity::github("acme/app", "release.yml", "refs/heads/main"), "identity-mismatch"),
        (called, "claim-mismatch"),
    ] {
        denies(&set, app, vec![by(&other)], code);
    }
    denies(&set, "ghcr.io/acme/lab/toy", vec![], "no-policy-matches");
}

#[test]
fn release_and_approval_yaml_wants_workflow_and_person_or_two_persons() {
    let set = shipped(include_str!("../../../../policies/release-and-approval.yaml"));
    let app = "registry.acme.example/production/app";
    let workflow = "acme/pipelines/.github/workflows/build.yml@refs/tags/v4";
    let built = || by(&Identity::github_reusable("acme/app", "refs/heads/main", workflow));
    allows(&set, app, vec![built(), google("alice@acme.example")]);
    allows(&set, app, vec![google("bob@acme.example"), google("alice@acme.example")]);
    denies(&set, app, vec![google("alice@acme.example"), google("alice@acme.example")], "too-few-signers");
    denies(&set, app, vec![built()], "identity-mismatch");
    let elsewhere = by(&Identity::github_reusable("mallory/app", "refs/heads/main", workflow));
    denies(&set, app, vec![elsewhere, google("alice@acme.example")], "too-few-signers");
}

#[test]
fn public_base_images_yaml_pairs_each_registry_with_its_maker() {
    let set = shipped(include_str!("../../../../policies/public-base-images.yaml"));
    let distroless = || google("keyless@distroless.iam.gserviceaccount.com");
    let kubernetes = || google("krel-trust@k8s-releng-prod.iam.gserviceaccount.com");
    let chainguard = || by(&Identity::github("chainguard-images/images", "release.yaml", "refs/heads/main"));
    allows(&set, "gcr.io/distroless/static-debian12", vec![distroless()]);
    allows(&set, "registry.k8s.io/kube-apiserver", vec![kubernetes()]);
    allows(&set, "cgr.dev/chainguard/static", vec![chainguard()]);
    denies(&set, "gcr.io/distroless/static-debian12", vec![kubernetes(), chainguard()], "identity-mismatch");
    denies(&set, "registry.k8s.io/kube-apiserver", vec![distroless()], "identity-mismatch");
    denies(&set, "cgr.dev/chainguard/static", vec![], "no-signature-found");
    denies(&set, "registry.k8s.io/pause", vec![kubernetes()], "no-policy-matches");
}

#[test]
fn vendor_key_yaml_admits_what_the_vendors_key_signed() {
    let text = include_str!("../../../../policies/vendor-key.yaml");
    let name = "registry.vendor.example/database/server";
    let key = SigningKey::p256();
    let mut recipe = world().recipe(&image(), &Identity::email("unused@acme.example", "unused")).by_key(&key);
    recipe.logs.clear();
    let item = recipe.sign().item();
    denies(&shipped(text), name, vec![item.clone()], "signature-invalid");
    // The same policy with a key of which we have the private half.
    let (before, rest) = text.split_once("          -----BEGIN").unwrap();
    let (_, after) = rest.split_once("-----END PUBLIC KEY-----\n").unwrap();
    let pem: String = key.public_pem().lines().map(|line| format!("          {line}\n")).collect();
    let set = load(&format!("{before}{pem}{after}"));
    allows(&set, name, vec![item.clone()]);
    allows(&set, "eu.mirror.vendor.example/database/server", vec![item.clone()]);
    denies(&set, "a.b.mirror.vendor.example/database/server", vec![item], "no-policy-matches");
    denies(&set, name, vec![], "no-signature-found");
}

#[test]
fn audit_start_yaml_denies_nothing_and_records_what_would_be_denied() {
    let set = shipped(include_str!("../../../../policies/audit-start.yaml"));
    let release = by(&Identity::github("acme/app", "release.yml", "refs/tags/v1.2.3"));
    allows(&set, "ghcr.io/acme/app", vec![release]);
    for (name, code) in
        [("ghcr.io/acme/app", "no-signature-found"), ("docker.io/library/nginx", "no-policy-matches")]
    {
        let verdict = ask(&set, name, vec![]);
        assert!(matches!(verdict, Verdict::Allow(_)), "{verdict:#?}");
        assert_eq!(verdict.report().audits[0].code, code);
    }
    let strict =
        load(&include_str!("../../../../policies/audit-start.yaml").replace("mode: audit", "mode: enforce"));
    denies(&strict, "ghcr.io/acme/app", vec![], "no-signature-found");
}

#[test]
fn the_shipped_policies_can_stand_in_one_folder() {
    let files = [
        include_str!("../../../../policies/audit-start.yaml"),
        include_str!("../../../../policies/github-organisation.yaml"),
        include_str!("../../../../policies/public-base-images.yaml"),
        include_str!("../../../../policies/release-and-approval.yaml"),
        include_str!("../../../../policies/vendor-key.yaml"),
    ];
    let sources: Vec<_> =
        files.iter().enumerate().map(|(index, text)| source(&index.to_string(), text)).collect();
    assert_eq!(PolicySet::load(&sources, &roots()).unwrap().set.names().len(), 7);
}
