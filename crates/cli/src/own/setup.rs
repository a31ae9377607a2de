//! What `check` and `replay` share: roots, policies, and how to speak to registries.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use sealgate::{
    Snapshot,
    oci::Credentials,
    policy::{Finding, Loaded, PolicySet, Source},
    tuf::{self, Age, INSTANCES, Repository, RootSource, RootsError},
    verify::TrustedRoots,
};

use super::Fault;
use crate::{
    Console,
    cosign::{cache, most_age},
    files, limits,
};

/// Flags of everything that decides.
#[derive(Args, Debug)]
pub(crate) struct Deciding {
    /// A file of policies and settings, YAML or JSON; repeatable
    #[arg(long = "policy", value_name = "FILE", required = true)]
    policies: Vec<String>,
    /// A trusted root that policies may name; repeatable. `public-good`, `staging` and `github` are there already
    #[arg(long = "trusted-root", value_name = "NAME=FILE")]
    roots: Vec<String>,
    /// The namespace that the image would run in
    #[arg(long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Judge a reference without a digest by the digest that it has now; the verdict says so
    #[arg(long)]
    pub(crate) allow_tags: bool,
    /// How the verdict is written
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,
}

/// How a verdict is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Form {
    /// The same for programs
    Json,
    /// For people
    Text,
}

impl Deciding {
    /// Reads policies and roots. Lint warnings are said aloud.
    pub(crate) fn snapshot(&self, console: &mut Console<'_>) -> Result<Snapshot, Fault> {
        let roots = roots(&self.roots, console)?;
        for (name, root) in &roots {
            for note in root.notes() {
                console.say(format!("warning: trusted root `{name}`: {}: {}", note.field, note.why));
            }
        }
        let loaded = policies(&self.policies, &roots)?;
        for warning in &loaded.warnings {
            console.say(format!("warning: {warning}"));
        }
        Ok(Snapshot::new(loaded.set, roots))
    }
}

/// The policies of these files.
pub(crate) fn policies(names: &[String], roots: &TrustedRoots) -> Result<Loaded, Fault> {
    PolicySet::load(&sources(names)?, roots).map_err(|faults| refused(&faults))
}

/// The policy files, read.
pub(crate) fn sources(names: &[String]) -> Result<Vec<Source>, Fault> {
    let read = |name: &String| Ok(Source { name: name.clone(), bytes: files::read(name, limits::FILE)? });
    names.iter().map(read).collect()
}

/// Those that are named, and of the instances that everybody knows the embedded or the kept root, whichever is younger.
pub(crate) fn roots(named: &[String], console: &mut Console<'_>) -> Result<TrustedRoots, Fault> {
    let wrong = |error: RootsError| Fault { code: super::USAGE, ..Fault::own(&error) }.hint(error.help());
    let sources =
        named.iter().map(|text| text.parse()).collect::<Result<Vec<RootSource>, _>>().map_err(wrong)?;
    let limit = usize::try_from(tuf::limits::ROOT_FILE_BYTES).unwrap_or(usize::MAX);
    let mut read = Vec::new();
    for source in &sources {
        // What is typed here may be a pipe, such as `<(...)`; the webhook's files may not.
        read.push(files::read(&source.path().to_string_lossy(), limit)?);
    }
    let named = sources.iter().zip(&read).map(|(source, bytes)| (source.name(), bytes.as_slice()));
    let mut roots = tuf::read(named).map_err(wrong)?;
    let (now, top) = (crate::clock::now(), cache(console));
    for instance in &INSTANCES {
        if sources.iter().any(|source| source.name() == instance.name) {
            continue;
        }
        let found = Repository::known(instance, top.as_deref()).and_then(|known| known.at_hand(now));
        let found = found.map_err(|error| Fault::own(&error).hint(error.help()))?;
        if let Some(refused) = found.refused {
            let name = instance.name;
            console.say(format!(
                "warning: trusted root `{name}`: what was kept is not used: {}",
                refused.chain()
            ));
        }
        if let Some(held) = found.held {
            if held.allows(now, most_age(console).map_err(Fault::usage)?) != Age::Fresh {
                console.say(format!(
                    "warning: trusted root `{}` is of {}; `sealgate roots refresh` brings a newer one",
                    instance.name, held.since
                ));
            }
            roots.insert(instance.name.to_owned(), Arc::new(held.root));
        }
    }
    Ok(roots)
}

/// The credentials of a docker configuration: the one named, else the user's own, else none.
pub(crate) fn credentials(named: Option<&str>, console: &Console<'_>) -> Result<Credentials, Fault> {
    let (name, bytes) = match (named, docker_config(console)) {
        (Some(name), _) => (name.to_owned(), files::read(name, limits::DOCKER_CONFIG)?),
        (None, Some(path)) => match files::read_if_there(&path, limits::DOCKER_CONFIG)? {
            Some(bytes) => (path.display().to_string(), bytes),
            None => return Ok(Credentials::anonymous()),
        },
        (None, None) => return Ok(Credentials::anonymous()),
    };
    Credentials::from_docker_config(&bytes).map_err(|error| Fault::usage(format!("{name}: {error}")))
}

/// Where docker keeps its configuration.
pub(crate) fn docker_config(console: &Console<'_>) -> Option<PathBuf> {
    let folder = match (console.variable("DOCKER_CONFIG"), console.variable("HOME")) {
        (Some(folder), _) => PathBuf::from(folder),
        (None, Some(home)) => PathBuf::from(home).join(".docker"),
        (None, None) => return None,
    };
    Some(folder.join("config.json"))
}

fn refused(faults: &[Finding]) -> Fault {
    let lines: Vec<String> = faults.iter().map(|fault| format!("\n  {fault}; {}", fault.help)).collect();
    Fault::usage(format!("the policies cannot be used{}", lines.concat()))
}
