//! The directives above a Dockerfile's first line.

use std::collections::BTreeSet;

use super::DockerfileError;

/// The escape character.
///
/// # Errors
/// A `syntax` that is not Docker's own, and a directive that a build refuses.
pub(super) fn escape(lines: &[&str]) -> Result<char, DockerfileError> {
    let unsure = |what, line: &str| DockerfileError::Unsure { what, line: line.to_owned() };
    let (mut escape, mut seen) = ('\\', BTreeSet::new());
    // Only the search for `syntax` passes over a first line for the shell.
    let shebang = lines.first().is_some_and(|line| line.starts_with("#!"));
    for line in lines.iter().skip(usize::from(shebang)) {
        let Some((name, value)) = directive(line) else { break };
        let known = ["syntax", "check", "escape"].contains(&name.as_str());
        if known && (value.is_empty() || !line.is_ascii()) {
            return Err(unsure("a directive", line));
        }
        match name.as_str() {
            "syntax" if !is_dockers(value) => return Err(DockerfileError::Syntax(value.to_owned())),
            "syntax" | "check" => {}
            "escape" if shebang => return Err(unsure("a directive", line)),
            "escape" => {
                escape = match value {
                    "`" => '`',
                    "\\" => '\\',
                    _ => return Err(unsure("a directive", line)),
                }
            }
            _ => break,
        }
        if !seen.insert(name) {
            return Err(unsure("a directive given twice", line));
        }
    }
    Ok(escape)
}

fn directive(line: &str) -> Option<(String, &str)> {
    let comment = line.trim_start();
    // BuildKit also finds `syntax` behind `//`.
    let (name, value) = comment.strip_prefix('#').or_else(|| comment.strip_prefix("//"))?.split_once('=')?;
    let name = name.trim();
    let named = name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric());
    // With nothing behind `=` it is a comment; with blanks it is a directive.
    (named && !value.is_empty()).then(|| (name.to_ascii_lowercase(), value.trim()))
}

// `docker/dockerfile` and its `-upstream`, with a tag or a digest or without.
fn is_dockers(value: &str) -> bool {
    let name = value.strip_prefix("docker.io/").unwrap_or(value);
    let Some(rest) = name.strip_prefix("docker/dockerfile") else { return false };
    let rest = rest.strip_prefix("-upstream").unwrap_or(rest);
    (rest.is_empty() || rest.starts_with([':', '@']))
        && rest.chars().all(|letter| letter.is_ascii_alphanumeric() || ":@._-".contains(letter))
}
