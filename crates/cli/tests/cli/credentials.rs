//! Whose credentials registries see: configurations, and the helpers that they name.

use std::os::unix::fs::PermissionsExt as _;

use sealgate_testkit::{Auth, Registry};

use crate::ask::{BY_RELEASE, Place, Told, ask_with, release};

fn asked(place: &Place, reference: &str, variables: &[(&str, &str)], more: &[&str]) -> Told {
    let root = place.name("root.json");
    let words = [&["verify", "--trusted-root", &root][..], &BY_RELEASE, more, &[reference]].concat();
    ask_with(&words, variables, b"")
}

// A private registry with a signed image, and a folder for helpers; what to ask, and the path.
fn private() -> (Place, String, String) {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    place.registry.set_auth(Auth::Basic("user".into(), "sesame".into()));
    std::fs::create_dir(place.path("bin")).unwrap();
    let path = format!("{}:/usr/bin:/bin", place.name("bin"));
    (place, reference, path)
}

fn helper(place: &Place, name: &str, script: &str) {
    let file =
        place.file(&format!("bin/docker-credential-{name}"), format!("#!/bin/sh\n{script}\n").as_bytes());
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_helper_that_the_configuration_names_is_asked_for_the_images_registry() {
    let (place, reference, path) = private();
    let host = place.registry.host();
    place.file("config.json", format!(r#"{{"credHelpers": {{"{host}": "test"}}}}"#).as_bytes());
    let folder = place.path(".").to_str().unwrap().to_owned();
    let ask = || asked(&place, &reference, &[("DOCKER_CONFIG", &folder), ("PATH", &path)], &[]);
    let told = ask();
    assert!(
        told.code == 1 && told.stderr.contains("`docker-credential-test` is not on the PATH"),
        "{told:?}"
    );
    let answer = |secret: &str| {
        let seen = place.name("seen");
        format!(
            "[ \"$1\" = get ] && cat > {seen} && echo '{{\"Username\": \"user\", \"Secret\": \"{secret}\"}}'"
        )
    };
    helper(&place, "test", &answer("sesame"));
    assert_eq!(ask().code, 0);
    assert_eq!(std::fs::read_to_string(place.path("seen")).unwrap(), host);
    helper(&place, "test", &answer("wrong"));
    let told = ask();
    assert!(
        told.code == 1 && told.stderr.contains("answers 401") && !told.stderr.contains("wrong"),
        "{told:?}"
    );
    helper(&place, "test", "echo 'credentials not found in native keychain'; exit 1");
    assert!(ask().stderr.contains("answers 401"));
    helper(&place, "test", "echo 'the keychain is locked'; exit 1");
    let told = ask();
    assert!(
        told.code == 1 && told.stderr.contains("`docker-credential-test` failed: the keychain is locked")
    );
    helper(&place, "test", "echo hello");
    assert!(ask().stderr.contains("answered no credentials"));
}

#[test]
fn one_helper_may_stand_for_every_registry() {
    let (place, reference, path) = private();
    place.file("config.json", br#"{"credsStore": "store"}"#);
    let folder = place.path(".").to_str().unwrap().to_owned();
    helper(&place, "store", "echo '{\"Username\": \"user\", \"Secret\": \"sesame\"}'");
    let told = asked(&place, &reference, &[("DOCKER_CONFIG", &folder), ("PATH", &path)], &[]);
    assert_eq!(told.code, 0, "{told:?}");
    let typed = ["--registry-username", "user", "--registry-password", "wrong"];
    let told = asked(&place, &reference, &[("DOCKER_CONFIG", &folder), ("PATH", &path)], &typed);
    assert_eq!(told.code, 1, "what is typed goes first: {told:?}");
}

#[test]
fn podmans_files_stand_in_where_there_is_no_docker_configuration() {
    let (place, reference, _) = private();
    let host = place.registry.host();
    let auths = |password: &str| {
        format!(r#"{{"auths": {{"{host}": {{"username": "user", "password": "{password}"}}}}}}"#)
    };
    let file = place.file("auth.json", auths("sesame").as_bytes());
    assert_eq!(asked(&place, &reference, &[], &[]).code, 1);
    assert_eq!(asked(&place, &reference, &[("REGISTRY_AUTH_FILE", &file)], &[]).code, 0);
    std::fs::create_dir(place.path("containers")).unwrap();
    place.file("containers/auth.json", auths("sesame").as_bytes());
    let folder = place.path(".").to_str().unwrap().to_owned();
    for variable in ["XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"] {
        assert_eq!(asked(&place, &reference, &[(variable, &folder)], &[]).code, 0, "{variable}");
    }
    // Docker's own goes first, as there.
    place.file("config.json", auths("wrong").as_bytes());
    let both = [("DOCKER_CONFIG", folder.as_str()), ("REGISTRY_AUTH_FILE", file.as_str())];
    assert_eq!(asked(&place, &reference, &both, &[]).code, 1);
    assert_eq!(asked(&place, &reference, &both[1..], &["--k8s-keychain"]).code, 0);
}

#[test]
fn a_registrys_certificate_may_be_asked_to_be_for_another_name() {
    let place = Place::new();
    let registry = Registry::start_tls();
    let image = registry.push_image("app", None, "app");
    registry.push_bundle("app", &image.digest, &place.world.sign_image(&image.digest, &release()));
    let authority = place.file("ca.pem", registry.certificate_pem().unwrap().as_bytes());
    let reference = registry.pinned("app", &image.digest);
    let by = |name: &str| {
        asked(&place, &reference, &[], &["--registry-cacert", &authority, "--registry-server-name", name])
    };
    assert_eq!(asked(&place, &reference, &[], &["--registry-cacert", &authority]).code, 0);
    assert_eq!(by("127.0.0.1").code, 0);
    let told = by("elsewhere.example");
    assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
    assert!(by("not a name").stderr.contains("`not a name` names no server"));
}

#[test]
fn a_client_certificate_that_cannot_be_read_is_an_error() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let wrong = place.file("wrong.pem", b"hello");
    let with = |more: &[&str]| asked(&place, &reference, &[], more);
    let told = with(&["--registry-client-cert", &wrong]);
    assert!(told.code == 1 && told.stderr.contains("go together"), "{told:?}");
    let told = with(&["--registry-client-cert", &wrong, "--registry-client-key", &wrong]);
    assert!(told.code == 1 && told.stderr.contains("the client certificate or its key"), "{told:?}");
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["me".into()]).unwrap().self_signed(&key).unwrap();
    let mine = place.file("mine.pem", certificate.pem().as_bytes());
    let key = place.file("mine.key", key.serialize_pem().as_bytes());
    assert_eq!(with(&["--registry-client-cert", &mine, "--registry-client-key", &key]).code, 0);
}

#[test]
fn what_a_helper_leaves_running_holds_nobody() {
    let (place, reference, path) = private();
    let host = place.registry.host();
    place.file("config.json", format!(r#"{{"credHelpers": {{"{host}": "test"}}}}"#).as_bytes());
    let folder = place.path(".").to_str().unwrap().to_owned();
    let ask = || asked(&place, &reference, &[("DOCKER_CONFIG", &folder), ("PATH", &path)], &[]);
    let answer = "echo '{\"Username\": \"user\", \"Secret\": \"sesame\"}'";
    helper(&place, "test", &format!("sleep 25 & {answer}"));
    let told = ask();
    assert!(told.code == 1 && told.stderr.contains("did not answer within 10 s"), "{told:?}");
    helper(&place, "test", &format!("sleep 25 >/dev/null & {answer}"));
    assert_eq!(ask().code, 0);
}
