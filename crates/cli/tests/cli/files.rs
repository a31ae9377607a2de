//! `verify-blob` and `verify-blob-attestation`.

use sealgate_testkit::{Identity, Signed, recipe};
use serde_json::json;

use crate::ask::{BY_RELEASE, Place, Told, ask, ask_with, release};

const BLOB: &[u8] = b"an installer\n";

fn message(place: &Place) -> Signed {
    let digest = sealgate::verify::Digest::sha256(BLOB);
    place.world.recipe(&digest, &release()).message(BLOB).sign()
}

fn verify(place: &Place, bundle: &[u8], more: &[&str]) -> Told {
    let bundle = place.file("bundle.json", bundle);
    place.cosign("verify-blob", &[&["--bundle", bundle.as_str()][..], &BY_RELEASE, more].concat())
}

#[test]
fn a_file_its_digest_and_standard_input_are_the_same_blob() {
    let place = Place::new();
    let bundle = message(&place).bundle();
    let (blob, other) = (place.file("blob", BLOB), place.file("other", b"another\n"));
    let digest = sealgate::verify::Digest::sha256(BLOB).to_string();
    for artifact in [&blob, &digest] {
        let told = verify(&place, &bundle, &[artifact]);
        assert_eq!((told.code, told.stdout.as_str(), told.stderr.as_str()), (0, "", "Verified OK\n"));
    }
    let wrong = sealgate::verify::Digest::sha256(b"x").to_string();
    for artifact in [&other, &wrong] {
        assert_eq!(verify(&place, &bundle, &[artifact]).code, 1);
    }
    let (root, bundle) = (place.name("root.json"), place.name("bundle.json"));
    let words =
        [&["verify-blob", "--trusted-root", &root, "--bundle", &bundle][..], &BY_RELEASE, &["-"]].concat();
    assert_eq!(ask_with(&words, &[], BLOB).code, 0);
    assert_eq!(ask_with(&words, &[], b"another\n").code, 1);
}

#[test]
fn what_cannot_be_read_is_one_line_and_never_a_pass() {
    let place = Place::new();
    let (bundle, blob) = (message(&place).bundle(), place.file("blob", BLOB));
    for (broken, text) in [
        (&bundle[..bundle.len() / 2], "Error: "),
        (b"hello".as_slice(), "Error: invalid character 'h' looking for beginning of value"),
        (b"".as_slice(), "Error: "),
        (b"[]".as_slice(), "Error: "),
        (b"{}".as_slice(), "Error: "),
    ] {
        let told = verify(&place, broken, &[&blob]);
        assert_eq!((told.code, told.stderr.lines().count()), (1, 2), "{told:?}");
        assert!(told.stderr.starts_with(text), "{told:?}");
    }
    let told = verify(&place, &bundle, &["/nonexistent/file"]);
    assert_eq!(told.stderr.lines().next(), Some("Error: open /nonexistent/file: no such file or directory"));
    let told = verify(&place, &bundle, &[&place.name("")]);
    assert_eq!(told.code, 1, "{told:?}");
    assert_eq!(verify(&place, &bundle, &[&blob]).code, 0);
}

#[test]
fn more_than_the_limit_is_not_read() {
    let place = Place::new();
    let blob = place.file("blob", BLOB);
    let large = std::fs::File::create(place.path("large.json")).unwrap();
    large.set_len((32 << 20) + 1).unwrap();
    let told = place.cosign(
        "verify-blob",
        &[&["--bundle", place.name("large.json").as_str()][..], &BY_RELEASE, &[&blob]].concat(),
    );
    assert_eq!(told.code, 1);
    assert!(told.stderr.contains("more than 33554432 bytes"), "{told:?}");
    large.set_len(32 << 20).unwrap();
    let told = place.cosign(
        "verify-blob",
        &[&["--bundle", place.name("large.json").as_str()][..], &BY_RELEASE, &[&blob]].concat(),
    );
    assert!(told.code == 1 && !told.stderr.contains("more than 33554432 bytes"), "{told:?}");
}

#[test]
fn a_large_file_is_digested_not_held() {
    let place = Place::new();
    let large = std::fs::File::create(place.path("large")).unwrap();
    large.set_len((64 << 20) + 1).unwrap();
    let bytes = vec![0; (64 << 20) + 1];
    let digest = sealgate::verify::Digest::sha256(&bytes);
    let signed = place.world.recipe(&digest, &release()).message(&bytes).sign();
    drop(bytes);
    assert_eq!(verify(&place, &signed.bundle(), &[&place.name("large")]).code, 0);
    large.set_len((64 << 20) + 2).unwrap();
    assert_eq!(verify(&place, &signed.bundle(), &[&place.name("large")]).code, 1);
}

#[test]
fn an_attestation_must_be_about_the_file_and_of_the_type() {
    let place = Place::new();
    let (blob, other) = (place.file("blob", BLOB), place.file("other", b"another\n"));
    let digest = sealgate::verify::Digest::sha256(BLOB);
    let statement = recipe::statement(&digest, "https://slsa.dev/provenance/v1", json!({}));
    let bundle = place.world.recipe(&digest, &release()).statement(&statement).sign().bundle();
    let bundle = place.file("bundle.json", &bundle);
    let ask = |more: &[&str]| {
        let told = place.cosign(
            "verify-blob-attestation",
            &[&["--bundle", bundle.as_str()][..], &BY_RELEASE, more].concat(),
        );
        (told.code, told.stderr)
    };
    assert_eq!(ask(&["--type", "slsaprovenance1", &blob]), (0, "Verified OK\n".into()));
    assert_eq!(ask(&["--type", "slsaprovenance1", "--digest", &digest.hex(), "--digestAlg", "sha256"]).0, 0);
    assert_eq!(ask(&["--type", "slsaprovenance1", "--check-claims=false"]).0, 0);
    assert_eq!(ask(&["--type", "slsaprovenance1", &other]).0, 1);
    assert_eq!(ask(&["--type", "slsaprovenance1"]).0, 1);
    assert_eq!(
        ask(&["--type", "slsaprovenance1", "--digest", &"0".repeat(64), "--digestAlg", "sha256"]).0,
        1
    );
    assert_eq!(ask(&["--type", "slsaprovenance1", "--digest", &"0".repeat(40), "--digestAlg", "sha1"]).0, 1);
    let (code, text) = ask(&[&blob]);
    assert_eq!(code, 1);
    assert!(
        text.contains("invalid predicate type, expected custom got https://slsa.dev/provenance/v1"),
        "{text}"
    );
}

#[test]
fn a_key_in_an_old_bundle_names_nobody() {
    let place = Place::new();
    let blob = place.file("blob", BLOB);
    let (key, stranger) = (sealgate_testkit::SigningKey::p256(), sealgate_testkit::SigningKey::p256());
    let pem = place.file("key.pub", key.public_pem().as_bytes());
    let old = |signer: &sealgate_testkit::SigningKey, with_key: bool| {
        let mut form = json!({"base64Signature": sealgate_testkit::base64(&signer.sign(BLOB))});
        if with_key {
            form["cert"] = sealgate_testkit::base64(signer.public_pem().as_bytes()).into();
        }
        let name = place.file("old.json", form.to_string().as_bytes());
        ask(&["verify-blob", "--key", &pem, "--insecure-ignore-tlog", "--bundle", &name, &blob]).code
    };
    assert_eq!(old(&key, false), 0);
    assert_eq!(old(&stranger, false), 1);
    assert_eq!(old(&stranger, true), 1);
}

#[test]
fn a_detached_signature_is_read_from_a_file_or_the_flag() {
    let place = Place::new();
    let (blob, other) = (place.file("blob", BLOB), place.file("other", b"another\n"));
    let key = sealgate_testkit::SigningKey::p256();
    let pem = place.file("key.pub", key.public_pem().as_bytes());
    let signature = sealgate_testkit::base64(&key.sign(BLOB));
    let file = place.file("blob.sig", signature.as_bytes());
    for signature in [&file, &signature] {
        let with = |blob: &str| {
            ask(&["verify-blob", "--key", &pem, "--insecure-ignore-tlog", "--signature", signature, blob])
        };
        assert_eq!(with(&blob).code, 0);
        assert_eq!(with(&other).code, 1);
    }
    let told = ask(&["verify-blob", "--key", &pem, "--signature", &file, &blob]);
    assert_eq!(told.code, 1, "without an entry, and nobody said to ignore the log: {told:?}");
}

#[test]
fn another_workflow_of_the_same_repository_is_another_signer() {
    let place = Place::new();
    let blob = place.file("blob", BLOB);
    let digest = sealgate::verify::Digest::sha256(BLOB);
    let by = |identity: Identity| {
        let signed = place.world.recipe(&digest, &identity).message(BLOB).sign();
        verify(&place, &signed.bundle(), &[&blob])
    };
    assert_eq!(by(release()).code, 0);
    let told = by(Identity::github("acme/app", "test.yml", "refs/tags/v1.2.3"));
    assert_eq!(told.code, 1);
    assert!(
        told.stderr
            .contains("expected SAN value \"https://github.com/acme/app/.github/workflows/release.yml@"),
        "{told:?}"
    );
}

#[test]
fn damaged_bundles_and_roots_end_in_a_verdict_never_in_a_panic() {
    let place = Place::new();
    let (bundle, blob) = (message(&place).bundle(), place.file("blob", BLOB));
    let root = place.world.trusted_root_json();
    assert_eq!(verify(&place, &bundle, &[&blob]).code, 0);
    let damaged = |bytes: &[u8], round: usize| {
        let mut bytes = bytes.to_vec();
        // Positions and values that wander over the whole file.
        let at = round * 7919 % bytes.len();
        match round % 3 {
            0 => bytes[at] = bytes[at].wrapping_add(1 + (round % 200) as u8),
            1 => drop(bytes.drain(at..(at + 1 + round % 40).min(bytes.len()))),
            _ => bytes.insert(at, b"{}[]\",:0-e\\\x00\xff"[round % 13]),
        }
        bytes
    };
    for round in 0..200 {
        let told = verify(&place, &damaged(&bundle, round), &[&blob]);
        assert!(matches!(told.code, 0 | 1), "{round}: {told:?}");
        let other = place.file("damaged.json", &damaged(&root, round));
        let bundle = place.file("whole.json", &bundle);
        let words = ["verify-blob", "--trusted-root", &other, "--bundle", &bundle];
        let told = ask(&[&words[..], &BY_RELEASE, &[&blob]].concat());
        assert!(matches!(told.code, 0 | 1), "{round}: {told:?}");
    }
}

#[test]
fn odd_flags_end_in_a_message_never_in_a_panic() {
    let place = Place::new();
    let blob = place.file("blob", BLOB);
    let odd = [
        "",
        "-",
        "--",
        "-=",
        "--=",
        "---",
        "=",
        "--key",
        "--key=",
        "-t",
        "-t=",
        "--timeout=9223372036854775808ns",
        "é",
        "-é",
        "--certificate-identity-regexp=\\p{Greek",
        "--certificate-identity-regexp=(?P<a",
        "--max-workers=-1",
        "--max-workers=99999999999999999999",
        "--check-claims=",
        "-a=\"",
        "--annotations=\"a",
        "sha256:",
        "sha256:é",
        "--bundle=/dev/null",
        "--trusted-root=/dev/null",
        "--help=x",
    ];
    for verb in
        ["verify-blob", "verify-blob-attestation", "version", "completion", "policy", "replay", "conformance"]
    {
        for first in odd {
            for second in odd {
                let told = ask(&[verb, first, second, "--insecure-ignore-tlog", &blob]);
                assert!(matches!(told.code, 0 | 1 | 64), "{verb} {first} {second}: {told:?}");
                assert!(told.code == 0 || !told.stderr.is_empty(), "{verb} {first} {second}");
                assert!(!told.stderr.contains("Verified OK"), "{verb} {first} {second}: {told:?}");
            }
        }
    }
}
