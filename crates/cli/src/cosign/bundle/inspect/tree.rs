//! A tree of labels and values, as lines of text.

use crate::console::harmless;

/// The tree so far.
#[derive(Debug, Default)]
pub(super) struct Tree {
    text: String,
    depth: usize,
}

impl Tree {
    /// A label with a value.
    pub(super) fn leaf(&mut self, label: &str, value: &str) {
        let line = match value {
            "" => format!("- {label}:"),
            value => format!("- {label}: {value}"),
        };
        // THREAT: a value that begins a line of its own would add to the tree. See a_value_stays_within_its_line.
        let line = harmless(&line).replace('\n', "\\n");
        self.text.push_str(&"  ".repeat(self.depth));
        self.text.push_str(&line);
        self.text.push('\n');
    }

    /// A label with a value, and what is below.
    pub(super) fn node(&mut self, label: &str, value: &str, below: impl FnOnce(&mut Self)) {
        self.leaf(label, value);
        self.depth += 1;
        below(self);
        self.depth -= 1;
    }

    /// A label and what is below.
    pub(super) fn branch(&mut self, label: &str, below: impl FnOnce(&mut Self)) {
        self.node(label, "", below);
    }

    /// Something that should not be so.
    pub(super) fn warning(&mut self, text: &str) {
        self.leaf("[!] WARNING", text);
    }

    /// All lines.
    pub(super) fn text(self) -> String {
        self.text
    }
}

/// That something is there, and how long it is.
pub(super) fn size(bytes: usize) -> String {
    format!("Present ({bytes} bytes)")
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn a_value_stays_within_its_line() {
        let mut tree = Tree::default();
        tree.branch("a", |tree| tree.leaf("b", "x\n- Verified: yes\u{1b}[2J"));
        assert_eq!(tree.text(), "- a:\n  - b: x\\n- Verified: yes\\u{1b}[2J\n");
    }
}
