//! Flags as cosign's command line reads them: pflag's grammar, its error texts, aliases, and `COSIGN_*` variables.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{csv, duration, int, quote::quote};
use crate::Console;

/// One flag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    /// Its long name.
    pub(crate) name: &'static str,
    /// Its one-letter name.
    pub(crate) short: Option<char>,
    /// What it takes.
    pub(crate) kind: Kind,
    /// What it is where nobody says anything.
    pub(crate) default: &'static str,
    /// The notice printed when it is used, if it is on its way out.
    pub(crate) deprecated: Option<&'static str>,
    /// One line for the help text.
    pub(crate) help: &'static str,
}

/// What a flag takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Anything, the flag repeatable.
    Array,
    /// `--flag`, `--flag=false`
    Bool,
    /// Go's durations.
    Duration,
    /// A whole number.
    Int,
    /// Comma-separated values, the flag repeatable.
    List,
    /// Anything.
    Text,
}

impl Flag {
    /// A text flag.
    pub(crate) const fn text(name: &'static str, help: &'static str) -> Self {
        Self { name, short: None, kind: Kind::Text, default: "", deprecated: None, help }
    }

    /// A switch that is off by default.
    pub(crate) const fn switch(name: &'static str, help: &'static str) -> Self {
        Self { name, short: None, kind: Kind::Bool, default: "false", deprecated: None, help }
    }

    /// The same flag of another kind.
    pub(crate) const fn of(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same flag with a default.
    pub(crate) const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    /// The same flag with a one-letter name.
    pub(crate) const fn short(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }

    /// The same flag with a notice.
    pub(crate) const fn deprecated(self, notice: &'static str) -> Self {
        Self { deprecated: Some(notice), ..self }
    }
}

/// What was typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    values: BTreeMap<&'static str, Vec<String>>,
    defaults: BTreeMap<&'static str, (&'static str, Kind)>,
    given: BTreeSet<&'static str>,
    /// What is no flag.
    pub(crate) words: Vec<String>,
    /// Whether help was asked for.
    pub(crate) help: bool,
}

impl Typed {
    /// A text; the last one given counts.
    pub(crate) fn text(&self, name: &str) -> &str {
        let given = self.values.get(name).and_then(|values| values.last()).map(String::as_str);
        given.or_else(|| self.defaults.get(name).map(|(default, _)| *default)).unwrap_or_default()
    }

    /// A text that is not empty.
    pub(crate) fn some(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// A switch.
    pub(crate) fn switch(&self, name: &str) -> bool {
        parse_bool(self.text(name)) == Some(true)
    }

    /// A whole number; it was read once already.
    pub(crate) fn number(&self, name: &str) -> i64 {
        int::parse(self.text(name)).unwrap_or_default()
    }

    /// A duration; it was read once already.
    pub(crate) fn duration(&self, name: &str) -> Duration {
        duration::parse(self.text(name)).unwrap_or_default()
    }

    /// Every value of a repeatable flag.
    pub(crate) fn list(&self, name: &str) -> &[String] {
        self.values.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes `value` instead of what was typed.
    pub(crate) fn replace(&mut self, name: &'static str, value: &str) {
        self.values.insert(name, vec![value.to_owned()]);
    }

    /// Whether somebody gave it, on the command line or by variable.
    pub(crate) fn given(&self, name: &str) -> bool {
        self.given.contains(name)
    }

    /// Fails if one of these was not given.
    pub(crate) fn required(&self, names: &[&str]) -> Result<(), String> {
        let missing: Vec<String> =
            names.iter().filter(|name| !self.given(name)).map(|name| quote(name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(format!("required flag(s) {} not set", missing.join(", ")))
    }

    /// Fails if more than one of a group is given.
    pub(crate) fn exclusive(&self, group: &[&str]) -> Result<(), String> {
        let mut set: Vec<&str> = group.iter().copied().filter(|name| self.given(name)).collect();
        if set.len() < 2 {
            return Ok(());
        }
        set.sort_unstable();
        let (group, set) = (group.join(" "), set.join(" "));
        Err(format!(
            "if any flags in the group [{group}] are set none of the others can be; [{set}] were all set"
        ))
    }

    fn set(&mut self, flag: &Flag, value: &str) -> Result<(), String> {
        let invalid = |why: String| {
            let named = flag
                .short
                .map_or_else(|| format!("--{}", flag.name), |short| format!("-{short}, --{}", flag.name));
            format!("invalid argument {} for {} flag: {why}", quote(value), quote(&named))
        };
        let syntax = || invalid(format!("strconv.ParseBool: parsing {}: invalid syntax", quote(value)));
        let mut values = vec![value.to_owned()];
        match flag.kind {
            Kind::Bool => drop(parse_bool(value).ok_or_else(syntax)?),
            Kind::Duration => drop(duration::parse(value).map_err(invalid)?),
            Kind::Int => drop(int::parse(value).map_err(invalid)?),
            Kind::List => values = csv::record(value).map_err(invalid)?,
            Kind::Array | Kind::Text => {}
        }
        let held = self.values.entry(flag.name).or_default();
        if !matches!(flag.kind, Kind::Array | Kind::List) {
            held.clear();
        }
        held.append(&mut values);
        self.given.insert(flag.name);
        Ok(())
    }
}

/// Reads a command's arguments. Notices go to the console in the order of use.
///
/// # Errors
/// pflag's text.
pub(crate) fn parse(
    flags: &[Flag],
    arguments: &[String],
    console: &mut Console<'_>,
) -> Result<Typed, String> {
    let mut typed = Typed {
        defaults: flags.iter().map(|flag| (flag.name, (flag.default, flag.kind))).collect(),
        ..Typed::default()
    };
    let mut notices = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let Some(body) = argument.strip_prefix('-').filter(|body| !body.is_empty()) else {
            typed.words.push(argument.clone());
            continue;
        };
        if body == "-" {
            typed.words.extend(rest.by_ref().cloned());
            break;
        }
        let (flag, inline) = if let Some(long) = body.strip_prefix('-') {
            if long.starts_with(['-', '=']) {
                return Err(format!("bad flag syntax: {argument}"));
            }
            let (name, inline) =
                long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            if let Some(flag) = flags.iter().find(|flag| flag.name == full_name(name)) {
                (flag, inline)
            } else if name == "help" {
                typed.help = inline.map_or(Ok(true), helps)?;
                continue;
            } else {
                return Err(format!("unknown flag: --{name}"));
            }
        } else {
            let letter = body.chars().next().unwrap_or_default();
            let inline = body.strip_prefix(letter).filter(|value| !value.is_empty());
            if let Some(flag) = flags.iter().find(|flag| flag.short == Some(letter)) {
                (flag, inline.map(|value| value.strip_prefix('=').unwrap_or(value)))
            } else if letter == 'h' {
                typed.help = true;
                continue;
            } else {
                return Err(format!("unknown shorthand flag: '{letter}' in {argument}"));
            }
        };
        let value = match (inline, flag.kind) {
            (Some(value), _) => value,
            (None, Kind::Bool) => "true",
            (None, _) => rest.next().ok_or_else(|| missing(argument))?,
        };
        typed.set(flag, value)?;
        if let Some(notice) = flag.deprecated {
            notices.push(format!("Flag --{} has been deprecated, {notice}", flag.name));
        }
    }
    // Only a line that can be read is told what is on its way out.
    notices.iter().for_each(|notice| console.say(notice));
    Ok(typed)
}

/// Takes `COSIGN_<FLAG>` for every flag that was not given. Says no notices, as there. As there too, a value that does not
/// fit is nothing: off, 0, or the default.
///
/// # Errors
/// pflag's text for a value that does not fit, where off would drop a check.
pub(crate) fn bind_variables(flags: &[Flag], typed: &mut Typed, console: &Console<'_>) -> Result<(), String> {
    for flag in flags.iter().filter(|flag| !typed.given(flag.name)).collect::<Vec<_>>() {
        let variable = format!("COSIGN_{}", flag.name.to_uppercase().replace('-', "_"));
        if let Some(value) = console.variable(&variable) {
            match (typed.set(flag, value), flag.kind) {
                (Ok(()), _) | (Err(_), Kind::Array | Kind::List | Kind::Text) => {}
                (Err(why), Kind::Bool) if flag.default == "true" => return Err(why),
                (Err(_), Kind::Bool) => typed.replace(flag.name, "false"),
                (Err(_), Kind::Duration) => typed.replace(flag.name, "0s"),
                (Err(_), Kind::Int) => typed.replace(flag.name, "0"),
            }
        }
    }
    Ok(())
}

/// Brings the one-dash spellings of cosign's early days into today's form, and says so.
pub(crate) fn modernise(arguments: &[String], console: &mut Console<'_>) -> Vec<String> {
    const GONE: &str = "deprecated and will be removed in a future release. Please use the";
    let mut modern = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let Some(body) = argument.strip_prefix('-').filter(|body| body.len() > 1) else {
            modern.push(argument.clone());
            continue;
        };
        match body.strip_prefix('-') {
            Some(long) if long.len() > 1 => modern.push(argument.clone()),
            Some(letter) => {
                console.say(format!("WARNING: the flag --{letter} is {GONE} flag -{letter}."));
                modern.push(format!("-{letter}"));
            }
            None if body == "version" => {
                console.say(format!("WARNING: the -version flag is {GONE} version subcommand instead."));
                modern.push("version".into());
            }
            None => {
                console.say(format!("WARNING: the -{body} flag is {GONE} --{body} flag instead."));
                modern.push(format!("--{body}"));
            }
        }
    }
    modern
}

/// Go's `strconv.ParseBool`.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

fn helps(value: &str) -> Result<bool, String> {
    parse_bool(value).ok_or_else(|| {
        let value = quote(value);
        format!("invalid argument {value} for \"-h, --help\" flag: strconv.ParseBool: parsing {value}: invalid syntax")
    })
}

fn missing(argument: &str) -> String {
    let letter = argument.strip_prefix('-').filter(|body| !body.starts_with('-'));
    letter.map_or_else(
        || format!("flag needs an argument: {argument}"),
        |letter| format!("flag needs an argument: '{letter}' in {argument}"),
    )
}

fn full_name(name: &str) -> &str {
    match name {
        "cert" => "certificate",
        "cert-chain" => "certificate-chain",
        "cert-email" => "certificate-email",
        "cert-identity" => "certificate-identity",
        "cert-oidc-issuer" => "certificate-oidc-issuer",
        "output-cert" => "output-certificate",
        name => name,
    }
}

#[cfg(test)]
mod tests;
