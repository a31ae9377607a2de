//! How old the root at hand is, and what that allows.

use std::time::Duration;

use sealgate::{
    tuf::{Age, Held, Origin, Patience, Repository, TufError, limits},
    verify::Timestamp,
};

use super::{Ignored, LIVE, Later, repository, told};
use crate::{
    Console,
    cosign::{failure::Failure, meaning},
    go::flags::Typed,
};

/// The root at hand if it is young enough, else a newer one.
pub(super) fn fresh(
    typed: &Typed,
    ignored: Ignored,
    console: &mut Console<'_>,
) -> Result<(Held, Option<Later>), Failure> {
    let offline = typed.switch("offline");
    let now = crate::clock::now();
    let most = most_age(console)?;
    let repository = repository(console)
        .map_err(|error| {
            format!(
                "setting trusted material: getting trusted root from TUF for new bundle verification: {error}"
            )
        })?
        .with_patience(Patience { whole: PATIENCE.whole.min(meaning::patience(typed)), ..PATIENCE });
    let at_hand = repository.at_hand(now).map_err(|error| failed(&error))?;
    if let Some(refused) = &at_hand.refused {
        console.say(format!("WARNING: what was kept of the TUF repository is not used: {}", told(refused)));
    }
    let held = match at_hand.held {
        Some(held) => match held.allows(now, most) {
            Age::Fresh => held,
            Age::Due if offline => held,
            Age::TooOld if offline => return Err(failed(&too_old(&held, most))),
            Age::Due => match ask(&repository, now, console) {
                Ok(newer) => newer,
                Err(error) => {
                    console.say(stale(&held, &error, now, most));
                    held
                }
            },
            Age::TooOld => ask(&repository, now, console).map_err(|error| {
                let failure = failed(&too_old(&held, most));
                Failure { text: format!("{}: {}", failure.text, told(&error)), ..failure }
            })?,
        },
        None if offline => {
            let name = repository.mirror().name();
            return Err(format!(
                "setting trusted material: no root of {name} is kept here, and --offline asks nobody; \
                 run initialize where there is a network, or give --trusted-root"
            )
            .into());
        }
        None => ask(&repository, now, console).map_err(|error| failed(&error))?,
    };
    // Nobody can make us ask over and over.
    let asked_lately = held.origin != Origin::Embedded && held.age(now) < limits::PAUSE_SECONDS;
    let later = (!offline && !asked_lately).then(|| Later::new(repository, held.since, ignored));
    Ok((held, later))
}

/// How old a root may be where it cannot be refreshed: `SEALGATE_ROOT_MAX_AGE_DAYS`, or a year. Seconds.
pub(crate) fn most_age(console: &Console<'_>) -> Result<i64, String> {
    let Some(text) = console.variable(MOST) else { return Ok(limits::MOST_AGE_SECONDS) };
    let days = text.parse::<u32>().ok().filter(|days| (1..=3650).contains(days));
    let days =
        days.ok_or_else(|| format!("{MOST} is `{text}`, and must be a number of days from 1 to 3650"))?;
    Ok(i64::from(days) * DAY)
}

fn ask(repository: &Repository, now: Timestamp, console: &mut Console<'_>) -> Result<Held, TufError> {
    let (held, unkept) = super::later::refresh(repository, now)?;
    if let Some(unkept) = unkept {
        console.say(format!("WARNING: the refreshed trusted root could not be kept: {}", unkept.chain()));
    }
    Ok(held)
}

fn stale(held: &Held, error: &TufError, now: Timestamp, most: i64) -> String {
    format!(
        "WARNING: the trusted root of {} ({} days old, at most {} are allowed) could not be refreshed: {}",
        held.since,
        held.age(now) / DAY,
        most / DAY,
        told(error)
    )
}

fn too_old(held: &Held, most: i64) -> TufError {
    TufError::TooOld { since: held.since, limit_days: most / DAY }
}

fn failed(error: &TufError) -> Failure {
    format!("{LIVE}: {}", told(error)).into()
}

const DAY: i64 = 86_400;
const MOST: &str = "SEALGATE_ROOT_MAX_AGE_DAYS";
// A verification waits less for a mirror than `initialize` does.
const PATIENCE: Patience = Patience { silent: Duration::from_secs(5), whole: Duration::from_secs(20) };
