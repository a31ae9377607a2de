//! The client against registries that behave, lie, stall and ask for secrets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

#[path = "registry/bounds.rs"]
mod bounds;
#[path = "registry/credentials.rs"]
mod credentials;
#[path = "registry/dark.rs"]
mod dark;
#[path = "registry/http2.rs"]
mod http2;
#[path = "registry/places.rs"]
mod places;
#[path = "registry/raw.rs"]
mod raw;
#[path = "registry/redirects.rs"]
mod redirects;
#[path = "registry/referring.rs"]
mod referring;
#[path = "registry/resolve.rs"]
mod resolve;
#[path = "registry/saving.rs"]
mod saving;
#[path = "registry/support.rs"]
mod support;
#[path = "registry/vectors.rs"]
mod vectors;
#[path = "registry/wrong.rs"]
mod wrong;
