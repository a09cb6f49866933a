//! Counting the devices that are enrolled.

use device_token::Timestamp;
use enrollment_rules::enrolled_devices;
use enrollment_rules::settings::Settings;
use enrollment_rules::settings_change::Number;
use enrollment_rules::snapshot::ClickSettings;
use worker::SqlStorageValue;

use super::store::Store;
use crate::failure::Failure;

/// The condition that a row of `devices` is enrolled under these settings. Nothing but numbers of ours is in it.
pub(super) fn condition(settings: &Settings, now: Timestamp) -> String {
    of_click(&ClickSettings::from(settings), now)
}

fn of_click(settings: &ClickSettings, now: Timestamp) -> String {
    let bounds = enrolled_devices::enrolled(settings, now);
    format!(
        "(revoked = 0 AND ({} OR device_key IS NOT NULL) AND CASE WHEN session THEN expires_at > {} \
         ELSE last_used_at >= {} AND auth_time >= {} END)",
        u8::from(bounds.keyless),
        bounds.now,
        bounds.used_from,
        bounds.enrolled_from,
    )
}

/// The same by time alone: devices without a key count, whatever the settings say of them.
pub(super) fn timely(settings: &Settings, now: Timestamp) -> String {
    of_click(&ClickSettings { bound_devices_only: false, ..ClickSettings::from(settings) }, now)
}

/// How many devices there are under a condition, and how many people they belong to.
pub(super) fn number(
    store: &Store,
    condition: &str,
    values: Vec<SqlStorageValue>,
) -> Result<Number, Failure> {
    let query = format!("SELECT COUNT(*), COUNT(DISTINCT user) FROM devices WHERE {condition}");
    let read = |row: &mut super::row::Row| Ok(Number { devices: row.take()?, people: row.take()? });
    Ok(store.row(&query, values, read)?.unwrap_or_default())
}
