//! What a person at a terminal hears, and a script does not.

use sealgate_testkit::SigningKey;
use serde_json::json;

use crate::ask::{BY_RELEASE, GITHUB, Place, RELEASE, Told, ask, ask_watched, release};

fn both(place: &Place, verb: &str, words: &[&str]) -> (Told, Told) {
    let root = place.name("root.json");
    let words = [&[verb, "--trusted-root", root.as_str()], words].concat();
    (ask(&words), ask_watched(&words, &[]))
}

// The person's stderr begins with what a script gets, and the rest of both is alike.
#[track_caller]
fn hints((script, person): &(Told, Told)) -> String {
    assert_eq!((script.code, &script.stdout), (person.code, &person.stdout));
    assert!(!script.stderr.contains("hint:"), "{script:?}");
    person.stderr.strip_prefix(&script.stderr).unwrap_or_else(|| panic!("{script:?}\n{person:?}")).to_owned()
}

#[test]
fn a_person_sees_what_was_expected_and_found_and_a_script_reads_cosigns_lines_alone() {
    let place = Place::new();
    for (repository, image) in [("bundle", place.signed("bundle")), ("older", place.signed_older("older"))] {
        let reference = place.pinned(repository, &image);
        let wanted = "https://github.com/acme/other";
        let flags = ["--certificate-identity", wanted, "--certificate-oidc-issuer", GITHUB, &reference];
        let told = both(&place, "verify", &flags);
        assert_ne!(told.0.code, 0);
        let hints = hints(&told);
        assert!(hints.contains(&format!("subject   wanted  {wanted}\n")), "{hints}");
        assert!(hints.contains(&format!("issuer    as wanted: {GITHUB}")), "{hints}");
        assert!(hints.contains("only if that is whom you expect"), "{hints}");
        assert!(hints.contains(&format!("\n  --certificate-identity {RELEASE}\n")), "{hints}");
        assert!(hints.contains("sealgate explain"), "{hints}");

        let told = both(&place, "verify", &[&BY_RELEASE[..], &[&reference]].concat());
        assert_eq!((told.0.code, told.1.stderr.contains("hint:")), (0, false), "{told:?}");
    }
}

#[test]
fn a_wrong_kind_of_signer_is_told_by_the_flag_that_names_the_right_kind() {
    let place = Place::new();
    let (signed, keyed) = (place.signed("app"), place.registry.push_image("keyed", None, "keyed"));
    let key = SigningKey::generate(sealgate_testkit::KeyKind::P256);
    place.registry.push_bundle("keyed", &keyed.digest, &place.world.sign_image_with_key(&keyed.digest, &key));
    let key = place.file("key.pub", key.public_pem().as_bytes());
    let told = both(&place, "verify", &["--key", &key, &place.pinned("app", &signed)]);
    assert_eq!(told.0.code, 1);
    assert!(hints(&told).contains("material-mismatch"), "{told:?}");
    let told = both(&place, "verify", &[&BY_RELEASE[..], &[&place.pinned("keyed", &keyed)]].concat());
    assert_eq!(told.0.code, 1);
    assert!(hints(&told).contains("certificate-missing"), "{told:?}");
    assert_eq!(both(&place, "verify", &["--key", &key, &place.pinned("keyed", &keyed)]).0.code, 0);
}

#[test]
fn lax_flags_are_told_where_they_let_something_pass() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let by = |pattern: &str, more: &[&str]| {
        let flags = ["--certificate-identity-regexp", pattern, "--certificate-oidc-issuer", GITHUB];
        let told = both(&place, "verify", &[&flags[..], more, &[&reference]].concat());
        assert_eq!(told.0.code, 0, "{told:?}");
        // Hints stand between header and answer.
        told.1.stderr
    };
    let lax = by("github.com/acme/app", &[]);
    assert!(lax.contains("fits anywhere in") && lax.contains("a bare . in"), "{lax}");
    let strict = by(r"^https://github\.com/acme/app/.*$", &[]);
    assert!(!strict.contains("hint:"), "{strict}");
    let typo = by(r"^https://github\.com/acme/app/.*$", &["-o", "jsn"]);
    assert!(typo.contains("-o `jsn` is unknown"), "{typo}");
}

#[test]
fn an_attestation_that_passes_for_a_signature_is_named() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let spdx = "https://spdx.dev/Document";
    let signed = place.world.attest(&image.digest, &release(), spdx, json!({}));
    place.registry.push_bundle("app", &image.digest, &signed);
    let reference = place.pinned("app", &image);
    let told = both(&place, "verify", &[&BY_RELEASE[..], &[&reference]].concat());
    assert_eq!(told.0.code, 0, "{told:?}");
    assert!(told.1.stderr.contains("is an attestation of type `https://spdx.dev/Document`"), "{told:?}");
    assert!(!told.0.stderr.contains("hint:"), "{told:?}");

    let told = both(&place, "verify-attestation", &[&BY_RELEASE[..], &[&reference]].concat());
    assert_eq!(told.0.code, 1);
    let hints = hints(&told);
    assert!(hints.contains("without --type it is `custom`") && hints.contains("--type spdx\n"), "{hints}");
}

#[test]
fn check_names_only_roots_that_its_policies_name() {
    let place = Place::new();
    place.policy("acme/app");
    let told = place.check(&[&place.pinned("app", &place.signed("app"))]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(
        told.stdout.contains("\nroot virtual sha256:") && !told.stdout.contains("public-good"),
        "{told:?}"
    );
}

#[test]
fn a_denial_at_a_terminal_sets_found_and_wanted_below_each_other_and_fits_it() {
    let place = Place::new();
    place.policy("acme/other");
    let image = place.signed("app");
    let (root, policy, host) =
        (format!("virtual={}", place.name("root.json")), place.name("policy.yaml"), place.registry.host());
    let reference = place.pinned("app", &image);
    let words =
        ["check", "--trusted-root", &root, "--policy", &policy, "--allow-http-registry", &host, &reference];
    let told = ask_watched(&words, &[]);
    assert_eq!(told.code, 1, "{told:?}");
    let text = &told.stdout;
    assert!(
        text.contains("apps/signed: claim-mismatch\n") || text.contains("apps/signed: identity-mismatch\n"),
        "{text}"
    );
    let (found, wanted) = (text.find("\n      found   ").unwrap(), text.find("\n      wanted  ").unwrap());
    assert!(found < wanted, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    // A script reads one line, as ever.
    let told = ask(&words);
    assert!(told.stdout.contains("-mismatch: signed by `"), "{told:?}");
    place.policy("acme/app");
    assert_eq!(ask_watched(&words, &[]).code, 0);
}
