//! As little DER as keys, extensions and timestamp tokens need: definite, minimal lengths and nothing left over.

/// The tag of `BIT STRING`.
pub(crate) const BIT_STRING: u8 = 0x03;
/// The tag of `INTEGER`.
pub(crate) const INTEGER: u8 = 0x02;
/// The tag of `NULL`.
pub(crate) const NULL: u8 = 0x05;
/// The tag of `OBJECT IDENTIFIER`.
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
/// The tag of `SEQUENCE`.
pub(crate) const SEQUENCE: u8 = 0x30;
/// The tag of `UTF8String`.
pub(crate) const UTF8_STRING: u8 = 0x0c;

/// One element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// Tag and length included.
    pub(crate) whole: &'a [u8],
}

/// Splits `input` after a first element, whatever its tag: the element, and what follows.
pub(crate) fn first(input: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = input.split_first()?;
    // Tags over 30 do not occur in what we read.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit));
            // DER has one spelling of a length: the shortest.
            if length < 0x80 || digits.first() == Some(&0) {
                return None;
            }
            (length, rest)
        }
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(length)?;
    let whole = input.get(..input.len() - after.len())?;
    Some((Element { tag, content, whole }, after))
}

/// All elements of `input`, which they fill.
pub(crate) fn all(mut input: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    while !input.is_empty() {
        let (element, rest) = first(input)?;
        found.push(element);
        input = rest;
    }
    Some(found)
}

/// Splits `input` after a first element of `tag`: its content, and what follows.
pub(crate) fn split(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (element, rest) = first(input)?;
    (element.tag == tag).then_some((element.content, rest))
}

/// The content of an element of `tag` that is all of `input`.
pub(crate) fn whole(input: &[u8], tag: u8) -> Option<&[u8]> {
    split(input, tag).and_then(|(content, rest)| rest.is_empty().then_some(content))
}

/// Writes an element.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    let digits: Vec<u8> = length.iter().copied().skip_while(|digit| *digit == 0).collect();
    match digits.as_slice() {
        [] => out.push(0),
        [one @ 0..=0x7f] => out.push(*one),
        _ => {
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7f));
            out.extend(&digits);
        }
    }
    out.extend(content);
    out
}

#[cfg(test)]
mod tests {
    use super::{SEQUENCE, UTF8_STRING, element, split, whole};

    #[test]
    fn what_is_written_is_read_and_no_other_spelling_is() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000] {
            let content = vec![b'x'; length];
            assert_eq!(
                whole(&element(UTF8_STRING, &content), UTF8_STRING),
                Some(content.as_slice()),
                "{length}"
            );
        }
        assert_eq!(
            whole(&[0x0c, 0x81, 0x01, b'x'], UTF8_STRING),
            None,
            "a length that is longer than it need be"
        );
        assert_eq!(whole(&[0x0c, 0x80, b'x', 0, 0], UTF8_STRING), None, "an indefinite length");
        assert_eq!(whole(&[0x0c, 0x01, b'x', 0], UTF8_STRING), None, "something left over");
        assert_eq!(whole(&[0x0c, 0x02, b'x'], UTF8_STRING), None, "something missing");
        assert_eq!(whole(&[0x0c, 0x01, b'x'], SEQUENCE), None, "another tag");
        assert_eq!(split(&[0x0c, 0x01, b'x', 9], UTF8_STRING), Some((&b"x"[..], &[9_u8][..])));
    }
}
