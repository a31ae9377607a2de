//! The command line. What decides a verdict is not here: it lives in the policies and their `GateSettings`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};
use sealgate::tuf::RootSource;

use crate::patience::duration;

/// Judges AdmissionReviews: only images that the policies admit are let in.
///
/// Every flag can be given by environment as well. What decides a verdict lives in the policies' folder (documents of the
/// kinds ClusterSealPolicy and GateSettings), which is read again when it changes; flags only say how to serve.
#[derive(Clone, Debug, Parser)]
#[command(name = "sealgate-webhook", version, max_term_width = 100)]
pub struct Options {
    /// Where AdmissionReviews arrive: POST /validate, TLS
    #[arg(long, env = "SEALGATE_LISTEN", value_name = "ADDRESS", default_value = "0.0.0.0:8443")]
    pub listen: SocketAddr,

    /// Where probes and metrics are: /livez, /readyz?verbose, /metrics, plain HTTP
    #[arg(long, env = "SEALGATE_ADMIN_LISTEN", value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    pub admin_listen: SocketAddr,

    /// Certificate chain to serve with, PEM, read again when it changes; use P-256 keys, RSA costs the API server dearly.
    /// Without it a self-signed P-256 certificate is made at every start and logged
    #[arg(long, env = "SEALGATE_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of that certificate, PEM
    #[arg(long, env = "SEALGATE_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Further name for the self-signed certificate (repeatable); localhost is always one
    #[arg(long = "tls-name", env = "SEALGATE_TLS_NAME", value_name = "NAME", value_delimiter = ',')]
    pub tls_names: Vec<String>,

    /// Only callers with a certificate of this authority are served (mutual TLS), PEM.
    /// Managed clusters cannot give their API server a certificate; leave it out there
    #[arg(long, env = "SEALGATE_CLIENT_CA", value_name = "FILE")]
    pub client_ca: Option<PathBuf>,

    /// Folder of policy documents (.yaml, .yml, .json), read again when it changes.
    /// A folder that becomes unreadable, empty or wrong leaves the last good policies in force
    #[arg(long, env = "SEALGATE_POLICIES", value_name = "DIR")]
    pub policies: PathBuf,

    /// Trusted root that policies may name (repeatable); `public-good` is built in
    #[arg(
        long = "trusted-root",
        env = "SEALGATE_TRUSTED_ROOT",
        value_name = "NAME=FILE",
        value_delimiter = ','
    )]
    pub trusted_roots: Vec<RootSource>,

    /// TUF repository that keeps a trusted root young, such as public-good=https://tuf-repo-cdn.sigstore.dev (repeatable).
    /// It is asked at the start and once a day, and never for a verdict. Without one, the gate asks nobody for roots
    #[arg(long = "tuf-mirror", env = "SEALGATE_TUF_MIRROR", value_name = "NAME=URL", value_delimiter = ',', value_parser = named)]
    pub tuf_mirrors: Vec<(String, String)>,

    /// First root metadata of a TUF repository of your own, where trust in it begins (repeatable)
    #[arg(long = "tuf-anchor", env = "SEALGATE_TUF_ANCHOR", value_name = "NAME=FILE", value_delimiter = ',')]
    pub tuf_anchors: Vec<RootSource>,

    /// Days after which a trusted root is old: the log, the metrics, readiness and the audit annotations say so
    #[arg(
        long,
        env = "SEALGATE_ROOT_AGE_LIMIT_DAYS",
        value_name = "DAYS",
        default_value_t = 180,
        value_parser = clap::value_parser!(i64).range(1..=3650)
    )]
    pub root_age_limit_days: i64,

    /// Whether the gate goes on where a trusted root is old
    #[arg(long, env = "SEALGATE_OLD_ROOTS", value_enum, default_value_t = OldRoots::Warn)]
    pub old_roots: OldRoots,

    /// Registry credentials, as `docker login` writes them: the `auths` of a config.json
    #[arg(long, env = "SEALGATE_DOCKER_CONFIG", value_name = "FILE")]
    pub docker_config: Option<PathBuf>,

    /// Registry that may be spoken to without TLS, as HOST or HOST:PORT (repeatable); loopback is no exception
    #[arg(
        long = "allow-http-registry",
        env = "SEALGATE_ALLOW_HTTP_REGISTRY",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub allow_http_registries: Vec<String>,

    /// Folder that outlives the process: the last good policies and roots are kept there, and served by a replica that
    /// starts while the policies' folder is broken
    #[arg(long, env = "SEALGATE_STATE", value_name = "DIR")]
    pub state: Option<PathBuf>,

    /// After SIGTERM, how long reviews are still judged (each with `Connection: close`) before they are sent elsewhere
    #[arg(long, env = "SEALGATE_DRAIN_GRACE", value_name = "TIME", default_value = "8s", value_parser = time)]
    pub drain_grace: Duration,

    /// How log lines look
    #[arg(long, env = "SEALGATE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,

    /// How much is logged, in the words of tracing's EnvFilter, such as `info` or `sealgate=debug`
    #[arg(long, env = "SEALGATE_LOG", value_name = "FILTER", default_value = "info")]
    pub log: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line
    Json,
    /// For people
    Text,
}

/// What happens where a trusted root is old.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum OldRoots {
    /// Nothing is judged any more until the root is refreshed
    Close,
    /// It is said, and nothing else changes
    #[default]
    Warn,
}

fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        // The name is held to what policies can write.
        Some((name, url)) if !url.is_empty() => RootSource::new(name, url)
            .map(|_| (name.to_owned(), url.to_owned()))
            .map_err(|error| format!("{error}: {}", error.help())),
        _ => Err("write NAME=URL".to_owned()),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    duration(text).ok_or_else(|| "write a number and a unit, such as 8s or 1m".to_owned())
}
