//! Checkpoints: signed notes that name a tree's size and root.

use crate::{limits, root::Log, wire};

/// A checkpoint as it was signed.
#[derive(Debug)]
pub(crate) struct Checkpoint<'a> {
    /// What was signed: everything up to the blank line.
    body: &'a str,
    origin: &'a str,
    pub(crate) tree_size: u64,
    pub(crate) root_hash: [u8; 32],
    signatures: Vec<NoteSignature<'a>>,
}

#[derive(Debug)]
struct NoteSignature<'a> {
    name: &'a str,
    hint: [u8; 4],
    bytes: Vec<u8>,
}

impl<'a> Checkpoint<'a> {
    /// Reads a signed note whose text is a checkpoint.
    ///
    /// Spec: c2sp.org/signed-note and c2sp.org/tlog-checkpoint, strictly: no second spelling of anything.
    pub(crate) fn read(text: &'a str) -> Result<Self, &'static str> {
        if text.len() > limits::CHECKPOINT_BYTES {
            return Err("it is too long");
        }
        if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err("it has control characters");
        }
        // The signatures follow the last blank line.
        let at = text.rfind("\n\n").ok_or("it has no blank line before its signatures")?;
        let (body, lines) =
            text.split_at_checked(at + 1).ok_or("it has no blank line before its signatures")?;
        let mut rows = body.lines();
        let origin = rows.next().filter(|origin| !origin.is_empty()).ok_or("it has no origin")?;
        let size = rows.next().ok_or("it has no tree size")?;
        let tree_size = decimal(size).ok_or("its tree size is not a decimal number")?;
        let root = rows.next().and_then(wire::base64).ok_or("its root hash is not base64")?;
        if rows.any(str::is_empty) {
            return Err("it has an empty line");
        }
        let signatures = lines.trim_start_matches('\n').lines().map(signature).collect::<Option<Vec<_>>>();
        let signatures =
            signatures.filter(|found| !found.is_empty()).ok_or("it has no well-formed signature lines")?;
        if signatures.len() > limits::CHECKPOINT_SIGNATURES {
            return Err("it has too many signatures");
        }
        let root_hash = root.try_into().map_err(|_| "its root hash is not 32 bytes")?;
        Ok(Self { body, origin, tree_size, root_hash, signatures })
    }

    /// Whether it is by `log`: its origin and signer are that log's name, and one of its signatures is by that log's key.
    /// Signatures of others, such as witnesses, are passed over.
    // THREAT: one trusted log's key vouches for another log's tree. See a_checkpoint_of_another_log_is_rejected.
    pub(crate) fn is_by(&self, log: &Log) -> Result<(), &'static str> {
        let name = name(self.origin);
        let host = log.host();
        let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
        if !host.is_empty() && name != host && name != bare {
            return Err("its origin is another log");
        }
        let hint = log.checkpoint_id.get(..4).ok_or("the log's checkpoint key id is too short")?;
        let mut own = self
            .signatures
            .iter()
            .filter(|signature| signature.name == name && signature.hint == hint)
            .peekable();
        if own.peek().is_none() {
            return Err("it has no signature by the log");
        }
        if own.any(|signature| log.key.verifies(self.body.as_bytes(), &signature.bytes, None)) {
            return Ok(());
        }
        Err("its signature by the log is wrong")
    }
}

// Rekor v1 appends the number of its tree to its name: `rekor.sigstore.dev - 2605736670972794746`.
fn name(origin: &str) -> &str {
    match origin.rsplit_once(" - ") {
        Some((name, tree)) if !tree.is_empty() && tree.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => origin,
    }
}

fn decimal(text: &str) -> Option<u64> {
    let plain = text == "0" || text.starts_with(|first: char| matches!(first, '1'..='9'));
    if plain { text.parse().ok() } else { None }
}

fn signature(line: &str) -> Option<NoteSignature<'_>> {
    let (name, bytes) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = wire::base64(bytes)?;
    let (hint, bytes) = bytes.split_first_chunk::<4>()?;
    if name.is_empty() || bytes.is_empty() {
        return None;
    }
    Some(NoteSignature { name, hint: *hint, bytes: bytes.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::Checkpoint;
    use crate::limits;

    const NOTE: &str = "log.example - 7\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nextra\n\n\u{2014} log.example AAAAAAE=\n";

    #[test]
    fn a_note_is_read_in_its_one_spelling() {
        let note = Checkpoint::read(NOTE).unwrap();
        assert_eq!((note.origin, note.tree_size, note.root_hash), ("log.example - 7", 42, [0; 32]));
        for (from, to) in [
            ("\n\n", "\n"),
            ("\n42\n", "\n042\n"),
            ("\n42\n", "\n+42\n"),
            ("\n42\n", "\n 42\n"),
            ("\n42\n", "\n18446744073709551616\n"),
            ("AAA=", "AAA"),
            ("AAA=", "AAA-"),
            ("AAAAAAAAAAA=", "="),
            ("log.example - 7\n", "\n"),
            ("log.example - 7\n", "log.example - 7\r\n"),
            ("\u{2014} log", "- log"),
            ("\u{2014} log.example AAAAAAE=", "\u{2014} log.example AAAAAA=="),
            ("\u{2014} log.example AAAAAAE=", "\u{2014}  AAAAAAE="),
            ("\u{2014} log.example AAAAAAE=\n", ""),
            ("\u{2014} log.example AAAAAAE=\n", "\u{2014} log.example AAAAAAE=\n\u{2014} other\n"),
        ] {
            assert!(NOTE.contains(from));
            assert!(Checkpoint::read(&NOTE.replace(from, to)).is_err(), "{from:?} as {to:?}");
        }
    }

    #[test]
    fn a_note_is_measured_before_it_is_read() {
        let padded = |length: usize| NOTE.replace("extra", &"x".repeat(length - NOTE.len() + "extra".len()));
        assert!(Checkpoint::read(&padded(limits::CHECKPOINT_BYTES)).is_ok());
        assert!(Checkpoint::read(&padded(limits::CHECKPOINT_BYTES + 1)).is_err());
    }

    #[test]
    fn the_number_of_a_tree_is_no_part_of_the_logs_name() {
        assert_eq!(super::name("rekor.sigstore.dev - 2605736670972794746"), "rekor.sigstore.dev");
        for whole in
            ["rekor.sigstore.dev", "rekor.sigstore.dev - ", "rekor.sigstore.dev - x", "rekor.sigstore.dev-1"]
        {
            assert_eq!(super::name(whole), whole);
        }
    }
}
