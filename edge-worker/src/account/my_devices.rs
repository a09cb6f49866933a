//! What people do with their own devices: see them, name them, sign them out. Every call asks the record first: the cookie may be
//! a copy whose device was signed out a second ago.

use device_token::{DeviceId, Timestamp};
use enrollment_rules::address::Address;
use enrollment_rules::enrollment::{self, Refusal as EnrollmentRefusal};
use enrollment_rules::keyed_hash::{Digest, Purpose};
use enrollment_rules::limits;
use enrollment_rules::messages::{MyDevice, MyDevices};
use enrollment_rules::my_devices::{self, Caller, Kept, Refusal};
use enrollment_rules::snapshot::ClickSettings;
use enrollment_rules::time_text::{rfc3339, utc_day};

use super::enrolling::Tried;
use super::messages::{AccountRefusal, AskCode, Asker, ConfirmChange};
use super::outbox::Underway;
use super::row::Row;
use super::store::{Person, Store, StoredEnrollment};
use super::{After, Handled, enrolling, proving, revoking};
use crate::config::{Account, Config};
use crate::failure::Failure;

/// The person's devices that are alive: the one that asks first, then the latest used.
pub(super) fn list(
    store: &Store,
    config: &Config,
    asker: &Asker,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let caller = &asker.caller;
    let person = person(store, caller)?;
    let devices = devices(store, caller, now)?;
    let address_masked = person.address.parse::<Address>().map(|address| address.masked());
    let list = MyDevices {
        address_masked: address_masked.unwrap_or_default(),
        change: my_devices::change(caller, confirmed_at(store, asker)?, &config.bounds, now),
        devices,
    };
    Handled::new(&list, After::Nothing)
}

fn devices(store: &Store, caller: &Caller, now: Timestamp) -> Result<Vec<MyDevice>, Failure> {
    let settings = ClickSettings::from(&store.settings()?);
    let query = "SELECT id, id = ?, name, browser, device_key IS NOT NULL, session, auth_time, last_used_at, \
         expires_at FROM devices WHERE user = ? AND revoked = 0 ORDER BY 2 DESC, last_used_at DESC, id";
    let values = vec![caller.device.to_string().into(), caller.user.to_string().into()];
    let listed = store.rows(query, values, |row| {
        let (id, this, name, browser) = (row.take()?, row.take()?, row.take()?, row.take()?);
        let (bound, session) = (row.take()?, row.take()?);
        let (auth_time, last_used_at, expires_at) = (row.take()?, row.take()?, row.take()?);
        let kept = Kept { auth_time, last_used_at, expires_at, session, bound };
        // The one that asks shows that it is.
        let alive = this || kept.may_be_alive(&settings, now);
        Ok(alive.then(|| MyDevice {
            id,
            this,
            name,
            browser,
            binding: if bound { "key" } else { "none" },
            session,
            enrolled_at: rfc3339(auth_time),
            last_used_on: utc_day(last_used_at),
            expires_at: rfc3339(kept.lasts_until(&settings)),
        }))
    })?;
    Ok(listed.into_iter().flatten().collect())
}

/// Names one of the person's devices.
pub(super) fn rename(
    store: &Store,
    config: &Config,
    asker: &Asker,
    id: &str,
    name: Option<&str>,
    now: Timestamp,
) -> Result<Handled, Failure> {
    may_change(store, config, asker, now)?;
    let devices = devices(store, &asker.caller, now)?;
    let named = devices.into_iter().find(|one| one.id == id).ok_or(AccountRefusal::NotFound)?;
    store.write("UPDATE devices SET name = ? WHERE id = ?", vec![name.into(), id.into()])?;
    store.audit("person", "device.renamed", &asker.caller.user.to_string(), id, now)?;
    Handled::new(&MyDevice { name: name.map(str::to_owned), ..named }, After::Nothing)
}

/// Ends one of the person's devices.
pub(super) fn sign_out(
    store: &Store,
    config: &Config,
    asker: &Asker,
    id: &str,
    now: Timestamp,
) -> Result<Handled, Failure> {
    may_change(store, config, asker, now)?;
    let device = owned(store, &asker.caller, id)?;
    let ended = revoking::end_own(store, device, "device.signed_out", now)?;
    revoking::revoked(store, config, ended, None, now)
}

/// Ends all of the person's devices but the one that asks, and the enrollments under way.
pub(super) fn sign_out_others(
    store: &Store,
    config: &Config,
    asker: &Asker,
    now: Timestamp,
) -> Result<Handled, Failure> {
    may_change(store, config, asker, now)?;
    let user = asker.caller.user.to_string();
    // Counted are those that people see; ended are also those that have expired, which a longer duration would bring back.
    let seen = devices(store, &asker.caller, now)?.iter().filter(|one| !one.this).count();
    let query = "SELECT id FROM devices WHERE user = ? AND id <> ? AND revoked = 0";
    let values = vec![user.as_str().into(), asker.caller.device.to_string().into()];
    let others: Vec<DeviceId> = store.rows(query, values, Row::take)?;
    for device in others {
        revoking::end_own(store, device, "device.signed_out", now)?;
    }
    let ended = u64::try_from(seen).unwrap_or(u64::MAX);
    enrolling::end_open(store, &user)?;
    revoking::revoked(store, config, ended, None, now)
}

/// Sends the person a code, with which a device without a key may change their devices.
pub(super) fn ask_code(
    store: &Store,
    config: &Config,
    account: &Account,
    underway: &Underway,
    ask: AskCode,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let person = person(store, &ask.caller)?;
    my_devices::is_without_key(&ask.caller)?;
    let settings = store.settings()?;
    if !settings.authentication_enabled {
        return Err(EnrollmentRefusal::AuthenticationOff.into());
    }
    store.drop_old_enrollments(now)?;
    let begun = store.begun_from(&ask.network, now)?;
    limits::network_allowance(&begun, settings.enrollments_per_network_hour, now)
        .map_err(EnrollmentRefusal::network_limit)?;
    let (sent, digest) = enrolling::draw_code(config, &ask.ticket, ask.asked)?;
    let address: Address = person.address.parse().map_err(|_| Failure::Internal("a stored address"))?;
    let account_id = account.audience.account.as_str().as_bytes();
    let stored = StoredEnrollment {
        enrollment: enrollment::start(Some(person.id), digest, now),
        alias_of: None,
        typed: config.hash_key.digest(Purpose::TypedAddress, &[account_id, address.key().as_bytes()]),
        mail_to: Some(person.address),
        network: ask.network.clone(),
        // The cookie shows whose browser this is: strangers who ask for codes to this address take no mail from it.
        shown: vec![person.id],
        goes_to: "/devices".to_owned(),
        for_device: Some(ask.caller.device),
        confirmed_at: None,
    };
    enrolling::count_and_queue(store, config, &stored, sent, ask.language, now)?;
    store.keep_enrollment(&ask.ticket, &stored)?;
    Handled::new(&enrolling::started(store, config, underway, &stored)?, After::Nothing)
}

/// Such a code was typed, in the browser that asked for it.
pub(super) fn confirm(
    store: &Store,
    config: &Config,
    confirm: &ConfirmChange,
    now: Timestamp,
) -> Result<Handled, Failure> {
    person(store, &confirm.caller)?;
    let mut stored =
        of_device(store, &confirm.ticket, &confirm.caller)?.ok_or(EnrollmentRefusal::TicketMissing)?;
    let tried = Tried {
        ticket: &confirm.ticket,
        code: &confirm.code,
        asked: &confirm.asked,
        language: confirm.language,
    };
    enrolling::try_code(store, config, &mut stored, &tried, now)?;
    stored.confirmed_at = Some(now);
    store.keep_enrollment(&confirm.ticket, &stored)?;
    Handled::new(&(), After::Nothing)
}

/// The person, whose device must still be theirs.
fn person(store: &Store, caller: &Caller) -> Result<Person, Failure> {
    let record = proving::record(store, caller.device, caller.user)?;
    my_devices::may_see(caller, record.as_ref())?;
    store.person(caller.user)?.ok_or(Refusal::NotEnrolled.into())
}

fn may_change(store: &Store, config: &Config, asker: &Asker, now: Timestamp) -> Result<(), Failure> {
    let record = proving::record(store, asker.caller.device, asker.caller.user)?;
    let confirmed_at = confirmed_at(store, asker)?;
    Ok(my_devices::may_change(&asker.caller, record.as_ref(), confirmed_at, &config.bounds, now)?)
}

/// When a code was confirmed by this device in this very browser: the ticket is its own, the cookie may be a copy.
fn confirmed_at(store: &Store, asker: &Asker) -> Result<Option<Timestamp>, Failure> {
    let Some(ticket) = &asker.ticket else { return Ok(None) };
    Ok(of_device(store, ticket, &asker.caller)?.and_then(|stored| stored.confirmed_at))
}

fn of_device(store: &Store, ticket: &Digest, caller: &Caller) -> Result<Option<StoredEnrollment>, Failure> {
    let stored = store.enrollment(ticket)?;
    Ok(stored.filter(|stored| stored.for_device == Some(caller.device)))
}

/// One of the person's devices; another's is not there.
fn owned(store: &Store, caller: &Caller, id: &str) -> Result<DeviceId, Failure> {
    let device: DeviceId = id.parse().map_err(|_| AccountRefusal::NotFound)?;
    match proving::record(store, device, caller.user)? {
        Some(record) if !record.revoked => Ok(device),
        _ => Err(AccountRefusal::NotFound.into()),
    }
}
