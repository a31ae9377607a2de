//! PEM, strictly: blocks and nothing else.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Reads all of `text` as PEM blocks: their labels and bytes. Nothing may stand before, between or after them but blank lines.
// THREAT: a second block, or text around one, that another reader takes for the certificate.
pub(crate) fn blocks(text: &[u8]) -> Option<Vec<(&str, Vec<u8>)>> {
    let mut rest = std::str::from_utf8(text).ok()?.trim_ascii();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (label, after) = rest.strip_prefix("-----BEGIN ")?.split_once("-----")?;
        if label.is_empty() || !label.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b' ' | b'0'..=b'9')) {
            return None;
        }
        let (body, after) = after.split_once("-----END ")?;
        let after = after.strip_prefix(label)?.strip_prefix("-----")?;
        let digits: Vec<u8> = body.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
        found.push((label, STANDARD.decode(digits).ok()?));
        rest = after.trim_ascii_start();
    }
    Some(found)
}

/// The one block of `text`.
pub(crate) fn one(text: &[u8]) -> Option<(&str, Vec<u8>)> {
    let mut found = blocks(text)?;
    if found.len() == 1 { found.pop() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{blocks, one};

    const BLOCK: &str = "-----BEGIN CERTIFICATE-----\nAAEC\nAwQ=\n-----END CERTIFICATE-----\n";

    #[test]
    fn one_block_is_read_and_nothing_may_stand_around_it() {
        assert_eq!(one(BLOCK.as_bytes()), Some(("CERTIFICATE", vec![0, 1, 2, 3, 4])));
        assert_eq!(one(BLOCK.replace('\n', "\r\n").as_bytes()).unwrap().1, [0, 1, 2, 3, 4]);
        assert_eq!(blocks(format!("{BLOCK}\n{BLOCK}").as_bytes()).unwrap().len(), 2);
        for wrong in [
            format!("{BLOCK}{BLOCK}"),
            format!("hello\n{BLOCK}"),
            format!("{BLOCK}hello"),
            BLOCK.replace("END CERTIFICATE", "END PUBLIC KEY"),
            BLOCK.replace("AAEC", "AA EC"),
            BLOCK.replace("AwQ=", "AwQ"),
            BLOCK.replace("\nAAEC", "\nProc-Type: 4\n\nAAEC"),
            BLOCK.lines().take(3).collect::<Vec<_>>().join("\n"),
            String::new(),
        ] {
            assert_eq!(one(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
