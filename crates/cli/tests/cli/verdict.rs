//! `-o verdict-json`: what a verifying verb found out, on success and on failure.

use sealgate_testkit::{Answer, Identity, Rule};
use serde_json::{Value, json};

use crate::ask::{BY_RELEASE, GITHUB, Place, RELEASE, Told, release};

fn verdict(place: &Place, verb: &str, words: &[&str]) -> (Told, Value) {
    let told = place.cosign(verb, &[&["-o", "verdict-json"], words].concat());
    let json = told.json();
    assert_eq!(
        (&json["version"], json["exitCode"].as_u64()),
        (&json!("1"), Some(u64::from(told.code))),
        "{told:?}"
    );
    assert_eq!(json["verified"], told.code == 0, "{told:?}");
    (told, json)
}

fn check<'j>(signature: &'j Value, name: &str) -> &'j Value {
    let checks = signature["checks"].as_array().unwrap();
    checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("{name}: {signature:#}"))
}

#[test]
fn a_verified_image_is_told_with_signer_time_log_and_checks() {
    let place = Place::new();
    for (repository, image, format) in [
        ("bundle", place.signed("bundle"), "bundle"),
        ("older", place.signed_older("older"), "signature-layer"),
    ] {
        let (_, json) =
            verdict(&place, "verify", &[&BY_RELEASE[..], &[&place.pinned(repository, &image)]].concat());
        let artifact = &json["artifacts"][0];
        assert_eq!(
            (&artifact["verified"], &artifact["digest"]),
            (&json!(true), &json!(image.digest.to_string()))
        );
        let signature = &artifact["signatures"][0];
        assert_eq!((&signature["standing"], &signature["format"]), (&json!("verified"), &json!(format)));
        assert_eq!(signature["signer"]["subject"], RELEASE);
        assert!(
            signature["times"][0]["time"].is_string() && signature["log"][0]["index"].is_u64(),
            "{signature:#}"
        );
        assert_eq!(check(signature, "signer")["outcome"], "passed");
        assert!(json["error"].is_null(), "{json:#}");
    }
}

#[test]
fn failures_have_a_verdict_too_with_cosigns_exit_code_and_the_reason() {
    let place = Place::new();
    let (unsigned, forked) =
        (place.registry.push_image("unsigned", None, "u"), place.registry.push_image("forked", None, "f"));
    let fork = Identity::github("evil/app", "release.yml", "refs/tags/v1.2.3");
    let signed = place.world.sign_image_legacy(&forked.digest, &fork);
    place.registry.push_legacy("forked", &forked.digest, &[&signed]);
    let ask = |reference: &str| verdict(&place, "verify", &[&BY_RELEASE[..], &[reference]].concat());

    let (told, json) = ask(&place.pinned("unsigned", &unsigned));
    assert_eq!((told.code, json["error"]["code"].as_str()), (10, Some("no-signature-found")));
    let (told, json) = ask(&format!("{}/unsigned:nope", place.registry.host()));
    assert_eq!((told.code, json["error"]["code"].as_str()), (11, Some("image-not-found")));
    let (told, json) = ask(&place.pinned("forked", &forked));
    assert_eq!((told.code, json["error"]["code"].as_str()), (12, Some("identity-mismatch")));
    let signature = &json["artifacts"][0]["signatures"][0];
    assert_eq!(
        (&signature["standing"], &check(signature, "signer")["outcome"]),
        (&json!("refused"), &json!("failed"))
    );
    assert_eq!(signature["signer"]["subject"], fork.subject());
    assert!(told.stderr.contains("no matching signatures: "), "{told:?}");

    place.registry.on(Rule::path("/referrers/", Answer::status(403)));
    let (told, json) = ask(&place.pinned("unsigned", &unsigned));
    assert_eq!((told.code, json["error"]["code"].as_str()), (1, Some("access-denied")));
    assert_eq!(json["artifacts"][0]["gaps"][0]["place"], "referrers");
}

#[test]
fn of_several_images_those_before_the_first_failure_are_verified() {
    let place = Place::new();
    let (good, bad) = (place.signed("good"), place.registry.push_image("bad", None, "bad"));
    let (good, bad) = (place.pinned("good", &good), place.pinned("bad", &bad));
    let (_, json) = verdict(&place, "verify", &[&BY_RELEASE[..], &[&good, &bad, &good]].concat());
    let verified: Vec<&Value> =
        json["artifacts"].as_array().unwrap().iter().map(|one| &one["verified"]).collect();
    assert_eq!(verified, [true, false]);
}

#[test]
fn a_check_that_a_flag_drops_is_told_as_skipped() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let log = |more: &[&str]| {
        let (_, json) = verdict(&place, "verify", &[&BY_RELEASE[..], more, &[&reference]].concat());
        let signature = json["artifacts"][0]["signatures"][0].clone();
        check(&signature, "log-entry").clone()
    };
    assert_eq!(log(&[])["outcome"], "passed");
    let (told, json) =
        verdict(&place, "verify", &[&BY_RELEASE[..], &["--insecure-ignore-tlog", &reference]].concat());
    let signature = &json["artifacts"][0]["signatures"][0];
    // Without the log nothing proves the time: what was skipped and what failed are told apart.
    assert_eq!((told.code, &signature["reason"]["code"]), (1, &json!("no-trusted-time")), "{json:#}");
    assert_eq!(
        check(signature, "log-entry"),
        &json!({"check": "log-entry", "outcome": "skipped", "code": "not-asked-for"})
    );
}

#[test]
fn an_attestation_of_another_type_is_refused_by_its_type() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let signed = place.world.attest(&image.digest, &release(), "https://spdx.dev/Document", json!({}));
    place.registry.push_bundle("app", &image.digest, &signed);
    let reference = place.pinned("app", &image);
    let ask = |kind: &str| {
        verdict(&place, "verify-attestation", &[&BY_RELEASE[..], &["--type", kind, &reference]].concat()).1
    };
    let json = ask("spdx");
    assert_eq!(json["artifacts"][0]["signatures"][0]["digest"], image.digest.to_string());
    assert_eq!(json["artifacts"][0]["signatures"][0]["standing"], "verified", "{json:#}");
    let json = ask("cyclonedx");
    let signature = &json["artifacts"][0]["signatures"][0];
    assert_eq!(signature["reason"]["code"], "predicate-type-mismatch", "{json:#}");
    assert_eq!(json["error"]["code"], "predicate-type-mismatch", "{json:#}");
}

#[test]
fn files_have_verdicts_and_keep_cosigns_flags_otherwise() {
    let place = Place::new();
    let recipe =
        place.world.recipe(&sealgate::verify::Digest::sha256(b"hello"), &release()).message(b"hello");
    let bundle = place.file("hello.bundle", &recipe.sign().bundle());
    let (blob, other) = (place.file("hello", b"hello"), place.file("other", b"other"));
    let flags = [&BY_RELEASE[..], &["--bundle", &bundle]].concat();
    let (_, json) = verdict(&place, "verify-blob", &[&flags[..], &[&blob]].concat());
    assert_eq!(json["artifacts"][0]["signatures"][0]["standing"], "verified", "{json:#}");
    let (told, json) = verdict(&place, "verify-blob", &[&flags[..], &[&other]].concat());
    assert_eq!((told.code, json["error"]["code"].as_str()), (1, Some("digest-mismatch")), "{json:#}");
    let told = place.cosign("verify-blob", &[&flags[..], &["--output", "text", &blob]].concat());
    assert_eq!((told.code, told.stderr.contains("unknown flag: --output")), (1, true), "{told:?}");
}

#[test]
fn strict_compatibility_knows_no_such_answer() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let words = [&BY_RELEASE[..], &["--strict-compat", "-o", "verdict-json", &reference]].concat();
    let told = place.cosign("verify", &words);
    assert_eq!((told.code, told.stdout.starts_with("\n[{")), (0, true), "{told:?}");
    let other = ["--certificate-identity", "x", "--certificate-oidc-issuer", GITHUB];
    let told = place
        .cosign("verify", &[&other[..], &["--strict-compat", "-o", "verdict-json", &reference]].concat());
    assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
}
