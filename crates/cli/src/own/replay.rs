//! `replay`: recorded evidence judged again, without network and at the recorded time.

use clap::Args;
use sealgate::{
    policy::{Request, Role, decide},
    verify::{Evidence, Reference, Timestamp},
};

use super::{
    Fault,
    report::{Judged, report},
    setup::Deciding,
};
use crate::{Console, files, limits};

/// Ask policies about recorded evidence.
#[derive(Args, Debug)]
pub(crate) struct Replay {
    #[command(flatten)]
    deciding: Deciding,
    /// Judge at this time instead of the recorded one: `now`, or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Time>,
    /// What `check --record` wrote
    #[arg(value_name = "FILE")]
    evidence: String,
}

#[derive(Clone, Copy, Debug)]
enum Time {
    Clock,
    At(Timestamp),
}

fn time(text: &str) -> Result<Time, String> {
    match text {
        "now" => Ok(Time::Clock),
        text => text
            .parse()
            .map(|seconds| Time::At(Timestamp(seconds)))
            .map_err(|_| "write `now`, or whole seconds since 1970".into()),
    }
}

impl Replay {
    /// The process's exit code.
    pub(crate) fn run(self, console: &mut Console<'_>) -> Result<u8, Fault> {
        let bytes = files::read(&self.evidence, limits::EVIDENCE)?;
        let evidence = Evidence::from_json(&bytes)
            .map_err(|error| Fault { code: super::USAGE, ..Fault::own(&error) })?;
        let reference = Reference::parse(&evidence.reference)
            .map_err(|error| Fault::usage(format!("{}: {error}", self.evidence)))?;
        let snapshot = self.deciding.snapshot(console)?;
        let request = Request {
            reference,
            namespace: self.deciding.namespace.clone(),
            role: Role::Container,
            allow_tags: self.deciding.allow_tags,
        };
        let now = match self.now {
            None => evidence.gathered_at,
            Some(Time::Clock) => crate::clock::now(),
            Some(Time::At(time)) => time,
        };
        let verdict = decide(&snapshot.policies, &request, &evidence, &snapshot.roots, now);
        Ok(report(&[Judged { verdict: &verdict }], &snapshot, self.deciding.output, console))
    }
}
