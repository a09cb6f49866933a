//! An account's settings: what an administrator may choose, within which bounds.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::{Address, Domain};
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
/// The least and the most [`Settings::user_awareness_percent`].
pub const USER_AWARENESS_PERCENT: std::ops::RangeInclusive<u8> = 1..=100;
/// The most [`Settings::listed_domains`].
pub const LISTED_DOMAINS: usize = 100;

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

/// Whose addresses are taken when a browser is to be enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoMayEnroll {
    /// Everybody in the directory.
    #[default]
    Everybody,
    /// People whose primary address is in one of [`Settings::listed_domains`].
    ListedDomains,
}

/// How soon everybody knows of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReach {
    /// It is published, and every location goes by what it read last: within the bounds that docs/OPERATIONS.md states.
    #[default]
    Published,
    /// The account object is asked at each interaction.
    Immediate,
}

/// What becomes of an interaction while nobody can tell whether the device was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenUnsure {
    /// It is refused, with the word to try again.
    #[default]
    Refuse,
    /// It is judged by the newest copy there is, however old, and nothing is renewed.
    Allow,
}

/// What an administrator has chosen for the whole account.
///
/// Read leniently: what an older or newer release stored is still settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
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
    /// Whose addresses are taken when a browser is to be enrolled.
    pub who_may_enroll: WhoMayEnroll,
    /// The domains of [`WhoMayEnroll::ListedDomains`], in order and each once.
    pub listed_domains: Vec<Domain>,
    /// Whether people are told by mail when an administrator revokes their devices.
    pub revocation_notices: bool,
    /// Where people can ask for help; the announcement names it.
    pub help_address: Option<Address>,
    /// *User awareness* of URL Protect: whether some clicks show where they lead, and ask first.
    pub user_awareness_enabled: bool,
    /// How many of a hundred clicks, 1 to 100.
    pub user_awareness_percent: u8,
    /// How soon everybody knows of a revocation.
    pub revocation: RevocationReach,
    /// What becomes of an interaction while nobody can tell.
    pub when_unsure: WhenUnsure,
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
            who_may_enroll: WhoMayEnroll::Everybody,
            listed_domains: Vec::new(),
            revocation_notices: false,
            help_address: None,
            user_awareness_enabled: false,
            user_awareness_percent: 10,
            revocation: RevocationReach::Published,
            when_unsure: WhenUnsure::Refuse,
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
            new.notification_postmaster_address = address(value, "notification_postmaster_address")?;
        }
        if let Some(name) = patch.who_may_enroll {
            new.who_may_enroll = match name.as_str() {
                "everybody" => WhoMayEnroll::Everybody,
                "listed_domains" => WhoMayEnroll::ListedDomains,
                _ => {
                    return Err(SettingRefused {
                        field: "who_may_enroll",
                        bounds: "everybody or listed_domains",
                    });
                }
            };
        }
        if let Some(names) = patch.listed_domains {
            new.listed_domains = domains(&names)?;
        }
        if let Some(value) = patch.revocation_notices {
            new.revocation_notices = value;
        }
        if let Some(value) = patch.help_address {
            new.help_address = address(value, "help_address")?;
        }
        if let Some(value) = patch.user_awareness_enabled {
            new.user_awareness_enabled = value;
        }
        if let Some(value) = patch.user_awareness_percent {
            new.user_awareness_percent =
                within(value, &USER_AWARENESS_PERCENT, "user_awareness_percent", "1 to 100 percent")?;
        }
        if let Some(name) = patch.revocation {
            new.revocation = match name.as_str() {
                "published" => RevocationReach::Published,
                "immediate" => RevocationReach::Immediate,
                _ => {
                    return Err(SettingRefused { field: "revocation", bounds: "published or immediate" });
                }
            };
        }
        if let Some(name) = patch.when_unsure {
            new.when_unsure = match name.as_str() {
                "refuse" => WhenUnsure::Refuse,
                "allow" => WhenUnsure::Allow,
                _ => return Err(SettingRefused { field: "when_unsure", bounds: "refuse or allow" }),
            };
        }
        // Nobody could enroll any more, and nothing would say so.
        if new.who_may_enroll == WhoMayEnroll::ListedDomains && new.listed_domains.is_empty() {
            return Err(SettingRefused {
                field: "listed_domains",
                bounds: "at least one where only they may enroll",
            });
        }
        Ok(new)
    }
}

/// Not a domain, or too many of them.
pub const LISTED_DOMAINS_REFUSED: SettingRefused =
    SettingRefused { field: "listed_domains", bounds: "at most 100 internal domains" };

fn domains(names: &[String]) -> Result<Vec<Domain>, SettingRefused> {
    if names.len() > LISTED_DOMAINS {
        return Err(LISTED_DOMAINS_REFUSED);
    }
    let mut domains = names
        .iter()
        .map(|name| name.parse())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| LISTED_DOMAINS_REFUSED)?;
    domains.sort();
    domains.dedup();
    Ok(domains)
}

fn address(text: Option<String>, field: &'static str) -> Result<Option<Address>, SettingRefused> {
    let refused = |_| SettingRefused { field, bounds: "a mail address, or null" };
    text.map(|text| text.parse()).transpose().map_err(refused)
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
        for field in
            ["notification_postmaster_address", "help_address", "who_may_enroll", "revocation", "when_unsure"]
        {
            assert_eq!(refused(&format!("{{\"{field}\":\"<>\"}}")), field);
        }
        for percent in ["0", "101", "-1"] {
            assert_eq!(
                refused(&format!("{{\"user_awareness_percent\":{percent}}}")),
                "user_awareness_percent"
            );
        }
    }

    #[test]
    fn listed_domains_are_domains_in_order_and_each_once() {
        assert_eq!(refused("{\"who_may_enroll\":\"listed_domains\"}"), "listed_domains");
        assert_eq!(refused("{\"listed_domains\":[\"example.com\",\"*\"]}"), "listed_domains");
        let patch = |names: Vec<String>| SettingsPatch { listed_domains: Some(names), ..Default::default() };
        let names = |count| (0..count).map(|number| format!("d{number}.example")).collect();
        assert!(Settings::default().patched(patch(names(100))).is_ok());
        assert_eq!(Settings::default().patched(patch(names(101))), Err(LISTED_DOMAINS_REFUSED));
        let given = ["b.example", "bücher.example", "B.EXAMPLE", "a.example"].map(str::to_owned).into();
        let listed = Settings::default().patched(patch(given)).unwrap().listed_domains;
        let listed: Vec<_> = listed.iter().map(Domain::as_str).collect();
        assert_eq!(listed, ["a.example", "b.example", "xn--bcher-kva.example"]);
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
                      \"notification_postmaster_address\":null,\"who_may_enroll\":\"everybody\",\
                      \"listed_domains\":[],\"revocation_notices\":false,\"help_address\":null,\
                      \"user_awareness_enabled\":false,\"user_awareness_percent\":10,\
                      \"revocation\":\"published\",\"when_unsure\":\"refuse\"}";
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
