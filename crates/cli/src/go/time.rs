//! Times as Go's `time.Parse(time.RFC3339, ...)` reads them, and as protobuf's JSON writes them.

use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time};

use super::quote::quote;

const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";

/// Reads an RFC 3339 time.
///
/// # Errors
/// Go's text.
pub(crate) fn parse(text: &str) -> Result<OffsetDateTime, String> {
    let mut cursor = Cursor { text, rest: text };
    let year = cursor.number(4, "2006")?;
    cursor.literal("-")?;
    let month = cursor.within(1..=12, "01", "month")?;
    cursor.literal("-")?;
    let day = cursor.number(2, "02")?;
    cursor.literal("T")?;
    let hour = cursor.within(0..=23, "15", "hour")?;
    cursor.literal(":")?;
    let minute = cursor.within(0..=59, "04", "minute")?;
    cursor.literal(":")?;
    let second = cursor.within(0..=59, "05", "second")?;
    let nanosecond = cursor.fraction();
    let offset = cursor.offset()?;
    if !cursor.rest.is_empty() {
        return Err(cursor.range(&format!("extra text: {}", quote(cursor.rest))));
    }
    let out = || cursor.range("day out of range");
    let small = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
    let month = Month::try_from(small(month)).map_err(|_| out())?;
    let date = Date::from_calendar_date(i32::try_from(year).unwrap_or_default(), month, small(day))
        .map_err(|_| out())?;
    let time =
        Time::from_hms_nano(small(hour), small(minute), small(second), nanosecond).map_err(|_| out())?;
    PrimitiveDateTime::new(date, time)
        .assume_utc()
        .checked_sub(offset)
        .filter(|time| time.year() >= 1)
        .ok_or_else(|| cursor.range("year out of range"))
}

/// Writes a time in UTC with no, three, six or nine digits of a second's fraction.
pub(crate) fn write(time: OffsetDateTime) -> String {
    let nanoseconds = format!("{:09}", time.nanosecond());
    let mut fraction = nanoseconds.as_str();
    while let Some(shorter) = fraction.strip_suffix("000") {
        fraction = shorter;
    }
    let (dot, month) = (if fraction.is_empty() { "" } else { "." }, u8::from(time.month()));
    format!(
        "{:04}-{month:02}-{:02}T{:02}:{:02}:{:02}{dot}{fraction}Z",
        time.year(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

struct Cursor<'t> {
    text: &'t str,
    rest: &'t str,
}

impl Cursor<'_> {
    fn wrong(&self, element: &str) -> String {
        format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quote(self.text),
            quote(LAYOUT),
            quote(self.rest),
            quote(element)
        )
    }

    fn range(&self, why: &str) -> String {
        format!("parsing time {}: {why}", quote(self.text))
    }

    fn literal(&mut self, literal: &str) -> Result<(), String> {
        self.rest = self.rest.strip_prefix(literal).ok_or_else(|| self.wrong(literal))?;
        Ok(())
    }

    fn number(&mut self, digits: usize, element: &str) -> Result<u32, String> {
        let split = self.rest.split_at_checked(digits);
        let (number, rest) = split
            .filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
            .ok_or_else(|| self.wrong(element))?;
        self.rest = rest;
        Ok(number.parse().unwrap_or_default())
    }

    fn within(
        &mut self,
        range: std::ops::RangeInclusive<u32>,
        element: &str,
        name: &str,
    ) -> Result<u32, String> {
        let number = self.number(2, element)?;
        if range.contains(&number) { Ok(number) } else { Err(self.range(&format!("{name} out of range"))) }
    }

    fn fraction(&mut self) -> u32 {
        let Some(after) = self.rest.strip_prefix(['.', ',']) else { return 0 };
        let end = after.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after.len());
        let Some((digits, rest)) = after.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())
        else {
            return 0;
        };
        self.rest = rest;
        let nine: String = digits.chars().chain(std::iter::repeat('0')).take(9).collect();
        nine.parse().unwrap_or_default()
    }

    fn offset(&mut self) -> Result<Duration, String> {
        const ELEMENT: &str = "Z07:00";
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(Duration::ZERO);
        }
        let wrong = self.wrong(ELEMENT);
        let (zone, rest) = self.rest.split_at_checked(6).ok_or_else(|| wrong.clone())?;
        let (hours, minutes) = zone.split_once(':').ok_or_else(|| wrong.clone())?;
        let negative = hours.starts_with('-');
        let hours = hours.strip_prefix(['+', '-']).ok_or_else(|| wrong.clone())?;
        let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(hours) || !digits(minutes) {
            return Err(wrong);
        }
        let (hours, minutes): (i64, i64) =
            (hours.parse().unwrap_or_default(), minutes.parse().unwrap_or_default());
        if hours > 24 {
            return Err(self.range("time zone offset hour out of range"));
        }
        if minutes > 60 {
            return Err(self.range("time zone offset minute out of range"));
        }
        self.rest = rest;
        let offset = Duration::minutes(hours * 60 + minutes);
        Ok(if negative { -offset } else { offset })
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, write};

    #[test]
    fn times_read_and_write_as_in_go() {
        for (text, written) in [
            ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
            ("2024-01-01T00:00:00.120+02:00", "2023-12-31T22:00:00.120Z"),
            ("2024-02-29T23:59:59.000001-01:30", "2024-03-01T01:29:59.000001Z"),
            ("2024-01-01T00:00:00,5Z", "2024-01-01T00:00:00.500Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(parse(text).map(write), Ok(written.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_fails_with_gos_words() {
        let shape = |text: &str, rest: &str, element: &str| {
            format!(
                "parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{rest}\" as \"{element}\""
            )
        };
        for (text, rest, element) in [
            ("abc", "abc", "2006"),
            ("", "", "2006"),
            ("2024-01-01", "", "T"),
            ("2024/01-01", "/01-01", "-"),
            ("2024-1-01", "1-01", "01"),
            ("2024-01-01T00:00:00", "", "Z07:00"),
            ("2024-01-01T00:00:00+0200", "+0200", "Z07:00"),
            ("2024-01-01t00:00:00Z", "t00:00:00Z", "T"),
        ] {
            assert_eq!(parse(text).unwrap_err(), shape(text, rest, element));
        }
        for (text, why) in [
            ("2024-13-01T00:00:00Z", "month out of range"),
            ("2024-02-30T00:00:00Z", "day out of range"),
            ("2024-01-00T00:00:00Z", "day out of range"),
            ("2024-01-01T24:00:00Z", "hour out of range"),
            ("2024-01-01T00:60:00Z", "minute out of range"),
            ("2024-01-01T00:00:60Z", "second out of range"),
            ("2024-01-01T00:00:00Zx", "extra text: \"x\""),
            ("2024-01-01T00:00:00+25:00", "time zone offset hour out of range"),
        ] {
            assert_eq!(parse(text).unwrap_err(), format!("parsing time \"{text}\": {why}"));
        }
    }
}
