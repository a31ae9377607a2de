//! Layers of many manifests, taken round by round.

/// The first layers of all manifests, then the second ones, and so on, up to a number.
// THREAT: one manifest of many layers that takes every place, so that genuine signatures after it are never looked at.
// See a_manifest_stuffed_to_the_limit_does_not_crowd_out_the_others.
#[derive(Debug)]
pub(crate) struct Rounds<T> {
    most: usize,
    manifests: usize,
    found: usize,
    taken: Vec<((usize, usize), T)>,
}

impl<T> Rounds<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, manifests: 0, found: 0, taken: Vec::new() }
    }

    /// Adds the layers of one manifest. What has no place any more is let go at once, not held until all are there.
    pub(crate) fn add(&mut self, layers: Vec<T>) {
        self.found += layers.len();
        let each = layers.into_iter().take(self.most).enumerate();
        self.taken.extend(each.map(|(round, layer)| ((round, self.manifests), layer)));
        self.manifests += 1;
        self.taken.sort_by_key(|(place, _)| *place);
        self.taken.truncate(self.most);
    }

    /// How many there were, if that is too many.
    pub(crate) fn too_many(&self) -> Option<usize> {
        (self.found > self.most).then_some(self.found)
    }

    /// The layers that have a place, in their order.
    pub(crate) fn taken(self) -> impl Iterator<Item = T> {
        self.taken.into_iter().map(|(_, layer)| layer)
    }
}

#[cfg(test)]
mod tests {
    use super::Rounds;

    fn taken(most: usize, manifests: &[&str]) -> (String, Option<usize>) {
        let mut rounds = Rounds::new(most);
        manifests.iter().for_each(|layers| rounds.add(layers.chars().collect()));
        let cut = rounds.too_many();
        (rounds.taken().collect(), cut)
    }

    #[test]
    fn layers_are_taken_round_by_round_up_to_the_limit() {
        assert_eq!(taken(6, &["abc", "d", "ef"]), ("adebfc".into(), None));
        assert_eq!(taken(5, &["abc", "d", "ef"]), ("adebf".into(), Some(6)));
        assert_eq!(taken(2, &["abc", "d", "ef"]), ("ad".into(), Some(6)));
        assert_eq!(taken(3, &["", "abcdef", "", "g"]), ("agb".into(), Some(7)));
        assert_eq!(taken(0, &["a"]), (String::new(), Some(1)));
        assert_eq!(taken(2, &[]), (String::new(), None));
    }
}
