//! The verbs that show where and what is attached: `tree` and `triangulate`.

use sealgate_testkit::{Answer, Rule};
use serde_json::json;

use crate::ask::{Place, ask, ask_with, release};

#[test]
fn a_tree_shows_tags_and_referrers_and_the_same_image_without_them_shows_nothing() {
    let place = Place::new();
    let image = place.signed_older("app");
    let bundle = place.world.sign_image(&image.digest, &release());
    let referrer = place.registry.push_bundle("app", &image.digest, &bundle);
    let name = format!("{}/app:v1", place.registry.host());
    let told = ask(&["tree", &name]);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    let head = format!("📦 Supply Chain Security Related artifacts for an image: {name}\n");
    let host = place.registry.host();
    let tag = format!("{host}/app:{}.sig", image.digest.to_string().replace(':', "-"));
    assert!(
        told.stdout
            .starts_with(&format!("{head}└── 🔐 Signatures for an image tag: {tag}\n   └── 🍒 sha256:"))
    );
    let kind = "application/vnd.dev.sigstore.bundle.v0.3+json";
    let line = format!("└── 🔗 {kind} artifacts via OCI referrer: {host}/app@{referrer}\n   └── 🍒 sha256:");
    assert!(told.stdout.contains(&line), "{told:?}");

    let told = ask(&["tree", "--experimental-oci11=false", &name]);
    assert!(told.code == 0 && !told.stdout.contains('🔗'), "{told:?}");

    place.registry.push_image("bare", Some("v1"), "bare");
    let name = format!("{host}/bare:v1");
    let told = ask(&["tree", &name]);
    let nothing = format!(
        "📦 Supply Chain Security Related artifacts for an image: {name}\nNo Supply Chain Security Related Artifacts found for image {name},\n start creating one with simply running$ cosign sign <img>"
    );
    assert_eq!((told.code, told.stdout), (0, nothing));
}

#[test]
fn a_place_that_cannot_be_read_is_no_empty_tree() {
    let place = Place::new();
    place.registry.push_image("app", Some("v1"), "app");
    let name = format!("{}/app:v1", place.registry.host());
    for (path, text) in [(".sig", "not everything could be read: "), ("/referrers/", "getting referrers: ")] {
        place.registry.clear_rules();
        place.registry.on(Rule::path(path, Answer::status(403)));
        let told = ask(&["tree", &name]);
        assert_eq!(told.code, 1, "{told:?}");
        assert!(told.stderr.starts_with(&format!("Error: {text}")), "{told:?}");
        assert!(!told.stdout.contains("No Supply Chain"), "{told:?}");
    }
    place.registry.clear_rules();
    assert_eq!(ask(&["tree", &name]).code, 0);
}

#[test]
fn what_strangers_wrote_into_a_referrer_cannot_steer_a_terminal() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let manifest = |kind: &str| {
        json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": place.registry.push_blob("app", b"{}"), "size": 2},
            "layers": [], "subject": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": image.digest, "size": image.bytes.len()},
            "annotations": {"dev.sigstore.bundle.predicateType": kind},
        })
        .to_string()
    };
    place.registry.push_referrer("app", &image.digest, manifest("a\u{1b}[2Kb").as_bytes(), "x/y");
    place.registry.push_referrer("app", &image.digest, manifest("https://x.example/p").as_bytes(), "x/y");
    let told = ask(&["tree", &format!("{}/app:v1", place.registry.host())]);
    assert!(told.stdout.contains("🔗 a\\u{1b}[2Kb artifacts"), "{told:?}");
    assert!(told.stdout.contains("🔗 https://x.example/p artifacts"), "{told:?}");
}

#[test]
fn the_referrers_mode_is_one_of_two() {
    let place = Place::new();
    place.signed("app");
    let name = format!("{}/app:v1", place.registry.host());
    let mode = |mode: &str, variables: &[(&str, &str)]| {
        ask_with(&["tree", "--registry-referrers-mode", mode, &name], variables, b"")
    };
    let told = mode("oci-1-1", &[]);
    assert_eq!(told.code, 1);
    assert!(told.stderr.contains("you must set COSIGN_EXPERIMENTAL=1"), "{told:?}");
    assert!(mode("other", &[]).stderr.contains(r#"must be one of "legacy", "oci-1-1""#));
    assert_eq!(mode("oci-1-1", &[("COSIGN_EXPERIMENTAL", "1")]).code, 0);
    assert_eq!(mode("legacy", &[]).code, 0);
}

#[test]
fn triangulate_names_the_tag_and_asks_nobody_about_a_digest() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let (host, tagged) = (place.registry.host(), image.digest.to_string().replace(':', "-"));
    place.registry.clear_journal();
    let pinned = place.pinned("app", &image);
    let told = |words: &[&str]| ask(&[&["triangulate"], words].concat()).stdout;
    assert_eq!(told(&[&pinned]), format!("{host}/app:{tagged}.sig\n"));
    assert_eq!(told(&["--type", "attestation", &pinned]), format!("{host}/app:{tagged}.att\n"));
    assert_eq!(told(&["--attachment-tag-prefix", "p-", &pinned]), format!("{host}/app:p-{tagged}.sig\n"));
    assert_eq!(place.registry.request_count(), 0);
    assert_eq!(
        told(&["--type", "digest", &format!("{host}/app:v1")]),
        format!("{host}/app@{}\n", image.digest)
    );
    let told = ask_with(&["triangulate", &pinned], &[("COSIGN_REPOSITORY", "other.example/sigs")], b"");
    assert_eq!(told.stdout, format!("other.example/sigs:{tagged}.sig\n"));

    let told = ask(&["triangulate", "--type", "foo", &pinned]);
    assert!(told.code == 1 && told.stderr.contains("Error: unknown attachment type foo\n"), "{told:?}");
    assert!(ask(&["triangulate"]).stderr.contains("flag: help requested"));
    assert_eq!(ask(&["triangulate", "--attachment-tag-prefix", "a/b", &pinned]).code, 1);
}

#[test]
fn a_signature_under_a_prefixed_tag_is_found_by_who_names_the_prefix() {
    let place = Place::new();
    let image = place.registry.push_image("app", None, "app");
    let signed = place.world.sign_image_legacy(&image.digest, &release());
    let items = [signed.legacy_item()];
    place.registry.push_layers("app", &image.digest, "sig", &items);
    let tag = image.digest.to_string().replace(':', "-");
    let bytes = place.registry.manifest("app", &format!("{tag}.sig")).unwrap();
    place.registry.push_manifest("app", Some(&format!("{tag}.sig")), b"{}", "text/plain");
    place.registry.push_manifest("app", Some(&format!("team-{tag}.sig")), &bytes, MANIFEST);
    let pinned = place.pinned("app", &image);
    let verify = |more: &[&str]| {
        place.cosign("verify", &[&crate::ask::BY_RELEASE[..], more, &[pinned.as_str()]].concat()).code
    };
    assert_eq!(verify(&["--attachment-tag-prefix", "team-"]), 0);
    assert_ne!(verify(&["--attachment-tag-prefix", "other-"]), 0);
    assert_ne!(verify(&[]), 0);
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
