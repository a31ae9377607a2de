//! Moves bytes from registries, bounded and digest-first. Knows nothing about signatures.
//!
//! Only bytes whose digest was computed here are read; a tag is asked for a name, and everything else by digest.
//! "Nothing there" (404) and "could not be found out" are different answers everywhere: the second is a
//! [`Gap`](sealgate_verify::Gap). Nothing trusts a registry with more than its own secret: token services, pages and
//! redirects elsewhere are refused, and no redirect carries a credential.
//!
//! Not obeyed: `HTTP_PROXY`, `HTTPS_PROXY` and the system's proxy settings (behind a proxy, nobody can tell which
//! address is spoken to), credential helpers, `urls` in descriptors, packed bodies. Link-local and metadata addresses
//! are never spoken to; this very machine only where configuration names it.

pub mod limits;

mod address;
mod challenge;
mod client;
mod credentials;
mod document;
mod fault;
mod gather;
mod lanes;
mod layout;
mod link;
mod manifest;
mod probe;
mod push;
mod retry;
mod rules;
mod save;
mod session;
mod source;
mod tls;
mod token;
mod transport;
mod turns;
mod wire;

pub use client::{Client, ClientError, Config, Fetched, Look, Resolved};
pub use credentials::{Credentials, Helper, Helpers};
pub use document::{Document, Image, Index};
pub use layout::{Kind, Layout, LayoutError, LayoutWriter};
pub use manifest::{Descriptor, Platform};
pub use push::Pusher;
pub use save::CopyError;
pub use turns::{Turn, Turns};
