//! Everything that tests need and products must not have: a virtual Sigstore, a registry that can lie, the vectors.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

pub mod authority;
pub mod certificate;
pub mod ctlog;
pub mod der;
pub mod forwarder;
pub mod identity;
pub mod key;
pub mod log;
mod loopback;
pub mod oidc;
pub mod process;
pub mod recipe;
pub mod registry;
pub mod signed;
pub mod timestamp;
pub mod tuf;
pub mod vectors;
pub mod world;

pub use authority::{Authority, CtLog, SctProfile};
pub use certificate::{CertificateProfile, Extension, San};
pub use identity::Identity;
pub use key::{KeyKind, SigningKey, base64, pem_block, sha256, unbase64};
pub use log::{Checkpoint, Log, LogEntry, LogVersion, NoteSignature, Promise, Proof};
pub use recipe::{
    Content, EntryKind, Format, Patch, Patches, Recipe, Who, pre_authentication_encoding, sign_statement,
    statement,
};
pub use registry::{Answer, Auth, Body, Image, Recorded, Registry, Rule};
pub use signed::Signed;
pub use timestamp::{TimestampAuthority, TimestampProfile};
pub use tuf::{Manner, OlderTarget, TUF_NOW, Tuf, TufFiles, TufMirror, older_targets};
pub use vectors::{Layout, Vector, Vectors};
pub use world::{World, evidence};
