//! Go's regular expressions, rewritten so that Rust's engine reads them the same way.
//!
//! Both are of one family, with differences that would let a pattern say more here than there: Go's `\w \d \s \b` are
//! ASCII, `\Q...\E` quotes, a lone `{` and `\<` are literal, and classes know no set operations.

use std::{iter::Peekable, str::Chars};

/// The same pattern in Rust's syntax.
///
/// # Errors
/// Go's own text.
pub(crate) fn translate(pattern: &str) -> Result<String, String> {
    if pattern.len() > MAX_LENGTH {
        return Err("error parsing regexp: expression too large".into());
    }
    let translated =
        Translator { pattern, rest: pattern.chars().peekable(), out: String::new(), depth: 0 }.run()?;
    regex::RegexBuilder::new(&translated)
        .size_limit(MAX_SIZE)
        .build()
        .map_err(|_| format!("error parsing regexp: invalid expression: `{pattern}`"))?;
    Ok(translated)
}

/// Go's `MatchString` looks for the pattern anywhere; ours always match whole texts.
pub(crate) fn anywhere(translated: &str) -> String {
    format!("(?s:.*)(?:{translated})(?s:.*)")
}

struct Translator<'p> {
    pattern: &'p str,
    rest: Peekable<Chars<'p>>,
    out: String,
    depth: usize,
}

impl Translator<'_> {
    fn run(mut self) -> Result<String, String> {
        // Whether something stands here that a repetition can apply to, and whether it is a repetition itself.
        let (mut subject, mut repeated) = (false, false);
        while let Some(letter) = self.rest.next() {
            match letter {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.open()?,
                ')' => {
                    self.depth =
                        self.depth.checked_sub(1).ok_or_else(|| self.error("unexpected )", self.pattern))?;
                    self.out.push(')');
                }
                '*' | '+' | '?' => {
                    self.repeat(&letter.to_string(), subject, repeated)?;
                    continue_with(&mut subject, &mut repeated, true, true);
                    continue;
                }
                '{' => {
                    if let Some(count) = self.count()? {
                        self.repeat(&count, subject, repeated)?;
                        continue_with(&mut subject, &mut repeated, true, true);
                        continue;
                    }
                    self.out.push_str("\\{");
                }
                '}' => self.out.push_str("\\}"),
                '|' => self.out.push('|'),
                letter => self.out.push(letter),
            }
            let can_repeat = !(letter == '(' || letter == '|');
            continue_with(&mut subject, &mut repeated, can_repeat, false);
        }
        if self.depth > 0 {
            return Err(self.error("missing closing )", self.pattern));
        }
        Ok(self.out)
    }

    fn repeat(&mut self, operator: &str, subject: bool, repeated: bool) -> Result<(), String> {
        if !subject {
            return Err(self.error("missing argument to repetition operator", operator));
        }
        if repeated {
            return Err(self.error("invalid nested repetition operator", operator));
        }
        self.out.push_str(operator);
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), String> {
        self.depth += 1;
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        let mut head = String::from("?");
        while let Some(letter) = self.rest.next() {
            head.push(letter);
            match letter {
                'P' if head == "?P" => {}
                '<' if head == "?P<" || head == "?<" => {
                    let name: String =
                        std::iter::from_fn(|| self.rest.next_if(|letter| *letter != '>')).collect();
                    let fits = !name.is_empty()
                        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
                    if self.rest.next().is_none() || !fits {
                        return Err(self.error("invalid named capture", &format!("({head}{name}>")));
                    }
                    // Names decide nothing; a plain group avoids the engines' different rules for them.
                    return Ok(());
                }
                'i' | 'm' | 's' | 'U' | '-' => {}
                ':' => {
                    self.out.push_str(&head);
                    return Ok(());
                }
                ')' => {
                    self.depth -= 1;
                    self.out.push_str(&head);
                    return Ok(());
                }
                _ => return Err(self.error("invalid or unsupported Perl syntax", &format!("({head}"))),
            }
        }
        Err(self.error("missing closing )", self.pattern))
    }

    fn count(&mut self) -> Result<Option<String>, String> {
        let mut ahead = self.rest.clone();
        let body: String = ahead.by_ref().take_while(|letter| *letter != '}').take(12).collect();
        let (from, to) = body.split_once(',').map_or((body.as_str(), None), |(from, to)| (from, Some(to)));
        let digits = |text: &str| {
            !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let closed = self.rest.clone().nth(body.chars().count()) == Some('}');
        if !closed || !digits(from) || !to.is_none_or(|to| to.is_empty() || digits(to)) {
            return Ok(None);
        }
        let written = format!("{{{body}}}");
        let from: u32 = from.parse().unwrap_or(u32::MAX);
        let to: Option<u32> = to.filter(|to| !to.is_empty()).map(|to| to.parse().unwrap_or(u32::MAX));
        if from > MAX_COUNT || to.is_some_and(|to| to > MAX_COUNT || to < from) {
            return Err(self.error("invalid repeat count", &written));
        }
        self.rest = ahead;
        Ok(Some(written))
    }

    fn class(&mut self) -> Result<(), String> {
        let missing = self.error("missing closing ]", self.pattern);
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let letter = self.rest.next().ok_or_else(|| missing.clone())?;
            match letter {
                ']' if !first => break,
                '[' if self.rest.peek() == Some(&':') => {
                    let name: String =
                        std::iter::from_fn(|| self.rest.next_if(|letter| *letter != ']')).collect();
                    self.rest.next().ok_or_else(|| missing.clone())?;
                    if !name.ends_with(':') || name.len() < 3 {
                        return Err(self.error("invalid character class range", &format!("[{name}]")));
                    }
                    self.out.push_str(&format!("[{name}]"));
                }
                '\\' => self.escape(true)?,
                '-' if first || self.rest.peek() == Some(&']') => self.out.push_str("\\-"),
                '-' => {
                    self.out.push('-');
                    if self.rest.next_if_eq(&'-').is_some() {
                        self.out.push_str("\\-");
                    }
                }
                '[' | ']' | '&' | '~' | '^' => {
                    self.out.push('\\');
                    self.out.push(letter);
                }
                letter => self.out.push(letter),
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let letter = self
            .rest
            .next()
            .ok_or_else(|| "error parsing regexp: trailing backslash at end of expression: ``".to_owned())?;
        let ascii = |inner: &str, negated: bool| match (in_class, negated) {
            (true, false) => inner.to_owned(),
            (_, true) => format!("[^{inner}]"),
            (false, false) => format!("[{inner}]"),
        };
        let written = match letter {
            'd' | 'D' => ascii("0-9", letter == 'D'),
            'w' | 'W' => ascii("0-9A-Za-z_", letter == 'W'),
            's' | 'S' => ascii("\\t\\n\\x0C\\r ", letter == 'S'),
            'b' | 'B' if !in_class => format!("(?-u:\\{letter})"),
            'A' | 'z' if !in_class => format!("\\{letter}"),
            'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'p' | 'P' => format!("\\{letter}"),
            'Q' if !in_class => {
                let mut quoted = String::new();
                while let Some(letter) = self.rest.next() {
                    if letter == '\\' && self.rest.next_if_eq(&'E').is_some() {
                        break;
                    }
                    quoted.push(letter);
                }
                // A repetition after the quotation applies to its last letter alone.
                regex::escape(&quoted)
            }
            'E' if !in_class => String::new(),
            '0'..='7' => {
                let mut value = letter.to_digit(8).unwrap_or(0);
                if letter != '0' && !self.rest.peek().is_some_and(|next| next.is_digit(8)) {
                    return Err(self.error("invalid escape sequence", &format!("\\{letter}")));
                }
                for _ in 0..2 {
                    let Some(next) = self.rest.next_if(|next| next.is_digit(8)) else { break };
                    value = value * 8 + next.to_digit(8).unwrap_or(0);
                }
                format!("\\x{{{value:x}}}")
            }
            letter if letter.is_ascii_punctuation() => format!("\\x{{{:x}}}", u32::from(letter)),
            letter => return Err(self.error("invalid escape sequence", &format!("\\{letter}"))),
        };
        self.out.push_str(&written);
        Ok(())
    }

    fn error(&self, what: &str, part: &str) -> String {
        format!("error parsing regexp: {what}: `{part}`")
    }
}

fn continue_with(subject: &mut bool, repeated: &mut bool, can_repeat: bool, is_repetition: bool) {
    (*subject, *repeated) = (can_repeat, is_repetition);
}

const MAX_COUNT: u32 = 1000;
const MAX_LENGTH: usize = 4096;
const MAX_SIZE: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::{anywhere, translate};

    fn matches(pattern: &str, text: &str) -> bool {
        let translated = translate(pattern).unwrap();
        let whole = regex::Regex::new(&format!("^(?:{})$", anywhere(&translated))).unwrap();
        assert_eq!(
            whole.is_match(text),
            regex::Regex::new(&translated).unwrap().is_match(text),
            "{pattern} on {text}"
        );
        whole.is_match(text)
    }

    #[test]
    fn a_pattern_matches_anywhere_unless_it_is_anchored() {
        assert!(matches("acme", "https://github.com/acme/app"));
        assert!(!matches("^acme", "https://github.com/acme/app"));
        assert!(matches("app$", "https://github.com/acme/app"));
        assert!(!matches("acme$", "https://github.com/acme/app"));
        assert!(matches("a|b", "xbx"));
        assert!(matches(".*", ""));
        assert!(matches("", "x"));
        assert!(matches("^a\nb$", "a\nb"));
    }

    #[test]
    fn gos_classes_are_ascii() {
        assert!(matches(r"^\d$", "7") && !matches(r"^\d$", "٧"));
        assert!(matches(r"^\w$", "a") && !matches(r"^\w$", "é"));
        assert!(matches(r"^[\d_]$", "_") && !matches(r"^[^\d]$", "7"));
        assert!(matches(r"^[\W]$", "é") && !matches(r"^[\W]$", "a"));
        assert!(!matches(r"^\s$", "\u{a0}") && matches(r"^\s$", " "));
    }

    #[test]
    fn what_only_rust_understands_is_literal_or_refused() {
        assert!(matches(r"^a{$", "a{") && matches(r"^a{2}$", "aa") && matches("^a{,2}$", "a{,2}"));
        assert!(matches(r"^\<a\>$", "<a>"));
        assert!(matches(r"^\Qa.b\E+$", "a.bb") && !matches(r"^\Qa.b\E$", "axb"));
        assert!(matches("^[a&&b]+$", "a&b") && matches("^[[a]+$", "[a") && matches("^[a~~b-]+$", "~-"));
        assert!(matches("^[]a]+$", "]a") && matches("^[[:alpha:]]$", "x"));
        assert!(matches(r"^\101$", "A"));
        for refused in
            ["(?x)a", "(?u)a", "(?R)a", "a{1001}", "a**", "*a", "(", ")", ")(", "[a", "a\\", r"\y", r"\1"]
        {
            let error = translate(refused).unwrap_err();
            assert!(error.starts_with("error parsing regexp: "), "{refused}: {error}");
        }
        assert_eq!(translate("(").unwrap_err(), "error parsing regexp: missing closing ): `(`");
        assert_eq!(translate("a)").unwrap_err(), "error parsing regexp: unexpected ): `a)`");
        assert_eq!(
            translate("*").unwrap_err(),
            "error parsing regexp: missing argument to repetition operator: `*`"
        );
    }

    #[test]
    fn a_pattern_cannot_break_out_of_its_wrapping() {
        // Balanced only together with the group that is put around it.
        assert!(translate("a)|(?:").is_err());
        assert!(!matches("(?i)ACME$", "acme/evil") && matches("(?i)ACME$", "evil/acme"));
    }
}
