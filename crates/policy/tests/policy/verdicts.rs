//! Verdicts over really signed images. Each denial asserts its code and has a twin that is allowed.

use std::sync::Arc;

use rstest::rstest;
use sealgate_policy::{PolicySet, Standing, Verdict, decide};
use sealgate_testkit::{Identity, SigningKey, World};
use sealgate_verify::{Digest, Item, Place, TrustedRoots};

use crate::support::{allowed, codes, found, image, judge, load, policy, qa, release, request, roots, world};

pub(crate) const SIGNED: &str = "{signed: {signature: {by: [release]}}}";
const TWO: &str = "{signed: {signature: {by: [release, qa, ops], atLeast: 2}}}";

pub(crate) fn by(identity: &Identity) -> Item {
    world().sign_image(&image(), identity).item()
}

pub(crate) fn set(require: &str) -> PolicySet {
    load(&policy(require))
}

pub(crate) fn denied(verdict: &Verdict) -> Vec<&'static str> {
    assert!(matches!(verdict, Verdict::Deny(_)), "{verdict:#?}");
    codes(verdict.report())
}

pub(crate) fn unknown(verdict: &Verdict) -> Vec<&'static str> {
    assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:#?}");
    codes(verdict.report())
}

#[test]
fn a_signature_by_the_workflow_is_allowed_and_the_grant_says_what_it_rests_on() {
    let verdict = judge(&set(SIGNED), &found(vec![by(&release())]));
    assert!(allowed(&verdict), "{verdict:#?}");
    let leaf = &verdict.report().policies[0].requirements[0].leaves[0];
    let usage = &leaf.rests_on[0];
    assert_eq!(leaf.standing, Standing::Met);
    assert_eq!((usage.signer.as_str(), usage.root.as_str()), ("release", "public-good"));
    assert_eq!(usage.subject, release().subject());
    assert_eq!(usage.place, Place::Referrers);
    assert_eq!((usage.log.len(), usage.signed_at.is_empty()), (1, false));
}

#[rstest]
#[case::cosigns_older_layer(world().sign_image_legacy(&image(), &release()).legacy_item())]
#[case::with_rekor_v2(world().recipe_v2(&image(), &release()).sign().item())]
fn every_form_of_signature_is_allowed(#[case] item: Item) {
    let verdict = judge(&set(SIGNED), &found(vec![item]));
    assert!(allowed(&verdict), "{verdict:#?}");
}

#[test]
fn nothing_found_is_denied() {
    let verdict = judge(&set(SIGNED), &found(vec![]));
    assert_eq!(denied(&verdict), ["no-signature-found"]);
    assert_eq!(verdict.report().reasons[0].rule.as_deref(), Some("acme-apps/signed"));
}

#[test]
fn another_signer_is_denied_with_the_nearest_miss() {
    let fork = Identity::github("mallory/app", "release.yml", "refs/tags/v1.2.3");
    let verdict = judge(&set(SIGNED), &found(vec![by(&qa()), by(&fork)]));
    assert_eq!(denied(&verdict), ["identity-mismatch"]);
    let message = &verdict.report().reasons[0].message;
    assert!(message.contains("mallory/app"), "{message}");
    assert!(message.contains("the policy wants `release`"), "{message}");
    let compared = verdict.report().reasons[0].compared.as_ref().unwrap();
    assert_eq!((compared.signer.as_str(), compared.field.as_str()), ("release", "subject"));
    assert!(compared.found.contains("mallory/app") && compared.wanted.contains("acme/"), "{compared:?}");
    assert!(judge(&set(SIGNED), &found(vec![])).report().reasons[0].compared.is_none());
}

#[test]
fn among_equal_near_misses_the_signer_of_the_same_repository_is_told() {
    let signer = |name: &str, repository: &str| {
        format!(
            "{name}: {{keyless: {{issuer: \"https://token.actions.githubusercontent.com\", subject: \
             \"https://github.com/{repository}/.github/workflows/release.yml@refs/tags/v9\"}}}}"
        )
    };
    let set = load(&format!(
        "apiVersion: sealgate.dev/v1alpha1\nkind: ClusterSealPolicy\nmetadata: {{name: apps}}\nspec:\n  \
         match: {{images: [\"**\"]}}\n  signers:\n    {}\n    {}\n    {}\n  \
         require: {{signed: {{signature: {{by: [a, b, c]}}}}}}\n",
        signer("a", "zeta/tool"),
        signer("b", "acme/app"),
        signer("c", "acme/other"),
    ));
    let verdict = judge(&set, &found(vec![by(&release())]));
    assert_eq!(denied(&verdict), ["identity-mismatch"]);
    let message = &verdict.report().reasons[0].message;
    assert!(message.contains("the policy wants `b`"), "{message}");
    let tagged = Identity::github("acme/app", "release.yml", "refs/tags/v9");
    assert!(allowed(&judge(&set, &found(vec![by(&tagged)]))));
}

#[test]
fn a_signature_over_another_digest_is_denied() {
    let other = world().sign_image(&Digest::sha256(b"another"), &release()).item();
    assert_eq!(denied(&judge(&set(SIGNED), &found(vec![other]))), ["subject-mismatch"]);
}

#[test]
fn an_attestation_alone_is_not_a_signature() {
    let attest = |kind: &str| world().attest(&image(), &release(), kind, serde_json::json!({})).item();
    let verdict = judge(&set(SIGNED), &found(vec![attest("https://spdx.dev/Document")]));
    assert_eq!(denied(&verdict), ["not-a-signature"]);
    assert!(allowed(&judge(&set(SIGNED), &found(vec![attest("https://sigstore.dev/cosign/sign/v1")]))));
}

#[test]
fn an_unreadable_item_is_denied_alone_and_only_noted_beside_a_good_one() {
    let mut broken = by(&release());
    broken.bytes = Arc::from(&b"{}"[..]);
    let verdict = judge(&set(SIGNED), &found(vec![broken.clone()]));
    let code = denied(&verdict)[0];
    assert!(code.starts_with("bundle-"), "{code}");
    let verdict = judge(&set(SIGNED), &found(vec![broken, by(&release())]));
    assert!(allowed(&verdict));
    assert!(verdict.report().notes.iter().any(|note| note.starts_with(code)), "{:?}", verdict.report().notes);
}

#[test]
fn a_message_signature_over_the_manifest_counts() {
    let manifest = b"the manifest of an image";
    let recipe = world().recipe(&image(), &release()).message(manifest);
    assert!(allowed(&judge(&set(SIGNED), &found(vec![recipe.sign().item()]))));
    let other = world().recipe(&image(), &release()).message(b"another");
    assert!(!allowed(&judge(&set(SIGNED), &found(vec![other.sign().item()]))));
}

const MANIFEST: &[u8] = b"the manifest of an image";

// The same evidence with the manifest's bytes, and without.
fn with_and_without_manifest(item: &sealgate_verify::Item) -> [&'static str; 2] {
    let without = found(vec![item.clone()]);
    let mut with = without.clone();
    with.entries[0].manifest = Some(Arc::from(MANIFEST));
    [with, without].map(|evidence| judge(&set(SIGNED), &evidence).name())
}

#[test]
fn a_subject_with_a_digest_that_cannot_be_compared_is_open() {
    use sealgate_verify::Algorithm::{Sha384, Sha512};
    let about = |algorithm: &str, hex: String| {
        let mut statement = sealgate_testkit::recipe::sign_statement(&image());
        statement["subject"][0]["digest"][algorithm] = hex.into();
        with_and_without_manifest(&world().recipe(&image(), &release()).statement(&statement).sign().item())
    };
    let digest = |algorithm, bytes: &[u8]| Digest::of(algorithm, bytes).hex();
    assert_eq!(about("sha512", digest(Sha512, MANIFEST)), ["allow", "unknown"]);
    assert_eq!(about("sha512", digest(Sha512, b"another")), ["deny", "unknown"]);
    assert_eq!(about("sha384", digest(Sha384, b"another")), ["deny", "unknown"]);
    assert_eq!(about("gitCommit", "00".into()), ["allow", "allow"]);
    let mut statement = sealgate_testkit::recipe::sign_statement(&image());
    statement["subject"][0]["digest"] = serde_json::json!({"sha512": digest(Sha512, MANIFEST)});
    let item = world().recipe(&image(), &release()).statement(&statement).sign().item();
    assert_eq!(with_and_without_manifest(&item), ["allow", "unknown"]);
}

#[test]
fn a_signature_over_another_digest_of_the_manifest_needs_its_bytes() {
    use sealgate_testkit::KeyKind;
    for (kind, without) in [(KeyKind::P256, "allow"), (KeyKind::P384, "unknown")] {
        let recipe = |bytes: &[u8]| {
            let recipe = world().recipe(&image(), &release()).message(bytes);
            recipe.with(|recipe| recipe.leaf_key = Some(SigningKey::generate(kind))).sign().item()
        };
        assert_eq!(with_and_without_manifest(&recipe(MANIFEST)), ["allow", without], "{kind:?}");
        assert_eq!(with_and_without_manifest(&recipe(b"another"))[0], "deny", "{kind:?}");
    }
}

#[test]
fn two_signatures_by_one_signer_are_too_few() {
    let verdict = judge(&set(TWO), &found(vec![by(&qa()), by(&qa())]));
    assert_eq!(denied(&verdict), ["too-few-signers"]);
    assert!(allowed(&judge(&set(TWO), &found(vec![by(&qa()), by(&release())]))));
    let ops = Identity::email("ops@acme.example", "https://accounts.google.com");
    assert!(allowed(&judge(&set(TWO), &found(vec![by(&qa()), by(&ops)]))));
}

#[test]
fn one_workflow_at_two_refs_is_one_signer() {
    let text = policy(TWO).replace("repository: acme/app", "repository: \"acme/*\"").replace(
        "keyless: {issuer: \"https://accounts.google.com\", subject: qa@acme.example}",
        "github: {repository: \"acme/*\", workflow: \"*.yml\", ref: \"**\"}",
    );
    let at = |reference: &str| by(&Identity::github("acme/app", "release.yml", reference));
    let verdict = judge(&load(&text), &found(vec![at("refs/tags/v1"), at("refs/tags/v2")]));
    assert_eq!(denied(&verdict), ["too-few-signers"]);
    let other = by(&Identity::github("acme/app", "build.yml", "refs/tags/v2"));
    assert!(allowed(&judge(&load(&text), &found(vec![at("refs/tags/v1"), other]))));
}

#[test]
fn the_same_layer_payload_signed_by_two_counts_for_two() {
    let item = |identity: &Identity| world().sign_image_legacy(&image(), identity).legacy_item();
    let (first, second) = (item(&qa()), item(&release()));
    assert!(allowed(&judge(&set(TWO), &found(vec![first, second]))));
}

#[test]
fn a_managed_key_needs_a_log_entry_unless_the_policy_says_otherwise() {
    let key = SigningKey::p256();
    let pem = key.public_pem().replace('\n', "\\n");
    let text = |more: &str| {
        policy("{signed: {signature: {by: [vendor]}}}")
            .replace("  require", &format!("    vendor: {{key: {{pem: \"{pem}\"}}{more}}}\n  require"))
    };
    let logged = world().sign_image_with_key(&image(), &key);
    let mut bare = world().recipe(&image(), &qa()).by_key(&key);
    bare.logs.clear();
    let bare = bare.sign().item();
    assert!(allowed(&judge(&load(&text("")), &found(vec![logged.item()]))));
    assert_eq!(denied(&judge(&load(&text("")), &found(vec![bare.clone()]))), ["log-entry-missing"]);
    let without = load(&text(", transparencyLog: none"));
    assert!(allowed(&judge(&without, &found(vec![bare.clone()]))));
    let other = world().sign_image_with_key(&image(), &SigningKey::p256()).item();
    assert_eq!(denied(&judge(&without, &found(vec![other]))), ["signature-invalid"]);
    // Such a key needs nothing of a root, so any that is loaded will do.
    let roots = TrustedRoots::from([("private".to_owned(), Arc::new(World::new().root()))]);
    assert!(allowed(&decide(&without, &request(), &found(vec![bare]), &roots, world().now())));
}

#[test]
fn a_root_vouches_only_for_signers_that_are_paired_with_it() {
    let other = World::named("other");
    let mut both = roots();
    both.insert("private".to_owned(), Arc::new(other.root()));
    let item = other.sign_image(&image(), &release()).item();
    let with = |named: &str| {
        let text =
            policy(SIGNED).replace("    release:\n", &format!("    release:\n      roots: [{named}]\n"));
        let source = crate::support::source("p.yaml", &text);
        PolicySet::load(&[source], &both).unwrap().set
    };
    let ask =
        |named: &str| decide(&with(named), &request(), &found(vec![item.clone()]), &both, world().now());
    assert!(allowed(&ask("private")));
    assert!(allowed(&ask("private, public-good")));
    assert!(matches!(ask("public-good"), Verdict::Deny(_)));
}

#[test]
fn a_requirements_help_comes_before_the_programs() {
    let verdict =
        judge(&set("{signed: {help: \"ask #platform\", signature: {by: [release]}}}"), &found(vec![]));
    assert!(verdict.report().reasons[0].help.starts_with("ask #platform; "));
}
