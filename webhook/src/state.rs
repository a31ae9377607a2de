//! The last good documents, kept where they outlive the process.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::sources::Documents;

/// A folder that outlives the process.
#[derive(Clone, Debug)]
pub(crate) struct State {
    folder: PathBuf,
}

/// Why documents could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    /// The file system refuses.
    #[error("`{path}`: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Documents are text.
    #[error("document `{0}` is no text")]
    NoText(String),
    /// Not what we wrote.
    #[error("`{path}` is not what this program wrote: {why}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    policies: BTreeMap<String, String>,
    roots: BTreeMap<String, String>,
}

impl State {
    /// Names a folder.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Keeps documents: all, or what was kept before.
    ///
    /// # Errors
    /// [`StateError`] if the folder cannot be written.
    pub(crate) fn keep(&self, documents: &Documents) -> Result<(), StateError> {
        let kept = Kept {
            version: VERSION,
            policies: texts(&documents.policies)?,
            roots: texts(documents.all_roots())?,
        };
        let (path, draft) = (self.folder.join(FILE), self.folder.join(format!("{FILE}.new")));
        let unreadable =
            |error: serde_json::Error| StateError::Unreadable { path: path.clone(), why: error.to_string() };
        let json = serde_json::to_vec_pretty(&kept).map_err(unreadable)?;
        let failed = |source| StateError::File { path: path.clone(), source };
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let file = fs::File::create(&draft).map_err(failed)?;
        io::Write::write_all(&mut &file, &json).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        fs::rename(&draft, &path).map_err(failed)
    }

    /// Finds what was kept; `None` if nothing was.
    ///
    /// # Errors
    /// [`StateError`] if it is there and cannot be read.
    pub(crate) fn find(&self) -> Result<Option<Documents>, StateError> {
        let path = self.folder.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StateError::File { path, source }),
        };
        let kept: Kept = serde_json::from_slice(&bytes)
            .map_err(|error| StateError::Unreadable { path: path.clone(), why: error.to_string() })?;
        if kept.version != VERSION {
            let why = format!("it has version {}, this program reads {VERSION}", kept.version);
            return Err(StateError::Unreadable { path, why });
        }
        let bytes = |map: BTreeMap<String, String>| {
            map.into_iter().map(|(name, text)| (name, text.into_bytes())).collect()
        };
        Ok(Some(Documents {
            policies: bytes(kept.policies),
            roots: bytes(kept.roots),
            fresh: BTreeMap::new(),
        }))
    }
}

fn texts<'a>(
    documents: impl IntoIterator<Item = (&'a String, &'a Vec<u8>)>,
) -> Result<BTreeMap<String, String>, StateError> {
    let text = |(name, bytes): (&String, &Vec<u8>)| match String::from_utf8(bytes.clone()) {
        Ok(text) => Ok((name.clone(), text)),
        Err(_) => Err(StateError::NoText(name.clone())),
    };
    documents.into_iter().map(text).collect()
}

const FILE: &str = "last-good.json";
const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn documents() -> Documents {
        let map = |name: &str, text: &str| BTreeMap::from([(name.to_owned(), text.as_bytes().to_vec())]);
        Documents {
            policies: map("a.yaml", "kind: größe\n"),
            roots: map("lab", "{}"),
            fresh: BTreeMap::new(),
        }
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::new(&folder.path().join("new"));
        assert_eq!(state.find().unwrap(), None);
        state.keep(&documents()).unwrap();
        assert_eq!(state.find().unwrap(), Some(documents()));
        let other = Documents { roots: BTreeMap::new(), ..documents() };
        state.keep(&other).unwrap();
        assert_eq!(state.find().unwrap(), Some(other));
        // Roots that are kept young are found as any others.
        let Documents { policies, roots, .. } = documents();
        state.keep(&Documents { policies, roots: BTreeMap::new(), fresh: roots }).unwrap();
        assert_eq!(state.find().unwrap(), Some(documents()));
    }

    #[test]
    fn what_another_program_or_version_wrote_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::new(folder.path());
        state.keep(&documents()).unwrap();
        let file = folder.path().join(FILE);
        let good = fs::read_to_string(&file).unwrap();
        for (from, to) in [("\"version\": 1", "\"version\": 2"), ("\"roots\"", "\"novelty\""), ("{", "[")] {
            fs::write(&file, good.replacen(from, to, 1)).unwrap();
            assert!(matches!(state.find(), Err(StateError::Unreadable { .. })), "{to}");
        }
        fs::write(&file, good).unwrap();
        assert_eq!(state.find().unwrap(), Some(documents()));
    }

    #[test]
    fn a_draft_that_was_never_finished_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::new(folder.path());
        state.keep(&documents()).unwrap();
        fs::write(folder.path().join(format!("{FILE}.new")), "{").unwrap();
        assert_eq!(state.find().unwrap(), Some(documents()));
    }
}
