//! `dockerfile verify`: `verify` for every image that a Dockerfile builds on.

mod expand;
mod lines;

use std::collections::BTreeMap;

use super::{failure::Failure, image, manifest, meaning};
use crate::{
    Console, files,
    go::{flags::Typed, quote::quote},
    limits,
};
use expand::{Manner, expand};

/// `dockerfile verify`
pub(crate) fn verify(typed: &Typed, console: &mut Console<'_>) -> Result<(), Failure> {
    image::annotations(typed.list("annotations"))?;
    meaning::check_workers(typed)?;
    let name = typed.words.first().map(String::as_str).unwrap_or_default();
    let bytes =
        files::read(name, limits::FILE).map_err(|error| format!("could not open Dockerfile: {error}"))?;
    let manner = if typed.switch("strict-compat") { Manner::Cosign } else { Manner::Docker };
    let finder = Finder {
        manner,
        outer: &|name| console.variable(name).map(str::to_owned),
        values: BTreeMap::new(),
        stages: Vec::new(),
        count: 0,
        images: Vec::new(),
        notes: Vec::new(),
    };
    let (notes, images) = finder.read(&bytes);
    for note in notes {
        console.say(note);
    }
    let mut images = images.map_err(|error| format!("failed extracting images from Dockerfile: {error}"))?;
    if images.is_empty() {
        return Err("no images found in Dockerfile".into());
    }
    if typed.switch("base-image-only") {
        images = images.pop().into_iter().collect();
    }
    manifest::verify_all(typed, images, console)
}

/// Why images cannot be read from a Dockerfile.
#[derive(Debug, thiserror::Error)]
enum DockerfileError {
    #[error("expected stage name after \"AS\" in line {}", quote(.line))]
    StageName { line: String },
    #[error("no image found in line {} (is a build arg missing from the environment?)", quote(.line))]
    NoImage { line: String },
    #[error("bufio.Scanner: token too long")]
    LineTooLong,
    #[error("line {} names more than one image", quote(.line))]
    SeveralImages { line: String },
    #[error("{form} in line {} is not understood", quote(.line))]
    Unknown { form: String, line: String },
}

struct Finder<'o> {
    manner: Manner,
    /// The environment, where the Dockerfile says nothing.
    outer: &'o dyn Fn(&str) -> Option<String>,
    values: BTreeMap<String, String>,
    stages: Vec<String>,
    /// Stages so far, those without a name too.
    count: usize,
    images: Vec<String>,
    notes: Vec<String>,
}

impl Finder<'_> {
    // What is said on the way, and the images.
    fn read(mut self, bytes: &[u8]) -> (Vec<String>, Result<Vec<String>, DockerfileError>) {
        let lines = match self.manner {
            Manner::Cosign => lines::each(bytes).ok_or(DockerfileError::LineTooLong),
            Manner::Docker => Ok(lines::joined(bytes)),
        };
        let read = lines.and_then(|lines| lines.iter().try_for_each(|line| self.line(line)));
        (self.notes, read.map(|()| self.images))
    }

    fn line(&mut self, line: &str) -> Result<(), DockerfileError> {
        let upper = line.to_uppercase();
        let word = upper.split_whitespace().next().unwrap_or_default();
        // cosign takes every line for an instruction that begins with its letters.
        let is = |name: &str| match self.manner {
            Manner::Cosign => upper.starts_with(name),
            Manner::Docker => word == name,
        };
        if is("FROM") {
            let (image, stage) = self.from(line)?;
            self.count += 1;
            // A stage may have the name of the image that it begins with; cosign then passes over the image.
            let before = self.is_stage(&image);
            self.stages.extend(stage);
            let known = if self.manner == Manner::Cosign { self.is_stage(&image) } else { before };
            if image == "scratch" {
                self.notes.push("- scratch image ignored".into());
            } else if known {
                self.notes.push(format!("- stage reference ignored: {image}"));
            } else {
                self.images.push(image);
            }
        } else if is("COPY") {
            self.copy(line)?;
        } else if is("RUN") && self.manner == Manner::Docker {
            self.mounts(line)?;
        } else if is("ENV") || is("ARG") {
            self.assign(line, is("ENV"))?;
        }
        Ok(())
    }

    // The image, and the name of the stage that it begins.
    fn from(&self, line: &str) -> Result<(String, Option<String>), DockerfileError> {
        let body = self.expanded(self.body(line, "FROM"), line)?;
        let mut words: Vec<&str> = body.split_whitespace().collect();
        if self.manner == Manner::Docker {
            words.retain(|word| !word.starts_with("--"));
        }
        let mut stage = None;
        if let Some(index) = (1..words.len())
            .rev()
            .find(|index| words.get(*index).is_some_and(|word| word.eq_ignore_ascii_case("AS")))
        {
            let name =
                words.get(index + 1).ok_or_else(|| DockerfileError::StageName { line: line.into() })?;
            stage = Some((*name).to_owned());
            words.truncate(index);
        }
        if self.manner == Manner::Docker && words.len() > 1 {
            return Err(DockerfileError::SeveralImages { line: line.into() });
        }
        let image = words.last().map(|image| (*image).to_owned());
        let image = image.ok_or_else(|| DockerfileError::NoImage { line: line.into() })?;
        Ok((image, stage))
    }

    fn copy(&mut self, line: &str) -> Result<(), DockerfileError> {
        let body = self.expanded(self.body(line, "COPY"), line)?;
        let mut sources = body.split_whitespace().filter(|word| match self.manner {
            Manner::Cosign => word.contains("--from="),
            Manner::Docker => word.to_lowercase().starts_with("--from="),
        });
        let named = |word: &str| match self.manner {
            Manner::Cosign => word.split('=').nth(1).map(str::to_owned),
            Manner::Docker => word.split_once('=').map(|(_, name)| unquoted(name)),
        };
        let found =
            sources.by_ref().filter_map(named).find(|name| !self.is_stage(name) && !self.is_number(name));
        self.images.extend(found.filter(|name| !name.is_empty()));
        Ok(())
    }

    // `RUN --mount=type=bind,from=IMAGE,...` reads an image as COPY does.
    fn mounts(&mut self, line: &str) -> Result<(), DockerfileError> {
        let flags: Vec<&str> =
            line.split_whitespace().skip(1).take_while(|word| word.starts_with("--")).collect();
        for flag in flags {
            let Some(mount) = flag.strip_prefix("--mount=") else { continue };
            let mount = self.expanded(mount, line)?;
            for (key, name) in mount.split(',').filter_map(|field| field.split_once('=')) {
                let name = unquoted(name);
                let outside = !name.is_empty() && !self.is_stage(&name) && !self.is_number(&name);
                if unquoted(key).eq_ignore_ascii_case("from") && outside {
                    self.images.push(name.trim_end_matches('"').to_owned());
                }
            }
        }
        Ok(())
    }

    fn assign(&mut self, line: &str, env: bool) -> Result<(), DockerfileError> {
        if self.manner == Manner::Cosign {
            let body = line.strip_prefix("ENV").unwrap_or(line);
            let body = self.expanded(body.strip_prefix("ARG").unwrap_or(body), line)?;
            for word in body.split_whitespace() {
                let mut parts = word.split('=');
                if let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                    self.values.insert(key.to_owned(), value.to_owned());
                }
            }
            return Ok(());
        }
        let body = self.body(line, if env { "ENV" } else { "ARG" }).trim();
        if let Some((key, value)) = body.split_once(char::is_whitespace).filter(|_| env) {
            // The old form without `=`: everything after the name is the value.
            if !key.contains('=') {
                let value = self.expanded(value.trim(), line)?;
                self.values.insert(key.to_owned(), value);
                return Ok(());
            }
        }
        for word in lines::words(body) {
            if let Some((key, value)) = word.split_once('=') {
                let value = unquoted(&self.expanded(value, line)?);
                self.values.insert(key.to_owned(), value);
            }
        }
        Ok(())
    }

    fn body<'l>(&self, line: &'l str, name: &str) -> &'l str {
        match self.manner {
            // In lower case the word itself stays, and is passed over where only the last word counts.
            Manner::Cosign => line.strip_prefix(name).unwrap_or(line),
            Manner::Docker => line.split_once(char::is_whitespace).map_or("", |(_, body)| body),
        }
    }

    fn expanded(&self, text: &str, line: &str) -> Result<String, DockerfileError> {
        let value = |name: &str| self.values.get(name).cloned().or_else(|| (self.outer)(name));
        expand(text, self.manner, &value)
            .map_err(|form| DockerfileError::Unknown { form, line: line.to_owned() })
    }

    fn is_stage(&self, name: &str) -> bool {
        self.stages.iter().any(|stage| match self.manner {
            Manner::Cosign => stage == name,
            Manner::Docker => stage.eq_ignore_ascii_case(name),
        })
    }

    // Stages count from 0; cosign takes the number for an image of that name.
    fn is_number(&self, name: &str) -> bool {
        self.manner == Manner::Docker && name.parse::<usize>().is_ok_and(|number| number < self.count)
    }
}

fn unquoted(text: &str) -> String {
    let inner = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests;
