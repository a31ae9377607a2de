//! `check`, `replay` and `policy`.

use sealgate_testkit::{Answer, Identity, Rule};

use crate::ask::{Place, ask};

#[test]
fn check_exits_0_for_allowed_1_for_denied_2_for_unknown_and_64_for_wrong_usage() {
    let place = Place::new();
    place.policy("acme/app");
    let (good, older) = (place.signed("good"), place.signed_older("older"));
    let unsigned = place.registry.push_image("unsigned", None, "unsigned");
    for (repository, image, code) in [("good", &good, 0), ("older", &older, 0), ("unsigned", &unsigned, 1)] {
        let told = place.check(&[&place.pinned(repository, image)]);
        assert_eq!(told.code, code, "{repository}: {told:?}");
    }
    place.registry.on(Rule::path("/v2/unsigned/referrers/", Answer::status(403)));
    let (good, unsigned) = (place.pinned("good", &good), place.pinned("unsigned", &unsigned));
    assert_eq!(place.check(&[&unsigned]).code, 2);
    assert_eq!(place.check(&[&good, &unsigned]).code, 2);
    let forked = place.registry.push_image("forked", None, "forked");
    let fork = Identity::github("evil/app", "release.yml", "refs/tags/v1.2.3");
    place.registry.push_bundle("forked", &forked.digest, &place.world.sign_image(&forked.digest, &fork));
    assert_eq!(place.check(&[&good, &unsigned, &place.pinned("forked", &forked)]).code, 1);

    assert_eq!(place.check(&[]).code, 64);
    assert_eq!(place.check(&["--bogus", &good]).code, 64);
    assert_eq!(place.check(&["Not An Image"]).code, 64);
    assert_eq!(place.check(&["--policy", "/nonexistent.yaml", &good]).code, 64);
    assert_eq!(ask(&["check", &good]).code, 64);
}

#[test]
fn a_denial_names_policy_reason_and_what_to_do() {
    let place = Place::new();
    place.policy("acme/app");
    let image = place.registry.push_image("forked", None, "forked");
    let fork = Identity::github("evil/app", "release.yml", "refs/tags/v1.2.3");
    place.registry.push_bundle("forked", &image.digest, &place.world.sign_image(&image.digest, &fork));
    let reference = place.pinned("forked", &image);
    let told = place.check(&[&reference]);
    assert!(
        told.stdout.starts_with(&format!("error: `{reference}` is denied by policy `apps`\n")),
        "{}",
        told.stdout
    );
    assert!(told.stdout.contains("identity-mismatch") && told.stdout.contains("\nhint: "), "{}", told.stdout);

    let told = place.check(&["--output", "json", &reference]);
    let image = &told.json()["images"][0];
    assert_eq!((told.code, image["verdict"].as_str()), (1, Some("deny")), "{}", told.stdout);
    assert_eq!(image["reasons"][0]["code"], "identity-mismatch", "{}", told.stdout);
    assert!(told.json()["roots"]["virtual"].as_str().unwrap().starts_with("sha256:"));
    assert!(told.json()["policies"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn a_tag_is_denied_unless_tags_are_allowed_aloud() {
    let place = Place::new();
    place.policy("acme/app");
    place.signed("app");
    let tagged = format!("{}/app:v1", place.registry.host());
    let told = place.check(&["-o", "json", &tagged]);
    assert_eq!(told.code, 1, "{told:?}");
    assert_eq!(place.check(&["--allow-tags", &tagged]).code, 0);
}

#[test]
fn replay_of_a_recording_gives_the_same_verdict_without_a_registry() {
    let place = Place::new();
    place.policy("acme/app");
    let (good, unsigned) = (place.signed("good"), place.registry.push_image("unsigned", None, "unsigned"));
    let (root, policy) = (format!("virtual={}", place.name("root.json")), place.name("policy.yaml"));
    for (repository, image, code) in [("good", &good, 0), ("unsigned", &unsigned, 1)] {
        let file = place.name(&format!("{repository}.json"));
        let told = place.check(&["-o", "json", "--record", &file, &place.pinned(repository, image)]);
        assert_eq!(told.code, code, "{told:?}");
        place.registry.clear_journal();
        let replayed = ask(&["replay", &file, "--trusted-root", &root, "--policy", &policy, "-o", "json"]);
        assert_eq!(replayed.code, code, "{replayed:?}");
        assert_eq!(replayed.json(), told.json());
        assert_eq!(place.registry.request_count(), 0);
    }
    // Before anything was signed, the signature is in the future.
    let good = place.name("good.json");
    let early = ask(&["replay", &good, "--trusted-root", &root, "--policy", &policy, "--now", "1000000000"]);
    assert_eq!(early.code, 1, "{early:?}");
    assert_eq!(ask(&["replay", &good, "--trusted-root", &root, "--policy", &policy, "--now", "now"]).code, 0);

    let mut bytes = std::fs::read(&good).unwrap();
    let at = bytes.len() / 2;
    bytes.truncate(at);
    let broken = place.file("broken.json", &bytes);
    let told = ask(&["replay", &broken, "--trusted-root", &root, "--policy", &policy]);
    assert_eq!(told.code, 64, "{told:?}");
    assert_eq!(place.check(&["--record", "x", "a.example/b", "a.example/c"]).code, 64);
}

#[test]
fn plain_http_is_spoken_only_to_hosts_that_are_named() {
    let place = Place::new();
    place.policy("acme/app");
    let good = place.pinned("good", &place.signed("good"));
    let (root, policy) = (format!("virtual={}", place.name("root.json")), place.name("policy.yaml"));
    let words = ["check", "--trusted-root", &root, "--policy", &policy, &good];
    assert_eq!(ask(&words).code, 2);
    assert_eq!(place.check(&[&good]).code, 0);
}

#[test]
fn lint_names_the_place_of_a_fault() {
    let place = Place::new();
    place.policy("acme/app");
    let (root, policy) = (format!("virtual={}", place.name("root.json")), place.name("policy.yaml"));
    let told = ask(&["policy", "lint", "--trusted-root", &root, &policy]);
    assert_eq!(told.code, 0, "{told:?}");
    let text = std::fs::read_to_string(&policy).unwrap();
    let broken = place.file("broken.yaml", text.replace("require:", "requires:").as_bytes());
    let told = ask(&["policy", "lint", "--trusted-root", &root, &broken]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.stdout.starts_with(&format!("{broken}:")), "{told:?}");
    let line = text.lines().position(|line| line.contains("require:")).unwrap() + 1;
    assert!(
        told.stdout.contains(&format!("{broken}:{line}:3: error: unknown-field: spec.requires: ")),
        "{told:?}"
    );
    let told = ask(&["policy", "lint", "-o", "json", "--trusted-root", &root, &broken]);
    let errors = told.json()["errors"].clone();
    assert!(
        told.code == 1 && errors.as_array().unwrap().iter().any(|error| error["line"] == line),
        "{told:?}"
    );
    assert_eq!(ask(&["policy", "lint", "/nonexistent.yaml"]).code, 64);
    let schema = ask(&["policy", "schema"]);
    assert!(schema.code == 0 && schema.json().is_object());
    assert_ne!(schema.stdout, ask(&["policy", "schema", "--settings"]).stdout);
}

#[test]
fn check_agrees_with_cosigns_verb_on_a_signature_about_another_image() {
    let place = Place::new();
    place.policy("acme/app");
    let (image, other) =
        (place.registry.push_image("app", None, "one"), place.registry.push_image("app", None, "two"));
    let signed = place.world.sign_image(&other.digest, &crate::ask::release());
    place.registry.push_bundle("app", &image.digest, &signed);
    let reference = place.pinned("app", &image);
    assert_eq!(place.check(&[&reference]).code, 1);
    assert_eq!(
        place.cosign("verify", &[&crate::ask::BY_RELEASE[..], &[reference.as_str()]].concat()).code,
        1
    );
    place.registry.push_bundle("app", &other.digest, &signed);
    assert_eq!(place.check(&[&place.pinned("app", &other)]).code, 0);
}
