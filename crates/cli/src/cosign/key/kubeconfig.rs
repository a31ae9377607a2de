//! Which cluster kubectl's configuration names, and how one signs in there. Programs are not run.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    Console,
    cosign::manifest::yaml::{self, Node},
    files, limits,
};

/// A cluster, and who one is there.
#[derive(Debug, Default)]
pub(super) struct Access {
    /// The address of its API.
    pub(super) server: String,
    /// The certificate authorities that count, PEM.
    pub(super) authorities: Option<Vec<u8>>,
    /// Whether any certificate will do.
    pub(super) insecure: bool,
    /// A bearer token.
    pub(super) token: Option<String>,
    /// A client certificate and its key, PEM.
    pub(super) identity: Option<Vec<u8>>,
}

/// Why there is no access.
#[derive(Debug, thiserror::Error)]
pub(super) enum AccessError {
    /// Something named is not there.
    #[error("{what} `{name}` is not in the configuration")]
    Absent { what: &'static str, name: String },
    /// No configuration at all, and no cluster around us.
    #[error(
        "error creating REST client config in-cluster: unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined"
    )]
    Empty,
    /// A file that cannot be read.
    #[error("error creating REST client config: {0}")]
    File(String),
    /// Something we do not do.
    #[error("{what}, which is not done here")]
    Unsupported { what: String },
}

/// Finds the cluster of the current context: files of `KUBECONFIG`, else `~/.kube/config`, else the cluster around us.
///
/// # Errors
/// [`AccessError`].
pub(super) fn access(console: &Console<'_>) -> Result<Access, AccessError> {
    let merged = Merged::read(&paths(console))?;
    let Some(context) = &merged.current else { return in_cluster(console) };
    let named = |what, map: &BTreeMap<String, Entry>, name: &str| {
        map.get(name).cloned().ok_or_else(|| AccessError::Absent { what, name: name.to_owned() })
    };
    let context = named("context", &merged.contexts, context)?;
    let cluster = named("cluster", &merged.clusters, &context.text("cluster").unwrap_or_default())?;
    let user = match context.text("user") {
        Some(name) => named("user", &merged.users, &name)?,
        None => Entry::default(),
    };
    for field in ["tls-server-name", "proxy-url"] {
        if cluster.text(field).is_some() {
            return Err(AccessError::Unsupported {
                what: format!("the cluster's configuration has `{field}`"),
            });
        }
    }
    for field in ["exec", "auth-provider"] {
        if user.node.field(field).is_some_and(|node| matches!(node, Node::Map(_))) {
            let what = format!("the configuration signs in by a program (`{field}`)");
            return Err(AccessError::Unsupported { what });
        }
    }
    if user.text("username").is_some() {
        return Err(AccessError::Unsupported { what: "the configuration signs in by a password".into() });
    }
    let token = match user.text("token") {
        Some(token) => Some(token),
        None => user.file("tokenFile")?.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()),
    };
    let certificate = user.data("client-certificate")?;
    let identity = match (certificate, user.data("client-key")?) {
        (Some(certificate), Some(key)) => Some([key, b"\n".to_vec(), certificate].concat()),
        (None, None) => None,
        _ => {
            return Err(AccessError::File(
                "a client certificate without its key, or a key without it".into(),
            ));
        }
    };
    Ok(Access {
        server: cluster.text("server").unwrap_or_default(),
        authorities: cluster.data("certificate-authority")?,
        insecure: cluster.switch("insecure-skip-tls-verify"),
        token,
        identity,
    })
}

fn paths(console: &Console<'_>) -> Vec<PathBuf> {
    match console.variable("KUBECONFIG") {
        Some(list) => list.split(':').filter(|name| !name.is_empty()).map(PathBuf::from).collect(),
        None => {
            console.variable("HOME").map(|home| Path::new(home).join(".kube/config")).into_iter().collect()
        }
    }
}

// SPEC: Kubernetes, "Accessing the API from within a Pod".
fn in_cluster(console: &Console<'_>) -> Result<Access, AccessError> {
    let variables =
        (console.variable("KUBERNETES_SERVICE_HOST"), console.variable("KUBERNETES_SERVICE_PORT"));
    let (Some(host), Some(port)) = variables else { return Err(AccessError::Empty) };
    let read = |name: &str| {
        files::read(&format!("/var/run/secrets/kubernetes.io/serviceaccount/{name}"), limits::KUBECONFIG)
            .map_err(|error| AccessError::File(error.to_string()))
    };
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    Ok(Access {
        server: format!("https://{host}:{port}"),
        authorities: Some(read("ca.crt")?),
        token: Some(String::from_utf8_lossy(&read("token")?).trim().to_owned()),
        ..Access::default()
    })
}

/// One cluster, user or context, and the folder that its file names begin in.
#[derive(Clone, Debug)]
struct Entry {
    node: Node,
    folder: PathBuf,
}

impl Default for Entry {
    fn default() -> Self {
        Self { node: Node::Null, folder: PathBuf::new() }
    }
}

impl Entry {
    fn text(&self, name: &str) -> Option<String> {
        match self.node.field(name)? {
            Node::Text(text) | Node::Other(text) if !text.is_empty() => Some(text.to_string()),
            _ => None,
        }
    }

    fn switch(&self, name: &str) -> bool {
        matches!(self.node.field(name), Some(Node::Other(text)) if text.as_ref() == "true")
    }

    fn file(&self, name: &str) -> Result<Option<Vec<u8>>, AccessError> {
        let Some(path) = self.text(name) else { return Ok(None) };
        let path = self.folder.join(path);
        files::read(&path.to_string_lossy(), limits::KUBECONFIG)
            .map(Some)
            .map_err(|error| AccessError::File(error.to_string()))
    }

    // `NAME-data` goes before the file `NAME`.
    fn data(&self, name: &str) -> Result<Option<Vec<u8>>, AccessError> {
        let field = format!("{name}-data");
        match self.text(&field) {
            Some(text) => STANDARD
                .decode(text.trim())
                .map(Some)
                .map_err(|_| AccessError::File(format!("`{field}` is not base64"))),
            None => self.file(name),
        }
    }
}

/// Several files as one: whoever comes first says what something is.
#[derive(Debug, Default)]
struct Merged {
    clusters: BTreeMap<String, Entry>,
    contexts: BTreeMap<String, Entry>,
    users: BTreeMap<String, Entry>,
    current: Option<String>,
}

impl Merged {
    fn read(paths: &[PathBuf]) -> Result<Self, AccessError> {
        let mut merged = Self::default();
        for path in paths {
            let wrong = |why: String| AccessError::File(format!("{}: {why}", path.display()));
            let bytes = files::read_if_there(path, limits::KUBECONFIG)
                .map_err(|error| AccessError::File(error.to_string()))?;
            let Some(bytes) = bytes else { continue };
            let mut reader = yaml::read(&bytes).map_err(|error| wrong(error.to_string()))?;
            let Some(document) = reader.next_document().map_err(|error| wrong(error.to_string()))? else {
                continue;
            };
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            for (list, field, map) in [
                ("clusters", "cluster", &mut merged.clusters),
                ("contexts", "context", &mut merged.contexts),
                ("users", "user", &mut merged.users),
            ] {
                let Some(Node::List(items)) = document.field(list) else { continue };
                for item in items.iter() {
                    if let (Some(Node::Text(name)), Some(node)) = (item.field("name"), item.field(field)) {
                        let entry = Entry { node: node.clone(), folder: folder.clone() };
                        map.entry(name.to_string()).or_insert(entry);
                    }
                }
            }
            let whole = Entry { node: document, folder };
            merged.current = merged.current.or_else(|| whole.text("current-context"));
        }
        Ok(merged)
    }
}
