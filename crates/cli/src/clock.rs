//! The wall clock; the rooms below are told the time.

use std::time::{SystemTime, UNIX_EPOCH};

use sealgate::verify::Timestamp;

/// Now, in whole seconds.
pub(crate) fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
}
