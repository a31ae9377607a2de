//! Registries that lie about a good signature.

use std::time::Duration;

use sealgate_testkit::{Answer, Auth, Body, Registry, Rule};
use serde_json::json;

use crate::scene::{Case, Scene, Table};

fn nothing(_: &Registry) {}

fn good(scene: &mut Scene, registry: &Registry) {
    let signed = scene.recipe().sign();
    scene.publish(&signed);
    scene.push(registry);
    registry.clear_journal();
}

/// Everything that could hold a signature answers so; the twin's signature is found.
fn silent(scene: &mut Scene, registry: &Registry, answer: Answer) {
    good(scene, registry);
    if scene.attack {
        registry.on(Rule::path("/referrers/", answer));
    }
}

pub(crate) const TABLE: Table = &[
    (
        "referrers-denied-are-not-absent",
        Case::Network(|scene, registry| silent(scene, registry, Answer::status(403)), nothing),
    ),
    (
        "referrers-that-fail-are-not-absent",
        Case::Network(|scene, registry| silent(scene, registry, Answer::status(500)), nothing),
    ),
    (
        "referrers-limited-are-not-absent",
        Case::Network(|scene, registry| silent(scene, registry, Answer::too_many("3600")), nothing),
    ),
    (
        "referrers-answered-by-a-web-page",
        Case::Network(
            |scene, registry| {
                silent(
                    scene,
                    registry,
                    Answer::bytes(b"<html>welcome</html>").header("content-type", "text/html"),
                );
            },
            nothing,
        ),
    ),
    (
        "fallback-tag-that-fails-is-not-absent",
        Case::Network(
            |scene, registry| {
                registry.set_referrers_api(false);
                good(scene, registry);
                if scene.attack {
                    let tag = scene.digest.to_string().replace(':', "-");
                    registry.on(Rule::path(&format!("/manifests/{tag}"), Answer::status(502)));
                }
            },
            nothing,
        ),
    ),
    (
        "signature-with-another-digest",
        Case::Network(
            |scene, registry| {
                good(scene, registry);
                if scene.attack {
                    let mut evil = scene.items[0].bytes.to_vec();
                    evil.reverse();
                    registry.on(Rule::path("/blobs/", Answer::bytes(&evil)));
                }
            },
            nothing,
        ),
    ),
    (
        "referrer-of-another-image",
        Case::Network(
            |scene, registry| {
                let signed = scene.recipe().sign();
                scene.publish(&signed);
                if scene.attack {
                    let other = registry.push_image("acme/app", None, "another");
                    registry.push_image("acme/app", None, "attacked");
                    let manifest = registry.push_bundle("acme/app", &other.digest, &signed);
                    let size = registry.manifest("acme/app", &manifest.to_string()).unwrap().len();
                    let list = json!({"schemaVersion": 2, "mediaType": sealgate_testkit::registry::INDEX, "manifests": [{
                        "mediaType": sealgate_testkit::registry::MANIFEST, "digest": manifest, "size": size,
                        "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                    }]});
                    let answer = Answer::bytes(list.to_string().as_bytes())
                        .header("content-type", sealgate_testkit::registry::INDEX);
                    registry.on(Rule::path(&format!("/referrers/{}", scene.digest), answer));
                } else {
                    scene.push(registry);
                }
            },
            nothing,
        ),
    ),
    (
        "referrers-without-an-end",
        Case::Network(
            |scene, registry| {
                good(scene, registry);
                if scene.attack {
                    let list = json!({"schemaVersion": 2, "mediaType": sealgate_testkit::registry::INDEX, "manifests": []});
                    let path = format!("/v2/acme/app/referrers/{}?again=1", scene.digest);
                    let answer = Answer::bytes(list.to_string().as_bytes())
                        .header("content-type", sealgate_testkit::registry::INDEX)
                        .header("link", &format!("<{path}>; rel=\"next\""));
                    registry.on(Rule::path("/referrers/", answer));
                }
            },
            |registry| assert!(registry.request_count() < 64, "{}", registry.request_count()),
        ),
    ),
    (
        "next-page-on-another-host",
        Case::Network(
            |scene, registry| {
                good(scene, registry);
                if scene.attack {
                    let list = json!({"schemaVersion": 2, "mediaType": sealgate_testkit::registry::INDEX, "manifests": []});
                    let answer = Answer::bytes(list.to_string().as_bytes())
                        .header("content-type", sealgate_testkit::registry::INDEX)
                        .header("link", "<http://127.0.0.9:1/v2/acme/app/referrers/x>; rel=\"next\"");
                    registry.on(Rule::path("/referrers/", answer));
                }
            },
            nothing,
        ),
    ),
    (
        "answer-that-never-comes",
        Case::Network(
            |scene, registry| silent(scene, registry, Answer::status(200).body(Body::Stall(b"{".to_vec()))),
            nothing,
        ),
    ),
    (
        "body-without-an-end",
        Case::Network(
            |scene, registry| {
                let endless = Answer::status(200).header("content-type", sealgate_testkit::registry::INDEX);
                silent(scene, registry, endless.body(Body::Endless(vec![b' '; 65536])));
            },
            nothing,
        ),
    ),
    (
        "signature-one-byte-at-a-time",
        Case::Network(
            |scene, registry| {
                good(scene, registry);
                if scene.attack {
                    let bundle = scene.items[0].bytes.to_vec();
                    let drip = Answer::status(200).body(Body::Drip(bundle, 1, Duration::from_millis(100)));
                    registry.on(Rule::path("/blobs/", drip));
                }
            },
            nothing,
        ),
    ),
    (
        "token-service-somewhere-else",
        Case::Network(
            |scene, registry| {
                good(scene, registry);
                let realm =
                    scene.attack.then(|| format!("http://127.0.0.2:{}/token", registry.address().port()));
                registry
                    .set_auth(Auth::Bearer { realm, credentials: Some(("gate".into(), "secret".into())) });
            },
            nothing,
        ),
    ),
    (
        "password-that-is-wrong",
        Case::Network(
            |scene, registry| {
                good(scene, registry);
                let password = if scene.attack { "changed" } else { "secret" };
                registry.set_auth(Auth::Basic("gate".into(), password.into()));
            },
            nothing,
        ),
    ),
    (
        "manifest-redirected-to-another-host",
        Case::Network(
            |scene, registry| {
                good(scene, registry);
                if scene.attack {
                    registry
                        .on(Rule::path("/manifests/sha256:", Answer::redirect("http://127.0.0.9:1/stolen")));
                }
            },
            nothing,
        ),
    ),
    (
        "image-at-the-metadata-service",
        Case::Network(
            |scene, registry| {
                good(scene, registry);
                scene.host = scene.attack.then(|| "169.254.169.254".to_owned());
            },
            |_| (),
        ),
    ),
    (
        "referrers-stuffed-before-the-signature",
        Case::Network(
            |scene, registry| {
                let count = if scene.attack { 250 } else { 20 };
                for number in 0..count {
                    registry.push_bundle_bytes(
                        "acme/app",
                        &scene.digest,
                        format!("{{\"garbage\": {number}}}").as_bytes(),
                    );
                }
                good(scene, registry);
            },
            |registry| assert!(registry.request_count() < 1000, "{}", registry.request_count()),
        ),
    ),
    (
        "referrer-says-its-layers-twice",
        Case::Network(
            |scene, registry| {
                let signed = scene.recipe().sign();
                let digest = registry.push_bundle("acme/app", &scene.digest, &signed);
                let manifest =
                    String::from_utf8(registry.manifest("acme/app", &digest.to_string()).unwrap()).unwrap();
                registry.push_image("acme/app", None, "attacked");
                let twice = manifest.replacen("\"layers\":", "\"layers\":[],\"layers\":", 1);
                if scene.attack {
                    let kind = "application/vnd.dev.sigstore.bundle.v0.3+json";
                    registry.clear_referrers("acme/app", &scene.digest);
                    registry.push_referrer("acme/app", &scene.digest, twice.as_bytes(), kind);
                }
            },
            nothing,
        ),
    ),
    (
        "signature-tag-denied-is-not-absent",
        Case::Network(
            |scene, registry| {
                let legacy = scene.world.sign_image_legacy(&scene.digest, &scene.identity);
                scene.items.push(legacy.legacy_item());
                scene.push(registry);
                if scene.attack {
                    registry.on(Rule::path(".sig", Answer::status(403)));
                }
            },
            nothing,
        ),
    ),
    (
        "challenge-without-an-end",
        Case::Network(
            |scene, registry| {
                good(scene, registry);
                registry.set_auth(Auth::Bearer { realm: None, credentials: None });
                if scene.attack {
                    let challenge =
                        format!("Bearer realm=\"http://{}/token\",service=\"testkit\"", registry.host());
                    registry
                        .on(Rule::path("/v2/", Answer::status(401).header("www-authenticate", &challenge)));
                }
            },
            |registry| assert!(registry.request_count() < 100, "{}", registry.request_count()),
        ),
    ),
    (
        "token-that-breaks-out-of-its-header",
        Case::Network(
            |scene, registry| {
                good(scene, registry);
                registry.set_auth(Auth::Bearer { realm: None, credentials: None });
                if scene.attack {
                    let token = json!({"token": "testkit-token\r\nx-evil: 1"}).to_string();
                    registry.on(Rule::path(
                        "/token",
                        Answer::bytes(token.as_bytes()).header("content-type", "application/json"),
                    ));
                }
            },
            |registry| assert!(registry.journal().iter().all(|request| request.header("x-evil").is_none())),
        ),
    ),
    (
        "signature-redirected-to-another-host",
        Case::Network(
            |scene, registry| {
                good(scene, registry);
                if scene.attack {
                    registry.on(Rule::path("/blobs/", Answer::redirect("http://127.0.0.9:1/stolen")));
                }
            },
            nothing,
        ),
    ),
    (
        "descriptor-of-another-size",
        Case::Network(
            |scene, registry| {
                let signed = scene.recipe().sign();
                let digest = registry.push_bundle("acme/app", &scene.digest, &signed);
                registry.push_image("acme/app", None, "attacked");
                if scene.attack {
                    let manifest =
                        String::from_utf8(registry.manifest("acme/app", &digest.to_string()).unwrap())
                            .unwrap();
                    let size = signed.bundle().len();
                    let other =
                        manifest.replacen(&format!("\"size\":{size}"), &format!("\"size\":{}", size - 1), 1);
                    assert_ne!(manifest, other);
                    registry.clear_referrers("acme/app", &scene.digest);
                    let kind = "application/vnd.dev.sigstore.bundle.v0.3+json";
                    registry.push_referrer("acme/app", &scene.digest, other.as_bytes(), kind);
                }
            },
            nothing,
        ),
    ),
];
