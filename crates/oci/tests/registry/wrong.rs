//! A wrong or unreadable candidate beside a good one hides nothing, and is reported.

use std::time::Duration;

use sealgate_testkit::{Answer, Body, Rule};
use sealgate_verify::{Digest, GapCause, Place};
use serde_json::json;

use crate::support::{REPOSITORY, Shop, bytes_of, gaps};

/// A shop with a good bundle, a good `.sig` and a good `.att`, and one thing `wrong` with something beside them.
async fn beside_good(wrong: impl Fn(&Shop)) -> (Vec<(Place, GapCause)>, Shop) {
    let shop = Shop::open();
    shop.push_bundle(b"good bundle");
    shop.push_tag("sig", &[b"good payload"]);
    shop.push_tag("att", &[b"good envelope"]);
    wrong(&shop);
    let entry = shop.gather().await;
    for good in [b"good bundle".as_slice(), b"good payload", b"good envelope"] {
        assert!(bytes_of(&entry).contains(&good), "{:?}", entry.gaps);
    }
    assert_eq!(entry.items.len(), 3);
    (gaps(&entry).into_iter().collect(), shop)
}

#[tokio::test]
async fn nothing_wrong_is_no_gap() {
    assert_eq!(beside_good(|_| {}).await.0, []);
}

#[tokio::test]
async fn a_referrer_of_another_image_is_refused() {
    let (gaps, _) = beside_good(|shop| {
        let mut manifest = shop.bundle_manifest(b"bundle of another image");
        manifest["subject"]["digest"] = json!(Digest::sha256(b"another image"));
        shop.push_referrer(&manifest, "");
    })
    .await;
    assert_eq!(gaps, [(Place::Referrers, GapCause::Malformed)]);
    let (gaps, _) = beside_good(|shop| {
        let mut manifest = shop.bundle_manifest(b"bundle of no image");
        manifest.as_object_mut().unwrap().remove("subject");
        shop.push_referrer(&manifest, "");
    })
    .await;
    assert_eq!(gaps, [(Place::Referrers, GapCause::Malformed)]);
}

#[tokio::test]
async fn a_bundle_manifest_of_another_shape_is_refused() {
    let shapes: [fn(&mut serde_json::Value); 7] = [
        |manifest| manifest["layers"] = json!([]),
        |manifest| manifest["layers"] = json!([manifest["layers"][0], manifest["layers"][0]]),
        |manifest| manifest["layers"][0]["size"] = json!(-1),
        |manifest| manifest["layers"][0]["size"] = json!(3),
        |manifest| manifest["layers"][0]["size"] = json!(3000),
        |manifest| manifest["manifests"] = json!([]),
        |manifest| manifest["schemaVersion"] = json!(1),
    ];
    for shape in shapes {
        let (gaps, _) = beside_good(|shop| {
            let mut manifest = shop.bundle_manifest(b"beside");
            shape(&mut manifest);
            shop.push_referrer(&manifest, "");
        })
        .await;
        assert_eq!(gaps, [(Place::Referrers, GapCause::Malformed)]);
    }
}

#[tokio::test]
async fn bytes_of_another_digest_are_refused() {
    let (gaps, _) = beside_good(|shop| {
        let referrer = shop.push_bundle(b"beside");
        let blob = Answer::bytes(b"edised");
        shop.registry.on(Rule::path(&Digest::sha256(b"beside").to_string(), blob));
        assert!(shop.registry.request_count() == 0 && referrer.hex().len() == 64);
    })
    .await;
    assert_eq!(gaps, [(Place::Referrers, GapCause::DigestMismatch)]);
    let (gaps, _) = beside_good(|shop| {
        let referrer = shop.push_bundle(b"beside");
        let length = serde_json::to_vec(&shop.bundle_manifest(b"beside")).unwrap().len();
        let lie = Answer::bytes(&vec![b' '; length]).header("docker-content-digest", &referrer.to_string());
        shop.registry.on(Rule::path(&format!("/manifests/{referrer}"), lie));
    })
    .await;
    assert!(
        matches!(gaps[..], [(Place::Referrers, GapCause::DigestMismatch | GapCause::Malformed)]),
        "{gaps:?}"
    );
}

#[tokio::test]
async fn what_is_listed_but_missing_is_no_absence() {
    let (gaps, _) = beside_good(|shop| {
        let referrer = shop.push_bundle(b"beside");
        shop.registry.on(Rule::path(&format!("/manifests/{referrer}"), Answer::status(404)));
    })
    .await;
    assert_eq!(gaps, [(Place::Referrers, GapCause::UnexpectedAnswer)]);
    let (gaps, _) = beside_good(|shop| {
        shop.push_bundle(b"beside");
        shop.registry.on(Rule::path(&Digest::sha256(b"beside").to_string(), Answer::status(404)));
    })
    .await;
    assert_eq!(gaps, [(Place::Referrers, GapCause::UnexpectedAnswer)]);
}

#[tokio::test]
async fn one_that_stays_dark_keeps_its_cause() {
    for (answer, cause) in [
        (Answer::status(403), GapCause::AccessDenied),
        (Answer::status(401), GapCause::AccessDenied),
        (Answer::too_many("3600"), GapCause::RateLimited),
        (Answer::status(502), GapCause::Unreachable),
        (Answer::status(204), GapCause::UnexpectedAnswer),
        (Answer::bytes(b"beside").header("content-encoding", "gzip"), GapCause::UnexpectedAnswer),
    ] {
        let (gaps, _) = beside_good(|shop| {
            shop.push_bundle(b"beside");
            shop.registry.on(Rule::path(&Digest::sha256(b"beside").to_string(), answer.clone()));
        })
        .await;
        assert_eq!(gaps, [(Place::Referrers, cause)], "{answer:?}");
    }
}

#[tokio::test]
async fn one_that_stalls_ends_with_the_deadline_and_hides_nothing() {
    let shop = Shop::open();
    shop.push_bundle(b"good");
    shop.push_bundle(b"stalls");
    let stall = Answer::status(200).body(Body::Stall(b"st".to_vec()));
    shop.registry.on(Rule::path(&Digest::sha256(b"stalls").to_string(), stall));
    let started = std::time::Instant::now();
    let entry = shop.gather_within(&shop.client(), Duration::from_millis(1500)).await;
    assert!(started.elapsed() < Duration::from_millis(2500));
    assert_eq!(bytes_of(&entry), [b"good"]);
    assert_eq!(gaps(&entry).into_iter().collect::<Vec<_>>(), [(Place::Referrers, GapCause::Timeout)]);
}

#[tokio::test]
async fn a_manifest_that_stalls_holds_up_no_other() {
    let shop = Shop::open();
    shop.push_bundle(b"good");
    let stalls = shop.push_bundle(b"stalls");
    let time = Duration::from_millis(800);
    assert_eq!(
        bytes_of(&shop.gather_within(&shop.client(), time).await),
        [b"good".as_slice(), b"stalls"],
        "twin"
    );
    let stall = Answer::status(200).body(Body::Stall(b"{".to_vec()));
    shop.registry.on(Rule::path(&stalls.to_string(), stall));
    let entry = shop.gather_within(&shop.client(), time).await;
    assert_eq!(bytes_of(&entry), [b"good"]);
    assert_eq!(gaps(&entry).into_iter().collect::<Vec<_>>(), [(Place::Referrers, GapCause::Timeout)]);
}

#[tokio::test]
async fn a_bad_layer_of_a_tag_spoils_no_other() {
    let shop = Shop::open();
    let mut manifest = shop.bundle_manifest(b"good");
    let good = manifest["layers"][0].clone();
    let absent = json!({"mediaType": "m", "digest": Digest::sha256(b"absent"), "size": 6});
    let bad = json!({"mediaType": "m", "digest": "md5:00", "size": 6});
    manifest["layers"] = json!([absent, bad, good]);
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    shop.registry.push_manifest(REPOSITORY, Some(&shop.cosign_tag(".sig")), &bytes, media_type);
    let entry = shop.gather().await;
    assert_eq!(bytes_of(&entry), [b"good"]);
    let expected =
        [(Place::SignatureTag, GapCause::Malformed), (Place::SignatureTag, GapCause::UnexpectedAnswer)];
    assert_eq!(gaps(&entry).into_iter().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn urls_of_a_descriptor_are_never_asked() {
    let (shop, elsewhere) = (Shop::open(), Shop::open());
    let mut manifest = shop.bundle_manifest(b"bundle");
    manifest["layers"][0]["urls"] = json!([format!("http://{}/x", elsewhere.registry.host())]);
    shop.push_referrer(&manifest, "");
    shop.registry.on(Rule::path("/blobs/", Answer::status(404)));
    let entry = shop.gather().await;
    assert_eq!(
        gaps(&entry).into_iter().collect::<Vec<_>>(),
        [(Place::Referrers, GapCause::UnexpectedAnswer)]
    );
    assert_eq!(elsewhere.registry.request_count(), 0);
}
