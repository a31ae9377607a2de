//! Moves bytes from registries, bounded and digest-first. Knows nothing about signatures.

mod client;

pub use client::{Client, ClientError, Config, Credentials, Fetched, Look, Resolved};
