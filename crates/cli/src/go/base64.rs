//! Base64 as Go's `StdEncoding` reads it: line ends are passed over, padding must be there.

/// Reads base64.
///
/// # Errors
/// Go's text, with the place of the first byte that does not fit.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |place: usize| format!("illegal base64 data at input byte {place}");
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut letters = text.iter().copied().enumerate().filter(|(_, letter)| !matches!(letter, b'\r' | b'\n'));
    loop {
        let (mut quantum, mut digits) = (0u32, 0usize);
        while digits < 4 {
            let Some((place, letter)) = letters.next() else {
                if digits == 0 {
                    return Ok(bytes);
                }
                return Err(corrupt(text.len().saturating_sub(digits)));
            };
            if let Some(value) = value(letter) {
                quantum = quantum << 6 | value;
                digits += 1;
                continue;
            }
            if letter != b'=' || digits < 2 {
                return Err(corrupt(place));
            }
            if digits == 2 {
                match letters.next() {
                    Some((_, b'=')) => {}
                    Some((place, _)) => return Err(corrupt(place.saturating_sub(1))),
                    None => return Err(corrupt(text.len())),
                }
            }
            if let Some((place, _)) = letters.next() {
                return Err(corrupt(place));
            }
            quantum <<= 6 * (4 - digits);
            bytes.extend(quantum.to_be_bytes().into_iter().skip(1).take(digits - 1));
            return Ok(bytes);
        }
        bytes.extend(quantum.to_be_bytes().into_iter().skip(1));
    }
}

fn value(letter: u8) -> Option<u32> {
    Some(match letter {
        b'A'..=b'Z' => u32::from(letter - b'A'),
        b'a'..=b'z' => u32::from(letter - b'a') + 26,
        b'0'..=b'9' => u32::from(letter - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64_reads_as_in_go() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("YQ==", b"a"),
            ("YWI=\n", b"ab"),
            ("YW\r\nJj", b"abc"),
            ("YWJjZA==\n\n", b"abcd"),
        ] {
            assert_eq!(decode(text.as_bytes()).unwrap(), bytes, "{text}");
        }
        for (text, place) in [
            ("YQ", 0),
            ("YWJjY", 4),
            ("-", 0),
            ("YWJj!", 4),
            ("Y===", 1),
            ("YQ=x", 2),
            ("YQ=", 3),
            ("YQ==YQ==", 4),
            ("hello world", 5),
        ] {
            let error = format!("illegal base64 data at input byte {place}");
            assert_eq!(decode(text.as_bytes()).unwrap_err(), error, "{text}");
        }
    }
}
