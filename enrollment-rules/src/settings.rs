//! An account's settings: what an administrator may choose, within which bounds.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::Address;
use crate::messages::SettingsPatch;

/// The shortest and the longest [`Settings::authentication_duration_days`].
pub const DURATION_DAYS: std::ops::RangeInclusive<u16> = 1..=365;
/// The least and the most [`Settings::renew_after_seconds`].
pub const RENEW_AFTER_SECONDS: std::ops::RangeInclusive<u32> = 0..=86_400;
/// The least and the most [`Settings::absolute_days`].
pub const ABSOLUTE_DAYS: std::ops::RangeInclusive<u16> = 1..=3_650;
/// The least and the most [`Settings::proof_interval_hours`].
pub const PROOF_INTERVAL_HOURS: std::ops::RangeInclusive<u16> = 0..=8_760;
/// The least and the most [`Settings::enrollments_per_network_hour`].
pub const ENROLLMENTS_PER_NETWORK_HOUR: std::ops::RangeInclusive<u32> = 1..=100_000;

/// What becomes of somebody who enrolls in a private window, where everything is forgotten when it closes.
///
/// The page's module reads its name without serde, which would weigh too much there; so serde goes by the name as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PrivateWindows {
    /// They may go on, just for that window.
    #[default]
    Session,
    /// They are told to open an ordinary window.
    Refuse,
}

impl PrivateWindows {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Refuse => "refuse",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Session, Self::Refuse].into_iter().find(|one| one.name() == name)
    }
}

impl Serialize for PrivateWindows {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for PrivateWindows {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let name = String::deserialize(input)?;
        Self::named(&name).ok_or_else(|| D::Error::custom("neither session nor refuse"))
    }
}

/// What an administrator has chosen for the whole account.
///
/// Read leniently: what an older or newer release stored is still settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// *Targeted Threat Protection Authentication*: whether interactions need an enrolled device at all.
    pub authentication_enabled: bool,
    /// *Authentication Duration (Days)*: how long an enrollment lasts without use, 1 to 365.
    pub authentication_duration_days: u16,
    /// How old a cookie is, in seconds, before an interaction replaces it; 0 = at each one.
    pub renew_after_seconds: u32,
    /// Enroll again this many days after enrolling, however often the device was used.
    pub absolute_days: Option<u16>,
    /// How long a bound device is trusted without proving that it has its key, in hours; 0 = for ever.
    pub proof_interval_hours: u16,
    /// Whether devices without a key are refused: browsers that cannot keep one, shared computers, private windows.
    pub bound_devices_only: bool,
    /// How many enrollments one network may begin within an hour.
    pub enrollments_per_network_hour: u32,
    /// What becomes of enrolling in a private window.
    pub private_windows: PrivateWindows,
    /// *Notification Postmaster Address*: the sender of the system's mail; without one, the deployment's.
    pub notification_postmaster_address: Option<Address>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            authentication_enabled: false,
            authentication_duration_days: 30,
            renew_after_seconds: 3_600,
            absolute_days: None,
            proof_interval_hours: 24,
            bound_devices_only: false,
            enrollments_per_network_hour: 300,
            private_windows: PrivateWindows::Session,
            notification_postmaster_address: None,
        }
    }
}

/// A value outside its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingRefused {
    /// The setting's name in the API.
    pub field: &'static str,
    /// The bounds, in words.
    pub bounds: &'static str,
}

impl Settings {
    /// The settings with `patch` applied, all of it or nothing.
    ///
    /// # Errors
    /// [`SettingRefused`] names the first setting that is out of bounds.
    pub fn patched(&self, patch: SettingsPatch) -> Result<Self, SettingRefused> {
        let mut new = self.clone();
        if let Some(value) = patch.authentication_enabled {
            new.authentication_enabled = value;
        }
        if let Some(value) = patch.authentication_duration_days {
            new.authentication_duration_days =
                within(value, &DURATION_DAYS, "authentication_duration_days", "1 to 365 days")?;
        }
        if let Some(value) = patch.renew_after_seconds {
            new.renew_after_seconds =
                within(value, &RENEW_AFTER_SECONDS, "renew_after_seconds", "0 to 86400 seconds")?;
        }
        if let Some(value) = patch.absolute_days {
            new.absolute_days = value
                .map(|days| within(days, &ABSOLUTE_DAYS, "absolute_days", "1 to 3650 days, or null"))
                .transpose()?;
        }
        if let Some(value) = patch.proof_interval_hours {
            new.proof_interval_hours =
                within(value, &PROOF_INTERVAL_HOURS, "proof_interval_hours", "0 to 8760 hours")?;
        }
        if let Some(value) = patch.bound_devices_only {
            new.bound_devices_only = value;
        }
        if let Some(value) = patch.enrollments_per_network_hour {
            new.enrollments_per_network_hour =
                within(value, &ENROLLMENTS_PER_NETWORK_HOUR, "enrollments_per_network_hour", "1 to 100000")?;
        }
        if let Some(name) = patch.private_windows {
            new.private_windows = PrivateWindows::named(&name)
                .ok_or(SettingRefused { field: "private_windows", bounds: "session or refuse" })?;
        }
        if let Some(value) = patch.notification_postmaster_address {
            new.notification_postmaster_address =
                value.map(|text| text.parse()).transpose().map_err(|_| SettingRefused {
                    field: "notification_postmaster_address",
                    bounds: "a mail address, or null",
                })?;
        }
        Ok(new)
    }
}

fn within<T: TryFrom<i64> + PartialOrd>(
    value: i64,
    range: &std::ops::RangeInclusive<T>,
    field: &'static str,
    bounds: &'static str,
) -> Result<T, SettingRefused> {
    T::try_from(value).ok().filter(|value| range.contains(value)).ok_or(SettingRefused { field, bounds })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str) -> &'static str {
        Settings::default().patched(serde_json::from_str(json).unwrap()).unwrap_err().field
    }

    #[test]
    fn a_duration_outside_one_to_365_days_is_refused_by_name() {
        for days in ["0", "366", "-1", "9223372036854775807"] {
            let json = format!("{{\"authentication_duration_days\":{days}}}");
            assert_eq!(refused(&json), "authentication_duration_days");
        }
        for json in ["{\"authentication_duration_days\":\"ten\"}", "{\"authentication_duration_days\":1.5}"] {
            assert!(serde_json::from_str::<SettingsPatch>(json).is_err());
        }
        for days in [1, 365] {
            let json = format!("{{\"authentication_duration_days\":{days}}}");
            let patched = Settings::default().patched(serde_json::from_str(&json).unwrap()).unwrap();
            assert_eq!(patched.authentication_duration_days, days);
        }
    }

    #[test]
    fn one_wrong_setting_changes_none() {
        assert_eq!(refused("{\"authentication_enabled\":true,\"absolute_days\":0}"), "absolute_days");
        assert_eq!(refused("{\"renew_after_seconds\":86401}"), "renew_after_seconds");
        assert_eq!(refused("{\"proof_interval_hours\":8761}"), "proof_interval_hours");
        assert_eq!(refused("{\"enrollments_per_network_hour\":0}"), "enrollments_per_network_hour");
        assert_eq!(refused("{\"private_windows\":\"Refuse\"}"), "private_windows");
        assert_eq!(
            refused("{\"notification_postmaster_address\":\"<>\"}"),
            "notification_postmaster_address"
        );
    }

    #[test]
    fn null_takes_an_optional_setting_back_and_leaving_it_out_keeps_it() {
        let with = Settings { absolute_days: Some(90), ..Settings::default() };
        let kept = with.patched(serde_json::from_str("{}").unwrap()).unwrap();
        assert_eq!(kept.absolute_days, Some(90));
        let gone = with.patched(serde_json::from_str("{\"absolute_days\":null}").unwrap()).unwrap();
        assert_eq!(gone.absolute_days, None);
    }

    #[test]
    fn the_stored_form_of_settings_is_unchanged() {
        let stored = "{\"authentication_enabled\":false,\"authentication_duration_days\":30,\
                      \"renew_after_seconds\":3600,\"absolute_days\":null,\
                      \"proof_interval_hours\":24,\"bound_devices_only\":false,\
                      \"enrollments_per_network_hour\":300,\"private_windows\":\"session\",\
                      \"notification_postmaster_address\":null}";
        assert_eq!(serde_json::to_string(&Settings::default()).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Settings>(stored).unwrap(), Settings::default());
        for (name, kind) in [("session", PrivateWindows::Session), ("refuse", PrivateWindows::Refuse)] {
            assert_eq!(PrivateWindows::named(name), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<PrivateWindows>(&format!("\"{name}\"")).unwrap(), kind);
        }
        assert!(serde_json::from_str::<PrivateWindows>("\"Refuse\"").is_err());
        let of_another_release = "{\"authentication_enabled\":true,\"not_known_here\":1}";
        assert!(serde_json::from_str::<Settings>(of_another_release).unwrap().authentication_enabled);
    }
}
