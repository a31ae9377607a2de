//! Text that somebody will paste into a shell.

/// The text as one word of a POSIX shell.
///
/// Line ends and other control characters are left out: what is pasted must be one line, and shown as it is.
pub(crate) fn word(text: &str) -> String {
    let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@%+,=".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::word;

    // THREAT: a certificate whose subject is a command, in a line that somebody pastes.
    #[test]
    fn what_is_pasted_is_one_word_whatever_a_certificate_says() {
        assert_eq!(word("https://github.com/a/b@refs/tags/v1"), "https://github.com/a/b@refs/tags/v1");
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(word(""), "''");
        for hostile in ["x; rm -rf .", "$(id)", "`id`", "x'y; id #", "a\nid\n", "!!", "x\u{1b}[2Jy"] {
            let shown = word(hostile);
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {shown}")])
                .output()
                .unwrap();
            let expected: String = hostile.chars().filter(|letter| !letter.is_control()).collect();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        }
    }
}
