//! What the click path knows of an account: the settings it needs, and the revocations.
//!
//! Published in two parts. The *head* has the settings, what ends everybody's enrollments, and the newest revocations; it is written
//! often. The *body* has all older revocations; it is written when the head is full, under a name of its own, before the head
//! that names it, and never changed.

use device_token::{KeyId, Statement, Timestamp};
use serde::{Deserialize, Serialize};

use crate::revocation;
use crate::revoked::Revoked;
use crate::settings::{PrivateWindows, RevocationReach, Settings, WhenUnsure};

/// Revocations are kept this long, whatever the duration: no cookie outlives it (365 days and two to spare).
pub const REVOCATION_DAYS: u64 = 367;

/// The settings the click path needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClickSettings {
    /// See [`Settings::authentication_enabled`].
    pub authentication_enabled: bool,
    /// See [`Settings::authentication_duration_days`].
    pub authentication_duration_days: u16,
    /// See [`Settings::renew_after_seconds`].
    pub renew_after_seconds: u32,
    /// See [`Settings::absolute_days`].
    pub absolute_days: Option<u16>,
    /// See [`Settings::proof_interval_hours`].
    #[serde(default = "default_proof_interval_hours")]
    pub proof_interval_hours: u16,
    /// See [`Settings::bound_devices_only`].
    #[serde(default)]
    pub bound_devices_only: bool,
    /// See [`Settings::private_windows`].
    #[serde(default)]
    pub private_windows: PrivateWindows,
    /// See [`Settings::user_awareness_enabled`].
    #[serde(default)]
    pub user_awareness_enabled: bool,
    /// See [`Settings::user_awareness_percent`].
    #[serde(default = "default_user_awareness_percent")]
    pub user_awareness_percent: u8,
    /// See [`Settings::revocation`].
    #[serde(default)]
    pub revocation: RevocationReach,
    /// See [`Settings::when_unsure`].
    #[serde(default)]
    pub when_unsure: WhenUnsure,
}

/// What the account object goes by where nobody has chosen.
fn default_proof_interval_hours() -> u16 {
    Settings::default().proof_interval_hours
}

fn default_user_awareness_percent() -> u8 {
    Settings::default().user_awareness_percent
}

impl From<&Settings> for ClickSettings {
    fn from(settings: &Settings) -> Self {
        Self {
            authentication_enabled: settings.authentication_enabled,
            authentication_duration_days: settings.authentication_duration_days,
            renew_after_seconds: settings.renew_after_seconds,
            absolute_days: settings.absolute_days,
            proof_interval_hours: settings.proof_interval_hours,
            bound_devices_only: settings.bound_devices_only,
            private_windows: settings.private_windows,
            user_awareness_enabled: settings.user_awareness_enabled,
            user_awareness_percent: settings.user_awareness_percent,
            revocation: settings.revocation,
            when_unsure: settings.when_unsure,
        }
    }
}

/// Which body a head belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyName {
    /// The version of the state it was made of.
    pub version: u64,
    /// How many revocations it has.
    pub entries: u64,
    /// Drawn at random: versions come again where the account object was restored from a backup.
    pub draw: u32,
}

/// What is published often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Counts changes and heartbeats; a later state has a greater number.
    pub version: u64,
    /// When the account object made it: the heartbeat.
    pub published_at: Timestamp,
    /// The settings the click path needs.
    pub settings: ClickSettings,
    /// Everybody was revoked at this time.
    pub account_revoked_at: Option<Timestamp>,
    /// Keys that are gone from the deployment's set: where one is still known, it is not to be believed any more.
    pub removed_keys: Vec<KeyId>,
    /// Where the older revocations are, if there are any.
    pub body: Option<BodyName>,
    /// There are more than can be published: the account object has to be asked.
    pub too_many: bool,
    /// The revocations that are not in the body.
    pub newest: Revoked,
}

/// A head with the body that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    head: Head,
    body: Revoked,
}

impl Snapshot {
    /// Puts them together; `None` if this is not the body that the head names. A head that names none takes an empty one.
    #[must_use]
    pub fn new(head: Head, body: Revoked) -> Option<Self> {
        let entries = head.body.map_or(0, |name| name.entries);
        (u64::try_from(body.len()).ok() == Some(entries)).then_some(Self { head, body })
    }

    /// The often published part.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The settings the click path needs.
    #[must_use]
    pub const fn settings(&self) -> &ClickSettings {
        &self.head.settings
    }

    /// The body alone, for another head that names it.
    #[must_use]
    pub fn into_body(self) -> Revoked {
        self.body
    }

    /// How many bytes of memory its lists take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.body.as_bytes().len().saturating_add(self.head.newest.as_bytes().len())
    }

    /// Has nobody revoked what this key signed: neither the device, nor the person, nor everybody, nor the key?
    #[must_use]
    pub fn holds(&self, statement: &Statement, key: &KeyId) -> bool {
        let auth_time = statement.auth_time();
        let device = statement.device();
        let user = statement.user();
        let at = |id: &[u8; 16]| self.head.newest.at(id).max(self.body.at(id));
        at(device.as_bytes()).is_none()
            && !revocation::ends(at(user.as_bytes()), auth_time)
            && !revocation::ends(self.head.account_revoked_at, auth_time)
            && !self.head.removed_keys.contains(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use device_token::{AccountId, Binding, DeviceId, Origin, StatementParts, UserId};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    fn head(body: Option<BodyName>, newest: Revoked) -> Head {
        Head {
            version: 7,
            published_at: at(1_700_000_000),
            settings: ClickSettings::from(&Settings::default()),
            account_revoked_at: Some(at(1_600_000_000)),
            removed_keys: vec![KeyId::parse("k0").unwrap()],
            body,
            too_many: false,
            newest,
        }
    }

    #[test]
    fn the_published_form_of_a_head_is_unchanged() {
        let body = BodyName { version: 5, entries: 20_000, draw: 9 };
        let head = head(Some(body), Revoked::of([([1; 16], at(1_650_000_000))]));
        let form = |settings| {
            format!(
                "{{\"version\":7,\"published_at\":1700000000,\"settings\":{{\"authentication_enabled\":false,\
                 \"authentication_duration_days\":30,\"renew_after_seconds\":3600,\"absolute_days\":null{settings}}},\
                 \"account_revoked_at\":1600000000,\"removed_keys\":[\"k0\"],\"body\":{{\"version\":5,\"entries\":20000,\"draw\":9}},\
                 \"too_many\":false,\"newest\":\"AQEBAQEBAQEBAQEBAQEBAQBiWQCA\"}}"
            )
        };
        let settings = ",\"proof_interval_hours\":24,\"bound_devices_only\":false,\"private_windows\":\"session\",\
             \"user_awareness_enabled\":false,\"user_awareness_percent\":10,\"revocation\":\"published\",\
             \"when_unsure\":\"refuse\"";
        assert_eq!(serde_json::to_string(&head).unwrap(), form(settings));
        // Settings may come and go between releases.
        for form in [form(settings), form("")] {
            assert_eq!(serde_json::from_str::<Head>(&form).unwrap(), head);
        }
    }

    #[test]
    fn a_head_takes_no_other_body_than_it_names() {
        let list = Revoked::of([([1; 16], at(1))]);
        let named = |entries| Some(BodyName { version: 5, entries, draw: 9 });
        assert!(Snapshot::new(head(named(1), Revoked::default()), list.clone()).is_some());
        assert!(Snapshot::new(head(named(2), Revoked::default()), list.clone()).is_none());
        assert!(Snapshot::new(head(named(1), Revoked::default()), Revoked::default()).is_none());
        assert!(Snapshot::new(head(None, Revoked::default()), list).is_none());
    }

    #[test]
    fn a_device_a_person_everybody_and_a_key_are_each_refused_wherever_it_is_written() {
        let (user, device) = ([1; 16], [2; 16]);
        let enrolled = |auth_time| {
            Statement::new(StatementParts {
                issuer: Origin::parse("https://enroll.example.com").unwrap(),
                account: AccountId::parse("demo").unwrap(),
                user: UserId::from_bytes(user),
                device: DeviceId::from_bytes(device),
                auth_time: at(auth_time),
                issued_at: at(1_700_000_000),
                expires_at: at(1_800_000_000),
                binding: Binding::None,
                acted_at: at(auth_time),
            })
            .unwrap()
        };
        let key = KeyId::parse("k1").unwrap();
        let early = at(1_650_000_000);
        for (listed, auth_time, holds) in [
            ([9; 16], 1_650_000_000, true),
            (device, 1_650_000_000, false),
            // A device is ended whatever the times: its id never comes back.
            (device, 1_660_000_000, false),
            (user, 1_650_000_000, false),
            (user, 1_650_000_001, true),
        ] {
            let list = Revoked::of([(listed, early)]);
            let in_head = Snapshot::new(head(None, list.clone()), Revoked::default()).unwrap();
            let body = Some(BodyName { version: 5, entries: 1, draw: 9 });
            let in_body = Snapshot::new(head(body, Revoked::default()), list).unwrap();
            assert_eq!(in_head.holds(&enrolled(auth_time), &key), holds);
            assert_eq!(in_body.holds(&enrolled(auth_time), &key), holds);
        }
        let nothing = Snapshot::new(head(None, Revoked::default()), Revoked::default()).unwrap();
        assert!(!nothing.holds(&enrolled(1_600_000_000), &key));
        assert!(nothing.holds(&enrolled(1_600_000_001), &key));
        assert!(!nothing.holds(&enrolled(1_600_000_001), &KeyId::parse("k0").unwrap()));
        // Somebody who was revoked twice: the later time is in the head.
        let body = Some(BodyName { version: 5, entries: 1, draw: 9 });
        let twice = head(body, Revoked::of([(user, at(1_660_000_000))]));
        let twice = Snapshot::new(twice, Revoked::of([(user, early)])).unwrap();
        assert!(!twice.holds(&enrolled(1_655_000_000), &key));
    }
}
