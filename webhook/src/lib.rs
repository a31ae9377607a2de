//! AdmissionReview in, AdmissionReview out.
//!
//! The webhook's door: it reads which images an object names, asks [`sealgate::Engine`] about each, and answers. It decides
//! nothing itself; what it refuses on its own ([`Refusal`]) only ever closes.

mod admin;
mod connection;
mod gate;
mod http;
mod judge;
mod keeper;
pub mod kinds;
pub mod limits;
mod metrics;
mod options;
mod patience;
mod record;
mod refresh;
pub mod refusal;
pub mod respond;
pub mod review;
mod roots;
mod server;
mod shown;
mod sources;
mod state;
mod tls;

pub use options::{LogFormat, OldRoots, Options};
pub use refusal::Refusal;
pub use server::{Server, StartError};
pub use tls::TlsError;

pub(crate) use shown::shown;
