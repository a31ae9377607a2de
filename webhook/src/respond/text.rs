//! The words of an answer: message, causes, warnings, annotations. All capped.

use std::collections::BTreeMap;

use sealgate::policy::{Reason, Report};

use super::{Cause, Context, Found, Outcome, Standing};
use crate::{
    limits,
    shown::{short, shown},
};

/// One reason of one outcome, wherever it comes from.
struct Line<'a> {
    code: &'static str,
    rule: Option<&'a str>,
    message: String,
    help: &'a str,
}

impl Line<'_> {
    fn with_rule(&self) -> String {
        match self.rule {
            Some(rule) => format!("{rule}: {}", self.message),
            None => self.message.clone(),
        }
    }
}

impl<'a> From<&'a Reason> for Line<'a> {
    fn from(reason: &'a Reason) -> Self {
        Self {
            code: reason.code,
            rule: reason.rule.as_deref(),
            message: reason.message.clone(),
            help: &reason.help,
        }
    }
}

fn report<'a>(outcome: &'a Outcome<'_>) -> Option<&'a Report> {
    match &outcome.found {
        Found::Judged { verdict, .. } => Some(verdict.report()),
        Found::Refused(_) => None,
    }
}

// What closes the gate for one outcome.
fn lines<'a>(outcome: &'a Outcome<'_>) -> Vec<Line<'a>> {
    if outcome.found.standing() == Standing::Allowed {
        return vec![];
    }
    match &outcome.found {
        Found::Judged { verdict, .. } => verdict.report().reasons.iter().map(Line::from).collect(),
        Found::Refused(refusal) => {
            vec![Line {
                code: refusal.code(),
                rule: None,
                message: refusal.to_string(),
                help: refusal.help(),
            }]
        }
    }
}

/// Everything that closes the gate, in the object's order, for somebody who sees nothing else.
pub(super) fn message(outcomes: &[Outcome<'_>]) -> String {
    let mut text = Capped::default();
    let closed = outcomes.iter().filter(|outcome| outcome.found.standing() != Standing::Allowed);
    let count = closed.clone().count();
    if count > 1 {
        text.line("", &format!("{count} of {} images are not admitted", outcomes.len()));
    }
    for outcome in closed {
        text.line("", &title(outcome));
        let mut hints: Vec<&str> = vec![];
        for line in lines(outcome) {
            text.line("  ", &format!("{}: {}", line.code, line.with_rule()));
            if !line.help.is_empty() && !hints.contains(&line.help) {
                hints.push(line.help);
            }
        }
        for hint in hints {
            text.line("  ", &format!("hint: {hint}"));
        }
    }
    text.finish()
}

fn title(outcome: &Outcome<'_>) -> String {
    let what = match outcome.found.standing() {
        Standing::Allowed => "is admitted",
        Standing::Denied => "is denied",
        Standing::UnknownLasting => "is not admitted: it could not be judged",
        Standing::UnknownNow => "is not admitted: it could not be judged right now",
    };
    match &outcome.place {
        Some(place) => {
            let image = shown(&place.image, limits::REASON / 2);
            format!("`{image}` of {} `{}` {what}", place.list.noun(), shown(&place.name, 64))
        }
        None => format!("the object {what}"),
    }
}

/// Lines up to the message's limit; what does not fit is counted.
#[derive(Default)]
struct Capped {
    text: String,
    left_out: usize,
}

impl Capped {
    fn line(&mut self, indent: &str, line: &str) {
        let line = shown(line, limits::REASON);
        let needed = usize::from(!self.text.is_empty()) + indent.len() + line.len();
        if self.left_out > 0 || self.text.len() + needed > limits::MESSAGE - ROOM_FOR_THE_END {
            self.left_out += 1;
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(indent);
        self.text.push_str(&line);
    }

    fn finish(mut self) -> String {
        if self.left_out > 0 {
            self.text.push_str(&format!("\n… and {} more lines; the causes list them", self.left_out));
        }
        self.text
    }
}

const ROOM_FOR_THE_END: usize = 80;

/// One per reason, for programs.
pub(super) fn causes(outcomes: &[Outcome<'_>]) -> Vec<Cause> {
    let all = outcomes.iter().flat_map(|outcome| {
        let field = outcome.place.as_ref().map(super::ImageUse::field).unwrap_or_default();
        lines(outcome).into_iter().map(move |line| Cause {
            reason: line.code,
            field: field.clone(),
            message: shown(&line.with_rule(), limits::REASON),
        })
    });
    all.take(limits::CAUSES).collect()
}

/// What fails in warn mode; on an allowed object and on a denied one.
pub(super) fn warnings(outcomes: &[Outcome<'_>]) -> Vec<String> {
    let mut warnings: Vec<String> = vec![];
    for outcome in outcomes {
        let Some(report) = report(outcome) else { continue };
        for line in report.warnings.iter().map(Line::from) {
            let name = outcome.place.as_ref().map_or("", |place| &*place.name);
            let text = shown(&format!("{name}: {}: {}", line.code, line.with_rule()), limits::REASON);
            let warning = short(&text, limits::WARNING);
            if warnings.len() < limits::WARNINGS && !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    warnings
}

/// What the audit log keeps: of every review, allowed or not. Each list is in the object's order, without repetition.
pub(super) fn annotations(
    context: Context<'_>,
    standing: Standing,
    outcomes: &[Outcome<'_>],
) -> BTreeMap<&'static str, String> {
    let mut lists: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut add = |key, value: String| {
        let list = lists.entry(key).or_default();
        if !list.contains(&value) {
            list.push(value);
        }
    };
    let verdict = if outcomes.is_empty() { "unjudged" } else { standing.verdict() };
    add(
        "verdict",
        if context.mirror { format!("{verdict} (mirror pod, recorded only)") } else { verdict.to_owned() },
    );
    if let Some(snapshot) = context.snapshot {
        add("snapshot", snapshot.to_owned());
    }
    if let Some(old) = context.old_roots {
        add("old-roots", old.to_owned());
    }
    for outcome in outcomes {
        for line in lines(outcome) {
            add("reason", line.code.to_owned());
        }
        if let Found::Judged { cached, .. } = outcome.found {
            add("cache", if cached { "hit" } else { "miss" }.to_owned());
        }
        let Some(report) = report(outcome) else { continue };
        if let Some(digest) = &report.digest {
            add("digest", digest.to_string());
        }
        for policy in &report.policies {
            add("policy", policy.policy.clone());
            for rests in policy
                .requirements
                .iter()
                .flat_map(|requirement| &requirement.leaves)
                .flat_map(|leaf| &leaf.rests_on)
            {
                add("signer", signer(&rests.subject, &rests.issuer));
            }
        }
        for (key, reasons) in [("warn", &report.warnings), ("audit", &report.audits)] {
            for reason in reasons {
                add(key, format!("{} {}", reason.rule.as_deref().unwrap_or("settings"), reason.code));
            }
        }
    }
    lists.into_iter().map(|(key, values)| (key, shown(&values.join(", "), limits::REASON))).collect()
}

fn signer(subject: &str, issuer: &str) -> String {
    if issuer.is_empty() { subject.to_owned() } else { format!("{subject} by {issuer}") }
}
