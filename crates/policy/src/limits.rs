//! Every number that bounds this crate, and where it comes from.
//!
//! The caps of a document are those that its published schema carries, so files and cluster objects have the same.

/// Bytes of one source; an object in a cluster has at most 1.5 MiB.
pub const SOURCE_BYTES: usize = 1 << 20;
/// Documents in one source.
pub const DOCUMENTS: usize = 500;
/// Policies in one set.
pub const POLICIES: usize = 500;
/// Values in one source, keys counted too.
pub const NODES: usize = 100_000;
/// How deep a document nests.
pub const DEPTH: usize = 32;
/// Faults that are reported before the loader stops counting.
pub const FINDINGS: usize = 200;

/// Bytes of a name.
pub const NAME_BYTES: usize = 63;
/// Signers of one policy.
pub const SIGNERS: usize = 64;
/// Requirements of one policy.
pub const REQUIREMENTS: usize = 32;
/// Alternatives of one `anyOf`.
pub const ALTERNATIVES: usize = 8;
/// Leaves of one alternative.
pub const LEAVES: usize = 8;
/// Names in one `by`.
pub const BY: usize = 32;
/// Patterns in `images`, and in `exceptImages`.
pub const IMAGES: usize = 256;
/// Roots of one signer.
pub const ROOTS: usize = 8;
/// Claims of one signer.
pub const CLAIMS: usize = 32;
/// Hosts in `registries`.
pub const REGISTRIES: usize = 256;
/// Bytes of one pattern, issuer, subject or regular expression.
pub const PATTERN_BYTES: usize = 512;
/// Bytes of one PEM key.
pub const PEM_BYTES: usize = 8 << 10;
/// Bytes of `help` and of `unsigned.reason`.
pub const HELP_BYTES: usize = 512;

/// Characters of foreign text (subjects, registry messages) that a message repeats.
pub const SHOWN_CHARACTERS: usize = 256;
/// Steps of the exact search behind `atLeast`, which only signers that share keys across identities can need.
pub const SHARING_STEPS: usize = 100_000;
/// Bytes of one compiled regular expression.
pub const REGEX_BYTES: usize = 256 << 10;
