//! The lines of a Dockerfile, as cosign counts them and as Docker does.

use super::{DockerfileError, directives, heredoc};

/// Each line by itself, trimmed; nothing if one is longer than Go's scanner takes.
pub(super) fn each(bytes: &[u8]) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        if line.len() >= SCANNED {
            return None;
        }
        lines.push(String::from_utf8_lossy(line).trim().to_owned());
    }
    Some(lines)
}

/// Instructions, with continued lines joined and comments and heredocs left out.
///
/// # Errors
/// Whatever two builders may read differently.
pub(super) fn joined(bytes: &[u8]) -> Result<Vec<String>, DockerfileError> {
    let text = std::str::from_utf8(bytes).map_err(|_error| DockerfileError::Encoding)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let physical: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    // THREAT: builders part lines and words differently at these.
    // See letters_that_only_some_builders_part_words_at_are_refused.
    let odd = |letter: char| letter != '\t' && letter.is_control();
    if let Some(line) = physical.iter().find(|line| line.contains(odd)) {
        return Err(DockerfileError::Unsure { what: "a control character", line: (*line).to_owned() });
    }
    let escape = directives::escape(&physical)?;
    let (mut lines, mut open) = (Vec::new(), None::<String>);
    let mut rest = physical.into_iter();
    while let Some(line) = rest.next() {
        let bare = line.trim();
        if bare.starts_with('#') || bare.is_empty() {
            continue;
        }
        let mut whole = open.take().unwrap_or_default();
        // THREAT: an escape character that is none would hide the instruction of the next line. Builders differ on a
        // doubled one. See a_line_is_continued_only_where_docker_continues_it.
        if let Some(start) = line.trim_end_matches([' ', '\t']).strip_suffix(escape) {
            if start.ends_with(escape) {
                let what = "a doubled escape character at the end";
                return Err(DockerfileError::Unsure { what, line: line.to_owned() });
            }
            whole.push_str(start);
            open = Some(whole);
            continue;
        }
        whole.push_str(line);
        let whole = whole.trim().to_owned();
        for heredoc in heredoc::of(&whole)? {
            let mut last = "";
            loop {
                match rest.next() {
                    None => return Err(DockerfileError::OpenHeredoc { name: heredoc.name, line: whole }),
                    Some(line) if heredoc.ends(line) => break,
                    Some(line) if line.trim().is_empty() || line.trim().starts_with('#') => {}
                    Some(line) => last = line,
                }
            }
            // A builder without heredocs would not stop at this end, but go on with the text's instructions.
            if last.trim_end().ends_with(escape) {
                return Err(DockerfileError::Unsure { what: "the end of the heredoc", line: whole });
            }
        }
        lines.push(whole);
    }
    lines.extend(open.map(|line| line.trim().to_owned()));
    Ok(lines)
}

/// The words of a line; blanks in quotes or behind a backslash part none.
pub(super) fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut escaped) = (Vec::new(), String::new(), None, false);
    for letter in text.chars() {
        let inside = escaped || quote.is_some();
        if letter.is_whitespace() && !inside {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        match letter {
            '\\' if !escaped => escaped = true,
            '"' | '\'' if !escaped && quote.is_none_or(|open| open == letter) => {
                quote = if quote.is_some() { None } else { Some(letter) };
                escaped = false;
            }
            _ => escaped = false,
        }
        word.push(letter);
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

const SCANNED: usize = 64 << 10;
