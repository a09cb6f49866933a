//! People and their devices, as administrators see them.

use device_token::{Timestamp, UserId};
use enrollment_rules::address::Address;
use enrollment_rules::messages::{DeviceList, DeviceRecord, UserList, UserRecord};
use enrollment_rules::my_devices::Kept;
use enrollment_rules::snapshot::ClickSettings;
use enrollment_rules::time_text::{rfc3339, utc_day};
use worker::SqlStorageValue;

use super::directory::UsersPage;
use super::messages::AccountRefusal;
use super::row::Row;
use super::store::{Store, seconds};
use super::{After, Handled, enrolled};
use crate::failure::Failure;

/// Behind every character of an address.
const LAST: &str = "\u{7f}";

/// What is asked of `users`, of which this is the rest of the query.
fn query(store: &Store, rest: &str, now: Timestamp) -> Result<String, Failure> {
    let enrolled = enrolled::condition(&store.settings()?, now);
    Ok(format!(
        "SELECT id, address, disabled, (SELECT COUNT(*) FROM devices WHERE user = users.id AND {enrolled}), \
         revoked_at, created_at, address_key FROM users {rest}"
    ))
}

/// A person, and the key of the primary address.
fn record(
    store: &Store,
    everybody: Option<Timestamp>,
    row: &mut Row,
) -> Result<(UserRecord, String), Failure> {
    let (id, address, disabled, devices) = (row.take::<String>()?, row.take()?, row.take()?, row.take()?);
    let revoked_at: Option<Timestamp> = row.take()?;
    let record = UserRecord {
        aliases: aliases(store, &id)?,
        id,
        address,
        disabled,
        devices,
        revoked_at: revoked_at.max(everybody).map(rfc3339),
        created_at: row.take().map(rfc3339)?,
    };
    Ok((record, row.take()?))
}

/// Somebody's aliases, in order.
pub(super) fn aliases(store: &Store, id: &str) -> Result<Vec<String>, Failure> {
    let query = "SELECT address FROM aliases WHERE user = ? ORDER BY address_key";
    store.rows(query, vec![id.into()], Row::take)
}

/// People by primary address, a page at a time.
pub(super) fn users(store: &Store, page: &UsersPage, now: Timestamp) -> Result<Handled, Failure> {
    let limit = usize::from(page.limit);
    let mut values: Vec<SqlStorageValue> = vec![
        page.after.clone().unwrap_or_default().into(),
        // One more than asked for tells whether there is a next page.
        i64::from(page.limit).saturating_add(1).into(),
    ];
    let mut bound = |value: String| {
        values.push(value.into());
        values.len()
    };
    let of_domain = match &page.domain {
        Some(domain) => format!(" AND users.domain = ?{}", bound(domain.clone())),
        None => String::new(),
    };
    let prefix = page.search.as_deref().map(prefix).filter(|prefix| !prefix.is_empty());
    let keys = match prefix {
        // Primary addresses and aliases each by their own index; CROSS JOIN keeps the order in which they are read.
        Some(prefix) => {
            let (from, to) = (bound(prefix.clone()), bound(format!("{prefix}{LAST}")));
            format!(
                "SELECT address_key FROM (SELECT address_key FROM users WHERE address_key >= ?{from} \
                 AND address_key < ?{to} AND address_key > ?1{of_domain} ORDER BY address_key LIMIT ?2) \
                 UNION SELECT users.address_key FROM aliases CROSS JOIN users ON users.id = aliases.user \
                 WHERE aliases.address_key >= ?{from} AND aliases.address_key < ?{to} \
                 AND users.address_key > ?1{of_domain} ORDER BY 1 LIMIT ?2"
            )
        }
        None => {
            format!("SELECT address_key FROM users WHERE address_key > ?1{of_domain} ORDER BY 1 LIMIT ?2")
        }
    };
    let query = query(store, &format!("WHERE address_key IN ({keys}) ORDER BY address_key"), now)?;
    let everybody = store.account_revoked_at()?;
    let mut rows = store.rows(&query, values, |row| record(store, everybody, row))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|(_, key)| key.clone()) } else { None };
    let users = rows.into_iter().map(|(record, _)| record).collect();
    Handled::new(&UserList { users, next }, After::Nothing)
}

/// What addresses that begin like this begin with in the directory.
fn prefix(search: &str) -> String {
    match search.parse::<Address>() {
        Ok(address) => address.key(),
        Err(_) => search.trim().to_ascii_lowercase(),
    }
}

/// One person.
pub(super) fn user(store: &Store, id: &str, now: Timestamp) -> Result<Handled, Failure> {
    let query = query(store, "WHERE id = ?", now)?;
    let everybody = store.account_revoked_at()?;
    let found = store.row(&query, vec![id.into()], |row| record(store, everybody, row))?;
    let (record, _) = found.ok_or(AccountRefusal::NotFound)?;
    Handled::new(&record, After::Nothing)
}

/// The id of the person who has this address, primary or alias; `null` if nobody has.
pub(super) fn user_by_address(store: &Store, address: &Address) -> Result<Handled, Failure> {
    let key = address.key();
    let person = match store.person_by_address(&key)? {
        Some(person) => Some(person),
        None => store.person_by_alias(&key)?.map(|(person, _)| person),
    };
    let id: Option<UserId> = person.map(|person| person.id);
    Handled::new(&id, After::Nothing)
}

/// A person's devices, the latest enrolled first, a page at a time. A place in the list is the time of enrollment and the id.
pub(super) fn devices(
    store: &Store,
    user: &str,
    after: Option<&str>,
    limit: u16,
) -> Result<Handled, Failure> {
    if store.count("SELECT COUNT(*) FROM users WHERE id = ?", vec![user.into()])? == 0 {
        return Err(AccountRefusal::NotFound.into());
    }
    let (at, id) = after.and_then(|after| after.split_once('.')).unwrap_or(("", ""));
    let at = at.parse().ok().and_then(|at| Timestamp::from_seconds(at).ok()).unwrap_or(Timestamp::MAX);
    let settings = ClickSettings::from(&store.settings()?);
    let query = "SELECT auth_time, id, name, browser, device_key IS NOT NULL, session, last_used_at, expires_at, \
         revoked FROM devices WHERE user = ? AND (auth_time, id) < (?, ?) ORDER BY auth_time DESC, id DESC LIMIT ?";
    let values = vec![user.into(), seconds(at), id.into(), i64::from(limit).saturating_add(1).into()];
    let mut rows = store.rows(query, values, |row| {
        let (auth_time, id, name, browser) =
            (row.take::<Timestamp>()?, row.take::<String>()?, row.take()?, row.take()?);
        let (bound, session) = (row.take()?, row.take()?);
        let kept = Kept { auth_time, last_used_at: row.take()?, expires_at: row.take()?, session, bound };
        let place = format!("{auth_time}.{id}");
        let record = DeviceRecord {
            id,
            name,
            browser,
            binding: if bound { "key" } else { "none" },
            session,
            enrolled_at: rfc3339(auth_time),
            last_used_on: utc_day(kept.last_used_at),
            expires_at: rfc3339(kept.lasts_until(&settings)),
            revoked: row.take()?,
        };
        Ok((record, place))
    })?;
    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let next = if more { rows.last().map(|(_, place)| place.clone()) } else { None };
    let devices = rows.into_iter().map(|(record, _)| record).collect();
    Handled::new(&DeviceList { devices, next }, After::Nothing)
}
