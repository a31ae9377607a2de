//! One document: from what is written to what it means. Looks at nothing beside it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    document::{
        ActionSpec, AlternativeSpec, ModeSpec, PolicyDocument, RequirementSpec, SettingsDocument,
        SignatureSpec, SignerSpec, UnknownKindsSpec,
    },
    fault::Fault,
    near::listed,
    node::{Node, Path},
    signer, text,
    yaml::Located,
};
use crate::{
    Action, Mode, Settings,
    image::ImagePattern,
    model::{Ask, Policy, Requirement, Signature, Signer},
};

/// Collects faults of one document under their paths.
pub(super) struct Reading<'n> {
    node: &'n Node,
    pub(super) faults: Vec<Located>,
}

impl<'n> Reading<'n> {
    pub(super) fn new(node: &'n Node) -> Self {
        Self { node, faults: Vec::new() }
    }

    pub(super) fn fault(&mut self, path: &Path, fault: Fault) {
        self.faults.push((self.node.locate(path), path.clone(), fault));
    }

    fn name(&mut self, path: &Path, name: &str) {
        if !text::is_name(name) {
            self.fault(path, Fault::Name { found: name.to_owned() });
        }
    }

    /// Exactly one of the named fields may be there.
    pub(super) fn exactly_one(&mut self, path: &Path, choices: &[(&'static str, bool)]) -> bool {
        let found = choices.iter().filter(|(_, is_there)| *is_there).count();
        if found != 1 {
            let choices = listed(choices.iter().map(|(name, _)| *name));
            let are = if found == 1 { "is" } else { "are" };
            self.fault(path, Fault::NotOneKind { found, choices, are });
        }
        found == 1
    }
}

/// Reads a policy. What faults it has are in `reading`; the policy is then of no use.
pub(super) fn policy(reading: &mut Reading<'_>, document: PolicyDocument) -> Policy {
    let top = Path::default();
    let name = document.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
    reading.name(&top.field("metadata").field("name"), &name);
    let spec = document.spec.unwrap_or_default();
    let path = top.field("spec");
    let mode = spec.mode.map_or(Mode::Enforce, mode);
    let matched = spec.r#match.unwrap_or_default();
    let at = path.field("match");
    let images = images(reading, &at.field("images"), &matched.images.unwrap_or_default());
    let except_images =
        self::images(reading, &at.field("exceptImages"), &matched.except_images.unwrap_or_default());

    let specs = spec.signers.unwrap_or_default();
    let names: BTreeSet<String> = specs.keys().cloned().collect();
    let signers = signers(reading, &path.field("signers"), specs);
    let require = spec.require.unwrap_or_default();
    let at = path.field("require");
    if require.len() > 1 {
        let unsigned = require.iter().filter(|(_, requirement)| requirement.unsigned.is_some());
        for (name, _) in unsigned {
            reading.fault(&at.field(name).field("unsigned"), Fault::UnsignedBeside);
        }
    }
    let requirements = require
        .into_iter()
        .filter_map(|(name, spec)| {
            let at = at.field(&name);
            reading.name(&at, &name);
            Some((name, requirement(reading, &at, spec, mode, &names)?))
        })
        .collect();
    Policy {
        name,
        mode,
        lifts_no_match: spec.lifts_no_match.unwrap_or(false),
        images,
        except_images,
        signers,
        requirements,
    }
}

fn mode(spec: ModeSpec) -> Mode {
    match spec {
        ModeSpec::Audit => Mode::Audit,
        ModeSpec::Enforce => Mode::Enforce,
        ModeSpec::Warn => Mode::Warn,
    }
}

fn images(reading: &mut Reading<'_>, path: &Path, written: &[String]) -> Vec<ImagePattern> {
    let mut patterns = Vec::new();
    for (index, text) in written.iter().enumerate() {
        let at = path.index(index);
        if text::looks_like_regex(text) {
            let why = "looks like a regular expression";
            let instead =
                "write text with `*` and `**`, such as `ghcr.io/acme/**`; images take no regular expressions"
                    .to_owned();
            reading.fault(&at, Fault::ImagePattern { pattern: text.clone(), why, instead });
            continue;
        }
        match ImagePattern::parse(text) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => {
                let fault =
                    Fault::ImagePattern { pattern: text.clone(), why: error.why, instead: error.instead };
                reading.fault(&at, fault);
            }
        }
    }
    patterns
}

fn signers(
    reading: &mut Reading<'_>,
    path: &Path,
    specs: BTreeMap<String, SignerSpec>,
) -> BTreeMap<String, Signer> {
    let mut signers = BTreeMap::new();
    let mut keys: BTreeMap<String, String> = BTreeMap::new();
    for (name, spec) in specs {
        let at = path.field(&name);
        reading.name(&at, &name);
        let Some(signer) = signer::read(reading, &at, spec) else { continue };
        // THREAT: one key under two names makes one signature count for two. See a_key_under_two_names_is_refused.
        if let Some(fingerprint) = signer.key_fingerprint() {
            if let Some(first) = keys.get(&fingerprint) {
                reading.fault(&at, Fault::SameKey { first: first.clone(), second: name.clone() });
            } else {
                keys.insert(fingerprint, name.clone());
            }
        }
        signers.insert(name, signer);
    }
    signers
}

fn requirement(
    reading: &mut Reading<'_>,
    path: &Path,
    spec: RequirementSpec,
    policy_mode: Mode,
    signers: &BTreeSet<String>,
) -> Option<Requirement> {
    let kinds = [
        ("signature", spec.signature.is_some()),
        ("anyOf", spec.any_of.is_some()),
        ("unsigned", spec.unsigned.is_some()),
    ];
    if !reading.exactly_one(path, &kinds) {
        return None;
    }
    let ask = if let Some(spec) = spec.signature {
        Ask::Signature(signature(reading, &path.field("signature"), spec, signers))
    } else if let Some(spec) = spec.unsigned {
        Ask::Unsigned(spec.reason.unwrap_or_default())
    } else {
        Ask::AnyOf(alternatives(reading, &path.field("anyOf"), spec.any_of.unwrap_or_default(), signers))
    };
    Some(Requirement { mode: spec.mode.map_or(policy_mode, mode).min(policy_mode), help: spec.help, ask })
}

fn alternatives(
    reading: &mut Reading<'_>,
    path: &Path,
    specs: BTreeMap<String, AlternativeSpec>,
    signers: &BTreeSet<String>,
) -> BTreeMap<String, BTreeMap<String, Signature>> {
    let mut alternatives = BTreeMap::new();
    for (name, AlternativeSpec(leaves)) in specs {
        let at = path.field(&name);
        reading.name(&at, &name);
        let mut read = BTreeMap::new();
        for (leaf, spec) in leaves {
            let at = at.field(&leaf);
            reading.name(&at, &leaf);
            let spec = spec.signature.unwrap_or_default();
            read.insert(leaf, signature(reading, &at.field("signature"), spec, signers));
        }
        alternatives.insert(name, read);
    }
    alternatives
}

fn signature(
    reading: &mut Reading<'_>,
    path: &Path,
    spec: SignatureSpec,
    signers: &BTreeSet<String>,
) -> Signature {
    let written = spec.by.unwrap_or_default();
    let mut by = BTreeSet::new();
    for (index, name) in written.iter().enumerate() {
        let at = path.field("by").index(index);
        if !signers.contains(name) {
            let known = listed(signers.iter().map(String::as_str));
            reading.fault(&at, Fault::UnknownSigner { signer: name.clone(), known });
        }
        if !by.insert(name.clone()) {
            reading.fault(&at, Fault::Repeated { name: name.clone() });
        }
    }
    let wanted = spec.at_least.unwrap_or(1);
    let at_least = usize::try_from(wanted).unwrap_or(0);
    if !written.is_empty() && (at_least == 0 || at_least > written.len()) {
        reading.fault(&path.field("atLeast"), Fault::AtLeast { found: wanted, entries: written.len() });
    }
    Signature { by, at_least }
}

/// Reads the settings.
pub(super) fn settings(reading: &mut Reading<'_>, document: SettingsDocument) -> Settings {
    let top = Path::default();
    let name = document.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
    if name != "default" {
        reading.fault(&top.field("metadata").field("name"), Fault::SettingsName { found: name });
    }
    let spec = document.spec.unwrap_or_default();
    let path = top.field("spec").field("registries");
    let mut registries = BTreeSet::new();
    for (index, host) in spec.registries.unwrap_or_default().iter().enumerate() {
        match crate::image::normal_host(host) {
            Some(host) => {
                registries.insert(host);
            }
            None => {
                let instead = "write a host and, where it is not 443, its port, such as `ghcr.io` or `registry.example:5000`";
                let fault = Fault::ImagePattern {
                    pattern: host.clone(),
                    why: "is no registry host",
                    instead: instead.to_owned(),
                };
                reading.fault(&path.index(index), fault);
            }
        }
    }
    Settings {
        no_match: spec.no_match.map_or(Action::Deny, action),
        tags: spec.tags.map_or(Action::Deny, action),
        allow_unknown_kinds: matches!(spec.unknown_kinds, Some(UnknownKindsSpec::Allow)),
        registries: registries.into_iter().collect(),
    }
}

fn action(spec: ActionSpec) -> Action {
    match spec {
        ActionSpec::Allow => Action::Allow,
        ActionSpec::Audit => Action::Audit,
        ActionSpec::Deny => Action::Deny,
        ActionSpec::Warn => Action::Warn,
    }
}
