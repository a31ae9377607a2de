//! Places that stay dark are never taken for empty.

use std::time::{Duration, Instant};

use sealgate_oci::{Client, Config, Credentials};
use sealgate_testkit::{Answer, Body, Registry, Rule};
use sealgate_verify::{GapCause, Place};

use crate::support::{BUNDLE, PLACES, Shop, gaps};

/// Every place, by a part of its path that no other place has.
fn places(shop: &Shop) -> [(Place, String); 4] {
    [
        (Place::Referrers, "/referrers/".to_owned()),
        (Place::SignatureTag, shop.cosign_tag(".sig")),
        (Place::AttestationTag, shop.cosign_tag(".att")),
        (Place::Manifest, format!("/manifests/{}", shop.image.digest)),
    ]
}

async fn each_place_answers(answer: Answer, cause: GapCause) {
    for number in 0..4 {
        let shop = Shop::open();
        let (place, path) = places(&shop)[number].clone();
        shop.registry.on(Rule::path(&path, answer.clone()));
        let entry = shop.gather().await;
        assert_eq!(gaps(&entry).into_iter().collect::<Vec<_>>(), [(place, cause)], "{answer:?}");
        assert!(entry.items.is_empty());
        assert_eq!(entry.manifest.is_none(), place == Place::Manifest);
    }
}

#[tokio::test]
async fn a_refusal_is_no_absence() {
    each_place_answers(Answer::status(401), GapCause::AccessDenied).await;
    each_place_answers(Answer::status(403), GapCause::AccessDenied).await;
}

#[tokio::test]
async fn too_many_requests_is_no_absence() {
    each_place_answers(Answer::too_many("86400"), GapCause::RateLimited).await;
}

#[tokio::test]
async fn a_server_that_is_ill_is_no_absence() {
    for status in [500, 501, 503] {
        each_place_answers(Answer::status(status), GapCause::Unreachable).await;
    }
}

#[tokio::test]
async fn an_answer_that_nobody_expects_is_no_absence() {
    for status in [201, 204, 206, 400, 405, 406, 410, 451] {
        each_place_answers(Answer::status(status), GapCause::UnexpectedAnswer).await;
    }
}

#[tokio::test]
async fn a_404_is_an_absence_where_a_signature_was_asked_for() {
    let shop = Shop::open();
    for place in [".sig", ".att", "/referrers/"] {
        shop.registry.on(Rule::path(place, Answer::status(404).body(Body::Bytes(b"<html>".to_vec()))));
    }
    let entry = shop.gather().await;
    assert!(entry.gaps.is_empty() && entry.items.is_empty(), "{:?}", entry.gaps);
    // The image itself must be there.
    shop.registry.on(Rule::path("/manifests/sha256:", Answer::status(404)));
    assert_eq!(
        gaps(&shop.gather().await).into_iter().collect::<Vec<_>>(),
        [(Place::Manifest, GapCause::NotFound)]
    );
}

#[tokio::test]
async fn a_fallback_tag_that_cannot_be_read_is_no_absence() {
    for (answer, cause) in [
        (Answer::status(403), GapCause::AccessDenied),
        (Answer::status(500), GapCause::Unreachable),
        (Answer::too_many("3600"), GapCause::RateLimited),
        (Answer::bytes(b"{}"), GapCause::Malformed),
        (Answer::bytes(b"<html>").header("content-type", "text/html"), GapCause::UnexpectedAnswer),
        (Answer::bytes(br#"{"schemaVersion": 2, "layers": []}"#), GapCause::Malformed),
    ] {
        let shop = Shop::open();
        shop.registry.set_referrers_api(false);
        shop.registry.on(Rule::path(&shop.cosign_tag("."), Answer::status(404)));
        shop.registry.on(Rule::path(&shop.cosign_tag(""), answer.clone()));
        let entry = shop.gather().await;
        assert_eq!(gaps(&entry).into_iter().collect::<Vec<_>>(), [(Place::FallbackTag, cause)], "{answer:?}");
    }
}

#[tokio::test]
async fn a_list_of_referrers_is_an_index_or_a_gap() {
    let index = "application/vnd.oci.image.index.v1+json";
    let good = br#"{"schemaVersion": 2, "manifests": []}"#;
    for (body, media_type, expected) in [
        (good.as_slice(), index, None),
        (good, "Application/Vnd.OCI.image.index.v1+json; charset=utf-8", None),
        (good, "application/json", Some(GapCause::UnexpectedAnswer)),
        (b"<html>", "text/html", Some(GapCause::UnexpectedAnswer)),
        (b"{}", index, Some(GapCause::Malformed)),
        (b"", index, Some(GapCause::Malformed)),
        (b"[]", index, Some(GapCause::Malformed)),
        (br#"{"schemaVersion": 2, "manifests": null}"#, index, Some(GapCause::Malformed)),
        (br#"{"schemaVersion": 2, "manifests": [{}]}"#, index, Some(GapCause::Malformed)),
        (br#"{"schemaVersion": 2, "manifests": [], "manifests": []}"#, index, Some(GapCause::Malformed)),
    ] {
        let shop = Shop::open();
        shop.registry.on(Rule::path("/referrers/", Answer::bytes(body).header("content-type", media_type)));
        let found: Vec<_> = gaps(&shop.gather().await).into_iter().collect();
        let expected: Vec<_> = expected.map(|cause| (Place::Referrers, cause)).into_iter().collect();
        assert_eq!(found, expected, "{media_type} {}", String::from_utf8_lossy(body));
    }
}

#[tokio::test]
async fn a_cosign_tag_is_an_image_manifest_or_a_gap() {
    for (body, media_type, cause) in [
        (b"<html>".as_slice(), "text/html", GapCause::UnexpectedAnswer),
        (b"{}", "application/vnd.oci.image.index.v1+json", GapCause::UnexpectedAnswer),
        (b"{}", "application/vnd.oci.image.manifest.v1+json", GapCause::Malformed),
        (br#"{"schemaVersion": 2, "manifests": []}"#, "application/json", GapCause::Malformed),
        (br#"{"schemaVersion": 1, "fsLayers": []}"#, "application/octet-stream", GapCause::Malformed),
    ] {
        let shop = Shop::open();
        shop.registry.on(Rule::path(".sig", Answer::bytes(body).header("content-type", media_type)));
        let entry = shop.gather().await;
        assert_eq!(
            gaps(&entry).into_iter().collect::<Vec<_>>(),
            [(Place::SignatureTag, cause)],
            "{media_type}"
        );
    }
}

#[tokio::test]
async fn a_registry_that_is_not_there_leaves_every_place_dark() {
    let shop = Shop::open();
    let (client, reference, digest) = (shop.client(), shop.reference(), shop.image.digest.clone());
    drop(shop);
    let entry = client.gather(&reference, &digest, &crate::support::look(), crate::support::soon()).await;
    let mut expected: Vec<_> = PLACES.map(|place| (place, GapCause::Unreachable)).to_vec();
    expected.push((Place::Manifest, GapCause::Unreachable));
    expected.sort();
    assert_eq!(gaps(&entry).into_iter().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_a_gap_of_its_own() {
    let shop = Shop::of(Registry::start_tls());
    shop.push_bundle(b"bundle");
    let only = Config { only_hosts: [shop.registry.host()].into(), ..Config::default() };
    let entry = shop.gather_with(&Client::new(only.clone(), Credentials::anonymous()).unwrap()).await;
    assert!(
        entry.items.is_empty() && entry.gaps.iter().all(|gap| gap.cause == GapCause::Tls),
        "{:?}",
        entry.gaps
    );
    assert_eq!(entry.gaps.len(), 4);

    let pem = shop.registry.certificate_pem().unwrap().as_bytes().to_vec();
    let trusting = Config { extra_roots: vec![pem], ..only.clone() };
    let entry = shop.gather_with(&Client::new(trusting, Credentials::anonymous()).unwrap()).await;
    assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0), "{:?}", entry.gaps);

    let careless = Config { insecure_tls: true, ..only };
    let entry = shop.gather_with(&Client::new(careless, Credentials::anonymous()).unwrap()).await;
    assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0));
}

#[tokio::test]
async fn tls_is_spoken_wherever_no_setting_says_otherwise() {
    let shop = Shop::open();
    let only = Config { only_hosts: [shop.registry.host()].into(), ..Config::default() };
    let entry = shop.gather_with(&Client::new(only, Credentials::anonymous()).unwrap()).await;
    assert!(
        entry.gaps.iter().all(|gap| gap.cause == GapCause::Tls) && entry.gaps.len() == 4,
        "{:?}",
        entry.gaps
    );
    assert_eq!(shop.registry.request_count(), 0);
    assert!(shop.gather().await.gaps.is_empty());
}

#[tokio::test]
async fn manners_never_answer_a_bad_certificate_with_plain_http() {
    let manners = Config { http_loopback: true, ..Config::default() };
    let shop = Shop::of(Registry::start_tls());
    shop.push_bundle(b"bundle");
    let named = Config { http_hosts: [shop.registry.host()].into(), ..manners.clone() };
    for config in [manners.clone(), named] {
        let entry = shop.gather_with(&Client::new(config.clone(), Credentials::anonymous()).unwrap()).await;
        assert!(
            entry.gaps.len() == 4 && entry.gaps.iter().all(|gap| gap.cause == GapCause::Tls),
            "{:?}",
            entry.gaps
        );
        let careless = Config { insecure_tls: true, ..config.clone() };
        let pem = shop.registry.certificate_pem().unwrap().as_bytes().to_vec();
        let trusting = Config { extra_roots: vec![pem], ..config };
        for config in [careless, trusting] {
            let entry = shop.gather_with(&Client::new(config, Credentials::anonymous()).unwrap()).await;
            assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0), "{:?}", entry.gaps);
        }
    }
    let shop = Shop::open();
    shop.push_bundle(b"bundle");
    let client = Client::new(manners, Credentials::anonymous()).unwrap();
    for _ in 0..2 {
        let entry = shop.gather_with(&client).await;
        assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0), "{:?}", entry.gaps);
    }
    assert_eq!(shop.registry.request_count(), 12);
}

#[tokio::test]
async fn a_registry_of_this_machine_is_asked_everything_at_once() {
    let shop = Shop::open();
    shop.push_tag("sig", &[b"payload"]);
    let late = Answer::genuine().delay(Duration::from_secs(30));
    shop.registry.on(Rule::path(&format!("/manifests/{}", shop.image.digest), late));
    let manners = Config { http_loopback: true, ..Config::default() };
    // Whoever has a password waits for the first answer, which may be a challenge.
    let known = Credentials::anonymous().with_password(&shop.registry.host(), "user", "password");
    for (config, credentials, found) in [
        (manners.clone(), Credentials::anonymous(), 1),
        (manners, known, 0),
        (shop.config(), Credentials::anonymous(), 0),
    ] {
        let client = Client::new(config, credentials).unwrap();
        let entry = shop.gather_within(&client, Duration::from_millis(300)).await;
        assert_eq!(entry.items.len(), found, "{:?}", entry.gaps);
    }
}

#[tokio::test]
async fn hosts_that_settings_do_not_name_are_not_spoken_to() {
    let shop = Shop::open();
    for config in [
        Config::default(),
        Config { only_hosts: ["ghcr.io".to_owned()].into(), ..shop.config() },
        Config { http_hosts: ["127.0.0.1".to_owned()].into(), ..Config::default() },
    ] {
        let entry = shop.gather_with(&Client::new(config, Credentials::anonymous()).unwrap()).await;
        assert_eq!(entry.gaps.len(), 4);
        assert!(entry.gaps.iter().all(|gap| gap.cause == GapCause::HostForbidden), "{:?}", entry.gaps);
    }
    assert_eq!(shop.registry.request_count(), 0);
    let cli = Config { http_loopback: true, ..Config::default() };
    assert!(shop.gather_with(&Client::new(cli, Credentials::anonymous()).unwrap()).await.gaps.is_empty());
}

#[tokio::test]
async fn a_place_that_answers_late_is_dark_at_the_deadline_and_not_after() {
    for answer in [
        Answer::genuine().delay(Duration::from_secs(30)),
        Answer::status(200).header("content-type", BUNDLE).body(Body::Stall(b"{".to_vec())),
        Answer::status(404).body(Body::Stall(b"{".to_vec())).delay(Duration::from_secs(30)),
    ] {
        let shop = Shop::open();
        shop.push_tag("sig", &[b"payload"]);
        shop.registry.on(Rule::path("/referrers/", answer));
        let started = Instant::now();
        let entry = shop.gather_within(&shop.client(), Duration::from_millis(1200)).await;
        assert!(started.elapsed() < Duration::from_millis(2000), "{:?}", started.elapsed());
        assert_eq!(gaps(&entry).into_iter().collect::<Vec<_>>(), [(Place::Referrers, GapCause::Timeout)]);
        assert_eq!(entry.items.len(), 1);
    }
}

#[tokio::test]
async fn a_body_that_drips_is_given_up_before_the_deadline() {
    let shop = Shop::open();
    shop.push_bundle(b"bundle");
    let drip = Answer::status(200).body(Body::Drip(vec![b'x'; 6], 1, Duration::from_secs(2)));
    shop.registry.on(Rule::path("/blobs/", drip));
    let started = Instant::now();
    let entry = shop.gather().await;
    assert!(started.elapsed() < sealgate_oci::limits::BODY_GRACE + Duration::from_secs(2));
    assert_eq!(gaps(&entry).into_iter().collect::<Vec<_>>(), [(Place::Referrers, GapCause::Timeout)]);

    shop.registry.clear_rules();
    let drip = Answer::status(200).body(Body::Drip(b"bundle".to_vec(), 1, Duration::from_millis(50)));
    shop.registry.on(Rule::path("/blobs/", drip));
    assert_eq!(shop.gather().await.items.len(), 1);
}

#[tokio::test]
async fn what_passes_soon_is_asked_again_once() {
    for answer in [Answer::status(503), Answer::too_many("0"), Answer::too_many("1"), Answer::status(500)] {
        let shop = Shop::open();
        shop.push_bundle(b"bundle");
        shop.registry.on(Rule::path("/referrers/", answer.clone()).times(1));
        let started = Instant::now();
        let entry = shop.gather().await;
        assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0), "{answer:?}");
        assert!(started.elapsed() >= sealgate_oci::limits::PAUSE_SHORTEST);
        assert_eq!(shop.requests().iter().filter(|request| request.contains("/referrers/")).count(), 2);

        shop.registry.clear_rules();
        shop.registry.clear_journal();
        shop.registry.on(Rule::path("/referrers/", answer).times(2));
        assert_eq!(shop.gather().await.gaps.len(), 1);
        assert_eq!(shop.requests().iter().filter(|request| request.contains("/referrers/")).count(), 2);
    }
}

#[tokio::test]
async fn a_long_retry_after_is_not_waited_for() {
    let shop = Shop::open();
    shop.registry.on(Rule::path("/referrers/", Answer::too_many("86400")));
    let started = Instant::now();
    let entry = shop.gather().await;
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(entry.gaps[0].detail.contains("86400"), "{:?}", entry.gaps);
}
