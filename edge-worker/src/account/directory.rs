//! Settings, domains and people.

use device_token::{Timestamp, UserId};
use enrollment_rules::address::{Address, Domain};
use enrollment_rules::messages::{DomainRecord, SettingsPatch};
use enrollment_rules::time_text::rfc3339;

use super::messages::AccountRefusal;
use super::store::{Store, seconds};
use super::{After, Handled, lists, revoking};
use crate::failure::Failure;

/// Changes settings, all of the patch or nothing, and tells KV.
pub(super) fn patch_settings(
    store: &Store,
    patch: SettingsPatch,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let before = store.settings()?;
    let after = before.patched(patch).map_err(|refused| AccountRefusal::Setting {
        field: refused.field.to_owned(),
        bounds: refused.bounds.to_owned(),
    })?;
    if after == before {
        return Handled::new(&after, After::Nothing);
    }
    store.set_settings(&after)?;
    if before.authentication_enabled && !after.authentication_enabled {
        store.write("UPDATE enrollments SET stage = 'ended' WHERE stage = 'open'", vec![])?;
    }
    store.bump_version()?;
    let json = |settings| serde_json::to_string(settings).map_err(|_| Failure::Internal("settings"));
    let detail = format!("{{\"before\":{},\"after\":{}}}", json(&before)?, json(&after)?);
    store.audit("administrator", "settings.changed", "settings", &detail, now)?;
    Handled::new(&after, After::Publish)
}

/// Adds an internal domain.
pub(super) fn add_domain(store: &Store, name: &str, now: Timestamp) -> Result<Handled, Failure> {
    let domain: Domain = name.parse().map_err(|_| AccountRefusal::DomainInvalid)?;
    if has_domain(store, &domain)? {
        return Err(AccountRefusal::DomainExists.into());
    }
    let values = vec![domain.as_str().into(), seconds(now)];
    store.write("INSERT INTO domains (name, created_at) VALUES (?, ?)", values)?;
    store.audit("administrator", "domain.added", domain.as_str(), "", now)?;
    let record = DomainRecord { name: domain.as_str().to_owned(), created_at: rfc3339(now) };
    Handled::new(&record, After::Nothing)
}

/// Removes a domain that has no users.
pub(super) fn remove_domain(store: &Store, name: &str, now: Timestamp) -> Result<Handled, Failure> {
    let domain: Domain = name.parse().map_err(|_| AccountRefusal::NotFound)?;
    if !has_domain(store, &domain)? {
        return Err(AccountRefusal::NotFound.into());
    }
    let users = "SELECT COUNT(*) FROM users WHERE domain = ?";
    // A domain's characters mean nothing to GLOB.
    let aliases = "SELECT COUNT(*) FROM aliases WHERE address_key GLOB '*@' || ?";
    if store.count(users, vec![domain.as_str().into()])? > 0
        || store.count(aliases, vec![domain.as_str().into()])? > 0
    {
        return Err(AccountRefusal::DomainNotEmpty.into());
    }
    store.write("DELETE FROM domains WHERE name = ?", vec![domain.as_str().into()])?;
    store.audit("administrator", "domain.removed", domain.as_str(), "", now)?;
    Handled::new(&(), After::Nothing)
}

fn has_domain(store: &Store, domain: &Domain) -> Result<bool, Failure> {
    let query = "SELECT COUNT(*) FROM domains WHERE name = ?";
    Ok(store.count(query, vec![domain.as_str().into()])? > 0)
}

/// Adds a person with their aliases, all of it or nothing.
pub(super) fn add_user(
    store: &Store,
    id: UserId,
    address: &Address,
    aliases: &[Address],
    now: Timestamp,
) -> Result<Handled, Failure> {
    let mut keys: Vec<String> = Vec::new();
    for one in std::iter::once(address).chain(aliases) {
        if !has_domain(store, one.domain())? {
            return Err(AccountRefusal::DomainUnknown.into());
        }
        let key = one.key();
        let taken = store.person_by_address(&key)?.is_some() || store.person_by_alias(&key)?.is_some();
        if taken || keys.contains(&key) {
            return Err(AccountRefusal::AddressTaken.into());
        }
        keys.push(key);
    }
    let user = id.to_string();
    store.write(
        "INSERT INTO users (id, domain, address, address_key, created_at) VALUES (?, ?, ?, ?, ?)",
        vec![
            user.as_str().into(),
            address.domain().as_str().into(),
            address.to_string().into(),
            address.key().into(),
            seconds(now),
        ],
    )?;
    for alias in aliases {
        store.write(
            "INSERT INTO aliases (address_key, address, user) VALUES (?, ?, ?)",
            vec![alias.key().into(), alias.to_string().into(), user.as_str().into()],
        )?;
    }
    store.audit("administrator", "user.added", &user, address.domain().as_str(), now)?;
    lists::user(store, &user)
}

/// Disables a person, which revokes their devices, or lets them enroll again.
pub(super) fn change_user(
    store: &Store,
    id: &str,
    disabled: bool,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let user: UserId = id.parse().map_err(|_| AccountRefusal::NotFound)?;
    let person = store.person(user)?.ok_or(AccountRefusal::NotFound)?;
    if person.disabled == disabled {
        return lists::user(store, id);
    }
    store.write("UPDATE users SET disabled = ? WHERE id = ?", vec![i64::from(disabled).into(), id.into()])?;
    if disabled {
        revoking::end_everything(store, id, "user.disabled", now)?;
    } else {
        store.audit("administrator", "user.enabled", id, "", now)?;
    }
    let mut handled = lists::user(store, id)?;
    handled.after = After::Publish;
    Ok(handled)
}
