//! What a hostile or broken repository can try, against one that the testkit signs, served on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

#[path = "repository/age.rs"]
mod age;
#[path = "repository/cache.rs"]
mod cache;
#[path = "repository/keys.rs"]
mod keys;
#[path = "repository/mirrors.rs"]
mod mirrors;
#[path = "repository/namesakes.rs"]
mod namesakes;
#[path = "repository/pieces.rs"]
mod pieces;
#[path = "repository/scene.rs"]
mod scene;
#[path = "repository/targets.rs"]
mod targets;
#[path = "repository/versions.rs"]
mod versions;
