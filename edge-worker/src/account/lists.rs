//! Lists, as administrators see them.

use device_token::Timestamp;
use enrollment_rules::messages::{DeviceRecord, DomainRecord, EventRecord, InteractionRecord, UserRecord};
use enrollment_rules::time_text::{rfc3339, utc_day};
use serde::Deserialize;
use serde_json::json;
use worker::SqlStorageValue;

use super::messages::{AccountRefusal, Page, UsersPage};
use super::store::Store;
use super::{After, Handled};
use crate::failure::Failure;
use enrollment_rules::address::Address;

/// All internal domains.
pub(super) fn domains(store: &Store) -> Result<Handled, Failure> {
    #[derive(Deserialize)]
    struct Row {
        name: String,
        created_at: Timestamp,
    }
    let rows: Vec<Row> = store.rows("SELECT name, created_at FROM domains ORDER BY name", vec![])?;
    let domains: Vec<DomainRecord> = rows
        .into_iter()
        .map(|row| DomainRecord { name: row.name, created_at: rfc3339(row.created_at) })
        .collect();
    Handled::new(&json!({ "domains": domains }), After::Nothing)
}

#[derive(Deserialize)]
struct UserRow {
    id: String,
    address: String,
    address_key: String,
    disabled: u8,
    revoked_at: Option<Timestamp>,
    created_at: Timestamp,
}

fn record(store: &Store, row: UserRow) -> Result<UserRecord, Failure> {
    #[derive(Deserialize)]
    struct Alias {
        address: String,
    }
    let aliases: Vec<Alias> = store.rows(
        "SELECT address FROM aliases WHERE user = ? ORDER BY address_key",
        vec![row.id.as_str().into()],
    )?;
    Ok(UserRecord {
        id: row.id,
        address: row.address,
        aliases: aliases.into_iter().map(|alias| alias.address).collect(),
        disabled: row.disabled != 0,
        revoked_at: row.revoked_at.map(rfc3339),
        created_at: rfc3339(row.created_at),
    })
}

const USER: &str = "SELECT id, address, address_key, disabled, revoked_at, created_at FROM users";

/// People by primary address, a page at a time.
pub(super) fn users(store: &Store, page: &UsersPage) -> Result<Handled, Failure> {
    let after = page.after.clone().unwrap_or_default();
    let limit = SqlStorageValue::Integer(i64::from(page.limit));
    let mut rows: Vec<UserRow> = match &page.domain {
        Some(domain) => store.rows(
            &format!("{USER} WHERE domain = ? AND address_key > ? ORDER BY address_key LIMIT ? + 1"),
            vec![domain.as_str().into(), after.into(), limit],
        )?,
        None => store.rows(
            &format!("{USER} WHERE address_key > ? ORDER BY address_key LIMIT ? + 1"),
            vec![after.into(), limit],
        )?,
    };
    let more = rows.len() > usize::from(page.limit);
    rows.truncate(usize::from(page.limit));
    let next = if more { rows.last().map(|row| row.address_key.clone()) } else { None };
    let users = rows.into_iter().map(|row| record(store, row)).collect::<Result<Vec<_>, _>>()?;
    Handled::new(&json!({ "users": users, "next": next }), After::Nothing)
}

/// One person.
pub(super) fn user(store: &Store, id: &str) -> Result<Handled, Failure> {
    let row = store.row(&format!("{USER} WHERE id = ?"), vec![id.into()])?.ok_or(AccountRefusal::NotFound)?;
    Handled::new(&record(store, row)?, After::Nothing)
}

/// The id of the person who has this address, primary or alias; `null` if nobody has.
pub(super) fn user_by_address(store: &Store, address: &Address) -> Result<Handled, Failure> {
    let key = address.key();
    let person = match store.person_by_address(&key)? {
        Some(person) => Some(person),
        None => store.person_by_alias(&key)?.map(|(person, _)| person),
    };
    Handled::new(&person.map(|person| person.id), After::Nothing)
}

/// A person's devices, the latest first.
pub(super) fn devices(store: &Store, user: &str) -> Result<Handled, Failure> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        name: Option<String>,
        browser: String,
        device_key: Option<String>,
        session: u8,
        auth_time: Timestamp,
        last_used_at: Timestamp,
        expires_at: Timestamp,
        revoked: u8,
    }
    if store.count("SELECT COUNT(*) AS n FROM users WHERE id = ?", vec![user.into()])? == 0 {
        return Err(AccountRefusal::NotFound.into());
    }
    let rows: Vec<Row> = store.rows(
        "SELECT id, name, browser, device_key, session, auth_time, last_used_at, expires_at, revoked FROM devices \
         WHERE user = ? ORDER BY auth_time DESC",
        vec![user.into()],
    )?;
    let devices: Vec<DeviceRecord> = rows
        .into_iter()
        .map(|row| DeviceRecord {
            id: row.id,
            name: row.name,
            browser: row.browser,
            binding: if row.device_key.is_some() { "key" } else { "none" }.to_owned(),
            session: row.session != 0,
            enrolled_at: rfc3339(row.auth_time),
            last_used_on: utc_day(row.last_used_at),
            expires_at: rfc3339(row.expires_at),
            revoked: row.revoked != 0,
        })
        .collect();
    Handled::new(&json!({ "devices": devices }), After::Nothing)
}

fn page_values(page: Page) -> Vec<SqlStorageValue> {
    let before =
        page.before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::from(u32::MAX) << 16);
    vec![before.into(), i64::from(page.limit).into()]
}

/// Clicks, the newest first.
pub(super) fn interactions(store: &Store, page: Page) -> Result<Handled, Failure> {
    #[derive(Deserialize)]
    struct Row {
        seq: u64,
        at: Timestamp,
        link: String,
        destination: String,
        user: Option<String>,
        address: Option<String>,
        device: Option<String>,
        recipient: String,
        verdict: String,
    }
    let rows: Vec<Row> = store.rows(
        "SELECT seq, at, link, destination, user, users.address AS address, device, recipient, verdict \
         FROM interactions LEFT JOIN users ON users.id = user WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        page_values(page),
    )?;
    let interactions: Vec<InteractionRecord> = rows
        .into_iter()
        .map(|row| InteractionRecord {
            seq: row.seq,
            at: rfc3339(row.at),
            link_id: row.link,
            destination: row.destination,
            user: row.user,
            address: row.address,
            device: row.device,
            recipient: row.recipient,
            verdict: row.verdict,
        })
        .collect();
    let dropped = store.count("SELECT COALESCE(MIN(seq), 1) - 1 AS n FROM interactions", vec![])?;
    Handled::new(&json!({ "interactions": interactions, "dropped": dropped }), After::Nothing)
}

/// Audit events, the newest first.
pub(super) fn audit(store: &Store, page: Page) -> Result<Handled, Failure> {
    #[derive(Deserialize)]
    struct Row {
        seq: u64,
        at: Timestamp,
        actor: String,
        action: String,
        subject: String,
        detail: String,
    }
    let rows: Vec<Row> = store.rows(
        "SELECT seq, at, actor, action, subject, detail FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        page_values(page),
    )?;
    let events: Vec<EventRecord> = rows
        .into_iter()
        .map(|row| EventRecord {
            seq: row.seq,
            at: rfc3339(row.at),
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
        })
        .collect();
    Handled::new(&json!({ "events": events }), After::Nothing)
}
