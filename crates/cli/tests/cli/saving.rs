//! `save`, and `verify --local-image` of what it saved.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use sealgate_testkit::{Answer, Image, Rule};

use crate::ask::{BY_RELEASE, Place, Told, ask, release};

const SEALGATE: &str = env!("CARGO_BIN_EXE_sealgate");

fn save(place: &Place, folder: &str, reference: &str) -> Told {
    ask(&["save", "--dir", &place.name(folder), reference])
}

fn verify(place: &Place, folder: &str, more: &[&str]) -> Told {
    let folder = place.name(folder);
    place.cosign("verify", &[&BY_RELEASE[..], &["--local-image"], more, &[folder.as_str()]].concat())
}

fn layers(place: &Place) -> Image {
    let layer = place.registry.push_blob("app", &b"a layer ".repeat(10_000));
    let config = place.registry.push_blob("app", b"{}");
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": 80_000}],
    });
    let bytes = manifest.to_string().into_bytes();
    let digest =
        place.registry.push_manifest("app", Some("v1"), &bytes, "application/vnd.oci.image.manifest.v1+json");
    Image { digest, bytes }
}

#[test]
fn a_saved_image_is_verified_as_it_was_in_the_registry() {
    let place = Place::new();
    for (folder, image) in [("bundle", place.signed("bundle")), ("older", place.signed_older("older"))] {
        let told = save(&place, folder, &place.pinned(folder, &image));
        assert_eq!((told.code, told.stdout.as_str(), told.stderr.as_str()), (0, "", ""), "{told:?}");
        let told = verify(&place, folder, &[]);
        assert_eq!(told.code, 0, "{told:?}");
        assert!(
            told.stderr.starts_with(&format!("\nVerification for {} --\n", place.name(folder))),
            "{told:?}"
        );
        let other = ["--certificate-identity", "https://github.com/evil/app"];
        let told = place.cosign(
            "verify",
            &[&other[..], &["--certificate-oidc-issuer-regexp", ".*", "--local-image", &place.name(folder)]]
                .concat(),
        );
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
    }
    let bare = place.registry.push_image("bare", None, "bare");
    assert_eq!(save(&place, "bare", &place.pinned("bare", &bare)).code, 0);
    let told = verify(&place, "bare", &[]);
    assert_eq!(told.code, 1, "{told:?}");
    let folder = place.name("bare");
    assert!(told.stderr.contains(&format!("no signatures associated with the image saved in {folder}\n")));
}

#[test]
fn an_index_is_saved_with_its_images_and_its_bundles() {
    let place = Place::new();
    let (amd, arm) =
        (place.registry.push_image("app", None, "amd"), place.registry.push_image("app", None, "arm"));
    let index = place.registry.push_index("app", Some("v1"), &[&amd, &arm]);
    place.registry.push_bundle("app", &index.digest, &place.world.sign_image(&index.digest, &release()));
    assert_eq!(save(&place, "index", &format!("{}/app:v1", place.registry.host())).code, 0);
    for image in [&amd, &arm, &index] {
        assert!(place.path("index/blobs/sha256").join(image.digest.hex()).exists());
    }
    assert_eq!(verify(&place, "index", &[]).code, 0);
    // cosign looks for bundles of images only.
    let told = verify(&place, "index", &["--strict-compat"]);
    assert!(told.code == 1 && told.stderr.contains("no signatures associated"), "{told:?}");
}

#[test]
fn bytes_that_are_not_what_was_asked_for_are_not_saved() {
    let place = Place::new();
    let image = layers(&place);
    let reference = place.pinned("app", &image);
    let listed = |folder: &str| place.path(folder).join("index.json").exists();
    for (name, rule) in [
        ("other", Rule::path("/blobs/", Answer::bytes(&b"A LAYER ".repeat(10_000)))),
        ("short", Rule::path("/blobs/", Answer::bytes(b"a layer "))),
        ("long", Rule::path("/blobs/", Answer::bytes(&b"a layer ".repeat(10_001)))),
        ("absent", Rule::path("/blobs/", Answer::status(404))),
        ("refused", Rule::path("/blobs/", Answer::status(403))),
        ("dark", Rule::path("/referrers/", Answer::status(403))),
    ] {
        place.registry.clear_rules();
        place.registry.on(rule);
        let told = save(&place, name, &reference);
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{name}: {told:?}");
        assert!(!listed(name), "{name}");
        let blobs = place.path(name).join("blobs/sha256");
        let left: Vec<_> = fs::read_dir(blobs).into_iter().flatten().flatten().collect();
        assert!(left.iter().all(|entry| entry.file_name().len() == 64), "{name}: {left:?}");
    }
    place.registry.clear_rules();
    assert_eq!(save(&place, "good", &reference).code, 0);
    assert!(listed("good"));
}

#[test]
fn a_folder_that_holds_an_image_keeps_it_until_another_one_is_whole() {
    let place = Place::new();
    let first = place.signed("first");
    assert_eq!(save(&place, "folder", &place.pinned("first", &first)).code, 0);
    let before = fs::read(place.path("folder/index.json")).unwrap();
    let second = layers(&place);
    place.registry.on(Rule::path("/blobs/", Answer::status(500)));
    assert_eq!(save(&place, "folder", &place.pinned("app", &second)).code, 1);
    assert_eq!(fs::read(place.path("folder/index.json")).unwrap(), before);
    place.registry.clear_rules();
    assert_eq!(save(&place, "folder", &place.pinned("app", &second)).code, 0);
    let after = fs::read_to_string(place.path("folder/index.json")).unwrap();
    assert!(after.contains(&second.digest.hex()) && !after.contains(&first.digest.hex()));
}

#[test]
fn a_damaged_blob_in_the_folder_is_mended() {
    let place = Place::new();
    let image = layers(&place);
    let reference = place.pinned("app", &image);
    assert_eq!(save(&place, "folder", &reference).code, 0);
    let blob = place.path("folder/blobs/sha256").join(image.digest.hex());
    let good = fs::read(&blob).unwrap();
    fs::write(&blob, vec![b'x'; good.len()]).unwrap();
    assert_eq!(save(&place, "folder", &reference).code, 0);
    assert_eq!(fs::read(&blob).unwrap(), good);
}

#[test]
fn an_image_is_not_saved_through_a_link() {
    let place = Place::new();
    let image = layers(&place);
    let reference = place.pinned("app", &image);
    let elsewhere = place.path("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::create_dir_all(place.path("linked")).unwrap();
    symlink(&elsewhere, place.path("linked/blobs")).unwrap();
    let told = save(&place, "linked", &reference);
    assert!(told.code == 1 && told.stderr.contains("is not a folder"), "{told:?}");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);

    // A link in the place of a blob is replaced, never written through.
    assert_eq!(save(&place, "folder", &reference).code, 0);
    let blob = place.path("folder/blobs/sha256").join(image.digest.hex());
    fs::remove_file(&blob).unwrap();
    let target = place.path("target");
    fs::write(&target, b"precious").unwrap();
    symlink(&target, &blob).unwrap();
    assert_eq!(save(&place, "folder", &reference).code, 0);
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    assert!(fs::symlink_metadata(&blob).unwrap().is_file());
}

#[test]
fn a_disk_that_takes_no_more_is_never_a_success() {
    let place = Place::new();
    let image = layers(&place);
    let reference = place.pinned("app", &image);
    let run = |folder: &str, blocks: &str| {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let folder = place.name(folder);
        Command::new("bash")
            .args(["-c", &script, "bash", SEALGATE, "save", "--dir", &folder, &reference])
            .env_clear()
            .output()
            .unwrap()
    };
    let full = run("full", "8");
    let said = String::from_utf8(full.stderr).unwrap();
    assert_eq!(full.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be written: file too large"), "{said}");
    assert!(!place.path("full/index.json").exists());
    let twin = run("roomy", "unlimited");
    assert_eq!(twin.status.code(), Some(0), "{}", String::from_utf8_lossy(&twin.stderr));
    assert!(Path::new(&place.name("roomy/index.json")).exists());
}

#[test]
fn a_folder_must_be_named_and_can_come_from_the_environment() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let told = ask(&["save", &reference]);
    assert!(told.code == 1 && told.stderr.contains("required flag(s) \"dir\" not set"), "{told:?}");
    let folder = place.name("by-variable");
    assert_eq!(crate::ask::ask_with(&["save", &reference], &[("COSIGN_DIR", &folder)], b"").code, 0);
    let file = place.file("file", b"");
    let told = ask(&["save", "--dir", &file, &reference]);
    assert!(told.stderr.contains(&format!("mkdir {file}: not a directory")), "{told:?}");
}

#[test]
fn check_judges_the_image_in_a_folder_under_its_name_and_asks_nobody() {
    let place = Place::new();
    let (signed, bare) = (place.signed("app"), place.registry.push_image("app", None, "bare"));
    assert_eq!(save(&place, "signed", &place.pinned("app", &signed)).code, 0);
    assert_eq!(save(&place, "bare", &place.pinned("app", &bare)).code, 0);
    place.policy("acme/app");
    place.registry.clear_journal();
    let name = format!("{}/app:v1", place.registry.host());
    let check = |folder: &str, name: &str| place.check(&["--layout", &place.name(folder), name]);
    let told = check("signed", &name);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stdout.contains(&signed.digest.to_string()), "{told:?}");
    assert_eq!(check("signed", &place.pinned("app", &signed)).code, 0);

    let told = check("bare", &name);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.stdout.contains("no-signature-found"), "{told:?}");
    // The name decides which policy counts, and must be the name of what is in the folder.
    let told = check("signed", &place.pinned("app", &bare));
    assert!(told.code == 64 && told.stderr.contains("the folder holds"), "{told:?}");
    assert_ne!(check("signed", "elsewhere.example/app:v1").code, 0);

    // What cannot be read is not found out; what is no layout has a reason code.
    let referrers: Vec<_> = fs::read_dir(place.path("signed/blobs/sha256")).unwrap().flatten().collect();
    for entry in referrers {
        let bytes = fs::read(entry.path()).unwrap();
        if entry.file_name().to_str() != Some(signed.digest.hex().as_str()) {
            fs::write(entry.path(), [&bytes, &b" "[..]].concat()).unwrap();
        }
    }
    let told = check("signed", &name);
    assert_eq!(told.code, 2, "{told:?}");
    fs::write(place.path("signed/index.json"), "{").unwrap();
    let told = check("signed", &name);
    assert!(told.code == 2 && told.stderr.contains("layout-malformed"), "{told:?}");
    assert_eq!(place.registry.request_count(), 0);
}
