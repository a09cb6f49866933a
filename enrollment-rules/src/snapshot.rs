//! What the click path knows of an account: the settings it needs, and the revocations.
//!
//! The account object publishes it to KV; a Worker that reads an old one is wrong for as long as that one is old, and
//! never longer.

use std::collections::{BTreeMap, BTreeSet};

use device_token::{DeviceId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::settings::{PrivateWindows, Settings};

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
    /// See [`Settings::proof_interval_hours`]. Not in what earlier releases published.
    #[serde(default = "default_proof_interval_hours")]
    pub proof_interval_hours: u16,
    /// See [`Settings::bound_devices_only`]. Not in what earlier releases published.
    #[serde(default)]
    pub bound_devices_only: bool,
    /// See [`Settings::private_windows`]. Not in what earlier releases published.
    #[serde(default)]
    pub private_windows: PrivateWindows,
    /// See [`Settings::user_awareness_enabled`]. Not in what earlier releases published.
    #[serde(default)]
    pub user_awareness_enabled: bool,
    /// See [`Settings::user_awareness_percent`]. Not in what earlier releases published.
    #[serde(default = "default_user_awareness_percent")]
    pub user_awareness_percent: u8,
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
        }
    }
}

/// One published state of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Counts publications; a later one has a greater number.
    pub version: u64,
    /// When the account object wrote it.
    pub published_at: Timestamp,
    /// The settings the click path needs.
    pub settings: ClickSettings,
    /// Everybody was revoked at this time.
    pub account_revoked_at: Option<Timestamp>,
    /// People and when all of their devices were revoked.
    pub users: BTreeMap<UserId, Timestamp>,
    /// Single revoked devices.
    pub devices: BTreeSet<DeviceId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_form_of_a_snapshot_is_unchanged() {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let snapshot = Snapshot {
            version: 7,
            published_at: at(1_700_000_000),
            settings: ClickSettings::from(&Settings::default()),
            account_revoked_at: Some(at(1_600_000_000)),
            users: [(UserId::from_bytes([1; 16]), at(1_650_000_000))].into(),
            devices: [DeviceId::from_bytes([2; 16])].into(),
        };
        let published = |later| {
            format!(
                "{{\"version\":7,\"published_at\":1700000000,\"settings\":{{\"authentication_enabled\":false,\
             \"authentication_duration_days\":30,\"renew_after_seconds\":3600,\"absolute_days\":null{later}}},\
             \"account_revoked_at\":1600000000,\"users\":{{\"AQEBAQEBAQEBAQEBAQEBAQ\":1650000000}},\
             \"devices\":[\"AgICAgICAgICAgICAgICAg\"]}}"
            )
        };
        let now = published(
            ",\"proof_interval_hours\":24,\"bound_devices_only\":false,\"private_windows\":\"session\",\
             \"user_awareness_enabled\":false,\"user_awareness_percent\":10",
        );
        assert_eq!(serde_json::to_string(&snapshot).unwrap(), now);
        for form in [now, published("")] {
            assert_eq!(serde_json::from_str::<Snapshot>(&form).unwrap(), snapshot);
        }
    }
}
