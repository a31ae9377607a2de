//! What a person reads: a tree, no wider than the terminal.

use super::{
    Explained, NOTE,
    brief::{self, Told},
    paste::Acceptance,
};
use crate::{
    facts::{Fact, Gap, Identity, Outcome, Signature},
    paint::{folded, wrapped},
};

/// Everything about one image or file.
pub(super) fn of(explained: &Explained, verdict: Option<&str>, columns: Option<usize>) -> String {
    let width = columns.unwrap_or(usize::MAX);
    let mut text = String::new();
    for line in folded(&explained.name, width) {
        text.push_str(&format!("{line}\n"));
    }
    let (whole, others) = brief::brief(&explained.signatures);
    let mut branches: Vec<Vec<Line>> = whole.iter().map(signature).collect();
    if !others.is_empty() {
        let more = others.iter().map(|line| Line::head(&format!("  {line}")));
        branches.push(
            std::iter::once(Line::head("and others, which `-o json` has whole:")).chain(more).collect(),
        );
    }
    branches.extend(explained.gaps.iter().map(gap));
    if explained.signatures.is_empty() && explained.gaps.is_empty() {
        branches.push(vec![Line::head("nothing is attached: no signature, no attestation")]);
    }
    if !explained.platforms.is_empty() {
        branches.push(vec![Line::head("its images, in short; --platform OS/ARCH shows one of them whole")]);
        branches.extend(explained.platforms.iter().map(platform));
    }
    if explained.platforms_left_out > 0 {
        let count = explained.platforms_left_out;
        branches.push(vec![Line::head(&format!(
            "NOT READ {count} more images of the index; --platform shows any of them"
        ))]);
    }
    if let Some(verdict) = verdict {
        branches.push(said(verdict, width));
    }
    if let Some(digest) = &explained.digest {
        let kind = explained.media_type.as_deref().unwrap_or("not read");
        text.push_str(&rows(&[Line::head(digest), Line::head(kind)], "│  ", "│  ", width));
        text.push_str("│\n");
    }
    for (index, branch) in branches.iter().enumerate() {
        let is_last = index + 1 == branches.len();
        let (first, others) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        text.push_str(&rows(branch, first, others, width));
        if !is_last {
            text.push_str("│\n");
        }
    }
    text.push_str(&acceptances(&explained.would_accept));
    text
}

// A policy's words, less what stands above them already.
fn said(verdict: &str, width: usize) -> Vec<Line> {
    let above =
        |line: &&str| !line.is_empty() && !line.starts_with("  digest: ") && !line.starts_with("  note: ");
    let kept: Vec<&str> = verdict.lines().filter(above).collect();
    wrapped(&kept.join("\n"), width.saturating_sub(FRAME)).lines().map(Line::head).collect()
}

/// How the whole answer ends.
pub(super) fn end(columns: Option<usize>) -> String {
    format!("\n{}\n", folded(&format!("note: {NOTE}"), columns.unwrap_or(usize::MAX)).join("\n"))
}

// A line of the tree: words, or a label with a text that may go over several lines.
struct Line {
    label: &'static str,
    text: String,
}

impl Line {
    fn head(text: &str) -> Self {
        Self { label: "", text: text.to_owned() }
    }

    fn row(label: &'static str, text: &str) -> Self {
        Self { label, text: text.to_owned() }
    }
}

fn rows(lines: &[Line], first: &str, others: &str, width: usize) -> String {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let frame = if index == 0 { first } else { others };
        let indent = line.text.chars().take_while(|letter| *letter == ' ').count();
        let (label, hang) = match line.label {
            "" => (" ".repeat(indent), indent),
            label => (format!("{label:LABEL$}"), LABEL),
        };
        let room = width.saturating_sub(frame.chars().count() + hang);
        for (number, part) in folded(line.text.trim_start(), room).iter().enumerate() {
            match number {
                0 => text.push_str(&format!("{frame}{label}{part}\n")),
                _ => text.push_str(&format!("{others}{}{part}\n", " ".repeat(hang))),
            }
        }
    }
    text
}

// One image of an index.
fn platform(part: &Explained) -> Vec<Line> {
    let mut lines = vec![Line::head(&part.name)];
    lines.extend(part.digest.as_deref().map(Line::head));
    lines.extend(
        brief::lines(&part.signatures, &part.gaps).iter().map(|line| Line::head(&format!("  {line}"))),
    );
    lines
}

fn signature(told: &Told<'_>) -> Vec<Line> {
    let signature = told.signature;
    let (kind, standing) = (brief::kind(signature), brief::standing(signature));
    let mut lines = vec![Line::head(&format!("{standing} {kind}"))];
    if told.alike > 0 {
        lines
            .push(Line::row("alike", &format!("{} more by the same, which `-o json` has whole", told.alike)));
    }
    if let Some(reason) = &signature.reason {
        lines.push(Line::row("because", &format!("{}: {}", reason.code, reason.message)));
        lines.push(Line::row("what now", &reason.help));
    }
    if let Some(signer) = &signature.signer {
        lines.extend(identity("signed by", signer));
    }
    if let Some(claimed) = &signature.claimed {
        lines.extend(identity("it claims", claimed));
    }
    for time in &signature.times {
        let source = if time.source == "log" { "log" } else { "timestamp authority" };
        lines.push(Line::row("at", &format!("{}, by {source} {}", time.time, time.by)));
    }
    for entry in &signature.log {
        lines.push(Line::row("in log", &format!("{}, index {}", entry.log, entry.index)));
    }
    for Fact { name, value } in &signature.summary {
        lines.push(Line::row("it says", &format!("{name} {value}")));
    }
    lines.extend(checks(signature));
    if let Some(root) = &signature.root {
        lines.push(Line::row("by root", root));
    }
    // Enough to find it again; the JSON has all of it.
    let item: String = signature.item.iter().flat_map(|item| item.chars()).take(SHORT).collect();
    let place = signature.place.replace('-', " ");
    lines.push(Line::row(
        "stored",
        &format!("{} in the {place}, {item}...", signature.format.replace('-', " ")),
    ));
    lines
}

// Who, and those claims that a policy would ask about; the rest is in the JSON.
fn identity(label: &'static str, signer: &Identity) -> Vec<Line> {
    let Some(subject) = &signer.subject else {
        return vec![Line::row(label, &format!("the holder of key {}", signer.key))];
    };
    let mut lines = vec![Line::row(label, subject)];
    lines.push(Line::row(
        "issuer",
        signer.issuer.as_deref().unwrap_or("(none: the certificate names no issuer)"),
    ));
    let claim = |name: &str| signer.claims.get(name).map(String::as_str).unwrap_or_default();
    let source = claim("sourceRepositoryURI");
    if !source.is_empty() {
        let with =
            |word: &str, text: &str| if text.is_empty() { String::new() } else { format!(", {word} {text}") };
        let commit: String = claim("sourceRepositoryDigest").chars().take(12).collect();
        let (at, of) = (with("ref", claim("sourceRepositoryRef")), with("commit", &commit));
        lines.push(Line::row("source", &format!("{source}{at}{of}")));
    }
    let run: Vec<&str> = [claim("buildTrigger"), claim("runnerEnvironment"), claim("runInvocationURI")]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    if !run.is_empty() {
        lines.push(Line::row("run", &run.join(", ")));
    }
    lines
}

fn checks(signature: &Signature) -> Vec<Line> {
    let words_for = |check: &'static str| match check {
        "log-entry" => "log entry",
        "certificate-log" => "SCT",
        "inclusion" => "inclusion in the log",
        "artifact" => "digest",
        other => other,
    };
    let named = |outcome: Outcome| {
        let fitting = signature.checks.iter().filter(move |check| check.outcome == outcome);
        let words: Vec<String> = fitting
            .map(|check| match (&check.code, outcome) {
                (Some(code), Outcome::Skipped) => format!("{} ({code})", words_for(check.check)),
                _ => words_for(check.check).to_owned(),
            })
            .collect();
        words.join(", ")
    };
    let rows = [
        ("passed", Outcome::Passed),
        ("failed", Outcome::Failed),
        ("skipped", Outcome::Skipped),
        ("not tried", Outcome::NotReached),
    ];
    rows.into_iter()
        .map(|(label, outcome)| Line::row(label, &named(outcome)))
        .filter(|line| !line.text.is_empty())
        .collect()
}

fn gap(gap: &Gap) -> Vec<Line> {
    vec![
        Line::head(&format!("NOT READ {}", gap.place.replace('-', " "))),
        Line::row("because", &format!("{}: {}", gap.cause, gap.detail)),
        Line::row("so", "what may be there is not shown here, and not known to be absent"),
    ]
}

// Never broken: somebody will paste these lines.
fn acceptances(all: &[Acceptance]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\nWhat would accept a signer, and nobody else. Paste it only if this is whom you\nexpected before you read this: a signature cannot tell whether to believe it.\n",
    );
    for acceptance in all.iter().take(SIGNERS) {
        let who =
            acceptance.signer.subject.clone().unwrap_or_else(|| format!("key {}", acceptance.signer.key));
        text.push_str(&format!("\n# {who}\n"));
        for command in &acceptance.commands {
            let set: String = acceptance.variables.iter().map(|variable| format!("{variable} ")).collect();
            text.push_str(&format!("{set}sealgate {}\n", command.join(" \\\n  ")));
        }
        if let Some(policy) = &acceptance.policy {
            text.push_str(&format!("# or, as a policy for `sealgate check` and the webhook:\n{policy}"));
        }
    }
    if all.len() > SIGNERS {
        text.push_str(&format!("\n# and {} more signers, whom `-o json` names\n", all.len() - SIGNERS));
    }
    text
}

/// Columns that the lines of the tree take.
const FRAME: usize = 3;
const LABEL: usize = 11;
/// So many signers are told how they would be accepted.
const SIGNERS: usize = 8;
/// An algorithm and twelve digits.
const SHORT: usize = 19;
