//! What lies on the disk: a bundle about a file, and an image in a folder. No network, no runtime.

use std::path::Path;

use sealgate::{
    oci::Layout,
    verify::{Artifact, Bundle, Digest, Place, PublicKey, TrustedRoots},
};

use super::{
    Explain, Explained, entry_of,
    examine::{self, Against},
    paste::{self, AtHand, NamedKey, Target},
};
use crate::{
    Console,
    facts::{self, Signature},
    files, limits,
    own::Fault,
};

/// Explains a bundle about a file.
pub(super) fn file(
    explain: &Explain,
    bundle: &str,
    roots: &TrustedRoots,
    keys: &[NamedKey],
    console: &mut Console<'_>,
) -> Result<Explained, Fault> {
    let [blob] = explain.images.as_slice() else {
        return Err(Fault::usage("--bundle takes one file that it is about"));
    };
    if !explain.policies.is_empty() {
        return Err(Fault::usage("--policy is about images; a file has none"));
    }
    let stored = files::read(bundle, limits::FILE)?;
    let bytes = match blob.as_str() {
        "-" => files::read_stream("standard input", console.input(), limits::FILE)?,
        name => files::read(name, limits::FILE)?,
    };
    let plain: Vec<PublicKey> = keys.iter().map(|named| named.key.clone()).collect();
    let against = Against { roots, keys: &plain, now: crate::clock::now() };
    let older = |_| Bundle::from_cosign_blob_json(&stored);
    let (read, format) = match Bundle::from_json(&stored) {
        Ok(bundle) => (Ok(bundle), "bundle"),
        Err(error) => (Err(error), "detached"),
    };
    let read = match read {
        // The first reader's complaint says more about what is most often given.
        Err(error) => older(()).map_err(|_| error),
        read => read,
    };
    let facts = Signature::stored(Some(Digest::sha256(&stored)), facts::kebab(&Place::File), format);
    let examined = match read {
        Ok(bundle) => examine::bundle_of(facts, &bundle, Artifact::Bytes(&bytes), &against),
        Err(error) => examine::unreadable(facts, &error),
    };
    let files = explain.root_files();
    let at_hand = AtHand { keys, roots, files: &files, http: &explain.http, elsewhere: None, tag_prefix: "" };
    let target = Target::File { blob, bundle };
    let examined = [examined];
    let would_accept = paste::acceptances(&examined, &target, &at_hand);
    Ok(Explained {
        name: blob.clone(),
        digest: Some(Digest::sha256(&bytes).to_string()),
        media_type: Some("a file".to_owned()),
        signatures: examined.into_iter().map(|one| one.facts).collect(),
        gaps: Vec::new(),
        policies: None,
        would_accept,
        platforms: Vec::new(),
        platforms_left_out: 0,
    })
}

/// Explains the image in an OCI layout.
pub(super) fn layout(
    explain: &Explain,
    folder: &str,
    roots: &TrustedRoots,
    keys: &[NamedKey],
) -> Result<Explained, Fault> {
    if !explain.policies.is_empty() {
        return Err(Fault::usage(
            "--policy is about images by name, which a folder has not; `check --layout` takes both",
        ));
    }
    let layout = Layout::open(Path::new(folder)).map_err(|error| {
        let help = error.help();
        Fault::own(&error).hint(help)
    })?;
    let plain: Vec<PublicKey> = keys.iter().map(|named| named.key.clone()).collect();
    let against = Against { roots, keys: &plain, now: crate::clock::now() };
    let files = explain.root_files();
    let at_hand = AtHand { keys, roots, files: &files, http: &explain.http, elsewhere: None, tag_prefix: "" };
    Ok(entry_of(folder.to_owned(), &layout.entry(false), &Target::Folder(folder), &against, &at_hand))
}
