//! Every number that bounds what a registry can make us do.
//!
//! Values: a registry's honest answers with room to spare, and nothing that a hostile one could grow. Hitting one is
//! a gap, never an answer cut short and taken for whole.

use std::time::Duration;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Bytes of one manifest, index or list of referrers.
pub const MANIFEST_BYTES: u64 = 4 * MIB;
/// Descriptors in one manifest.
pub const MANIFEST_DESCRIPTORS: usize = 1000;
/// Bytes of one bundle or attestation.
pub const BLOB_BYTES: u64 = 32 * MIB;
/// Bytes of one simple-signing payload.
pub const SIMPLE_SIGNING_BYTES: u64 = 64 * KIB;
/// Bytes fetched for one image, everything together.
pub const IMAGE_BYTES: u64 = 48 * MIB;
/// Bytes that all gatherings under way may hold together; with caches and bodies it fits the shipped memory limit.
pub const BYTES_HELD: u64 = 96 * MIB;
/// Bytes that gatherings on behalf of one namespace may hold together.
pub const BYTES_HELD_FOR_ONE: u64 = BYTES_HELD / 2;
/// Bytes that may be on their way at one time, over all images.
pub const BYTES_IN_FLIGHT: u64 = 256 * MIB;
/// Bytes that may be on their way at one time on behalf of one namespace.
pub const BYTES_IN_FLIGHT_OF_ONE: u64 = BYTES_IN_FLIGHT / 2;
/// Signatures and attestations handed on for one image.
pub const ITEMS: usize = 64;
/// The same for cosign's verbs.
pub const ITEMS_FOR_COSIGN: usize = 100;

/// Descriptors of referrers, over all pages.
pub const REFERRERS: usize = 200;
/// Pages of the referrers list.
pub const REFERRERS_PAGES: usize = 10;
/// Bytes of the referrers list, over all pages.
pub const REFERRERS_BYTES: u64 = 4 * MIB;

/// Blobs of one algorithm in a layout's folder.
pub const LAYOUT_BLOBS: usize = 10_000;
/// Bytes of a layout's blobs that are looked through for referrers.
pub const LAYOUT_SCANNED_BYTES: u64 = 64 * MIB;

/// Bytes of one blob that is saved or loaded.
pub const SAVED_BLOB_BYTES: u64 = 32 * 1024 * MIB;
/// Bytes of all blobs of one image that is saved or loaded.
pub const SAVED_BYTES: u64 = 256 * 1024 * MIB;
/// Bytes of all manifests of one image that is saved.
pub const MANIFESTS_SAVED_BYTES: u64 = 64 * MIB;
/// Manifests and blobs of one image that is saved or loaded.
pub const SAVED_BLOBS: usize = 10_000;
/// How deep indexes may stand in indexes.
pub const INDEX_DEPTH: usize = 4;

/// Bytes of a token service's answer.
pub const TOKEN_BYTES: u64 = 16 * KIB;
/// The shortest time that a token is kept.
pub const TOKEN_SHORTEST: Duration = Duration::from_secs(60);
/// The longest time that a token is kept.
pub const TOKEN_LONGEST: Duration = Duration::from_secs(3600);
/// Tokens kept at one time.
pub const TOKENS: usize = 1024;
/// Bytes of all headers of one answer.
pub const HEADER_BYTES: usize = 32 * 1024;
/// Header lines of one answer.
pub const HEADERS: usize = 100;
/// Challenges read from one answer.
pub const CHALLENGES: usize = 8;
/// How often one request answers a challenge.
pub const AUTH_ROUNDS: usize = 2;

/// Redirects followed for one blob.
pub const REDIRECTS: usize = 3;
/// How often one request is repeated after 429, 5xx or a broken connection.
pub const RETRIES: u32 = 1;
/// The shortest pause before a repetition.
pub const PAUSE_SHORTEST: Duration = Duration::from_millis(100);
/// The longest pause before a repetition, where the registry does not ask for a longer one.
pub const PAUSE_LONGEST: Duration = Duration::from_millis(300);
/// What must be left of the deadline after the pause.
pub const LEFT_AFTER_PAUSE: Duration = Duration::from_secs(1);

/// Requests at one time to one host.
pub const REQUESTS_PER_HOST: usize = 12;
/// Requests at one time to one host on behalf of one namespace.
pub const REQUESTS_PER_HOST_OF_ONE: usize = 8;
/// Requests at one time.
pub const REQUESTS: usize = 64;
/// Requests at one time on behalf of one namespace.
pub const REQUESTS_OF_ONE: usize = REQUESTS / 2;
/// Names looked up at one time, over all hosts.
pub const LOOKUPS: usize = 128;
/// Names under one domain looked up at one time.
pub const LOOKUPS_OF_ONE: usize = LOOKUPS / 4;
/// Hosts to which connections are kept open for a next request; those to others end with their answer.
pub const POOLED_HOSTS: usize = 128;
/// How long a connection that nobody uses is kept.
pub const POOLED_FOR: Duration = Duration::from_secs(60);
/// Referrers read at one time for one image; the rest of its share of a host's lanes stays free for cosign's tags.
pub const REFERRERS_AT_ONCE: usize = 6;

/// Name look-up, connection and TLS handshake together.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// From the request to the end of the answer's headers.
pub const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// What a body may take before [`BODY_BYTES_PER_SECOND`] counts.
pub const BODY_GRACE: Duration = Duration::from_secs(3);
/// The slowest body that is waited for.
pub const BODY_BYTES_PER_SECOND: u64 = 32 * KIB;
/// How long the other requests to a host wait for the first one to learn how the host wants to be asked.
pub const FIRST_CONTACT: Duration = Duration::from_millis(500);
/// Characters of one gap's detail.
pub const DETAIL_CHARACTERS: usize = 300;
