//! `--local-image`: the image is a folder that `save` wrote.

use std::path::Path;

use sealgate::{
    oci::{Layout, LayoutError},
    verify::{Bundle, Digest, Entry, Place},
};

use super::{
    Asked, Candidates, Formats, Verb, answer, candidates::is_older, checks, judged, maximum_size, one,
    passed, settled,
};
use crate::{
    Console,
    cosign::{
        failure::Failure,
        judge::{Form, Judge, Refusal},
        meaning,
        output::{self, Shown},
        policy::Policies,
        texts,
    },
    files::system_text,
    go::{flags::Typed, path},
};

/// Everything that all folders of one call are judged by.
pub(super) struct Local<'a, 't> {
    pub(super) asked: &'a Asked<'t>,
    pub(super) judge: &'a Judge,
    pub(super) no_bundles: Option<String>,
    pub(super) warning: Option<String>,
    pub(super) policies: &'a Policies,
}

/// Opens the first folder, which cosign does before it reads anything else.
pub(super) fn open(typed: &Typed) -> Result<Layout, Failure> {
    let folder = typed.words.first().map(String::as_str).unwrap_or_default();
    Layout::open(Path::new(folder)).map_err(|error| {
        let text = opening(folder, &error);
        match error {
            LayoutError::NoImage => text,
            LayoutError::Unreadable { .. } => {
                format!("checking local image format: loading OCI layout from {folder}: {text}")
            }
            _ => format!("checking local image format: getting index manifest: {text}"),
        }
        .into()
    })
}

/// Judges every folder, in the order typed, up to the first failure.
pub(super) fn run(with: &Local<'_, '_>, first: Layout, console: &mut Console<'_>) -> Result<(), Failure> {
    let typed = with.asked.typed;
    let mut formats = Formats::Any;
    let mut first = Some(first);
    for folder in &typed.words {
        with.asked.record.begin(folder);
        let layout = match first.take() {
            Some(layout) => layout,
            None => Layout::open(Path::new(folder)).map_err(|error| opening(folder, &error))?,
        };
        // None of cosign's exit codes is for folders.
        one_folder(with, folder, &layout, &mut formats, console)
            .map_err(|failure| Failure { code: 1, ..failure })?;
    }
    Ok(())
}

fn one_folder(
    with: &Local<'_, '_>,
    folder: &str,
    layout: &Layout,
    formats: &mut Formats,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let Local { asked, judge, .. } = with;
    let strict = asked.typed.switch("strict-compat");
    let mut entry = layout.entry(true);
    if strict && layout.is_index() {
        // cosign looks for bundles of images only.
        entry.items.retain(|item| item.place != Place::Referrers);
    }
    let tag = if asked.verb == Verb::Image { Place::SignatureTag } else { Place::AttestationTag };
    entry.items.retain(|item| matches!(item.place, Place::Referrers) || item.place == tag);
    entry.gaps.retain(|gap| gap.place != other(tag) && gap.place != Place::Manifest);
    asked.record.found(Some(&entry.digest), &entry.gaps);
    let found = Candidates::of(&entry, maximum_size(console));
    if strict && *formats == Formats::Any {
        *formats = if found.bundles.is_empty() { Formats::OlderOnly } else { Formats::BundlesOnly };
    }
    match &with.no_bundles {
        Some(why) if !found.bundles.is_empty() && *formats != Formats::OlderOnly => {
            return Err(why.as_str().into());
        }
        _ => {}
    }
    if let (true, Some(warning)) = (found.bundles.is_empty(), &with.warning) {
        console.say(warning);
    }
    let unread = unreadable(&entry, console);
    if unread && found.bundles.is_empty() && (strict || nothing_older(&found)) {
        return Err("no valid bundles found in local layout".into());
    }
    let shown = if found.bundles.is_empty() || *formats == Formats::OlderOnly {
        if nothing(&found, &entry) {
            return Err(absent(asked.verb, folder, layout));
        }
        passed(asked, judge, &entry, &found, *formats)?
    } else {
        of_bundles(with, &entry, &found, *formats, console)?
    };
    if let Some(wanted) = &asked.predicate {
        with.policies.check(wanted, &shown, meaning::patience(asked.typed), console)?;
    }
    let bundles = shown.iter().any(|shown| shown.form == Form::Bundle);
    let plain = asked.typed.text("output") == "text";
    if asked.verb == Verb::Image && bundles && (plain || strict) && !asked.record.is_on() {
        // cosign prints whole envelopes for text and, not reading them, elements without content for JSON.
        console.say(output::header(folder, checks(asked, judge)));
        if plain {
            for signature in &shown {
                console.answer([output::envelope(signature), b"\n".to_vec()].concat());
            }
        } else {
            let elements = vec![output::EMPTY_ELEMENT; shown.len()];
            console.answer(format!("\n[{}]\n", elements.join(",")));
        }
        return Ok(());
    }
    answer(asked, judge, folder, folder, &entry.digest, &shown, console);
    Ok(())
}

// Says which bundles are none.
fn unreadable(entry: &Entry, console: &mut Console<'_>) -> bool {
    let mut any = false;
    for item in entry.items.iter().filter(|item| item.place == Place::Referrers) {
        if let (false, Err(error)) = (is_older(item), Bundle::read(item)) {
            let hex = Digest::sha256(&item.bytes).hex();
            console.say(format!("WARNING: Failed to unmarshal bundle {hex}: {error}"));
            any = true;
        }
    }
    any
}

// Every bundle that fails is said, whether or not another one passes.
fn of_bundles<'e>(
    with: &Local<'_, '_>,
    entry: &Entry,
    found: &'e Candidates<'_>,
    formats: Formats,
    console: &mut Console<'_>,
) -> Result<Vec<Shown<'e>>, Failure> {
    let Local { asked, judge, .. } = with;
    let (mut shown, mut refusals) = (Vec::new(), Vec::new());
    for item in found.bundles.iter().copied() {
        match one(asked, judge, &entry.digest, item, Form::Bundle) {
            Ok(passed) => shown.push(passed),
            Err(refusal) => {
                let text = texts::of(&refusal, Form::Bundle);
                console.say(match refusal {
                    Refusal::Annotation => format!("WARNING: Claim verification failed: {text}"),
                    Refusal::NoEnvelope => format!("WARNING: {text}"),
                    _ => format!("WARNING: Failed to verify bundle: {text}"),
                });
                refusals.push(refusal);
            }
        }
    }
    let settled = settled(asked, shown, refusals, Form::Bundle);
    if settled.is_ok() || formats == Formats::BundlesOnly || nothing_older(found) {
        return settled;
    }
    judged(asked, judge, entry, found.older.iter(), Form::Older, found.too_large.clone()).or(settled)
}

fn nothing_older(found: &Candidates<'_>) -> bool {
    found.older.is_empty() && found.referred.is_empty() && found.too_large.is_empty()
}

fn nothing(found: &Candidates<'_>, entry: &Entry) -> bool {
    found.bundles.is_empty() && nothing_older(found) && entry.gaps.is_empty()
}

fn absent(verb: Verb, folder: &str, layout: &Layout) -> Failure {
    match verb {
        Verb::Image if !layout.has_signatures() => {
            format!("no signatures associated with the image saved in {folder}").into()
        }
        Verb::Image => "no signatures found".into(),
        _ if !layout.has_attestations() => "no attestations provided".into(),
        _ => "no matching attestations: ".into(),
    }
}

fn other(tag: Place) -> Place {
    if tag == Place::SignatureTag { Place::AttestationTag } else { Place::SignatureTag }
}

fn opening(folder: &str, error: &LayoutError) -> String {
    match error {
        LayoutError::NoImage => "must verify either an image index or image".to_owned(),
        LayoutError::Unreadable { file, source } => {
            format!("stat {}: {}", path::join(folder, file), system_text(source))
        }
        error => error.to_string(),
    }
}
