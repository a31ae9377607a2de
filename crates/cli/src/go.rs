//! Go's manners: how cosign's language reads flags, durations and regular expressions, and how it writes text and JSON.

pub(crate) mod base64;
pub(crate) mod csv;
pub(crate) mod duration;
pub(crate) mod flags;
pub(crate) mod int;
pub(crate) mod json;
pub(crate) mod path;
pub(crate) mod pem;
pub(crate) mod protojson;
pub(crate) mod quote;
pub(crate) mod regexp;
pub(crate) mod time;
pub(crate) mod x509;
