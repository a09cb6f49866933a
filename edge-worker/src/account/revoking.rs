//! Revoking: one device, one person.

use device_token::{DeviceId, Timestamp, UserId};
use enrollment_rules::messages::Revoked;
use enrollment_rules::revocation;
use enrollment_rules::time_text::rfc3339;

use super::messages::AccountRefusal;
use super::row::Row;
use super::store::{Store, seconds};
use super::{After, Handled, enrolling};
use crate::failure::Failure;

/// How long a location may still go by what it read before, in seconds: the longest a KV value may be cached there
/// and the time to write it.
const EFFECTIVE_SECONDS: u64 = 90;

pub(super) fn revoked(revoked_devices: u64, now: Timestamp) -> Result<Handled, Failure> {
    let effective_by = rfc3339(now.plus_seconds(EFFECTIVE_SECONDS));
    Handled::new(&Revoked { revoked_devices, effective_by }, After::Publish)
}

/// All devices of a person, and the enrollments under way.
pub(super) fn user(store: &Store, id: &str, now: Timestamp) -> Result<Handled, Failure> {
    let devices = end_everything(store, id, "user.revoked", now)?;
    revoked(devices, now)
}

/// Does it, whoever asked for it; tells how many devices were alive.
pub(super) fn end_everything(store: &Store, id: &str, action: &str, now: Timestamp) -> Result<u64, Failure> {
    let user: UserId = id.parse().map_err(|_| AccountRefusal::NotFound)?;
    let person = store.person(user)?.ok_or(AccountRefusal::NotFound)?;
    let latest: Option<Option<Timestamp>> =
        store.row("SELECT MAX(auth_time) FROM devices WHERE user = ?", vec![id.into()], Row::take)?;
    let at = revocation::revocation_time(now, person.revoked_at, latest.flatten());
    let devices =
        store.count("SELECT COUNT(*) FROM devices WHERE user = ? AND revoked = 0", vec![id.into()])?;
    store.write("UPDATE users SET revoked_at = ? WHERE id = ?", vec![seconds(at), id.into()])?;
    store.write("UPDATE devices SET revoked = 1 WHERE user = ?", vec![id.into()])?;
    store.revoke("user", id, at)?;
    enrolling::end_open(store, id)?;
    store.bump_version()?;
    store.audit("administrator", action, id, &format!("{devices} devices"), now)?;
    Ok(devices)
}

/// One device, by an administrator.
pub(super) fn device(store: &Store, id: &str, now: Timestamp) -> Result<Handled, Failure> {
    let device: DeviceId = id.parse().map_err(|_| AccountRefusal::NotFound)?;
    let devices = end_device(store, device, "administrator", "device.revoked", now)?;
    revoked(devices, now)
}

/// One device, by the person who sits at it. A cookie of a device that is gone already ends nothing.
pub(super) fn forget(
    store: &Store,
    device: DeviceId,
    user: UserId,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let owned = "SELECT COUNT(*) FROM devices WHERE id = ? AND user = ?";
    let is_owned = store.count(owned, vec![device.to_string().into(), user.to_string().into()])? > 0;
    let ended = if is_owned { end_device(store, device, "person", "device.forgotten", now)? } else { 0 };
    Handled::new(&(), if ended > 0 { After::Publish } else { After::Nothing })
}

/// Ends the devices of a person that have this key, and tells whether there were any. Another person's are left alone: at
/// enrollment nobody has proved to hold the key.
pub(super) fn replaced_by_key(
    store: &Store,
    user: UserId,
    key: &str,
    now: Timestamp,
) -> Result<bool, Failure> {
    let query = "SELECT id FROM devices WHERE device_key = ? AND user = ? AND revoked = 0";
    let former: Vec<DeviceId> = store.rows(query, vec![key.into(), user.to_string().into()], Row::take)?;
    for device in &former {
        end_device(store, *device, "person", "device.replaced", now)?;
        store.write("DELETE FROM devices WHERE id = ?", vec![device.to_string().into()])?;
    }
    Ok(!former.is_empty())
}

/// Revokes one device; tells how many were alive: 1, or 0 if it was revoked already, and then nothing changes.
pub(super) fn end_device(
    store: &Store,
    device: DeviceId,
    actor: &str,
    action: &str,
    now: Timestamp,
) -> Result<u64, Failure> {
    let id = device.to_string();
    let query = "SELECT user, revoked FROM devices WHERE id = ?";
    let read = |row: &mut Row| Ok((row.take::<String>()?, row.take::<bool>()?));
    let (user, was_revoked) =
        store.row(query, vec![id.as_str().into()], read)?.ok_or(AccountRefusal::NotFound)?;
    if was_revoked {
        return Ok(0);
    }
    store.write("UPDATE devices SET revoked = 1 WHERE id = ?", vec![id.as_str().into()])?;
    store.revoke("device", &id, now)?;
    store.bump_version()?;
    store.audit(actor, action, &user, &id, now)?;
    Ok(1)
}
