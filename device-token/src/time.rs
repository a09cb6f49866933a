//! Points in time as claims hold them. There is no clock here: a time is always handed in.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::InvalidValue;

/// Unix seconds from 0 to 253,402,300,799 (the year 9999, the last that RFC 3339 can write).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// 9999-12-31T23:59:59Z.
    pub const MAX: Self = Self(253_402_300_799);

    /// The time that many seconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`InvalidValue::Timestamp`] after [`Timestamp::MAX`].
    pub const fn from_seconds(seconds: u64) -> Result<Self, InvalidValue> {
        if seconds <= Self::MAX.0 { Ok(Self(seconds)) } else { Err(InvalidValue::Timestamp) }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_seconds(self) -> u64 {
        self.0
    }

    /// That many seconds later, [`Timestamp::MAX`] at most.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u64) -> Self {
        let sum = self.0.saturating_add(seconds);
        if sum <= Self::MAX.0 { Self(sum) } else { Self::MAX }
    }

    /// The seconds from `earlier` to this time, 0 if `earlier` is the later one.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = u64::deserialize(deserializer)?;
        Self::from_seconds(seconds).map_err(|error| de::Error::custom(error.code()))
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn the_year_10000_is_refused() {
        assert!(Timestamp::from_seconds(253_402_300_799).is_ok());
        assert!(Timestamp::from_seconds(253_402_300_800).is_err());
        assert!(Timestamp::from_seconds(u64::MAX).is_err());
    }

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        let early = Timestamp::from_seconds(10).unwrap();
        let late = Timestamp::from_seconds(25).unwrap();
        assert_eq!(late.seconds_since(early), 15);
        assert_eq!(early.seconds_since(late), 0);
        assert_eq!(early.plus_seconds(15), late);
        assert_eq!(late.plus_seconds(u64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.plus_seconds(1), Timestamp::MAX);
    }

    #[test]
    fn json_numbers_that_are_no_plain_integers_are_refused() {
        assert_eq!(serde_json::from_str::<Timestamp>("0").unwrap().as_seconds(), 0);
        let refused = [
            "1.0", "1e2", "1E2", "-1", "-0", "01", "+1", "\"1\"", "null", "[1]", "{}", "true", "1e400", "0x1",
        ];
        for text in refused.into_iter().chain(["253402300800", "18446744073709551616", "1_000", ""]) {
            assert!(serde_json::from_str::<Timestamp>(text).is_err(), "{text}");
        }
    }
}
