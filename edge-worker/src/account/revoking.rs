//! Revoking: devices, people, a domain, everyone.

use std::collections::BTreeSet;

use device_token::{DeviceId, Timestamp, UserId};
use enrollment_rules::address::Domain;
use enrollment_rules::messages::Revoked;
use enrollment_rules::settings_change::Number;
use enrollment_rules::time_text::rfc3339;
use enrollment_rules::{publication, revocation};
use worker::SqlStorageValue;

use super::directory::Whose;
use super::messages::AccountRefusal;
use super::row::Row;
use super::store::{By, Event, NEXT_VERSION, OR_LATER, Store, seconds};
use super::{After, Handled, domains, enrolled, outbox};
use crate::config::Config;
use crate::failure::Failure;

/// What was revoked, and by when everybody knows.
pub(super) fn revoked(
    store: &Store,
    config: &Config,
    devices: u64,
    people: Option<u64>,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let settings = store.settings()?;
    let since = super::settings::immediate_since(store)?;
    let by = publication::known_by(settings.revocation, since, &config.bounds, now);
    let revoked = Revoked {
        revoked_devices: devices,
        revoked_people: people,
        effective_by: Some(rfc3339(by.as_a_rule)),
        certain_by: Some(rfc3339(by.at_the_latest)),
    };
    Handled::new(&revoked, After::Publish)
}

/// Some of the rows of `users` or `devices`: a condition, and its one value.
pub(super) struct Set {
    condition: &'static str,
    value: SqlStorageValue,
}

impl Set {
    /// People, by a condition on `users` with a `?1`.
    pub(super) fn new(condition: &'static str, value: SqlStorageValue) -> Self {
        Self { condition, value }
    }

    fn of_ids<T: std::fmt::Display>(ids: &BTreeSet<T>) -> Self {
        // Ids hold nothing that JSON would escape.
        let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
        Self::new("id IN (SELECT value FROM json_each(?1))", format!("[{}]", ids.join(",")).into())
    }

    fn values(&self, more: Vec<SqlStorageValue>) -> Vec<SqlStorageValue> {
        std::iter::once(self.value.clone()).chain(more).collect()
    }

    /// Of `devices`, those that belong to these people.
    fn devices(&self) -> String {
        format!("user IN (SELECT id FROM users WHERE {})", self.condition)
    }
}

/// By an administrator: counts, and does it unless that is all.
pub(super) fn revoke(
    store: &Store,
    config: &Config,
    by: &By,
    whose: &Whose,
    dry_run: bool,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let set = match whose {
        Whose::Devices(ids) => Set::of_ids(&present::<DeviceId>(store, "devices", ids)?),
        Whose::Users(ids) => Set::of_ids(&present::<UserId>(store, "users", ids)?),
        Whose::Domain(name) => {
            let domain: Domain = name.parse().map_err(|_| AccountRefusal::NotFound)?;
            if !domains::has(store, &domain)? {
                return Err(AccountRefusal::NotFound.into());
            }
            Set::new("domain = ?1", domain.as_str().into())
        }
        Whose::Everyone => Set::new("?1", 1.into()),
    };
    let devices = match whose {
        Whose::Devices(_) | Whose::Everyone => set.condition.to_owned(),
        Whose::Users(_) | Whose::Domain(_) => set.devices(),
    };
    let settings = store.settings()?;
    let enrolled = format!("{devices} AND {}", enrolled::condition(&settings, now));
    let number = enrolled::number(store, &enrolled, set.values(vec![]))?;
    if dry_run {
        let Number { devices, people } = number;
        let would_be = Revoked {
            revoked_devices: devices,
            revoked_people: Some(people),
            effective_by: None,
            certain_by: None,
        };
        return Handled::new(&would_be, After::Nothing);
    }
    if settings.revocation_notices {
        outbox::queue_revoked(store, config, &enrolled, set.values(vec![]), now)?;
    }
    let told = format!("{} devices of {} people", number.devices, number.people);
    let event = |action, subject| Event { action, subject, detail: &told, ..Event::default() };
    match whose {
        Whose::Devices(_) => end_devices(store, by, &set, now)?,
        Whose::Users(_) => {
            write_down_people(store, by, &set, &enrolled::condition(&settings, now), now)?;
            end_people(store, &set, now)?;
        }
        Whose::Domain(_) => {
            end_people(store, &set, now)?;
            let SqlStorageValue::String(domain) = &set.value else {
                return Err(Failure::Internal("a domain"));
            };
            store.audit_by(by, &event("domain.revoked", domain), now)?;
        }
        Whose::Everyone => {
            end_everything(store, now)?;
            store.audit_by(by, &event("everyone.revoked", ""), now)?;
        }
    }
    store.bump_version()?;
    revoked(store, config, number.devices, Some(number.people), now)
}

/// The ids, if all of them are there.
fn present<T: std::str::FromStr + Ord + std::fmt::Display>(
    store: &Store,
    table: &str,
    ids: &[String],
) -> Result<BTreeSet<T>, Failure> {
    let ids: BTreeSet<T> =
        ids.iter().map(|id| id.parse().map_err(|_| AccountRefusal::NotFound)).collect::<Result<_, _>>()?;
    let set = Set::of_ids(&ids);
    let found = format!("SELECT COUNT(*) FROM {table} WHERE {}", set.condition);
    let found = store.count(&found, set.values(vec![]))?;
    if usize::try_from(found).ok() == Some(ids.len()) {
        Ok(ids)
    } else {
        Err(AccountRefusal::NotFound.into())
    }
}

/// Each in the audit of its person, and ended.
fn end_devices(store: &Store, by: &By, set: &Set, now: Timestamp) -> Result<(), Failure> {
    let query = format!("SELECT id, user FROM devices WHERE revoked = 0 AND {}", set.condition);
    let read = |row: &mut Row| Ok((row.take::<DeviceId>()?, row.take::<String>()?));
    for (device, user) in store.rows(&query, set.values(vec![]), read)? {
        end_device(store, device, now)?;
        let detail = device.to_string();
        let event = Event { action: "device.revoked", subject: &user, detail: &detail, ..Event::default() };
        store.audit_by(by, &event, now)?;
    }
    Ok(())
}

/// An event for each person of a set, before it is done.
fn write_down_people(
    store: &Store,
    by: &By,
    set: &Set,
    enrolled: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let query = format!(
        "INSERT INTO audit (at, actor, action, subject, detail, actor_id, actor_name, source) \
         SELECT ?2, ?3, 'user.revoked', id, \
         (SELECT COUNT(*) FROM devices WHERE user = users.id AND {enrolled}) || ' devices', ?4, ?5, ?6 \
         FROM users WHERE {}",
        set.condition
    );
    let who = vec![
        seconds(now),
        by.kind.into(),
        by.id.clone().into(),
        by.name.clone().into(),
        by.source.clone().into(),
    ];
    store.write(&query, set.values(who))
}

/// All devices of one person, and the enrollments under way; tells how many were enrolled.
pub(super) fn end_person(store: &Store, id: &str, now: Timestamp) -> Result<u64, Failure> {
    let enrolled = enrolled::condition(&store.settings()?, now);
    let number = enrolled::number(store, &format!("user = ?1 AND {enrolled}"), vec![id.into()])?;
    end_people(store, &Set::new("id = ?1", id.into()), now)?;
    store.bump_version()?;
    Ok(number.devices)
}

/// All devices of these people, and the enrollments under way.
pub(super) fn end_people(store: &Store, set: &Set, now: Timestamp) -> Result<(), Failure> {
    let (people, devices) = (set.condition, set.devices());
    let latest = |query: &str| -> Result<Option<Timestamp>, Failure> {
        Ok(store.row(query, set.values(vec![]), Row::take::<Option<Timestamp>>)?.flatten())
    };
    let previous = latest(&format!("SELECT MAX(revoked_at) FROM users WHERE {people}"))?;
    let enrolled = latest(&format!("SELECT MAX(auth_time) FROM devices WHERE {devices}"))?;
    // One time for all of them: later than anything any of them has.
    let at = seconds(revocation::revocation_time(now, previous, enrolled));
    // Whoever never had a device need not be known everywhere.
    let published = format!(
        "INSERT INTO revocations (kind, id, at, version) SELECT 'user', id, ?2, {NEXT_VERSION} FROM users \
         WHERE {people} AND ever_enrolled {OR_LATER}"
    );
    let timed = || set.values(vec![at.clone()]);
    store.write(&published, timed())?;
    store.write(&format!("UPDATE users SET revoked_at = ?2 WHERE {people}"), timed())?;
    store.write(
        &format!("UPDATE devices SET revoked = 1 WHERE revoked = 0 AND {devices}"),
        set.values(vec![]),
    )?;
    store.write(
        &format!(
            "UPDATE enrollments SET stage = 'ended' WHERE stage = 'open' \
             AND person IN (SELECT id FROM users WHERE {people})"
        ),
        set.values(vec![]),
    )
}

/// Everybody's, by one time for the account.
fn end_everything(store: &Store, now: Timestamp) -> Result<(), Failure> {
    let latest = |query| store.row(query, vec![], Row::take::<Option<Timestamp>>);
    let enrolled = latest("SELECT MAX(auth_time) FROM devices")?.flatten();
    // Of devices whose records are gone, too: none was enrolled later than it was revoked.
    let revoked = latest("SELECT MAX(at) FROM revocations")?.flatten();
    let at = revocation::revocation_time(now, revoked, enrolled);
    let publish = format!(
        "INSERT INTO revocations (kind, id, at, version) VALUES ('account', '', ?, {NEXT_VERSION}) {OR_LATER}"
    );
    store.write(&publish, vec![seconds(at)])?;
    // This ends whatever they ended.
    store.write("DELETE FROM revocations WHERE kind <> 'account'", vec![])?;
    super::publication::rebuild(store)?;
    store.write("UPDATE devices SET revoked = 1 WHERE revoked = 0", vec![])?;
    store.write("UPDATE enrollments SET stage = 'ended' WHERE stage = 'open'", vec![])
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
    let ended = if is_owned { end_own(store, device, "device.forgotten", now)? } else { 0 };
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
        end_own(store, *device, "device.replaced", now)?;
        store.write("DELETE FROM devices WHERE id = ?", vec![device.to_string().into()])?;
    }
    Ok(!former.is_empty())
}

/// Ends one device by what its person does; tells how many were alive: 1, or 0 if it was revoked already, and then nothing changes.
pub(super) fn end_own(store: &Store, device: DeviceId, action: &str, now: Timestamp) -> Result<u64, Failure> {
    let id = device.to_string();
    let query = "SELECT user, revoked FROM devices WHERE id = ?";
    let read = |row: &mut Row| Ok((row.take::<String>()?, row.take::<bool>()?));
    let (user, was_revoked) =
        store.row(query, vec![id.as_str().into()], read)?.ok_or(AccountRefusal::NotFound)?;
    if was_revoked {
        return Ok(0);
    }
    end_device(store, device, now)?;
    store.bump_version()?;
    store.audit("person", action, &user, &id, now)?;
    Ok(1)
}

fn end_device(store: &Store, device: DeviceId, now: Timestamp) -> Result<(), Failure> {
    let id = device.to_string();
    store.write("UPDATE devices SET revoked = 1 WHERE id = ?", vec![id.as_str().into()])?;
    let publish = format!(
        "INSERT INTO revocations (kind, id, at, version) \
         SELECT 'device', id, MAX(?2, auth_time), {NEXT_VERSION} FROM devices WHERE id = ?1 {OR_LATER}"
    );
    store.write(&publish, vec![id.into(), seconds(now)])
}
