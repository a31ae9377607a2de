//! `verify-blob` and `verify-blob-attestation`: signatures of files. No network, no runtime.

mod artifact;
mod detached;

use sealgate::verify::{Artifact, Bundle, Content, Digest, PublicKey};

use super::{
    certificate,
    failure::Failure,
    hint,
    judge::{Form, Judge, Refusal},
    meaning::{self, Verb},
    sct, texts, trust,
    verdict::{self, Record},
};
use crate::{
    Console, files,
    go::{flags::Typed, json::syntax},
    limits, predicate,
};
pub(super) use artifact::Blob;
pub(super) use detached::encoded;

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
    let opened = sigstore_bundle(typed)?;
    let (key, certificate) = signer(Verb::Blob, typed, console)?;
    let (bundle, form, judge, blob) = match opened {
        Some(bundle) => {
            let judge = judge(typed, key, Form::Bundle, console)?;
            if typed.some("signature").is_some() {
                return Err("unsupported: signature may not be provided using --signature when using --new-bundle-format".into());
            }
            let blob = match Blob::read(word, console) {
                // cosign takes a digest only where no file of that name can be read.
                Err(_) if artifact::looks_like_digest(word) => Blob::Digest(artifact::parse_digest(word)?),
                read => read?,
            };
            (bundle, Form::Bundle, judge, blob)
        }
        None => {
            let blob = Blob::read(word, console)?;
            detached::check(typed)?;
            let judge = judge(typed, key, Form::Older, console)?;
            (detached::signature(typed, certificate, console)?, Form::Older, judge, blob)
        }
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
    let opened = sigstore_bundle(typed)?;
    let form = if opened.is_some() { Form::Bundle } else { Form::Older };
    let (key, certificate) = signer(Verb::BlobAttestation, typed, console)?;
    let blob = match word {
        _ if !bound => None,
        Some(word) => {
            if typed.some("digest").is_some() {
                console.say("WARNING: Ignoring provided --digest in favor of provided blob");
            }
            let algorithm = typed.some("digestAlg").unwrap_or("sha256");
            let algorithm = artifact::typed_algorithm(algorithm)?;
            let blob = if word == "-" { Blob::read(word, console)? } else { Blob::of_file(word)? };
            // Of the older form cosign compares the digest of one algorithm.
            Some(if form == Form::Older { blob.digested(algorithm)? } else { blob })
        }
        None if form == Form::Bundle && typed.text("digestAlg") == "sha1" => None,
        None => Some(Blob::Digest(artifact::typed_digest(typed.text("digest"), typed.text("digestAlg"))?)),
    };
    let judge = match form {
        Form::Bundle => judge(typed, key, form, console)?,
        Form::Older => {
            detached::check(typed)?;
            judge(typed, key, form, console)?
        }
    };
    let bundle = match opened {
        Some(bundle) => bundle,
        None => detached::attestation(typed, certificate)?,
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

// The key, or the certificate, that was typed: cosign reads them before anything else.
fn signer(
    verb: Verb,
    typed: &Typed,
    console: &Console<'_>,
) -> Result<(Option<PublicKey>, Option<Vec<u8>>), Failure> {
    let key = meaning::typed_key(typed, console)
        .map_err(|error| format!("loading verifier from key opts: {error}"))?;
    Ok((key, certificate::typed(typed, verb, console)?))
}

fn judge(
    typed: &Typed,
    key: Option<PublicKey>,
    form: Form,
    console: &mut Console<'_>,
) -> Result<Judge, Failure> {
    let trust = trust::of(typed, console)?;
    match (form, &trust.warning) {
        (Form::Bundle, _) => meaning::check_bundle_flags(typed, trust.no_bundles.as_deref())?,
        (Form::Older, Some(warning)) => console.say(warning),
        (Form::Older, None) => {}
    }
    let judge = meaning::judge(typed, trust, meaning::whom(typed, key), crate::clock::now());
    let beside = if form == Form::Older { sct::typed(typed)? } else { sct::Beside::Nothing };
    Ok(Judge { beside, ..judge })
}

// The bundle that was named, if it is one of today's. cosign takes anything else for the older form, without a word.
fn sigstore_bundle(typed: &Typed) -> Result<Option<Bundle>, Failure> {
    let Some(name) = typed.some("bundle").filter(|_| typed.switch("new-bundle-format")) else {
        return Ok(None);
    };
    let bytes = files::read(name, limits::FILE)?;
    match Bundle::from_json(&bytes) {
        Ok(bundle) => Ok(Some(bundle)),
        Err(error) => match detached::is_older(&bytes) {
            true => Ok(None),
            false => Err(syntax::error(&bytes).unwrap_or_else(|| format!("{name}: {error}")).into()),
        },
    }
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
