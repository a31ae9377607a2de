//! What stands beside roots and signatures, and may not be believed.

use std::{fs, path::Path};

use sealgate_testkit::{World, base64};
use serde_json::{Value, json};

use super::{BLOB, NOWHERE, Own};
use crate::ask::{BY_RELEASE, release};

#[test]
fn pieces_that_nobody_names_come_from_the_root_at_hand() {
    let own = Own::initialized();
    super::older::sign(&own);
    let key = |world: &World, name: &str, index: usize| {
        let root = world.trusted_root();
        let der = root["tlogs"][index]["publicKey"]["rawBytes"].as_str().unwrap().to_owned();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n");
        own.file(name, pem.as_bytes());
        own.path(name)
    };
    let (right, wrong) = (key(&own.world, "rekor.pub", 0), key(&World::named("other"), "other.pub", 0));
    let (bundle, blob) = (own.path("older.json"), own.path("blob"));
    let words = [&["verify-blob", "--bundle", &bundle, "--offline"][..], &BY_RELEASE, &[&blob]].concat();
    let with = |file: &str| own.ask_with(&words, &[("SIGSTORE_REKOR_PUBLIC_KEY", file)]);
    assert_eq!(with(&right).code, 0, "{:?}", with(&right));
    assert_eq!(with(&wrong).code, 1, "twin: the piece that is named goes before");
}

#[test]
fn roots_lists_what_is_at_hand() {
    let own = Own::new();
    let told = own.ask(&["roots", "list", "--output", "json"]);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    let list = told.json();
    let names: Vec<&str> =
        list["roots"].as_array().unwrap().iter().map(|root| root["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["public-good", "staging", "github"]);
    for root in list["roots"].as_array().unwrap() {
        assert_eq!(root["source"], "embedded");
        assert!(!root["keys"]["certificateAuthorities"].as_array().unwrap().is_empty());
    }
    assert_eq!(list["limits"]["mostAgeDays"], 365);
    let told = own.ask(&["roots", "list"]);
    assert!(told.stdout.starts_with("public-good\n  embedded, of 2026-10-23: "), "{told:?}");
    assert!(told.stdout.lines().all(|line| line.chars().count() <= 80), "{told:?}");
}

#[test]
fn roots_print_writes_what_programs_take_as_a_file() {
    let own = Own::new();
    let told = own.ask(&["roots", "print", "staging"]);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    let root = sealgate::verify::TrustedRoot::from_json(told.stdout.as_bytes()).unwrap();
    let listed = own.ask(&["roots", "list", "--output", "json"]).json();
    assert_eq!(listed["roots"][1]["sha256"], root.hash().hex());
    assert_eq!(own.ask(&["roots", "print", "nobody"]).code, 64);
    let told = own.ask(&["roots", "print", "--signed-files", "staging"]);
    assert_eq!((told.code, told.stdout.as_str()), (2, ""));
    assert!(told.stderr.contains("no refresh of `staging` is kept here"), "{told:?}");
    assert!(told.stderr.contains("sealgate roots refresh staging"), "{told:?}");
}

#[test]
fn roots_import_believes_a_folder_no_more_than_a_mirror() {
    let own = Own::new();
    let folder = own.path("copy");
    own.tuf.write_to(Path::new(&folder));
    // Good in itself, and not the instance's.
    let told = own.ask(&["roots", "import", &folder, "--name", "staging"]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.stderr.contains("tuf-missing"), "{told:?}");
    fs::copy(Path::new(&folder).join("1.root.json"), Path::new(&folder).join("15.root.json")).unwrap();
    let told = own.ask(&["roots", "import", &folder, "--name", "staging"]);
    assert!(told.code == 2 && told.stderr.contains("tuf-anchor"), "{told:?}");
    assert!(!own.home.path().join(".sigstore").exists());
    assert_eq!(own.ask(&["roots", "import", &own.mirror.url()]).code, 64);
    assert_eq!(own.ask(&["roots", "import", &folder, "--name", "nobody"]).code, 64);
    // The same folder as a mirror of its own is believed.
    let told = own.ask(&["initialize", "--mirror", &folder, "--root", &own.path("anchor.json")]);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    assert_eq!(own.verify(&["--offline"], &[]).code, 0);
}

#[test]
fn a_known_instance_begins_with_what_is_embedded() {
    let own = Own::new();
    let github = [("TUF_MIRROR", "https://tuf-repo.github.com")];
    let before = own.verify(&["--offline"], &github);
    assert_eq!(before.code, 1, "{before:?}");
    // Somebody else's root where cosign keeps that mirror's.
    let folder = own.home.path().join(".sigstore/root/tuf-repo.github.com");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("root.json"), own.tuf.anchor()).unwrap();
    let after = own.verify(&["--offline"], &github);
    assert_eq!((after.code, after.stderr), (1, before.stderr));
}

#[test]
fn an_address_without_a_file_is_no_root() {
    let own = Own::new();
    let told = own.ask(&["initialize", "--mirror", NOWHERE, "--root", "https://localhost"]);
    assert!(told.code == 1 && told.stderr.contains("the URL names no file"), "{told:?}");
}

#[test]
fn what_initialize_left_and_nobody_can_read_is_an_error() {
    let own = Own::initialized();
    let remote = own.home.path().join(".sigstore/root/remote.json");
    let twin = own.verify(&[], &[]);
    assert_eq!(twin.code, 0, "{twin:?}");
    fs::remove_file(&remote).unwrap();
    std::os::unix::fs::symlink("nowhere", &remote).unwrap();
    let told = own.verify(&[], &[]);
    assert!(told.code == 1 && told.stderr.contains("error reading remote.json"), "{told:?}");
}

#[test]
fn a_certificate_beside_an_older_attestation_pins_its_signer() {
    let own = Own::initialized();
    let digest = sealgate::verify::Digest::sha256(BLOB);
    let signed = own.world.attest(&digest, &release(), "https://slsa.dev/provenance/v1", json!({}));
    let annotations = signed.legacy_annotations();
    let certificate = &annotations["dev.sigstore.cosign/certificate"];
    let entry: Value = serde_json::from_str(&annotations["dev.sigstore.cosign/bundle"]).unwrap();
    let older = json!({
        "base64Signature": base64(&signed.legacy_bytes()),
        "cert": base64(certificate.as_bytes()),
        "rekorBundle": entry,
    });
    own.file("older.json", older.to_string().as_bytes());
    own.file("own.pem", certificate.as_bytes());
    let other = own.world.attest(&digest, &release(), "https://slsa.dev/provenance/v1", json!({}));
    own.file("other.pem", other.legacy_annotations()["dev.sigstore.cosign/certificate"].as_bytes());
    let (bundle, blob) = (own.path("older.json"), own.path("blob"));
    let ask = |more: &[&str]| {
        let words = ["verify-blob-attestation", "--bundle", &bundle, "--type", "slsaprovenance1"];
        own.ask(&[&words[..], &BY_RELEASE, more, &[&blob]].concat())
    };
    assert_eq!(ask(&[]).code, 0, "{:?}", ask(&[]));
    assert_eq!(ask(&["--certificate", &own.path("own.pem")]).code, 0);
    let told = ask(&["--certificate", &own.path("other.pem")]);
    assert!(told.code == 1 && told.stderr.contains("the cert passed in does not match"), "{told:?}");
    let told = ask(&["--certificate", &own.path("none.pem")]);
    assert!(told.code == 1 && told.stderr.contains("loading cert: open"), "{told:?}");
    let stamps = own.path("own.pem");
    let told = ask(&["--rfc3161-timestamp", &stamps, "--use-signed-timestamps"]);
    assert!(told.code == 1 && told.stderr.contains("--rfc3161-timestamp is not read"), "{told:?}");
}

#[test]
fn a_choice_that_anybody_could_write_is_not_believed() {
    use std::os::unix::fs::PermissionsExt as _;
    let own = Own::initialized();
    let top = own.home.path().join(".sigstore/root");
    let set = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let text = "could have been written by somebody else";
    let cosign_s = top.join(own.mirror.url().trim_start_matches("http://").replace(':', "-"));
    let sealgate_s = fs::read_dir(top.join("sealgate")).unwrap().next().unwrap().unwrap().path();
    for (path, bad, good) in [
        (top.clone(), 0o777, 0o700),
        (top.join("remote.json"), 0o666, 0o600),
        (sealgate_s.clone(), 0o777, 0o700),
        (sealgate_s.join("repository.json"), 0o606, 0o600),
    ] {
        set(&path, bad);
        let told = own.verify(&["--offline"], &[]);
        assert!(told.code == 1 && told.stderr.contains(text), "{}: {told:?}", path.display());
        set(&path, good);
        assert_eq!(own.verify(&["--offline"], &[]).code, 0, "twin: {}", path.display());
    }
    // Without what we keep, trust begins with what cosign left.
    fs::remove_dir_all(top.join("sealgate")).unwrap();
    set(&cosign_s.join("root.json"), 0o666);
    let told = own.verify(&[], &[]);
    assert!(told.code == 1 && told.stderr.contains(text), "{told:?}");
    // What is embedded or named by hand is proven, whoever may write where it is kept.
    set(&top, 0o777);
    let (url, anchor) = (own.mirror.url(), own.path("anchor.json"));
    assert_eq!(own.verify(&[], &[("TUF_MIRROR", &url), ("TUF_ROOT_JSON", &anchor)]).code, 0);
    assert_eq!(own.ask(&["roots", "list"]).code, 0);
    set(&top, 0o700);
    set(&cosign_s.join("root.json"), 0o600);
    assert_eq!(own.verify(&[], &[]).code, 0, "twin");
}

#[test]
fn a_cache_that_cannot_be_written_or_is_no_folder_stops_no_verification() {
    let own = Own::new();
    let (url, anchor) = (own.mirror.url(), own.path("anchor.json"));
    own.file("blocked", b"");
    let choose = [("TUF_MIRROR", url.as_str()), ("TUF_ROOT_JSON", anchor.as_str())];
    for top in [own.path("blocked"), "/proc/nonexistent".to_owned()] {
        let told = own.verify(&[], &[&choose[..], &[("TUF_ROOT", top.as_str())]].concat());
        assert_eq!(told.code, 0, "{told:?}");
        let lines: Vec<&str> =
            told.stderr.lines().filter(|line| line.contains("could not be kept")).collect();
        assert_eq!(lines.len(), 1, "{told:?}");
        let told = own.ask_with(&["initialize", "--mirror", &url, "--root", &anchor], &[("TUF_ROOT", &top)]);
        assert!(told.code == 1 && told.stderr.contains("creating cached local store: "), "{told:?}");
    }
    // A process that knows no folder at all.
    let words = own.words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let told = crate::ask::ask_with(&words, &choose, b"");
    assert_eq!((told.code, told.stderr.as_str()), (0, "Verified OK\n"));
    let told = crate::ask::ask_with(&["initialize"], &[], b"");
    assert!(told.code == 1 && told.stderr.contains("neither TUF_ROOT nor HOME is set"), "{told:?}");
}
