//! `sealgate roots`: which trusted roots are at hand, how old they are, and how to make them younger.

use clap::{Args, Subcommand};
use sealgate::{
    tuf::{Age, Held, INSTANCES, Instance, Mirror, Origin, Repository, TufError, limits},
    verify::{Digest, Timestamp},
};
use serde_json::{Map, Value, json};

use super::{ALLOW, Fault, UNKNOWN, USAGE, setup::Form};
use crate::{
    Console,
    cosign::{cache, most_age, refresh_root},
};

/// Show, refresh or import trusted roots.
#[derive(Debug, Subcommand)]
pub(crate) enum Roots {
    /// Import a copy of a TUF repository that was carried here. Asks no network.
    Import(Import),
    /// Show which roots are at hand, and how old they are. Asks no network.
    List(List),
    /// Print the root at hand as a `trusted_root.json`, for programs that take files. Asks no network.
    Print(Print),
    /// Refresh roots through their TUF repositories.
    ///
    /// Exit code: 0 all are today's, 2 at least one could not be refreshed; what was kept before stays in force.
    Refresh(Refresh),
}

#[derive(Args, Debug)]
pub(crate) struct List {
    /// How the list is written
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    output: Form,
}

#[derive(Args, Debug)]
pub(crate) struct Print {
    /// Which one
    name: String,
    /// Print the signed files of the last refresh instead. Whoever reads them proves the root again and knows its age:
    /// `--trusted-root NAME=FILE` of `check` and of the webhook
    #[arg(long)]
    signed_files: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Refresh {
    /// Which ones; all without any
    names: Vec<String>,
    /// How the result is written
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    output: Form,
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The folder: `timestamp.json` and the other files lie directly in it. Unpack an archive first
    folder: String,
    /// Whose repository it is
    #[arg(long, value_name = "NAME", default_value = "public-good")]
    name: String,
    /// How the result is written
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    output: Form,
}

impl Roots {
    pub(crate) fn run(&self, console: &mut Console<'_>) -> Result<u8, Fault> {
        let when = When { now: crate::clock::now(), most: most_age(console).map_err(Fault::usage)? };
        let now = when.now;
        match self {
            Self::Import(import) => {
                let mirror = Mirror::parse(&import.folder).map_err(|error| fault(&error.into()))?;
                if mirror.is_remote() {
                    return Err(Fault::usage(format!("`{}` is no folder", import.folder))
                        .hint("`sealgate roots refresh` asks mirrors on the network"));
                }
                let repository = repository(instance(&import.name)?, console)?.at(mirror);
                if repository.store().is_none() {
                    return Err(Fault::usage("there is no folder to keep it in")
                        .hint("set TUF_ROOT to a folder, or HOME"));
                }
                match refresh_root(&repository, now).map_err(|error| fault(&error))? {
                    (_, Some(unkept)) => Err(fault(&unkept)),
                    (held, None) => {
                        write(&[(instance(&import.name)?, Some(held), None)], import.output, when, console);
                        Ok(ALLOW)
                    }
                }
            }
            Self::List(list) => {
                let mut rows = Vec::new();
                for instance in &INSTANCES {
                    let found = repository(instance, console)?.at_hand(now).map_err(|error| fault(&error))?;
                    rows.push((instance, found.held, found.refused));
                }
                write(&rows, list.output, when, console);
                Ok(ALLOW)
            }
            Self::Print(print) => {
                let found = repository(instance(&print.name)?, console)?;
                if print.signed_files {
                    let proven = found.kept().map_err(|error| fault(&error))?.ok_or_else(|| {
                        let name = &print.name;
                        Fault {
                            code: UNKNOWN,
                            text: format!("no refresh of `{name}` is kept here"),
                            hint: None,
                        }
                        .hint(format!(
                            "run `sealgate roots refresh {name}`, or import a copy of its repository"
                        ))
                    })?;
                    console.answer(proven.kept_json().map_err(|error| Fault::own(&error))?);
                    return Ok(ALLOW);
                }
                let found = found.at_hand(now).map_err(|error| fault(&error))?;
                if let Some(refused) = &found.refused {
                    console.say(format!("warning: what was kept is not used: {}", refused.chain()));
                }
                console.answer(found.held.map(|held| held.json).unwrap_or_default());
                Ok(ALLOW)
            }
            Self::Refresh(refresh) => {
                let names: Vec<&str> = match refresh.names.is_empty() {
                    true => INSTANCES.iter().map(|instance| instance.name).collect(),
                    false => refresh.names.iter().map(String::as_str).collect(),
                };
                let mut rows = Vec::new();
                for name in names {
                    let instance = instance(name)?;
                    let repository = repository(instance, console)?;
                    rows.push(match refresh_root(&repository, now) {
                        Ok((held, unkept)) => (instance, Some(held), unkept),
                        Err(error) => {
                            (instance, repository.at_hand(now).ok().and_then(|found| found.held), Some(error))
                        }
                    });
                }
                write(&rows, refresh.output, when, console);
                Ok(if rows.iter().any(|(_, _, error)| error.is_some()) { UNKNOWN } else { ALLOW })
            }
        }
    }
}

/// The clock, and how old a root may be.
#[derive(Clone, Copy)]
struct When {
    now: Timestamp,
    most: i64,
}

type Row = (&'static Instance, Option<Held>, Option<TufError>);

fn instance(name: &str) -> Result<&'static Instance, Fault> {
    let known = || INSTANCES.iter().map(|instance| instance.name).collect::<Vec<_>>().join(", ");
    Instance::find(name).ok_or_else(|| {
        Fault::usage(format!("no root `{name}` is known"))
            .hint(format!("known are {}; others come from files, `--trusted-root NAME=FILE`", known()))
    })
}

fn repository(instance: &'static Instance, console: &Console<'_>) -> Result<Repository, Fault> {
    Repository::known(instance, cache(console).as_deref()).map_err(|error| fault(&error))
}

fn fault(error: &TufError) -> Fault {
    let code = if matches!(error, TufError::Store(_)) { USAGE } else { UNKNOWN };
    Fault { code, text: format!("{} ({})", error.chain(), error.code()), hint: Some(error.help().into()) }
}

fn write(rows: &[Row], form: Form, when: When, console: &mut Console<'_>) {
    match form {
        Form::Json => {
            let limits = json!({
                "refreshAfterDays": limits::REFRESH_AFTER_SECONDS / DAY, "mostAgeDays": when.most / DAY,
            });
            let roots: Vec<Value> = rows.iter().map(|row| of(row, when)).collect();
            console.answer(format!(
                "{:#}\n",
                json!({"limits": limits, "now": when.now.to_string(), "roots": roots})
            ));
        }
        Form::Text => {
            for row in rows {
                console.answer(text(row, when));
            }
        }
    }
}

fn of((instance, held, error): &Row, when: When) -> Value {
    let mut row = Map::new();
    let mut put = |name: &str, value: Value| drop(row.insert(name.to_owned(), value));
    put("name", instance.name.into());
    put("mirror", instance.mirror.into());
    if let Some(held) = held {
        put("source", source(held.origin).into());
        put("since", held.since.to_string().into());
        put("ageDays", (held.age(when.now) / DAY).into());
        put("state", state(held, when).into());
        put("sha256", Digest::sha256(&held.json).hex().into());
        put("expires", held.expires.map(|expires| expires.to_string()).into());
        let versions = held.versions.map(|[root, timestamp, snapshot, targets]| {
            json!({"root": root, "timestamp": timestamp, "snapshot": snapshot, "targets": targets})
        });
        put("versions", versions.into());
        put("keys", keys(&held.json));
    }
    if let Some(error) = error {
        put("error", json!({"code": error.code(), "text": error.chain(), "help": error.help()}));
    }
    row.into()
}

fn text((instance, held, error): &Row, when: When) -> String {
    let mut text = format!("{}\n", instance.name);
    let mut line = |words: String| text.push_str(&format!("  {words}\n"));
    if let Some(held) = held {
        let day = held.since.to_string().chars().take(10).collect::<String>();
        line(format!(
            "{}, of {day}: {} days old, {}",
            source(held.origin),
            held.age(when.now) / DAY,
            state(held, when)
        ));
        if let Some(expires) = held.expires {
            line(format!("the repository promised news by {expires}"));
        }
        let found = keys(&held.json);
        let count = |kind: &str| found.get(kind).and_then(Value::as_array).map_or(0, Vec::len);
        line(format!(
            "logs {}, CT logs {}, certificate authorities {}, timestamp authorities {}",
            count("logs"),
            count("ctLogs"),
            count("certificateAuthorities"),
            count("timestampAuthorities"),
        ));
    } else {
        line("no root is at hand".into());
    }
    line(instance.mirror.into());
    if let Some(error) = error {
        line(format!("{}: {}", error.code(), error.chain()));
        line(format!("hint: {}", error.help()));
    }
    text
}

fn source(origin: Origin) -> &'static str {
    match origin {
        Origin::Embedded => "embedded",
        Origin::Kept => "kept",
        Origin::Refreshed => "refreshed",
    }
}

fn state(held: &Held, when: When) -> &'static str {
    match held.allows(when.now, when.most) {
        Age::Due => "refresh due",
        Age::Fresh => "fresh",
        Age::TooOld => "too old",
    }
}

// What the root names. It was read already, so nothing here decides anything.
fn keys(bytes: &[u8]) -> Value {
    let root: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let list = |field: &str, name: fn(&Value) -> Value, valid: &str| -> Vec<Value> {
        let members = root.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        members
            .iter()
            .map(|member| json!({"name": name(member), "validFor": member.pointer(valid)}))
            .collect()
    };
    let log = |member: &Value| member.pointer("/baseUrl").cloned().unwrap_or_default();
    let authority = |member: &Value| member.pointer("/uri").cloned().unwrap_or_default();
    json!({
        "logs": list("tlogs", log, "/publicKey/validFor"),
        "ctLogs": list("ctlogs", log, "/publicKey/validFor"),
        "certificateAuthorities": list("certificateAuthorities", authority, "/validFor"),
        "timestampAuthorities": list("timestampAuthorities", authority, "/validFor"),
    })
}

const DAY: i64 = 86_400;
