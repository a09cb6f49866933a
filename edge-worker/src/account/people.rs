//! People: added, changed, removed.

use device_token::Timestamp;
use enrollment_rules::address::Address;
use enrollment_rules::people_csv::MAX_ALIASES;
use serde::Serialize;

use super::directory::UserChange;
use super::messages::AccountRefusal;
use super::row::Row;
use super::store::{By, Event, Store, flag, seconds};
use super::{After, Handled, domains, people_list, revoking};
use crate::config::Config;
use crate::failure::Failure;

/// The counter of changes of the directory.
pub(super) const VERSION: &str = "directory_version";

/// What the audit keeps of somebody: what was changed, or all of it.
#[derive(Default, Serialize)]
struct Kept<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aliases: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled: Option<bool>,
}

impl Kept<'_> {
    fn json(&self) -> Result<Option<String>, Failure> {
        serde_json::to_string(self).map(Some).map_err(|_| Failure::Internal("a person"))
    }
}

/// Somebody, as they are.
struct Now {
    address: String,
    aliases: Vec<String>,
    disabled: bool,
}

impl Now {
    fn kept(&self) -> Kept<'_> {
        Kept { address: Some(&self.address), aliases: Some(&self.aliases), disabled: Some(self.disabled) }
    }
}

fn load(store: &Store, id: &str) -> Result<Now, Failure> {
    let query = "SELECT address, disabled FROM users WHERE id = ?";
    let read = |row: &mut Row| Ok((row.take::<String>()?, row.take::<bool>()?));
    let (address, disabled) = store.row(query, vec![id.into()], read)?.ok_or(AccountRefusal::NotFound)?;
    let aliases = people_list::aliases(store, id)?;
    Ok(Now { address, aliases, disabled })
}

/// Refuses addresses that cannot all be this person's.
fn check(store: &Store, id: &str, address: &Address, aliases: &[Address]) -> Result<(), Failure> {
    if aliases.len() > MAX_ALIASES {
        return Err(AccountRefusal::TooManyAliases.into());
    }
    let mut keys: Vec<String> = Vec::new();
    for one in std::iter::once(address).chain(aliases) {
        if !domains::has(store, one.domain())? {
            return Err(AccountRefusal::DomainUnknown(Some(one.to_string())).into());
        }
        let key = one.key();
        let others = "SELECT (SELECT COUNT(*) FROM users WHERE address_key = ?1 AND id != ?2) \
             + (SELECT COUNT(*) FROM aliases WHERE address_key = ?1 AND user != ?2)";
        if store.count(others, vec![key.as_str().into(), id.into()])? > 0 || keys.contains(&key) {
            return Err(AccountRefusal::AddressTaken(Some(one.to_string())).into());
        }
        keys.push(key);
    }
    Ok(())
}

fn add_aliases(store: &Store, id: &str, aliases: &[Address]) -> Result<(), Failure> {
    for alias in aliases {
        store.write(
            "INSERT INTO aliases (address_key, address, user) VALUES (?, ?, ?)",
            vec![alias.key().into(), alias.to_string().into(), id.into()],
        )?;
    }
    Ok(())
}

/// Adds somebody, with their aliases.
pub(super) fn add(
    store: &Store,
    by: &By,
    id: &str,
    address: &Address,
    aliases: &[Address],
    disabled: bool,
    now: Timestamp,
) -> Result<Handled, Failure> {
    check(store, id, address, aliases)?;
    store.write(
        "INSERT INTO users (id, domain, address, address_key, disabled, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        vec![
            id.into(),
            address.domain().as_str().into(),
            address.to_string().into(),
            address.key().into(),
            flag(disabled),
            seconds(now),
        ],
    )?;
    add_aliases(store, id, aliases)?;
    store.count_up(VERSION)?;
    let after = load(store, id)?.kept().json()?;
    store.audit_by(by, &Event { action: "user.added", subject: id, after, ..Event::default() }, now)?;
    people_list::user(store, id, now)
}

/// Gives somebody other addresses, disables them, which revokes their devices, or lets them enroll again.
pub(super) fn change(
    store: &Store,
    by: &By,
    id: &str,
    change: &UserChange,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let before = load(store, id)?;
    rename(store, by, id, &before, change, now)?;
    let mut after = After::Nothing;
    if let Some(disabled) = change.disabled.filter(|disabled| *disabled != before.disabled) {
        store.write("UPDATE users SET disabled = ? WHERE id = ?", vec![flag(disabled), id.into()])?;
        let (action, detail) = if disabled {
            let devices = revoking::end_person(store, id, now)?;
            after = After::Publish;
            ("user.disabled", format!("{devices} devices"))
        } else {
            ("user.enabled", String::new())
        };
        let json = |disabled| Kept { disabled: Some(disabled), ..Kept::default() }.json();
        let event = Event {
            action,
            subject: id,
            before: json(before.disabled)?,
            after: json(disabled)?,
            detail: &detail,
        };
        store.audit_by(by, &event, now)?;
        store.count_up(VERSION)?;
    }
    Ok(Handled { after, ..people_list::user(store, id, now)? })
}

fn rename(
    store: &Store,
    by: &By,
    id: &str,
    before: &Now,
    change: &UserChange,
    now: Timestamp,
) -> Result<(), Failure> {
    let stored = |text: &String| text.parse::<Address>().map_err(|_| Failure::Internal("a stored address"));
    let address = change.address.as_ref().filter(|address| address.to_string() != before.address);
    let spelled = |aliases: &[Address]| {
        let mut spelled: Vec<(String, String)> =
            aliases.iter().map(|alias| (alias.key(), alias.to_string())).collect();
        spelled.sort();
        spelled.into_iter().map(|(_, alias)| alias).collect::<Vec<_>>()
    };
    let aliases = change.aliases.as_ref().filter(|aliases| spelled(aliases) != before.aliases);
    if address.is_none() && aliases.is_none() {
        return Ok(());
    }
    let all = match &change.aliases {
        Some(aliases) => aliases.clone(),
        None => before.aliases.iter().map(stored).collect::<Result<_, _>>()?,
    };
    let primary = match address {
        Some(address) => address.clone(),
        None => stored(&before.address)?,
    };
    check(store, id, &primary, &all)?;
    // The aliases first: the new primary address may be one of the former.
    store.write("DELETE FROM aliases WHERE user = ?", vec![id.into()])?;
    store.write(
        "UPDATE users SET domain = ?, address = ?, address_key = ? WHERE id = ?",
        vec![primary.domain().as_str().into(), primary.to_string().into(), primary.key().into(), id.into()],
    )?;
    add_aliases(store, id, &all)?;
    store.count_up(VERSION)?;
    let after = load(store, id)?;
    let changed = |of: &Now| {
        Kept {
            address: address.map(|_| of.address.as_str()),
            aliases: aliases.map(|_| of.aliases.as_slice()),
            disabled: None,
        }
        .json()
    };
    let (was, is) = (changed(before)?, changed(&after)?);
    let event = Event { action: "user.changed", subject: id, before: was, after: is, detail: "" };
    store.audit_by(by, &event, now)
}

/// Removes somebody, with their devices.
pub(super) fn remove(
    store: &Store,
    config: &Config,
    by: &By,
    id: &str,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let before = load(store, id)?;
    let devices = revoking::end_person(store, id, now)?;
    store.write("DELETE FROM devices WHERE user = ?", vec![id.into()])?;
    store.write("DELETE FROM aliases WHERE user = ?", vec![id.into()])?;
    store.write("DELETE FROM users WHERE id = ?", vec![id.into()])?;
    store.count_up(VERSION)?;
    let detail = format!("{devices} devices");
    let before = before.kept().json()?;
    let event = Event { action: "user.removed", subject: id, before, detail: &detail, ..Event::default() };
    store.audit_by(by, &event, now)?;
    revoking::revoked(store, config, devices, Some(u64::from(devices > 0)), now)
}
