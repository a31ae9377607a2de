//! AdmissionReview in, AdmissionReview out.
//!
//! The webhook's door: it reads which images an object names, asks [`sealgate::Engine`] about each, and answers. It decides
//! nothing itself; what it refuses on its own ([`Refusal`]) only ever closes.

pub mod kinds;
pub mod limits;
pub mod refusal;
pub mod respond;
pub mod review;
mod shown;

pub use refusal::Refusal;

pub(crate) use shown::shown;
