//! Text of strangers, made fit to be shown.

/// Cuts text to a number of bytes, and shows what a terminal could obey or hide as escapes.
pub(crate) fn shown(text: &str, bytes: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(bytes));
    for character in text.chars() {
        if is_unseen(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
        if shown.len() > bytes {
            // INVARIANT: the mark takes the place of what it stands for, so the limit holds.
            while shown.len() + MARK.len_utf8() > bytes && shown.pop().is_some() {}
            shown.push(MARK);
            break;
        }
    }
    shown
}

/// Cuts text to a number of characters.
pub(crate) fn short(text: &str, characters: usize) -> String {
    if text.chars().nth(characters).is_none() {
        return text.to_owned();
    }
    text.chars().take(characters.saturating_sub(1)).chain([MARK]).collect()
}

// THREAT: a name with a newline, an escape sequence or a change of direction writes its own line into a denial.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

const MARK: char = '…';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_strangers_can_neither_command_nor_hide() {
        assert_eq!(shown("a\nb\x1b[31m\u{202e}c", 100), "a\\nb\\u{1b}[31m\\u{202e}c");
        assert_eq!(shown("größe → 3", 100), "größe → 3");
        // Letter marks, soft hyphens, annotations, variations, and a whole alphabet of tags that nobody sees.
        for unseen in
            ["\u{61c}", "\u{ad}", "\u{180e}", "\u{fffa}", "\u{fe0f}", "\u{e0041}", "\u{85}", "\u{2066}"]
        {
            let escaped = shown(&format!("a{unseen}b"), 100);
            assert!(escaped.is_ascii() && escaped.starts_with("a\\u{"), "{escaped}");
        }
    }

    #[test]
    fn a_cut_text_keeps_its_limit_and_shows_that_it_is_cut() {
        assert_eq!(shown("abcdef", 6), "abcdef");
        assert_eq!(shown("abcdefg", 6), "abc…");
        assert_eq!(shown("äöüäöü", 7), "äö…");
        assert!(shown(&"\n".repeat(100), 7).len() <= 7);
        assert_eq!(short("abcdef", 6), "abcdef");
        assert_eq!(short("äöüäöüä", 6), "äöüäö…");
    }
}
