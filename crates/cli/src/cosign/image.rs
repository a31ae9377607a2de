//! `verify` and `verify-attestation`: signatures beside images in registries.

mod answer;
mod asking;
mod candidates;
mod given;
mod local;

use std::collections::BTreeMap;

use sealgate::verify::{Content, Digest, Entry, Evidence, GapCause, Item, Place, Reference};

use super::{
    certificate,
    failure::{Failure, NO_IMAGE, NO_MATCH, NO_SIGNATURES},
    hint,
    judge::{Form, Judge, Refusal},
    meaning::{self, Verb},
    output::Shown,
    policy::Policies,
    registry,
    sct::{self, Beside},
    texts, trust,
    verdict::{self, Record},
};
use crate::{Console, go::flags::Typed};
use answer::{answer, checks};
use asking::{attachments, gathered, parsed};
pub(super) use candidates::maximum_size;
use candidates::{Candidates, of_type};

/// `verify`
pub(crate) fn verify(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    verdict::told("verify", typed, console, |record, console| verify_image(typed, record, console))
}

fn verify_image(typed: &Typed, record: &Record, console: &mut Console<'_>) -> Result<(), Failure> {
    let annotations = annotations(typed.list("annotations"))?;
    meaning::check(Verb::Image, typed, console)?;
    match typed.text("attachment") {
        "" => {}
        "sbom" => console.say(texts::SBOM_DEPRECATION),
        _ => return Err("flag: help requested".into()),
    }
    run(Asked { verb: Verb::Image, typed, annotations, predicate: None, certificate: None, record }, console)
}

/// `verify-attestation`
pub(crate) fn verify_attestation(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    verdict::told("verify-attestation", typed, console, |record, console| {
        verify_attestations(typed, record, console)
    })
}

fn verify_attestations(typed: &Typed, record: &Record, console: &mut Console<'_>) -> Result<(), Failure> {
    meaning::check(Verb::Attestation, typed, console)?;
    let predicate = Some(typed.text("type").to_owned());
    let annotations = BTreeMap::new();
    run(Asked { verb: Verb::Attestation, typed, annotations, predicate, certificate: None, record }, console)
}

struct Asked<'t> {
    verb: Verb,
    typed: &'t Typed,
    annotations: BTreeMap<String, String>,
    predicate: Option<String>,
    /// `--certificate`, DER: only its holder counts.
    certificate: Option<Vec<u8>>,
    /// What is found out, for whoever asked for it.
    record: &'t Record,
}

/// What cosign looks for, decided by flags and, with `--strict-compat`, by the first image.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Formats {
    Any,
    BundlesOnly,
    OlderOnly,
}

fn run(mut asked: Asked<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let typed = asked.typed;
    meaning::check_signer(asked.verb, typed)?;
    let bundles = typed.switch("new-bundle-format");
    let tag = if asked.verb == Verb::Image { Place::SignatureTag } else { Place::AttestationTag };
    let look = registry::look(tag, bundles, typed, console)?;
    let mut references = Vec::new();
    let local = typed.switch("local-image").then(|| local::open(typed)).transpose()?;
    for word in typed.words.iter().filter(|_| local.is_none()) {
        references.push(parsed(asked.verb, word)?);
    }
    let hosts: Vec<&str> = references.iter().chain(&look.evidence_repository).map(Reference::host).collect();
    let client = registry::client(typed, &hosts, console)?;
    let patience = meaning::patience(typed);
    // What is wrong with a flag that is for the older format alone is news only there: for bundles it may not be given at all.
    let despite = |failure: Failure, console: &mut Console<'_>| {
        let look_first = |_, evidence: &Evidence, _: &mut Console<'_>| {
            let found = evidence.entries.first().map(|entry| Candidates::of(entry, None));
            if found.is_some_and(|found| !found.bundles.is_empty()) {
                meaning::check_bundle_flags(typed, Some(trust::NO_ROOT))?;
            }
            Err(failure.clone())
        };
        gathered(&client, &references, &look, patience, console, look_first).and(Err(failure.clone()))
    };
    let trust = match trust::of(typed, console) {
        Ok(trust) => trust,
        Err(failure) if bundles && trust::is_pieced(typed, console) => return despite(failure, console),
        Err(failure) => return Err(failure),
    };
    let (no_bundles, mut warning) = (trust.no_bundles.clone(), trust.warning.clone());
    let prefix = texts::key_opts(asked.verb);
    let key = meaning::typed_key(typed, console).map_err(|error| format!("{prefix}: {error}"))?;
    asked.certificate = match certificate::typed(typed, asked.verb, console) {
        Err(failure) if bundles && local.is_none() => return despite(failure, console),
        certificate => certificate?,
    };
    let asked = &asked;
    let judge = meaning::judge(typed, trust, meaning::whom(typed, key), crate::clock::now());
    let judge = Judge { beside: beside_certificate(asked)?, ..judge };
    let policies = Policies::of(typed);
    if let Some(first) = local {
        return local::run(
            &local::Local { asked, judge: &judge, no_bundles, warning, policies: &policies },
            first,
            console,
        );
    }
    let mut formats = if bundles { Formats::Any } else { Formats::OlderOnly };
    if typed.some("attachment").is_some() {
        // Who signed the image's SBOM, which cosign keeps under a tag of its own.
        references = attachments(&client, &references, &look, patience)?;
        formats = Formats::OlderOnly;
    }
    gathered(&client, &references, &look, patience, console, |index, evidence, console| {
        let (Some(reference), Some(word)) = (references.get(index), typed.words.get(index)) else {
            return Ok(());
        };
        asked.record.begin(word);
        asked.record.found(evidence.entries.first().map(|entry| &entry.digest), &evidence.gaps);
        let entry = entry(asked, evidence)?;
        asked.record.found(Some(&entry.digest), &entry.gaps);
        let mut found = Candidates::of(entry, maximum_size(console));
        if formats == Formats::Any && typed.switch("strict-compat") {
            formats = if found.bundles.is_empty() { Formats::OlderOnly } else { Formats::BundlesOnly };
        }
        if !found.bundles.is_empty() && formats != Formats::OlderOnly {
            meaning::check_bundle_flags(typed, no_bundles.as_deref())?;
        } else if let Some(warning) = warning.take() {
            console.say(warning);
        }
        if (found.bundles.is_empty() || formats == Formats::OlderOnly)
            && let Some(certificate) = &asked.certificate
        {
            certificate::check(certificate, &judge, asked.verb)?;
        }
        if asked.verb == Verb::Image && (found.bundles.is_empty() || formats == Formats::OlderOnly) {
            let certificate = asked.certificate.as_deref();
            if let Some(item) = given::candidate(typed, certificate, reference, &entry.digest, console)? {
                // Who names a signature asks about that one, and about no other.
                found = Candidates { older: vec![item], ..Candidates::default() };
            }
        }
        let shown = passed(asked, &judge, entry, &found, formats)
            .map_err(|failure| beside(failure, entry, typed, word))?;
        if let Some(wanted) = &asked.predicate {
            policies.check(wanted, &shown, patience, console)?;
        }
        answer(asked, &judge, word, &texts::full_name(reference), &entry.digest, &shown, console);
        Ok(())
    })
}

fn entry<'e>(asked: &Asked<'_>, evidence: &'e Evidence) -> Result<&'e Entry, Failure> {
    if let Some(entry) = evidence.entries.first() {
        return Ok(entry);
    }
    let gap = evidence.gaps.first();
    let detail = gap.map_or_else(
        || "the image could not be found".to_owned(),
        |gap| texts::unresolved(gap, &evidence.reference),
    );
    match (asked.verb, gap.map(|gap| gap.cause)) {
        (Verb::Image, Some(GapCause::NotFound)) => {
            Err(Failure::coded(NO_IMAGE, format!("image tag not found: {detail}")))
        }
        _ => Err(detail.into()),
    }
}

// cosign reads `--sct` beside `--certificate` alone; and where the certificate needs one, it has asked for it before.
fn beside_certificate(asked: &Asked<'_>) -> Result<Beside, Failure> {
    match asked.certificate {
        Some(_) => sct::typed(asked.typed)
            .map(|read| if asked.typed.switch("strict-compat") { Beside::Nothing } else { read }),
        None => Ok(Beside::Nothing),
    }
}

// A place that could not be read may hold the signature that is missing; cosign says nothing of it.
fn beside(failure: Failure, entry: &Entry, typed: &Typed, word: &str) -> Failure {
    let unread =
        entry.gaps.first().map(|gap| format!("note: not everything could be read: {}", texts::gap(gap)));
    Failure { aside: unread.filter(|_| !failure.text.contains("could not be looked for")), ..failure }
        .hinted([hint::explain(typed, word)])
}

fn passed<'e>(
    asked: &Asked<'_>,
    judge: &Judge,
    entry: &Entry,
    found: &'e Candidates<'_>,
    formats: Formats,
) -> Result<Vec<Shown<'e>>, Failure> {
    let mut first = None;
    if formats != Formats::OlderOnly && !found.bundles.is_empty() {
        match judged(asked, judge, entry, found.bundles.iter().copied(), Form::Bundle, Vec::new()) {
            Ok(shown) => return Ok(shown),
            Err(failure) => first = Some(failure),
        }
    }
    if formats == Formats::BundlesOnly {
        return Err(first.unwrap_or_else(|| "no valid bundles exist in registry".into()));
    }
    let typed = asked.typed.switch("experimental-oci11");
    let too_large = || found.referred_too_large.clone();
    let referred = || judged(asked, judge, entry, found.referred.iter(), Form::Older, too_large());
    let looks =
        asked.verb == Verb::Image && !(found.referred.is_empty() && found.referred_too_large.is_empty());
    let mut aside = None;
    if typed && looks {
        match referred() {
            Ok(shown) => return Ok(shown),
            Err(failure) => aside = Some(failure),
        }
    }
    if !found.older.is_empty() || !found.too_large.is_empty() {
        // The bundles' failure is the one that cosign reports where there are both.
        match judged(asked, judge, entry, found.older.iter(), Form::Older, found.too_large.clone()) {
            Ok(shown) => return Ok(shown),
            Err(failure) => first = first.or(Some(failure)),
        }
    }
    if looks && !typed && !asked.typed.switch("strict-compat") {
        match referred() {
            Ok(shown) => return Ok(shown),
            Err(failure) => aside = Some(failure),
        }
    }
    let mut hints = Vec::new();
    match aside {
        // cosign knows nothing of these: to it the image is unsigned. Why they do not pass is for people.
        Some(failure) if failure.code == NO_MATCH => hints = failure.hints,
        other => first = first.or(other),
    }
    if let Some(failure) = first {
        return Err(failure);
    }
    if let Some(gap) = entry.gaps.first() {
        // cosign says that there are no signatures here, which nobody knows.
        let text = format!("signatures could not be looked for: {}", texts::gap(gap));
        return Err(Failure::from(text).hinted(hints));
    }
    Err(match asked.verb {
        Verb::Image => Failure::coded(NO_SIGNATURES, "no signatures found").hinted(hints),
        _ => "no matching attestations: ".into(),
    })
}

fn judged<'e>(
    asked: &Asked<'_>,
    judge: &Judge,
    entry: &Entry,
    items: impl Iterator<Item = &'e Item>,
    form: Form,
    mut refusals: Vec<Refusal>,
) -> Result<Vec<Shown<'e>>, Failure> {
    let mut shown = Vec::new();
    for item in items {
        match one(asked, judge, &entry.digest, item, form) {
            Ok(passed) => shown.push(passed),
            Err(refusal) => refusals.push(refusal),
        }
    }
    settled(asked, shown, refusals, form)
}

// What passed, or why nothing did.
fn settled<'e>(
    asked: &Asked<'_>,
    shown: Vec<Shown<'e>>,
    refusals: Vec<Refusal>,
    form: Form,
) -> Result<Vec<Shown<'e>>, Failure> {
    if shown.is_empty() {
        if let Some(failure) = texts::stale(&refusals) {
            return Err(failure);
        }
        if let (Some(_), Form::Older) = (&asked.certificate, form)
            && let Some(refusal) = refusals.iter().find(|refusal| certificate::is_at_fault(refusal))
        {
            let text = texts::of(refusal, form);
            return Err(format!("{}: validating cert: {text}", texts::key_opts(asked.verb)).into());
        }
        let texts = texts::all(&refusals, form);
        let failure: Failure = match (asked.verb, form) {
            (Verb::Image, Form::Older) => {
                Failure::coded(NO_MATCH, format!("no matching signatures: {texts}"))
            }
            _ => format!("no matching attestations: {texts}").into(),
        };
        return Err(failure.hinted(hint::refusals(asked.typed, &refusals)));
    }
    match &asked.predicate {
        Some(wanted) => of_type(asked.typed, shown, wanted),
        None => Ok(shown),
    }
}

fn one<'e>(
    asked: &Asked<'_>,
    judge: &Judge,
    digest: &Digest,
    item: &'e Item,
    form: Form,
) -> Result<Shown<'e>, Refusal> {
    let result = looked_at(asked, judge, digest, item, form);
    asked.record.item(judge, item, form, result.as_ref().map(|shown| &shown.passed));
    result
}

fn looked_at<'e>(
    asked: &Asked<'_>,
    judge: &Judge,
    digest: &Digest,
    item: &'e Item,
    form: Form,
) -> Result<Shown<'e>, Refusal> {
    if form == Form::Older && !item.annotations.contains_key("dev.cosignproject.cosign/signature") {
        return Err(Refusal::LayerUnsigned(Digest::sha256(&item.bytes)));
    }
    if let Some(why) = candidates::no_json(item).filter(|_| form == Form::Older) {
        return Err(Refusal::NoJson(why));
    }
    let passed = judge.item(item, form, digest)?;
    if asked.certificate.is_some()
        && asked.certificate.as_ref() != passed.certificate().map(|signer| &signer.certificate)
    {
        return Err(Refusal::OtherCertificate);
    }
    match &passed.content {
        Content::Message(_) => return Err(Refusal::NoEnvelope),
        Content::SimpleSigning(payload) if judge.bound => {
            let text =
                |key: &String| payload.optional.as_ref().and_then(|optional| optional.get(key)?.as_str());
            if !asked.annotations.iter().all(|(key, value)| text(key) == Some(value)) {
                return Err(Refusal::Annotation);
            }
        }
        Content::Statement(statement) if judge.bound && !asked.annotations.is_empty() => {
            let hex = digest.hex();
            let about = |subject: &&sealgate::verify::Subject| {
                subject.digest.get(digest.algorithm().name()) == Some(&hex)
            };
            let fits = statement.subjects.iter().filter(about).any(|subject| {
                let text =
                    |key: &String| subject.annotations.as_ref().and_then(|fields| fields.get(key)?.as_str());
                asked.annotations.iter().all(|(key, value)| text(key) == Some(value))
            });
            if !fits {
                return Err(Refusal::Annotation);
            }
        }
        Content::SimpleSigning(_) | Content::Statement(_) => {}
    }
    Ok(Shown { item, form, passed })
}

/// Reads `-a KEY=VALUE`.
pub(super) fn annotations(list: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let split = |text: &String| {
        let (key, value) = text
            .split_once('=')
            .filter(|(_, value)| !value.contains('='))
            .ok_or_else(|| format!("unable to parse annotation: {text}"))?;
        Ok((key.to_owned(), value.to_owned()))
    };
    list.iter().map(split).collect()
}
