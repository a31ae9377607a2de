//! The loader reads every vector that there is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

use sealgate_testkit::{Registry, Vectors};
use sealgate_verify::Timestamp;

#[test]
fn every_layout_is_read_into_a_registry_and_into_evidence() {
    let Some(vectors) = Vectors::find("every_layout_is_read_into_a_registry_and_into_evidence") else {
        return;
    };
    let registry = Registry::start_blocking();
    let mut items = 0;
    let mut layouts = std::collections::BTreeSet::new();
    for vector in vectors.of_kind("oci-") {
        if !layouts.insert(vector.layout.clone()) {
            continue;
        }
        let layout = vectors.layout(vector);
        layout.push(&registry, "v");
        let digest = vector.digest.as_ref().unwrap().parse().unwrap();
        assert!(layout.image().is_none_or(|image| *image == digest), "{}", vector.id);
        items += layout.evidence("v", &digest, Timestamp(0)).entries[0].items.len();
    }
    assert!(layouts.len() >= 60 && items >= 80, "{} layouts, {items} items", layouts.len());
    assert!(
        vectors.of_kind("bundle-").all(|vector| vector.bundle.is_some() && vector.trusted_root.is_some())
    );
}
