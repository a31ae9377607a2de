//! Older signatures in manifests that refer to their image instead of under a tag.

use sealgate_oci::limits;
use sealgate_verify::{Digest, GapCause, Place};
use serde_json::{Value, json};

use crate::support::{REPOSITORY, SIMPLE_SIGNING, Shop, bytes_of, gaps};

const SIGNATURES: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";

fn manifest(shop: &Shop, payloads: &[&[u8]]) -> Value {
    let layer = |payload: &&[u8]| {
        json!({
            "mediaType": SIMPLE_SIGNING, "digest": shop.registry.push_blob(REPOSITORY, payload), "size": payload.len(),
            "annotations": {"dev.cosignproject.cosign/signature": "c2ln"},
        })
    };
    let mut manifest = shop.bundle_manifest(b"unused");
    manifest.as_object_mut().unwrap().remove("artifactType");
    manifest["config"]["mediaType"] = json!(SIGNATURES);
    manifest["layers"] = payloads.iter().map(layer).collect();
    manifest
}

#[tokio::test]
async fn every_layer_of_a_manifest_of_signatures_is_found_beside_bundles() {
    for has_api in [true, false] {
        let shop = Shop::open();
        shop.registry.set_referrers_api(has_api);
        shop.push_referrer(&manifest(&shop, &[b"one", b"two"]), SIGNATURES);
        shop.push_bundle(b"bundle");
        // The list need not say what it is, and the manifest may say it itself.
        let mut named = manifest(&shop, &[b"three"]);
        named["artifactType"] = json!(SIGNATURES);
        named["config"]["mediaType"] = json!("application/vnd.oci.empty.v1+json");
        shop.push_referrer(&named, "");
        let entry = shop.gather().await;
        assert!(entry.gaps.is_empty(), "{:?}", entry.gaps);
        let mut found = bytes_of(&entry);
        found.sort_unstable();
        assert_eq!(found, [b"bundle".as_slice(), b"one", b"three", b"two"]);
        let older = entry.items.iter().find(|item| item.bytes.as_ref() == b"one").unwrap();
        assert_eq!(older.annotations["dev.cosignproject.cosign/signature"], "c2ln");
        assert_eq!(older.place == Place::Referrers, has_api);
    }
}

#[tokio::test]
async fn signatures_that_refer_to_another_image_are_refused() {
    let shop = Shop::open();
    let mut other = manifest(&shop, &[b"one"]);
    other["subject"]["digest"] = json!(Digest::sha256(b"another image"));
    shop.push_referrer(&other, SIGNATURES);
    let mut of_nothing = manifest(&shop, &[b"two"]);
    of_nothing.as_object_mut().unwrap().remove("subject");
    shop.push_referrer(&of_nothing, SIGNATURES);
    shop.push_referrer(&manifest(&shop, &[b"good"]), SIGNATURES);
    let entry = shop.gather().await;
    assert_eq!(bytes_of(&entry), [b"good"]);
    assert_eq!(gaps(&entry).into_iter().collect::<Vec<_>>(), [(Place::Referrers, GapCause::Malformed)]);
    assert_eq!(entry.gaps.len(), 2);
}

#[tokio::test]
async fn one_bad_layer_spoils_no_other() {
    let shop = Shop::open();
    let mut bad = manifest(&shop, &[b"one", b"two", b"three"]);
    bad["layers"][0]["size"] = json!(-1);
    bad["layers"][1]["digest"] = json!(Digest::sha256(b"nowhere"));
    shop.push_referrer(&bad, SIGNATURES);
    let entry = shop.gather().await;
    assert_eq!((bytes_of(&entry), entry.gaps.len()), (vec![b"three".as_slice()], 2));
}

#[tokio::test]
async fn what_is_called_otherwise_is_no_signature() {
    let shop = Shop::open();
    let mut other = manifest(&shop, &[b"one"]);
    other["config"]["mediaType"] = json!("application/vnd.dev.cosign.artifact.sbom.v1+json");
    shop.push_referrer(&other, SIGNATURES);
    let entry = shop.gather().await;
    assert!(entry.items.is_empty() && entry.gaps.is_empty(), "{entry:?}");
}

#[tokio::test]
async fn signatures_of_one_manifest_are_counted_as_all_are() {
    let payloads: Vec<Vec<u8>> = (0..=limits::ITEMS).map(|number| number.to_string().into_bytes()).collect();
    let payloads: Vec<&[u8]> = payloads.iter().map(Vec::as_slice).collect();
    for (count, is_cut) in [(limits::ITEMS, false), (limits::ITEMS + 1, true)] {
        let shop = Shop::open();
        shop.push_referrer(&manifest(&shop, &payloads[..count]), SIGNATURES);
        let entry = shop.gather().await;
        assert_eq!(entry.items.len(), limits::ITEMS);
        let cut = gaps(&entry).contains(&(Place::Referrers, GapCause::Limit));
        assert_eq!(cut, is_cut, "{:?}", entry.gaps);
    }
}

#[tokio::test]
async fn a_manifest_stuffed_to_the_limit_does_not_crowd_out_the_others() {
    for has_api in [true, false] {
        for (count, is_cut) in
            [(limits::ITEMS - 3, false), (limits::ITEMS - 2, true), (limits::ITEMS * 2, true)]
        {
            let shop = Shop::open();
            shop.registry.set_referrers_api(has_api);
            // It is first in the list.
            shop.push_referrer(&manifest(&shop, &vec![b"tiny".as_slice(); count]), SIGNATURES);
            for bundle in [b"one".as_slice(), b"two", b"three"] {
                shop.push_bundle(bundle);
            }
            let entry = shop.gather().await;
            let found = bytes_of(&entry);
            assert_eq!(found[..4], [b"tiny".as_slice(), b"one", b"two", b"three"]);
            assert_eq!(found.len(), limits::ITEMS.min(count + 3));
            let place = if has_api { Place::Referrers } else { Place::FallbackTag };
            assert_eq!(gaps(&entry).contains(&(place, GapCause::Limit)), is_cut, "{:?}", entry.gaps);
            assert_eq!(entry.gaps.is_empty(), !is_cut, "twin");
            let blobs = shop.requests().iter().filter(|request| request.contains("/blobs/")).count();
            assert_eq!(blobs, 4, "one of each digest");
        }
    }
}
