//! The numbers of the hall, in one place. Lifetimes are those of the semantics page, section 7.

use std::time::Duration;

/// How long a denial is repeated before evidence is gathered anew.
pub const DENIAL_LIFETIME: Duration = Duration::from_secs(15);

/// How long a grant is repeated before it is decided again from kept evidence.
pub const GRANT_LIFETIME: Duration = Duration::from_mins(10);

/// How long *could not find out* is repeated; short, for it is news about the moment.
pub const UNKNOWN_LIFETIME: Duration = Duration::from_secs(3);

/// Bytes of verdicts kept. An ordinary one has less than 2 KiB; how long one is, is up to whoever writes the evidence.
pub const VERDICT_BYTES: u64 = 20 * 1024 * 1024;

/// Bytes of evidence kept.
pub const EVIDENCE_BYTES: u64 = 24 * 1024 * 1024;

/// The most time that a gathering may go on after nobody waits for it any more.
pub const BACKGROUND: Duration = Duration::from_secs(30);

/// Gatherings under way; those that nobody waits for any more count as well. One for each image of all reviews that the
/// webhook judges at a time, and some to spare.
pub const GATHERINGS: usize = 2560;

/// Gatherings under way for one namespace, or for all that has none: one for each image of its share of the reviews.
pub const GATHERINGS_OF_ONE: usize = 1024;

/// How long a caller waits for what another namespace gathers already, before it gathers for itself.
pub const GO_ALONG: Duration = Duration::from_millis(500);

/// Beyond so many gatherings none is begun that nobody waits for.
pub const GATHERINGS_BEHIND: usize = 256;

/// The most items that an entry may have after what was seen before an outage is added to it.
pub const MERGED_ITEMS: usize = 128;

/// How much of the caller's patience is set apart for deciding; of a short patience, a tenth.
pub const DECIDING: Duration = Duration::from_millis(300);
