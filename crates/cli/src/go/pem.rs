//! PEM as Go reads it: a block begins on a line of its own, and what stands before and behind it is nothing.

use pem::Pem;

/// The first block.
pub(crate) fn first(bytes: &[u8]) -> Option<Pem> {
    let text = String::from_utf8_lossy(bytes);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let tag = line.trim_end().strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
        if tag.is_some_and(|tag| !tag.contains("-----")) {
            let rest = text.get(at..)?;
            let end = rest.match_indices("-----END ").next().map(|(end, _)| end)?;
            let last = rest.get(end..)?.split('\n').next().unwrap_or_default();
            return pem::parse(rest.get(..end + last.len())?).ok();
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::first;

    #[test]
    fn the_first_block_counts_whatever_is_around_it() {
        let block = |tag: &str, text: &str| format!("-----BEGIN {tag}-----\n{text}\n-----END {tag}-----\n");
        let (one, other) = (block("PUBLIC KEY", "AAEC"), block("CERTIFICATE", "AwQF"));
        for text in [
            one.clone(),
            format!("{one}text"),
            format!("text\n{one}"),
            format!("{one}{other}"),
            one.replace('\n', "\r\n"),
        ] {
            let found = first(text.as_bytes()).unwrap();
            assert_eq!((found.tag(), found.contents()), ("PUBLIC KEY", &[0u8, 1, 2][..]), "{text}");
        }
        assert_eq!(first(format!("{other}{one}").as_bytes()).unwrap().tag(), "CERTIFICATE");
        for text in [
            "",
            "text",
            &one.replace('\n', ""),
            &format!("\u{feff}{one}"),
            "-----BEGIN PUBLIC KEY-----\nAAEC\n",
        ] {
            assert!(first(text.as_bytes()).is_none(), "{text}");
        }
    }
}
