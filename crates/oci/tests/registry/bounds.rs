//! Every limit at its last good value and one further.

use std::collections::BTreeSet;

use sealgate_oci::{Client, Config, Credentials, limits};
use sealgate_testkit::{Answer, Body, Rule};
use sealgate_verify::{Digest, Entry, GapCause, Item, Place};
use serde_json::json;

use crate::support::{DSSE, REPOSITORY, SIMPLE_SIGNING, Shop, gaps, look, soon};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn usize_of(limit: u64) -> usize {
    usize::try_from(limit).unwrap()
}

fn is_limit(entry: &Entry, place: Place) -> bool {
    gaps(entry).into_iter().collect::<Vec<_>>() == [(place, GapCause::Limit)]
}

#[tokio::test]
async fn pages_of_referrers_are_counted() {
    let of = async |count: usize| {
        let shop = Shop::open();
        shop.registry.set_page_size(Some(1));
        for number in 0..count {
            shop.push_bundle(format!("{number}").as_bytes());
        }
        shop.gather().await
    };
    let entry = of(limits::REFERRERS_PAGES).await;
    assert_eq!((entry.items.len(), entry.gaps.len()), (limits::REFERRERS_PAGES, 0));
    let entry = of(limits::REFERRERS_PAGES + 1).await;
    assert_eq!(entry.items.len(), limits::REFERRERS_PAGES);
    assert!(is_limit(&entry, Place::Referrers), "{:?}", entry.gaps);
}

#[tokio::test]
async fn referrers_are_counted_over_all_pages() {
    let of = async |count: usize| {
        let shop = Shop::open();
        shop.registry.set_page_size(Some(60));
        for number in 0..count {
            let manifest = json!({"schemaVersion": 2, "layers": [], "number": number});
            shop.push_referrer(&manifest, "application/spdx+json");
        }
        (shop.gather().await, shop.registry.request_count())
    };
    let (entry, requests) = of(limits::REFERRERS).await;
    assert_eq!((entry.gaps.len(), requests), (0, 4 + 3 + limits::REFERRERS));
    let (entry, requests) = of(limits::REFERRERS + 1).await;
    assert!(is_limit(&entry, Place::Referrers), "{:?}", entry.gaps);
    assert_eq!(requests, 4 + 3 + limits::REFERRERS);
}

#[tokio::test]
async fn referrers_named_again_and_again_count_once() {
    let shop = Shop::open();
    let manifest = shop.bundle_manifest(b"bundle");
    let referrer = shop.push_referrer(&manifest, "");
    let size = serde_json::to_vec(&manifest).unwrap().len();
    let again = vec![json!({"mediaType": "m", "digest": referrer, "size": size}); limits::REFERRERS * 2];
    let body = serde_json::to_vec(&json!({"schemaVersion": 2, "manifests": again})).unwrap();
    shop.registry.on(Rule::path("/referrers/", Answer::bytes(&body).header("content-type", INDEX)));
    let entry = shop.gather().await;
    assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0), "{:?}", entry.gaps);
    assert_eq!(shop.registry.request_count(), 6);
}

#[tokio::test]
async fn bytes_of_the_list_are_counted_over_all_pages() {
    let padded = |length: usize| {
        let mut body = br#"{"schemaVersion": 2, "manifests": []}"#.to_vec();
        body.resize(length, b' ');
        Answer::bytes(&body).header("content-type", INDEX)
    };
    let first = usize_of(limits::REFERRERS_BYTES) - 1000;
    for (second, is_over) in [(1000, false), (1001, true)] {
        let shop = Shop::open();
        let link = r#"<?last=1>; rel="next""#;
        shop.registry.on(Rule::path("last=1", padded(second)));
        shop.registry.on(Rule::path("/referrers/", padded(first).header("link", link)));
        let entry = shop.gather().await;
        assert_eq!(is_limit(&entry, Place::Referrers), is_over, "{:?}", entry.gaps);
        assert_eq!(entry.gaps.is_empty(), !is_over);
    }
}

#[tokio::test]
async fn items_are_counted_by_the_gate_and_by_cosigns_verbs() {
    for (cosign_limits, most) in [(false, limits::ITEMS), (true, limits::ITEMS_FOR_COSIGN)] {
        for over in [0, 1] {
            let shop = Shop::open();
            for number in 0..most + over {
                shop.push_bundle(format!("{number}").as_bytes());
            }
            let client =
                Client::new(Config { cosign_limits, ..shop.config() }, Credentials::anonymous()).unwrap();
            let entry = shop.gather_with(&client).await;
            assert_eq!(
                (entry.items.len(), is_limit(&entry, Place::Referrers)),
                (most, over == 1),
                "{:?}",
                entry.gaps
            );
        }
    }
}

#[tokio::test]
async fn layers_of_a_tag_are_counted() {
    for over in [0, 1] {
        let shop = Shop::open();
        shop.push_tag("sig", &vec![b"payload".as_slice(); limits::ITEMS + over]);
        let entry = shop.gather().await;
        assert_eq!((entry.items.len(), is_limit(&entry, Place::SignatureTag)), (limits::ITEMS, over == 1));
    }
}

#[tokio::test]
async fn bytes_of_a_manifest_are_counted() {
    for over in [0, 1] {
        let shop = Shop::open();
        let mut bytes = br#"{"schemaVersion": 2, "layers": []}"#.to_vec();
        bytes.resize(usize_of(limits::MANIFEST_BYTES) + over, b' ');
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        shop.registry.push_manifest(REPOSITORY, Some(&shop.cosign_tag(".att")), &bytes, media_type);
        let entry = shop.gather().await;
        assert_eq!(is_limit(&entry, Place::AttestationTag), over == 1, "{:?}", entry.gaps);
        assert_eq!(entry.gaps.len(), over);
    }
}

async fn layer(media_type: &str, length: usize) -> Entry {
    let shop = Shop::open();
    let item = Item {
        bytes: vec![b'x'; length].into(),
        media_type: media_type.to_owned(),
        annotations: [].into(),
        place: Place::SignatureTag,
    };
    shop.registry.push_layers(REPOSITORY, &shop.image.digest, "sig", &[item]);
    shop.gather().await
}

#[tokio::test]
async fn bytes_of_a_payload_and_of_a_blob_are_counted() {
    for (media_type, limit) in [(SIMPLE_SIGNING, limits::SIMPLE_SIGNING_BYTES), (DSSE, limits::BLOB_BYTES)] {
        let entry = layer(media_type, usize_of(limit)).await;
        assert_eq!((entry.items.len(), entry.gaps.len()), (1, 0), "{:?}", entry.gaps);
        let entry = layer(media_type, usize_of(limit) + 1).await;
        assert!(entry.items.is_empty() && is_limit(&entry, Place::SignatureTag), "{:?}", entry.gaps);
    }
}

#[tokio::test]
async fn bytes_of_one_image_are_counted_together() {
    for over in [0_u64, 1] {
        let shop = Shop::open();
        let manifest = |second: u64| {
            let first = vec![b'1'; usize_of(limits::BLOB_BYTES)];
            let second = vec![b'2'; usize_of(second)];
            let layers: Vec<_> = [first, second]
                .iter()
                .map(|blob| {
                    let digest = shop.registry.push_blob(REPOSITORY, blob);
                    json!({"mediaType": DSSE, "digest": digest, "size": blob.len()})
                })
                .collect();
            serde_json::to_vec(&json!({"schemaVersion": 2, "layers": layers})).unwrap()
        };
        let rest = limits::IMAGE_BYTES - limits::BLOB_BYTES;
        let length = manifest(rest - 1000).len() as u64;
        let bytes = manifest(rest - length + over);
        assert_eq!(bytes.len() as u64, length);
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        shop.registry.push_manifest(REPOSITORY, Some(&shop.cosign_tag(".att")), &bytes, media_type);
        let mut only = look();
        (only.places, only.manifest) = (BTreeSet::from([Place::AttestationTag]), false);
        let entry = shop.client().gather(&shop.reference(), &shop.image.digest, &only, soon()).await;
        assert_eq!(is_limit(&entry, Place::AttestationTag), over == 1, "{:?}", entry.gaps);
        assert_eq!(entry.items.len(), if over == 1 { 1 } else { 2 });
    }
}

#[tokio::test]
async fn a_body_without_end_ends_at_the_limit() {
    for (path, place) in [
        ("/referrers/", Place::Referrers),
        (".sig", Place::SignatureTag),
        ("/manifests/sha256:", Place::Manifest),
    ] {
        let shop = Shop::open();
        let endless =
            Answer::status(200).header("content-type", INDEX).body(Body::Endless(vec![b' '; 65536]));
        let endless =
            if path == ".sig" { endless.header("content-type", "application/json") } else { endless };
        shop.registry.on(Rule::path(path, endless));
        let entry = shop.gather().await;
        assert!(is_limit(&entry, place), "{:?}", entry.gaps);
    }
    // A blob ends where its descriptor says.
    let shop = Shop::open();
    shop.push_bundle(b"bundle");
    shop.registry.on(Rule::path("/blobs/", Answer::status(200).body(Body::Endless(vec![b' '; 65536]))));
    let entry = shop.gather().await;
    assert_eq!(gaps(&entry).into_iter().collect::<Vec<_>>(), [(Place::Referrers, GapCause::Malformed)]);
}

#[tokio::test]
async fn a_packed_body_is_refused_and_never_unpacked() {
    let shop = Shop::open();
    shop.push_bundle(b"bundle");
    assert!(shop.gather().await.gaps.is_empty());
    assert!(shop.registry.journal().iter().all(|request| request.header("accept-encoding").is_none()));
    for encoding in ["gzip", "br", "zstd", "deflate", "identity, gzip", "x"] {
        shop.registry.clear_rules();
        shop.registry
            .on(Rule::path("/blobs/", Answer::bytes(b"bundle").header("content-encoding", encoding)));
        let entry = shop.gather().await;
        assert_eq!(
            gaps(&entry).into_iter().collect::<Vec<_>>(),
            [(Place::Referrers, GapCause::UnexpectedAnswer)]
        );
    }
    shop.registry.clear_rules();
    shop.registry.on(Rule::path("/blobs/", Answer::bytes(b"bundle").header("content-encoding", "identity")));
    assert!(shop.gather().await.gaps.is_empty());
}

#[tokio::test]
async fn a_descriptor_that_is_too_large_costs_no_request() {
    let shop = Shop::open();
    let mut manifest = shop.bundle_manifest(b"bundle");
    manifest["layers"][0]["size"] = json!(limits::BLOB_BYTES + 1);
    shop.push_referrer(&manifest, "");
    let list = json!({"schemaVersion": 2, "manifests": [
        {"mediaType": "m", "digest": Digest::sha256(b"x"), "size": limits::MANIFEST_BYTES + 1},
        {"mediaType": "m", "digest": shop.push_referrer(&manifest, ""), "size": serde_json::to_vec(&manifest).unwrap().len()},
    ]});
    let answer = Answer::bytes(&serde_json::to_vec(&list).unwrap()).header("content-type", INDEX);
    shop.registry.on(Rule::path("/referrers/", answer));
    let entry = shop.gather().await;
    assert!(is_limit(&entry, Place::Referrers), "{:?}", entry.gaps);
    assert_eq!(entry.gaps.len(), 2);
    assert_eq!(shop.registry.request_count(), 5);
}
