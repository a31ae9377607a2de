//! From documents to a snapshot: parse looks at one document, link at the whole set.

use sealgate_verify::{Digest, TrustedRoots};

/// One file of policy documents, YAML or JSON.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file's name, for messages.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A snapshot that was accepted, and what is odd about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The policies and settings.
    pub set: PolicySet,
    /// Lint: accepted, but probably not meant.
    pub warnings: Vec<Finding>,
}

/// One snapshot of policies and settings.
#[derive(Clone, Debug)]
pub struct PolicySet {
    hash: Digest,
    settings: Settings,
}

impl PolicySet {
    /// Reads and links a whole set.
    ///
    /// # Errors
    /// Every fault of every document, in the order of files and lines.
    pub fn load(_sources: &[Source], _roots: &TrustedRoots) -> Result<Loaded, Vec<Finding>> {
        unimplemented!()
    }

    /// SHA-256 over what the set means: equal sets hash alike, whatever file or order they came in.
    pub fn hash(&self) -> &Digest {
        &self.hash
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The policies' names, sorted.
    pub fn names(&self) -> Vec<&str> {
        unimplemented!()
    }

    /// The JSON schema of `ClusterSealPolicy`, which is also a structural CRD schema.
    pub fn policy_schema() -> serde_json::Value {
        unimplemented!()
    }

    /// The JSON schema of `GateSettings`, which is also a structural CRD schema.
    pub fn settings_schema() -> serde_json::Value {
        unimplemented!()
    }
}

/// `GateSettings`, with the loader's defaults.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// What an image gets that no enforce policy matches.
    pub no_match: Action,
    /// What a reference without a digest gets.
    pub tags: Action,
    /// Whether objects that the gate cannot read images from are allowed.
    pub allow_unknown_kinds: bool,
    /// Hosts that may be spoken to; empty: any.
    pub registries: Vec<String>,
}

/// What happens where no policy speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Admit in silence.
    Allow,
    /// Admit and record.
    Audit,
    /// Deny.
    Deny,
    /// Admit and warn.
    Warn,
}

/// A fault or oddity of a document.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
pub struct Finding {
    /// Stable, kebab-case.
    pub code: &'static str,
    /// The file's name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// The field's path, such as `spec.signers.release.github.ref`.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}: {}", self.file, self.line, self.column, self.field, self.message)
    }
}
