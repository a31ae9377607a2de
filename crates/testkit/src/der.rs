//! Writes DER by hand, and takes it apart: an attacker's certificate need not be one that a library would make.

/// One tag-length-value.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        out.push(0x80 | bytes.len() as u8);
        out.extend(bytes);
    }
    out.extend_from_slice(content);
    out
}

/// SEQUENCE of parts that are DER already.
pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// SET OF, sorted as DER wants it.
pub fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut sorted = parts.to_vec();
    sorted.sort();
    tlv(0x31, &sorted.concat())
}

/// OBJECT IDENTIFIER from its dotted text.
pub fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut content = Vec::new();
    let mut push = |arc: u64| {
        let mut groups = vec![(arc & 0x7f) as u8];
        let mut rest = arc >> 7;
        while rest > 0 {
            groups.push(0x80 | (rest & 0x7f) as u8);
            rest >>= 7;
        }
        content.extend(groups.into_iter().rev());
    };
    push(arcs[0] * 40 + arcs[1]);
    arcs[2..].iter().for_each(|arc| push(*arc));
    tlv(0x06, &content)
}

/// INTEGER from big-endian bytes, read as positive.
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    if content.first().is_none_or(|byte| *byte >= 0x80) {
        content.insert(0, 0);
    }
    tlv(0x02, &content)
}

/// INTEGER.
pub fn integer(value: u64) -> Vec<u8> {
    unsigned(&value.to_be_bytes())
}

/// BOOLEAN TRUE.
pub fn yes() -> Vec<u8> {
    tlv(0x01, &[0xff])
}

/// NULL.
pub fn null() -> Vec<u8> {
    tlv(0x05, &[])
}

/// OCTET STRING.
pub fn octets(content: &[u8]) -> Vec<u8> {
    tlv(0x04, content)
}

/// BIT STRING of whole bytes.
pub fn bits(content: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], content].concat())
}

/// BIT STRING of named bits, as in `KeyUsage`; bit 0 is the highest of the first byte.
pub fn named_bits(set: &[u8]) -> Vec<u8> {
    let highest = set.iter().copied().max().unwrap_or(0);
    let mut bytes = vec![0_u8; usize::from(highest / 8) + 1];
    for bit in set {
        bytes[usize::from(bit / 8)] |= 0x80 >> (bit % 8);
    }
    tlv(0x03, &[&[7 - highest % 8], bytes.as_slice()].concat())
}

/// UTF8String.
pub fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0c, text.as_bytes())
}

/// A context-specific constructed tag.
pub fn context(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(0xa0 | number, content)
}

/// A context-specific primitive tag.
pub fn context_primitive(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(0x80 | number, content)
}

/// A time of a certificate: UTCTime until 2049, then GeneralizedTime.
pub fn time(seconds: i64) -> Vec<u8> {
    let text = digits(seconds);
    let year: i64 = text[..4].parse().unwrap();
    if (1950..2050).contains(&year) { tlv(0x17, &text.as_bytes()[2..]) } else { tlv(0x18, text.as_bytes()) }
}

/// GeneralizedTime.
pub fn generalized_time(seconds: i64) -> Vec<u8> {
    tlv(0x18, digits(seconds).as_bytes())
}

/// A distinguished name of organisation and common name.
pub fn name(organization: &str, common_name: &str) -> Vec<u8> {
    let part = |attribute: &str, text: &str| tlv(0x31, &sequence(&[oid(attribute), utf8(text)]));
    sequence(&[part("2.5.4.10", organization), part("2.5.4.3", common_name)])
}

/// `AlgorithmIdentifier` without parameters.
pub fn algorithm(dotted: &str) -> Vec<u8> {
    sequence(&[oid(dotted)])
}

/// What is inside one tag-length-value; whatever follows it is left out.
pub fn content(element: &[u8]) -> &[u8] {
    &element[header(element)..length(element)]
}

/// The elements inside a constructed one, each with its tag and length.
pub fn children(element: &[u8]) -> Vec<&[u8]> {
    let mut rest = content(element);
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (child, more) = rest.split_at(length(rest));
        found.push(child);
        rest = more;
    }
    found
}

// How many bytes tag and length take.
fn header(element: &[u8]) -> usize {
    if element[1] < 0x80 { 2 } else { 2 + usize::from(element[1] & 0x7f) }
}

// How many bytes the whole element takes.
fn length(element: &[u8]) -> usize {
    let header = header(element);
    let long = element[2..header].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    header + if element[1] < 0x80 { usize::from(element[1]) } else { long }
}

fn digits(seconds: i64) -> String {
    let text = sealgate_verify::Timestamp(seconds).to_string();
    text.chars().filter(|character| character.is_ascii_digit()).chain(['Z']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_is_written_as_the_standard_says() {
        assert_eq!(oid("1.2.840.10045.2.1"), [0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
        assert_eq!(integer(0), [2, 1, 0]);
        assert_eq!(integer(128), [2, 2, 0, 128]);
        assert_eq!(named_bits(&[0]), [3, 2, 7, 0x80]);
        assert_eq!(named_bits(&[5, 6]), [3, 2, 1, 0x06]);
        assert_eq!(tlv(4, &[0; 200])[..3], [4, 0x81, 200]);
        assert_eq!(time(1_780_315_200), [&[0x17, 13][..], b"260601120000Z"].concat());
    }
}
