//! Policies and roots as files: read whole, or not at all.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use sealgate::{
    Snapshot,
    policy::{Finding, PolicySet, Source},
    verify::{Digest, RootError, TrustedRoot, TrustedRoots},
};

use crate::limits;

/// Where documents are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The folder of policies.
    pub(crate) policies: PathBuf,
    /// Roots' files, by name.
    pub(crate) roots: Vec<(String, PathBuf)>,
}

/// Everything that a snapshot is made of, as bytes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Documents {
    /// Policy documents, by file name.
    pub(crate) policies: BTreeMap<String, Vec<u8>>,
    /// Trusted roots, by name. `public-good` is built in and may be replaced.
    pub(crate) roots: BTreeMap<String, Vec<u8>>,
}

/// Why documents make no snapshot.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// The built-in root cannot be read.
    #[error("built-in trusted root cannot be used")]
    BuiltIn(#[source] RootError),
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
    #[error("trusted root `{name}`: {source}")]
    Root {
        /// Its name.
        name: String,
        /// Why.
        source: RootError,
    },
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
        for (name, path) in &places.roots {
            if documents.roots.insert(name.clone(), read_bounded(path, limits::ROOT_FILE)?).is_some() {
                return Err(SourceError::RootTwice(name.clone()));
            }
        }
        Ok(documents)
    }

    /// Makes a snapshot of them, and says what is odd.
    ///
    /// # Errors
    /// [`SourceError`] if any document is wrong.
    pub(crate) fn load(&self) -> Result<(Snapshot, Vec<Finding>), SourceError> {
        let mut roots = TrustedRoots::new();
        if !self.roots.contains_key(PUBLIC_GOOD) {
            let public_good = TrustedRoot::public_good().map_err(SourceError::BuiltIn)?;
            roots.insert(PUBLIC_GOOD.to_owned(), Arc::new(public_good));
        }
        for (name, bytes) in &self.roots {
            let root = TrustedRoot::from_json(bytes)
                .map_err(|source| SourceError::Root { name: name.clone(), source })?;
            roots.insert(name.clone(), Arc::new(root));
        }
        let sources: Vec<_> = self
            .policies
            .iter()
            .map(|(name, bytes)| Source { name: name.clone(), bytes: bytes.clone() })
            .collect();
        let loaded = PolicySet::load(&sources, &roots).map_err(SourceError::Findings)?;
        // Settings alone judge everything alike; a folder that lost its policies looks like that.
        if loaded.set.names().is_empty() {
            return Err(SourceError::Empty(PathBuf::from("the policies' folder")));
        }
        Ok((Snapshot::new(loaded.set, roots), loaded.warnings))
    }

    /// SHA-256 over names and contents.
    pub(crate) fn hash(&self) -> Digest {
        let mut text = vec![];
        for (kind, map) in [(0_u8, &self.policies), (1, &self.roots)] {
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

const PUBLIC_GOOD: &str = "public-good";

fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, SourceError> {
    use io::Read;
    let failed = |source| SourceError::Read { path: path.to_owned(), source };
    let mut bytes = vec![];
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(SourceError::Limit { path: path.to_owned(), limit, what: "bytes" });
    }
    Ok(bytes)
}
