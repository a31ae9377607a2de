//! Every limit of this crate. Exceeding one is an error, never a truncation.

/// Bytes of a certificate, DER. Fulcio's have about 1,500.
pub const CERTIFICATE_BYTES: usize = 16 * 1024;
/// Extensions of a certificate.
pub const CERTIFICATE_EXTENSIONS: usize = 40;
/// Bytes of a pattern.
pub const PATTERN_BYTES: usize = 512;
/// Bytes of a regular expression, as written.
pub const REGEX_BYTES: usize = 4 * 1024;
/// Bytes of a compiled regular expression.
pub const REGEX_COMPILED_BYTES: usize = 256 * 1024;
/// Bytes of an image reference.
pub const REFERENCE_BYTES: usize = 512;
/// Bytes of a reference's repository path.
pub const REPOSITORY_BYTES: usize = 255;
/// Bytes of a tag.
pub const TAG_BYTES: usize = 128;
/// Bytes of a managed key's PEM.
pub const KEY_BYTES: usize = 16 * 1024;
/// Bits of the smallest RSA key.
pub const RSA_BITS_LEAST: usize = 2048;
/// Bits of the largest RSA key: a check costs its square.
pub const RSA_BITS_MOST: usize = 4096;
/// Bytes of an evidence file: what may be fetched for an image, in base64, and room for the rest.
pub const EVIDENCE_BYTES: usize = 96 * 1024 * 1024;
/// Entries of an evidence file: an image and its platforms.
pub const EVIDENCE_ENTRIES: usize = 64;
/// Items of one entry of an evidence file. Cosign's verbs look at 100.
pub const EVIDENCE_ITEMS: usize = 128;
