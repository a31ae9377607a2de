//! What is counted. Labels come from closed sets: never from names, namespaces or anything a user writes.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) reviews: Family<ReviewLabels, Counter<u64, AtomicU64>>,
    pub(crate) images: Family<ImageLabels, Counter<u64, AtomicU64>>,
    pub(crate) duration: Family<CacheLabels, Histogram, fn() -> Histogram>,
    pub(crate) refused: Family<CodeLabels, Counter<u64, AtomicU64>>,
    pub(crate) handshakes: Family<ResultLabels, Counter<u64, AtomicU64>>,
    pub(crate) loads: Family<ResultLabels, Counter<u64, AtomicU64>>,
    pub(crate) connections: Gauge,
    pub(crate) degraded: Gauge,
    pub(crate) root_age: Family<RootLabels, Gauge>,
    pub(crate) root_age_limit: Gauge,
    pub(crate) old_roots: Gauge,
    pub(crate) root_refreshes: Family<ResultLabels, Counter<u64, AtomicU64>>,
    pub(crate) certificate_ends: Gauge,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(crate) struct ReviewLabels {
    pub(crate) verdict: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) dry_run: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(crate) struct ImageLabels {
    pub(crate) verdict: &'static str,
    pub(crate) reason: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(crate) struct CacheLabels {
    pub(crate) cache: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(crate) struct CodeLabels {
    pub(crate) code: u16,
}

/// The operator's own names, of which there are few.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(crate) struct RootLabels {
    pub(crate) root: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub(crate) struct ResultLabels {
    pub(crate) result: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("sealgate");
        let duration: Family<CacheLabels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(histogram);
        let metrics = Self {
            reviews: Family::default(),
            images: Family::default(),
            duration,
            refused: Family::default(),
            handshakes: Family::default(),
            loads: Family::default(),
            connections: Gauge::default(),
            degraded: Gauge::default(),
            root_age: Family::default(),
            root_age_limit: Gauge::default(),
            old_roots: Gauge::default(),
            root_refreshes: Family::default(),
            certificate_ends: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("reviews", "AdmissionReviews answered", metrics.reviews.clone());
        registry.register("images", "Images judged, by verdict and first reason", metrics.images.clone());
        registry.register(
            "review_duration_seconds",
            "Time from a review's arrival to its answer, by whether every verdict was kept",
            metrics.duration.clone(),
        );
        registry.register(
            "requests_refused",
            "Requests that were no AdmissionReview, by HTTP status",
            metrics.refused.clone(),
        );
        registry.register("tls_handshakes", "TLS handshakes", metrics.handshakes.clone());
        registry.register(
            "policy_loads",
            "Attempts to load changed policies and roots",
            metrics.loads.clone(),
        );
        registry.register("connections", "Connections open", metrics.connections.clone());
        registry.register(
            "policies_degraded",
            "1 while the policies that are served are not those that are there",
            metrics.degraded.clone(),
        );
        registry.register(
            "trusted_root_age_seconds",
            "Seconds since a trusted root that policies name was last known to be today's; absent where nobody knows",
            metrics.root_age.clone(),
        );
        registry.register(
            "trusted_root_age_limit_seconds",
            "The age beyond which a trusted root is old",
            metrics.root_age_limit.clone(),
        );
        registry.register("trusted_roots_old", "Trusted roots that are old", metrics.old_roots.clone());
        registry.register(
            "trusted_root_refreshes",
            "Refreshes of trusted roots through TUF",
            metrics.root_refreshes.clone(),
        );
        registry.register(
            "tls_certificate_expiry_timestamp_seconds",
            "When the certificate that is served ends; 0 for one that was made at the start",
            metrics.certificate_ends.clone(),
        );
        registry.register("build", "This program", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
        Self { registry, ..metrics }
    }

    /// Writes them all in the OpenMetrics text format.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        if text::encode(&mut text, &self.registry).is_err() {
            text.clear();
        }
        text
    }
}

fn histogram() -> Histogram {
    // From a kept verdict to the API server's longest patience; its own finest bucket is 5 ms.
    Histogram::new([
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
        2.5, 5.0, 10.0, 30.0,
    ])
}
