//! Counts what a registry is asked for one signed image, by how it is signed and what the registry demands.
//!
//! `cargo bench -p sealgate-oci`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program that measures and prints"
)]

use std::{collections::BTreeSet, time::Duration};

use sealgate_oci::{Client, Config, Credentials, Look};
use sealgate_testkit::{Auth, Registry};
use sealgate_verify::{Item, Place, Reference};
use tokio::time::Instant;

const ROUNDS: usize = 50;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        println!("one image, every place looked at, and its manifest\n");
        println!("{:<44} {:>9} {:>9} {:>12}", "", "first", "next", "median next");
        for (name, is_legacy, has_api, wants_token) in [
            ("bundle, referrers API", false, true, false),
            ("bundle, referrers API, token", false, true, true),
            ("bundle, fallback tag", false, false, false),
            (".sig tag, referrers API", true, true, false),
            (".sig tag, fallback tag", true, false, false),
        ] {
            let (first, next, median) = measure(is_legacy, has_api, wants_token).await;
            println!("{name:<44} {first:>9} {next:>9} {:>9.2} ms", median.as_secs_f64() * 1e3);
        }
    });
}

async fn measure(is_legacy: bool, has_api: bool, wants_token: bool) -> (usize, usize, Duration) {
    let registry = Registry::start_blocking();
    registry.set_referrers_api(has_api);
    let image = registry.push_image("acme/app", None, "seed");
    if is_legacy {
        let item = Item {
            bytes: b"payload".as_slice().into(),
            media_type: "application/vnd.dev.cosign.simplesigning.v1+json".to_owned(),
            annotations: [].into(),
            place: Place::SignatureTag,
        };
        registry.push_layers("acme/app", &image.digest, "sig", &[item]);
    } else {
        registry.push_bundle_bytes("acme/app", &image.digest, b"bundle");
    }
    if wants_token {
        registry.set_auth(Auth::Bearer { realm: None, credentials: None });
    }
    let config = Config { http_hosts: BTreeSet::from([registry.host()]), ..Config::default() };
    let client = Client::new(config, Credentials::anonymous()).expect("a client");
    let reference = Reference::parse(&registry.pinned("acme/app", &image.digest)).expect("a reference");
    let places = BTreeSet::from([Place::AttestationTag, Place::Referrers, Place::SignatureTag]);
    let look = Look { places, manifest: true, ..Look::default() };
    let mut counts = vec![];
    let mut times = vec![];
    for _ in 0..ROUNDS {
        registry.clear_journal();
        let started = Instant::now();
        let entry = client.gather(&reference, &image.digest, &look, started + Duration::from_secs(10)).await;
        times.push(started.elapsed());
        assert!(entry.items.len() == 1 && entry.gaps.is_empty(), "{:?}", entry.gaps);
        counts.push(registry.request_count());
    }
    times.sort();
    (
        counts.first().copied().unwrap_or_default(),
        counts.last().copied().unwrap_or_default(),
        times.get(ROUNDS / 2).copied().unwrap_or_default(),
    )
}
