//! `--signature` and `--payload`: a signature that was typed, in the place of those beside the image.

use std::collections::BTreeMap;

use sealgate::verify::{Digest, Item, Place, Reference};
use serde_json::json;

use super::super::{blob, certificate, failure::Failure, named, texts};
use crate::{Console, go::flags::Typed};

/// The signature that was typed for this image, if one was.
///
/// # Errors
/// What is there and cannot be read, in cosign's words.
pub(super) fn candidate(
    typed: &Typed,
    certificate: Option<&[u8]>,
    reference: &Reference,
    digest: &Digest,
    console: &mut Console<'_>,
) -> Result<Option<Item>, Failure> {
    let Some(word) = typed.some("signature") else { return Ok(None) };
    let signature = blob::encoded(word, console)?;
    let payload = match typed.some("payload") {
        Some(word) => named::read(word, console).map_err(|error| error.to_string())?,
        None => {
            let repository = texts::repository_name(reference);
            console.say(format!(
                "WARNING: using obsolete implied signature payload data (with digested reference {repository}@{digest}); specify it explicitly with --payload instead"
            ));
            implied(&repository, digest)
        }
    };
    let mut annotations = BTreeMap::from([("dev.cosignproject.cosign/signature".to_owned(), signature)]);
    if let Some(der) = certificate {
        annotations.insert("dev.sigstore.cosign/certificate".to_owned(), certificate::pem(der));
    }
    let media_type = "application/vnd.dev.cosign.simplesigning.v1+json".to_owned();
    Ok(Some(Item { bytes: payload.into(), media_type, annotations, place: Place::File }))
}

// What cosign signs where nobody adds annotations.
fn implied(repository: &str, digest: &Digest) -> Vec<u8> {
    let critical = json!({
        "identity": {"docker-reference": repository},
        "image": {"docker-manifest-digest": digest.to_string()},
        "type": "cosign container image signature",
    });
    json!({"critical": critical, "optional": null}).to_string().into_bytes()
}
