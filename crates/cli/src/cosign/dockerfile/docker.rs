//! A Dockerfile as it is built.
//!
//! Wherever BuildKit's own versions read differently, or fail, the Dockerfile is refused.

use std::{cell::Cell, collections::BTreeMap};

use super::{
    DockerfileError, Found,
    expand::{Manner, expand},
    lines,
};

mod flags;

/// What is said on the way, and the images.
///
/// # Errors
/// Whatever cannot be read with certainty.
pub(super) fn read(
    bytes: &[u8],
    outer: &dyn Fn(&str) -> Option<String>,
) -> (Vec<String>, Result<Found, DockerfileError>) {
    let mut build = Build::new(outer);
    let read = lines::joined(bytes).and_then(|lines| lines.iter().try_for_each(|line| build.line(line)));
    let base = build.stages.last().and_then(|stage| stage.base.clone());
    let found = match (read, build.unknown) {
        (Err(error), _) => Err(error),
        // Where there is no image nothing is hidden by it either.
        (Ok(()), Some(line)) if !build.images.is_empty() => Err(unsure("an unknown instruction", &line)),
        (Ok(()), _) => Ok(Found { images: build.images, base }),
    };
    (build.notes, found)
}

/// Whether the word is an instruction's, in whatever case.
pub(super) fn is_instruction(word: &str) -> bool {
    INSTRUCTIONS.iter().any(|name| word.eq_ignore_ascii_case(name))
}

const INSTRUCTIONS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

struct Stage {
    /// In lower case.
    name: Option<String>,
    /// The image below, through all stages that it names; nothing for `scratch`.
    base: Option<String>,
}

struct Build<'o> {
    /// The environment, for an `ARG` without a value.
    outer: &'o dyn Fn(&str) -> Option<String>,
    /// `ARG`s before the first `FROM`; nothing where the value cannot be read with certainty.
    global: BTreeMap<String, Option<String>>,
    /// Whether such an `ARG` may have set any name.
    clouded: bool,
    /// Everything that was set so far, as cosign takes it.
    values: BTreeMap<String, String>,
    stages: Vec<Stage>,
    images: Vec<String>,
    notes: Vec<String>,
    unknown: Option<String>,
}

impl<'o> Build<'o> {
    fn new(outer: &'o dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            outer,
            global: BTreeMap::new(),
            clouded: false,
            values: BTreeMap::new(),
            stages: Vec::new(),
            images: Vec::new(),
            notes: Vec::new(),
            unknown: None,
        }
    }

    fn line(&mut self, line: &str) -> Result<(), DockerfileError> {
        let (word, body) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match word.to_ascii_uppercase().as_str() {
            "FROM" => self.from(body.trim(), line),
            "COPY" => self.copy(body.trim(), line),
            "RUN" => self.mounts(body.trim(), line),
            "ADD" => flags::of(body, line).map(drop),
            "ONBUILD" => {
                let inner = body.trim();
                // What a build on top of this one does counts as done here.
                match inner.split_whitespace().next() {
                    Some(word) if ["FROM", "ONBUILD"].iter().any(|name| word.eq_ignore_ascii_case(name)) => {
                        Err(unsure("ONBUILD", line))
                    }
                    _ => self.line(inner),
                }
            }
            name @ ("ENV" | "ARG") => {
                self.assign(body.trim(), name == "ENV", line);
                Ok(())
            }
            word if is_instruction(word) => Ok(()),
            _ => {
                self.unknown.get_or_insert_with(|| line.to_owned());
                Ok(())
            }
        }
    }

    fn from(&mut self, body: &str, line: &str) -> Result<(), DockerfileError> {
        let (_, rest) = flags::of(body, line)?;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let (image, name) = match *words.as_slice() {
            [] => return Err(DockerfileError::NoImage { line: line.into() }),
            [image] => (image, None),
            [_, by] if by.eq_ignore_ascii_case("AS") => {
                return Err(DockerfileError::StageName { line: line.into() });
            }
            [image, by, name] if by.eq_ignore_ascii_case("AS") => (image, Some(name.to_ascii_lowercase())),
            _ => return Err(DockerfileError::SeveralImages { line: line.into() }),
        };
        if let Some(name) = name.as_ref().filter(|name| !is_stage_name(name)) {
            return Err(DockerfileError::BadStageName { name: name.clone(), line: line.into() });
        }
        if image.contains(flags::QUOTES) {
            return Err(unsure("a quoted image", line));
        }
        let image = self.image(image, line)?;
        let base = if image == "scratch" {
            self.notes.push("- scratch image ignored".into());
            None
        } else if let Some(stage) = self.stage(&image) {
            let base = stage.base.clone();
            self.notes.push(format!("- stage reference ignored: {image}"));
            base
        } else {
            self.images.push(image.clone());
            Some(image)
        };
        self.stages.push(Stage { name, base });
        Ok(())
    }

    // THREAT: a stage that sets the same name again would hide the image that is built on.
    // See from_takes_only_the_args_before_the_first_from.
    fn image(&self, text: &str, line: &str) -> Result<String, DockerfileError> {
        let (odd, missing, staged) = (Cell::new(false), Cell::new(false), Cell::new(true));
        let value = |name: &str, alone: bool| {
            let known = self.global.get(name).cloned();
            if self.clouded || is_predefined(name) || known == Some(None) {
                odd.set(true);
            }
            let known = known.flatten();
            if known.is_none() && alone {
                missing.set(true);
                staged.set(staged.get() && self.values.contains_key(name));
            }
            known
        };
        let mut image = self.expanded(text, line, &value)?;
        if odd.get() {
            return Err(unsure("a variable", line));
        }
        if missing.get() {
            // What cosign reads is no image that a build uses, but no build begins without a name, a tag or a digest.
            if !staged.get() || !(image.is_empty() || image.ends_with([':', '@'])) {
                return Err(DockerfileError::NoImage { line: line.into() });
            }
            image = self.expanded(text, line, &|name, _| {
                self.global.get(name).cloned().flatten().or_else(|| self.values.get(name).cloned())
            })?;
        }
        match image.split_whitespace().count() {
            0 => Err(DockerfileError::NoImage { line: line.into() }),
            1 if image.trim() == image => Ok(image),
            _ => Err(DockerfileError::SeveralImages { line: line.into() }),
        }
    }

    fn copy(&mut self, body: &str, line: &str) -> Result<(), DockerfileError> {
        let (flags, rest) = flags::of(body, line)?;
        // Behind the first other word it is the name of a file; cosign takes it for an image all the same.
        let sources = flags.into_iter().chain(rest.split_whitespace());
        for word in sources.filter(|word| word.to_ascii_lowercase().starts_with("--from=")) {
            // No build takes a variable here; cosign does.
            let word = self.expanded(word, line, &|name, _| {
                self.values.get(name).cloned().or_else(|| (self.outer)(name))
            })?;
            let name = word.split_once('=').map_or("", |(_, name)| name);
            let number = name.parse::<usize>().is_ok_and(|number| number < self.stages.len());
            if !name.is_empty() && !number && self.stage(name).is_none() {
                self.images.push(name.to_owned());
            }
        }
        Ok(())
    }

    // `RUN --mount=type=bind,from=IMAGE,...` reads an image as COPY does, but knows no numbers of stages.
    fn mounts(&mut self, body: &str, line: &str) -> Result<(), DockerfileError> {
        let (flags, _) = flags::of(body, line)?;
        for flag in flags {
            let Some(mount) = flag.strip_prefix("--mount=") else { continue };
            for field in mount.split(',') {
                if field.is_empty() {
                    return Err(unsure("`--mount`", line));
                }
                let (key, name) = field.split_once('=').unwrap_or((field, ""));
                if !key.eq_ignore_ascii_case("from") {
                    continue;
                }
                if name.is_empty() || name.contains('$') {
                    return Err(unsure("`from`", line));
                }
                if self.stage(name).is_none() {
                    self.images.push(name.to_owned());
                }
            }
        }
        Ok(())
    }

    fn assign(&mut self, body: &str, env: bool, line: &str) {
        if let Some((key, value)) = body.split_once(char::is_whitespace).filter(|_| env) {
            // The old form without `=`: everything after the name is the value.
            if !key.contains('=') {
                self.set(key, value.trim(), line);
                return;
            }
        }
        let global = !env && self.stages.is_empty();
        if global && (body.contains(['\\', '`']) || !body.is_ascii()) {
            self.clouded = true;
        }
        for word in lines::words(body) {
            let (key, value) = match word.split_once('=') {
                Some((key, value)) => (key, Some(value)),
                None => (word.as_str(), None),
            };
            if global {
                self.declare(key, value, line);
            }
            if let Some(value) = value {
                self.set(key, value, line);
            }
        }
    }

    fn declare(&mut self, key: &str, value: Option<&str>, line: &str) {
        if !key.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter)) {
            self.clouded = true;
        }
        let Some(value) = value else {
            if let (false, Some(value)) = (self.global.contains_key(key), (self.outer)(key)) {
                self.global.insert(key.to_owned(), Some(value));
            }
            return;
        };
        let bare = unquoted(value);
        let single = value.starts_with('\'') && bare.contains('$');
        let odd = Cell::new(bare.contains(flags::QUOTES) || single);
        let of = |name: &str, alone: bool| {
            let known = self.global.get(name).cloned();
            if known == Some(None) || is_predefined(name) || (alone && known.is_none()) {
                odd.set(true);
            }
            known.flatten()
        };
        let value = self.expanded(&bare, line, &of).ok().filter(|_| !odd.get());
        self.global.insert(key.to_owned(), value);
    }

    fn set(&mut self, key: &str, value: &str, line: &str) {
        let of = |name: &str, _: bool| self.values.get(name).cloned().or_else(|| (self.outer)(name));
        match self.expanded(value, line, &of) {
            Ok(value) => self.values.insert(key.to_owned(), unquoted(&value)),
            Err(_unread) => self.values.remove(key),
        };
    }

    fn expanded(
        &self,
        text: &str,
        line: &str,
        value: &dyn Fn(&str, bool) -> Option<String>,
    ) -> Result<String, DockerfileError> {
        expand(text, Manner::Docker, value)
            .map_err(|form| DockerfileError::Unknown { form, line: line.to_owned() })
    }

    // Of several stages of one name the last counts.
    fn stage(&self, name: &str) -> Option<&Stage> {
        let name = name.to_ascii_lowercase();
        self.stages.iter().rev().find(|stage| stage.name.as_ref() == Some(&name))
    }
}

fn unsure(what: &'static str, line: &str) -> DockerfileError {
    DockerfileError::Unsure { what, line: line.to_owned() }
}

fn is_stage_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-_.".contains(letter))
}

// What a builder sets by itself, for its own machine or the one asked for.
fn is_predefined(name: &str) -> bool {
    ["BUILD", "TARGET"]
        .iter()
        .filter_map(|of| name.strip_prefix(of))
        .any(|what| ["PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT", "STAGE"].contains(&what))
}

fn unquoted(text: &str) -> String {
    let inner = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text).to_owned()
}
