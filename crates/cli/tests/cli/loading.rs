//! `load`: from a folder to a registry, and back again.

use std::fs;

use sealgate_testkit::{Answer, Auth, Registry, Rule};

use crate::ask::{BY_RELEASE, Place, Told, ask, ask_with, release};

fn saved(place: &Place, folder: &str, reference: &str) -> String {
    let name = place.name(folder);
    let told = ask(&["save", "--dir", &name, reference]);
    assert_eq!(told.code, 0, "{told:?}");
    name
}

fn load(folder: &str, reference: &str) -> Told {
    ask(&["load", "--dir", folder, reference])
}

#[test]
fn what_was_saved_is_loaded_and_verified_elsewhere() {
    for has_list in [true, false] {
        let place = Place::new();
        place.registry.set_referrers_api(has_list);
        let image = place.signed("app");
        let older = place.world.sign_image_legacy(&image.digest, &release());
        place.registry.push_legacy("app", &image.digest, &[&older]);
        let folder = saved(&place, "folder", &place.pinned("app", &image));

        let other = Registry::start_blocking();
        other.set_referrers_api(has_list);
        let name = format!("{}/mirror:v1", other.host());
        let told = load(&folder, &name);
        assert_eq!((told.code, told.stdout.as_str(), told.stderr.as_str()), (0, "", ""), "{told:?}");
        for more in [&["--new-bundle-format=false"][..], &[]] {
            let told = place.cosign("verify", &[&BY_RELEASE[..], more, &[name.as_str()]].concat());
            assert_eq!(told.code, 0, "{has_list} {told:?}");
        }
        let tree = ask(&["tree", &name]);
        assert!(tree.stdout.contains("🔐 Signatures") && tree.stdout.contains("🔗 "), "{tree:?}");

        // The same image without what is attached is not signed.
        other.push_manifest("bare", Some("v1"), &image.bytes, "application/vnd.oci.image.manifest.v1+json");
        let bare = format!("{}/bare:v1", other.host());
        assert_eq!(place.cosign("verify", &[&BY_RELEASE[..], &[bare.as_str()]].concat()).code, 10);
    }
}

#[test]
fn an_index_is_loaded_with_its_images_before_it() {
    let place = Place::new();
    let (amd, arm) =
        (place.registry.push_image("app", None, "amd"), place.registry.push_image("app", None, "arm"));
    let index = place.registry.push_index("app", Some("v1"), &[&amd, &arm]);
    let folder = saved(&place, "folder", &place.pinned("app", &index));
    let other = Registry::start_blocking();
    assert_eq!(load(&folder, &format!("{}/mirror:v1", other.host())).code, 0);
    for image in [&amd, &arm, &index] {
        assert_eq!(other.manifest("mirror", &image.digest.to_string()), Some(image.bytes.clone()));
    }
    let put: Vec<String> = other
        .journal()
        .into_iter()
        .filter(|asked| asked.method == "PUT" && asked.target.contains("/manifests/"))
        .map(|asked| asked.target)
        .collect();
    assert!(put.len() == 3 && put.last().unwrap().ends_with("/manifests/v1"), "{put:?}");
}

#[test]
fn a_folder_that_is_not_whole_is_not_loaded() {
    let place = Place::new();
    let image = place.signed_older("app");
    let folder = saved(&place, "folder", &place.pinned("app", &image));
    let other = Registry::start_blocking();
    let name = format!("{}/mirror:v1", other.host());
    let blobs = place.path("folder/blobs/sha256");
    for entry in fs::read_dir(&blobs).unwrap() {
        let path = entry.unwrap().path();
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        for spoil in [Some(bad), None] {
            match spoil {
                Some(bad) => fs::write(&path, bad).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let told = load(&folder, &name);
            assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{}: {told:?}", path.display());
            fs::write(&path, &good).unwrap();
        }
    }
    assert_eq!(load(&folder, &name).code, 0);
    let told = load(&place.name("nowhere"), &name);
    assert!(told.stderr.contains("signed image index: stat "), "{told:?}");
}

#[test]
fn a_digest_that_the_folder_does_not_hold_is_not_written() {
    let place = Place::new();
    let image = place.signed("app");
    let folder = saved(&place, "folder", &place.pinned("app", &image));
    let other = Registry::start_blocking();
    let wrong = format!("{}/mirror@sha256:{}", other.host(), "0".repeat(64));
    let told = load(&folder, &wrong);
    assert!(
        told.code == 1 && told.stderr.contains(&format!("the folder holds {}", image.digest)),
        "{told:?}"
    );
    assert_eq!(other.request_count(), 0);
    assert_eq!(load(&folder, &other.pinned("mirror", &image.digest)).code, 0);
}

#[test]
fn a_registry_that_refuses_a_part_is_no_success() {
    let place = Place::new();
    let image = place.signed_older("app");
    let folder = saved(&place, "folder", &place.pinned("app", &image));
    for (name, rule) in [
        ("upload", Rule::path("/blobs/uploads/", Answer::status(403))),
        ("manifest", Rule::path("/manifests/", Answer::status(500))),
        ("tag", Rule::path(".sig", Answer::status(413))),
        ("nowhere", Rule::path("/blobs/uploads/", Answer::status(202))),
        ("odd", Rule::path("/manifests/", Answer::status(302).header("location", "http://127.0.0.1:1/"))),
    ] {
        let other = Registry::start_blocking();
        other.on(rule);
        let told = load(&folder, &format!("{}/mirror:v1", other.host()));
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{name}: {told:?}");
    }
    let other = Registry::start_blocking();
    assert_eq!(load(&folder, &format!("{}/mirror:v1", other.host())).code, 0);
}

#[test]
fn a_password_goes_to_the_registry_and_an_upload_elsewhere_carries_no_credential() {
    let place = Place::new();
    let image = place.signed("app");
    let folder = saved(&place, "folder", &place.pinned("app", &image));
    let (other, elsewhere) = (Registry::start_blocking(), Registry::start_blocking());
    other.set_auth(Auth::Basic("me".into(), "secret".into()));
    let name = format!("{}/mirror:v1", other.host());
    assert_eq!(load(&folder, &name).code, 1);
    let with =
        ["load", "--dir", &folder, "--registry-username", "me", "--registry-password", "secret", &name];
    let told = ask_with(&with, &[], b"");
    assert_eq!(told.code, 0, "{told:?}");

    let place_for = format!("http://{}/v2/x/blobs/uploads/", elsewhere.host());
    let moved = Registry::start_blocking();
    moved.set_auth(Auth::Basic("me".into(), "secret".into()));
    let away = Answer::status(202).header("location", &place_for);
    moved.on(Rule::path("/blobs/uploads/", away).method("POST").header("authorization", "Basic"));
    let name = format!("{}/mirror:v1", moved.host());
    ask(&["load", "--dir", &folder, "--registry-username", "me", "--registry-password", "secret", &name]);
    let asked = elsewhere.journal();
    assert!(asked.iter().any(|asked| asked.method == "PUT"), "{asked:?}");
    assert!(asked.iter().all(|asked| asked.header("authorization").is_none()), "{asked:?}");
}

#[test]
fn a_token_to_write_is_asked_for_only_by_who_writes() {
    let place = Place::new();
    let image = place.signed("app");
    let folder = saved(&place, "folder", &place.pinned("app", &image));
    let other = Registry::start_blocking();
    other.set_auth(Auth::Bearer { realm: None, credentials: None });
    let name = format!("{}/mirror:v1", other.host());
    assert_eq!(load(&folder, &name).code, 0);
    let scopes = |registry: &Registry| -> Vec<String> {
        registry
            .journal()
            .into_iter()
            .map(|asked| asked.target)
            .filter(|target| target.contains("/token"))
            .collect()
    };
    assert!(scopes(&other).iter().any(|target| target.contains("pull%2Cpush")), "{:?}", scopes(&other));
    other.clear_journal();
    assert_eq!(ask(&["tree", &name]).code, 0);
    assert!(!scopes(&other).is_empty());
    assert!(!scopes(&other).iter().any(|target| target.contains("push")), "{:?}", scopes(&other));
}
