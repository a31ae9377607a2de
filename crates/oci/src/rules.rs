//! Who may be spoken to, and how: every URL that is ever requested passes here.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use url::{Host, Url};

use crate::{
    Config,
    address::{Guard, is_forbidden, is_localhost, is_loopback},
    fault::Fault,
    turns::Turns,
};

/// What configuration says about hosts, in one spelling.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    http: BTreeSet<String>,
    http_loopback: bool,
    only: BTreeSet<String>,
}

/// A registry that may be spoken to.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The host as references and credentials name it.
    pub(crate) name: String,
    origin: Url,
}

/// Hosts that belong to a registry without bearing its name. Nobody else may name a host that gets its credentials.
struct Family {
    registry: &'static str,
    /// Where its token service is.
    realms: &'static [&'static str],
    /// Ends of host names that its manifests may be redirected to. They are asked without credentials.
    manifests: &'static [&'static str],
}

const FAMILIES: [Family; 5] = [
    Family { registry: "docker.elastic.co", realms: &["docker-auth.elastic.co"], manifests: &[] },
    Family { registry: "docker.io", realms: &["auth.docker.io"], manifests: &[] },
    Family { registry: "registry.digitalocean.com", realms: &["api.digitalocean.com"], manifests: &[] },
    Family { registry: "registry.gitlab.com", realms: &["gitlab.com"], manifests: &[] },
    // Answers everything with a redirect to the nearest mirror.
    Family { registry: "registry.k8s.io", realms: &[], manifests: &["-docker.pkg.dev"] },
];

/// What was asked for when a redirect came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Asked {
    /// A blob: object stores hold them, anywhere.
    Blob,
    /// A manifest, a tag or a list of referrers.
    Manifest,
}

impl Rules {
    pub(crate) fn of(config: &Config) -> Self {
        let normal = |hosts: &BTreeSet<String>| hosts.iter().map(|host| normal(host)).collect();
        Self {
            http: config.http_hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect(),
            http_loopback: config.http_loopback,
            only: normal(&config.only_hosts),
        }
    }

    /// What name look-up is guarded by.
    pub(crate) fn guard(&self, lookups: Turns) -> Guard {
        let names = self.http.iter().chain(&self.only).map(|host| split(host).0.to_owned());
        Guard { loopback: Arc::new(names.collect()), localhost: self.http_loopback, lookups }
    }

    /// Finds how to speak to the registry `host`.
    pub(crate) fn site(&self, host: &str) -> Result<Site, Fault> {
        let name = normal(host);
        if !self.only.is_empty() && !self.only.contains(&name) {
            return Err(Fault::forbidden(format!("`{name}` is not among the hosts that settings allow")));
        }
        let scheme = if self.is_plain(&name) { "http" } else { "https" };
        let contact = if name == "docker.io" { "registry-1.docker.io" } else { &name };
        let origin = Url::parse(&format!("{scheme}://{contact}/"))
            .map_err(|_| Fault::forbidden(format!("`{name}` is not a host")))?;
        // THREAT: `2852039166`, `0x7f.1` or a full-width letter that a URL reads as another host.
        // See hosts_in_disguise_are_refused.
        if origin.host_str() != Some(split(contact).0) {
            return Err(Fault::forbidden(format!("`{name}` is another spelling of another host")));
        }
        self.admit(&origin, true)?;
        Ok(Site { name, origin })
    }

    /// The same registry over TLS, where manners are to try that before plain http.
    pub(crate) fn tls_first(&self, site: &Site) -> Option<Site> {
        if !self.http_loopback || site.origin.scheme() != "http" {
            return None;
        }
        let origin = Url::parse(&format!("https://{}/", site.name)).ok()?;
        Some(Site { name: site.name.clone(), origin })
    }

    /// Whether `url` may be requested at all: its scheme, its address, no secrets in it. `loopback` says whether the
    /// manners of `http_loopback` hold.
    fn admit(&self, url: &Url, loopback: bool) -> Result<(), Fault> {
        let manners = self.http_loopback && loopback;
        let shown = shown(url);
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Fault::forbidden(format!("a URL of `{shown}` that carries a user name")));
        }
        let names = names(url);
        match url.scheme() {
            "https" => {}
            "http"
                if names
                    .iter()
                    .any(|name| self.http.contains(name) || (manners && is_this_machine(name))) => {}
            scheme => return Err(Fault::forbidden(format!("`{scheme}` to `{shown}`"))),
        }
        let named = names.iter().any(|name| self.http.contains(name) || self.only.contains(name));
        let (is_here, forbidden) = match url.host() {
            Some(Host::Domain(domain)) => (is_localhost(domain), false),
            Some(Host::Ipv4(v4)) => (is_loopback(IpAddr::V4(v4)), is_forbidden(IpAddr::V4(v4))),
            Some(Host::Ipv6(v6)) => (is_loopback(IpAddr::V6(v6)), is_forbidden(IpAddr::V6(v6))),
            None => (false, true),
        };
        if forbidden {
            return Err(Fault::forbidden(format!("`{shown}` is an address that is never spoken to")));
        }
        if is_here && !named && !manners {
            return Err(Fault::forbidden(format!("`{shown}` is this very machine, and no setting names it")));
        }
        Ok(())
    }

    fn is_plain(&self, name: &str) -> bool {
        self.http.contains(name) || (self.http_loopback && is_this_machine(name))
    }

    /// Reads the realm of a challenge by `site`.
    ///
    /// THREAT: a registry that names somebody else's token service is handed the password. See
    /// a_realm_elsewhere_gets_neither_request_nor_credentials.
    pub(crate) fn realm(&self, site: &Site, text: &str) -> Result<Url, Fault> {
        let refused = |why: &str| {
            Fault::forbidden(format!("the token service that `{}` names is not used: {why}", site.name))
        };
        let mut url = Url::parse(text).map_err(|_| refused("not a URL"))?;
        self.admit(&url, true).map_err(|_| refused("its URL is not admitted"))?;
        let same = url.origin() == site.origin.origin();
        let family = FAMILIES.iter().find(|family| family.registry == site.name);
        let known = url.scheme() == "https"
            && url.port().is_none()
            && family.is_some_and(|family| family.realms.iter().any(|realm| url.host_str() == Some(realm)));
        if !same && !known {
            return Err(refused(&format!("`{}` is another host", shown(&url))));
        }
        url.set_fragment(None);
        Ok(url)
    }

    /// Reads where a redirect leads to.
    pub(crate) fn redirect(
        &self,
        site: &Site,
        from: &Url,
        location: &str,
        asked: Asked,
    ) -> Result<Url, Fault> {
        let refused =
            |why: String| Fault::forbidden(format!("a redirect by `{}` is not followed: {why}", shown(from)));
        let mut url = from.join(location).map_err(|_| refused("not a URL".to_owned()))?;
        // THREAT: a registry far away sends the user's own command to what listens on the user's own machine.
        // See a_registry_elsewhere_leads_nobody_to_this_very_machine.
        if let Err(Fault::Dark { detail, .. }) = self.admit(&url, is_this_machine(&site.name)) {
            return Err(refused(detail));
        }
        let names = names(&url);
        let host = url.host_str().unwrap_or_default();
        let family = FAMILIES.iter().find(|family| family.registry == site.name);
        let mirror = url.scheme() == "https"
            && url.port().is_none()
            && family.is_some_and(|family| family.manifests.iter().any(|end| is_one_label_before(host, end)));
        if asked == Asked::Manifest && !mirror {
            return Err(refused(format!("`{}` is no place for manifests of `{}`", shown(&url), site.name)));
        }
        if !self.only.is_empty() && !mirror && !names.iter().any(|name| self.only.contains(&normal(name))) {
            return Err(refused(format!("`{}` is not among the hosts that settings allow", shown(&url))));
        }
        url.set_fragment(None);
        Ok(url)
    }

    /// Reads where the next page of a list is: the same list, or nowhere.
    pub(crate) fn next_page(current: &Url, target: &str) -> Result<Url, Fault> {
        let refused = || Fault::forbidden("the next page of the list is not at the same place".to_owned());
        let mut next = current.join(target).map_err(|_| refused())?;
        let same = next.origin() == current.origin()
            && next.path() == current.path()
            && next.username().is_empty()
            && next.password().is_none();
        if !same {
            return Err(refused());
        }
        next.set_fragment(None);
        Ok(next)
    }
}

impl Site {
    /// The URL of `path`, which starts with `v2/`.
    pub(crate) fn at(&self, path: &str) -> Result<Url, Fault> {
        let url = self.origin.join(path).map_err(|_| Fault::malformed("a path that fits no URL"))?;
        // INVARIANT: nothing in a repository or tag changes where the request goes.
        if url.origin() != self.origin.origin()
            || url.path().strip_prefix('/') != Some(path)
            || url.query().is_some()
        {
            return Err(Fault::malformed("a path that means another one"));
        }
        Ok(url)
    }
}

/// The one spelling of a host: lower case, without `:443`, Docker's other names folded.
pub(crate) fn normal(host: &str) -> String {
    let lower = host.trim().to_ascii_lowercase();
    let bare = lower.strip_suffix(":443").unwrap_or(&lower);
    match bare {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        _ => bare.to_owned(),
    }
}

/// Host and port, for messages. Never the path or query: they may hold a signature of an object store.
pub(crate) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn is_this_machine(name: &str) -> bool {
    let host = split(name).0;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    is_localhost(host) || bare.parse::<IpAddr>().is_ok_and(is_loopback)
}

// A default port may be written or not.
fn names(url: &Url) -> Vec<String> {
    let host = url.host_str().unwrap_or_default();
    match (url.port(), url.scheme()) {
        (Some(port), _) => vec![format!("{host}:{port}")],
        (None, "http") => vec![host.to_owned(), format!("{host}:80")],
        (None, _) => vec![host.to_owned()],
    }
}

fn split(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    }
}

// `europe-docker.pkg.dev` ends in `-docker.pkg.dev`; `a.b-docker.pkg.dev` does not count.
fn is_one_label_before(host: &str, end: &str) -> bool {
    host.strip_suffix(end).is_some_and(|label| !label.is_empty() && !label.contains('.'))
}

#[cfg(test)]
#[path = "rules/tests.rs"]
mod tests;
