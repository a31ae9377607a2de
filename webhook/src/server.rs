//! From options to a running replica, and to its end.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sealgate::{
    oci::{ClientError, Config, Credentials},
    tuf::{self, Anchor, TufError},
};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::{
    admin,
    connection::Port,
    gate::{Gate, Phase},
    http,
    keeper::Keeper,
    limits,
    options::Options,
    refresh::Refresher,
    roots::Limit,
    sources::Places,
    state::State,
    tls::{Tls, TlsError},
};

/// A running replica.
#[derive(Debug)]
pub struct Server {
    gate: Arc<Gate>,
    address: SocketAddr,
    admin_address: SocketAddr,
    self_signed: Option<String>,
    grace: Duration,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    watching: Vec<JoinHandle<()>>,
}

/// Why a replica does not start. Broken policies are no reason: it starts, and is not ready.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port.
    #[error("cannot listen on {address}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Credentials that are no docker configuration.
    #[error("credentials in `{path}` cannot be used")]
    Credentials {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ClientError,
    },
    /// A file that was named and is not readable.
    #[error("`{path}` cannot be read")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A repository of one's own without its beginning.
    #[error("trusted root `{name}` has a TUF mirror, and no `--tuf-anchor` says where trust in it begins")]
    NoAnchor {
        /// Which.
        name: String,
    },
    /// A root that should be kept young.
    #[error("trusted root `{name}` cannot be kept young")]
    Root {
        /// Which.
        name: String,
        /// Why.
        source: TufError,
    },
    /// Two places for one root, or two beginnings.
    #[error("trusted root `{name}` is given twice: by `{first}` and by `{second}`")]
    RootTwice {
        /// Which.
        name: String,
        /// A flag.
        first: &'static str,
        /// Another one, or the same once more.
        second: &'static str,
    },
    /// TLS.
    #[error("TLS cannot be set up")]
    Tls(#[from] TlsError),
}

impl Server {
    /// Starts a replica: binds both ports, loads what there is to load, then serves.
    ///
    /// # Errors
    /// [`StartError`] if a port, a certificate or credentials cannot be had.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        named_once(&options)?;
        let credentials = credentials(&options)?;
        let listener = bind(options.listen).await?;
        let admin_listener = bind(options.admin_listen).await?;
        // INVARIANT: no loopback exception and no unchecked certificates, whatever the command line's manners are.
        let registry = Config {
            http_hosts: options.allow_http_registries.iter().cloned().collect(),
            http_loopback: false,
            insecure_tls: false,
            ..Config::default()
        };
        let gate = Arc::new(Gate::new(registry, credentials));
        let tls = Tls::new(&options, &gate)?;
        let anchors = anchors(&options)?;
        let refresher = Refresher::new(Arc::clone(&gate), &options, &anchors)?;
        let places = Places {
            policies: options.policies.clone(),
            roots: options.trusted_roots.clone(),
            fresh: refresher.fresh(),
            anchors,
            limit: Limit { days: options.root_age_limit_days, beyond: options.old_roots },
        };
        let keeper = Keeper::start(Arc::clone(&gate), places, options.state.as_deref().map(State::new));
        if let Some(certificate) = &tls.self_signed {
            tracing::warn!(
                certificate,
                "serving with a certificate made just now; the webhook configuration's caBundle must hold it"
            );
        }
        let (stop, stopped) = watch::channel(false);
        let port = Port {
            listener,
            tls: Some(tls.config),
            router: http::router(Arc::clone(&gate)),
            gate: Arc::clone(&gate),
            connections: limits::CONNECTIONS,
        };
        let admin_port = Port {
            listener: admin_listener,
            tls: None,
            router: admin::router(Arc::clone(&gate)),
            gate: Arc::clone(&gate),
            connections: limits::ADMIN_CONNECTIONS,
        };
        let bound = |source| StartError::Bind { address: options.listen, source };
        let (address, admin_address) = (port.address().map_err(bound)?, admin_port.address().map_err(bound)?);
        let watching = [tokio::spawn(keeper.watch()), tokio::spawn(refresher.run())]
            .into_iter()
            .chain(tls.renewal.map(|renewal| tokio::spawn(renewal.watch())))
            .collect();
        tracing::info!(%address, %admin_address, version = env!("CARGO_PKG_VERSION"), "serving");
        Ok(Self {
            gate,
            address,
            admin_address,
            self_signed: tls.self_signed,
            grace: options.drain_grace,
            tasks: vec![tokio::spawn(port.serve(stopped.clone())), tokio::spawn(admin_port.serve(stopped))],
            watching,
            stop,
        })
    }

    /// Where reviews arrive.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where probes and metrics are.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// The certificate to trust, PEM, where it was made here.
    pub fn self_signed(&self) -> Option<&str> {
        self.self_signed.as_deref()
    }

    /// Whether new reviews should be sent here.
    pub fn is_ready(&self) -> bool {
        self.gate.is_ready()
    }

    /// Leaves without a failed call: not ready at once, reviews judged in full for the grace time, then sent elsewhere;
    /// ends when nobody waits for an answer any more.
    pub async fn drain(self) {
        tracing::info!(grace_ms = u64::try_from(self.grace.as_millis()).unwrap_or(u64::MAX), "draining");
        self.gate.enter(Phase::Draining);
        sleep(self.grace).await;
        self.gate.enter(Phase::Leaving);
        let (left, patience_ends) = (Instant::now(), Instant::now() + limits::MOST_PATIENCE);
        while left.elapsed() < limits::DRAIN_TAIL || self.gate.is_judging() {
            if Instant::now() >= patience_ends {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        self.watching.iter().for_each(JoinHandle::abort);
        self.stop.send_replace(true);
        let ends = async {
            for task in self.tasks {
                // A task of ours that panicked has ended as well.
                let _ = task.await;
            }
        };
        let _ = tokio::time::timeout(limits::DRAIN_TAIL, ends).await;
        tracing::info!("stopped");
    }
}

/// Reads a file that is needed at the start: a pipe is not waited for, and what is too large is refused.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = tuf::read_file(path, limits::START_FILE)?;
    match bytes.len() > limits::START_FILE {
        true => Err(io::Error::other(format!("it has more than {} bytes", limits::START_FILE))),
        false => Ok(bytes),
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Bind { address, source })
}

// THREAT: of two places for one root one wins unseen, or stops every later change of policies.
// See a_root_has_one_place_and_one_beginning.
fn named_once(options: &Options) -> Result<(), StartError> {
    let [file, mirror, anchor] = ["--trusted-root", "--tuf-mirror", "--tuf-anchor"];
    let files = options.trusted_roots.iter().map(|source| (source.name(), file));
    let mirrors = options.tuf_mirrors.iter().map(|(name, _)| (name.as_str(), mirror));
    let anchors = options.tuf_anchors.iter().map(|source| (source.name(), anchor));
    for places in [files.chain(mirrors).collect::<Vec<_>>(), anchors.collect()] {
        let mut seen = BTreeMap::new();
        for (name, second) in places {
            if let Some(first) = seen.insert(name, second) {
                return Err(StartError::RootTwice { name: name.to_owned(), first, second });
            }
        }
    }
    Ok(())
}

// Where trust in repositories begins that nobody else knows.
fn anchors(options: &Options) -> Result<BTreeMap<String, Anchor>, StartError> {
    let mut anchors = BTreeMap::new();
    for source in &options.tuf_anchors {
        let path = source.path().to_owned();
        let bytes = tuf::read_file(&path, tuf::limits::ROOT_METADATA_BYTES)
            .map_err(|source| StartError::Read { path, source })?;
        let anchor = Anchor::from_bytes(&bytes)
            .map_err(|error| StartError::Root { name: source.name().to_owned(), source: error })?;
        anchors.insert(source.name().to_owned(), anchor);
    }
    Ok(anchors)
}

fn credentials(options: &Options) -> Result<Credentials, StartError> {
    let Some(path) = &options.docker_config else { return Ok(Credentials::anonymous()) };
    let bytes = read(path).map_err(|source| StartError::Read { path: path.clone(), source })?;
    Credentials::from_docker_config(&bytes)
        .map_err(|source| StartError::Credentials { path: path.clone(), source })
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::{limits, read};

    #[test]
    fn files_that_are_needed_at_the_start_are_bounded_and_are_files() {
        let folder = tempfile::tempdir().unwrap();
        let (file, pipe) = (folder.path().join("file"), folder.path().join("pipe"));
        fs::write(&file, vec![b' '; limits::START_FILE]).unwrap();
        assert_eq!(read(&file).unwrap().len(), limits::START_FILE);
        fs::write(&file, vec![b' '; limits::START_FILE + 1]).unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("more than"));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read(&pipe).unwrap_err().to_string(), "not a file");
    }
}
