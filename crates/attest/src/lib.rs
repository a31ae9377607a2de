//! This crate opens no socket, reads no clock, no file and no environment, and does not log.
//!
//! What does a verified statement claim?
