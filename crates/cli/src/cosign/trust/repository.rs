//! Which TUF repository is meant, as cosign's variables and its folder of caches name it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use sealgate::tuf::{Anchor, Instance, Mirror, Repository, Store};

use crate::{Console, files, limits};

/// The folder of caches: `TUF_ROOT`, or below the home; none where there is neither.
pub(crate) fn cache(console: &Console<'_>) -> Option<PathBuf> {
    match (console.variable("TUF_ROOT"), console.variable("HOME")) {
        (Some(folder), _) => Some(PathBuf::from(folder)),
        (None, Some(home)) => Some(PathBuf::from(home).join(".sigstore/root")),
        (None, None) => None,
    }
}

/// The repository that roots come from: `TUF_MIRROR`, else what `initialize` chose, else the public-good one.
///
/// # Errors
/// What cosign says where the mirror or the root that its trust begins with cannot be found out.
pub(crate) fn of(console: &Console<'_>) -> Result<Repository, String> {
    let context = "error setting TUF options: error setting";
    let top = cache(console);
    let Some(name) =
        mirror(top.as_deref(), console).map_err(|error| format!("{context} TUF mirror: {error}"))?
    else {
        return known(Instance::find(sealgate::tuf::PUBLIC_GOOD), top.as_deref());
    };
    let instance = Instance::of_mirror(&name);
    // THREAT: a file in the folder of caches that puts another beginning in the place of the embedded one: the mirrors of
    // known instances go by what is embedded. See a_known_instance_begins_with_what_is_embedded.
    let is_public_good = instance.is_some_and(|instance| instance.name == sealgate::tuf::PUBLIC_GOOD);
    if is_public_good || instance.is_some() && console.variable("TUF_ROOT_JSON").is_none() {
        return known(instance, top.as_deref());
    }
    let mirror = Mirror::parse(&name).map_err(|error| error.to_string())?;
    match (anchor(&mirror, top.as_deref(), console), instance) {
        (Ok(Some(anchor)), _) => Ok(Repository::new(mirror, anchor, top.as_deref())),
        (Ok(None), Some(_)) => known(instance, top.as_deref()),
        (Ok(None), None) => Err(format!("{context} root: could not find cached root.json")),
        (Err(error), _) => Err(format!("{context} root: {error}")),
    }
}

fn known(instance: Option<&'static Instance>, top: Option<&Path>) -> Result<Repository, String> {
    let instance = instance.ok_or("the public-good instance is not known")?;
    Repository::known(instance, top).map_err(|error| error.chain())
}

fn mirror(top: Option<&Path>, console: &Console<'_>) -> Result<Option<String>, String> {
    if let Some(mirror) = console.variable("TUF_MIRROR") {
        return Ok(Some(mirror.to_owned()));
    }
    let Some(file) = top.map(|top| top.join(REMOTE)) else { return Ok(None) };
    ours(&file)?;
    let bytes = files::read_if_there(&file, limits::DOCKER_CONFIG)
        .map_err(|error| format!("error reading remote.json: {error}"))?;
    let Some(bytes) = bytes else { return Ok(None) };
    let mut remote: Remote = serde_json::from_slice(&bytes)
        .map_err(|error| format!("error unmarshalling remote.json: {error}"))?;
    Ok(Some(remote.remove(MIRROR).unwrap_or_default()))
}

// Somebody's own instance: trust begins with the root that TUF_ROOT_JSON names, or that `initialize` left here.
fn anchor(mirror: &Mirror, top: Option<&Path>, console: &Console<'_>) -> Result<Option<Anchor>, String> {
    if let Some(file) = console.variable("TUF_ROOT_JSON") {
        let bytes = files::read(file, limits::ROOT)
            .map_err(|_| "error reading root.json given by TUF_ROOT_JSON".to_owned())?;
        return Anchor::from_bytes(&bytes).map(Some).map_err(|error| error.chain());
    }
    let Some(top) = top else { return Ok(None) };
    let store = Store::new(top, mirror);
    // Whoever may write above the folders of a file may put other folders there.
    for file in [top.join("sealgate"), store.file()] {
        ours(&file)?;
    }
    if let Ok(Some(kept)) = store.read()
        && let Some(anchor) = kept.anchor()
    {
        return Ok(Some(anchor));
    }
    let Some(file) = cosign_folder(top, mirror.name()).map(|folder| folder.join("root.json")) else {
        return Ok(None);
    };
    for file in [top.join(REMOTE), file.clone()] {
        ours(&file)?;
    }
    let bytes =
        files::read_if_there(&file, limits::ROOT).map_err(|_| "error reading cached root.json".to_owned())?;
    bytes.map(|bytes| Anchor::from_bytes(&bytes).map_err(|error| error.chain())).transpose()
}

// THREAT: whoever may write the folder of caches chooses the mirror and the root that trust begins with. What known instances
// say is proven from what is embedded; a choice has nothing to be proven by.
// See a_choice_that_anybody_could_write_is_not_believed.
fn ours(file: &Path) -> Result<(), String> {
    match sealgate::tuf::is_anybodys(file) {
        Ok(false) => Ok(()),
        Ok(true) => Err(format!(
            "{} could have been written by somebody else, who would choose whom to trust; \
             chmod go-w it and its folder, or run initialize in a folder of your own (TUF_ROOT)",
            file.display()
        )),
        Err(error) => Err(format!("open {}: {}", file.display(), files::system_text(&error))),
    }
}

/// Where cosign keeps what it fetched from a mirror; none where the name would lead out of the folder.
pub(crate) fn cosign_folder(top: &Path, mirror: &str) -> Option<PathBuf> {
    let bare = mirror.strip_prefix("https://").or_else(|| mirror.strip_prefix("http://")).unwrap_or(mirror);
    let name = bare.replace(['/', ':'], "-").to_lowercase();
    let leads_out =
        name.is_empty() || name == "." || name == ".." || name.contains(['\\', '\0']) || name.len() > 200;
    (!leads_out).then(|| top.join(name))
}

/// What `initialize` leaves for those who come after.
pub(crate) type Remote = BTreeMap<String, String>;

/// Where the mirror is in it.
pub(crate) const MIRROR: &str = "mirror";

/// Its file, in the folder of caches.
pub(crate) const REMOTE: &str = "remote.json";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::cosign_folder;

    #[test]
    fn no_mirror_leads_out_of_the_folder_of_caches() {
        let folder = |mirror| cosign_folder(Path::new("/c"), mirror).map(|path| path.display().to_string());
        assert_eq!(folder("https://Host:1/a/b").unwrap(), "/c/host-1-a-b");
        assert_eq!(folder("http://127.0.0.1:1").unwrap(), "/c/127.0.0.1-1");
        assert_eq!(folder("../../x").unwrap(), "/c/..-..-x");
        for mirror in ["", ".", "..", "https://..", "https://", "a\0b", "a\\b", &"x".repeat(201)] {
            assert_eq!(folder(mirror), None, "{mirror}");
        }
    }
}
