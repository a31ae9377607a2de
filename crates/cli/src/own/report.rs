//! Verdicts as people and programs read them.

use std::sync::Arc;

use sealgate::{
    Snapshot,
    policy::{Compared, Reason, Standing, Verdict},
    verify::TrustedRoot,
};
use serde_json::{Value, json};

use super::{ALLOW, DENY, UNKNOWN, setup::Form};
use crate::{Console, paint};

/// A verdict to be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged<'v> {
    /// The verdict.
    pub(crate) verdict: &'v Verdict,
}

/// Tells all verdicts; the exit code is that of the worst.
pub(crate) fn report(
    judged: &[Judged<'_>],
    snapshot: &Snapshot,
    form: Form,
    console: &mut Console<'_>,
) -> u8 {
    match form {
        Form::Json => {
            let mut text = machine(judged, snapshot).to_string();
            text.push('\n');
            console.answer(text);
        }
        Form::Text => {
            for (index, judged) in judged.iter().enumerate() {
                if index > 0 && console.columns().is_some() {
                    console.answer("\n");
                }
                console.answer_text(&text(judged.verdict, console.columns()));
            }
            let rests_on = rests_on(snapshot);
            match console.columns() {
                Some(columns) => console.answer_text(&format!("{}\n", paint::wrapped(&rests_on, columns))),
                None => console.answer(rests_on),
            }
        }
    }
    // SPEC: semantics 5, a definite denial before not knowing, not knowing before allowing.
    let has = |wanted: fn(&Verdict) -> bool| judged.iter().any(|judged| wanted(judged.verdict));
    if has(|verdict| matches!(verdict, Verdict::Deny(_))) {
        DENY
    } else if has(|verdict| matches!(verdict, Verdict::Unknown(_))) {
        UNKNOWN
    } else {
        ALLOW
    }
}

fn machine(judged: &[Judged<'_>], snapshot: &Snapshot) -> Value {
    let images: Vec<Value> = judged.iter().map(|judged| json!(judged.verdict)).collect();
    let roots: serde_json::Map<String, Value> =
        used(snapshot).map(|(name, root)| (name.clone(), root.hash().to_string().into())).collect();
    json!({"version": "1", "policies": snapshot.policies.hash().to_string(), "roots": roots, "images": images})
}

// A terminal gets lines that fit it; a file, lines that can be searched.
fn text(verdict: &Verdict, columns: Option<usize>) -> String {
    match columns {
        Some(columns) => format!("{}\n", paint::wrapped(&human(verdict, true), columns)),
        None => human(verdict, false),
    }
}

/// One verdict for people, in lines of any length; what was found and what is wanted `below` each other, or in one line.
pub(super) fn human(verdict: &Verdict, below: bool) -> String {
    let report = verdict.report();
    let image = &report.image;
    let mut text = match verdict {
        Verdict::Allow(_) => format!("allowed: `{image}`\n"),
        Verdict::Deny(_) => match policies(&report.reasons).as_slice() {
            [] => format!("error: `{image}` is denied\n"),
            [policy] => format!("error: `{image}` is denied by policy `{policy}`\n"),
            several => format!("error: `{image}` is denied by policies `{}`\n", several.join("`, `")),
        },
        Verdict::Unknown(_) => format!("error: could not find out whether `{image}` is allowed\n"),
    };
    if let Some(digest) = report.digest.as_ref().filter(|digest| !image.ends_with(&digest.to_string())) {
        text.push_str(&format!("  digest: {digest}\n"));
    }
    if matches!(verdict, Verdict::Allow(_)) {
        for policy in &report.policies {
            for requirement in
                policy.requirements.iter().filter(|requirement| requirement.standing == Standing::Met)
            {
                for used in requirement.leaves.iter().flat_map(|leaf| &leaf.rests_on) {
                    let name = format!("{}/{}", policy.policy, requirement.requirement);
                    let when = used.signed_at.first().map_or_else(String::new, |time| format!(", {time}"));
                    text.push_str(&format!(
                        "  {name}: signed by `{}` (`{}` of `{}`){when}\n",
                        used.subject, used.signer, used.root
                    ));
                }
            }
        }
    }
    for reason in &report.reasons {
        text.push_str(&line("", reason, below));
    }
    for reason in &report.warnings {
        text.push_str(&line("warning: ", reason, below));
    }
    for reason in &report.audits {
        text.push_str(&line("audit: ", reason, below));
    }
    // Where a gap closes the gate, its reason has named every place that stayed dark.
    let told = below && report.reasons.iter().any(|reason| reason.cause.is_some());
    for note in report.notes.iter().filter(|note| !(told && note.contains(" could not be read: "))) {
        text.push_str(&format!("  note: {note}\n"));
    }
    let mut helps: Vec<&str> =
        report.reasons.iter().map(|reason| reason.help.as_str()).filter(|help| !help.is_empty()).collect();
    helps.dedup();
    if !helps.is_empty() {
        text.push('\n');
    }
    for help in helps {
        text.push_str(&format!("hint: {help}\n"));
    }
    text
}

fn line(kind: &str, reason: &Reason, below: bool) -> String {
    let rule = reason.rule.as_ref().map_or_else(String::new, |rule| format!("{rule}: "));
    match reason.compared.as_deref() {
        Some(compared) if below => {
            let Compared { signed_by, signer, names, field, found, wanted } = compared;
            let found = if found.is_empty() { "(nothing)" } else { found };
            let mut text = format!("  {kind}{rule}{}\n", reason.code);
            text.push_str(&format!("    signed    {signed_by}\n    wanted    {signer}: {names}\n"));
            text.push_str(&format!("    differs   {field}\n      found   {found}\n      wanted  {wanted}\n"));
            text
        }
        _ => format!("  {kind}{rule}{}: {}\n", reason.code, reason.message),
    }
}

// The policies that reasons name, each once.
fn policies(reasons: &[Reason]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in reasons.iter().filter_map(|reason| reason.rule.as_deref()?.split('/').next()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn rests_on(snapshot: &Snapshot) -> String {
    let mut text = format!("\npolicies {}\n", snapshot.policies.hash());
    for (name, root) in used(snapshot) {
        text.push_str(&format!("root {name} {}\n", root.hash()));
    }
    text
}

// Roots that no policy names decide nothing.
fn used(snapshot: &Snapshot) -> impl Iterator<Item = (&String, &Arc<TrustedRoot>)> {
    let named = snapshot.policies.root_names();
    snapshot.roots.iter().filter(move |(name, _)| named.contains(name.as_str()))
}
