//! The numbers of this door, in one place. Each has a test at the number and one above.

use std::time::Duration;

/// Bytes of one AdmissionReview: an UPDATE carries two objects of up to 3 MiB, and options.
pub const BODY: usize = 7 * 1024 * 1024;

/// Bytes of bodies held at once, so that big reviews wait instead of filling the memory.
pub const BODIES: usize = 64 * 1024 * 1024;

/// Bytes of a body that need no room among those: ordinary reviews never wait for large ones.
pub const ORDINARY_BODY: usize = 64 * 1024;

/// Objects and arrays within each other.
pub const DEPTH: usize = 128;

/// Values in one AdmissionReview.
pub const NODES: usize = 1_000_000;

/// Bytes of a uid that is echoed.
pub const UID: usize = 256;

/// Bytes of a namespace's name, which is kept and logged; API servers know none above 63.
pub const NAMESPACE: usize = 253;

/// References walked in one object.
pub const CONTAINERS: usize = 512;

/// Different images judged in one review.
pub const IMAGES: usize = 64;

/// Images of one review that are judged at the same time.
pub const IMAGES_AT_ONCE: usize = 16;

/// Bytes of the message that a user reads, of one line in it, of one cause and of one audit annotation.
pub const MESSAGE: usize = 4 * 1024;
/// Bytes of one reason, wherever it is shown.
pub const REASON: usize = 1024;

/// Entries of `status.details.causes`.
pub const CAUSES: usize = 64;

/// Warnings of one answer; the API server's budget for all is 4096 characters.
pub const WARNINGS: usize = 32;

/// Characters of one warning.
pub const WARNING: usize = 120;

/// Reviews judged at the same time.
pub const REVIEWS: usize = 128;

/// Reviews of one namespace judged at the same time, so that one whose registry is dead leaves room for all others.
pub const REVIEWS_OF_ONE: usize = REVIEWS / 2;

/// How long a review waits for its turn.
pub const QUEUE: Duration = Duration::from_secs(1);

/// Connections held open.
pub const CONNECTIONS: usize = 1024;

/// Connections held open on the port for probes and metrics.
pub const ADMIN_CONNECTIONS: usize = 64;

/// TLS handshakes at the same time.
pub const HANDSHAKES: usize = 64;

/// How long a TLS handshake may take.
pub const HANDSHAKE: Duration = Duration::from_secs(3);

/// How long a caller that has begun a handshake may wait for its turn.
pub const HANDSHAKE_TURN: Duration = Duration::from_secs(5);

/// How long the first request of a connection may keep us waiting.
pub const FIRST_REQUEST: Duration = Duration::from_secs(10);

/// How long a connection may idle between requests. Longer than the API server's 90 s: it must be the one to close,
/// since a request that meets a closing connection is a failed call.
pub const IDLE: Duration = Duration::from_secs(120);

/// How long a body may take.
pub const BODY_TIME: Duration = Duration::from_secs(5);

/// Age at which a connection is asked to close, so that load finds new replicas.
pub const CONNECTION_AGE: Duration = Duration::from_mins(5);

/// Requests after which a connection is asked to close.
pub const CONNECTION_REQUESTS: u64 = 10_000;

/// The API server's default patience, where it does not say.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The longest patience that a webhook configuration can state.
pub const MOST_PATIENCE: Duration = Duration::from_secs(30);

/// How long before the end of its patience the API server has our answer.
pub const ANSWER_EARLY: Duration = Duration::from_millis(500);

/// How long before our answer the judging ends, so that there is time to write it.
pub const WRITE_ANSWER: Duration = Duration::from_millis(100);

/// Bytes of one policy file.
pub const POLICY_FILE: u64 = 1024 * 1024;

/// Files in the policies' folder.
pub const POLICY_FILES: usize = 500;

/// How often files are looked at.
pub const POLL: Duration = Duration::from_secs(2);

/// Bytes of a file that is read once at the start: certificates, keys, credentials.
pub const START_FILE: usize = 4 * 1024 * 1024;

/// How often a root is refreshed, where a mirror is named.
pub const ROOT_REFRESH: Duration = Duration::from_hours(24);
/// How long after a refresh that failed the next is tried.
pub const ROOT_RETRY: Duration = Duration::from_hours(1);
/// The same where there is no root of that name at all yet.
pub const ROOT_FIRST_RETRY: Duration = Duration::from_secs(30);
/// How often the log says that a root is old.
pub const OLD_ROOT_SAID: Duration = Duration::from_hours(24);

/// How long an allowed digest is not logged again in one namespace.
pub const LOG_ALLOWS: Duration = Duration::from_mins(10);

/// Digests remembered for that.
pub const LOGGED_DIGESTS: u64 = 10_000;

/// How long, after the grace time, a draining replica still answers 503 to those who come.
pub const DRAIN_TAIL: Duration = Duration::from_secs(2);
