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

/// Bytes of a bundle, a legacy payload or a legacy envelope; attestations carry whole SBOMs.
pub const BUNDLE_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of a simple-signing payload. Real ones have under 1 KiB.
pub const SIMPLE_SIGNING_BYTES: usize = 64 * 1024;
/// Bytes of one annotation of a legacy layer.
pub const ANNOTATION_BYTES: usize = 1024 * 1024;
/// Bytes of a signed statement.
pub const STATEMENT_BYTES: usize = 16 * 1024 * 1024;
/// Log entries of one bundle.
pub const LOG_ENTRIES: usize = 8;
/// Timestamps of one bundle.
pub const TIMESTAMPS: usize = 8;
/// Signed certificate timestamps in one certificate.
pub const SCTS: usize = 8;
/// Bytes of a signed certificate timestamp beside its certificate, as JSON. Real ones have under 300.
pub const DETACHED_SCT_BYTES: usize = 16 * 1024;
/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 4 * 1024;
/// Bytes of a log entry's body; `intoto` entries may embed their statement.
pub const ENTRY_BODY_BYTES: usize = 1024 * 1024;
/// Bytes of a checkpoint.
pub const CHECKPOINT_BYTES: usize = 8 * 1024;
/// Signature lines of a checkpoint.
pub const CHECKPOINT_SIGNATURES: usize = 32;
/// Hashes of an inclusion proof: the height of a tree.
pub const PROOF_HASHES: usize = 63;
/// Bytes of a timestamp token.
pub const TIMESTAMP_BYTES: usize = 64 * 1024;
/// Certificates of a bundle: the leaf and its intermediates.
pub const CHAIN_CERTIFICATES: usize = 5;
/// Signatures of an envelope.
pub const ENVELOPE_SIGNATURES: usize = 1;
/// Subjects of a statement.
pub const SUBJECTS: usize = 1024;
/// Digests of one subject.
pub const SUBJECT_DIGESTS: usize = 16;
/// Depth of JSON.
pub const JSON_DEPTH: usize = 64;
/// Characters of a number in JSON.
pub const JSON_NUMBER: usize = 32;
/// Bytes of a trusted root.
pub const ROOT_BYTES: usize = 4 * 1024 * 1024;
/// Keys and authorities of each kind in a trusted root.
pub const ROOT_MEMBERS: usize = 64;
/// Seconds by which a proven time may lie after `now`: a clock of ours that is behind must not refuse what was just signed.
pub const CLOCK_BEHIND_SECONDS: i64 = 60;
/// Certificates in a timestamp token.
pub const TIMESTAMP_CERTIFICATES: usize = 8;
