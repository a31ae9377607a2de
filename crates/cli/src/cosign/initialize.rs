//! `initialize`: begins with a root, refreshes, and leaves word for those who come after. Nothing is deleted, and a failure
//! leaves everything as it was.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use sealgate::{
    tuf::{self, Anchor, Instance, Mirror, Proven, Repository, TufError},
    verify::{Algorithm, Digest, Timestamp},
};
use serde::Serialize;
use serde_json::{Value, ser::PrettyFormatter};
use time::OffsetDateTime;

use super::{
    failure::Failure,
    trust::{self, MIRROR, REMOTE, Remote},
};
use crate::{Console, files, go::flags::Typed, limits};

/// `initialize`
pub(crate) fn run(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    let root = typed.some("root").map(|name| root(name, typed.some("root-checksum"), console)).transpose()?;
    let staging = Instance::find("staging").filter(|_| typed.switch("staging"));
    let name = staging.map_or_else(|| typed.text("mirror"), |staging| staging.mirror);
    let top = trust::cache(console).ok_or("creating cache directory: neither TUF_ROOT nor HOME is set")?;
    let repository = repository(name, root.as_deref(), &top).map_err(|error| failed(&error))?;
    let (proven, unkept) =
        trust::refresh_whole(&repository, crate::clock::now()).map_err(|error| failed(&error))?;
    if let Some(unkept) = unkept {
        return Err(format!("creating cached local store: {}", unkept.chain()).into());
    }
    let signing = signing_config(&repository, &proven);
    if let Err(why) = &signing {
        console.say(format!(
            "WARNING: Could not fetch signing_config.json from the TUF mirror (encountered error: {why}). It is recommended to \
             use a signing config file rather than provide service URLs when signing."
        ));
    }
    leave_word(&top, name, &proven, signing.ok())
        .map_err(|error| format!("storing remote: {}", trust::told(&error)))?;
    if proven.is_in_pieces() {
        console.say(ONLY_PIECES);
        console.answer(status(&top, name, &proven));
    }
    Ok(())
}

// What programs that sign look for. Nothing here decides by it, so what is wrong with it is only said.
fn signing_config(repository: &Repository, proven: &Proven) -> Result<Vec<u8>, String> {
    if !proven.targets().any(|name| name == SIGNING_CONFIG) {
        return Err(format!(
            "getting info for target \"{SIGNING_CONFIG}\": target {SIGNING_CONFIG} not found"
        ));
    }
    let bytes = trust::file_of(repository, proven, SIGNING_CONFIG).map_err(|error| trust::told(&error))?;
    let file = sealgate::verify::json::read::<Value>(&bytes).map_err(|error| error.to_string())?;
    match file.get("mediaType").and_then(Value::as_str) {
        Some(SIGNING_CONFIG_TYPE) => Ok(bytes),
        _ => Err(format!("it is no {SIGNING_CONFIG_TYPE}")),
    }
}

#[derive(Serialize)]
struct Status<'s> {
    local: String,
    remote: &'s str,
    metadata: BTreeMap<&'s str, File>,
    targets: Vec<&'s str>,
}

#[derive(Serialize)]
struct File {
    version: u64,
    len: usize,
    expiration: String,
    error: &'static str,
}

// As cosign prints it where it falls back to single targets.
fn status(top: &Path, name: &str, proven: &Proven) -> String {
    let file = |(file, version, len, expires): (&'static str, u64, usize, Timestamp)| {
        (file, File { version, len, expiration: minute(expires), error: "" })
    };
    let status = Status {
        local: top.to_string_lossy().into_owned(),
        remote: name,
        metadata: proven.standing().into_iter().map(file).collect(),
        targets: proven.targets().collect(),
    };
    let mut written = Vec::new();
    let mut writer =
        serde_json::Serializer::with_formatter(&mut written, PrettyFormatter::with_indent(b"\t"));
    // Texts and numbers can always be written.
    let _written = status.serialize(&mut writer);
    format!("Root status: \n {}\n", String::from_utf8_lossy(&written))
}

// RFC 822, as Go writes it.
fn minute(time: Timestamp) -> String {
    let Ok(time) = OffsetDateTime::from_unix_timestamp(time.0) else { return String::new() };
    let month: String = time.month().to_string().chars().take(3).collect();
    let (day, year, hour, minute) = (time.day(), time.year() % 100, time.hour(), time.minute());
    format!("{day:02} {month} {year:02} {hour:02}:{minute:02} UTC")
}

fn repository(name: &str, root: Option<&[u8]>, top: &Path) -> Result<Repository, TufError> {
    let mirror = Mirror::parse(name)?;
    match (root, Instance::of_mirror(name).or_else(|| Instance::find(tuf::PUBLIC_GOOD))) {
        (Some(root), _) => Ok(Repository::new(mirror, Anchor::from_bytes(root)?, Some(top))),
        // A mirror of somebody's own begins with the public-good root unless another is given.
        (None, Some(instance)) => {
            Ok(Repository::new(mirror, Repository::known(instance, None)?.anchor().clone(), Some(top)))
        }
        (None, None) => Err(TufError::Anchor),
    }
}

// The signed files under the names that other clients know, and which mirror was chosen; the choice last, so that it never
// names what is not there.
fn leave_word(top: &Path, name: &str, proven: &Proven, signing: Option<Vec<u8>>) -> Result<(), TufError> {
    if let Some(folder) = trust::cosign_folder(top, name) {
        for (file, bytes) in proven.files() {
            tuf::replace(&folder.join(file), bytes)?;
        }
        if let Some(bytes) = signing {
            tuf::replace(&folder.join("targets").join(SIGNING_CONFIG), &bytes)?;
        }
    }
    let remote =
        serde_json::to_vec(&Remote::from([(MIRROR.to_owned(), name.to_owned())])).unwrap_or_default();
    Ok(tuf::replace(&top.join(REMOTE), &remote)?)
}

// The first root: a file, a variable or a page, and what its digest must be.
fn root(name: &str, checksum: Option<&str>, console: &mut Console<'_>) -> Result<Vec<u8>, Failure> {
    let wanted = checksum.map(parse).transpose()?;
    let bytes = match name.split_once("://") {
        None => files::read(&PathBuf::from(name).to_string_lossy(), limits::ROOT)?,
        Some(("env", variable)) => console
            .variable(variable)
            .map(|value| value.as_bytes().to_vec())
            .ok_or_else(|| format!("loading URL: env var ${variable} not found"))?,
        Some(("http" | "https", _)) => {
            if wanted.is_none() {
                console.say(WITHOUT_CHECKSUM);
            }
            page(name)?
        }
        Some((scheme, _)) => return Err(format!("loading URL: unrecognized scheme: {scheme}://").into()),
    };
    if let Some((algorithm, wanted)) = wanted {
        let found = Digest::of(algorithm, &bytes).hex();
        if found != wanted {
            return Err(
                format!("incorrect checksum for file {name}: expected {wanted} but got {found}").into()
            );
        }
    }
    Ok(bytes)
}

fn parse(text: &str) -> Result<(Algorithm, &str), Failure> {
    match text.split(':').collect::<Vec<_>>().as_slice() {
        [digest] | ["sha256", digest] => Ok((Algorithm::Sha256, digest)),
        ["sha512", digest] => Ok((Algorithm::Sha512, digest)),
        [algorithm, _] => Err(format!("unsupported checksum algorithm: {algorithm}").into()),
        _ => Err(format!("wrong checksum input format, must have at most 1 colon: {text}").into()),
    }
}

// The page is asked for as a mirror's file would be: no redirects, bounded bytes and time.
fn page(url: &str) -> Result<Vec<u8>, Failure> {
    let (folder, file) = url.rsplit_once('/').unwrap_or((url, ""));
    // `https://host` has no page, and what is before its last slash would be a folder here.
    if folder.ends_with('/') || file.is_empty() {
        return Err(format!("Get \"{url}\": the URL names no file").into());
    }
    let fetched = trust::fetch(folder, file).map_err(|error| trust::told(&error))?;
    fetched.ok_or_else(|| format!("Get \"{url}\": there is nothing").into())
}

fn failed(error: &TufError) -> Failure {
    let text = format!(
        "updating local metadata and targets: error updating to TUF remote mirror: tuf: {}",
        trust::told(error)
    );
    Failure::from(text).hinted([format!("hint: {}", error.help())])
}

const SIGNING_CONFIG: &str = "signing_config.v0.2.json";
const SIGNING_CONFIG_TYPE: &str = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

const ONLY_PIECES: &str = "WARNING: Could not fetch trusted_root.json from the TUF mirror (encountered error: failed to get target \
     from TUF client getting info for target \"trusted_root.json\": target trusted_root.json not found), falling back to \
     individual targets. It is recommended to update your TUF metadata repository to include trusted_root.json.";

const WITHOUT_CHECKSUM: &str = "WARNING: Fetching initial root from URL without providing its checksum is deprecated and will be \
     disallowed in a future Cosign release. Please provide the initial root checksum via the --root-checksum argument.";
