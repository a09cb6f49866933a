//! The rows of devices: written, kept up to date, dropped. Nothing here decides anything.

use device_token::{DeviceId, Timestamp, UserId};

use super::store::{Store, flag, seconds};
use crate::failure::Failure;

/// A device to write down.
pub(super) struct NewDevice<'a> {
    pub(super) id: DeviceId,
    pub(super) user: UserId,
    pub(super) name: Option<&'a str>,
    pub(super) browser: &'a str,
    pub(super) key: Option<String>,
    pub(super) session: bool,
    pub(super) auth_time: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl Store {
    pub(super) fn add_device(&self, device: NewDevice<'_>) -> Result<(), Failure> {
        let ever = "UPDATE users SET ever_enrolled = 1 WHERE id = ?";
        self.write(ever, vec![device.user.to_string().into()])?;
        self.write(
            "INSERT INTO devices (id, user, name, browser, device_key, session, auth_time, last_used_at, expires_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            vec![
                device.id.to_string().into(),
                device.user.to_string().into(),
                device.name.into(),
                device.browser.into(),
                device.key.into(),
                flag(device.session),
                seconds(device.auth_time),
                seconds(device.auth_time),
                seconds(device.expires_at),
            ],
        )
    }

    /// A device was used: the report of its first renewal on a day. Reports may come late and in any order.
    pub(super) fn report_use(
        &self,
        device: DeviceId,
        at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), Failure> {
        self.write(
            "UPDATE devices SET last_used_at = MAX(last_used_at, ?), expires_at = MAX(expires_at, ?) WHERE id = ?",
            vec![seconds(at), seconds(expires_at), device.to_string().into()],
        )
    }

    /// Drops the records of devices that nobody has used since.
    pub(super) fn drop_old_devices(&self, kept_seconds: u64, now: Timestamp) -> Result<(), Failure> {
        let before = i64::try_from(now.as_seconds().saturating_sub(kept_seconds)).unwrap_or(0);
        let devices =
            self.count("SELECT COUNT(*) FROM devices WHERE last_used_at < ?", vec![before.into()])?;
        if devices > 0 {
            self.write("DELETE FROM devices WHERE last_used_at < ?", vec![before.into()])?;
            self.audit(
                "system",
                "devices.removed",
                "",
                &format!("{devices} devices, not used any more"),
                now,
            )?;
        }
        Ok(())
    }
}
