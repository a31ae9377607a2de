//! `download signature`, `download attestation`, `download sbom`.

use sealgate_testkit::{Answer, Rule};
use serde_json::{Value, json};

use crate::ask::{Place, Told, ask, ask_watched, ask_with, release};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn lines(told: &Told) -> Vec<Value> {
    assert!(told.stdout.is_empty() || told.stdout.ends_with('\n'), "{told:?}");
    told.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn bundles_are_printed_one_a_line_and_nothing_else_is() {
    let place = Place::new();
    let image = place.signed("app");
    let signed = place.world.sign_image_legacy(&image.digest, &release());
    place.registry.push_legacy("app", &image.digest, &[&signed]);
    let told = ask(&["download", "signature", &place.pinned("app", &image)]);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""), "{told:?}");
    let printed = lines(&told);
    assert_eq!(printed.len(), 1);
    assert_eq!(printed[0]["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
    assert!(told.stdout.starts_with("{\"mediaType\":"), "{told:?}");
}

#[test]
fn an_older_signature_is_printed_with_its_certificate_as_go_shows_one() {
    let place = Place::new();
    let image = place.signed_older("app");
    let pinned = place.pinned("app", &image);
    let told = ask(&["download", "signature", &pinned]);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""), "{told:?}");
    let printed = lines(&told);
    assert_eq!(printed.len(), 1);
    assert!(told.stdout.starts_with("{\"Base64Signature\":\""), "{told:?}");
    assert_eq!(printed[0]["Cert"].as_object().unwrap().len(), 53);
    assert_eq!(printed[0]["Cert"]["URIs"][0]["Host"], "github.com");
    assert!(printed[0]["Bundle"]["Payload"]["logIndex"].is_number());

    let told = ask_with(&["download", "signature", &pinned], &[("COSIGN_MAX_ATTACHMENT_SIZE", "10")], b"");
    assert_eq!((told.code, told.stdout.as_str()), (1, ""));
    assert!(told.stderr.contains(&format!("{pinned}: size of layer (")), "{told:?}");
    assert!(told.stderr.contains(") exceeded the limit (10)"), "{told:?}");
}

#[test]
fn nothing_attached_is_told_from_what_could_not_be_read() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let name = place.pinned("app", &image);
    for (verb, nothing) in [
        ("signature", format!("{name}: no signatures associated")),
        ("attestation", "found no attestations".into()),
    ] {
        let told = ask(&["download", verb, &name]);
        assert_eq!((told.code, told.stdout.as_str()), (1, ""));
        assert!(told.stderr.starts_with(&format!("Error: {nothing}\n")), "{told:?}");
        for path in ["/referrers/", if verb == "signature" { ".sig" } else { ".att" }] {
            place.registry.clear_rules();
            place.registry.on(Rule::path(path, Answer::status(403)));
            let told = ask(&["download", verb, &name]);
            assert_eq!(told.code, 1);
            assert!(!told.stderr.contains(&nothing), "{told:?}");
        }
        place.registry.clear_rules();
    }
    place.registry.on(Rule::path("/manifests/", Answer::status(404)));
    let told = ask(&["download", "signature", &format!("{}/app:v1", place.registry.host())]);
    assert!(told.stderr.starts_with("Error: entity not found in registry, error: "), "{told:?}");
}

#[test]
fn attestations_are_chosen_by_predicate_type_in_both_formats() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let (vuln, slsa) = ("https://cosign.sigstore.dev/attestation/vuln/v1", "https://slsa.dev/provenance/v1");
    let attest = |kind: &str| place.world.attest(&image.digest, &release(), kind, json!({}));
    place.registry.push_bundle("app", &image.digest, &attest(vuln));
    place.registry.push_legacy("app", &image.digest, &[&attest(slsa)]);
    let name = place.pinned("app", &image);
    let download = |more: &[&str]| ask(&[&["download", "attestation"], more, &[name.as_str()]].concat());
    assert_eq!(lines(&download(&[])).len(), 2);
    // cosign 3.1.1 looks no further where there are bundles.
    assert_eq!(lines(&download(&["--strict-compat"])).len(), 1);
    let told = download(&["--strict-compat", "--predicate-type", "link"]);
    assert_eq!((told.code, told.stdout.as_str()), (0, ""), "{told:?}");
    let told = download(&["--predicate-type", "vuln"]);
    assert!(lines(&told).len() == 1 && told.stdout.starts_with("{\"mediaType\""), "{told:?}");
    let told = download(&["--predicate-type", slsa]);
    assert!(lines(&told).len() == 1 && told.stdout.starts_with("{\"payloadType\""), "{told:?}");
    let told = download(&["--predicate-type", "link"]);
    assert_eq!((told.code, told.stdout.as_str(), told.stderr.as_str()), (0, "", ""), "{told:?}");
    let told = ask_watched(&["download", "attestation", "--predicate-type", "link", &name], &[]);
    assert!(told.code == 0 && told.stderr.contains("https://in-toto.io/Link/v1"), "{told:?}");
    assert!(told.stderr.contains(vuln), "{told:?}");
    let older = place.registry.push_image("older", Some("v1"), "older");
    let signed = place.world.attest(&older.digest, &release(), slsa, json!({}));
    place.registry.push_legacy("older", &older.digest, &[&signed]);
    let told = ask(&["download", "attestation", "--predicate-type", "link", &place.pinned("older", &older)]);
    assert_eq!((told.code, told.stdout.as_str()), (1, ""));
    assert!(
        told.stderr.contains("no attestations with predicate type 'https://in-toto.io/Link/v1' found"),
        "{told:?}"
    );
    assert!(download(&["--predicate-type", "nosuch"]).stderr.contains("invalid predicate type: nosuch"));
}

#[test]
fn a_platform_chooses_the_image_of_an_index() {
    let place = Place::new();
    let (amd, arm) =
        (place.registry.push_image("app", None, "amd"), place.registry.push_image("app", None, "arm"));
    place.registry.push_index("app", Some("v1"), &[&amd, &arm]);
    let layer =
        json!({"mediaType": "text/spdx+json", "digest": place.registry.push_blob("app", b"{}\n"), "size": 3});
    let config = json!({"mediaType": "x/y", "digest": place.registry.push_blob("app", b"{}"), "size": 2});
    let sbom = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
    let tag = format!("{}.sbom", arm.digest.to_string().replace(':', "-"));
    place.registry.push_manifest("app", Some(&tag), sbom.to_string().as_bytes(), MANIFEST);
    let name = format!("{}/app:v1", place.registry.host());
    let download = |more: &[&str]| ask(&[&["download", "sbom"], more, &[name.as_str()]].concat());

    let told = download(&["--platform", "linux/arm64"]);
    assert_eq!((told.code, told.stdout.as_str()), (0, "{}\n"), "{told:?}");
    assert!(told.stderr.ends_with("Found SBOM of media type: text/spdx+json\n"), "{told:?}");
    let told = download(&["--platform", "linux/amd64"]);
    assert!(told.code == 1 && told.stderr.contains("Error: no sbom attached to reference\n"), "{told:?}");
    let told = download(&["--platform", "linux"]);
    assert!(told.stderr.contains("matches more than one image architecture: linux/amd64, linux/arm64"));
    let told = download(&[]);
    assert!(told.stderr.contains("one of the following architectures:\nlinux/amd64, linux/arm64\n\nError: no SBOM found attached to image index\n"), "{told:?}");
    let told = ask(&["download", "sbom", "--platform", "linux", &place.pinned("app", &amd)]);
    assert!(told.stderr.contains("specified reference is not a multiarch image"), "{told:?}");
}

#[test]
fn bytes_under_anothers_digest_are_not_downloaded() {
    let place = Place::new();
    let image = place.signed_older("app");
    let name = place.pinned("app", &image);
    assert_eq!(ask(&["download", "signature", &name]).code, 0);
    place.registry.on(Rule::path("/blobs/", Answer::bytes(b"something else")));
    let told = ask(&["download", "signature", &name]);
    assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
}
