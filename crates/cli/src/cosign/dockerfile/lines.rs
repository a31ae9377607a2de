//! The lines of a Dockerfile, as cosign counts them and as Docker does.

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

/// Instructions, with continued lines joined and comments left out.
pub(super) fn joined(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let escape = escape(text);
    let (mut lines, mut open) = (Vec::new(), None::<String>);
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with('#') || bare.is_empty() {
            continue;
        }
        let mut whole = open.take().unwrap_or_default();
        // THREAT: an escape character that is none, or an escaped one, would hide the instruction of the next line.
        // See a_line_is_continued_only_where_docker_continues_it.
        let end = line.trim_end_matches([' ', '\t', '\r']);
        match end.strip_suffix(escape).filter(|start| !start.ends_with(escape)) {
            Some(start) => {
                whole.push_str(start);
                open = Some(whole);
            }
            None => {
                whole.push_str(line);
                lines.push(whole.trim().to_owned());
            }
        }
    }
    lines.extend(open.map(|line| line.trim().to_owned()));
    lines
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

// The directive `# escape=` counts only above everything else.
fn escape(text: &str) -> char {
    for line in text.lines() {
        let directive = line.trim().strip_prefix('#').and_then(|comment| comment.split_once('='));
        let Some((name, value)) = directive else { break };
        let name = name.trim();
        if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            break;
        }
        if name.eq_ignore_ascii_case("escape") {
            return if value.trim() == "`" { '`' } else { '\\' };
        }
    }
    '\\'
}

const SCANNED: usize = 64 << 10;
