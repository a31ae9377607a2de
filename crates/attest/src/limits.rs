//! Every limit of this crate. Exceeding one is an error, never a truncation.

/// Bytes of a predicate type that somebody asks for.
pub const PREDICATE_TYPE_BYTES: usize = 1024;
