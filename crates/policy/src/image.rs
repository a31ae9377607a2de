//! Image patterns: which references a policy is about.

use sealgate_verify::{Reference, pattern::Pattern};

/// A pattern over `host/repository`. Tags and digests are never matched.
#[derive(Clone, Debug)]
pub(crate) struct ImagePattern {
    text: String,
    /// `None` for `**`, which is every image.
    place: Option<(Host, Pattern)>,
}

/// A host, each of whose labels is literal or one whole label of any text.
#[derive(Clone, Debug)]
struct Host {
    labels: Vec<Option<String>>,
    port: Option<String>,
}

/// Why a text is not an image pattern, and what to write instead.
pub(crate) struct ImagePatternError {
    pub(crate) why: &'static str,
    pub(crate) instead: String,
}

impl ImagePattern {
    /// Reads a pattern. Its host is normalised as a reference's is; nothing is ever completed.
    pub(crate) fn parse(written: &str) -> Result<Self, ImagePatternError> {
        if written == "**" {
            return Ok(Self { text: written.to_owned(), place: None });
        }
        let wrong = |why, instead: String| Err(ImagePatternError { why, instead });
        if let Some((_, rest)) = written.split_once("://") {
            return wrong("has a scheme", format!("write `{rest}`"));
        }
        if let Some((name, _)) = written.split_once('@') {
            return wrong(
                "has a digest",
                format!("write `{name}`: a policy is about repositories, never about one digest"),
            );
        }
        let Some((host, path)) = written.split_once('/') else {
            return wrong(
                "names no host and repository",
                format!("write the host first, such as `docker.io/library/{written}` or `{written}/**`"),
            );
        };
        if let Some((name, _)) = path.split_once(':') {
            return wrong(
                "has a tag",
                format!("write `{host}/{name}`: a policy is about repositories, whatever the tag"),
            );
        }
        if host.contains("**") || host == "*" {
            return wrong(
                "names no host",
                "write a host first, such as `ghcr.io/acme/**`, or `**` alone for every image".to_owned(),
            );
        }
        if !host.contains(['.', ':', '*']) && host != "localhost" && !host.starts_with('[') {
            return wrong(
                "names no host",
                format!("write the host first, such as `docker.io/{written}`; patterns are never completed"),
            );
        }
        let Some((host, shown)) = Host::parse(host) else {
            return wrong("has a host that is none", "write a host such as `ghcr.io` or `registry.example:5000`; in it `*` stands for one whole label, as in `*.example.com`".to_owned());
        };
        let is_fine = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'/' | b'*');
        if !path.bytes().all(is_fine) || path.split('/').any(str::is_empty) {
            return wrong(
                "has a repository that is none",
                "write lower-case letters, digits, `.`, `_`, `-` and `/`, and `*` and `**` for more"
                    .to_owned(),
            );
        }
        match Pattern::parse(path) {
            Ok(pattern) => Ok(Self { text: format!("{shown}/{path}"), place: Some((host, pattern)) }),
            Err(error) => wrong("is no pattern", error.to_string()),
        }
    }

    /// The normalised text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is about this reference.
    pub(crate) fn matches(&self, reference: &Reference) -> bool {
        match &self.place {
            None => true,
            Some((host, path)) => host.matches(reference.host()) && path.matches(reference.repository()),
        }
    }

    /// Docker's official images live below `library`, so one literal segment below `docker.io` names nothing.
    pub(crate) fn misses_library(&self) -> bool {
        self.text.strip_prefix("docker.io/").is_some_and(|path| !path.contains(['/', '*']))
    }
}

impl Host {
    fn parse(written: &str) -> Option<(Self, String)> {
        let mut text = written.to_ascii_lowercase();
        if let Some(without) = text.strip_suffix(":443") {
            text = without.to_owned();
        }
        if matches!(text.as_str(), "index.docker.io" | "registry-1.docker.io") {
            text = "docker.io".to_owned();
        }
        let (name, port) = split_port(&text);
        if port.is_some_and(|port| {
            port.is_empty() || port.len() > 5 || !port.bytes().all(|byte| byte.is_ascii_digit())
        }) {
            return None;
        }
        let labels: Option<Vec<Option<String>>> = if name.starts_with('[') {
            let inside = name.strip_prefix('[')?.strip_suffix(']')?;
            let is_address =
                !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
            is_address.then(|| vec![Some(name.to_owned())])
        } else {
            name.split('.').map(label).collect()
        };
        let host = Self { labels: labels?, port: port.map(str::to_owned) };
        // `*:5000` and `*.*` name no host.
        host.labels.iter().any(Option::is_some).then_some((host, text.clone()))
    }

    // THREAT: `*.acme.io` must not match `evil.example/x.acme.io/` nor `a.b.acme.io`.
    // See host-below-a-wildcard-s-label.
    fn matches(&self, host: &str) -> bool {
        let (name, port) = split_port(host);
        if port != self.port.as_deref() {
            return false;
        }
        if let [Some(only)] = self.labels.as_slice() {
            return only == name;
        }
        let mut found = name.split('.');
        self.labels.iter().all(|wanted| {
            found.next().is_some_and(|label| wanted.as_ref().is_none_or(|wanted| wanted == label))
        }) && found.next().is_none()
    }
}

fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    }
}

fn label(text: &str) -> Option<Option<String>> {
    if text == "*" {
        return Some(None);
    }
    let is_fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label =
        !text.is_empty() && text.bytes().all(is_fine) && !text.starts_with('-') && !text.ends_with('-');
    is_label.then(|| Some(text.to_owned()))
}

/// A registry host without wildcards, in the form that references have.
pub(crate) fn normal_host(written: &str) -> Option<String> {
    let (host, shown) = Host::parse(written)?;
    host.labels.iter().all(Option::is_some).then_some(shown)
}
