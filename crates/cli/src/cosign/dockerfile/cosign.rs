//! A Dockerfile line by line, as cosign reads it.

use std::collections::BTreeMap;

use super::{
    DockerfileError, Found,
    expand::{Manner, expand},
    lines,
};

/// What is said on the way, and the images.
///
/// # Errors
/// A line that is too long, or a `FROM` without an image.
pub(super) fn read(
    bytes: &[u8],
    outer: &dyn Fn(&str) -> Option<String>,
) -> (Vec<String>, Result<Found, DockerfileError>) {
    let mut finder =
        Finder { outer, values: BTreeMap::new(), stages: Vec::new(), images: Vec::new(), notes: Vec::new() };
    let read = lines::each(bytes)
        .ok_or(DockerfileError::LineTooLong)
        .and_then(|lines| lines.iter().try_for_each(|line| finder.line(line)));
    (finder.notes, read.map(|()| Found { images: finder.images, base: None }))
}

struct Finder<'o> {
    /// The environment, where the Dockerfile says nothing.
    outer: &'o dyn Fn(&str) -> Option<String>,
    values: BTreeMap<String, String>,
    stages: Vec<String>,
    images: Vec<String>,
    notes: Vec<String>,
}

impl Finder<'_> {
    fn line(&mut self, line: &str) -> Result<(), DockerfileError> {
        let upper = line.to_uppercase();
        // Every line is taken for an instruction that begins with its letters.
        if upper.starts_with("FROM") {
            let (image, stage) = self.from(line)?;
            // A stage may have the name of the image that it begins with; the image is then passed over.
            self.stages.extend(stage);
            if image == "scratch" {
                self.notes.push("- scratch image ignored".into());
            } else if self.stages.contains(&image) {
                self.notes.push(format!("- stage reference ignored: {image}"));
            } else {
                self.images.push(image);
            }
        } else if upper.starts_with("COPY") {
            self.copy(line)?;
        } else if upper.starts_with("ENV") || upper.starts_with("ARG") {
            let body = line.strip_prefix("ENV").unwrap_or(line);
            let body = self.expanded(body.strip_prefix("ARG").unwrap_or(body), line)?;
            for word in body.split_whitespace() {
                let mut parts = word.split('=');
                if let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                    self.values.insert(key.to_owned(), value.to_owned());
                }
            }
        }
        Ok(())
    }

    // The image, and the name of the stage that it begins. In lower case the instruction itself stays, and is
    // passed over since only the last word counts.
    fn from(&self, line: &str) -> Result<(String, Option<String>), DockerfileError> {
        let body = self.expanded(line.strip_prefix("FROM").unwrap_or(line), line)?;
        let mut words: Vec<&str> = body.split_whitespace().collect();
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
        let image = words.last().map(|image| (*image).to_owned());
        let image = image.ok_or_else(|| DockerfileError::NoImage { line: line.into() })?;
        Ok((image, stage))
    }

    fn copy(&mut self, line: &str) -> Result<(), DockerfileError> {
        let body = self.expanded(line.strip_prefix("COPY").unwrap_or(line), line)?;
        let found = body
            .split_whitespace()
            .filter(|word| word.contains("--from="))
            .filter_map(|word| word.split('=').nth(1).map(str::to_owned))
            .find(|name| !self.stages.contains(name));
        self.images.extend(found.filter(|name| !name.is_empty()));
        Ok(())
    }

    fn expanded(&self, text: &str, line: &str) -> Result<String, DockerfileError> {
        let value = |name: &str, _: bool| self.values.get(name).cloned().or_else(|| (self.outer)(name));
        expand(text, Manner::Cosign, &value)
            .map_err(|form| DockerfileError::Unknown { form, line: line.to_owned() })
    }
}
