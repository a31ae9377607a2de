//! Every limit of this crate. Exceeding one is an error, never a truncation.

/// Bytes of a trusted root's file. The public-good one has about 12 KiB.
pub const ROOT_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Roots in files, side by side.
pub const ROOTS: usize = 32;
/// Bytes of a root's name.
pub const NAME_BYTES: usize = 63;
