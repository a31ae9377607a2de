//! Where redirects and pages lead, and what goes along: nothing.

use std::time::Duration;

use sealgate_oci::{Client, Config, Credentials, limits};
use sealgate_testkit::{Answer, Auth, Body, Registry, Rule};
use sealgate_verify::{Digest, Entry, GapCause, Place};

use crate::support::{REPOSITORY, Shop, authorizations, bytes_of, gaps, requests};

fn signed() -> Shop {
    let shop = Shop::open();
    shop.push_bundle(b"bundle");
    shop
}

/// A client with a password for `shop`, that may speak plain http to both.
fn client(shop: &Shop, store: &Registry) -> Client {
    let config = Config { http_hosts: [shop.registry.host(), store.host()].into(), ..Config::default() };
    let credentials = Credentials::anonymous()
        .with_password(&shop.registry.host(), "robot", "sesame")
        .with_password(&store.host(), "robot", "of the store");
    Client::new(config, credentials).unwrap()
}

fn is_dark(entry: &Entry, place: Place, cause: GapCause) -> bool {
    gaps(entry).into_iter().collect::<Vec<_>>() == [(place, cause)]
}

#[tokio::test]
async fn no_credential_follows_a_redirect() {
    for auth in [
        Auth::Basic("robot".into(), "sesame".into()),
        Auth::Bearer { realm: None, credentials: Some(("robot".into(), "sesame".into())) },
    ] {
        let (shop, store) = (signed(), Registry::start_blocking());
        shop.registry.set_auth(auth);
        for status in [301, 302, 303, 307, 308] {
            let there = format!("http://{}/stored?signature=1", store.host());
            shop.registry.clear_rules();
            shop.registry.on(Rule::path("/blobs/", Answer::status(status).header("location", &there))
                .header("authorization", " "));
            store.clear_rules();
            store.on(Rule::path("/stored", Answer::bytes(b"bundle")));
            let entry = shop.gather_with(&client(&shop, &store)).await;
            assert_eq!(
                (bytes_of(&entry), entry.gaps.len()),
                (vec![b"bundle".as_slice()], 0),
                "{:?}",
                entry.gaps
            );
        }
        assert_eq!(store.request_count(), 5);
        assert!(authorizations(&store).is_empty());
        assert!(!authorizations(&shop.registry).is_empty());
    }
}

#[tokio::test]
async fn no_credential_comes_back_with_a_redirect_to_where_it_came_from() {
    let (shop, store) = (signed(), Registry::start_blocking());
    shop.registry.set_auth(Auth::Basic("robot".into(), "sesame".into()));
    shop.registry.on(Rule::path("/blobs/", Answer::redirect(&format!("http://{}/there", store.host())))
        .header("authorization", " "));
    store.on(Rule::path("/there", Answer::redirect(&format!("http://{}/back", shop.registry.host()))));
    shop.registry.on(Rule::path("/back", Answer::bytes(b"bundle")));
    let entry = shop.gather_with(&client(&shop, &store)).await;
    assert_eq!(bytes_of(&entry), [b"bundle"], "{:?}", entry.gaps);
    let back = shop.registry.journal().into_iter().find(|request| request.target == "/back").unwrap();
    assert_eq!(back.header("authorization"), None);
}

#[tokio::test]
async fn a_blob_is_not_fetched_from_where_nobody_may_go() {
    let (shop, other) = (signed(), Registry::start_blocking());
    let port = other.address().port();
    for location in [
        format!("http://{}/x", other.host()),
        format!("http://localhost:{port}/x"),
        format!("http://[::1]:{port}/x"),
        format!("http://2130706433:{port}/x"),
        format!("https://{}/x", other.host()),
        format!("http://robot:x@{}/x", shop.registry.host()),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://[::ffff:169.254.169.254]/".to_owned(),
        "https://[64:ff9b::a9fe:a9fe]/".to_owned(),
        "https://0.0.0.0/".to_owned(),
        "https://[::]/".to_owned(),
        "https://metadata.localhost/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "data:text/plain,bundle".to_owned(),
        "gopher://x/".to_owned(),
    ] {
        shop.registry.clear_rules();
        shop.registry.on(Rule::path("/blobs/", Answer::redirect(&location)));
        let entry = shop.gather().await;
        assert!(is_dark(&entry, Place::Referrers, GapCause::HostForbidden), "{location}: {:?}", entry.gaps);
    }
    assert_eq!(requests(&other), Vec::<String>::new());
    shop.registry.clear_rules();
    shop.registry.on(Rule::path("/v2/acme/app/blobs/", Answer::redirect("/elsewhere")));
    shop.registry.on(Rule::path("/elsewhere", Answer::bytes(b"bundle")));
    assert_eq!(shop.gather().await.gaps, []);
}

#[tokio::test]
async fn what_a_redirect_brings_is_hashed_like_everything() {
    let shop = signed();
    shop.registry.on(Rule::path("/blobs/", Answer::redirect("/elsewhere")));
    shop.registry.on(Rule::path("/elsewhere", Answer::bytes(b"elbnub")));
    assert!(is_dark(&shop.gather().await, Place::Referrers, GapCause::DigestMismatch));
}

#[tokio::test]
async fn redirects_are_counted() {
    let chain = |length: usize| {
        let shop = signed();
        shop.registry.on(Rule::path("/blobs/", Answer::redirect("/hop/1/")));
        for hop in 1..length {
            shop.registry
                .on(Rule::path(&format!("/hop/{hop}/"), Answer::redirect(&format!("/hop/{}/", hop + 1))));
        }
        shop.registry.on(Rule::path(&format!("/hop/{length}/"), Answer::bytes(b"bundle")));
        shop
    };
    assert_eq!(chain(limits::REDIRECTS).gather().await.gaps, []);
    let shop = chain(limits::REDIRECTS + 1);
    assert!(is_dark(&shop.gather().await, Place::Referrers, GapCause::Limit));

    let shop = signed();
    shop.registry.on(Rule::path("/blobs/", Answer::genuine().header("x", "y")).times(0));
    shop.registry.on(Rule::path(
        "/blobs/",
        Answer::redirect(&format!("/v2/{REPOSITORY}/blobs/{}", Digest::sha256(b"bundle"))),
    ));
    assert!(is_dark(&shop.gather().await, Place::Referrers, GapCause::Limit));
    assert_eq!(
        requests(&shop.registry).iter().filter(|it| it.contains("/blobs/")).count(),
        limits::REDIRECTS + 1
    );
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_an_unexpected_answer() {
    for answer in [Answer::status(302), Answer::status(300), Answer::status(304)] {
        let shop = signed();
        shop.registry.on(Rule::path("/blobs/", answer));
        assert!(is_dark(&shop.gather().await, Place::Referrers, GapCause::UnexpectedAnswer));
    }
}

#[tokio::test]
async fn manifests_tags_and_lists_are_not_redirected() {
    let store = Registry::start_blocking();
    for (path, place) in [
        ("/referrers/", Place::Referrers),
        (".sig", Place::SignatureTag),
        (".att", Place::AttestationTag),
        ("/manifests/sha256:", Place::Manifest),
    ] {
        for there in [format!("http://{}/x", store.host()), "/elsewhere".to_owned()] {
            let shop = Shop::open();
            shop.registry.on(Rule::path(path, Answer::redirect(&there)));
            let entry = shop.gather_with(&client(&shop, &store)).await;
            assert!(is_dark(&entry, place, GapCause::HostForbidden), "{:?}", entry.gaps);
        }
    }
    assert_eq!(store.request_count(), 0);
}

#[tokio::test]
async fn pages_elsewhere_are_not_read_and_those_read_are_kept() {
    let (shop, other) = (signed(), Registry::start_blocking());
    let path = format!("/v2/{REPOSITORY}/referrers/{}", shop.image.digest);
    for target in [
        format!("http://{}{path}?last=1", other.host()),
        format!("//{}{path}?last=1", other.host()),
        "http://169.254.169.254/latest".to_owned(),
        format!("https://{}{path}?last=1", shop.registry.host()),
        format!("http://robot@{}{path}?last=1", shop.registry.host()),
        format!("/v2/victim/referrers/{}?last=1", shop.image.digest),
        "../../victim/referrers/x".to_owned(),
    ] {
        shop.registry.clear_rules();
        let link = format!(r#"<{target}>; rel="next""#);
        shop.registry.on(Rule::path("/referrers/", Answer::genuine().header("link", &link)));
        let entry = shop.gather_with(&client(&shop, &other)).await;
        assert!(is_dark(&entry, Place::Referrers, GapCause::HostForbidden), "{target}: {:?}", entry.gaps);
        assert_eq!(entry.items.len(), 1);
    }
    assert_eq!(other.request_count(), 0);
}

#[tokio::test]
async fn pages_without_end_end_at_a_limit() {
    let shop = signed();
    let path = format!("/v2/{REPOSITORY}/referrers/{}", shop.image.digest);
    // Round in a circle.
    let link = format!(r#"<{path}>; rel="next""#);
    shop.registry.on(Rule::path("/referrers/", Answer::genuine().header("link", &link)));
    let entry = shop.gather().await;
    assert!(is_dark(&entry, Place::Referrers, GapCause::Limit), "{:?}", entry.gaps);
    assert_eq!(entry.items.len(), 1);
    assert_eq!(requests(&shop.registry).iter().filter(|it| it.contains("/referrers/")).count(), 1);
}

#[tokio::test]
async fn a_page_that_stays_dark_keeps_the_others() {
    for (answer, cause) in [
        (Answer::status(404), GapCause::UnexpectedAnswer),
        (Answer::status(403), GapCause::AccessDenied),
        (Answer::status(500), GapCause::Unreachable),
        (Answer::bytes(b"{}").header("content-type", "text/html"), GapCause::UnexpectedAnswer),
        (Answer::status(200).body(Body::Drip(vec![b' '; 9], 1, Duration::from_secs(3))), GapCause::Timeout),
    ] {
        let shop = signed();
        shop.push_bundle(b"on page two");
        shop.registry.set_page_size(Some(1));
        shop.registry.on(Rule::path("last=1", answer.clone()));
        let entry = shop.gather().await;
        assert!(is_dark(&entry, Place::Referrers, cause), "{answer:?}: {:?}", entry.gaps);
        assert_eq!(entry.items.len(), 1);
    }
}
