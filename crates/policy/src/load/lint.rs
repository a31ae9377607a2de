//! What is accepted, but probably not meant.

use std::collections::BTreeSet;

use sealgate_verify::expression::has_bare_dot;

use super::{Finding, link::Parsed, node::Path};
use crate::{
    Mode,
    model::{Ask, Policy, Signature},
};

/// Everything odd about one policy.
pub(super) fn policy(parsed: &Parsed<'_, Policy>) -> Vec<Finding> {
    let mut lint = Lint { parsed, findings: Vec::new() };
    lint.images();
    lint.modes();
    lint.signers();
    lint.shared_signatures();
    lint.findings
}

struct Lint<'p, 's> {
    parsed: &'p Parsed<'s, Policy>,
    findings: Vec<Finding>,
}

impl Lint<'_, '_> {
    fn images(&mut self) {
        let policy = &self.parsed.meant;
        let path = spec().field("match").field("images");
        for (index, pattern) in policy.images.iter().enumerate() {
            if pattern.misses_library() {
                let message = format!(
                    "`{}` matches nothing: Docker's official images live below `library`",
                    pattern.text()
                );
                let help =
                    format!("write `{}`", pattern.text().replacen("docker.io/", "docker.io/library/", 1));
                self.warn("never-matches", &path.index(index), message, &help);
            }
            if policy.except_images.iter().any(|except| except.text() == pattern.text()) {
                let message =
                    format!("`{}` matches nothing: `exceptImages` takes all of it out again", pattern.text());
                self.warn("never-matches", &path.index(index), message, "remove one of the two");
            }
        }
    }

    fn modes(&mut self) {
        let policy = &self.parsed.meant;
        if policy.lifts_no_match && policy.enforces() {
            let message =
                "`liftsNoMatch` changes nothing here: the policy enforces, so its images count as matched";
            self.warn("without-effect", &spec().field("liftsNoMatch"), message.to_owned(), "remove it");
        }
        let Some(written) = self.parsed.node.field("spec").and_then(|spec| spec.node.field("require")) else {
            return;
        };
        for name in policy.requirements.keys() {
            let mode = match written.node.field(name).and_then(|requirement| requirement.node.text("mode")) {
                Some("enforce") => Mode::Enforce,
                Some("warn") => Mode::Warn,
                _ => continue,
            };
            if mode > policy.mode {
                let message =
                    "this mode changes nothing: the policy's own is weaker, and the weaker holds".to_owned();
                self.warn(
                    "without-effect",
                    &spec().field("require").field(name).field("mode"),
                    message,
                    "remove it, or strengthen the policy's mode",
                );
            }
        }
    }

    fn signers(&mut self) {
        let policy = &self.parsed.meant;
        let used: BTreeSet<&String> = policy.signatures().flat_map(|signature| &signature.by).collect();
        for name in policy.signers.keys().filter(|name| !used.contains(name)) {
            let path = spec().field("signers").field(name);
            self.warn(
                "unused-signer",
                &path,
                format!("no `by` names signer `{name}`"),
                "remove it, or name it in a `by`",
            );
        }
        let Some(written) = self.parsed.node.field("spec").and_then(|spec| spec.node.field("signers")) else {
            return;
        };
        for name in policy.signers.keys() {
            let Some(signer) = written.node.field(name) else { continue };
            let issuer = signer.node.field("keyless").and_then(|keyless| keyless.node.text("issuer"));
            if let Some(issuer) = issuer.filter(|issuer| !issuer.starts_with("https://")) {
                let message = format!("issuer `{issuer}` is no https URL, as issuers almost always are");
                let path = spec().field("signers").field(name).field("keyless").field("issuer");
                self.warn(
                    "odd-issuer",
                    &path,
                    message,
                    "write it as the certificate has it, such as `https://accounts.google.com`",
                );
            }
            for field in ["issuerRegex", "subjectRegex"] {
                let regex = signer.node.field("keyless").and_then(|keyless| keyless.node.text(field));
                if regex.is_some_and(has_bare_dot) {
                    let path = spec().field("signers").field(name).field("keyless").field(field);
                    let message = "a bare `.` fits any letter, so that a look-alike fits too".to_owned();
                    self.warn("bare-dot", &path, message, "write `[.]` for a dot");
                }
            }
        }
    }

    /// Two requirements, or two leaves of one alternative, that one signature can satisfy.
    fn shared_signatures(&mut self) {
        let policy = &self.parsed.meant;
        let mut direct: Vec<(Path, &Signature)> = Vec::new();
        for (name, requirement) in &policy.requirements {
            let path = spec().field("require").field(name);
            match &requirement.ask {
                Ask::Signature(signature) => direct.push((path, signature)),
                Ask::AnyOf(alternatives) => {
                    for (alternative, leaves) in alternatives {
                        let path = path.field("anyOf").field(alternative);
                        let leaves: Vec<_> =
                            leaves.iter().map(|(leaf, signature)| (path.field(leaf), signature)).collect();
                        self.pairs(&leaves);
                    }
                }
                Ask::Unsigned(_) => {}
            }
        }
        self.pairs(&direct);
    }

    fn pairs(&mut self, leaves: &[(Path, &Signature)]) {
        for (index, (path, signature)) in leaves.iter().enumerate() {
            let shared = leaves.iter().take(index).find(|(_, other)| !signature.by.is_disjoint(&other.by));
            if let Some((other, _)) = shared {
                let message = format!("one signature can satisfy this and `{other}`");
                self.warn(
                    "one-signature-serves-two",
                    path,
                    message,
                    "if two signatures are meant, write one `signature` with `atLeast: 2`",
                );
            }
        }
    }

    fn warn(&mut self, code: &'static str, path: &Path, message: String, help: &str) {
        let at = self.parsed.node.locate(path);
        self.findings.push(Finding {
            code,
            file: self.parsed.file.to_owned(),
            line: at.line,
            column: at.column,
            field: path.to_string(),
            message,
            help: help.to_owned(),
        });
    }
}

fn spec() -> Path {
    Path::default().field("spec")
}
