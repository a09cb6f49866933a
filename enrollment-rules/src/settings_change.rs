//! What a change of settings means for those who are enrolled, said before it is made.

use serde::{Deserialize, Serialize};

use crate::settings::{PrivateWindows, Settings};

/// What there is to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Nobody who clicks is identified any more.
    AuthenticationOff,
    /// User awareness cannot say who went on.
    AwarenessWithoutAuthentication,
    /// A shorter duration or absolute limit ends devices at once.
    ExpiresAtOnce,
    /// Devices without a key are refused.
    KeylessRefused,
    /// Nobody enrolls in a private window any more.
    PrivateRefused,
}

impl Code {
    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthenticationOff => "authentication_off",
            Self::AwarenessWithoutAuthentication => "awareness_without_authentication",
            Self::ExpiresAtOnce => "expires_at_once",
            Self::KeylessRefused => "keyless_refused",
            Self::PrivateRefused => "private_refused",
        }
    }
}

/// A risk, with its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Which.
    pub code: Code,
    /// Whether nothing is changed until somebody says that they have read it.
    pub must_confirm: bool,
    /// How many devices it touches.
    pub devices: u64,
    /// How many people they belong to.
    pub people: u64,
}

/// Devices, and how many people they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Number {
    /// Of devices.
    pub devices: u64,
    /// Of people.
    pub people: u64,
}

/// How many devices each risk touches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Numbers {
    /// Enrolled as it was before the change.
    pub enrolled: Number,
    /// Of those, the ones that the change ends by time alone: devices without a key have a warning of their own.
    pub ending: Number,
    /// Of those enrolled, the ones without a key.
    pub keyless: Number,
    /// Of those enrolled, the ones that end with the browser session.
    pub sessions: Number,
}

/// Is there anything that ends devices by time? Then it is worth counting them.
#[must_use]
pub fn shortens(before: &Settings, after: &Settings) -> bool {
    let limit = |settings: &Settings| settings.absolute_days.unwrap_or(u16::MAX);
    after.authentication_duration_days < before.authentication_duration_days || limit(after) < limit(before)
}

fn standing(settings: &Settings, code: Code) -> bool {
    match code {
        Code::AuthenticationOff => !settings.authentication_enabled,
        Code::AwarenessWithoutAuthentication => {
            settings.user_awareness_enabled && !settings.authentication_enabled
        }
        Code::ExpiresAtOnce => false,
        Code::KeylessRefused => settings.bound_devices_only,
        Code::PrivateRefused => settings.private_windows == PrivateWindows::Refuse,
    }
}

const RISKS: [Code; 2] = [Code::AuthenticationOff, Code::AwarenessWithoutAuthentication];

/// The risks the account runs as it is set.
#[must_use]
pub fn holding(settings: &Settings, enrolled: Number) -> Vec<Warning> {
    let held = RISKS.into_iter().filter(|code| standing(settings, *code));
    held.map(|code| warning(code, enrolled)).collect()
}

/// What a change brings that was not so before. What must be confirmed is said even if it touches nobody yet.
#[must_use]
pub fn brought(before: &Settings, after: &Settings, numbers: &Numbers) -> Vec<Warning> {
    let begins = |code: &Code| standing(after, *code) && !standing(before, *code);
    let mut warnings: Vec<_> =
        RISKS.into_iter().filter(begins).map(|code| warning(code, numbers.enrolled)).collect();
    let touched = [
        (Code::ExpiresAtOnce, numbers.ending, shortens(before, after)),
        (Code::KeylessRefused, numbers.keyless, begins(&Code::KeylessRefused)),
        (Code::PrivateRefused, numbers.sessions, begins(&Code::PrivateRefused)),
    ];
    let touched = touched.into_iter().filter(|(_, number, holds)| *holds && number.devices > 0);
    warnings.extend(touched.map(|(code, number, _)| warning(code, number)));
    warnings
}

fn warning(code: Code, number: Number) -> Warning {
    let Number { devices, people } = number;
    Warning { code, must_confirm: RISKS.contains(&code), devices, people }
}

/// Whether people would be asked to enroll while nobody could be who their codes are from. What was so before does not keep an account
/// from changing something else. `by_default`: the deployment names a sender.
#[must_use]
pub fn lacks_sender(before: &Settings, after: &Settings, by_default: bool) -> bool {
    let lacks = |settings: &Settings| {
        settings.authentication_enabled && !by_default && settings.notification_postmaster_address.is_none()
    };
    lacks(after) && !lacks(before)
}

/// Those that must be confirmed, if one of them is not.
#[must_use]
pub fn unconfirmed(warnings: &[Warning], confirmed: &[String]) -> bool {
    warnings
        .iter()
        .any(|warning| warning.must_confirm && !confirmed.iter().any(|code| code == warning.code.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [&str; 0] = [];

    fn numbers() -> Numbers {
        let number = |devices, people| Number { devices, people };
        Numbers {
            enrolled: number(9, 5),
            ending: number(4, 3),
            keyless: number(3, 2),
            sessions: number(2, 2),
        }
    }

    fn on() -> Settings {
        Settings { authentication_enabled: true, ..Settings::default() }
    }

    fn codes(before: &Settings, after: &Settings) -> Vec<&'static str> {
        brought(before, after, &numbers()).iter().map(|warning| warning.code.name()).collect()
    }

    #[test]
    fn switching_authentication_off_has_to_be_confirmed_and_switching_it_on_brings_nothing() {
        let off = Settings::default();
        let warnings = brought(&on(), &off, &numbers());
        let expected = Warning { code: Code::AuthenticationOff, must_confirm: true, devices: 9, people: 5 };
        assert_eq!(warnings, [expected]);
        assert!(unconfirmed(&warnings, &[]));
        assert!(unconfirmed(&warnings, &["expires_at_once".to_owned()]));
        assert!(!unconfirmed(&warnings, &["authentication_off".to_owned()]));
        assert_eq!(brought(&off, &on(), &numbers()), []);
        assert_eq!(holding(&off, numbers().enrolled), [expected]);
        assert_eq!(holding(&on(), numbers().enrolled), []);
        assert_eq!(brought(&on(), &off, &Numbers::default()).len(), 1, "also where nobody is enrolled");
    }

    #[test]
    fn awareness_while_authentication_is_off_is_warned_of_whichever_of_the_two_comes_second() {
        let off = Settings::default();
        let awareness = |settings: Settings| Settings { user_awareness_enabled: true, ..settings };
        assert_eq!(codes(&off, &awareness(off.clone())), ["awareness_without_authentication"]);
        let both = ["authentication_off", "awareness_without_authentication"];
        assert_eq!(codes(&awareness(on()), &awareness(off.clone())), both);
        assert_eq!(codes(&on(), &awareness(on())), NONE);
        assert_eq!(codes(&awareness(off.clone()), &awareness(off.clone())), NONE);
        assert_eq!(codes(&awareness(off.clone()), &off), NONE);
        assert!(brought(&on(), &awareness(off.clone()), &numbers()).iter().all(|one| one.must_confirm));
        let held: Vec<_> =
            holding(&awareness(off), Number::default()).iter().map(|one| one.code.name()).collect();
        assert_eq!(held, both);
    }

    #[test]
    fn what_ends_some_devices_is_told_and_need_not_be_confirmed() {
        for (after, code) in [
            (Settings { authentication_duration_days: 29, ..on() }, "expires_at_once"),
            (Settings { absolute_days: Some(90), ..on() }, "expires_at_once"),
            (Settings { bound_devices_only: true, ..on() }, "keyless_refused"),
            (Settings { private_windows: PrivateWindows::Refuse, ..on() }, "private_refused"),
        ] {
            assert_eq!(codes(&on(), &after), [code]);
            assert_eq!(codes(&after, &on()), NONE, "back again");
            assert!(!unconfirmed(&brought(&on(), &after, &numbers()), &[]));
            assert_eq!(brought(&on(), &after, &Numbers::default()), [], "nobody is touched");
        }
        let longer = Settings { authentication_duration_days: 31, ..on() };
        assert_eq!(codes(&on(), &longer), NONE);
    }

    #[test]
    fn the_api_and_the_wire_call_a_warning_the_same() {
        for code in [
            Code::AuthenticationOff,
            Code::AwarenessWithoutAuthentication,
            Code::ExpiresAtOnce,
            Code::KeylessRefused,
            Code::PrivateRefused,
        ] {
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{}\"", code.name()));
        }
    }

    #[test]
    fn authentication_is_not_switched_on_and_no_sender_taken_away_while_codes_would_be_from_nobody() {
        let of = |authentication_enabled, sender: Option<&str>| Settings {
            authentication_enabled,
            notification_postmaster_address: sender.map(|text| text.parse().unwrap()),
            ..Settings::default()
        };
        let (off, on) = (of(false, None), of(true, None));
        let (named, on_and_named) = (of(false, Some("post@example.com")), of(true, Some("post@example.com")));
        assert!(lacks_sender(&off, &on, false));
        assert!(lacks_sender(&on_and_named, &on, false));
        for (before, after) in
            [(&off, &off), (&off, &on_and_named), (&named, &off), (&named, &on_and_named), (&on, &on)]
        {
            assert!(!lacks_sender(before, after, false), "{before:?} {after:?}");
        }
        assert!(!lacks_sender(&off, &on, true));
    }
}
