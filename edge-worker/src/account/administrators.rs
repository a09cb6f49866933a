//! The account's administrators.

use device_token::Timestamp;
use enrollment_rules::address::Address;
use enrollment_rules::administration::{Name, Role, leaves_nobody};
use enrollment_rules::messages::of_administration::{AdministratorList, AdministratorRecord, Invited};
use enrollment_rules::set_up::{self, INVITATION_SECONDS, SetUp, SetUpKind};
use enrollment_rules::time_text::rfc3339;
use serde::Serialize;
use worker::SqlStorageValue;

use super::messages::AccountRefusal;
use super::row::{Column, Row};
use super::store::{By, Event, Store, seconds};
use super::{After, Handled, passkeys, sessions};
use crate::config::{Account, Config};
use crate::failure::Failure;

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Administrator {
    pub(super) id: String,
    pub(super) name: Name,
    pub(super) address: String,
    pub(super) role: Role,
}

const ONE: &str = "SELECT id, name, address, role FROM administrators";

fn one(row: &mut Row) -> Result<Administrator, Failure> {
    Ok(Administrator { id: row.take()?, name: row.take()?, address: row.take()?, role: row.take()? })
}

pub(super) fn by_id(store: &Store, id: &str) -> Result<Option<Administrator>, Failure> {
    store.row(&format!("{ONE} WHERE id = ?"), vec![id.into()], one)
}

pub(super) fn by_address(store: &Store, address: &Address) -> Result<Option<Administrator>, Failure> {
    store.row(&format!("{ONE} WHERE address_key = ?"), vec![address.key().into()], one)
}

pub(super) fn by_invitation(store: &Store, invitation: &str) -> Result<Option<Administrator>, Failure> {
    store.row(&format!("{ONE} WHERE invitation = ?"), vec![invitation.into()], one)
}

/// They were here.
pub(super) fn seen(store: &Store, id: &str, now: Timestamp) -> Result<(), Failure> {
    store.write("UPDATE administrators SET last_seen_at = ? WHERE id = ?", vec![seconds(now), id.into()])
}

/// Writes down one who has joined: new, or as they are now.
pub(super) fn keep(store: &Store, one: &Administrator, now: Timestamp) -> Result<(), Failure> {
    let address: Address = one.address.parse().map_err(|_| Failure::Internal("a stored address"))?;
    store.write(
        "INSERT INTO administrators (id, name, address, address_key, role, created_at) VALUES (?, ?, ?, ?, ?, ?) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, invitation = NULL, \
         invited_until = NULL",
        vec![
            one.id.as_str().into(),
            one.name.as_str().into(),
            one.address.as_str().into(),
            address.key().into(),
            one.role.name().into(),
            seconds(now),
        ],
    )
}

const RECORD: &str = "SELECT id, name, address, role, \
     (SELECT COUNT(*) FROM passkeys WHERE administrator = administrators.id), last_seen_at, created_at, invited_until \
     FROM administrators";

fn record(row: &mut Row) -> Result<AdministratorRecord, Failure> {
    let time = |row: &mut Row| row.take::<Option<Timestamp>>().map(|at| at.map(rfc3339));
    Ok(AdministratorRecord {
        id: row.take()?,
        name: row.take()?,
        address: row.take()?,
        role: row.take()?,
        passkeys: row.take()?,
        last_seen_at: time(row)?,
        created_at: row.take().map(rfc3339)?,
        invited_until: time(row)?,
    })
}

fn recorded(store: &Store, id: &str) -> Result<AdministratorRecord, Failure> {
    let found = store.row(&format!("{RECORD} WHERE id = ?"), vec![id.into()], record)?;
    found.ok_or(AccountRefusal::NotFound.into())
}

/// All of them.
pub(super) fn list(store: &Store) -> Result<Handled, Failure> {
    let administrators = store.rows(&format!("{RECORD} ORDER BY name COLLATE NOCASE, id"), vec![], record)?;
    Handled::new(&AdministratorList { administrators }, After::Nothing)
}

/// What the audit keeps of a change.
#[derive(Serialize)]
struct Changed<'a> {
    name: &'a Name,
    address: &'a str,
    role: Role,
}

fn json(one: &Administrator) -> Result<String, Failure> {
    let changed = Changed { name: &one.name, address: &one.address, role: one.role };
    serde_json::to_string(&changed).map_err(|_| Failure::Internal("an administrator"))
}

/// Names somebody, who becomes one by the set-up address that comes back.
pub(super) fn invite(
    store: &Store,
    config: &Config,
    account: &Account,
    by: &By,
    invited: &Administrator,
    invitation: &str,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let address: Address = invited.address.parse().map_err(|_| Failure::AddressInvalid)?;
    if by_address(store, &address)?.is_some() {
        return Err(AccountRefusal::AddressTaken(Some(invited.address.clone())).into());
    }
    keep(store, invited, now)?;
    let event = Event {
        action: "admin.invited",
        subject: &invited.id,
        after: Some(json(invited)?),
        ..Event::default()
    };
    store.audit_by(by, &event, now)?;
    hand_over(store, config, account, &invited.id, invitation, now)
}

/// Another set-up address for somebody who is there.
pub(super) fn invite_again(
    store: &Store,
    config: &Config,
    account: &Account,
    by: &By,
    id: &str,
    invitation: &str,
    now: Timestamp,
) -> Result<Handled, Failure> {
    by_id(store, id)?.ok_or(AccountRefusal::NotFound)?;
    let event = Event { action: "admin.invited_again", subject: id, ..Event::default() };
    store.audit_by(by, &event, now)?;
    hand_over(store, config, account, id, invitation, now)
}

fn hand_over(
    store: &Store,
    config: &Config,
    account: &Account,
    id: &str,
    invitation: &str,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let expires_at = now.plus_seconds(INVITATION_SECONDS);
    store.write(
        "UPDATE administrators SET invitation = ?, invited_until = ? WHERE id = ?",
        vec![invitation.into(), seconds(expires_at), id.into()],
    )?;
    let set_up = SetUp { kind: SetUpKind::Invitation, id: invitation.to_owned(), expires_at };
    let url = set_up::address(&set_up, &account.audience.issuer, config.admin_link_key()?);
    let invited = Invited { administrator: recorded(store, id)?, url, expires_at: rfc3339(expires_at) };
    Handled::new(&invited, After::Nothing)
}

/// Whether the account would be left without anybody, if this one were not there.
fn is_last(store: &Store, account: &Account, id: &str) -> Result<bool, Failure> {
    let query = "SELECT role, (SELECT COUNT(*) FROM passkeys WHERE administrator = administrators.id), \
         last_seen_at IS NOT NULL FROM administrators WHERE id != ?";
    let others = store.rows(query, vec![id.into()], |row| {
        let (role, passkeys, has_joined) = (row.take()?, row.take::<u64>()?, row.take::<bool>()?);
        Ok((role, passkeys > 0 || (account.access.is_some() && has_joined)))
    })?;
    Ok(leaves_nobody(&others))
}

/// Changes name or role.
pub(super) fn change(
    store: &Store,
    account: &Account,
    by: &By,
    id: &str,
    (name, role): (Option<Name>, Option<Role>),
    now: Timestamp,
) -> Result<Handled, Failure> {
    let before = by_id(store, id)?.ok_or(AccountRefusal::NotFound)?;
    let after = Administrator {
        name: name.unwrap_or_else(|| before.name.clone()),
        role: role.unwrap_or(before.role),
        ..before.clone()
    };
    if after.role != before.role {
        if after.role != Role::Administrator && is_last(store, account, id)? {
            return Err(AccountRefusal::LastAdministrator.into());
        }
        sessions::end_all(store, id)?;
    }
    if after.name != before.name || after.role != before.role {
        store.write(
            "UPDATE administrators SET name = ?, role = ? WHERE id = ?",
            vec![after.name.as_str().into(), after.role.name().into(), id.into()],
        )?;
        let event = Event {
            action: "admin.changed",
            subject: id,
            before: Some(json(&before)?),
            after: Some(json(&after)?),
            ..Event::default()
        };
        store.audit_by(by, &event, now)?;
    }
    Handled::new(&recorded(store, id)?, After::Nothing)
}

/// Takes one away, with passkeys and sessions.
pub(super) fn remove(
    store: &Store,
    account: &Account,
    by: &By,
    id: &str,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let before = by_id(store, id)?.ok_or(AccountRefusal::NotFound)?;
    if before.role == Role::Administrator && is_last(store, account, id)? {
        return Err(AccountRefusal::LastAdministrator.into());
    }
    sessions::end_all(store, id)?;
    passkeys::remove_all(store, id)?;
    store.write("DELETE FROM administrators WHERE id = ?", vec![id.into()])?;
    let event =
        Event { action: "admin.removed", subject: id, before: Some(json(&before)?), ..Event::default() };
    store.audit_by(by, &event, now)?;
    Handled::new(&(), After::Nothing)
}

impl Column for Role {
    fn read(value: SqlStorageValue) -> Option<Self> {
        Self::named(&String::read(value)?)
    }
}

impl Column for Name {
    fn read(value: SqlStorageValue) -> Option<Self> {
        Self::try_from(String::read(value)?).ok()
    }
}
