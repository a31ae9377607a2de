//! What is said about what went wrong: cosign's words where it has them, and its order where several things are wrong.

use sealgate_testkit::{Answer, Auth, Body, Rule};

use crate::ask::{BY_RELEASE, GITHUB, Place, RELEASE, ask, release};

fn first_line(told: &crate::ask::Told) -> &str {
    told.stderr.lines().find_map(|line| line.strip_prefix("Error: ")).unwrap_or_else(|| panic!("{told:?}"))
}

#[test]
fn an_older_signature_of_the_wrong_signer_is_that_before_it_is_anything_else() {
    let place = Place::new();
    let (image, other) =
        (place.registry.push_image("app", None, "one"), place.registry.push_image("app", None, "two"));
    let signed = place.world.sign_image_legacy(&other.digest, &release());
    place.registry.push_legacy("app", &image.digest, &[&signed]);
    let reference = place.pinned("app", &image);
    let by = |flags: &[&str]| place.cosign("verify", &[flags, &[reference.as_str()]].concat());
    let told = by(&["--certificate-identity", "nobody", "--certificate-oidc-issuer", GITHUB]);
    let nobody = format!(
        "no matching signatures: none of the expected identities matched what was in the certificate, got subjects \
         [{RELEASE}] with issuer {GITHUB}"
    );
    assert_eq!((told.code, first_line(&told)), (12, nobody.as_str()));
    let told = by(&[&BY_RELEASE[..], &["--certificate-github-workflow-sha", "x"]].concat());
    assert_eq!(
        first_line(&told),
        "no matching signatures: expected GitHub Workflow SHA not found in certificate"
    );
    let told = by(&BY_RELEASE);
    assert_eq!(
        (told.code, first_line(&told)),
        (
            12,
            format!("no matching signatures: invalid or missing digest in claim: {}", other.digest).as_str()
        )
    );
}

#[test]
fn flags_of_the_older_format_are_refused_where_there_is_a_bundle() {
    let place = Place::new();
    let (bundle, older) = (place.signed("bundle"), place.signed_older("older"));
    let (bundle, older) = (place.pinned("bundle", &bundle), place.pinned("older", &older));
    let with = |flag: &str, reference: &str| {
        place.cosign("verify", &[&BY_RELEASE[..], &[flag, "x.pem", reference]].concat())
    };
    for (flag, text) in [
        (
            "--certificate-chain",
            "certificate chain must be in bundle and may not be provided using --certificate-chain",
        ),
        ("--ca-roots", "CA roots/intermediates must be provided using --trusted-root"),
        (
            "--timestamp-certificate-chain",
            "TSA certificate chain path may only be provided using --trusted-root",
        ),
    ] {
        let told = with(flag, &bundle);
        let wanted = format!("unsupported: {text} when using --new-bundle-format");
        assert_eq!((told.code, first_line(&told)), (1, wanted.as_str()));
        assert_eq!(with(flag, &older).code, 0, "the trusted root is there, and counts");
    }
    let variables = [("SIGSTORE_ROOT_FILE", "x.pem")];
    let words = [&["verify"][..], &BY_RELEASE, &[bundle.as_str()]].concat();
    let told = crate::ask::ask_with(&words, &variables, b"");
    assert_eq!(first_line(&told), "trusted root is required when using new bundle format");
    let words = [&["verify"][..], &BY_RELEASE, &[older.as_str()]].concat();
    let told = crate::ask::ask_with(&words, &variables, b"");
    assert!(
        told.code == 1 && first_line(&told).contains("error reading root PEM file: open x.pem"),
        "{told:?}"
    );
}

#[test]
fn the_signature_of_an_images_sbom_can_be_asked_for() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let tag = format!("{}.sbom", image.digest.to_string().replace(':', "-"));
    let ask = || {
        place.cosign(
            "verify",
            &[&BY_RELEASE[..], &["--attachment", "sbom", &place.pinned("app", &image)]].concat(),
        )
    };
    let told = ask();
    assert!(told.code == 11 && first_line(&told).starts_with("image tag not found: GET http://"), "{told:?}");
    let attached = place.registry.push_image("app", Some(&tag), "sbom");
    assert_eq!(ask().code, 10);
    let signed = place.world.sign_image_legacy(&attached.digest, &release());
    place.registry.push_legacy("app", &attached.digest, &[&signed]);
    let told = ask();
    assert_eq!(told.code, 0, "{told:?}");
    assert!(
        told.stderr.contains(&format!("Verification for {}/app:{tag} --", place.registry.host())),
        "{told:?}"
    );
}

#[test]
fn a_registrys_refusal_names_its_cause() {
    let place = Place::new();
    let image = place.signed("app");
    let reference = format!("{}/app:v1", place.registry.host());
    let pinned = place.pinned("app", &image);
    let ask = |reference: &str| place.cosign("verify", &[&BY_RELEASE[..], &[reference]].concat());
    assert_eq!(ask(&reference).code, 0);
    let denied = || {
        Answer::status(403)
            .body(Body::Bytes(br#"{"errors":[{"code":"DENIED","message":"no pull right"}]}"#.to_vec()))
    };
    place.registry.on(Rule::path("/manifests/v1", denied()));
    let told = ask(&reference);
    assert_eq!((told.code, told.stdout.as_str()), (1, ""));
    assert!(first_line(&told).ends_with("answers 403: DENIED: no pull right"), "{told:?}");
    place.registry.clear_rules();
    place.registry.on(Rule::path("/referrers/", denied()));
    let told = ask(&pinned);
    assert!(told.code == 1 && first_line(&told).contains("403: DENIED: no pull right"), "{told:?}");
    place.registry.clear_rules();
    place.registry.set_auth(Auth::Basic("u".into(), "p".into()));
    let told = ask(&reference);
    assert!(told.code == 1 && first_line(&told).contains("answers 401"), "{told:?}");
}

#[test]
fn what_cannot_be_reached_is_named_and_time_that_runs_out_is_the_deadline() {
    let place = Place::new();
    let image = place.signed("app");
    let pinned = format!("{}/app:v1", place.registry.host());
    let ask_in = |time: &str, reference: &str| {
        place.cosign("verify", &[&["--timeout", time][..], &BY_RELEASE, &[reference]].concat())
    };
    let told = ask_in("0s", &pinned);
    assert!(told.code == 1 && first_line(&told).contains("context deadline exceeded"), "{told:?}");
    assert_eq!(ask_in("1m", &pinned).code, 0);
    let told = ask_in("1m", "127.0.0.1:1/acme/app:v1");
    assert!(told.code == 1 && first_line(&told).contains("connection refused"), "{told:?}");
    let told = ask_in("1m", "registry.invalid/acme/app:v1");
    assert!(told.code == 1 && first_line(&told).contains("lookup registry.invalid: "), "{told:?}");
    let told = ask(&["verify", "--key", "x", "Bad"]);
    assert_eq!(first_line(&told), "parsing reference: could not parse reference: Bad");
    drop(image);
}

#[test]
fn a_detached_certificate_timestamp_never_stands_in_for_the_one_in_the_certificate() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let seen = place.world.sign_image_legacy(&image.digest, &release());
    let unseen = place
        .world
        .recipe(&image.digest, &release())
        .simple_signing(&image.digest)
        .with(|recipe| recipe.ct_logs.clear())
        .sign();
    place.registry.push_legacy("app", &image.digest, &[&seen, &unseen]);
    let reference = place.pinned("app", &image);
    let sct = place.file("sct.json", b"{}");
    let with = |signed: &sealgate_testkit::Signed, sct: &str| {
        let leaf = sealgate_testkit::pem_block("CERTIFICATE", signed.certificate.as_ref().unwrap());
        let leaf = place.file("leaf.pem", leaf.as_bytes());
        let flags = ["--certificate", &leaf, "--sct", sct, reference.as_str()];
        place.cosign("verify", &[&BY_RELEASE[..], &flags].concat())
    };
    assert_eq!(with(&seen, &sct).code, 0);
    let told = with(&unseen, &sct);
    assert!(
        told.code == 1 && first_line(&told).contains("validating cert: id is invalid length"),
        "{told:?}"
    );
    assert!(first_line(&with(&seen, "/nonexistent")).starts_with("reading sct from file: open /nonexistent"));
}
