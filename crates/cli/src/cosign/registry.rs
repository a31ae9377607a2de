//! How cosign's registry flags mean our client's configuration.

use std::{collections::BTreeSet, path::PathBuf};

use sealgate::{
    oci::{Client, Config, Credentials, Helper, Helpers, Look},
    verify::{Place, Reference},
};

use super::failure::Failure;
use crate::{
    Console, files,
    go::{flags::Typed, quote::quote},
    helper::{self, HelperError},
    limits,
};

/// A client that speaks to `hosts` as the flags say.
///
/// # Errors
/// What cannot be read, in one line.
pub(crate) fn client(typed: &Typed, hosts: &[&str], console: &Console<'_>) -> Result<Client, Failure> {
    let insecure = typed.switch("allow-insecure-registry");
    let http = insecure || typed.switch("allow-http-registry");
    let extra_roots = match typed.some("registry-cacert") {
        // cosign goes on without them, and so says nothing about a typing mistake.
        Some(name) => vec![files::read(name, limits::FILE)?],
        None => Vec::new(),
    };
    let config = Config {
        http_hosts: if http {
            hosts.iter().map(|host| (*host).to_owned()).collect()
        } else {
            BTreeSet::new()
        },
        http_loopback: true,
        extra_roots,
        insecure_tls: insecure,
        client_identity: client_identity(typed)?,
        server_name: typed.some("registry-server-name").map(str::to_owned),
        cosign_limits: true,
        ..Config::default()
    };
    let credentials = credentials(typed, hosts, console)?;
    Client::new(config, credentials).map_err(|error| error.to_string().into())
}

fn credentials(typed: &Typed, hosts: &[&str], console: &Console<'_>) -> Result<Credentials, Failure> {
    if let (Some(username), Some(password)) =
        (typed.some("registry-username"), typed.some("registry-password"))
    {
        let with = |all: Credentials, host: &&str| all.with_password(host, username, password);
        return Ok(hosts.iter().fold(Credentials::anonymous(), with));
    }
    if let Some(token) = typed.some("registry-token") {
        return Ok(hosts.iter().fold(Credentials::anonymous(), |all, host| all.with_token(host, token)));
    }
    let mut all = docker_config(hosts, console)?;
    if !typed.switch("k8s-keychain") {
        return Ok(all);
    }
    // Beside the docker configuration cosign asks the clouds whose registries these are; their own programs do that here.
    for host in hosts {
        for (_, name) in CLOUDS.iter().filter(|(is_theirs, _)| is_theirs(host)) {
            if all.knows(host) {
                break;
            }
            let named = Helper { name: (*name).to_owned(), server: (*host).to_owned() };
            match helper::ask(&named, host, all.clone(), console) {
                Ok(found) => all = found,
                Err(HelperError::Absent { .. }) => {}
                Err(error) => return Err(error.to_string().into()),
            }
        }
    }
    Ok(all)
}

type IsTheirs = fn(&str) -> bool;

const CLOUDS: [(IsTheirs, &str); 4] = [
    (|host| host.contains(".dkr.ecr") && below(host, &["amazonaws.com", "amazonaws.com.cn"]), "ecr-login"),
    (|host| below(host, &["azurecr.io"]), "acr-env"),
    (|host| host == "gcr.io" || below(host, &["gcr.io", "pkg.dev"]), "gcr"),
    (|host| host == "gcr.io" || below(host, &["gcr.io", "pkg.dev"]), "gcloud"),
];

// THREAT: a registry with a name like a cloud's that is given the cloud's token. See clouds_are_known_by_whole_names.
fn below(host: &str, domains: &[&str]) -> bool {
    let is_below =
        |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
    domains.iter().any(is_below)
}

fn client_identity(typed: &Typed) -> Result<Option<Vec<u8>>, Failure> {
    match (typed.some("registry-client-cert"), typed.some("registry-client-key")) {
        (Some(certificate), Some(key)) => {
            let (key, certificate) =
                (files::read(key, limits::FILE)?, files::read(certificate, limits::FILE)?);
            Ok(Some([key, b"\n".to_vec(), certificate].concat()))
        }
        (None, None) => Ok(None),
        _ => Err("--registry-client-cert and --registry-client-key go together".into()),
    }
}

/// The credentials of the docker configuration, if there is one, and of the helpers that it names for `hosts`.
///
/// # Errors
/// One that is there but cannot be read or asked: without it a private image would look like one that is not there.
pub(crate) fn docker_config(hosts: &[&str], console: &Console<'_>) -> Result<Credentials, Failure> {
    let Some(name) = configuration(console) else { return Ok(Credentials::anonymous()) };
    let bytes = files::read(&name.to_string_lossy(), limits::DOCKER_CONFIG)?;
    let wrong = |error: &dyn std::fmt::Display| Failure::from(error.to_string());
    let mut all = Credentials::from_docker_config(&bytes).map_err(|error| wrong(&error))?;
    let helpers = Helpers::from_docker_config(&bytes).map_err(|error| wrong(&error))?;
    let hosts: BTreeSet<&str> = hosts.iter().copied().collect();
    for host in hosts {
        if let Some(named) = helpers.of(host) {
            all = helper::ask(&named, host, all, console).map_err(|error| wrong(&error))?;
        }
    }
    Ok(all)
}

// Docker's configuration, else what podman writes, where Go's registry client looks for them.
fn configuration(console: &Console<'_>) -> Option<PathBuf> {
    let folder = |name: &str| console.variable(name).map(PathBuf::from);
    let home = folder("HOME");
    let docker = [folder("DOCKER_CONFIG"), home.clone().map(|home| home.join(".docker"))];
    let settings = folder("XDG_CONFIG_HOME").or_else(|| home.map(|home| home.join(".config")));
    let podman = [folder("XDG_RUNTIME_DIR"), settings];
    docker
        .into_iter()
        .flatten()
        .map(|folder| folder.join("config.json"))
        .chain(folder("REGISTRY_AUTH_FILE"))
        .chain(podman.into_iter().flatten().map(|folder| folder.join("containers/auth.json")))
        .find(|file| file.is_file())
}

/// Where cosign keeps signatures or attestations of an image.
///
/// # Errors
/// cosign's text for a repository that cannot be one.
pub(crate) fn look(tag: Place, bundles: bool, typed: &Typed, console: &Console<'_>) -> Result<Look, Failure> {
    let mut places = BTreeSet::from([tag]);
    if bundles || typed.switch("experimental-oci11") {
        places.insert(Place::Referrers);
    }
    let evidence_repository = evidence_repository(console)
        .map_err(|failure| Failure::from(format!("constructing client options: {failure}")))?;
    Ok(Look { places, manifest: false, evidence_repository, tag_prefix: tag_prefix(typed)? })
}

/// `COSIGN_REPOSITORY`: where tags and referrers are, if not beside the image.
///
/// # Errors
/// cosign's text for a repository that cannot be one.
pub(crate) fn evidence_repository(console: &Console<'_>) -> Result<Option<Reference>, Failure> {
    console.variable("COSIGN_REPOSITORY").map(repository).transpose()
}

/// `--attachment-tag-prefix`: what the names of cosign's tags begin with.
///
/// # Errors
/// A prefix that no tag can have.
pub(crate) fn tag_prefix(typed: &Typed) -> Result<String, Failure> {
    checked_tag_prefix(typed.text("attachment-tag-prefix"))
}

/// The same of a text.
///
/// # Errors
/// As there.
pub(crate) fn checked_tag_prefix(prefix: &str) -> Result<String, Failure> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let fits = prefix.bytes().next().is_none_or(is_word)
        && prefix.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'));
    if !fits {
        return Err(format!("--attachment-tag-prefix {} cannot begin a tag", quote(prefix)).into());
    }
    Ok(prefix.to_owned())
}

fn repository(text: &str) -> Result<Reference, Failure> {
    let wrong = |why: &str| Failure::from(format!("parsing $COSIGN_REPOSITORY: {why}: {text}"));
    let path = text.split_once('/').map_or(text, |(_, path)| path);
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) || path.contains(':') {
        return Err(wrong(
            "repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`",
        ));
    }
    let reference = Reference::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if reference.tag().is_some() || reference.digest().is_some() {
        return Err(wrong("repository has a tag or digest"));
    }
    Ok(reference)
}

#[cfg(test)]
mod tests {
    use super::CLOUDS;

    #[test]
    fn clouds_are_known_by_whole_names() {
        let asked = |host: &str| CLOUDS.iter().filter(|(is_theirs, _)| is_theirs(host)).count();
        for host in ["gcr.io", "eu.gcr.io", "europe-docker.pkg.dev"] {
            assert_eq!(asked(host), 2, "{host}");
        }
        for host in ["acme.azurecr.io", "1.dkr.ecr.eu-west-1.amazonaws.com"] {
            assert_eq!(asked(host), 1, "{host}");
        }
        for host in ["evilgcr.io", "gcr.io.evil", ".gcr.io", "evilazurecr.io", "s3.amazonaws.com", "pkg.dev"]
        {
            assert_eq!(asked(host), 0, "{host}");
        }
    }
}
