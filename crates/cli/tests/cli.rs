//! The command line as its users meet it: words in, bytes and an exit code out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

#[path = "cli/ask.rs"]
mod ask;
#[path = "cli/attacks.rs"]
mod attacks;
#[path = "cli/bundles.rs"]
mod bundles;
#[path = "cli/collections.rs"]
mod collections;
#[path = "cli/conformance.rs"]
mod conformance;
#[path = "cli/credentials.rs"]
mod credentials;
#[path = "cli/deciding.rs"]
mod deciding;
#[path = "cli/downloading.rs"]
mod downloading;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/freshness.rs"]
mod freshness;
#[path = "cli/hints.rs"]
mod hints;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/images.rs"]
mod images;
#[path = "cli/keys.rs"]
mod keys;
#[path = "cli/limits.rs"]
mod limits;
#[path = "cli/loading.rs"]
mod loading;
#[path = "cli/manners.rs"]
mod manners;
#[path = "cli/names.rs"]
mod names;
#[path = "cli/narrowing.rs"]
mod narrowing;
#[path = "cli/policies.rs"]
mod policies;
#[path = "cli/process.rs"]
mod process;
#[path = "cli/reading.rs"]
mod reading;
#[path = "cli/referring.rs"]
mod referring;
#[path = "cli/roots.rs"]
mod roots;
#[path = "cli/saving.rs"]
mod saving;
#[path = "cli/scts.rs"]
mod scts;
#[path = "cli/surface.rs"]
mod surface;
#[path = "cli/typed.rs"]
mod typed;
#[path = "cli/vectors.rs"]
mod vectors;
#[path = "cli/verdict.rs"]
mod verdict;
#[path = "cli/words.rs"]
mod words;
