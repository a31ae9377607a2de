//! Which program a docker configuration names for a registry. Programs are named here and never run: whoever may run any,
//! such as a command line, asks it and hands the answer to [`Credentials`](crate::Credentials).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{ClientError, rules::normal};

/// The programs of one docker configuration.
#[derive(Clone, Debug, Default)]
pub struct Helpers {
    by_host: BTreeMap<String, String>,
    everywhere: Option<String>,
}

/// A program to ask, and for what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Helper {
    /// What stands behind `docker-credential-`.
    pub name: String,
    /// What it knows the registry by.
    pub server: String,
}

impl Helpers {
    /// Reads `credHelpers` and `credsStore` of a docker `config.json`. A name that could be a path is left out.
    ///
    /// # Errors
    /// [`ClientError::DockerConfig`] if it cannot be read.
    pub fn from_docker_config(bytes: &[u8]) -> Result<Self, ClientError> {
        let config: Config = serde_json::from_slice(bytes).map_err(|error| {
            ClientError::DockerConfig(format!("line {}, column {}", error.line(), error.column()))
        })?;
        let by_host = config.by_host.unwrap_or_default().into_iter().filter(|(_, name)| is_name(name));
        Ok(Self {
            by_host: by_host.map(|(host, name)| (normal(&host), name)).collect(),
            everywhere: config.everywhere.filter(|name| is_name(name)),
        })
    }

    /// The program to ask about `host`, as references have it.
    pub fn of(&self, host: &str) -> Option<Helper> {
        let host = normal(host);
        let name = self.by_host.get(&host).or(self.everywhere.as_ref())?.clone();
        // Docker keeps its own registry under the name it had at first.
        let server = if host == "docker.io" { "https://index.docker.io/v1/".to_owned() } else { host };
        Some(Helper { name, server })
    }
}

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "credHelpers")]
    by_host: Option<BTreeMap<String, String>>,
    #[serde(rename = "credsStore")]
    everywhere: Option<String>,
}

// THREAT: a configuration whose helper is `../../bin/sh`. See a_helpers_name_is_no_path.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::Helpers;

    fn asked(config: &str, host: &str) -> Option<(String, String)> {
        let helper = Helpers::from_docker_config(config.as_bytes()).unwrap().of(host)?;
        Some((helper.name, helper.server))
    }

    #[test]
    fn a_host_has_its_own_helper_or_the_one_of_all_hosts() {
        let config = r#"{"credHelpers": {"ghcr.io": "own"}, "credsStore": "all"}"#;
        assert_eq!(asked(config, "ghcr.io"), Some(("own".into(), "ghcr.io".into())));
        assert_eq!(asked(config, "ghcr.io:443"), Some(("own".into(), "ghcr.io".into())));
        assert_eq!(asked(config, "docker.io"), Some(("all".into(), "https://index.docker.io/v1/".into())));
        assert_eq!(asked(r#"{"credHelpers": {"ghcr.io": "own"}}"#, "quay.io"), None);
        assert_eq!(asked("{}", "ghcr.io"), None);
        assert!(Helpers::from_docker_config(b"[").is_err());
    }

    #[test]
    fn a_helpers_name_is_no_path() {
        for name in ["../sh", "/bin/sh", "a b", "", "a/b", "a;b"] {
            assert_eq!(asked(&format!(r#"{{"credsStore": "{name}"}}"#), "ghcr.io"), None, "{name}");
        }
        assert!(asked(r#"{"credsStore": "ecr-login"}"#, "ghcr.io").is_some());
    }
}
