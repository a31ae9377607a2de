//! When a request is worth repeating.

use std::time::Duration;

use http::{HeaderMap, header::RETRY_AFTER};
use sealgate_verify::GapCause;

use crate::limits;

/// What a registry asks for in `Retry-After`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Asks {
    /// Nothing.
    Nothing,
    /// To wait this long.
    Wait(Duration),
}

/// Reads `Retry-After`: seconds, or a date compared with `now` in seconds since the epoch.
///
/// Spec: RFC 9110 section 10.2.3.
pub(crate) fn asks(headers: &HeaderMap, now: i64) -> Asks {
    let Some(text) = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::trim) else {
        return Asks::Nothing;
    };
    if let Ok(seconds) = text.parse::<u64>() {
        return Asks::Wait(Duration::from_secs(seconds));
    }
    match time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc2822) {
        Ok(date) => {
            let seconds = date.unix_timestamp().saturating_sub(now);
            Asks::Wait(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
        }
        Err(_) => Asks::Nothing,
    }
}

/// Finds how long to wait before the repetition number `attempt` (from 0), or `None` where it is not worth it.
///
/// `left` is what remains of the deadline, `jitter` a number from 0 to 1.
pub(crate) fn pause(
    attempt: u32,
    cause: GapCause,
    asks: Asks,
    left: Duration,
    jitter: f64,
) -> Option<Duration> {
    if attempt >= limits::RETRIES || !matches!(cause, GapCause::RateLimited | GapCause::Unreachable) {
        return None;
    }
    let spread = limits::PAUSE_LONGEST.saturating_sub(limits::PAUSE_SHORTEST).mul_f64(jitter.clamp(0.0, 1.0));
    let own = limits::PAUSE_SHORTEST.saturating_add(spread);
    let pause = match asks {
        Asks::Nothing => own,
        Asks::Wait(asked) => asked.saturating_add(spread).max(own),
    };
    (pause.saturating_add(limits::LEFT_AFTER_PAUSE) <= left).then_some(pause)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue, header::RETRY_AFTER};
    use sealgate_verify::GapCause::{self, RateLimited, Unreachable};

    use super::{Asks, asks, pause};
    use crate::limits;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_request_is_repeated_as_often_as_the_limit_says() {
        assert!(pause(limits::RETRIES - 1, RateLimited, Asks::Nothing, LONG, 0.5).is_some());
        assert_eq!(pause(limits::RETRIES, RateLimited, Asks::Nothing, LONG, 0.5), None);
    }

    #[test]
    fn only_what_may_pass_is_repeated() {
        assert!(pause(0, Unreachable, Asks::Nothing, LONG, 0.5).is_some());
        for cause in [
            GapCause::AccessDenied,
            GapCause::Tls,
            GapCause::Timeout,
            GapCause::Limit,
            GapCause::HostForbidden,
        ] {
            assert_eq!(pause(0, cause, Asks::Nothing, LONG, 0.5), None, "{cause:?}");
        }
    }

    #[test]
    fn the_pause_is_spread_between_its_bounds() {
        assert_eq!(pause(0, Unreachable, Asks::Nothing, LONG, 0.0), Some(limits::PAUSE_SHORTEST));
        assert_eq!(pause(0, Unreachable, Asks::Nothing, LONG, 1.0), Some(limits::PAUSE_LONGEST));
        assert_eq!(pause(0, Unreachable, Asks::Nothing, LONG, 7.0), Some(limits::PAUSE_LONGEST));
    }

    #[test]
    fn retry_after_is_obeyed_within_the_deadline_and_only_there() {
        let five = Asks::Wait(Duration::from_secs(5));
        let enough = Duration::from_secs(5) + limits::LEFT_AFTER_PAUSE;
        assert_eq!(pause(0, RateLimited, five, enough, 0.0), Some(Duration::from_secs(5)));
        assert_eq!(pause(0, RateLimited, five, enough - Duration::from_millis(1), 0.0), None);
        assert_eq!(pause(0, RateLimited, Asks::Wait(Duration::MAX), LONG, 1.0), None);
        assert_eq!(
            pause(0, RateLimited, Asks::Wait(Duration::ZERO), LONG, 0.0),
            Some(limits::PAUSE_SHORTEST)
        );
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            asks(&headers, 1_445_412_480)
        };
        assert_eq!(read("86400"), Asks::Wait(Duration::from_secs(86_400)));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:10 GMT"), Asks::Wait(Duration::from_secs(10)));
        assert_eq!(read("Wed, 21 Oct 2015 07:27:00 GMT"), Asks::Wait(Duration::ZERO));
        assert_eq!(asks(&HeaderMap::new(), 0), Asks::Nothing);
        for text in ["-5", "soon", "1e3", ""] {
            assert_eq!(read(text), Asks::Nothing, "{text}");
        }
    }
}
