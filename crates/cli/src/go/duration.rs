//! Durations as Go's `time.ParseDuration` reads them: `3m0s`, `1.5h`, `-2ns`.

use std::time::Duration;

use super::quote::quote;

/// Reads a duration. A negative one is over before it begins: zero.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let invalid = || format!("time: invalid duration {}", quote(text));
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut nanoseconds = 0u128;
    while !rest.is_empty() {
        let (number, after) = split(rest, |letter| letter.is_ascii_digit() || letter == '.');
        if !number.bytes().any(|byte| byte.is_ascii_digit())
            || number.matches('.').count() > 1
            || number.len() > 40
        {
            return Err(invalid());
        }
        let (unit, after) = split(after, |letter| letter != '.' && !letter.is_ascii_digit());
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote(text)));
        }
        let scale: u128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(format!("time: unknown unit {} in duration {}", quote(unit), quote(text))),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let whole = if whole.is_empty() { 0 } else { whole.parse::<u128>().map_err(|_| invalid())? };
        let mut sum = whole.checked_mul(scale).ok_or_else(invalid)?;
        let mut part = scale;
        for digit in fraction.bytes() {
            part /= 10;
            sum = sum.saturating_add(u128::from(digit.saturating_sub(b'0')) * part);
        }
        nanoseconds =
            nanoseconds.checked_add(sum).filter(|sum| *sum <= i64::MAX as u128).ok_or_else(invalid)?;
        rest = after;
    }
    if negative {
        return Ok(Duration::ZERO);
    }
    u64::try_from(nanoseconds).map(Duration::from_nanos).map_err(|_| invalid())
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|letter| !belongs(letter)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn durations_read_as_in_go() {
        assert_eq!(parse("3m0s"), Ok(Duration::from_secs(180)));
        assert_eq!(parse("1.5h"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse("1ns"), Ok(Duration::from_nanos(1)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
        assert_eq!(parse("-5s"), Ok(Duration::ZERO));
        assert_eq!(parse("abc"), Err("time: invalid duration \"abc\"".into()));
        assert_eq!(parse("5"), Err("time: missing unit in duration \"5\"".into()));
        assert_eq!(parse("5x"), Err("time: unknown unit \"x\" in duration \"5x\"".into()));
        assert_eq!(parse(""), Err("time: invalid duration \"\"".into()));
        assert!(parse("99999999999999999999h").is_err());
    }
}
