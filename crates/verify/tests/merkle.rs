//! Inclusion proofs of the transparency-dev suite, against the core that we hold proofs to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may stop"
)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealgate_testkit::vectors::Vectors;
use serde_json::Value;
use sigstore_types::Sha256Hash;

fn hash(value: &Value) -> Option<Sha256Hash> {
    Sha256Hash::try_from(STANDARD.decode(value.as_str()?).ok()?.as_slice()).ok()
}

fn holds(proof: &Value) -> bool {
    let list = proof["proof"].as_array().cloned().unwrap_or_default();
    let hashes: Option<Vec<_>> = list.iter().map(hash).collect();
    let (Some(hashes), Some(leaf), Some(root)) = (hashes, hash(&proof["leafHash"]), hash(&proof["root"]))
    else {
        return false;
    };
    let (Some(index), Some(size)) = (proof["leafIdx"].as_u64(), proof["treeSize"].as_u64()) else {
        return false;
    };
    sigstore_merkle::verify_inclusion_proof(&leaf, index, size, &hashes, &root).is_ok()
}

#[test]
fn inclusion_proofs_hold_exactly_where_the_reference_says() {
    let Some(vectors) = Vectors::find("inclusion_proofs_hold_exactly_where_the_reference_says") else {
        return;
    };
    let mut count = 0;
    for vector in vectors.of_kind("merkle-inclusion") {
        let proof: Value = serde_json::from_slice(&vectors.read(&vector.files[0])).unwrap();
        assert_eq!(holds(&proof), vector.expect == "pass", "{}", vector.id);
        count += 1;
    }
    assert!(count >= 90, "only {count} proofs");
}
