//! Image references, read as containerd reads them.

use crate::{Digest, limits};

/// An image reference.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Reference {
    written: String,
    contact_host: String,
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// Reads a reference as containerd does: `nginx` is `docker.io/library/nginx`.
    ///
    /// Stricter than containerd in four things that no working image needs: a port is a number from 1 to 65535 without leading
    /// zeros, a host is no bracketed address, a digest is SHA-256, SHA-384 or SHA-512, and all of it has at most 512 bytes.
    ///
    /// # Errors
    /// [`ReferenceError`] if it does not fit the distribution grammar. Nothing is ever trimmed or completed beyond it.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        read(text).map_err(|why| ReferenceError::Grammar { text: shown(text), why })
    }

    /// The text as it was written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The host to speak to: as it was written, case and port included, or `docker.io` where none was.
    pub fn contact_host(&self) -> &str {
        &self.contact_host
    }

    /// The host, normalised: lower case, without `:443`, Docker's other names folded into `docker.io`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The repository's path below the host, such as `library/nginx`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// `host/repository`, which image patterns are matched against.
    pub fn name(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }

    /// The tag, if one is written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one is written.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written)
    }
}

/// Why a text is not an image reference.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReferenceError {
    /// Does not fit the grammar.
    #[error("`{text}` is not an image reference: {why}")]
    Grammar {
        /// The text, cut to a printable length.
        text: String,
        /// What does not fit.
        why: &'static str,
    },
}

impl ReferenceError {
    /// The one code, for snapshots and documentation.
    pub const CODE: &'static str = "reference-invalid";

    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        Self::CODE
    }

    /// What the reader can do.
    pub fn help(&self) -> &'static str {
        "write the image as `host/repository@sha256:<64 hexadecimal digits>`"
    }
}

fn read(text: &str) -> Result<Reference, &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.len() > limits::REFERENCE_BYTES {
        return Err("it has more than 512 bytes");
    }
    if text.contains("://") {
        return Err("it has a scheme");
    }
    // THREAT: a look-alike, a blank or a `%2f` that one reader of the text drops or decodes and another keeps.
    // See nothing_but_the_ascii_grammar_is_a_reference.
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:@[]".contains(&byte)) {
        return Err("only ASCII letters, digits and `.`, `_`, `-`, `/`, `:`, `@` may stand in it");
    }
    if text.len() == 64 && text.bytes().all(is_lower_hexadecimal) {
        return Err("64 hexadecimal digits alone name an image by its id");
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(read_digest(digest)?)),
        None => (text, None),
    };
    let (contact_host, rest) = split_host(rest);
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(read_tag(tag)?)),
        None => (rest, None),
    };
    check_host(contact_host)?;
    let official = contact_host == DOCKER && !path.contains('/');
    let repository = if official { format!("library/{path}") } else { path.to_owned() };
    check_repository(&repository)?;
    Ok(Reference {
        written: text.to_owned(),
        host: normal(contact_host),
        contact_host: contact_host.to_owned(),
        repository,
        tag: tag.map(str::to_owned),
        digest,
    })
}

// What stands before the first `/` is a host only if it looks like one; `index.docker.io` is an old name of `docker.io`.
fn split_host(text: &str) -> (&str, &str) {
    match text.split_once('/') {
        Some(("index.docker.io", rest)) => (DOCKER, rest),
        Some((host, rest))
            if host == "localhost"
                || host.bytes().any(|byte| matches!(byte, b'.' | b':' | b'[' | b'A'..=b'Z')) =>
        {
            (host, rest)
        }
        _ => (DOCKER, text),
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    if host.contains(['[', ']']) {
        return Err("a registry is named, never given as a bracketed address");
    }
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    if let Some(port) = port {
        let number =
            if port.bytes().all(|byte| byte.is_ascii_digit()) { port.parse::<u16>().ok() } else { None };
        if number.is_none_or(|number| number == 0) || port.starts_with('0') {
            return Err("its port is not a number from 1 to 65535");
        }
    }
    let is_label = |label: &str| {
        let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        ends(label.bytes().next())
            && ends(label.bytes().last())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if name.split('.').all(is_label) { Ok(()) } else { Err("its host is not a host name") }
}

// Lower-case letters and digits, joined by one `.`, one or two `_`, or any number of `-`.
fn check_repository(path: &str) -> Result<(), &'static str> {
    if path.len() > limits::REPOSITORY_BYTES {
        return Err("its repository has more than 255 bytes");
    }
    for component in path.split('/') {
        let ends = |byte: Option<u8>| byte.is_some_and(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
        if !ends(component.bytes().next()) || !ends(component.bytes().last()) {
            return Err("each part of its repository begins and ends with a lower-case letter or a digit");
        }
        let joints = component.split(|character: char| matches!(character, 'a'..='z' | '0'..='9'));
        for joint in joints.filter(|joint| !joint.is_empty()) {
            if !matches!(joint, "." | "_" | "__") && !joint.bytes().all(|byte| byte == b'-') {
                return Err(
                    "its repository has lower-case letters and digits, joined by `.`, `_`, `__` or `-`",
                );
            }
        }
    }
    Ok(())
}

fn read_tag(tag: &str) -> Result<&str, &'static str> {
    if tag.len() > limits::TAG_BYTES {
        return Err("its tag has more than 128 bytes");
    }
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts = tag.bytes().next().is_some_and(is_word);
    if starts && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-')) {
        Ok(tag)
    } else {
        Err("its tag is malformed")
    }
}

fn read_digest(text: &str) -> Result<Digest, &'static str> {
    text.parse().map_err(
        |_| "its digest is not `sha256:`, `sha384:` or `sha512:` and all its lower-case hexadecimal digits",
    )
}

fn is_lower_hexadecimal(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn normal(host: &str) -> String {
    let lower = host.to_ascii_lowercase();
    let host = lower.strip_suffix(":443").unwrap_or(&lower);
    match host {
        "index.docker.io" | "registry-1.docker.io" => DOCKER.to_owned(),
        host => host.to_owned(),
    }
}

fn shown(text: &str) -> String {
    crate::signer::printable(&text.chars().take(160).collect::<String>())
}

const DOCKER: &str = "docker.io";
