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
        let (whole, after) = split(rest, |letter| letter.is_ascii_digit());
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => split(after, |letter| letter.is_ascii_digit()),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
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
        let whole = if whole.is_empty() { 0 } else { whole.parse::<u128>().map_err(|_| invalid())? };
        let mut sum = whole.checked_mul(scale).ok_or_else(invalid)?;
        let mut part = scale;
        for digit in fraction.bytes() {
            part /= 10;
            sum = sum.saturating_add(u128::from(digit.saturating_sub(b'0')) * part);
        }
        nanoseconds = nanoseconds
            .checked_add(sum)
            .filter(|sum| *sum <= MOST + u128::from(negative))
            .ok_or_else(invalid)?;
        rest = after;
    }
    if negative {
        return Ok(Duration::ZERO);
    }
    u64::try_from(nanoseconds).map(Duration::from_nanos).map_err(|_| invalid())
}

// Go counts nanoseconds in 64 bits.
const MOST: u128 = i64::MAX as u128;

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
        assert_eq!(parse(".5s"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("5.s1m"), Ok(Duration::from_secs(65)));
        assert_eq!(parse("-9223372036854775808ns"), Ok(Duration::ZERO));
        assert_eq!(parse(&format!("1.{}s", "0".repeat(100))), Ok(Duration::from_secs(1)));
        for invalid in [".s", "+", "-", "9223372036854775808ns", "2562047h47m16.854775808s"] {
            assert_eq!(parse(invalid), Err(format!("time: invalid duration \"{invalid}\"")));
        }
        for missing in ["1.5.5s", "1..5s", "1h1", "0s0", "00", "0.0"] {
            assert_eq!(parse(missing), Err(format!("time: missing unit in duration \"{missing}\"")));
        }
        for (text, unit) in [("1 s", " s"), ("1e3s", "e"), ("1S", "S"), ("1h ", "h ")] {
            assert_eq!(parse(text), Err(format!("time: unknown unit \"{unit}\" in duration \"{text}\"")));
        }
        assert_eq!(parse("abc"), Err("time: invalid duration \"abc\"".into()));
        assert_eq!(parse("5"), Err("time: missing unit in duration \"5\"".into()));
        assert_eq!(parse("5x"), Err("time: unknown unit \"x\" in duration \"5x\"".into()));
        assert_eq!(parse(""), Err("time: invalid duration \"\"".into()));
        assert!(parse("99999999999999999999h").is_err());
    }
}
