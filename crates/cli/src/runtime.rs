//! A small runtime, for the verbs that speak to registries. Verifying a file never starts one.

use std::io;

/// One thread, network and timers.
pub(crate) fn network() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
