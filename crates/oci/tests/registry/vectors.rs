//! Really signed images, and their mutations, as their layouts hold them.

use std::collections::BTreeSet;

use sealgate_oci::{Client, Config, Credentials};
use sealgate_testkit::{Registry, Vectors};
use sealgate_verify::{Item, Place, Reference, Timestamp};

use crate::support::{look, soon};

#[tokio::test]
async fn real_images_bring_what_their_layouts_hold() {
    let Some(vectors) = Vectors::find("real_images_bring_what_their_layouts_hold") else { return };
    let registries = [true, false].map(|has_api| {
        let registry = Registry::start_blocking();
        registry.set_referrers_api(has_api);
        registry
    });
    let http_hosts: BTreeSet<_> = registries.iter().map(Registry::host).collect();
    let config = Config { http_hosts, cosign_limits: true, ..Config::default() };
    let client = Client::new(config, Credentials::anonymous()).unwrap();
    let (mut seen, mut found, mut dark) = (BTreeSet::new(), 0, 0);
    for vector in vectors.of_kind("oci-verify") {
        let layout = vectors.layout(vector);
        let (Some(name), Some(image)) = (vector.layout.clone(), layout.image()) else { continue };
        if !seen.insert(name.clone()) {
            continue;
        }
        let repository = format!("acme/app{}", seen.len());
        for registry in &registries {
            layout.push(registry, &repository);
            let written = registry.pinned(&repository, image);
            let reference = Reference::parse(&written).unwrap();
            let entry = client.gather(&reference, image, &look(), soon()).await;
            let held = layout.evidence(&written, image, Timestamp(0)).entries.remove(0);
            let is_ours =
                |item: &&Item| item.place != Place::Referrers || item.media_type.contains("sigstore.bundle");
            let held: Vec<&Item> = held.items.iter().filter(is_ours).collect();
            let is_same = |one: &Item, other: &Item| {
                one.bytes == other.bytes
                    && one.media_type == other.media_type
                    && one.annotations == other.annotations
            };
            for item in &entry.items {
                assert!(held.iter().any(|other| is_same(item, other)), "{name}: from nowhere");
            }
            // What is held is found, or its place says why not.
            for item in held {
                let places = match item.place {
                    Place::Referrers => vec![Place::Referrers, Place::FallbackTag],
                    place => vec![place],
                };
                let is_dark = entry.gaps.iter().any(|gap| places.contains(&gap.place));
                let is_found = entry.items.iter().any(|other| is_same(item, other));
                assert!(is_found || is_dark, "{name}: hidden");
                found += usize::from(is_found);
                dark += usize::from(!is_found);
            }
        }
    }
    println!("{} layouts: {found} items found, {dark} with a gap instead", seen.len());
    assert!(seen.len() > 50 && found > 100 + 10 * dark, "{} layouts, {found} found, {dark} dark", seen.len());
}
