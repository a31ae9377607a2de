//! Tags and digests.

use sealgate_testkit::{Answer, Rule};
use sealgate_verify::{Digest, GapCause, Place, Reference, Timestamp};

use crate::support::{REPOSITORY, Shop, look, soon};

#[tokio::test]
async fn a_digest_is_taken_as_written_without_a_request() {
    let shop = Shop::open();
    assert_eq!(shop.client().resolve(&shop.reference(), soon()).await.unwrap().digest, shop.image.digest);
    assert!(shop.requests().is_empty());
}

/// Row 205, REF-05: a tag beside a digest is a remark.
#[tokio::test]
async fn a_tag_beside_a_digest_is_never_asked_for() {
    let shop = Shop::open();
    shop.push_bundle(b"bundle");
    shop.registry.push_image(REPOSITORY, Some("1.0"), "another image, under that tag since");
    let both = format!("{}@{}", shop.tagged("1.0").written(), shop.image.digest);
    let (reference, now) = (Reference::parse(&both).unwrap(), Timestamp(0));
    let evidence = shop.client().evidence(&reference, &look(), now, soon()).await;
    assert_eq!((&evidence.entries[0].digest, evidence.entries[0].items.len()), (&shop.image.digest, 1));
    assert!(shop.requests().iter().all(|request| !request.contains("1.0")), "{:?}", shop.requests());
    // The twin asks for the tag, and finds what it is now.
    let tagged = shop.client().evidence(&shop.tagged("1.0"), &look(), now, soon()).await;
    assert_ne!(tagged.entries[0].digest, shop.image.digest);
}

#[tokio::test]
async fn a_tag_is_resolved_by_one_head() {
    let shop = Shop::open();
    assert_eq!(shop.client().resolve(&shop.tagged("1.0"), soon()).await.unwrap().digest, shop.image.digest);
    assert_eq!(shop.requests(), [format!("HEAD /v2/{REPOSITORY}/manifests/1.0")]);
}

#[tokio::test]
async fn a_reference_without_a_tag_means_latest() {
    let shop = Shop::open();
    let latest = shop.registry.push_image(REPOSITORY, Some("latest"), "latest");
    let reference = Reference::parse(&format!("{}/{REPOSITORY}", shop.registry.host())).unwrap();
    assert_eq!(shop.client().resolve(&reference, soon()).await.unwrap().digest, latest.digest);
}

#[tokio::test]
async fn where_head_fails_the_bytes_are_fetched_and_hashed() {
    for answer in [
        Answer::status(405),
        Answer::status(404),
        Answer::status(400),
        Answer::status(403),
        Answer::genuine().header("docker-content-digest", "sha256:short"),
        Answer::genuine().header("docker-content-digest", "md5:d41d8cd98f00b204e9800998ecf8427e"),
    ] {
        let shop = Shop::open();
        shop.registry.on(Rule::path("/manifests/1.0", answer.clone()).method("HEAD"));
        let resolved = shop.client().resolve(&shop.tagged("1.0"), soon()).await.unwrap();
        assert_eq!(resolved.digest, shop.image.digest, "{answer:?}");
    }
}

#[tokio::test]
async fn a_tag_that_is_not_there_is_not_found() {
    let shop = Shop::open();
    let gap = shop.client().resolve(&shop.tagged("2.0"), soon()).await.unwrap_err();
    assert_eq!((gap.place, gap.cause), (Place::Tag, GapCause::NotFound));
}

#[tokio::test]
async fn a_tag_that_cannot_be_read_is_a_gap_of_its_cause() {
    for (status, cause) in [
        (401, GapCause::AccessDenied),
        (403, GapCause::AccessDenied),
        (429, GapCause::RateLimited),
        (503, GapCause::Unreachable),
        (418, GapCause::UnexpectedAnswer),
    ] {
        let shop = Shop::open();
        shop.registry.on(Rule::path("/manifests/1.0", Answer::status(status)));
        let evidence = shop.client().evidence(&shop.tagged("1.0"), &look(), Timestamp(5), soon()).await;
        assert!(evidence.entries.is_empty());
        assert_eq!(
            evidence.gaps.iter().map(|gap| (gap.place, gap.cause)).collect::<Vec<_>>(),
            [(Place::Tag, cause)]
        );
    }
    let shop = Shop::open();
    let evidence = shop.client().evidence(&shop.tagged("1.0"), &look(), Timestamp(5), soon()).await;
    assert_eq!((evidence.entries.len(), evidence.gaps.len(), evidence.gathered_at), (1, 0, Timestamp(5)));
    assert_eq!(evidence.entries[0].digest, shop.image.digest);
}

#[tokio::test]
async fn a_tag_whose_bytes_have_another_digest_than_it_says_is_refused() {
    let shop = Shop::open();
    let other = Digest::sha256(b"other").to_string();
    shop.registry.on(Rule::path("/manifests/1.0", Answer::status(405)).method("HEAD"));
    let client = shop.client();
    assert!(client.manifest(&shop.tagged("1.0"), soon()).await.is_ok());
    shop.registry.on(Rule::path("/manifests/1.0", Answer::genuine().header("docker-content-digest", &other)));
    let gap = client.manifest(&shop.tagged("1.0"), soon()).await.unwrap_err();
    assert_eq!((gap.place, gap.cause), (Place::Tag, GapCause::DigestMismatch));
    assert_eq!(
        client.resolve(&shop.tagged("1.0"), soon()).await.unwrap_err().cause,
        GapCause::DigestMismatch
    );
}

#[tokio::test]
async fn the_digest_of_a_head_is_only_a_name_for_what_is_asked_next() {
    let shop = Shop::open();
    let named = Digest::sha256(b"what the registry makes up");
    let lie = Answer::genuine().header("docker-content-digest", &named.to_string());
    shop.registry.on(Rule::path("/manifests/1.0", lie).method("HEAD"));
    // It then hands out the image under that name, as to a careless client.
    shop.registry.on(Rule::path(&named.to_string(), Answer::bytes(&shop.image.bytes)).method("GET"));
    let evidence = shop.client().evidence(&shop.tagged("1.0"), &look(), Timestamp(5), soon()).await;
    assert_eq!(evidence.entries[0].digest, named);
    assert!(evidence.entries[0].manifest.is_none());
    let gap = evidence.entries[0].gaps.iter().find(|gap| gap.place == Place::Manifest).unwrap();
    assert_eq!(gap.cause, GapCause::DigestMismatch);
}

#[tokio::test]
async fn a_manifest_by_digest_has_that_digest_or_is_a_gap() {
    let shop = Shop::open();
    let fetched = shop.client().manifest(&shop.reference(), soon()).await.unwrap();
    assert_eq!(fetched.bytes.as_ref(), shop.image.bytes);
    assert_eq!(fetched.media_type, "application/vnd.oci.image.manifest.v1+json");

    let lie = Answer::bytes(b"{}").header("docker-content-digest", &shop.image.digest.to_string());
    shop.registry.on(Rule::path("/manifests/sha256:", lie));
    let gap = shop.client().manifest(&shop.reference(), soon()).await.unwrap_err();
    assert_eq!((gap.place, gap.cause), (Place::Manifest, GapCause::DigestMismatch));

    shop.registry.clear_rules();
    let absent = Reference::parse(&shop.registry.pinned(REPOSITORY, &Digest::sha256(b"absent"))).unwrap();
    assert_eq!(shop.client().manifest(&absent, soon()).await.unwrap_err().cause, GapCause::NotFound);
}

#[tokio::test]
async fn digests_of_the_longer_algorithms_are_checked_by_their_own() {
    for algorithm in [sealgate_verify::Algorithm::Sha384, sealgate_verify::Algorithm::Sha512] {
        let shop = Shop::open();
        let digest = Digest::of(algorithm, &shop.image.bytes);
        let reference = Reference::parse(&shop.registry.pinned(REPOSITORY, &digest)).unwrap();
        shop.registry.on(Rule::path(&digest.to_string(), Answer::bytes(&shop.image.bytes)).times(1));
        shop.registry.on(Rule::path(&digest.to_string(), Answer::bytes(b"other")));
        let client = shop.client();
        assert_eq!(client.manifest(&reference, soon()).await.unwrap().bytes.as_ref(), shop.image.bytes);
        assert_eq!(client.manifest(&reference, soon()).await.unwrap_err().cause, GapCause::DigestMismatch);
    }
}
