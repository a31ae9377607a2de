//! Every limit of this crate. Exceeding one is an error, never a truncation.

use std::time::Duration;

/// Bytes of a trusted root's file. The public-good one has about 12 KiB.
pub const ROOT_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Roots in files, side by side.
pub const ROOTS: usize = 32;
/// Bytes of a root's name.
pub const NAME_BYTES: usize = 63;

/// Bytes of one version of a repository's root metadata.
pub const ROOT_METADATA_BYTES: usize = 512_000;
/// Bytes of timestamp metadata.
pub const TIMESTAMP_METADATA_BYTES: usize = 16_384;
/// Bytes of snapshot metadata.
pub const SNAPSHOT_METADATA_BYTES: usize = 2_000_000;
/// Bytes of targets metadata.
pub const TARGETS_METADATA_BYTES: usize = 5_000_000;
/// Bytes of one key or certificate that a repository without a trusted root publishes.
pub const PIECE_BYTES: usize = 256 * 1024;
/// Keys and certificates of such a repository.
pub const PIECES: usize = 64;
/// Bytes of the name of one of them.
pub const NAME_OF_PIECE_BYTES: usize = 128;
/// Certificates that chains are looked for among. A trusted root has room for half as many chains.
pub const CERTIFICATES: usize = 128;
/// Bytes of a signing configuration, which `initialize` fetches for others.
pub const SIGNING_CONFIG_BYTES: usize = 1024 * 1024;
/// Versions of the root metadata that one refresh walks through. Sigstore's instances have had fewer than twenty in five years.
pub const ROTATIONS: u64 = 256;
/// Signatures of one file, and keys of one role.
pub const SIGNERS: usize = 64;
/// Bytes of what is kept of one repository on disk.
pub const KEPT_BYTES: usize = 32 * 1024 * 1024;

/// Files in the folder of one repository that a refresh looks through for what others left half written.
pub const LEFT_OVER: usize = 1_000;

/// How long a mirror may take to accept a connection.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long a mirror may say nothing.
pub const SILENT_FOR: Duration = Duration::from_secs(10);
/// How long one refresh may take as a whole, however slowly a mirror drips.
pub const REFRESH_WITHIN: Duration = Duration::from_secs(60);
/// How long a process waits for another that is writing the same cache.
pub const LOCK_WITHIN: Duration = Duration::from_secs(5);

/// Seconds after which a root should be refreshed: 180 days, in which Sigstore's instances sign their repository's root anew.
pub const REFRESH_AFTER_SECONDS: i64 = 180 * 86_400;
/// Seconds after which a root that could not be refreshed is no longer used: 365 days.
pub const MOST_AGE_SECONDS: i64 = 365 * 86_400;
/// Seconds that pass before an unknown key is again a reason to ask the network: one hour.
pub const PAUSE_SECONDS: i64 = 3_600;
/// Seconds by which the clock may be behind the last refresh: one day. Beyond it, nobody can say what has expired.
pub const CLOCK_BEHIND_SECONDS: i64 = 86_400;
