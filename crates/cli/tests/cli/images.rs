//! `verify` and `verify-attestation`.

use sealgate_testkit::{Answer, Auth, Identity, KeyKind, Rule, SigningKey};
use serde_json::json;

use crate::ask::{BY_RELEASE, GITHUB, Place, RELEASE, ask_as, ask_with, release};

#[test]
fn the_pipelines_command_works_as_written() {
    let place = Place::new();
    for (repository, image) in [("bundle", place.signed("bundle")), ("older", place.signed_older("older"))] {
        let reference = place.pinned(repository, &image);
        let by = |subject: &str, issuer: &str| {
            let flags = ["--certificate-identity-regexp", subject, "--certificate-oidc-issuer", issuer];
            place.cosign("verify", &[&flags[..], &[reference.as_str()]].concat())
        };
        let told =
            by("^https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v[0-9.]+$", GITHUB);
        assert_eq!(told.code, 0, "{told:?}");
        assert!(told.stdout.starts_with("\n[{\"critical\":{\"identity\":{\"docker-reference\":"), "{told:?}");
        assert!(told.stderr.starts_with(&format!("\nVerification for {reference} --\n")), "{told:?}");

        let other = by("^https://github.com/acme/other/", GITHUB);
        assert_ne!(other.code, 0, "{other:?}");
        assert!(other.stdout.is_empty() && other.stderr.contains("identit"), "{other:?}");
        assert_ne!(by(".*", "https://accounts.google.com").code, 0);
    }
}

#[test]
fn patterns_match_anywhere_unless_they_are_anchored() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let by = |subject: &str| {
        let flags = [
            "--certificate-identity-regexp",
            subject,
            "--certificate-oidc-issuer-regexp",
            "githubusercontent",
        ];
        place.cosign("verify", &[&flags[..], &[reference.as_str()]].concat()).code
    };
    assert_eq!(by("acme/app"), 0);
    assert_eq!(by("^acme/app"), 1);
    assert_eq!(by("acme/app$"), 1);
    assert_eq!(by("("), 1);
}

#[test]
fn exit_codes_tell_unsigned_from_wrongly_signed_from_not_there() {
    let place = Place::new();
    let unsigned = place.registry.push_image("unsigned", Some("v1"), "unsigned");
    let ask = |reference: &str| place.cosign("verify", &[&BY_RELEASE[..], &[reference]].concat());
    let told = ask(&place.pinned("unsigned", &unsigned));
    assert_eq!((told.code, told.stdout.as_str()), (10, ""));
    assert_eq!(
        told.stderr,
        "Error: no signatures found\nerror during command execution: no signatures found\n"
    );

    let told = ask(&format!("{}/unsigned:nope", place.registry.host()));
    assert_eq!(told.code, 11, "{told:?}");

    let image = place.registry.push_image("forked", Some("v1"), "forked");
    let fork = Identity::github("evil/app", "release.yml", "refs/tags/v1.2.3");
    let signed = place.world.sign_image_legacy(&image.digest, &fork);
    place.registry.push_legacy("forked", &image.digest, &[&signed]);
    let told = ask(&place.pinned("forked", &image));
    assert_eq!(told.code, 12, "{told:?}");
    assert!(told.stderr.contains("no matching signatures: none of the expected identities"), "{told:?}");

    assert_eq!(ask(&place.pinned("older", &place.signed_older("older"))).code, 0);
}

#[test]
fn a_registry_that_refuses_to_answer_is_not_an_unsigned_image() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let ask = || place.cosign("verify", &[&BY_RELEASE[..], &[place.pinned("app", &image).as_str()]].concat());
    assert_eq!(ask().code, 10);
    for status in [401, 403, 500] {
        place.registry.clear_rules();
        place.registry.on(Rule::path("/referrers/", Answer::status(status)));
        let told = ask();
        assert_eq!(told.code, 1, "{status}: {told:?}");
        assert!(
            !told.stderr.contains("no signatures found") && told.stderr.contains("could not be looked for"),
            "{told:?}"
        );
    }
}

#[test]
fn a_signature_of_another_image_is_none_of_this_one_unless_claims_are_not_checked() {
    let place = Place::new();
    let (image, other) =
        (place.registry.push_image("app", None, "one"), place.registry.push_image("app", None, "two"));
    let signed = place.world.sign_image_legacy(&other.digest, &release());
    place.registry.push_legacy("app", &image.digest, &[&signed]);
    let reference = place.pinned("app", &image);
    let told = place.cosign("verify", &[&BY_RELEASE[..], &[reference.as_str()]].concat());
    assert_eq!(told.code, 12, "{told:?}");
    assert!(told.stderr.contains("invalid or missing digest in claim"), "{told:?}");
    let told =
        place.cosign("verify", &[&BY_RELEASE[..], &["--check-claims=false", reference.as_str()]].concat());
    assert_eq!(told.code, 0, "{told:?}");
    assert!(!told.stderr.contains("claims were validated"), "{told:?}");
}

#[test]
fn a_managed_key_is_not_its_neighbour() {
    let place = Place::new();
    let image = place.registry.push_image("keyed", None, "keyed");
    let (key, other) = (SigningKey::generate(KeyKind::P256), SigningKey::generate(KeyKind::P256));
    place.registry.push_bundle("keyed", &image.digest, &place.world.sign_image_with_key(&image.digest, &key));
    let reference = place.pinned("keyed", &image);
    let ask = |key: &SigningKey, more: &[&str]| {
        let name = place.file("key.pub", key.public_pem().as_bytes());
        place.cosign("verify", &[&["--key", &name, &reference], more].concat())
    };
    let told = ask(&key, &[]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stderr.contains("verified against the specified public key"));
    assert_eq!(ask(&other, &[]).code, 1);
    let both = ask(&key, &["--certificate-identity", RELEASE]);
    assert!(both.stderr.starts_with("Error: exactly one of: key reference"), "{both:?}");
}

#[test]
fn keys_come_from_the_environment_too() {
    let place = Place::new();
    let image = place.registry.push_image("keyed", None, "keyed");
    let key = SigningKey::generate(KeyKind::P256);
    place.registry.push_bundle("keyed", &image.digest, &place.world.sign_image_with_key(&image.digest, &key));
    let (reference, root) = (place.pinned("keyed", &image), place.name("root.json"));
    let words = ["verify", "--trusted-root", &root, "--key", "env://MY_KEY", &reference];
    assert_eq!(ask_with(&words, &[("MY_KEY", &key.public_pem())], b"").code, 0);
    let told = ask_with(&words, &[], b"");
    assert_eq!(told.code, 1);
    assert!(told.stderr.contains("loading URL: env var $MY_KEY not found"), "{told:?}");
    // A variable stands in for a flag, and so contradicts an identity.
    let words = [&["verify", "--trusted-root", &root][..], &BY_RELEASE, &[&reference]].concat();
    let told = ask_with(&words, &[("COSIGN_KEY", "env://MY_KEY")], b"");
    assert!(told.code == 1 && told.stderr.contains("exactly one of"), "{told:?}");
}

#[test]
fn annotations_must_be_signed() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let mut payload = sealgate_testkit::recipe::simple_signing(&image.digest);
    payload["optional"] = json!({"build": "7", "number": 7});
    let signed =
        place.world.recipe(&image.digest, &release()).message(&serde_json::to_vec(&payload).unwrap()).sign();
    place.registry.push_legacy("app", &image.digest, &[&signed]);
    let reference = place.pinned("app", &image);
    let with = |annotation: &str| {
        place.cosign("verify", &[&BY_RELEASE[..], &["-a", annotation, reference.as_str()]].concat())
    };
    let told = with("build=7");
    assert_eq!(told.code, 0, "{told:?}");
    assert!(
        told.stdout.contains("\"build\":\"7\"")
            && told.stderr.contains("The specified annotations were verified."),
        "{told:?}"
    );
    assert_eq!(with("build=8").code, 12);
    assert_eq!(with("number=7").code, 12);
    assert_eq!(with("absent=").code, 12);
    assert_eq!(with("build").stderr.lines().next(), Some("Error: unable to parse annotation: build"));
}

#[test]
fn an_annotation_has_one_equals_sign() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed_older("app"));
    let ask = |text: &str| place.cosign("verify", &[&BY_RELEASE[..], &["-a", text, &reference]].concat());
    for text in ["build", "build=7=8"] {
        let told = ask(text);
        assert_eq!(told.code, 1, "{told:?}");
        assert!(told.stderr.starts_with(&format!("Error: unable to parse annotation: {text}\n")), "{told:?}");
    }
    // Its twin is read, and then not found in the signature.
    assert_eq!(ask("build=7").code, 12);
}

#[test]
fn as_text_a_bundle_is_one_line_of_what_json_says_of_it() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let ask =
        |form: &str| place.cosign("verify", &[&BY_RELEASE[..], &["--output", form, &reference]].concat());
    let (text, array) = (ask("text"), ask("json"));
    assert_eq!((text.code, array.code), (0, 0), "{text:?}");
    assert_eq!(format!("\n[{}]\n", text.stdout.trim_end()), array.stdout);
}

#[test]
fn only_the_attestation_type_asked_for_is_printed() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let predicate = json!({"buildDefinition": {}, "runDetails": {}});
    let attested = place.world.attest(&image.digest, &release(), "https://slsa.dev/provenance/v1", predicate);
    place.registry.push_bundle("app", &image.digest, &attested);
    let reference = place.pinned("app", &image);
    let ask = |kind: &str| {
        place.cosign("verify-attestation", &[&BY_RELEASE[..], &["--type", kind, reference.as_str()]].concat())
    };
    for kind in ["slsaprovenance1", "https://slsa.dev/provenance/v1"] {
        let told = ask(kind);
        assert_eq!((told.code, told.stdout.lines().count()), (0, 1), "{told:?}");
        assert_eq!(told.json()["payloadType"], "application/vnd.in-toto+json");
    }
    let told = ask("vuln");
    assert_eq!((told.code, told.stdout.as_str()), (1, ""));
    assert!(told.stderr.contains("predicate type: vuln, found: https://slsa.dev/provenance/v1"), "{told:?}");
}

#[test]
fn every_image_is_looked_at_in_all_stores_unless_cosigns_order_is_asked_for() {
    let place = Place::new();
    let (bundle, older) = (place.signed("bundle"), place.signed_older("older"));
    let (bundle, older) = (place.pinned("bundle", &bundle), place.pinned("older", &older));
    let ask = |more: &[&str]| place.cosign("verify", &[&BY_RELEASE[..], more].concat());
    let told = ask(&[&bundle, &older]);
    assert_eq!((told.code, told.stderr.matches("Verification for").count()), (0, 2), "{told:?}");
    let told = ask(&["--strict-compat", &bundle, &older]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.stderr.contains("no valid bundles exist in registry"), "{told:?}");
    assert_eq!(ask(&["--strict-compat", &older, &bundle]).code, 10);
    let root = place.name("root.json");
    let words = [&["verify", "--trusted-root", &root][..], &BY_RELEASE, &[&bundle, &older]].concat();
    assert_eq!(ask_as("/usr/local/bin/cosign", &words, &[], b"").code, 1);
    assert_eq!(ask_as("/opt/sealgate", &words, &[], b"").code, 0);
    assert_eq!(ask(&["--new-bundle-format=false", &bundle]).code, 10);
}

#[test]
fn the_users_credentials_are_used_and_needed() {
    let place = Place::new();
    let image = place.signed("private");
    let reference = place.pinned("private", &image);
    place.registry.set_auth(Auth::Basic("me".into(), "secret".into()));
    let auth = sealgate_testkit::base64(b"me:secret");
    let config = json!({"auths": {place.registry.host(): {"auth": auth}}});
    place.file("config.json", config.to_string().as_bytes());
    let (root, folder) = (place.name("root.json"), place.name(""));
    let words = [&["verify", "--trusted-root", &root][..], &BY_RELEASE, &[&reference]].concat();
    assert_eq!(ask_with(&words, &[("DOCKER_CONFIG", &folder)], b"").code, 0);
    let told = ask_with(&words, &[], b"");
    assert_eq!(told.code, 1, "{told:?}");
    let flags = ["--registry-username", "me", "--registry-password", "secret"];
    assert_eq!(ask_with(&[&words[..], &flags].concat(), &[], b"").code, 0);
    place.file("config.json", b"{ not JSON");
    assert_eq!(ask_with(&words, &[("DOCKER_CONFIG", &folder)], b"").code, 1);
}

#[test]
fn a_stalling_registry_is_left_at_the_timeout() {
    let place = Place::new();
    let image = place.signed("slow");
    place.registry.on(Rule::path("/v2/", Answer::genuine().delay(std::time::Duration::from_secs(20))));
    let started = std::time::Instant::now();
    let told = place.cosign(
        "verify",
        &[&BY_RELEASE[..], &["--timeout", "300ms", &place.pinned("slow", &image)]].concat(),
    );
    assert_eq!(told.code, 1, "{told:?}");
    assert!(started.elapsed().as_secs() < 10);
}
