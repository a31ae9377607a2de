//! Every limit of this crate. Exceeding one is an error, never a truncation.

/// Bytes of a certificate, DER. Fulcio's have about 1,500.
pub const CERTIFICATE_BYTES: usize = 16 * 1024;
/// Extensions of a certificate.
pub const CERTIFICATE_EXTENSIONS: usize = 40;
