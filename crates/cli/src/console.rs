//! What a process has: environment, standard streams. A library user brings his own.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, Read, Write},
};

use crate::paint;

/// Environment and streams of one run. Answers go to the output, everything said to people to the talk stream.
pub struct Console<'a> {
    environment: BTreeMap<String, String>,
    input: Box<dyn Read + 'a>,
    output: Box<dyn Write + 'a>,
    talk: Box<dyn Write + 'a>,
    /// How wide the terminal is that the answer goes to, if it is one.
    answer_columns: Option<usize>,
    /// The same for the talk stream.
    talk_columns: Option<usize>,
    /// Whether a line of progress stands there, to be erased before anything else is written.
    in_progress: bool,
    broken: Option<io::Error>,
}

impl<'a> Console<'a> {
    /// Puts a console together.
    pub fn new(
        environment: BTreeMap<String, String>,
        input: impl Read + 'a,
        output: impl Write + 'a,
        talk: impl Write + 'a,
    ) -> Self {
        Self {
            environment,
            input: Box::new(input),
            output: Box::new(output),
            talk: Box::new(talk),
            answer_columns: None,
            talk_columns: None,
            in_progress: false,
            broken: None,
        }
    }

    /// Says which of the two streams are terminals, and how many columns those have. Without this, none is.
    #[must_use]
    pub fn on_terminals(self, answer: Option<usize>, talk: Option<usize>) -> Self {
        Self { answer_columns: answer, talk_columns: talk, ..self }
    }

    /// An environment variable, if it is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Every variable, in the order of their names.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// An environment variable, if it is set, be it to nothing.
    pub(crate) fn set_variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }

    /// Standard input.
    pub(crate) fn input(&mut self) -> &mut dyn Read {
        &mut *self.input
    }

    /// Writes to the answer.
    pub(crate) fn answer(&mut self, bytes: impl AsRef<[u8]>) {
        self.end_progress();
        let written = self.output.write_all(bytes.as_ref()).and_then(|()| self.output.flush());
        self.note(written);
    }

    /// Says a line to the person in front.
    pub(crate) fn say(&mut self, line: impl AsRef<str>) {
        self.end_progress();
        let mut line = harmless(line.as_ref()).into_owned();
        line.push('\n');
        let written = self.talk.write_all(line.as_bytes());
        self.note(written);
    }

    /// Says something that only a person needs: nothing where no person watches, so that scripts read what they always read.
    pub(crate) fn hint(&mut self, text: impl AsRef<str>) {
        let Some(columns) = self.talk_columns else { return };
        self.end_progress();
        let text = harmless(text.as_ref());
        let text = paint::wrapped(&text, columns);
        let text = if self.is_coloured(true) { paint::coloured(&text) } else { text };
        let written = self.talk.write_all(text.as_bytes()).and_then(|()| self.talk.write_all(b"\n"));
        self.note(written);
    }

    /// Whether a person watches what is said.
    pub(crate) fn is_watched(&self) -> bool {
        self.talk_columns.is_some()
    }

    /// Whether a person watches a terminal that can erase what it shows.
    pub(crate) fn has_progress(&self) -> bool {
        self.is_watched() && self.variable("TERM").is_some_and(|term| term != "dumb")
    }

    /// Shows how far work is, in place of what was shown before, on one line of the terminal.
    pub(crate) fn progress(&mut self, text: &str) {
        let Some(columns) = self.talk_columns.filter(|_| self.has_progress()) else { return };
        let text: String = harmless(text).chars().take(columns.saturating_sub(1)).collect();
        self.in_progress = true;
        let written = write!(self.talk, "\r{text}{CLEAR_REST}").and_then(|()| self.talk.flush());
        self.note(written);
    }

    /// Erases the progress.
    pub(crate) fn end_progress(&mut self) {
        if std::mem::take(&mut self.in_progress) {
            let written = write!(self.talk, "\r{CLEAR_REST}").and_then(|()| self.talk.flush());
            self.note(written);
        }
    }

    /// Answers a person: harmless, and with a few words in colour where the answer goes to a terminal that has colours.
    pub(crate) fn answer_text(&mut self, text: &str) {
        let text = harmless(text);
        match self.is_coloured(self.answer_columns.is_some()) {
            true => self.answer(paint::coloured(&text)),
            false => self.answer(text.as_bytes()),
        }
    }

    /// How many columns an answer may have; `None` if nobody counts them.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.answer_columns
    }

    // The conventions of no-color.org and of CLICOLOR.
    fn is_coloured(&self, is_terminal: bool) -> bool {
        let set = |name: &str| self.variable(name);
        if set("NO_COLOR").is_some() {
            return false;
        }
        if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            return true;
        }
        is_terminal && set("TERM").is_some_and(|term| term != "dumb") && set("CLICOLOR") != Some("0")
    }

    /// Sends the answer elsewhere from now on.
    pub(crate) fn redirect(&mut self, output: impl Write + 'a) {
        self.output = Box::new(output);
        self.answer_columns = None;
    }

    /// The exit code that remains of `code` once everything is written: a reader who did not get the answer was not answered.
    pub(crate) fn finish(&mut self, code: u8) -> u8 {
        self.end_progress();
        let flushed = self.output.flush().and_then(|()| self.talk.flush());
        self.note(flushed);
        let Some(error) = self.broken.take() else { return code };
        // The talk stream may be the broken one: nobody is left to tell then.
        let _unheard = writeln!(self.talk, "error: the answer could not be written: {error}");
        code.max(1)
    }

    fn note(&mut self, written: io::Result<()>) {
        if let (Err(error), None) = (written, &self.broken) {
            self.broken = Some(error);
        }
    }
}

/// Clears a terminal's line behind the cursor.
const CLEAR_REST: &str = "\u{1b}[K";

// THREAT: a registry, certificate or file name that moves the cursor, or turns the writing round, and so shows another
// verdict. See nothing_that_is_said_can_steer_a_terminal.
/// The text with everything escaped that a terminal would obey instead of showing.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let obeyed = |letter: char| {
        letter.is_control() && !matches!(letter, '\n' | '\t')
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if obeyed(letter) { shown.extend(letter.escape_unicode()) } else { shown.push(letter) }
    }
    Cow::Owned(shown)
}

impl std::fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("broken", &self.broken).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::Console;

    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_answer_that_nobody_got_is_no_success() {
        let mut full = Console::new([].into(), io::empty(), Full, io::sink());
        full.answer("yes");
        assert_eq!(full.finish(0), 1);

        let mut twin = Console::new([].into(), io::empty(), io::sink(), io::sink());
        twin.answer("yes");
        assert_eq!(twin.finish(0), 0);
    }

    #[test]
    fn nothing_that_is_said_can_steer_a_terminal() {
        let mut said = Vec::new();
        let mut console = Console::new([].into(), io::empty(), io::sink(), &mut said);
        console.say("a\u{1b}[2Kb\r\u{202e}c\u{9b}\n\té");
        drop(console);
        assert_eq!(String::from_utf8(said).unwrap(), "a\\u{1b}[2Kb\\u{d}\\u{202e}c\\u{9b}\n\té\n");
    }

    fn told(variables: &[(&str, &str)], columns: Option<usize>) -> (String, String) {
        let environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (mut answer, mut talk) = (Vec::new(), Vec::new());
        let mut console =
            Console::new(environment, io::empty(), &mut answer, &mut talk).on_terminals(columns, columns);
        console.answer_text("error: no\n");
        console.hint("hint: look");
        drop(console);
        (String::from_utf8(answer).unwrap(), String::from_utf8(talk).unwrap())
    }

    #[test]
    fn colours_are_for_terminals_that_have_them_and_for_nobody_who_said_no() {
        let painted = |variables: &[(&str, &str)], columns| told(variables, columns).0.contains('\u{1b}');
        assert!(painted(&[("TERM", "xterm")], Some(80)));
        assert!(!painted(&[("TERM", "xterm")], None));
        assert!(!painted(&[("TERM", "dumb")], Some(80)));
        assert!(!painted(&[], Some(80)));
        assert!(!painted(&[("TERM", "xterm"), ("CLICOLOR", "0")], Some(80)));
        assert!(!painted(&[("TERM", "xterm"), ("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], Some(80)));
        assert!(painted(&[("CLICOLOR_FORCE", "1")], None));
        assert!(!painted(&[("CLICOLOR_FORCE", "0")], None));
    }

    #[test]
    fn hints_are_for_persons_only() {
        assert_eq!(told(&[], Some(80)).1, "hint: look\n");
        assert_eq!(told(&[], None).1, "");
    }

    #[test]
    fn a_failure_keeps_its_code_when_the_stream_breaks() {
        let mut full = Console::new([].into(), io::empty(), Full, io::sink());
        full.answer("no");
        assert_eq!(full.finish(12), 12);
    }
}
