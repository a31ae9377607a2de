//! Heredocs: text between an instruction and a word alone on its line.

use super::DockerfileError;

/// One of an instruction's heredocs.
#[derive(Debug)]
pub(super) struct Heredoc {
    pub(super) name: String,
    /// Written `<<-`: tabs may stand before the name that ends it.
    tabs: bool,
}

impl Heredoc {
    /// Whether the line ends the heredoc.
    pub(super) fn ends(&self, line: &str) -> bool {
        let line = if self.tabs { line.trim_start_matches('\t') } else { line };
        line == self.name
    }
}

/// The heredocs that the instruction begins, in their order.
///
/// # Errors
/// `<<` in a form of which it is not plain whether it begins a heredoc.
pub(super) fn of(line: &str) -> Result<Vec<Heredoc>, DockerfileError> {
    let mut words =
        line.split_whitespace().skip_while(|word| word.eq_ignore_ascii_case("ONBUILD")).peekable();
    let takes = words
        .next()
        .is_some_and(|word| ["RUN", "COPY", "ADD"].iter().any(|name| word.eq_ignore_ascii_case(name)));
    // Three and more are never a heredoc's two.
    let begins = |word: &str| {
        let mut runs = word.split(|letter| letter != '<');
        runs.any(|run| run.len() == 2)
    };
    if !takes || !begins(line) {
        return Ok(Vec::new());
    }
    let unsure = || DockerfileError::Unsure { what: "`<<`", line: line.to_owned() };
    let mut heredocs = Vec::new();
    for word in words {
        if begins(word) {
            heredocs.push(heredoc(word).ok_or_else(unsure)?);
        } else if word.contains(['"', '\'', '\\', '`']) || word.contains("${") {
            // THREAT: in quotes `<<` begins nothing, and the next instructions would be taken for its text.
            // See what_may_or_may_not_be_a_heredoc_is_refused.
            return Err(unsure());
        }
    }
    Ok(heredocs)
}

fn heredoc(word: &str) -> Option<Heredoc> {
    let rest = word.trim_start_matches(|letter: char| letter.is_ascii_digit()).strip_prefix("<<")?;
    let (tabs, quoted) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let inner = |quote: char| quoted.strip_prefix(quote)?.strip_suffix(quote);
    let name = inner('"').or_else(|| inner('\'')).unwrap_or(quoted);
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let good = name.starts_with(plain) && name.chars().all(|letter| plain(letter) || ".-".contains(letter));
    // A builder without heredocs fails at the closing name, unless that is an instruction.
    let instruction = super::docker::is_instruction(name);
    (good && !instruction).then(|| Heredoc { name: name.to_owned(), tabs })
}
