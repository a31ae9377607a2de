//! From a reference to a verdict over a real registry on loopback, and what the caches may and may not do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

#[path = "flow/scene.rs"]
mod scene;

use std::{collections::BTreeMap, time::Duration};

use futures_util::FutureExt as _;
use scene::Scene;
use sealgate::{limits, policy::Verdict};
use sealgate_testkit::registry::{Answer, Body, Rule};

#[tokio::test]
async fn a_signed_image_is_admitted_and_an_unsigned_one_is_denied() {
    let scene = Scene::new();
    let signed = scene.signed("app");
    let answer = scene.check(&signed).await;
    assert!(matches!(*answer.verdict, Verdict::Allow(_)), "{:?}", answer.verdict);
    let unsigned = scene.unsigned("app");
    scene.denied(&unsigned, "no-signature-found").await;
}

#[tokio::test]
async fn a_legacy_signature_is_found_beside_a_foreign_bundle() {
    let scene = Scene::new();
    let image = scene.image("app");
    scene.registry.push_bundle("acme/app", &image.digest, &scene.stranger(&image.digest));
    scene.denied(&scene.pinned(&image), "identity-mismatch").await;
    let image = scene.image("app");
    scene.registry.push_bundle("acme/app", &image.digest, &scene.stranger(&image.digest));
    scene.registry.push_legacy(
        "acme/app",
        &image.digest,
        &[&scene.world.sign_image_legacy(&image.digest, &scene.release())],
    );
    scene.allowed(&scene.pinned(&image)).await;
}

#[tokio::test]
async fn a_grant_is_repeated_without_the_network() {
    let scene = Scene::new();
    let image = scene.signed("app");
    scene.allowed(&image).await;
    let before = scene.registry.request_count();
    assert!(before <= 6, "{before} requests for one image with all stores looked at");
    for _ in 0..99 {
        assert!(scene.allowed(&image).await.cached);
    }
    assert_eq!(scene.registry.request_count(), before);
}

#[tokio::test]
async fn a_hundred_at_once_share_one_gathering() {
    let scene = Scene::new();
    let image = scene.signed("app");
    let checks = (0..100).map(|_| scene.check(&image));
    for answer in futures_util::future::join_all(checks).await {
        assert!(matches!(*answer.verdict, Verdict::Allow(_)), "{:?}", answer.verdict);
    }
    assert!(scene.registry.request_count() <= 6, "{}", scene.registry.request_count());
}

// 279, 280: one manifest in two repositories, of which one has a forged signature.
#[tokio::test]
async fn a_forged_signature_stays_forged_however_often_and_beside_whom() {
    let scene = Scene::new();
    let image = scene.image("app");
    scene.registry.push_image("acme/copy", None, "app 0");
    let forged = scene.world.recipe(&image.digest, &scene.release());
    let forged = forged.with(|recipe| recipe.signing_key = Some(sealgate_testkit::SigningKey::p256()));
    scene.registry.push_bundle("acme/app", &image.digest, &forged.sign());
    scene.registry.push_bundle("acme/copy", &image.digest, &scene.genuine(&image.digest));
    let (bad, good) = (scene.pinned(&image), scene.registry.pinned("acme/copy", &image.digest));
    let mixed = (0..50).map(|number| scene.check(if number % 2 == 0 { &bad } else { &good }));
    for (number, answer) in futures_util::future::join_all(mixed).await.into_iter().enumerate() {
        let allowed = matches!(*answer.verdict, Verdict::Allow(_));
        assert_eq!(allowed, number % 2 == 1, "{number}: {:#?}", answer.verdict);
    }
    for _ in 0..3 {
        scene.denied(&bad, "signature-invalid").await;
        scene.allowed(&good).await;
    }
}

#[tokio::test]
async fn a_denial_is_repeated_for_15_seconds_and_then_gathered_anew() {
    let scene = Scene::new();
    let image = scene.image("app");
    let reference = scene.pinned(&image);
    scene.denied(&reference, "no-signature-found").await;
    scene.registry.push_bundle("acme/app", &image.digest, &scene.genuine(&image.digest));
    let before = scene.registry.request_count();
    scene.denied(&reference, "no-signature-found").await;
    assert_eq!(scene.registry.request_count(), before);
    scene::later(Duration::from_secs(16)).await;
    scene.allowed(&reference).await;
}

#[tokio::test]
async fn a_grant_outlives_an_outage_of_the_registry() {
    let scene = Scene::new();
    let image = scene.signed("app");
    let other = scene.signed("other");
    scene.allowed(&image).await;
    scene.registry.on(Rule::path("", Answer::status(503)));
    scene::later(Duration::from_secs(660)).await;
    assert!(scene.allowed(&image).await.cached);
    let answer = scene.check(&other).await;
    let Verdict::Unknown(gaps) = &*answer.verdict else { panic!("{:?}", answer.verdict) };
    assert!(gaps.temporary, "{gaps:?}");
}

#[tokio::test]
async fn a_policy_change_acts_at_once_and_without_the_network_unless_it_would_deny() {
    let scene = Scene::new();
    let image = scene.signed("app");
    scene.allowed(&image).await;
    let before = scene.registry.request_count();
    scene.engine.replace_snapshot(scene.snapshot(scene::ALSO_RELEASE));
    assert!(scene.allowed(&image).await.cached);
    assert_eq!(scene.registry.request_count(), before);
    scene.engine.replace_snapshot(scene.snapshot(scene::OTHER_WORKFLOW));
    scene::later(Duration::from_secs(16)).await;
    scene.denied(&image, "identity-mismatch").await;
    assert!(scene.registry.request_count() > before, "a denial was decided from old evidence");
    scene.engine.replace_snapshot(scene.snapshot(scene::RELEASE));
    scene.allowed(&image).await;
}

#[tokio::test]
async fn a_removed_root_acts_at_once() {
    let scene = Scene::new();
    let image = scene.signed("app");
    scene.allowed(&image).await;
    scene.engine.replace_snapshot(scene.snapshot_of_another_world());
    scene::later(Duration::from_secs(16)).await;
    let answer = scene.check(&image).await;
    assert!(matches!(*answer.verdict, Verdict::Deny(_)), "{:?}", answer.verdict);
    scene.engine.replace_snapshot(scene.snapshot(scene::RELEASE));
    scene.allowed(&image).await;
}

#[tokio::test]
async fn a_store_that_stalls_hides_no_signature_in_another() {
    let scene = Scene::new();
    let image = scene.image("app");
    scene.registry.push_legacy(
        "acme/app",
        &image.digest,
        &[&scene.world.sign_image_legacy(&image.digest, &scene.release())],
    );
    scene.registry.on(Rule::path("/referrers/", Answer::genuine().delay(Duration::from_secs(30))));
    scene.allowed(&scene.pinned(&image)).await;
}

#[tokio::test]
async fn a_namespace_does_not_wait_for_what_another_gathers_in_vain() {
    let scene = Scene::new();
    let (image, other) = (scene.signed("app"), scene.signed("other"));
    let patience = Duration::from_secs(4);
    // Whatever the first one asks first never comes; whoever asks again is answered.
    let stalled = Rule::path("", Answer::genuine().delay(Duration::from_secs(30))).times(4);
    scene.registry.on(stalled);
    let (slow, quick) = tokio::join!(scene.check_in("stuck", &image, patience), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let began = std::time::Instant::now();
        let answer = scene.check_in("calm", &image, patience).await;
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        answer
    });
    assert!(matches!(*quick.verdict, Verdict::Allow(_)), "{:#?}", quick.verdict);
    assert!(!matches!(*slow.verdict, Verdict::Deny(_)), "{:#?}", slow.verdict);
    // Where nothing is slow they share one gathering.
    scene.registry.clear_journal();
    let (one, another) =
        tokio::join!(scene.check_in("one", &other, patience), scene.check_in("two", &other, patience));
    assert!([one, another].iter().all(|answer| matches!(*answer.verdict, Verdict::Allow(_))));
    assert!(scene.registry.request_count() <= 6, "{}", scene.registry.request_count());
}

#[tokio::test]
async fn after_the_deadline_the_gathering_goes_on_and_the_next_try_finds_it_done() {
    let scene = Scene::new();
    let image = scene.signed("app");
    scene.registry.on(Rule::path("/referrers/", Answer::genuine().delay(Duration::from_secs(3))));
    let answer = scene.check_within(&image, Duration::from_secs(1)).await;
    let Verdict::Unknown(gaps) = &*answer.verdict else { panic!("{:?}", answer.verdict) };
    assert!(gaps.temporary && answer.still_gathering, "{gaps:?}");
    tokio::time::sleep(Duration::from_secs(4)).await;
    scene.allowed(&image).await;
}

#[tokio::test]
async fn what_a_registry_refuses_is_not_taken_for_absence() {
    let scene = Scene::new();
    for (status, code) in [(403, "registry-access-denied"), (401, "registry-access-denied")] {
        let image = scene.unsigned("app");
        scene.registry.on(Rule::path("/referrers/", Answer::status(status)));
        let answer = scene.check(&image).await;
        let Verdict::Unknown(gaps) = &*answer.verdict else { panic!("{:?}", answer.verdict) };
        assert!(!gaps.temporary);
        assert_eq!(gaps.report.reasons[0].code, code);
        scene.registry.clear_rules();
        scene.denied(&scene.unsigned("app"), "no-signature-found").await;
    }
}

#[tokio::test]
async fn a_tag_is_denied_with_the_digest_to_write_instead() {
    let scene = Scene::new();
    let image = scene.registry.push_image("acme/app", Some("v1"), "tagged");
    scene.registry.push_bundle("acme/app", &image.digest, &scene.genuine(&image.digest));
    let answer = scene.denied(&format!("{}/acme/app:v1", scene.registry.host()), "tag-not-allowed").await;
    let said = &answer.verdict.report().reasons[0];
    let text = format!("{} {}", said.message, said.help);
    assert!(text.contains(&image.digest.to_string()), "{text}");
    scene.allowed(&scene.pinned(&image)).await;
}

/// ADM-56: callers that leave at once, each after asking about another image.
#[tokio::test]
async fn what_nobody_waits_for_any_more_is_bounded() {
    let scene = Scene::new();
    scene.registry.on(Rule::path("", Answer::genuine().delay(Duration::from_secs(30))));
    let reference = |number: usize| format!("{}/acme/app@sha256:{number:064x}", scene.registry.host());
    // A namespace for each share, so that only the last bound is met here.
    let namespace = |number: usize| format!("team-{}", number / (limits::GATHERINGS_OF_ONE / 2));
    let leave = |number: usize| {
        let (namespace, image) = (namespace(number), reference(number));
        assert!(scene.check_in(&namespace, &image, Duration::from_secs(60)).now_or_never().is_none());
    };
    let code = async |namespace: &str, number: usize| {
        let answer = scene.check_in(namespace, &reference(number), Duration::from_millis(50)).await;
        let Verdict::Unknown(gaps) = &*answer.verdict else { panic!("{:?}", answer.verdict) };
        assert!(gaps.temporary);
        gaps.report.reasons[0].code
    };
    (0..limits::GATHERINGS).for_each(leave);
    // The last one was begun, and is waited for by whoever asks again; one more is not begun.
    let last = limits::GATHERINGS - 1;
    assert_eq!(code(&namespace(last), last).await, "registry-still-answering");
    assert_eq!(code("calm", limits::GATHERINGS).await, "registry-rate-limited");
}

/// Row 097: a fault at any of the requests that a judgement makes. What is unsigned never gets in, and what is signed is
/// never called unsigned but where the registry says, with a 404, that there is nothing.
#[tokio::test]
async fn whichever_request_fails_nothing_gets_in_and_nobody_is_called_unsigned() {
    let faults = [
        ("500", Answer::status(500)),
        ("429", Answer::too_many("3600")),
        ("403", Answer::status(403)),
        ("404", Answer::status(404)),
        ("204", Answer::status(204)),
        ("302", Answer::redirect("https://127.0.0.1:9/")),
        ("html", Answer::bytes(b"<html>").header("content-type", "text/html")),
        ("empty", Answer::bytes(b"")),
        ("list", Answer::bytes(b"[]").header("content-type", "application/vnd.oci.image.index.v1+json")),
        ("object", Answer::bytes(b"{}").header("content-type", "application/vnd.oci.image.index.v1+json")),
        ("stall", Answer::status(200).body(Body::Stall(b"{".to_vec()))),
    ];
    let mut seen = BTreeMap::<_, usize>::new();
    for is_signed in [true, false] {
        let mut scene = Scene::new();
        let push = |scene: &Scene| if is_signed { scene.signed("app") } else { scene.unsigned("app") };
        let steps = scene.requests_for(&push(&scene)).await.len();
        assert_eq!(steps, if is_signed { 6 } else { 4 });
        for (name, fault) in &faults {
            let mut cases = vec![];
            for step in 0..steps {
                let image = push(&scene);
                let request = scene.requests_for(&image).await.swap_remove(step);
                scene.registry.on(Rule::path(&request, fault.clone()));
                cases.push((request, image));
            }
            scene.forget();
            let checks = cases.iter().map(|(_, image)| scene.check_within(image, Duration::from_millis(500)));
            let answers = futures_util::future::join_all(checks).await;
            for ((request, _), answer) in cases.iter().zip(answers) {
                let (verdict, case) =
                    (answer.verdict.name(), format!("{name} at {request}: {:?}", answer.verdict));
                assert!(is_signed || verdict != "allow", "{case}");
                assert!(!is_signed || verdict != "deny" || *name == "404", "{case}");
                *seen.entry((is_signed, verdict)).or_default() += 1;
            }
        }
    }
    // Neither everything nor nothing was closed.
    let all = [(false, "deny"), (false, "unknown"), (true, "allow"), (true, "deny"), (true, "unknown")];
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), all);
}
