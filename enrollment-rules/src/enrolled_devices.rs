//! Which devices count as enrolled, said so that a database can count them: by bounds for what it keeps of each.

use device_token::Timestamp;

use crate::snapshot::ClickSettings;
use crate::time_text::{DAY_SECONDS, start_of_utc_day};

/// A device that is not revoked is enrolled when all of this holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enrolled {
    /// It has a key, or this does.
    pub keyless: bool,
    /// One that ends with the browser session expires later than this.
    pub now: Timestamp,
    /// Any other was last used then or later,
    pub used_from: Timestamp,
    /// and enrolled then or later.
    pub enrolled_from: Timestamp,
}

/// The bounds under these settings: the same as [`crate::my_devices::Kept::may_be_alive`].
#[must_use]
pub fn enrolled(settings: &ClickSettings, now: Timestamp) -> Enrolled {
    // What lasts that many days from then on lasts beyond now.
    let lasting = |days: u16| {
        let seconds = u64::from(days).saturating_mul(DAY_SECONDS);
        let from = now.as_seconds().saturating_add(1).saturating_sub(seconds);
        Timestamp::from_seconds(from).unwrap_or(Timestamp::MAX)
    };
    Enrolled {
        keyless: !settings.bound_devices_only,
        now,
        // The last use is known by its UTC day, which counts as a whole.
        used_from: start_of_utc_day(lasting(settings.authentication_duration_days)),
        enrolled_from: settings.absolute_days.map_or(start_of_utc_day(lasting(u16::MAX)), lasting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::my_devices::Kept;
    use crate::settings::Settings;
    use proptest::prelude::*;

    const NOW: u64 = 1_795_341_600;

    fn counts(kept: &Kept, bounds: &Enrolled) -> bool {
        let timely = if kept.session {
            kept.expires_at > bounds.now
        } else {
            kept.last_used_at >= bounds.used_from && kept.auth_time >= bounds.enrolled_from
        };
        (kept.bound || bounds.keyless) && timely
    }

    proptest! {
        #[test]
        fn the_bounds_count_exactly_the_devices_that_may_be_alive(
            days in 1_u16..=365,
            absolute in prop::option::of(1_u16..=3_650),
            bound_devices_only in any::<bool>(),
            (bound, session) in any::<(bool, bool)>(),
            // Around each of the edges.
            (enrolled_days, enrolled_seconds) in (0_u64..370, -2_i64..=2),
            (used_days, used_seconds) in (0_u64..370, prop::sample::select(vec![-86_400_i64, -36_001, -36_000, -1, 0, 1])),
            left in -2_i64..=2,
        ) {
            let settings = Settings {
                authentication_duration_days: days,
                absolute_days: absolute,
                bound_devices_only,
                ..Settings::default()
            };
            let settings = ClickSettings::from(&settings);
            let at = |days: u64, seconds: i64| {
                let seconds = (NOW - days * DAY_SECONDS).saturating_add_signed(seconds);
                Timestamp::from_seconds(seconds).unwrap()
            };
            for (enrolled_days, used_days) in [
                (enrolled_days, used_days),
                (u64::from(absolute.unwrap_or(0)), used_days),
                (enrolled_days, u64::from(days)),
            ] {
                let kept = Kept {
                    auth_time: at(enrolled_days, enrolled_seconds),
                    last_used_at: at(used_days, used_seconds),
                    expires_at: at(0, left),
                    session,
                    bound,
                };
                let now = Timestamp::from_seconds(NOW).unwrap();
                prop_assert_eq!(counts(&kept, &enrolled(&settings, now)), kept.may_be_alive(&settings, now));
            }
        }
    }
}
