//! How text stands in a terminal: broken at its width, and a few words in colour.

/// Colours the words that say how something ended, where they begin a line. Everything is understood without them.
pub(crate) fn coloured(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        let start = line.find(|letter: char| !is_frame(letter)).unwrap_or(line.len());
        let (frame, rest) = line.split_at(start);
        out.push_str(frame);
        match WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
            Some((word, colour)) => {
                out.push_str(&format!("\u{1b}[{colour}m{word}\u{1b}[0m"));
                out.push_str(rest.strip_prefix(word).unwrap_or_default());
            }
            None => out.push_str(rest),
        }
    }
    out
}

/// Breaks the lines that are longer than `columns`, between words. What follows is indented as far as the line was, or, where
/// two spaces set a label apart, as far as the text behind it. Lines that begin with a flag or a command are left whole:
/// somebody will paste them.
pub(crate) fn wrapped(text: &str, columns: usize) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let is_pasted = ["--", "sealgate "].iter().any(|start| line.trim_start().starts_with(start));
            if is_pasted || line.chars().count() <= columns {
                return line.to_owned();
            }
            let (start, rest) = line.split_at(hang(line));
            let width = start.chars().count();
            let parts = folded(rest, columns.saturating_sub(width));
            let indent = " ".repeat(width);
            let line = |(number, part): (usize, &String)| match number {
                0 => format!("{start}{part}"),
                _ => format!("{indent}{part}"),
            };
            parts.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
        })
        .collect();
    lines.join("\n")
}

// Where the text of a line begins: behind its indent, and behind a label that two spaces set apart.
fn hang(line: &str) -> usize {
    let indent = line.find(|letter| letter != ' ').unwrap_or_default();
    let label = line.get(indent..).and_then(|rest| rest.find("  ")).filter(|length| *length < LABEL);
    let Some(label) = label else { return indent };
    let gap = line.get(indent + label..).and_then(|rest| rest.find(|letter| letter != ' '));
    let start = indent + label + gap.unwrap_or_default();
    // A label may have a second one behind it.
    match line.get(start..).and_then(|rest| rest.find("  ")).filter(|length| *length < LABEL) {
        Some(second) => {
            let gap = line.get(start + second..).and_then(|rest| rest.find(|letter| letter != ' '));
            start + second + gap.unwrap_or_default()
        }
        None => start,
    }
}

/// One line as several, none longer than `width`: broken between words, and inside a word only if it is longer than a line.
pub(crate) fn folded(line: &str, width: usize) -> Vec<String> {
    let width = width.max(NARROW);
    let (mut lines, mut current) = (Vec::new(), String::new());
    for word in line.split(' ') {
        let mut word = word.to_owned();
        let taken = |current: &String| current.chars().count() + usize::from(!current.is_empty());
        let mut room = width.saturating_sub(taken(&current));
        if word.chars().count() > width && room >= NARROW && !current.is_empty() {
            // It has to be cut anyway, so it begins where there is room.
            let rest = word.split_off(cut(&word, room));
            lines.push(format!("{} {word}", std::mem::take(&mut current)));
            word = rest;
            room = width;
        }
        if word.chars().count() > room && !current.is_empty() {
            lines.push(std::mem::take(&mut current));
        }
        while word.chars().count() > width {
            let rest = word.split_off(cut(&word, width));
            lines.push(std::mem::replace(&mut word, rest));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(&word);
    }
    lines.push(current);
    lines
}

// Where a word that is too long is cut: behind a separator near the end, else at the width.
fn cut(word: &str, width: usize) -> usize {
    let fits: Vec<(usize, char)> = word.char_indices().take(width).collect();
    let end = word.char_indices().nth(width).map_or(word.len(), |(at, _)| at);
    let near = fits.iter().rev().take(width / 3).find(|(_, letter)| matches!(letter, '/' | '@' | ',' | '&'));
    near.map_or(end, |(at, letter)| at + letter.len_utf8())
}

// What stands before a line's first word.
fn is_frame(letter: char) -> bool {
    matches!(letter, ' ' | '├' | '└' | '─' | '│')
}

/// The longest label.
const LABEL: usize = 12;
/// Below this nobody can read anything.
const NARROW: usize = 20;

const GREEN: &str = "32";
const RED: &str = "31";
const YELLOW: &str = "33";
const CYAN: &str = "36";

/// The longer of two words that begin alike comes first.
const WORDS: [(&str, &str); 11] = [
    ("allowed:", GREEN),
    ("error:", RED),
    ("denied", RED),
    ("Error:", RED),
    ("genuine", GREEN),
    ("NOT GENUINE", RED),
    ("NOT CHECKED", YELLOW),
    ("NOT READ", YELLOW),
    ("warning:", YELLOW),
    ("hint:", CYAN),
    ("note:", CYAN),
];

#[cfg(test)]
mod tests {
    use super::{coloured, folded, wrapped};

    #[test]
    fn only_the_word_that_begins_a_line_is_coloured() {
        assert_eq!(coloured("├─ genuine error: x\nno\n"), "├─ \u{1b}[32mgenuine\u{1b}[0m error: x\nno\n");
    }

    #[test]
    fn no_line_is_longer_than_the_terminal_is_wide() {
        let text = "one two https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1 three";
        for width in 20..90 {
            let lines = folded(text, width);
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""), "{width}");
        }
        assert_eq!(folded("short", 80), ["short"]);
        assert_eq!(wrapped("  aa bb cc dd ee ff gg hh", 22), "  aa bb cc dd ee ff gg\n  hh");
    }
}
