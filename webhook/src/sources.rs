//! Policies and roots as files: read whole, or not at all.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use sealgate::{
    Snapshot,
    policy::{Finding, PolicySet, Source},
    tuf::{self, Anchor, Instance, RootSource, RootsError},
    verify::Digest,
};

use crate::{
    limits,
    options::OldRoots,
    refresh::Fresh,
    roots::{Ages, Limit},
};

/// Where documents are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The folder of policies.
    pub(crate) policies: PathBuf,
    /// Roots' files.
    pub(crate) roots: Vec<RootSource>,
    /// Roots that are kept young.
    pub(crate) fresh: Fresh,
    /// Where trust in repositories begins, besides those that everybody knows.
    pub(crate) anchors: BTreeMap<String, Anchor>,
    /// How old roots may be.
    pub(crate) limit: Limit,
}

/// Everything that a snapshot is made of, as bytes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Documents {
    /// Policy documents, by file name.
    pub(crate) policies: BTreeMap<String, Vec<u8>>,
    /// Trusted roots from files, by name. `public-good` is built in and may be replaced.
    pub(crate) roots: BTreeMap<String, Vec<u8>>,
    /// Trusted roots that are kept young, by name.
    pub(crate) fresh: BTreeMap<String, Vec<u8>>,
}

/// Why documents make no snapshot.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// Changing while it is read.
    #[error("`{0}` keeps changing while it is read")]
    Changing(PathBuf),
    /// Without a policy everything would be closed, which nobody means.
    #[error("`{0}` holds no policy")]
    Empty(PathBuf),
    /// A file that policies are not kept in.
    #[error("`{0}` is no .yaml, .yml or .json file")]
    Extension(PathBuf),
    /// Faults in policies.
    #[error("{}", findings(.0))]
    Findings(Vec<Finding>),
    /// A limit.
    #[error("`{path}` has more than {limit} {what}")]
    Limit {
        /// Of which file or folder.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// Of what.
        what: &'static str,
    },
    /// Not readable.
    #[error("`{path}` cannot be read: {source}")]
    Read {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A root that cannot be used.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// A root of unknown age where age closes the gate.
    #[error(
        "trusted root `{0}` does not say of when it is, and old roots close this gate (write: the file that `sealgate roots print --signed-files {0}` prints)"
    )]
    Undated(String),
    /// Two files for one name.
    #[error("trusted root `{0}` is given twice")]
    RootTwice(String),
}

fn findings(findings: &[Finding]) -> String {
    let lines: Vec<_> =
        findings.iter().map(|finding| format!("{finding} (write: {})", finding.help)).collect();
    lines.join("; ")
}

impl Documents {
    /// Reads every file twice, and takes them if they stayed the same: a folder may be swapped under our hands.
    ///
    /// # Errors
    /// [`SourceError`]: then nothing is taken.
    // THREAT: half of an old folder and half of a new one make a set that nobody wrote. See half_a_swap_is_never_loaded.
    pub(crate) fn read(places: &Places) -> Result<Self, SourceError> {
        const ATTEMPTS: usize = 5;
        let mut before = Self::read_once(places)?;
        for _ in 0..ATTEMPTS {
            let after = Self::read_once(places)?;
            if before == after {
                return Ok(after);
            }
            before = after;
        }
        Err(SourceError::Changing(places.policies.clone()))
    }

    fn read_once(places: &Places) -> Result<Self, SourceError> {
        let mut documents = Self::default();
        let failed = |source| SourceError::Read { path: places.policies.clone(), source };
        for file in std::fs::read_dir(&places.policies).map_err(failed)? {
            let file = file.map_err(failed)?;
            let name = file.file_name().to_string_lossy().into_owned();
            // The kubelet's own: `..data` and the folder that it points to.
            if name.starts_with("..") {
                continue;
            }
            if !["yaml", "yml", "json"]
                .iter()
                .any(|known| Path::new(&name).extension().is_some_and(|it| it == *known))
            {
                return Err(SourceError::Extension(file.path()));
            }
            if documents.policies.len() == limits::POLICY_FILES {
                let limit = limits::POLICY_FILES as u64;
                return Err(SourceError::Limit { path: places.policies.clone(), limit, what: "files" });
            }
            documents.policies.insert(name, read_bounded(&file.path(), limits::POLICY_FILE)?);
        }
        if documents.policies.is_empty() {
            return Err(SourceError::Empty(places.policies.clone()));
        }
        for root in &places.roots {
            let bytes = read_bounded(root.path(), tuf::limits::ROOT_FILE_BYTES)?;
            if documents.roots.insert(root.name().to_owned(), bytes).is_some() {
                return Err(SourceError::RootTwice(root.name().to_owned()));
            }
        }
        documents.refresh(places);
        match documents.fresh.keys().find(|name| documents.roots.contains_key(*name)) {
            Some(name) => Err(SourceError::RootTwice(name.clone())),
            None => Ok(documents),
        }
    }

    /// Takes the roots that are kept young, as they are now.
    pub(crate) fn refresh(&mut self, places: &Places) {
        self.fresh = BTreeMap::clone(&places.fresh.load());
    }

    /// Every root.
    pub(crate) fn all_roots(&self) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        self.roots.iter().chain(&self.fresh)
    }

    /// Makes a snapshot of them, and says what is odd and how old its roots are.
    ///
    /// # Errors
    /// [`SourceError`] if any document is wrong.
    pub(crate) fn load(&self, places: &Places) -> Result<(Snapshot, Vec<Finding>, Ages), SourceError> {
        let files = self.all_roots().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        let (roots, mut dates) = tuf::read_dated(files, &places.anchors)?;
        let sources: Vec<_> = self
            .policies
            .iter()
            .map(|(name, bytes)| Source { name: name.clone(), bytes: bytes.clone() })
            .collect();
        let loaded = PolicySet::load(&sources, &roots).map_err(SourceError::Findings)?;
        let named = loaded.set.root_names();
        dates.retain(|name, _| named.contains(name.as_str()));
        // Who closes the gate over a root's age wants to know it, of all roots that can say it.
        let is_undated = |(name, dated): &(&String, &tuf::Dated)| {
            dated.since.is_none() && (Instance::find(name).is_some() || places.anchors.contains_key(*name))
        };
        if places.limit.beyond == OldRoots::Close
            && let Some((name, _)) = dates.iter().find(is_undated)
        {
            return Err(SourceError::Undated(name.clone()));
        }
        let ages = Ages::new(dates, places.limit);
        Ok((Snapshot::new(loaded.set, roots), loaded.warnings, ages))
    }

    /// SHA-256 over names and contents.
    pub(crate) fn hash(&self) -> Digest {
        Self::hash_of([(0_u8, &self.policies), (1, &self.roots), (2, &self.fresh)])
    }

    /// The same without the roots that are kept young, which change with every day.
    pub(crate) fn hash_of_files(&self) -> Digest {
        Self::hash_of([(0_u8, &self.policies), (1, &self.roots)])
    }

    fn hash_of<'a>(all: impl IntoIterator<Item = (u8, &'a BTreeMap<String, Vec<u8>>)>) -> Digest {
        let mut text = vec![];
        for (kind, map) in all {
            for (name, bytes) in map {
                text.push(kind);
                for field in [name.as_bytes(), bytes] {
                    text.extend_from_slice(&(field.len() as u64).to_be_bytes());
                    text.extend_from_slice(field);
                }
            }
        }
        Digest::sha256(&text)
    }
}

fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, SourceError> {
    // A pipe would be waited for: it is no file.
    let bytes = tuf::read_file(path, usize::try_from(limit).unwrap_or(usize::MAX))
        .map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
    if bytes.len() as u64 > limit {
        return Err(SourceError::Limit { path: path.to_owned(), limit, what: "bytes" });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn folder() -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            policies: folder.path().join("policies"),
            roots: vec![],
            fresh: Fresh::default(),
            anchors: BTreeMap::new(),
            limit: Limit::default(),
        };
        fs::create_dir(&places.policies).unwrap();
        (folder, places)
    }

    #[test]
    fn half_a_swap_is_never_loaded() {
        let (_folder, places) = folder();
        let policies = places.policies.clone();
        let swap = |generation: usize| {
            let name = format!("..{generation}");
            fs::create_dir(policies.join(&name)).unwrap();
            for file in ["a.yaml", "b.yaml"] {
                fs::write(policies.join(&name).join(file), generation.to_string()).unwrap();
            }
            symlink(&name, policies.join("..tmp")).unwrap();
            fs::rename(policies.join("..tmp"), policies.join("..data")).unwrap();
        };
        swap(0);
        for file in ["a.yaml", "b.yaml"] {
            symlink(format!("..data/{file}"), policies.join(file)).unwrap();
        }
        std::thread::scope(|scope| {
            let swapping = scope.spawn(|| (1..400).for_each(swap));
            let mut seen = 0;
            while !swapping.is_finished() || seen == 0 {
                match Documents::read(&places) {
                    Ok(documents) => {
                        assert_eq!(documents.policies["a.yaml"], documents.policies["b.yaml"]);
                        seen += 1;
                    }
                    Err(error) => assert!(matches!(error, SourceError::Changing(_)), "{error}"),
                }
            }
        });
    }

    #[test]
    fn files_are_bounded_in_size_and_number() {
        let (_folder, mut places) = folder();
        let write = |name: &str, bytes: u64| {
            fs::write(places.policies.join(name), vec![b'#'; bytes as usize]).unwrap()
        };
        write("0.yaml", limits::POLICY_FILE);
        assert!(Documents::read(&places).is_ok());
        write("0.yaml", limits::POLICY_FILE + 1);
        assert!(matches!(Documents::read(&places), Err(SourceError::Limit { what: "bytes", .. })));
        for number in 0..limits::POLICY_FILES {
            write(&format!("{number}.yaml"), 1);
        }
        assert_eq!(Documents::read(&places).unwrap().policies.len(), limits::POLICY_FILES);
        write("more.yaml", 1);
        assert!(matches!(Documents::read(&places), Err(SourceError::Limit { what: "files", .. })));
        fs::remove_file(places.policies.join("more.yaml")).unwrap();
        let root = places.policies.with_file_name("root.json");
        fs::write(&root, vec![b' '; tuf::limits::ROOT_FILE_BYTES as usize]).unwrap();
        places.roots = vec![RootSource::new("lab", root.clone()).unwrap()];
        assert!(Documents::read(&places).is_ok());
        fs::write(&root, vec![b' '; tuf::limits::ROOT_FILE_BYTES as usize + 1]).unwrap();
        assert!(matches!(Documents::read(&places), Err(SourceError::Limit { what: "bytes", .. })));
    }

    #[test]
    fn a_root_is_named_once() {
        let (folder, mut places) = folder();
        fs::write(places.policies.join("a.json"), "{}").unwrap();
        let root = folder.path().join("root.json");
        fs::write(&root, "{}").unwrap();
        places.roots = vec![RootSource::new("lab", root.clone()).unwrap()];
        assert!(Documents::read(&places).is_ok());
        places.roots.push(RootSource::new("lab", root).unwrap());
        assert!(matches!(Documents::read(&places), Err(SourceError::RootTwice(name)) if name == "lab"));
    }

    #[test]
    fn a_folder_in_the_folder_is_no_policy() {
        let (_folder, places) = folder();
        fs::write(places.policies.join("a.yml"), "x").unwrap();
        assert!(Documents::read(&places).is_ok());
        fs::create_dir(places.policies.join("more")).unwrap();
        assert!(matches!(Documents::read(&places), Err(SourceError::Extension(_))));
    }
}
