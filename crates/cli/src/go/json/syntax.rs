//! Where a text stops being JSON, in the words of Go's scanner.

/// Why `bytes` are no JSON; nothing where they are.
pub(crate) fn error(bytes: &[u8]) -> Option<String> {
    let mut scanner = Scanner { bytes, at: 0, depth: 0 };
    match scanner.value("looking for beginning of value").and_then(|()| scanner.end()) {
        Ok(()) => None,
        Err(Stop::End) => Some("unexpected end of JSON input".into()),
        Err(Stop::Depth) => Some("exceeded max depth".into()),
        Err(Stop::At(byte, context)) => Some(format!("invalid character {} {context}", quoted(byte))),
    }
}

/// Where reading ends.
enum Stop {
    /// With the text.
    End,
    /// Too deep inside.
    Depth,
    /// At this byte, in this place.
    At(u8, String),
}

struct Scanner<'b> {
    bytes: &'b [u8],
    at: usize,
    depth: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, Stop> {
        let byte = self.peek().ok_or(Stop::End)?;
        self.at += 1;
        Ok(byte)
    }

    fn next_word(&mut self) -> Result<u8, Stop> {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
        self.next()
    }

    fn end(&mut self) -> Result<(), Stop> {
        match self.next_word() {
            Ok(byte) => Err(at(byte, "after top-level value")),
            Err(_) => Ok(()),
        }
    }

    fn value(&mut self, context: &str) -> Result<(), Stop> {
        let byte = self.next_word()?;
        self.rest_of_value(byte, context)
    }

    fn rest_of_value(&mut self, byte: u8, context: &str) -> Result<(), Stop> {
        match byte {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'"' => self.string(),
            b'-' => match self.next()? {
                byte @ b'0'..=b'9' => self.number(byte),
                byte => Err(at(byte, "in numeric literal")),
            },
            b'0'..=b'9' => self.number(byte),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            byte => Err(at(byte, context)),
        }
    }

    fn nested(&mut self, inside: fn(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Stop::Depth);
        }
        inside(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn object(&mut self) -> Result<(), Stop> {
        const KEY: &str = "looking for beginning of object key string";
        match self.next_word()? {
            b'}' => return Ok(()),
            b'"' => self.string()?,
            byte => return Err(at(byte, KEY)),
        }
        loop {
            match self.next_word()? {
                b':' => self.value("looking for beginning of value")?,
                byte => return Err(at(byte, "after object key")),
            }
            match self.next_word()? {
                b'}' => return Ok(()),
                b',' => match self.next_word()? {
                    b'"' => self.string()?,
                    byte => return Err(at(byte, KEY)),
                },
                byte => return Err(at(byte, "after object key:value pair")),
            }
        }
    }

    fn array(&mut self) -> Result<(), Stop> {
        match self.next_word()? {
            b']' => return Ok(()),
            byte => self.rest_of_value(byte, "looking for beginning of value")?,
        }
        loop {
            match self.next_word()? {
                b']' => return Ok(()),
                b',' => self.value("looking for beginning of value")?,
                byte => return Err(at(byte, "after array element")),
            }
        }
    }

    fn string(&mut self) -> Result<(), Stop> {
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next()? {
                    b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => {}
                    b'u' => {
                        for _ in 0..4 {
                            match self.next()? {
                                byte if byte.is_ascii_hexdigit() => {}
                                byte => return Err(at(byte, "in \\u hexadecimal character escape")),
                            }
                        }
                    }
                    byte => return Err(at(byte, "in string escape code")),
                },
                byte @ 0..0x20 => return Err(at(byte, "in string literal")),
                _ => {}
            }
        }
    }

    fn number(&mut self, first: u8) -> Result<(), Stop> {
        if first != b'0' {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            match self.next()? {
                b'0'..=b'9' => self.digits(),
                byte => return Err(at(byte, "after decimal point in numeric literal")),
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            match self.next()? {
                b'0'..=b'9' => self.digits(),
                byte => return Err(at(byte, "in exponent of numeric literal")),
            }
        }
        Ok(())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn literal(&mut self, word: &'static str) -> Result<(), Stop> {
        for expected in word.bytes().skip(1) {
            let byte = self.next()?;
            if byte != expected {
                let expected = char::from(expected);
                return Err(at(byte, &format!("in literal {word} (expecting '{expected}')")));
            }
        }
        Ok(())
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn at(byte: u8, context: &str) -> Stop {
    Stop::At(byte, context.to_owned())
}

fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".into(),
        b'"' => "'\"'".into(),
        byte => {
            let text = super::super::quote::quote(char::from(byte).encode_utf8(&mut [0; 4]));
            format!("'{}'", text.trim_matches('"'))
        }
    }
}

// Values inside values; Go reads ten thousand, and so much stack is nowhere needed.
const DEPTH: usize = 128;

#[cfg(test)]
mod tests {
    use super::error;

    #[test]
    fn it_is_said_where_a_text_stops_being_json() {
        for (text, said) in [
            ("", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            ("text", "invalid character 'e' in literal true (expecting 'r')"),
            ("not", "invalid character 'o' in literal null (expecting 'u')"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("'a'", "invalid character '\\'' looking for beginning of value"),
            ("-----BEGIN", "invalid character '-' in numeric literal"),
            ("{a}", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 2}", "invalid character '2' after object key:value pair"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("[1 2]", "invalid character '2' after array element"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("01", "invalid character '1' after top-level value"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("1e+x", "invalid character 'x' in exponent of numeric literal"),
            ("\"\n\"", "invalid character '\\n' in string literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\\u00g0\"", "invalid character 'g' in \\u hexadecimal character escape"),
            ("{} {}", "invalid character '{' after top-level value"),
        ] {
            assert_eq!(error(text.as_bytes()).as_deref(), Some(said), "{text}");
        }
        for text in ["{}", " [1, -2.5e-3, \"\\u00e9\\n\", true, false, null, {\"a\": []}] ", "0"] {
            assert_eq!(error(text.as_bytes()), None, "{text}");
        }
        assert_eq!(error("[".repeat(200).as_bytes()).as_deref(), Some("exceeded max depth"));
    }
}
