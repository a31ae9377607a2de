//! `verify-attestation --policy`.

use sealgate_testkit::Image;
use serde_json::json;

use crate::ask::{BY_RELEASE, Place, Told, release};

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

fn attested(place: &Place, builders: &[&str]) -> Image {
    let image = place.registry.push_image("app", None, "app");
    for builder in builders {
        let bundle = place.world.attest(&image.digest, &release(), PROVENANCE, json!({"builder": builder}));
        place.registry.push_bundle("app", &image.digest, &bundle);
    }
    image
}

fn ask(place: &Place, image: &Image, more: &[&str]) -> Told {
    let reference = place.pinned("app", image);
    let words = [&BY_RELEASE[..], &["--type", "slsaprovenance1"], more, &[reference.as_str()]].concat();
    place.cosign("verify-attestation", &words)
}

#[test]
fn a_policy_that_allows_every_attestation_lets_the_image_pass_and_one_that_does_not_fails_it() {
    let place = Place::new();
    let image = attested(&place, &["ours", "theirs"]);
    let policy = |name: &str, condition: &str| {
        place.file(name, format!("package signature\nallow {{ {condition} }}\n").as_bytes())
    };
    let both = policy("both.rego", "input.predicate.builder != \"nobody\"");
    let told = ask(&place, &image, &["--policy", &both]);
    assert_eq!((told.code, told.stdout.lines().count()), (0, 2), "{told:?}");
    let said = format!("will be validating against Rego policies: [{both}]\n");
    assert!(told.stderr.starts_with(&said.repeat(2)), "{told:?}");

    let one = policy("one.rego", "input.predicate.builder == \"ours\"");
    let told = ask(&place, &image, &["--policy", &one]);
    assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
    assert!(
        told.stderr.ends_with(
            "There are 1 number of errors occurred during the validation:\n\n\
             - result is undefined for query 'data.signature.allow'\n\
             Error: 1 validation errors occurred\nerror during command execution: 1 validation errors occurred\n"
        ),
        "{told:?}"
    );
}

#[test]
fn policies_are_asked_only_once_there_is_a_trusted_attestation_of_the_type() {
    let place = Place::new();
    let image = attested(&place, &["ours"]);
    let told = ask(&place, &image, &["--policy", "policy.txt"]);
    assert!(
        told.code == 1 && told.stderr.contains("Error: invalid policy format, expected .cue or .rego\n"),
        "{told:?}"
    );
    let reference = place.pinned("app", &image);
    let flags = ["--certificate-identity", "nobody", "--certificate-oidc-issuer-regexp", ".*", "--policy"];
    let told = place.cosign("verify-attestation", &[&flags[..], &["policy.txt", &reference]].concat());
    assert!(told.code == 1 && told.stderr.contains("no matching attestations: "), "{told:?}");
    let flags = ["--type", "vuln", "--policy", "nonexistent.rego"];
    let told = place.cosign("verify-attestation", &[&BY_RELEASE[..], &flags, &[&reference]].concat());
    assert!(told.code == 1 && told.stderr.contains("none of the attestations matched"), "{told:?}");
    assert_eq!(ask(&place, &image, &[]).code, 0);
}

#[test]
fn a_language_that_is_not_read_never_lets_pass_and_names_what_is() {
    let place = Place::new();
    let image = attested(&place, &["ours"]);
    let policy = place.file("policy.cue", b"predicateType: string\n");
    let told = ask(&place, &image, &["--policy", &policy]);
    assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
    assert!(told.stderr.contains("CUE is not supported: write the policy in Rego"), "{told:?}");
}
