//! Times as JSON carries them, and as people read them.

use device_token::Timestamp;
use time::format_description::well_known::Rfc3339;
use time::{Month, OffsetDateTime};

use crate::language::Language;

/// Seconds in a day, as everything here counts days.
pub const DAY_SECONDS: u64 = 86_400;

fn date_time(at: Timestamp) -> OffsetDateTime {
    i64::try_from(at.as_seconds())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// RFC 3339 in UTC, to the second: `2026-11-22T10:00:00Z`.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    date_time(at).format(&Rfc3339).unwrap_or_default()
}

/// The UTC day: `2026-11-22`.
#[must_use]
pub fn utc_day(at: Timestamp) -> String {
    let date = date_time(at).date();
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// As people read it, in UTC, to the minute: `November 22, 2026, 10:00 UTC`.
#[must_use]
pub fn written_out(at: Timestamp, language: Language) -> String {
    let at = date_time(at);
    let (day, year, time) = (at.day(), at.year(), format!("{:02}:{:02}", at.hour(), at.minute()));
    match language {
        Language::English => format!("{} {day}, {year}, {time} UTC", at.month()),
        Language::German => format!("{day}. {} {year}, {time} Uhr (UTC)", german(at.month())),
    }
}

const fn german(month: Month) -> &'static str {
    match month {
        Month::January => "Januar",
        Month::February => "Februar",
        Month::March => "März",
        Month::April => "April",
        Month::May => "Mai",
        Month::June => "Juni",
        Month::July => "Juli",
        Month::August => "August",
        Month::September => "September",
        Month::October => "Oktober",
        Month::November => "November",
        Month::December => "Dezember",
    }
}

/// A time as RFC 3339 has it, or a UTC day, which is its first second; and whether it is a day.
#[must_use]
pub fn time_or_day(text: &str) -> Option<(Timestamp, bool)> {
    let is_day = text.len() == "2026-11-22".len();
    let parsed = if is_day {
        OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339)
    } else {
        OffsetDateTime::parse(text, &Rfc3339)
    };
    let seconds = u64::try_from(parsed.ok()?.unix_timestamp()).ok()?;
    Some((Timestamp::from_seconds(seconds).ok()?, is_day))
}

/// The first second of the UTC day.
#[must_use]
pub fn start_of_utc_day(at: Timestamp) -> Timestamp {
    let seconds = at.as_seconds();
    Timestamp::from_seconds(seconds.saturating_sub(seconds % DAY_SECONDS)).unwrap_or(at)
}

/// The last second of the UTC day.
#[must_use]
pub fn end_of_utc_day(at: Timestamp) -> Timestamp {
    let of_day = at.as_seconds() % DAY_SECONDS;
    at.plus_seconds(DAY_SECONDS.saturating_sub(of_day).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_to_the_second() {
        let at = Timestamp::from_seconds(1_795_341_600).unwrap();
        assert_eq!(rfc3339(at), "2026-11-22T10:00:00Z");
        assert_eq!(utc_day(at), "2026-11-22");
    }

    #[test]
    fn times_are_written_out_in_words_of_the_language() {
        for (seconds, english, german) in [
            (1_795_341_600, "November 22, 2026, 10:00 UTC", "22. November 2026, 10:00 Uhr (UTC)"),
            (1_772_323_500, "March 1, 2026, 00:05 UTC", "1. März 2026, 00:05 Uhr (UTC)"),
        ] {
            let at = Timestamp::from_seconds(seconds).unwrap();
            assert_eq!(written_out(at, Language::English), english);
            assert_eq!(written_out(at, Language::German), german);
        }
    }

    #[test]
    fn times_and_days_are_read() {
        let at = |seconds, is_day| Some((Timestamp::from_seconds(seconds).unwrap(), is_day));
        assert_eq!(time_or_day("2026-11-22T10:00:00Z"), at(1_795_341_600, false));
        assert_eq!(time_or_day("2026-11-22T11:00:00+01:00"), at(1_795_341_600, false));
        assert_eq!(time_or_day("2026-11-22"), at(1_795_305_600, true));
        for text in
            ["", "2026-11-31", "22.11.2026", "2026-11-22T10:00", "1969-12-31", "2026-1-022", "yesterday"]
        {
            assert_eq!(time_or_day(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_ends_a_second_before_the_next() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        assert_eq!(rfc3339(end_of_utc_day(at(1_795_341_600))), "2026-11-22T23:59:59Z");
        assert_eq!(end_of_utc_day(at(0)), at(DAY_SECONDS - 1));
        assert_eq!(end_of_utc_day(at(DAY_SECONDS - 1)), at(DAY_SECONDS - 1));
    }

    #[test]
    fn the_last_second_a_timestamp_holds_is_written_too() {
        assert_eq!(rfc3339(Timestamp::from_seconds(253_402_300_799).unwrap()), "9999-12-31T23:59:59Z");
    }
}
