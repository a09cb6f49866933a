//! What a person may do with their own devices, and what has to come first: a cookie alone may have been copied, so changes take
//! a recent proof of the device key or, where there is none, a code from the person's mailbox.

use device_token::{Binding, DeviceId, Statement, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::admission;
use crate::bounds::Bounds;
use crate::proof::DeviceRecord;
use crate::snapshot::ClickSettings;
use crate::time_text::end_of_utc_day;

/// The device that asks, as its cookie states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// When it was enrolled.
    pub auth_time: Timestamp,
    /// When its key was last proved; nothing where it has none.
    pub proven_at: Option<Timestamp>,
}

impl From<&Statement> for Caller {
    fn from(statement: &Statement) -> Self {
        let proven_at = match statement.binding() {
            Binding::Key { proven_at } => Some(proven_at),
            Binding::None => None,
        };
        Self {
            device: statement.device(),
            user: statement.user(),
            auth_time: statement.auth_time(),
            proven_at,
        }
    }
}

/// What a change needs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Nothing more.
    Open,
    /// A proof.
    Proof,
    /// A code by mail.
    Code,
}

/// Why nothing is told or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The device is gone, or was revoked.
    NotEnrolled,
    /// A proof has to come first.
    ProofNeeded,
    /// A code by mail has to come first.
    CodeNeeded,
}

/// What a change needs now. `confirmed_at` is when a code was confirmed in this very browser.
#[must_use]
pub fn change(caller: &Caller, confirmed_at: Option<Timestamp>, bounds: &Bounds, now: Timestamp) -> Change {
    let is_recent = |at: Timestamp| now < at.plus_seconds(bounds.recent_proof_seconds);
    match caller.proven_at {
        Some(proven_at) if is_recent(proven_at) => Change::Open,
        Some(_) => Change::Proof,
        None if confirmed_at.is_some_and(is_recent) => Change::Open,
        None => Change::Code,
    }
}

/// What the record tells of how long a device lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// When it was enrolled.
    pub auth_time: Timestamp,
    /// By the latest report: its first use of a UTC day.
    pub last_used_at: Timestamp,
    /// As last reported.
    pub expires_at: Timestamp,
    /// Whether it ends with the browser session.
    pub session: bool,
    /// Whether it has a key.
    pub bound: bool,
}

impl Kept {
    /// Until when it lasts, by the latest report and the settings of now.
    #[must_use]
    pub fn lasts_until(&self, settings: &ClickSettings) -> Timestamp {
        if self.session {
            self.expires_at
        } else {
            admission::expiry(self.auth_time, self.last_used_at, settings)
        }
    }

    /// Whether it may still open anything.
    #[must_use]
    pub fn may_be_alive(&self, settings: &ClickSettings, now: Timestamp) -> bool {
        let last_used_at = end_of_utc_day(self.last_used_at);
        (self.bound || !settings.bound_devices_only)
            && now < Self { last_used_at, ..*self }.lasts_until(settings)
    }
}

/// What is there for devices without a key, a code or a bare press: one with a key proves that instead, and so does no copy of its
/// cookie.
///
/// # Errors
/// [`Refusal::ProofNeeded`].
pub fn is_without_key(caller: &Caller) -> Result<(), Refusal> {
    if caller.proven_at.is_some() { Err(Refusal::ProofNeeded) } else { Ok(()) }
}

/// Whether the device that asks is still one of the person's, by the record.
///
/// # Errors
/// [`Refusal::NotEnrolled`].
pub fn may_see(caller: &Caller, record: Option<&DeviceRecord>) -> Result<(), Refusal> {
    match record {
        Some(record) if record.lives(caller.auth_time) => Ok(()),
        _ => Err(Refusal::NotEnrolled),
    }
}

/// Whether the device that asks may change something now.
///
/// # Errors
/// The [`Refusal`] that says what is missing.
pub fn may_change(
    caller: &Caller,
    record: Option<&DeviceRecord>,
    confirmed_at: Option<Timestamp>,
    bounds: &Bounds,
    now: Timestamp,
) -> Result<(), Refusal> {
    may_see(caller, record)?;
    match change(caller, confirmed_at, bounds, now) {
        Change::Open => Ok(()),
        Change::Proof => Err(Refusal::ProofNeeded),
        Change::Code => Err(Refusal::CodeNeeded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds).unwrap()
    }

    fn caller(proven_at: Option<Timestamp>) -> Caller {
        Caller {
            device: DeviceId::from_bytes([2; 16]),
            user: UserId::from_bytes([1; 16]),
            auth_time: at(0),
            proven_at,
        }
    }

    fn record() -> DeviceRecord {
        DeviceRecord {
            device_key: None,
            last_used_at: at(0),
            revoked: false,
            person_revoked_at: None,
            account_revoked_at: None,
        }
    }

    #[test]
    fn a_proof_opens_changes_for_ten_minutes_and_then_another_is_needed() {
        let change = |now| change(&caller(Some(at(0))), None, &Bounds::default(), now);
        assert_eq!(change(at(599)), Change::Open);
        assert_eq!(change(at(600)), Change::Proof);
    }

    #[test]
    fn without_a_key_a_code_opens_changes_and_with_one_it_does_not() {
        let change = |proven_at, confirmed_at, now| {
            super::change(&caller(proven_at), confirmed_at, &Bounds::default(), now)
        };
        assert_eq!(change(None, None, at(0)), Change::Code);
        assert_eq!(change(None, Some(at(5)), at(604)), Change::Open);
        assert_eq!(change(None, Some(at(5)), at(605)), Change::Code);
        assert_eq!(change(Some(at(0)), Some(at(599)), at(600)), Change::Proof);
    }

    #[test]
    fn what_is_listed_as_alive_follows_the_settings_of_now_and_counts_the_whole_last_day() {
        const DAY: u64 = 86_400;
        let midnight = |day: u64| Timestamp::from_seconds((20_000 + day) * DAY).unwrap();
        let settings = |days, bound_devices_only| ClickSettings {
            authentication_duration_days: days,
            bound_devices_only,
            ..ClickSettings::from(&crate::settings::Settings::default())
        };
        let kept = Kept {
            auth_time: midnight(0),
            last_used_at: midnight(0).plus_seconds(9 * 3_600),
            expires_at: midnight(30),
            session: false,
            bound: false,
        };
        let last = midnight(2).plus_seconds(DAY - 2);
        assert!(kept.may_be_alive(&settings(2, false), last));
        assert!(!kept.may_be_alive(&settings(2, false), last.plus_seconds(1)));
        assert_eq!(kept.lasts_until(&settings(2, false)), midnight(2).plus_seconds(9 * 3_600));
        assert!(!kept.may_be_alive(&settings(30, true), midnight(1)));
        assert!(Kept { bound: true, ..kept }.may_be_alive(&settings(30, true), midnight(1)));
        let session = Kept { session: true, expires_at: midnight(0).plus_seconds(60), ..kept };
        assert!(!session.may_be_alive(&settings(30, false), midnight(0).plus_seconds(60)));
    }

    #[test]
    fn a_code_is_for_devices_that_have_no_key() {
        assert_eq!(is_without_key(&caller(None)), Ok(()));
        assert_eq!(is_without_key(&caller(Some(at(0)))), Err(Refusal::ProofNeeded));
    }

    #[test]
    fn a_device_that_is_gone_or_revoked_sees_and_changes_nothing() {
        let gone = [
            None,
            Some(DeviceRecord { revoked: true, ..record() }),
            Some(DeviceRecord { person_revoked_at: Some(at(0)), ..record() }),
            Some(DeviceRecord { account_revoked_at: Some(at(0)), ..record() }),
        ];
        let proved = caller(Some(at(0)));
        for record in gone {
            assert_eq!(may_see(&proved, record.as_ref()), Err(Refusal::NotEnrolled));
            let changes = may_change(&proved, record.as_ref(), None, &Bounds::default(), at(1));
            assert_eq!(changes, Err(Refusal::NotEnrolled));
        }
        assert_eq!(may_see(&proved, Some(&record())), Ok(()));
        assert_eq!(may_change(&proved, Some(&record()), None, &Bounds::default(), at(1)), Ok(()));
        let late = |caller| may_change(&caller, Some(&record()), None, &Bounds::default(), at(9_000));
        assert_eq!(late(proved), Err(Refusal::ProofNeeded));
        assert_eq!(late(caller(None)), Err(Refusal::CodeNeeded));
    }
}
