//! Go's regular expressions, rewritten so that Rust's engine reads them the same way.
//!
//! Both are of one family, with differences that would let a pattern say more here than there: Go's `\w \d \s \b` are
//! ASCII, `\Q...\E` quotes, a lone `{` and `\<` are literal, and classes know no set operations.

mod class;
mod escape;

use sealgate::verify::Expression;

/// The same pattern in Rust's syntax.
///
/// # Errors
/// Go's own text.
pub(crate) fn translate(pattern: &str) -> Result<String, String> {
    if pattern.len() > MAX_LENGTH {
        return Err("error parsing regexp: expression too large".into());
    }
    let translated = Translator::new(pattern).run()?;
    Expression::parse(&translated, MAX_SIZE)
        .map_err(|_| error("expression too large or not supported", pattern))?;
    Ok(translated)
}

/// Whether a pattern of Go's fits somewhere in a text.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let whole = translate(pattern).ok().and_then(|it| Expression::parse(&anywhere(&it), MAX_SIZE).ok());
    whole.is_some_and(|expression| expression.matches(text))
}

/// Go's `MatchString` looks for the pattern anywhere; ours always match whole texts.
pub(crate) fn anywhere(translated: &str) -> String {
    format!("(?s:.*)(?:{translated})(?s:.*)")
}

struct Translator<'p> {
    pattern: &'p str,
    rest: &'p str,
    out: String,
    /// Flags that count from the next atom on: a repetition still belongs to the atom before them.
    flags: String,
    /// Groups that are open.
    groups: Vec<Group>,
    /// What a repetition would apply to.
    atom: Option<Atom>,
    /// Where the repetition begins that ends here.
    repetition: Option<&'p str>,
}

/// What is known of the inside of a group: how often its most repeated part is repeated.
#[derive(Clone, Copy)]
struct Group {
    start: usize,
    count: u64,
}

#[derive(Clone, Copy)]
struct Atom {
    start: usize,
    count: u64,
    repeated: bool,
}

impl<'p> Translator<'p> {
    fn new(pattern: &'p str) -> Self {
        Self {
            pattern,
            rest: pattern,
            out: String::new(),
            flags: String::new(),
            groups: vec![Group { start: 0, count: 1 }],
            atom: None,
            repetition: None,
        }
    }

    fn run(mut self) -> Result<String, String> {
        while let Some(letter) = self.rest.chars().next() {
            let before = self.rest;
            let mut repetition = None;
            match letter {
                '(' => self.open()?,
                ')' => self.close()?,
                '|' => {
                    self.skip(1);
                    self.settle();
                    self.out.push('|');
                    self.atom = None;
                }
                '*' | '+' | '?' => {
                    self.skip(1);
                    self.repeat(before, None)?;
                    repetition = Some(before);
                }
                '{' => match count(before) {
                    Some((least, most, rest)) => {
                        let written = before.strip_suffix(rest).unwrap_or(before);
                        if least > MAX_COUNT || most.is_some_and(|most| most > MAX_COUNT || most < least) {
                            return Err(error("invalid repeat count", written));
                        }
                        self.rest = rest;
                        self.repeat(before, Some((least, most)))?;
                        repetition = Some(before);
                    }
                    None => self.literal(letter),
                },
                '[' => {
                    let (written, rest) = class::read(before)?;
                    self.rest = rest;
                    self.atom(&written);
                }
                '\\' => self.escape()?,
                '^' | '$' | '.' => {
                    self.skip(1);
                    self.atom(letter.encode_utf8(&mut [0; 4]));
                }
                letter => self.literal(letter),
            }
            self.repetition = repetition;
        }
        if self.groups.len() > 1 {
            return Err(error("missing closing )", self.pattern));
        }
        Ok(self.out)
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn literal(&mut self, letter: char) {
        self.skip(letter.len_utf8());
        self.atom(&class::letter(letter));
    }

    fn atom(&mut self, written: &str) {
        self.settle();
        self.atom = Some(Atom { start: self.out.len(), count: 1, repeated: false });
        self.out.push_str(written);
    }

    fn settle(&mut self) {
        self.out.push_str(&std::mem::take(&mut self.flags));
    }

    // `before` begins with the operator, `self.rest` is behind it.
    fn repeat(&mut self, before: &'p str, bounds: Option<(u32, Option<u32>)>) -> Result<(), String> {
        self.rest = self.rest.strip_prefix('?').unwrap_or(self.rest);
        let operator = before.strip_suffix(self.rest).unwrap_or(before);
        if let Some(last) = self.repetition {
            let both = last.strip_suffix(self.rest).unwrap_or(last);
            return Err(error("invalid nested repetition operator", both));
        }
        let Some(mut atom) = self.atom else {
            return Err(error("missing argument to repetition operator", operator));
        };
        if let Some((least, most)) = bounds {
            let times = u64::from(most.unwrap_or(least));
            // THREAT: repetitions within repetitions make a short pattern a huge one. Go's bound is ours.
            atom.count = atom.count.saturating_mul(times.max(1));
            if times >= 2 && atom.count > u64::from(MAX_COUNT) {
                return Err(error("invalid repeat count", operator));
            }
        }
        if atom.repeated {
            self.out.insert_str(atom.start, "(?:");
            self.out.push(')');
        }
        self.out.push_str(operator);
        atom.repeated = true;
        self.atom = Some(atom);
        if let Some(group) = self.groups.last_mut() {
            group.count = group.count.max(atom.count);
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), String> {
        let whole = self.rest;
        let Some(inner) = whole.strip_prefix("(?") else {
            self.skip(1);
            self.begin("(");
            return Ok(());
        };
        let named = inner.strip_prefix("P<").filter(|rest| !rest.is_empty());
        if let Some(rest) = named.or_else(|| inner.strip_prefix('<').filter(|rest| !rest.is_empty())) {
            let (name, rest) = rest.split_once('>').ok_or_else(|| error("invalid named capture", whole))?;
            let fits = |letter: char| letter.is_alphanumeric() || letter == '_';
            if name.is_empty() || !name.chars().all(fits) {
                let capture = whole.strip_suffix(rest).unwrap_or(whole);
                return Err(error("invalid named capture", capture));
            }
            self.rest = rest;
            // Names decide nothing; a plain group avoids the engines' different rules for them.
            self.begin("(");
            return Ok(());
        }
        let (mut flags, mut negative, mut any) = (String::new(), false, false);
        let mut rest = inner;
        while let Some(letter) = rest.chars().next() {
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            match letter {
                'i' | 'm' | 's' | 'U' => {
                    any = true;
                    if !flags.contains(letter) {
                        flags.push(letter);
                    }
                }
                '-' if !negative => {
                    (negative, any) = (true, false);
                    flags.push('-');
                }
                ':' | ')' if any || !negative => {
                    self.rest = rest;
                    match letter {
                        ':' => self.begin(&format!("(?{flags}:")),
                        _ if flags.is_empty() => {}
                        _ => self.flags.push_str(&format!("(?{flags})")),
                    }
                    return Ok(());
                }
                _ => break,
            }
        }
        let read = whole.strip_suffix(rest).unwrap_or(whole);
        Err(error("invalid or unsupported Perl syntax", read))
    }

    fn begin(&mut self, written: &str) {
        self.settle();
        self.groups.push(Group { start: self.out.len(), count: 1 });
        self.out.push_str(written);
        self.atom = None;
    }

    fn close(&mut self) -> Result<(), String> {
        self.skip(1);
        // Flags end with their group.
        self.flags.clear();
        let Some(group) = self.groups.pop().filter(|_| !self.groups.is_empty()) else {
            return Err(error("unexpected )", self.pattern));
        };
        self.out.push(')');
        self.atom = Some(Atom { start: group.start, count: group.count, repeated: false });
        if let Some(outer) = self.groups.last_mut() {
            outer.count = outer.count.max(group.count);
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        let whole = self.rest;
        match whole.chars().nth(1) {
            Some('A') => self.fixed("\\A"),
            Some('z') => self.fixed("\\z"),
            Some('b') => self.fixed("(?-u:\\b)"),
            Some('B') => self.fixed("(?-u:\\B)"),
            Some('Q') => {
                let quoted = whole.get(2..).unwrap_or_default();
                let (quoted, rest) = quoted.split_once("\\E").unwrap_or((quoted, ""));
                // A repetition after the quotation applies to its last letter alone.
                for letter in quoted.chars() {
                    self.atom(&class::letter(letter));
                }
                self.rest = rest;
            }
            _ => {
                let (written, rest) = match escape::class(whole)? {
                    Some((inner, rest)) => (format!("[{inner}]"), rest),
                    None => {
                        let (letter, rest) = escape::letter(whole)?;
                        (class::letter(letter), rest)
                    }
                };
                self.rest = rest;
                self.atom(&written);
            }
        }
        Ok(())
    }

    fn fixed(&mut self, written: &str) {
        self.skip(2);
        self.atom(written);
    }
}

// `{2}`, `{2,}` and `{2,3}`: least, most, and what follows. Anything else is literal.
fn count(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (least, rest) = number(text.strip_prefix('{')?)?;
    let Some(rest) = rest.strip_prefix(',') else {
        return Some((least, Some(least), rest.strip_prefix('}')?));
    };
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((least, None, rest));
    }
    let (most, rest) = number(rest)?;
    Some((least, Some(most), rest.strip_prefix('}')?))
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}

fn error(what: &str, part: &str) -> String {
    format!("error parsing regexp: {what}: `{part}`")
}

const MAX_COUNT: u32 = 1000;
const MAX_LENGTH: usize = 4096;
const MAX_SIZE: usize = 1 << 20;

#[cfg(test)]
mod tests;
