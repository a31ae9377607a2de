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
];
