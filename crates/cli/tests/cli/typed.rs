//! What is typed instead of being found: `--signature`, `--payload`, and files by other names.

use sealgate_testkit::{KeyKind, SigningKey, base64};
use serde_json::json;

use crate::ask::{BY_RELEASE, Place, Told, ask_with};

#[test]
fn a_typed_signature_counts_instead_of_those_beside_the_image() {
    let place = Place::new();
    let (key, other) = (SigningKey::generate(KeyKind::P256), SigningKey::generate(KeyKind::P256));
    let image = place.signed_older("app");
    let reference = place.pinned("app", &image);
    let payload = json!({
        "critical": {
            "identity": {"docker-reference": reference.split('@').next()},
            "image": {"docker-manifest-digest": image.digest.to_string()},
            "type": "cosign container image signature",
        },
        "optional": null,
    });
    let payload = payload.to_string();
    let public = place.file("key.pub", key.public_pem().as_bytes());
    let root = place.name("root.json");
    let by_key = |signature: &str, more: &[&str]| -> Told {
        let flags = ["verify", "--trusted-root", &root, "--key", &public, "--insecure-ignore-tlog"];
        ask_with(
            &[&flags[..], more, &["--signature", signature, &reference]].concat(),
            &[("SIG", signature)],
            b"",
        )
    };
    let signed = |key: &SigningKey, payload: &str| base64(&key.sign(payload.as_bytes()));
    let right = signed(&key, &payload);
    let implied = by_key(&right, &[]);
    assert_eq!(implied.code, 0, "{implied:?}");
    assert!(implied.stderr.contains("WARNING: using obsolete implied signature payload data"), "{implied:?}");
    assert_eq!(by_key(&signed(&other, &payload), &[]).code, 12);

    let (file, elsewhere) = (place.file("payload", payload.as_bytes()), place.file("other", b"{}"));
    let named = by_key(&right, &["--payload", &file]);
    assert_eq!(named.code, 0, "{named:?}");
    assert!(!named.stderr.contains("implied"), "{named:?}");
    assert_eq!(by_key(&right, &["--payload", &elsewhere]).code, 12);
    let missing = by_key(&right, &["--payload", "/nonexistent"]);
    assert!(missing.code == 1 && missing.stderr.contains("open /nonexistent: no such file"), "{missing:?}");

    // The certificate's own signature beside the image is not looked at.
    let beside = place.cosign("verify", &[&BY_RELEASE[..], &[reference.as_str()]].concat());
    assert_eq!(beside.code, 0, "{beside:?}");
    let typed = place.cosign("verify", &[&BY_RELEASE[..], &["--signature", &right, &reference]].concat());
    assert!(typed.code == 12 && typed.stderr.contains("no matching signatures: empty key"), "{typed:?}");
}

#[test]
fn variables_that_cannot_be_read_are_nothing_unless_that_drops_a_check() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let root = place.name("root.json");
    let with = |name: &str, value: &str| {
        let words = [&["verify", "--trusted-root", &root], &BY_RELEASE[..], &[&reference]].concat();
        ask_with(&words, &[(name, value)], b"")
    };
    assert_eq!(with("COSIGN_INSECURE_IGNORE_TLOG", "maybe").code, 0);
    let workers = with("COSIGN_MAX_WORKERS", "many");
    assert!(workers.code == 1 && workers.stderr.contains("greater than 0"), "{workers:?}");
    let claims = with("COSIGN_CHECK_CLAIMS", "maybe");
    assert!(claims.code == 1 && claims.stderr.contains("strconv.ParseBool"), "{claims:?}");
}

#[test]
fn help_may_be_refused() {
    let place = Place::new();
    let reference = place.pinned("app", &place.signed("app"));
    let with = |flag: &str| place.cosign("verify", &[&BY_RELEASE[..], &[flag, reference.as_str()]].concat());
    assert!(with("--help=false").stdout.starts_with("\n[{"));
    assert!(with("--help=true").stdout.contains("Usage:"));
    assert!(with("--help=x").stderr.contains("invalid argument \"x\" for \"-h, --help\" flag"));
}
