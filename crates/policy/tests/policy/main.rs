//! The policy room, seen from outside. One binary, so that everything is linked once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

mod fields;
mod gaps;
mod hostile;
mod limits;
mod lints;
mod matching;
mod properties;
mod refusals;
mod schema;
mod sets;
mod shipped;
mod support;
mod verdicts;
