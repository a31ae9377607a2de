//! How long the API server waits, and when our answer must be there.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits;

/// When a review must be answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Patience {
    /// When judging ends.
    pub(crate) judge_until: Instant,
    /// When the answer must be on its way.
    pub(crate) answer_by: Instant,
}

impl Patience {
    /// From the query of the API server's request, such as `timeout=10s`; without it, its default.
    pub(crate) fn new(received: Instant, query: Option<&str>) -> Self {
        let stated = query
            .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("timeout=")))
            .and_then(duration);
        let timeout = stated.unwrap_or(limits::PATIENCE).min(limits::MOST_PATIENCE);
        // Half of a very short patience is all that can be had.
        let early = limits::ANSWER_EARLY.min(timeout / 2);
        let answer_by = received + timeout.saturating_sub(early);
        let judge_until = answer_by.checked_sub(limits::WRITE_ANSWER).unwrap_or(received).max(received);
        Self { judge_until, answer_by }
    }
}

/// Reads a duration as Go writes it: `10s`, `1m30s`, `500ms`, `1.5s`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, after) = rest.split_at_checked(end)?;
        let number: f64 = number.parse().ok()?;
        let (unit, after) = match after {
            _ if after.starts_with("ms") => (0.001, after.get(2..)?),
            _ if after.starts_with('s') => (1.0, after.get(1..)?),
            _ if after.starts_with('m') => (60.0, after.get(1..)?),
            _ if after.starts_with('h') => (3600.0, after.get(1..)?),
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(number * unit).ok()?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        for (text, milliseconds) in
            [("10s", 10_000), ("1m30s", 90_000), ("500ms", 500), ("1.5s", 1500), ("1h", 3_600_000)]
        {
            assert_eq!(duration(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "10", "s", "10x", "-1s", "1s2", "..s", "99999999999999999999999999h"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn the_answer_is_half_a_second_before_the_end_of_the_api_servers_patience() {
        let now = Instant::now();
        let until = |query| {
            let patience = Patience::new(now, query);
            (patience.judge_until - now, patience.answer_by - now)
        };
        let milliseconds = |judge, answer| (Duration::from_millis(judge), Duration::from_millis(answer));
        assert_eq!(until(Some("timeout=10s")), milliseconds(9400, 9500));
        assert_eq!(until(Some("a=b&timeout=5s")), milliseconds(4400, 4500));
        assert_eq!(until(None), milliseconds(9400, 9500));
        assert_eq!(until(Some("timeout=soon")), milliseconds(9400, 9500));
        assert_eq!(until(Some("timeout=10h")), milliseconds(29_400, 29_500));
        assert_eq!(until(Some("timeout=1s")), milliseconds(400, 500));
        assert_eq!(until(Some("timeout=100ms")), milliseconds(0, 50));
    }
}
