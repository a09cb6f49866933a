//! The account's internal domains.

use device_token::Timestamp;
use enrollment_rules::address::Domain;
use enrollment_rules::messages::{DomainList, DomainRecord};
use enrollment_rules::time_text::rfc3339;

use super::messages::AccountRefusal;
use super::row::Row;
use super::store::{By, Event, Store, seconds};
use super::{After, Handled, enrolled, people};
use crate::failure::Failure;

/// All of them, with how many people and devices they have.
pub(super) fn list(store: &Store, now: Timestamp) -> Result<Handled, Failure> {
    let query = format!(
        "SELECT name, domains.created_at, (SELECT COUNT(*) FROM users WHERE domain = name), \
         (SELECT COUNT(*) FROM users JOIN devices ON user = users.id WHERE domain = domains.name AND {}) \
         FROM domains ORDER BY name",
        enrolled::condition(&store.settings()?, now)
    );
    let read = |row: &mut Row| {
        Ok(DomainRecord {
            name: row.take()?,
            created_at: row.take().map(rfc3339)?,
            people: row.take()?,
            devices: row.take()?,
        })
    };
    Handled::new(&DomainList { domains: store.rows(&query, vec![], read)? }, After::Nothing)
}

/// Adds one.
pub(super) fn add(store: &Store, by: &By, name: &str, now: Timestamp) -> Result<Handled, Failure> {
    let domain: Domain = name.parse().map_err(|_| AccountRefusal::DomainInvalid)?;
    if has(store, &domain)? {
        return Err(AccountRefusal::DomainExists.into());
    }
    let values = vec![domain.as_str().into(), seconds(now)];
    store.write("INSERT INTO domains (name, created_at) VALUES (?, ?)", values)?;
    store.count_up(people::VERSION)?;
    let event = Event { action: "domain.added", subject: domain.as_str(), ..Event::default() };
    store.audit_by(by, &event, now)?;
    let name = domain.as_str().to_owned();
    let record = DomainRecord { name, created_at: rfc3339(now), people: 0, devices: 0 };
    Handled::new(&record, After::Nothing)
}

/// Removes one that nobody has an address in.
pub(super) fn remove(store: &Store, by: &By, name: &str, now: Timestamp) -> Result<Handled, Failure> {
    let domain: Domain = name.parse().map_err(|_| AccountRefusal::NotFound)?;
    if !has(store, &domain)? {
        return Err(AccountRefusal::NotFound.into());
    }
    let users = "SELECT COUNT(*) FROM users WHERE domain = ?";
    // Patterns end at 50 bytes here, which a domain may be longer than.
    let aliases = "SELECT COUNT(*) FROM aliases WHERE substr(address_key, instr(address_key, '@') + 1) = ?";
    if store.count(users, vec![domain.as_str().into()])? > 0
        || store.count(aliases, vec![domain.as_str().into()])? > 0
    {
        return Err(AccountRefusal::DomainNotEmpty.into());
    }
    store.write("DELETE FROM domains WHERE name = ?", vec![domain.as_str().into()])?;
    store.count_up(people::VERSION)?;
    let event = Event { action: "domain.removed", subject: domain.as_str(), ..Event::default() };
    store.audit_by(by, &event, now)?;
    Handled::new(&(), After::Nothing)
}

/// Is it one of the account's?
pub(super) fn has(store: &Store, domain: &Domain) -> Result<bool, Failure> {
    let query = "SELECT COUNT(*) FROM domains WHERE name = ?";
    Ok(store.count(query, vec![domain.as_str().into()])? > 0)
}
