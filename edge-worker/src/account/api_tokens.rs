//! API tokens: what programs show. Only a keyed hash of each is kept.

use device_token::Timestamp;
use enrollment_rules::administration::{API_TOKEN_DAYS, Name, Scope};
use enrollment_rules::keyed_hash::Digest;
use enrollment_rules::messages::of_administration::{TokenList, TokenRecord};
use enrollment_rules::time_text::{DAY_SECONDS, rfc3339, utc_day};

use super::messages::AccountRefusal;
use super::row::Row;
use super::store::{By, Event, Store, seconds};
use super::{After, Handled};
use crate::failure::Failure;

/// A token to write down.
pub(super) struct NewToken {
    pub(super) id: String,
    pub(super) digest: Digest,
    pub(super) name: Name,
    pub(super) scopes: Vec<Scope>,
    pub(super) expires_in_days: u64,
}

fn names(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ")
}

pub(super) fn scopes(text: &str) -> Vec<Scope> {
    text.split(' ').filter_map(Scope::named).collect()
}

/// All of them, the ones that have expired too.
pub(super) fn list(store: &Store) -> Result<Handled, Failure> {
    let query = "SELECT id, name, scopes, created_by, created_at, expires_at, last_used_at FROM api_tokens \
         ORDER BY created_at DESC, id";
    let tokens = store.rows(query, vec![], |row| {
        Ok(TokenRecord {
            id: row.take()?,
            name: row.take()?,
            scopes: scopes(&row.take::<String>()?),
            created_by: row.take()?,
            created_at: row.take().map(rfc3339)?,
            expires_at: row.take().map(rfc3339)?,
            last_used_on: row.take::<Option<Timestamp>>()?.map(utc_day),
        })
    })?;
    Handled::new(&TokenList { tokens }, After::Nothing)
}

/// Writes a new one down.
pub(super) fn make(store: &Store, by: &By, new: NewToken, now: Timestamp) -> Result<Handled, Failure> {
    let NewToken { id, digest, name, mut scopes, expires_in_days } = new;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(field("scopes", "at least one of read, people, revoke, settings"));
    }
    if !API_TOKEN_DAYS.contains(&expires_in_days) {
        return Err(field("expires_in_days", "1 to 365 days"));
    }
    let expires_at = now.plus_seconds(expires_in_days.saturating_mul(DAY_SECONDS));
    let created_by = by.name.clone().unwrap_or_else(|| by.kind.to_owned());
    store.write(
        "INSERT INTO api_tokens (id, digest, name, scopes, created_by, created_at, expires_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        vec![
            id.as_str().into(),
            digest.as_str().into(),
            name.as_str().into(),
            names(&scopes).into(),
            created_by.as_str().into(),
            seconds(now),
            seconds(expires_at),
        ],
    )?;
    let record = TokenRecord {
        id,
        name,
        scopes,
        created_by,
        created_at: rfc3339(now),
        expires_at: rfc3339(expires_at),
        last_used_on: None,
    };
    let after = serde_json::to_string(&record).map_err(|_| Failure::Internal("a token's record"))?;
    let event = Event { action: "token.made", subject: &record.id, after: Some(after), ..Event::default() };
    store.audit_by(by, &event, now)?;
    Handled::new(&record, After::Nothing)
}

/// Ends one.
pub(super) fn remove(store: &Store, by: &By, id: &str, now: Timestamp) -> Result<Handled, Failure> {
    let query = "SELECT name FROM api_tokens WHERE id = ?";
    let name: Option<String> = store.row(query, vec![id.into()], Row::take)?;
    let name = name.ok_or(AccountRefusal::NotFound)?;
    store.write("DELETE FROM api_tokens WHERE id = ?", vec![id.into()])?;
    let event = Event { action: "token.removed", subject: id, detail: &name, ..Event::default() };
    store.audit_by(by, &event, now)?;
    Handled::new(&(), After::Nothing)
}

fn field(field: &str, detail: &str) -> Failure {
    AccountRefusal::Field { field: field.to_owned(), detail: detail.to_owned() }.into()
}
