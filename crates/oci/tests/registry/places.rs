//! What is found, where, and with how many requests.

use std::collections::BTreeSet;

use sealgate_testkit::{Answer, Registry, Rule};
use sealgate_verify::{Place, Reference};
use serde_json::json;

use crate::support::{BUNDLE, DSSE, REPOSITORY, SIMPLE_SIGNING, Shop, bytes_of, look, soon};

#[tokio::test]
async fn a_bundle_signed_image_costs_six_requests_with_every_place_looked_at() {
    let shop = Shop::open();
    let referrer = shop.push_bundle(b"bundle");
    let entry = shop.gather().await;
    assert_eq!((bytes_of(&entry), entry.gaps.clone()), (vec![b"bundle".as_slice()], vec![]));
    assert_eq!(entry.manifest.as_deref(), Some(shop.image.bytes.as_slice()));
    let digest = &shop.image.digest;
    let expected: BTreeSet<String> = [
        format!("manifests/{digest}"),
        format!("referrers/{digest}"),
        format!("manifests/{}", shop.cosign_tag(".sig")),
        format!("manifests/{}", shop.cosign_tag(".att")),
        format!("manifests/{referrer}"),
        format!("blobs/{}", sealgate_verify::Digest::sha256(b"bundle")),
    ]
    .iter()
    .map(|path| format!("GET /v2/{REPOSITORY}/{path}"))
    .collect();
    assert_eq!(shop.requests().len(), 6);
    assert_eq!(shop.requests().into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn evidence_of_all_places_is_found_with_what_belongs_to_it() {
    let shop = Shop::open();
    shop.push_bundle(b"bundle");
    shop.push_tag("sig", &[b"payload"]);
    shop.push_tag("att", &[b"envelope"]);
    let entry = shop.gather().await;
    assert!(entry.gaps.is_empty(), "{:?}", entry.gaps);
    let found: Vec<_> =
        entry.items.iter().map(|item| (item.place, item.media_type.as_str(), item.bytes.as_ref())).collect();
    assert_eq!(
        found,
        [
            (Place::Referrers, BUNDLE, b"bundle".as_slice()),
            (Place::SignatureTag, SIMPLE_SIGNING, b"payload".as_slice()),
            (Place::AttestationTag, DSSE, b"envelope".as_slice()),
        ]
    );
    assert_eq!(entry.items[1].annotations["dev.cosignproject.cosign/signature"], "s0");
    let places =
        [Place::AttestationTag, Place::FallbackTag, Place::Manifest, Place::Referrers, Place::SignatureTag];
    assert_eq!(entry.looked_in, BTreeSet::from(places));
}

#[tokio::test]
async fn an_unsigned_image_has_neither_items_nor_gaps() {
    for has_api in [true, false] {
        let shop = Shop::open();
        shop.registry.set_referrers_api(has_api);
        let entry = shop.gather().await;
        assert!(entry.items.is_empty() && entry.gaps.is_empty(), "{:?}", entry.gaps);
        assert!(entry.manifest.is_some());
        // What does not exist is asked for once.
        let requests = shop.requests();
        assert_eq!(requests.iter().collect::<BTreeSet<_>>().len(), requests.len(), "{requests:?}");
    }
}

#[tokio::test]
async fn only_what_was_asked_for_is_looked_at() {
    let shop = Shop::open();
    shop.push_tag("sig", &[b"payload"]);
    let mut only = look();
    (only.places, only.manifest) = (BTreeSet::from([Place::SignatureTag]), false);
    let entry = shop.client().gather(&shop.reference(), &shop.image.digest, &only, soon()).await;
    assert_eq!(entry.items.len(), 1);
    assert!(entry.manifest.is_none());
    assert_eq!(entry.looked_in, only.places);
    assert_eq!(shop.requests().len(), 2);

    only.places = BTreeSet::from([Place::File, Place::Tag]);
    let entry = shop.client().gather(&shop.reference(), &shop.image.digest, &only, soon()).await;
    assert_eq!((entry.looked_in.len(), entry.items.len(), shop.requests().len()), (0, 0, 2));
}

#[tokio::test]
async fn the_fallback_tag_is_read_after_a_404_and_only_then() {
    let shop = Shop::open();
    shop.registry.set_referrers_api(false);
    shop.push_bundle(b"bundle");
    let tag = format!("GET /v2/{REPOSITORY}/manifests/{}", shop.cosign_tag(""));
    let entry = shop.gather().await;
    assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0));
    assert_eq!(entry.items[0].place, Place::FallbackTag);
    assert!(shop.requests().contains(&tag));

    // The tag is still there, but an API that answers has the last word.
    shop.registry.set_referrers_api(true);
    let empty = br#"{"schemaVersion": 2, "manifests": []}"#;
    for answer in [
        Answer::bytes(empty).header("content-type", "application/vnd.oci.image.index.v1+json"),
        Answer::status(403),
        Answer::status(406),
        Answer::status(400),
        Answer::status(500),
        Answer::bytes(b"<html>").header("content-type", "text/html"),
    ] {
        shop.registry.clear_rules();
        shop.registry.clear_journal();
        shop.registry.on(Rule::path("/referrers/", answer));
        assert!(shop.gather().await.items.is_empty());
        assert!(!shop.requests().contains(&tag), "{:?}", shop.requests());
    }
}

#[tokio::test]
async fn a_list_of_many_pages_is_read_to_its_end() {
    let shop = Shop::open();
    for number in 0..5 {
        shop.push_bundle(format!("bundle {number}").as_bytes());
    }
    shop.registry.set_page_size(Some(2));
    let entry = shop.gather().await;
    assert_eq!((entry.items.len(), entry.gaps.len()), (5, 0));
    assert_eq!(shop.requests().iter().filter(|request| request.contains("/referrers/")).count(), 3);
}

#[tokio::test]
async fn what_a_list_says_of_a_referrer_decides_nothing() {
    let shop = Shop::open();
    for (number, kind) in
        ["application/vnd.oci.empty.v1+json", "", "application/spdx+json"].iter().enumerate()
    {
        shop.push_referrer(&shop.bundle_manifest(format!("bundle {number}").as_bytes()), kind);
    }
    let entry = shop.gather().await;
    assert_eq!((entry.items.len(), entry.gaps.len()), (3, 0));
}

#[tokio::test]
async fn a_referrer_that_is_something_else_is_no_gap() {
    let shop = Shop::open();
    shop.push_bundle(b"bundle");
    let mut sbom = shop.bundle_manifest(b"sbom");
    sbom["artifactType"] = json!("application/spdx+json");
    sbom["layers"][0]["mediaType"] = json!("application/spdx+json");
    shop.push_referrer(&sbom, BUNDLE);
    shop.push_referrer(&json!({"schemaVersion": 2, "manifests": []}), "application/x");
    let entry = shop.gather().await;
    assert_eq!((bytes_of(&entry), entry.gaps.len()), (vec![b"bundle".as_slice()], 0));
}

#[tokio::test]
async fn several_signatures_of_one_payload_are_several_items_and_one_request() {
    let shop = Shop::open();
    shop.push_tag("sig", &[b"payload", b"payload", b"other"]);
    let entry = shop.gather().await;
    let signatures: Vec<_> = entry
        .items
        .iter()
        .map(|item| item.annotations["dev.cosignproject.cosign/signature"].as_str())
        .collect();
    assert_eq!(signatures, ["s0", "s1", "s2"]);
    assert_eq!(shop.requests().iter().filter(|request| request.contains("/blobs/")).count(), 2);
}

#[tokio::test]
async fn evidence_may_live_in_another_repository() {
    let (shop, store) = (Shop::open(), Registry::start_blocking());
    store.push_bundle_bytes("signatures", &shop.image.digest, b"bundle");
    shop.push_tag("sig", &[b"beside the image, where nobody looks"]);
    let mut config = shop.config();
    config.http_hosts.insert(store.host());
    let client = sealgate_oci::Client::new(config, sealgate_oci::Credentials::anonymous()).unwrap();
    let mut look = look();
    look.evidence_repository = Some(Reference::parse(&format!("{}/signatures", store.host())).unwrap());
    let entry = client.gather(&shop.reference(), &shop.image.digest, &look, soon()).await;
    assert_eq!((bytes_of(&entry), entry.gaps.len()), (vec![b"bundle".as_slice()], 0));
    assert_eq!(entry.manifest.as_deref(), Some(shop.image.bytes.as_slice()));
    assert_eq!(shop.requests().len(), 1);
}

#[tokio::test]
async fn one_gathering_reads_each_thing_once() {
    let shop = Shop::open();
    for number in 0..9 {
        shop.push_bundle(format!("bundle {number}").as_bytes());
    }
    shop.push_tag("sig", &[b"a", b"b"]);
    assert_eq!(shop.gather().await.items.len(), 11);
    let requests = shop.requests();
    assert_eq!(requests.iter().collect::<BTreeSet<_>>().len(), requests.len(), "{requests:?}");
}
