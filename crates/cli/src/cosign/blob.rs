//! `verify-blob` and `verify-blob-attestation`: signatures of files. No network, no runtime.

mod artifact;
mod detached;

use sealgate::verify::{Artifact, Bundle, Content, Digest};

use super::{
    failure::Failure,
    hint,
    judge::{Form, Judge, Refusal},
    meaning::{self, Verb},
    sct, texts, trust,
    verdict::{self, Record},
};
use crate::{Console, files, go::flags::Typed, limits, predicate};
pub(super) use artifact::Blob;

/// `verify-blob`
pub(crate) fn verify(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    verdict::told("verify-blob", typed, console, |record, console| verify_blob(typed, record, console))
}

fn verify_blob(typed: &Typed, record: &Record, console: &mut Console<'_>) -> Result<(), Failure> {
    meaning::check(Verb::Blob, typed, console)?;
    if ["key", "certificate", "bundle"].iter().all(|flag| typed.some(flag).is_none()) && !typed.switch("sk") {
        return Err("provide a key with --key or --sk, a certificate to verify against with --certificate, or a bundle with --bundle".into());
    }
    meaning::check_signer(Verb::Blob, typed)?;
    let word = typed.words.first().map(String::as_str).unwrap_or_default();
    let (bundle, form) = match sigstore_bundle(Verb::Blob, typed)? {
        Some(bundle) => (bundle, Form::Bundle),
        None => {
            detached::check(typed)?;
            (detached::signature(typed)?, Form::Older)
        }
    };
    let judge = judge(typed, form, console)?;
    let blob = match Blob::read(word, console) {
        // cosign takes a digest only where no file of that name can be read.
        Err(_) if form == Form::Bundle && artifact::looks_like_digest(word) => {
            Blob::Digest(artifact::parse_digest(word)?)
        }
        read => read?,
    };
    record.begin(word);
    record.found(digest(&blob).as_ref(), &[]);
    let judged = judge.bundle(&bundle, form, Some(blob.artifact()));
    record.file(&judge, &bundle, form, judged.as_ref());
    let passed = judged.map_err(|refusal| {
        refused(&refusal, form, Verb::Blob, &blob).hinted(hint::refusals(typed, &[refusal]))
    })?;
    let names = passed.certificate().and_then(hint::several_names);
    for hint in hint::laxities(typed).into_iter().chain(names) {
        console.hint(hint);
    }
    console.say("Verified OK");
    Ok(())
}

/// `verify-blob-attestation`
pub(crate) fn verify_attestation(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    verdict::told("verify-blob-attestation", typed, console, |record, console| {
        verify_blob_attestation(typed, record, console)
    })
}

fn verify_blob_attestation(typed: &Typed, record: &Record, console: &mut Console<'_>) -> Result<(), Failure> {
    meaning::check(Verb::BlobAttestation, typed, console)?;
    let word = typed.words.first().map(String::as_str);
    let bound = typed.switch("check-claims");
    if bound && word.is_none() && (typed.some("digest").is_none() || typed.some("digestAlg").is_none()) {
        return Err("must provide path to blob or digest and digestAlg; run `cosign verify-blob-attestation -h` for more help".into());
    }
    if typed.some("signature").is_none() && typed.some("bundle").is_none() {
        return Err("please specify path to the DSSE envelope signature via --signature or --bundle".into());
    }
    meaning::check_signer(Verb::BlobAttestation, typed)?;
    let (bundle, form) = match sigstore_bundle(Verb::BlobAttestation, typed)? {
        Some(bundle) => (bundle, Form::Bundle),
        None => {
            detached::check(typed)?;
            (detached::attestation(typed)?, Form::Older)
        }
    };
    let judge = judge(typed, form, console)?;
    let blob = match word {
        _ if !bound => None,
        Some(word) => {
            if typed.some("digest").is_some() {
                console.say("WARNING: Ignoring provided --digest in favor of provided blob");
            }
            Some(Blob::read(word, console)?)
        }
        None if form == Form::Bundle && typed.text("digestAlg") == "sha1" => None,
        None => Some(Blob::Digest(artifact::typed_digest(typed.text("digest"), typed.text("digestAlg"))?)),
    };
    let passed = match &blob {
        Some(blob) => judge.bundle(&bundle, form, Some(blob.artifact())),
        None => judge.bundle(&bundle, form, None),
    };
    record.begin(word.unwrap_or_default());
    record.found(blob.as_ref().and_then(digest).as_ref(), &[]);
    record.file(&judge, &bundle, form, passed.as_ref());
    let unknown = Blob::Digest(Digest::sha256(b""));
    let passed = passed.map_err(|refusal| {
        refused(&refusal, form, Verb::BlobAttestation, blob.as_ref().unwrap_or(&unknown))
            .hinted(hint::refusals(typed, &[refusal]))
    })?;
    let Content::Statement(statement) = &passed.content else {
        return Err("bundle does not contain a DSSE envelope".into());
    };
    if bound && blob.is_none() {
        // GitHub's releases name git commits, which have no better digest. cosign compares it like any other.
        let wanted = typed.text("digest").to_lowercase();
        if !statement.subjects.iter().any(|subject| subject.digest.get("sha1") == Some(&wanted)) {
            return Err(
                "failed to verify signature: provided artifact digests does not match digests in statement"
                    .into(),
            );
        }
    }
    let wanted = typed.text("type");
    if statement.predicate_type != predicate::uri(wanted) {
        let text = format!("invalid predicate type, expected {wanted} got {}", statement.predicate_type);
        let found = [statement.predicate_type.clone()];
        return Err(Failure::from(text).hinted(hint::types(typed, &found)));
    }
    console.say("Verified OK");
    Ok(())
}

fn digest(blob: &Blob) -> Option<Digest> {
    match blob.artifact() {
        Artifact::Bytes(bytes) => Some(Digest::sha256(bytes)),
        Artifact::Digest(digest) => Some(digest.clone()),
    }
}

fn judge(typed: &Typed, form: Form, console: &mut Console<'_>) -> Result<Judge, Failure> {
    let trust = trust::of(typed, console)?;
    match (form, &trust.no_bundles, &trust.warning) {
        (Form::Bundle, Some(why), _) => return Err(why.as_str().into()),
        (Form::Older, _, Some(warning)) => console.say(warning),
        _ => {}
    }
    let key = meaning::typed_key(typed, console)
        .map_err(|error| format!("loading verifier from key opts: {error}"))?;
    let judge = meaning::judge(typed, trust, meaning::whom(typed, key), crate::clock::now());
    let beside = if form == Form::Older { sct::typed(typed)? } else { sct::Beside::Nothing };
    Ok(Judge { beside, ..judge })
}

// The bundle that was named, if it is one of today's. cosign takes anything else for the older form, without a word.
fn sigstore_bundle(verb: Verb, typed: &Typed) -> Result<Option<Bundle>, Failure> {
    let Some(name) = typed.some("bundle").filter(|_| typed.switch("new-bundle-format")) else {
        return Ok(None);
    };
    let bytes = files::read(name, limits::FILE)?;
    match Bundle::from_json(&bytes) {
        Ok(bundle) => {
            meaning::check_bundle_flags(typed, None)?;
            // An attestation's bundle is its own signature, whatever else was typed.
            if verb == Verb::Blob && typed.some("signature").is_some() {
                return Err("unsupported: signature may not be provided using --signature when using --new-bundle-format".into());
            }
            Ok(Some(bundle))
        }
        Err(error) => match detached::is_older(&bytes) {
            true => Ok(None),
            false => Err(no_json(&bytes).unwrap_or_else(|| format!("{name}: {error}")).into()),
        },
    }
}

/// Go's words for text that is no JSON at all.
pub(super) fn no_json(bytes: &[u8]) -> Option<String> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace())?;
    let is_none =
        first.is_ascii_alphabetic() && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_err();
    is_none.then(|| format!("invalid character '{}' looking for beginning of value", char::from(*first)))
}

fn refused(refusal: &Refusal, form: Form, verb: Verb, blob: &Blob) -> Failure {
    use sealgate::verify::VerifyError::{BytesNeeded, DigestMismatch, SubjectMismatch};
    let by_digest = matches!(blob.artifact(), Artifact::Digest(_));
    let text = match refusal {
        Refusal::Verify(SubjectMismatch { signed, artifact }, _) => match (form, verb, by_digest) {
            (Form::Older, ..) => "no matching subject digest found".into(),
            // A digest of an algorithm that the statement has is told from one that it has not.
            (_, _, true) if signed.split(':').next() == artifact.split(':').next() => {
                "failed to verify signature: provided artifact digest does not match any digest in statement"
                    .into()
            }
            (_, _, true) => {
                "failed to verify signature: provided artifact digests does not match digests in statement"
                    .into()
            }
            _ => "failed to verify signature: provided artifact digests do not match digests in statement"
                .into(),
        },
        Refusal::Verify(DigestMismatch { .. } | BytesNeeded, _) if form == Form::Bundle && by_digest => {
            "failed to verify signature: artifact does not match digest".into()
        }
        other => texts::of(other, form),
    };
    text.into()
}
