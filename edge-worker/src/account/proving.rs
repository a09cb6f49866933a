//! Proving: a device shows that it still has its key, and gets a fresh cookie and token for it.

use device_token::{
    DeviceCookie, DeviceId, DevicePublicKey, DeviceToken, DeviceTokenClaims, Timestamp, UserId,
};
use enrollment_rules::admission;
use enrollment_rules::messages::ProveDevice;
use enrollment_rules::proof::{self, DeviceRecord, Examined, Refusal};
use enrollment_rules::snapshot::ClickSettings;
use enrollment_rules::time_text::rfc3339;

use super::messages::Proved;
use super::store::{Store, seconds};
use super::{After, Handled};
use crate::config::{Account, Config};
use crate::failure::Failure;

/// That proofs of one device fail for one reason is written down once in so many seconds: whoever has a token could fill the books.
const FAILURE_SECONDS: u64 = 3_600;

/// A proof was offered. Good or not, the books tell of what concerns a device of this account.
pub(super) fn prove(
    store: &Store,
    config: &Config,
    account: &Account,
    offered: &ProveDevice,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let examined = proof::examine(offered, config.device_keys.verifying(), &account.audience);
    let (device, outcome) = match examined {
        Ok(examined) => {
            let statement = examined.token.statement();
            let device = (statement.device(), statement.user());
            (Some(device), accept(store, config, &examined, offered.pressed, now)?)
        }
        Err(refused) => (refused.device, Err(refused.why)),
    };
    match outcome {
        Ok(proved) => Handled::new(&proved, After::Nothing),
        Err(why) => {
            // A machine that slept, or an answer that was lost on its way, tells nothing of anybody.
            let tells = !matches!(why, Refusal::ChallengeExpired | Refusal::ChallengeSpent);
            if let (true, Some((device, user))) = (tells, device) {
                failed(store, device, user, why.code(), now)?;
            }
            Err(why.into())
        }
    }
}

/// A proof that fits together is judged by the record and, if it is good, spent.
fn accept(
    store: &Store,
    config: &Config,
    examined: &Examined,
    pressed: bool,
    now: Timestamp,
) -> Result<Result<Proved, Refusal>, Failure> {
    let (presented, device_key) = (examined.token.statement(), examined.token.device_key());
    let (challenge, expires_at) =
        (examined.challenge.challenge().to_string(), examined.challenge.expires_at());
    if now >= expires_at {
        return Ok(Err(Refusal::ChallengeExpired));
    }
    if store.is_spent(&challenge, now)? {
        return Ok(Err(Refusal::ChallengeSpent));
    }
    let settings = ClickSettings::from(&store.settings()?);
    let record = record(store, presented.device(), presented.user())?;
    let statement = match proof::accepted(presented, device_key, record.as_ref(), pressed, &settings, now) {
        Ok(statement) => statement,
        Err(refusal) => return Ok(Err(refusal)),
    };
    store.spend(&challenge, expires_at)?;
    store.report_use(statement.device(), statement.issued_at(), statement.expires_at())?;
    let claims = DeviceTokenClaims::new(statement.clone(), *device_key)
        .map_err(|_| Failure::Internal("a device token"))?;
    Ok(Ok(Proved {
        device_token: config.device_keys.sign::<DeviceToken>(&claims),
        device_cookie: config.device_keys.sign::<DeviceCookie>(&statement),
        max_age_seconds: statement.expires_at().seconds_since(now),
        expires_at: rfc3339(statement.expires_at()),
        press_due: admission::press_is_due(&statement, &config.bounds, now),
    }))
}

/// A proof that was not accepted, or could not be given: what a copied cookie leads to.
pub(super) fn failed(
    store: &Store,
    device: DeviceId,
    user: UserId,
    why: &str,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let id = device.to_string();
    let owned = "SELECT COUNT(*) FROM devices WHERE id = ? AND user = ?";
    // A device that is gone is nobody's any more.
    if store.count(owned, vec![id.as_str().into(), user.to_string().into()])? > 0 {
        let forget = "DELETE FROM failed_proofs WHERE at <= ?";
        let before = now.as_seconds().saturating_sub(FAILURE_SECONDS);
        store.write(forget, vec![i64::try_from(before).unwrap_or(0).into()])?;
        let told = "SELECT COUNT(*) FROM failed_proofs WHERE device = ? AND why = ?";
        if store.count(told, vec![id.as_str().into(), why.into()])? == 0 {
            let tell = "INSERT INTO failed_proofs (device, why, at) VALUES (?, ?, ?)";
            store.write(tell, vec![id.as_str().into(), why.into(), seconds(now)])?;
            store.audit("person", "proof.failed", &user.to_string(), &format!("{id}: {why}"), now)?;
        }
    }
    Handled::new(&(), After::Nothing)
}

/// What is known of a device of this person.
pub(super) fn record(store: &Store, device: DeviceId, user: UserId) -> Result<Option<DeviceRecord>, Failure> {
    let query = "SELECT device_key, last_used_at, revoked, users.revoked_at FROM devices \
         JOIN users ON users.id = devices.user WHERE devices.id = ? AND devices.user = ?";
    let account_revoked_at = store.account_revoked_at()?;
    store.row(query, vec![device.to_string().into(), user.to_string().into()], |row| {
        let key: Option<String> = row.take()?;
        Ok(DeviceRecord {
            device_key: key.and_then(|key| DevicePublicKey::parse(&key).ok()),
            last_used_at: row.take()?,
            revoked: row.take()?,
            person_revoked_at: row.take()?,
            account_revoked_at,
        })
    })
}
