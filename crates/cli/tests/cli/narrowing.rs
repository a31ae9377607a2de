//! Flags and variables that narrow what counts for an image.

use sealgate_testkit::Identity;

use crate::ask::{BY_RELEASE, GITHUB, Place, RELEASE, ask, ask_with, release};

#[test]
fn a_pinned_certificate_admits_nobody_else() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let (signed, other) = (
        place.world.sign_image_legacy(&image.digest, &release()),
        place.world.sign_image_legacy(&image.digest, &release()),
    );
    place.registry.push_legacy("app", &image.digest, &[&signed]);
    let reference = place.pinned("app", &image);
    let ask = |certificate: &[u8]| {
        let name = place.file("leaf.pem", sealgate_testkit::pem_block("CERTIFICATE", certificate).as_bytes());
        place.cosign("verify", &[&BY_RELEASE[..], &["--certificate", &name, reference.as_str()]].concat())
    };
    assert_eq!(ask(signed.certificate.as_ref().unwrap()).code, 0);
    let told = ask(other.certificate.as_ref().unwrap());
    assert_eq!(told.code, 12, "{told:?}");
    assert!(told.stderr.contains("both public key and certificate were provided but did not match"));
}

#[test]
fn signatures_may_live_in_another_repository() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let signed = place.world.sign_image(&image.digest, &release());
    place.registry.push_bundle("signatures", &image.digest, &signed);
    let (reference, root, host) =
        (place.pinned("app", &image), place.name("root.json"), place.registry.host());
    let words = [&["verify", "--trusted-root", &root][..], &BY_RELEASE, &[&reference]].concat();
    let there = format!("{host}/signatures");
    assert_eq!(ask_with(&words, &[("COSIGN_REPOSITORY", &there)], b"").code, 0);
    assert_eq!(ask_with(&words, &[], b"").code, 10);
    for wrong in ["Bad/Repo:x", &format!("{there}:v1")] {
        let told = ask_with(&words, &[("COSIGN_REPOSITORY", wrong)], b"");
        assert!(told.code == 1 && told.stderr.contains("parsing $COSIGN_REPOSITORY"), "{told:?}");
    }
}

#[test]
fn a_layer_over_the_users_own_limit_is_not_looked_at() {
    let place = Place::new();
    let image = place.signed_older("app");
    let (reference, root) = (place.pinned("app", &image), place.name("root.json"));
    let words = [&["verify", "--trusted-root", &root][..], &BY_RELEASE, &[&reference]].concat();
    let told = ask_with(&words, &[("COSIGN_MAX_ATTACHMENT_SIZE", "10")], b"");
    assert!(told.code == 12 && told.stderr.contains("exceeded the limit (10)"), "{told:?}");
    for fitting in ["1MiB", "128KB", "nonsense"] {
        assert_eq!(ask_with(&words, &[("COSIGN_MAX_ATTACHMENT_SIZE", fitting)], b"").code, 0, "{fitting}");
    }
}

#[test]
fn both_issuers_that_are_typed_must_fit_a_bundle() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let with = |exact: &str, pattern: &str| {
        let flags = [
            "--certificate-identity",
            RELEASE,
            "--certificate-oidc-issuer",
            exact,
            "--certificate-oidc-issuer-regexp",
            pattern,
        ];
        place.cosign("verify", &[&flags[..], &[reference.as_str()]].concat()).code
    };
    assert_eq!(with(GITHUB, "github"), 0);
    assert_eq!(with("https://other.example", "github"), 1);
    assert_eq!(with(GITHUB, "^other"), 1);
}

#[test]
fn the_workflow_flags_are_compared_to_the_letter() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let identity = release().old_claim(5, "acme/app").old_claim(6, "refs/tags/v1.2.3");
    place.registry.push_bundle("app", &image.digest, &place.world.sign_image(&image.digest, &identity));
    let reference = place.pinned("app", &image);
    let with = |flag: &str, value: &str| {
        place.cosign("verify", &[&BY_RELEASE[..], &[flag, value, reference.as_str()]].concat())
    };
    assert_eq!(with("--certificate-github-workflow-repository", "acme/app").code, 0);
    let told = with("--certificate-github-workflow-repository", "acme/apps");
    assert!(
        told.code == 1
            && told
                .stderr
                .contains("expected GithubWorkflowRepository to be \"acme/apps\", got \"acme/app\""),
        "{told:?}"
    );
    assert_eq!(with("--certificate-github-workflow-ref", "refs/tags/v1.2.3").code, 0);
    assert_eq!(with("--certificate-github-workflow-ref", "refs/tags/v1.2").code, 1);
    assert_eq!(with("--certificate-github-workflow-name", "another").code, 1);
}

#[test]
fn a_pattern_that_fits_no_letters_fits_a_certificate_without_an_issuer() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let mut recipe = place.world.recipe(&image.digest, &Identity::uri("https://build.example", ""));
    recipe.patches.certificate.add(|certificate| {
        certificate.remove("1.3.6.1.4.1.57264.1.1");
        certificate.remove("1.3.6.1.4.1.57264.1.8");
    });
    place.registry.push_bundle("app", &image.digest, &recipe.sign());
    let reference = place.pinned("app", &image);
    let by = |flag: &str, issuer: &str| {
        let flags = ["--certificate-identity", "https://build.example", flag, issuer];
        place.cosign("verify", &[&flags[..], &[reference.as_str()]].concat())
    };
    let told = by("--certificate-oidc-issuer-regexp", ".*");
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(by("--certificate-oidc-issuer-regexp", ".+").code, 1);
    assert_eq!(by("--certificate-oidc-issuer", GITHUB).code, 1);
}

#[test]
fn a_root_without_logs_forgets_nothing() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let mut recipe = place.world.recipe_v2(&image.digest, &release());
    recipe.logs.clear();
    place.registry.push_bundle("app", &image.digest, &recipe.sign());
    let older = place.pinned("older", &place.signed_older("older"));
    let bundle = place.pinned("app", &image);
    let without = |names: &[&str]| {
        let mut root = place.world.trusted_root();
        for name in names {
            root.as_object_mut().unwrap().remove(*name);
        }
        place.file("part.json", root.to_string().as_bytes())
    };
    let ask = |root: &str, more: &[&str], reference: &str| {
        ask(&[&["verify", "--trusted-root", root], &BY_RELEASE[..], more, &[reference]].concat())
    };
    let no_logs = without(&["tlogs"]);
    let told = ask(&no_logs, &[], &bundle);
    assert!(told.code == 1 && told.stderr.contains("not enough verified log entries"), "{told:?}");
    let forgetful = ["--insecure-ignore-tlog", "--use-signed-timestamps"];
    assert_eq!(ask(&no_logs, &forgetful, &bundle).code, 0);

    let no_ct_logs = without(&["ctlogs"]);
    let told = ask(&no_ct_logs, &[], &older);
    assert!(told.code == 12 && told.stderr.contains("only able to verify 0 SCT entries"), "{told:?}");
    assert_eq!(ask(&no_ct_logs, &["--insecure-ignore-sct"], &older).code, 0);
}
