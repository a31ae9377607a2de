//! What somebody may have meant.

/// The known word that differs from `word` by little, if there is one.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > 64 {
        return None;
    }
    let allowed = if word.len() < 4 { 1 } else { 2 };
    known
        .into_iter()
        .map(|candidate| (distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            *distance <= allowed
                || candidate.to_lowercase().strip_suffix("regex")
                    == word.to_lowercase().strip_suffix("regexp")
                    && word.to_lowercase().ends_with("regexp")
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How no words are listed.
pub(super) const NONE: &str = "none";

/// Words as a reader lists them.
pub(super) fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => NONE.to_owned(),
    }
}

/// How many letters are to be changed, added or removed.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (position, letter) in left.chars().enumerate() {
        let mut diagonal = position;
        let mut previous = position + 1;
        let mut next = vec![previous];
        for (other, above) in right.iter().zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(*other != letter);
            previous = changed.min(above + 1).min(previous + 1);
            diagonal = *above;
            next.push(previous);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{listed, nearest};

    #[test]
    fn a_near_word_is_found_and_a_far_one_is_not() {
        assert_eq!(nearest("imagse", ["images", "exceptImages"]), Some("images"));
        assert_eq!(nearest("subjectRegExp", ["subject", "subjectRegex"]), Some("subjectRegex"));
        assert_eq!(nearest("mode", ["images", "exceptImages"]), None);
    }

    #[test]
    fn words_are_listed_as_a_reader_does() {
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed([]), "none");
    }
}
