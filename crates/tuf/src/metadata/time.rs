//! When metadata expires: `YYYY-MM-DDTHH:MM:SSZ`, and no other spelling.

use sealgate_verify::Timestamp;

/// Reads a time.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = *bytes
    else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits
            .iter()
            .try_fold(0_i64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_month = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=days_of_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years that begin in March put the leap day last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let days =
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(Timestamp(days * 86_400 + hour * 3_600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::read;
    use sealgate_verify::Timestamp;

    #[test]
    fn a_time_is_read_as_it_is_printed() {
        for seconds in [0, 951_782_399, 951_782_400, 951_868_800, 1_795_260_671, 4_102_444_799, -1] {
            assert_eq!(read(&Timestamp(seconds).to_string()), Some(Timestamp(seconds)), "{seconds}");
        }
    }

    #[test]
    fn nothing_but_the_one_spelling_is_a_time() {
        for text in [
            "",
            "2027-04-22",
            "2027-04-22T19:27:31",
            "2027-04-22T19:27:31+00:00",
            "2027-04-22T19:27:31.5Z",
            "2027-02-29T00:00:00Z",
            "2027-13-01T00:00:00Z",
            "2027-00-01T00:00:00Z",
            "2027-01-00T00:00:00Z",
            "2027-01-01T24:00:00Z",
            "2027-01-01T00:60:00Z",
            "2027-01-01T00:00:60Z",
            "+027-01-01T00:00:00Z",
            "2027-01-01t00:00:00z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(read("2028-02-29T23:59:59Z").is_some(), "twin");
    }
}
