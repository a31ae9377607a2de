//! From documents to a snapshot: parse looks at one document, link at the whole set.

use std::collections::{BTreeMap, BTreeSet};

use sealgate_verify::{Digest, Place, Reference, TrustedRoots};
use serde::de::DeserializeOwned;

use crate::{
    limits,
    model::{self, Policy},
};
use fault::Fault;
use link::Parsed;
use node::{At, Node, Path, Value};
use read::Reading;
use yaml::Located;

mod document;
mod fault;
mod link;
mod lint;
mod near;
mod node;
mod read;
mod rule;
mod schema;
mod signer;
mod structure;
mod text;
mod yaml;

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
    policies: BTreeMap<String, Policy>,
}

impl PolicySet {
    /// Reads and links a whole set.
    ///
    /// # Errors
    /// Every fault of every document, in the order of files and lines.
    pub fn load(sources: &[Source], roots: &TrustedRoots) -> Result<Loaded, Vec<Finding>> {
        let mut set = Documents::new();
        for source in sources {
            set.parse(source);
        }
        if set.policies.len() > limits::POLICIES {
            let file = set.policies.last().map_or("", |policy| policy.file);
            let fault = Fault::limit("policies", limits::POLICIES, set.policies.len());
            set.findings.push(fault.found_at(file, At::default(), String::new()));
        }
        if set.findings.is_empty() && set.policies.is_empty() {
            let file = sources.first().map_or("", |source| source.name.as_str());
            set.findings.push(Fault::NoPolicy.found_at(file, At { line: 1, column: 1 }, String::new()));
        }
        set.findings.extend(link::link(&set.policies, &set.settings, roots));
        if !set.findings.is_empty() {
            sort(&mut set.findings, sources);
            set.findings.truncate(limits::FINDINGS);
            return Err(set.findings);
        }
        let mut warnings: Vec<Finding> = set.policies.iter().flat_map(lint::policy).collect();
        sort(&mut warnings, sources);
        let settings =
            set.settings.into_iter().next().map_or_else(Settings::default, |settings| settings.meant);
        let policies: BTreeMap<String, Policy> =
            set.policies.into_iter().map(|policy| (policy.meant.name.clone(), policy.meant)).collect();
        let hash = model::hash(&policies, &settings);
        Ok(Loaded { set: Self { hash, settings, policies }, warnings })
    }

    /// SHA-256 over what the set means: equal sets hash alike, whatever file or order they came in.
    pub fn hash(&self) -> &Digest {
        &self.hash
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The names of the trusted roots that some signer takes for vouchers.
    pub fn root_names(&self) -> BTreeSet<&str> {
        let signers = self.policies.values().flat_map(|policy| policy.signers.values());
        signers.flat_map(|signer| signer.roots.iter().map(String::as_str)).collect()
    }

    /// The policies' names, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.policies.keys().map(String::as_str).collect()
    }

    /// Where to look for evidence about `reference`. A place of these that nobody looked in is a gap; with none, no
    /// evidence is asked for. Follows from the policies alone.
    pub fn places(&self, reference: &Reference) -> BTreeSet<Place> {
        let asks = self.matching(reference).any(|policy| policy.signatures().next().is_some());
        if asks { SIGNATURE_PLACES.into_iter().collect() } else { BTreeSet::new() }
    }

    /// The policies that are about `reference`, by name.
    pub(crate) fn matching(&self, reference: &Reference) -> impl Iterator<Item = &Policy> {
        self.policies.values().filter(move |policy| {
            policy.images.iter().any(|pattern| pattern.matches(reference))
                && !policy.except_images.iter().any(|pattern| pattern.matches(reference))
        })
    }

    /// The JSON schema of `ClusterSealPolicy`, which is also a structural CRD schema.
    pub fn policy_schema() -> serde_json::Value {
        schema::policy()
    }

    /// The JSON schema of `GateSettings`, which is also a structural CRD schema.
    pub fn settings_schema() -> serde_json::Value {
        schema::settings()
    }
}

/// Every place that can hold a signature. The fallback tag is part of looking at referrers.
pub(crate) const SIGNATURE_PLACES: [Place; 3] =
    [Place::AttestationTag, Place::Referrers, Place::SignatureTag];

/// `GateSettings`, with the loader's defaults.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// What an image gets that no enforce policy matches.
    pub no_match: Action,
    /// What a reference without a digest gets.
    pub tags: Action,
    /// Whether objects that the gate cannot read images from are allowed.
    pub allow_unknown_kinds: bool,
    /// Hosts that may be spoken to, sorted, in the form that references have; empty: any.
    pub registries: Vec<String>,
}

impl Default for Settings {
    /// What holds where nobody wrote `GateSettings`: everything is denied that can be.
    fn default() -> Self {
        Self {
            no_match: Action::Deny,
            tags: Action::Deny,
            allow_unknown_kinds: false,
            registries: Vec::new(),
        }
    }
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
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

fn sort(findings: &mut [Finding], sources: &[Source]) {
    let order: BTreeMap<&str, usize> =
        sources.iter().enumerate().rev().map(|(index, source)| (source.name.as_str(), index)).collect();
    findings.sort_by_key(|finding| (order.get(finding.file.as_str()).copied(), finding.line, finding.column));
}

/// What was parsed so far.
struct Documents<'s> {
    policy_schema: serde_json::Value,
    settings_schema: serde_json::Value,
    policies: Vec<Parsed<'s, Policy>>,
    settings: Vec<Parsed<'s, Settings>>,
    findings: Vec<Finding>,
}

impl<'s> Documents<'s> {
    fn new() -> Self {
        Self {
            policy_schema: schema::policy(),
            settings_schema: schema::settings(),
            policies: Vec::new(),
            settings: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn parse(&mut self, source: &'s Source) {
        let (nodes, faults) = yaml::read(&source.bytes);
        for node in nodes {
            self.document(&source.name, node, &faults);
        }
        self.report(&source.name, &faults);
    }

    /// Reads one document. `text` are faults of the file's text: what they hide is not reported again, and no document
    /// beside them is used.
    fn document(&mut self, file: &'s str, node: Node, text: &[Located]) {
        let kind = match kind(&node) {
            Ok(kind) => kind,
            Err(fault) => return self.report(file, &[fault]),
        };
        let schema = match kind {
            Kind::Policy => &self.policy_schema,
            Kind::Settings => &self.settings_schema,
        };
        let structural = structure::check(&node, schema);
        let mut unread: Vec<&Path> = structural.iter().map(|(_, path, _)| path).collect();
        let status = Path::default().field("status");
        unread.push(&status);
        let readable = node.without(&unread);
        let mut reading = Reading::new(&node);
        match kind {
            Kind::Policy => {
                let meant = typed(&readable).map(|document| read::policy(&mut reading, document));
                let faults = together(&node, text, structural, reading.faults, meant.is_none());
                match meant {
                    Some(meant) if faults.is_empty() && text.is_empty() => {
                        self.policies.push(Parsed { file, node, meant })
                    }
                    _ => self.report(file, &faults),
                }
            }
            Kind::Settings => {
                let meant = typed(&readable).map(|document| read::settings(&mut reading, document));
                let faults = together(&node, text, structural, reading.faults, meant.is_none());
                match meant {
                    Some(meant) if faults.is_empty() && text.is_empty() => {
                        self.settings.push(Parsed { file, node, meant })
                    }
                    _ => self.report(file, &faults),
                }
            }
        }
    }

    fn report(&mut self, file: &str, faults: &[Located]) {
        self.findings
            .extend(faults.iter().map(|(at, path, fault)| fault.found_at(file, *at, path.to_string())));
    }
}

enum Kind {
    Policy,
    Settings,
}

fn kind(node: &Node) -> Result<Kind, Located> {
    let top = Path::default();
    let refused = |field: &str, fault: Fault| {
        let path = top.field(field);
        Err((node.locate(&path), path, fault))
    };
    let missing = |field: &str, instead: &str| {
        refused(
            field,
            Fault::Missing { field: field.to_owned(), instead: format!("write `{field}: {instead}`") },
        )
    };
    if !matches!(node.value, Value::Map(_)) {
        let wanted = "a map with `apiVersion`, `kind`, `metadata` and `spec`".to_owned();
        return Err((node.at, top, Fault::WrongType { wanted, found: node.value.kind() }));
    }
    let kind = match node.text("kind") {
        Some("ClusterSealPolicy") => Kind::Policy,
        Some("GateSettings") => Kind::Settings,
        Some("SealPolicy") => {
            let instead = "write a ClusterSealPolicy for now; it holds in every namespace";
            return refused("kind", Fault::Later { what: "`kind: SealPolicy`".to_owned(), instead });
        }
        Some(found) => return refused("kind", Fault::Kind { found: found.to_owned() }),
        None => return missing("kind", "ClusterSealPolicy"),
    };
    match node.text("apiVersion") {
        Some("sealgate.dev/v1alpha1") => Ok(kind),
        Some(found) => refused("apiVersion", Fault::ApiVersion { found: found.to_owned() }),
        None => missing("apiVersion", "sealgate.dev/v1alpha1"),
    }
}

/// The typed document. The schema and the types are one, so what the structure check left can always be read.
fn typed<T: DeserializeOwned>(node: &Node) -> Option<T> {
    serde_json::from_value(node.to_json()?).ok()
}

/// All faults of a document: those of its structure, and those of its meaning that do not merely follow from them.
fn together(
    node: &Node,
    text: &[Located],
    structural: Vec<Located>,
    meaning: Vec<Located>,
    unread: bool,
) -> Vec<Located> {
    let is_new = |path: &Path| !text.iter().chain(&structural).any(|(_, other, _)| other.on_one_way(path));
    let mut faults: Vec<Located> = meaning.into_iter().filter(|(_, path, _)| is_new(path)).collect();
    faults.extend(structural);
    // INVARIANT: a document that could not be read is never silently left out.
    if unread && faults.is_empty() && text.is_empty() {
        let fault = Fault::WrongType {
            wanted: "a document as its schema describes it".to_owned(),
            found: node.value.kind(),
        };
        faults.push((node.at, Path::default(), fault));
    }
    faults
}
