//! Lists, as administrators see them.

use device_token::{Timestamp, UserId};
use enrollment_rules::address::Address;
use enrollment_rules::messages::{
    DeviceList, DeviceRecord, DomainList, DomainRecord, EventList, EventRecord, InteractionList,
    InteractionRecord, UserList, UserRecord,
};
use enrollment_rules::time_text::{rfc3339, utc_day};
use worker::SqlStorageValue;

use super::messages::{AccountRefusal, Page, UsersPage};
use super::row::Row;
use super::store::Store;
use super::{After, Handled};
use crate::failure::Failure;

/// The time in a column, as text.
fn time(row: &mut Row) -> Result<String, Failure> {
    row.take::<Timestamp>().map(rfc3339)
}

/// All internal domains.
pub(super) fn domains(store: &Store) -> Result<Handled, Failure> {
    let query = "SELECT name, created_at FROM domains ORDER BY name";
    let read = |row: &mut Row| Ok(DomainRecord { name: row.take()?, created_at: time(row)? });
    Handled::new(&DomainList { domains: store.rows(query, vec![], read)? }, After::Nothing)
}

const USER: &str = "SELECT id, address, disabled, revoked_at, created_at, address_key FROM users";

/// A person without their aliases, and the key of the primary address.
fn user_row(row: &mut Row) -> Result<(UserRecord, String), Failure> {
    let (id, address, disabled) = (row.take()?, row.take()?, row.take()?);
    let revoked_at = row.take::<Option<Timestamp>>()?.map(rfc3339);
    let record =
        UserRecord { id, address, aliases: Vec::new(), disabled, revoked_at, created_at: time(row)? };
    Ok((record, row.take()?))
}

fn with_aliases(store: &Store, mut record: UserRecord) -> Result<UserRecord, Failure> {
    let query = "SELECT address FROM aliases WHERE user = ? ORDER BY address_key";
    record.aliases = store.rows(query, vec![record.id.as_str().into()], Row::take)?;
    Ok(record)
}

/// People by primary address, a page at a time.
pub(super) fn users(store: &Store, page: &UsersPage) -> Result<Handled, Failure> {
    let limit = usize::from(page.limit);
    let mut values: Vec<SqlStorageValue> = vec![page.after.clone().unwrap_or_default().into()];
    let of_domain = match &page.domain {
        Some(domain) => {
            values.push(domain.as_str().into());
            " AND domain = ?"
        }
        None => "",
    };
    // One more than asked for tells whether there is a next page.
    values.push(i64::from(page.limit).saturating_add(1).into());
    let query = format!("{USER} WHERE address_key > ?{of_domain} ORDER BY address_key LIMIT ?");
    let mut rows = store.rows(&query, values, user_row)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|(_, key)| key.clone()) } else { None };
    let users = rows.into_iter().map(|(record, _)| with_aliases(store, record)).collect::<Result<_, _>>()?;
    Handled::new(&UserList { users, next }, After::Nothing)
}

/// One person.
pub(super) fn user(store: &Store, id: &str) -> Result<Handled, Failure> {
    let found = store.row(&format!("{USER} WHERE id = ?"), vec![id.into()], user_row)?;
    let (record, _) = found.ok_or(AccountRefusal::NotFound)?;
    Handled::new(&with_aliases(store, record)?, After::Nothing)
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

/// A person's devices, the latest first.
pub(super) fn devices(store: &Store, user: &str) -> Result<Handled, Failure> {
    if store.count("SELECT COUNT(*) FROM users WHERE id = ?", vec![user.into()])? == 0 {
        return Err(AccountRefusal::NotFound.into());
    }
    let query = "SELECT id, name, browser, device_key IS NOT NULL, session, auth_time, last_used_at, expires_at, \
         revoked FROM devices WHERE user = ? ORDER BY auth_time DESC";
    let devices = store.rows(query, vec![user.into()], |row| {
        Ok(DeviceRecord {
            id: row.take()?,
            name: row.take()?,
            browser: row.take()?,
            binding: if row.take()? { "key" } else { "none" }.to_owned(),
            session: row.take()?,
            enrolled_at: time(row)?,
            last_used_on: row.take::<Timestamp>().map(utc_day)?,
            expires_at: time(row)?,
            revoked: row.take()?,
        })
    })?;
    Handled::new(&DeviceList { devices }, After::Nothing)
}

fn page_values(page: Page) -> Vec<SqlStorageValue> {
    // SQLite counts rows up to 2^63; JavaScript's numbers end earlier.
    const LAST: i64 = (1 << 53) - 1;
    let before = page.before.and_then(|before| i64::try_from(before).ok()).map_or(LAST, |n| n.min(LAST));
    vec![before.into(), i64::from(page.limit).into()]
}

/// Clicks, the newest first.
pub(super) fn interactions(store: &Store, page: Page) -> Result<Handled, Failure> {
    let query = "SELECT seq, at, link, destination, user, users.address, device, recipient, verdict \
         FROM interactions LEFT JOIN users ON users.id = user WHERE seq < ? ORDER BY seq DESC LIMIT ?";
    let interactions = store.rows(query, page_values(page), |row| {
        Ok(InteractionRecord {
            seq: row.take()?,
            at: time(row)?,
            link_id: row.take()?,
            destination: row.take()?,
            user: row.take()?,
            address: row.take()?,
            device: row.take()?,
            recipient: row.take()?,
            verdict: row.take()?,
        })
    })?;
    let dropped = store.count("SELECT COALESCE(MIN(seq), 1) - 1 FROM interactions", vec![])?;
    Handled::new(&InteractionList { interactions, dropped }, After::Nothing)
}

/// Audit events, the newest first.
pub(super) fn audit(store: &Store, page: Page) -> Result<Handled, Failure> {
    let query =
        "SELECT seq, at, actor, action, subject, detail FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?";
    let events = store.rows(query, page_values(page), |row| {
        Ok(EventRecord {
            seq: row.take()?,
            at: time(row)?,
            actor: row.take()?,
            action: row.take()?,
            subject: row.take()?,
            detail: row.take()?,
        })
    })?;
    Handled::new(&EventList { events }, After::Nothing)
}
