//! How much this door reads. The rooms below have limits of their own.

/// Bytes of a bundle, signature, certificate, key or policy file.
pub(crate) const FILE: usize = 32 << 20;
/// Bytes of a signed certificate timestamp in a file; real ones have under 300.
pub(crate) const SCT: usize = 64 << 10;

/// Bytes of a trusted root.
pub(crate) const ROOT: usize = 1 << 20;

/// Bytes of an evidence file.
pub(crate) const EVIDENCE: usize = 128 << 20;

/// Bytes of a docker configuration.
pub(crate) const DOCKER_CONFIG: usize = 1 << 20;

/// Images in one call.
pub(crate) const IMAGES: usize = 1000;

/// Images of one index that are explained.
pub(crate) const PLATFORMS: usize = 32;

/// Values in a Kubernetes manifest, aliases counted each time.
pub(crate) const MANIFEST_VALUES: usize = 500_000;

/// Levels of nesting in a Kubernetes manifest.
pub(crate) const MANIFEST_DEPTH: usize = 100;

/// Bytes of one file for `--policy`.
pub(crate) const POLICY: usize = 1 << 20;

/// Rules of all files for `--policy` together.
pub(crate) const POLICY_RULES: usize = 2000;

/// How long a `--policy` may think about an image's attestations together, if `--timeout` is not shorter.
pub(crate) const POLICY_TIME: std::time::Duration = std::time::Duration::from_secs(30);

/// Bytes of memory that a `--policy` may take for an image's attestations together.
pub(crate) const POLICY_MEMORY: u64 = 512 << 20;

/// Certificates of one service in a trusted root that is put together.
pub(crate) const CERTIFICATES: usize = 100;

/// Bytes of an answer of a web server that is no registry: a key, a secret of a cluster.
pub(crate) const WEB: usize = 2 << 20;

/// Bytes of a kubeconfig.
pub(crate) const KUBECONFIG: usize = 4 << 20;

/// Bytes of a credential helper's answer.
pub(crate) const HELPER: usize = 64 << 10;
