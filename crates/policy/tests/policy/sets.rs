//! Several documents together: duplicates, links to roots, and the hash of what a set means.

use sealgate_policy::{Action, PolicySet, Source};
use sealgate_testkit::SigningKey;
use sealgate_verify::TrustedRoots;

use crate::support::{load, policy, roots, source, try_load};

const SIGNED: &str = "{signed: {signature: {by: [release]}}}";
const SETTINGS: &str = "apiVersion: sealgate.dev/v1alpha1\nkind: GateSettings\nmetadata: {name: default}\nspec: {noMatch: deny}\n";

fn named(name: &str) -> String {
    policy(SIGNED).replace("acme-apps", name)
}

fn refused(sources: &[Source], roots: &TrustedRoots) -> Vec<(&'static str, String, usize)> {
    let findings = PolicySet::load(sources, roots).unwrap_err();
    findings.into_iter().map(|finding| (finding.code, finding.file, finding.line)).collect()
}

#[test]
fn a_policy_name_is_used_once_over_all_files() {
    let found = refused(&[source("a.yaml", &named("one")), source("b.yaml", &named("one"))], &roots());
    assert_eq!(found, [("duplicate-policy", "b.yaml".to_owned(), 3)]);
    let loaded =
        PolicySet::load(&[source("a.yaml", &named("one")), source("b.yaml", &named("two"))], &roots());
    assert_eq!(loaded.unwrap().set.names(), ["one", "two"]);
}

#[test]
fn there_is_one_gate_settings() {
    let sources = [source("a.yaml", &named("one")), source("b.yaml", SETTINGS), source("c.yaml", SETTINGS)];
    assert_eq!(refused(&sources, &roots()), [("two-settings", "c.yaml".to_owned(), 3)]);
    assert!(PolicySet::load(&sources[..2], &roots()).is_ok());
}

#[test]
fn findings_come_in_the_order_of_files_and_lines() {
    let sources = [
        source("z.yaml", &named("One")),
        source("a.yaml", &named("Two").replace("  signers", "  mode: x\n  signers")),
    ];
    let found = refused(&sources, &roots());
    let names: Vec<_> = found.iter().map(|(code, file, _)| (*code, file.as_str())).collect();
    assert_eq!(names, [("bad-name", "z.yaml"), ("bad-name", "a.yaml"), ("unknown-value", "a.yaml")]);
}

#[test]
fn a_key_that_needs_a_log_needs_a_root_that_has_one() {
    let mut json = crate::support::world().trusted_root();
    json["tlogs"] = serde_json::json!([]);
    let root = sealgate_verify::TrustedRoot::from_json(&serde_json::to_vec(&json).unwrap()).unwrap();
    let bare = TrustedRoots::from([("public-good".to_owned(), std::sync::Arc::new(root))]);
    let pem = SigningKey::p256().public_pem().replace('\n', "\\n");
    let with = |more: &str| {
        let signer = format!("    vendor: {{key: {{pem: \"{pem}\"}}{more}}}\n  require");
        [source("a.yaml", &policy("{signed: {signature: {by: [vendor]}}}").replace("  require", &signer))]
    };
    assert_eq!(refused(&with(""), &bare)[0].0, "key-needs-log");
    assert!(PolicySet::load(&with(", transparencyLog: none"), &bare).is_ok());
    assert!(PolicySet::load(&with(""), &roots()).is_ok());
}

#[test]
fn defaults_are_those_of_the_specification() {
    let set = load(&policy(SIGNED));
    let settings = set.settings();
    assert_eq!((settings.no_match, settings.tags), (Action::Deny, Action::Deny));
    assert!(!settings.allow_unknown_kinds && settings.registries.is_empty());
    assert_eq!(*load(&format!("{}---\n{SETTINGS}", policy(SIGNED))).settings(), *settings);
}

#[test]
fn registries_are_normalised_as_references_are() {
    let settings = SETTINGS.replace(
        "{noMatch: deny}",
        "{registries: [\"GHCR.io:443\", \"index.docker.io\", \"localhost:5000\"]}",
    );
    let set = load(&format!("{}---\n{settings}", policy(SIGNED)));
    assert_eq!(set.settings().registries, ["docker.io", "ghcr.io", "localhost:5000"]);
}

#[test]
fn sets_that_mean_the_same_hash_alike() {
    let plain = policy(SIGNED);
    let hash = |text: &str| load(text).hash().clone();
    let same = [
        format!("{SETTINGS}---\n{plain}"),
        plain.replace("  signers:", "  mode: enforce\n  liftsNoMatch: false\n  signers:"),
        plain.replace("by: [release]", "by: [release], atLeast: 1"),
        plain.replace("    release:\n", "    release:\n      roots: [public-good]\n"),
        plain.replace("ghcr.io/acme/**", "GHCR.io:443/acme/**"),
        plain.replace("subject: qa@acme.example", "subjectKind: email, subject: qa@acme.example"),
        plain.replace(
            "metadata: {name: acme-apps}",
            "metadata: {name: acme-apps, labels: {a: b}}\nstatus: {}",
        ),
    ];
    for text in &same {
        assert_eq!(hash(text), hash(&plain), "{text}");
    }
    let json = serde_json::json!({
        "kind": "ClusterSealPolicy", "apiVersion": "sealgate.dev/v1alpha1", "metadata": {"name": "acme-apps"},
        "spec": {
            "require": {"signed": {"signature": {"by": ["release"]}}},
            "match": {"images": ["ghcr.io/acme/**"]},
            "signers": {
                "ops": {"keyless": {"issuer": "https://accounts.google.com", "subject": "*@acme.example"}},
                "qa": {"keyless": {"issuer": "https://accounts.google.com", "subject": "qa@acme.example"}},
                "release": {"github": {"repository": "acme/app", "workflow": "release.yml", "ref": "refs/tags/v*"}},
            },
        },
    });
    assert_eq!(hash(&json.to_string()), hash(&plain));
    assert_eq!(hash(&serde_json::to_string_pretty(&json).unwrap()), hash(&plain));
}

#[test]
fn the_order_of_files_and_lists_does_not_change_the_hash() {
    let (one, two) = (source("1", &named("one")), source("2", &named("two")));
    let hash = |sources: &[Source]| PolicySet::load(sources, &roots()).unwrap().set.hash().clone();
    assert_eq!(hash(&[one.clone(), two.clone()]), hash(&[two, one]));
    let lists = |images: &str, by: &str| {
        let text = policy(SIGNED).replace("[\"ghcr.io/acme/**\"]", images).replace("[release]", by);
        load(&text).hash().clone()
    };
    assert_eq!(
        lists("[\"a.io/x\", \"b.io/y\"]", "[release, qa]"),
        lists("[\"b.io/y\", \"a.io/x\"]", "[qa, release]")
    );
}

#[test]
fn sets_that_mean_something_else_hash_otherwise() {
    let plain = policy(SIGNED);
    let mut hashes = std::collections::BTreeSet::from([load(&plain).hash().to_string()]);
    let others = [
        plain.replace("acme-apps", "acme-other"),
        plain.replace("ghcr.io/acme/**", "ghcr.io/acme/*"),
        plain.replace("\"]}\n  signers", "\"], exceptImages: [\"ghcr.io/acme/x\"]}\n  signers"),
        plain.replace("  signers:", "  mode: warn\n  signers:"),
        plain.replace("  signers:", "  liftsNoMatch: true\n  signers:"),
        plain.replace("refs/tags/v*", "refs/tags/*"),
        plain.replace("subject: qa@", "subject: qb@"),
        plain.replace("{signature:", "{help: x, signature:"),
        plain.replace("{signature:", "{mode: audit, signature:"),
        plain.replace("[release]", "[release, qa]"),
        plain.replace("[release]", "[release, qa], atLeast: 2"),
        plain.replace("{signed: {", "{other: {"),
        plain.replace("{signature: {by: [release]}}", "{anyOf: {a: {b: {signature: {by: [release]}}}}}"),
        format!("{plain}---\n{}", SETTINGS.replace("{noMatch: deny}", "{noMatch: warn}")),
        format!("{plain}---\n{}", SETTINGS.replace("{noMatch: deny}", "{tags: warn}")),
        format!("{plain}---\n{}", SETTINGS.replace("{noMatch: deny}", "{unknownKinds: allow}")),
        format!("{plain}---\n{}", SETTINGS.replace("{noMatch: deny}", "{registries: [ghcr.io]}")),
    ];
    for text in &others {
        assert_ne!(text, &plain);
        assert!(hashes.insert(load(text).hash().to_string()), "{text}");
    }
}

#[test]
fn patterns_match_hosts_by_label_and_repositories_by_segment() {
    let matches = |pattern: &str, reference: &str| {
        let set = load(&policy(SIGNED).replace("ghcr.io/acme/**", pattern));
        let reference = sealgate_verify::Reference::parse(reference).unwrap();
        !set.places(&reference).is_empty()
    };
    for (pattern, reference, expected) in [
        ("ghcr.io/acme/**", "ghcr.io/acme/app", true),
        ("ghcr.io/acme/**", "ghcr.io/acme/a/b:v1", true),
        ("ghcr.io/acme/**", "ghcr.io/acme", true),
        ("ghcr.io/acme/**", "ghcr.io/acmeevil/app", false),
        ("ghcr.io/acme/*", "ghcr.io/acme/a/b", false),
        ("ghcr.io/acme/*", "GHCR.io:443/acme/a", true),
        ("ghcr.io/acme/*", "ghcr.io:5000/acme/a", false),
        ("ghcr.io:5000/acme/*", "ghcr.io:5000/acme/a", true),
        ("*.acme.io/app", "eu.acme.io/app", true),
        ("*.acme.io/app", "a.b.acme.io/app", false),
        ("*.acme.io/app", "acme.io/app", false),
        ("*.acme.io/app", "evil.example/x.acme.io/app", false),
        ("docker.io/library/*", "nginx", true),
        ("docker.io/library/nginx", "index.docker.io/nginx:1", true),
        ("registry-1.docker.io/library/nginx", "nginx", true),
        ("docker.io/*", "nginx", false),
        ("localhost:5000/**", "localhost:5000/a/b", true),
        ("**", "quay.io/any/thing", true),
    ] {
        assert_eq!(matches(pattern, reference), expected, "{pattern} {reference}");
    }
}

#[test]
fn documents_may_be_empty_and_files_may_begin_with_a_mark() {
    let text = format!("\u{feff}---\n# nothing\n---\n{}---\n", policy(SIGNED));
    assert_eq!(try_load(&text).unwrap().set.names(), ["acme-apps"]);
}
