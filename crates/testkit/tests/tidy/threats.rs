//! Every threat that is written down is held by a test.

use std::collections::BTreeSet;

use super::{none, sources, top};

#[test]
fn every_threat_in_security_md_names_tests_that_exist() {
    let text = std::fs::read_to_string(top().join("SECURITY.md")).unwrap();
    let mut functions = BTreeSet::new();
    for (_, source) in sources() {
        for (at, _) in source.match_indices("fn ") {
            let rest = source[at + 3..].chars();
            functions
                .insert(rest.take_while(|next| next.is_alphanumeric() || *next == '_').collect::<String>());
        }
    }
    let (mut threats, mut inside, mut broken) = (0, false, Vec::new());
    for (number, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        inside = line.starts_with('|') && (inside || cells == ["threat", "test"]);
        if !inside || cells == ["threat", "test"] || line.starts_with("|---") {
            continue;
        }
        threats += 1;
        let named: Vec<&str> = cells.get(1).unwrap_or(&"").split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            broken.push(format!("SECURITY.md:{}: no test", number + 1));
        }
        for name in named {
            let folder = top().join("testdata/attacks").join(name).join("expect.toml");
            if !functions.contains(name) && !folder.exists() {
                broken.push(format!("SECURITY.md:{}: `{name}` does not exist", number + 1));
            }
        }
    }
    assert!(threats >= 30, "the tables `| threat | test |` of SECURITY.md are not read: {threats} threats");
    none("threats without a test", &broken);
}

#[test]
fn every_threat_comment_names_a_test_that_exists() {
    let sources = sources();
    let everything: String = sources.iter().map(|(_, text)| text.as_str()).collect();
    let mut broken = Vec::new();
    for (path, text) in &sources {
        for (at, _) in text.match_indices("// THREAT:") {
            let comment: Vec<&str> =
                text[at..].lines().take_while(|line| line.trim_start().starts_with("//")).collect();
            let comment = comment.join(" ");
            let Some((_, named)) = comment.split_once("See ") else { continue };
            for name in named.split([' ', ',', '.', '`']).filter(|word| word.matches(['_', '-']).count() >= 2)
            {
                let folder = top().join("testdata/attacks").join(name);
                if !everything.contains(&format!("fn {name}")) && !folder.exists() {
                    broken.push(format!("{}:{}: {name}", path.display(), text[..at].lines().count() + 1));
                }
            }
        }
    }
    none("tests that a THREAT comment names and that do not exist", &broken);
}
