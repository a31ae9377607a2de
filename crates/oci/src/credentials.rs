//! Secrets, and which registry each of them is for.

mod programs;

use std::{collections::BTreeMap, fmt};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sealgate_verify::Digest;
use serde::Deserialize;

use crate::{ClientError, rules::normal};

pub use programs::{Helper, Helpers};

/// Secrets by exact host and port, and by repository where a key names one. Its `Debug` shows none.
#[derive(Clone, Default)]
pub struct Credentials {
    secrets: BTreeMap<Key, Secret>,
}

/// `ghcr.io` or `ghcr.io/acme`: the path's segments must lead the repository's.
type Key = (String, Vec<String>);

#[derive(Clone, Eq, PartialEq)]
pub(crate) enum Secret {
    /// User name and password, for Basic challenges and token services.
    Basic { username: String, password: String },
    /// A refresh token, for token services only.
    Identity(String),
    /// A token that the registry itself takes.
    Registry(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials for {:?}", self.secrets.keys().collect::<Vec<_>>())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Credentials {
    /// No secrets.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// One user name and password for one host, such as `registry.example:5000`.
    #[must_use]
    pub fn with_password(mut self, host: &str, username: &str, password: &str) -> Self {
        let secret = Secret::Basic { username: username.to_owned(), password: password.to_owned() };
        self.secrets.insert((normal(host), vec![]), secret);
        self
    }

    /// One token that a host takes as it is.
    #[must_use]
    pub fn with_token(mut self, host: &str, token: &str) -> Self {
        self.secrets.insert((normal(host), vec![]), Secret::Registry(token.to_owned()));
        self
    }

    /// Whether there is a secret for all of a host.
    pub fn knows(&self, host: &str) -> bool {
        self.secrets.contains_key(&(normal(host), vec![]))
    }

    /// One refresh token for the token service of a host.
    #[must_use]
    pub fn with_identity(mut self, host: &str, token: &str) -> Self {
        self.secrets.insert((normal(host), vec![]), Secret::Identity(token.to_owned()));
        self
    }

    /// Reads the bytes of a docker `config.json`: its `auths`.
    ///
    /// Keys are hosts with their port, also as URLs (`https://index.docker.io/v1/`), and may go on with the first
    /// segments of a repository; the longest that fits wins. Wildcards fit nothing. Helpers (`credsStore`,
    /// `credHelpers`) are not run; [`Helpers`] names them.
    ///
    /// # Errors
    /// [`ClientError::DockerConfig`] if it cannot be read. The message holds no secret.
    pub fn from_docker_config(bytes: &[u8]) -> Result<Self, ClientError> {
        let config: DockerConfig = serde_json::from_slice(bytes).map_err(|error| {
            ClientError::DockerConfig(format!("line {}, column {}", error.line(), error.column()))
        })?;
        let mut secrets = BTreeMap::new();
        let auths = config.auths.unwrap_or_default();
        // A plain host speaks for itself; the same host written as a URL stands in where there is none.
        let (urls, hosts): (Vec<_>, Vec<_>) = auths.into_iter().partition(|(key, _)| key.contains("://"));
        for (written, auth) in hosts.into_iter().chain(urls) {
            let Some(key) = key(&written) else { continue };
            if let Some(secret) = auth.secret(&written)? {
                secrets.entry(key).or_insert(secret);
            }
        }
        Ok(Self { secrets })
    }

    /// A fingerprint of the content, for cache keys. It tells nothing about the secrets, but is no secret's keeper.
    pub fn fingerprint(&self) -> Digest {
        let mut fields = Vec::new();
        let mut add = |text: &str| {
            fields.extend_from_slice(&(text.len() as u64).to_be_bytes());
            fields.extend_from_slice(text.as_bytes());
        };
        add("sealgate credentials 1");
        for ((host, path), secret) in &self.secrets {
            add(host);
            add(&path.join("/"));
            match secret {
                Secret::Basic { username, password } => ["basic", username, password].map(&mut add),
                Secret::Identity(token) => ["identity", token, ""].map(&mut add),
                Secret::Registry(token) => ["registry", token, ""].map(&mut add),
            };
        }
        Digest::sha256(&fields)
    }

    /// Finds the secret for `repository` on `host`; both as references have them.
    pub(crate) fn secret(&self, host: &str, repository: &str) -> Option<&Secret> {
        let wanted: Vec<&str> = repository.split('/').collect();
        // THREAT: a key that merely contains, starts or ends like the host. See
        // credentials_are_for_the_exact_host_and_port.
        self.secrets
            .iter()
            .filter(|((name, path), _)| {
                name == host && path.iter().zip(&wanted).all(|(a, b)| a == b) && path.len() <= wanted.len()
            })
            .max_by_key(|((_, path), _)| path.len())
            .map(|(_, secret)| secret)
    }
}

#[derive(Deserialize)]
struct DockerConfig {
    auths: Option<BTreeMap<String, Auth>>,
}

#[derive(Deserialize)]
struct Auth {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

impl Auth {
    fn secret(self, key: &str) -> Result<Option<Secret>, ClientError> {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        if let Some(token) = filled(self.registrytoken) {
            return Ok(Some(Secret::Registry(token)));
        }
        if let Some(token) = filled(self.identitytoken) {
            return Ok(Some(Secret::Identity(token)));
        }
        if let Some(auth) = filled(self.auth) {
            let unreadable =
                || ClientError::DockerConfig(format!("`auth` of `{key}` is not base64 of user:password"));
            let bytes = BASE64_STANDARD.decode(auth.trim()).map_err(|_| unreadable())?;
            let text = String::from_utf8(bytes).map_err(|_| unreadable())?;
            let (username, password) = text.trim_end_matches('\0').split_once(':').ok_or_else(unreadable)?;
            return Ok(Some(Secret::Basic { username: username.to_owned(), password: password.to_owned() }));
        }
        Ok(match (filled(self.username), filled(self.password)) {
            (Some(username), Some(password)) => Some(Secret::Basic { username, password }),
            _ => None,
        })
    }
}

fn key(written: &str) -> Option<Key> {
    let bare = written.split_once("://").map_or(written, |(_, rest)| rest).trim_end_matches('/');
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    if host.is_empty() || bare.contains(['*', '?', '#', '@', '\\']) {
        return None;
    }
    let path = match path {
        "" | "v1" | "v2" => vec![],
        path => path.split('/').map(str::to_owned).collect(),
    };
    Some((normal(host), path))
}

#[cfg(test)]
mod tests {
    use super::{Credentials, Secret};

    fn config(text: &str) -> Credentials {
        Credentials::from_docker_config(text.as_bytes()).unwrap()
    }

    fn user(credentials: &Credentials, host: &str, repository: &str) -> Option<String> {
        match credentials.secret(host, repository)? {
            Secret::Basic { username, .. } => Some(username.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn credentials_are_for_the_exact_host_and_port() {
        let credentials = config(
            r#"{"auths": {"https://ghcr.io": {"username": "a", "password": "x"},
                "my-ghcr.io.evil.example": {"username": "b", "password": "x"},
                "registry.example:5000": {"username": "c", "password": "x"},
                "*.wild.example": {"username": "d", "password": "x"}}}"#,
        );
        assert_eq!(user(&credentials, "ghcr.io", "acme/app").as_deref(), Some("a"));
        assert_eq!(user(&credentials, "registry.example:5000", "app").as_deref(), Some("c"));
        for host in [
            "hcr.io",
            "ghcr.io.evil.test",
            "io",
            "my-ghcr.io",
            "ghcr.io:5000",
            "ghcr.io.",
            "registry.example",
            "registry.example:500",
            "a.wild.example",
        ] {
            assert_eq!(user(&credentials, host, "acme/app"), None, "{host}");
        }
    }

    #[test]
    fn docker_hub_has_one_entry_under_its_old_name() {
        let credentials = config(r#"{"auths": {"https://index.docker.io/v1/": {"auth": "dTpwOnE="}}}"#);
        let Some(Secret::Basic { username, password }) = credentials.secret("docker.io", "library/nginx")
        else {
            panic!("no secret")
        };
        assert_eq!((username.as_str(), password.as_str()), ("u", "p:q"));
    }

    #[test]
    fn the_longest_path_that_fits_by_segments_wins() {
        let credentials = config(
            r#"{"auths": {"ghcr.io": {"username": "all", "password": "x"},
                "ghcr.io/acme": {"username": "acme", "password": "x"},
                "ghcr.io/acme/app": {"username": "app", "password": "x"}}}"#,
        );
        for (repository, wanted) in [
            ("acme/app", "app"),
            ("acme/app/sub", "app"),
            ("acme/app2", "acme"),
            ("acme", "acme"),
            ("acmeevil/app", "all"),
        ] {
            assert_eq!(user(&credentials, "ghcr.io", repository).as_deref(), Some(wanted), "{repository}");
        }
    }

    #[test]
    fn an_unreadable_configuration_is_an_error_without_a_secret_in_it() {
        for text in [
            r#"{"auths": []}"#,
            r#"{"auths": {"a": {"auth": "c2VjcmV0"}}}"#,
            r#"{"auths": {"a": {"auth": "%secret"}}}"#,
            "secret",
        ] {
            let error = Credentials::from_docker_config(text.as_bytes()).unwrap_err().to_string();
            assert!(!error.contains("secret") && !error.contains("c2VjcmV0"), "{error}");
        }
        assert!(config("{}").secret("ghcr.io", "a").is_none());
        assert!(config(r#"{"auths": {"ghcr.io": {}}, "credsStore": "x"}"#).secret("ghcr.io", "a").is_none());
    }

    #[test]
    fn the_fingerprint_follows_the_content_and_debug_shows_no_secret() {
        let one = Credentials::anonymous().with_password("ghcr.io", "user", "sesame");
        let same =
            config(r#"{"auths": {"https://GHCR.io/v2/": {"username": "user", "password": "sesame"}}}"#);
        let moved = Credentials::anonymous().with_password("ghcr.io", "users", "esame");
        let elsewhere = Credentials::anonymous().with_password("ghcr.io:5000", "user", "sesame");
        assert_eq!(one.fingerprint(), same.fingerprint());
        assert_ne!(one.fingerprint(), moved.fingerprint());
        assert_ne!(one.fingerprint(), elsewhere.fingerprint());
        assert_ne!(one.fingerprint(), Credentials::anonymous().with_token("ghcr.io", "sesame").fingerprint());
        assert!(!format!("{one:?}").contains("sesame"));
    }
}
