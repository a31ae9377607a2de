//! Finds the third-party vectors beside the project, or says that a test was skipped.

use std::path::PathBuf;

use sealgate_verify::Timestamp;

/// `part` of the vectors, or nothing, said aloud, where they are absent.
pub(crate) fn folder(part: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors");
    let base = std::env::var("SEALGATE_VECTORS").map_or_else(|_| PathBuf::from(beside), PathBuf::from);
    let path = base.join(part);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not here (SEALGATE_VECTORS names the folder of vectors)", path.display());
    None
}

/// A time after every vector was made.
pub(crate) fn now() -> Timestamp {
    Timestamp(1_795_262_400)
}
