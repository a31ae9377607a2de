//! What is said about images that passed.

use sealgate::verify::{Content, Digest};

use super::Asked;
use crate::{
    Console,
    cosign::{
        hint,
        judge::{Form, Judge, Whom},
        meaning::{self, Verb},
        output::{self, Checks, Shown},
    },
};

/// The header, the hints for who watches, and the signatures as they are asked for.
pub(super) fn answer(
    asked: &Asked<'_>,
    judge: &Judge,
    word: &str,
    full: &str,
    digest: &Digest,
    shown: &[Shown<'_>],
    console: &mut Console<'_>,
) {
    let name = if asked.verb == Verb::Image { full } else { word };
    console.say(output::header(name, checks(asked, judge)));
    if console.is_watched() {
        for hint in laxities(asked, shown) {
            console.hint(hint);
        }
    }
    if asked.record.is_on() {
        return;
    }
    if asked.verb == Verb::Image && asked.typed.text("output") != "text" {
        console.answer(output::array(shown, full, digest));
        return;
    }
    for signature in shown {
        if let Some(signer) = signature.passed.certificate().filter(|_| signature.form == Form::Older) {
            for line in output::certificate_lines(signer) {
                console.say(line);
            }
        }
        match asked.verb {
            Verb::Image => console.answer(output::line(signature, full, digest)),
            _ => console.answer(output::envelope(signature)),
        }
        console.answer("\n");
    }
}

pub(super) fn checks(asked: &Asked<'_>, judge: &Judge) -> Checks {
    Checks {
        annotations: judge.bound && !asked.annotations.is_empty(),
        claims: judge.bound,
        log: !meaning::ignores_log(asked.typed),
        key: matches!(judge.whom, Whom::Key { .. }) || asked.typed.some("certificate").is_some(),
    }
}

fn laxities(asked: &Asked<'_>, shown: &[Shown<'_>]) -> Vec<String> {
    let mut hints = hint::laxities(asked.typed);
    for shown in shown {
        if let (Verb::Image, Content::Statement(statement)) = (asked.verb, &shown.passed.content) {
            hints.extend(hint::not_a_signature(&statement.predicate_type));
        }
        hints.extend(shown.passed.certificate().and_then(hint::several_names));
    }
    hints.dedup();
    hints
}
