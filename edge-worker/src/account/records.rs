//! Who did what, and who clicked: lists, newest first, filtered.

use device_token::Timestamp;
use enrollment_rules::messages::{EventList, EventRecord, InteractionList, InteractionRecord};
use enrollment_rules::time_text::rfc3339;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use worker::SqlStorageValue;

use super::row::Row;
use super::store::{LAST, Store, number, seconds};
use super::{After, Handled};
use crate::failure::Failure;

/// A page of what is listed newest first.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) before: Option<u64>,
    pub(crate) limit: u16,
}

/// Which of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Filter {
    /// A kind of somebody, or an id.
    pub(crate) actor: Option<String>,
    /// An action, or with a dot at its end the beginning of some.
    pub(crate) action: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) link: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) verdict: Option<String>,
    pub(crate) from: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

/// A `WHERE` in the making.
struct Conditions {
    text: String,
    values: Vec<SqlStorageValue>,
}

impl Conditions {
    fn new(table: &str, filter: &Filter) -> Self {
        let mut conditions = Self { text: "1".to_owned(), values: Vec::new() };
        conditions.add(&format!("{table}.at >= ?"), filter.from.map(seconds));
        conditions.add(&format!("{table}.at <= ?"), filter.until.map(seconds));
        conditions
    }

    /// `condition` may name its value more than once, as `?`.
    fn add(&mut self, condition: &str, value: Option<SqlStorageValue>) {
        let Some(value) = value else { return };
        self.values.push(value);
        self.text.push_str(" AND ");
        self.text.push_str(&condition.replace('?', &format!("?{}", self.values.len())));
    }
}

fn text(value: Option<&String>) -> Option<SqlStorageValue> {
    value.map(|value| value.as_str().into())
}

/// Which rows of the audit.
fn of_audit(filter: &Filter) -> Conditions {
    let mut conditions = Conditions::new("audit", filter);
    let kinds = ["administrator", "token", "operator", "person", "system"];
    let actor = match &filter.actor {
        Some(kind) if kinds.contains(&kind.as_str()) => "actor = ?",
        // What people do, they do to themselves.
        _ => "(actor_id = ? OR (actor = 'person' AND subject = ?))",
    };
    conditions.add(actor, text(filter.actor.as_ref()));
    let action = match &filter.action {
        // A slash is the character behind the dot. The plus keeps the index out: all of them would be put in order first.
        Some(action) if action.ends_with('.') => "(+action >= ? AND +action < rtrim(?, '.') || '/')",
        _ => "action = ?",
    };
    conditions.add(action, text(filter.action.as_ref()));
    conditions.add("subject = ?", text(filter.subject.as_ref()));
    conditions
}

/// Which rows of the interactions.
fn of_interactions(filter: &Filter) -> Conditions {
    let mut conditions = Conditions::new("interactions", filter);
    conditions.add("user = ?", text(filter.user.as_ref()));
    conditions.add("device = ?", text(filter.device.as_ref()));
    conditions.add("link = ?", text(filter.link.as_ref()));
    conditions.add("verdict = ?", text(filter.verdict.as_ref()));
    let host = "(instr(destination, '://' || ? || '/') IN (5, 6) OR instr(destination, '://' || ? || ':') IN (5, 6))";
    conditions.add(host, text(filter.host.as_ref()));
    conditions
}

/// Which way a list goes, and from where.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Before(u64),
    After(u64),
}

fn rows<T>(
    store: &Store,
    query: &str,
    table: &str,
    mut conditions: Conditions,
    way: Way,
    limit: u64,
    read: impl Fn(&mut Row) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let (sign, at, order) = match way {
        Way::Before(seq) => ('<', seq, "DESC"),
        Way::After(seq) => ('>', seq, "ASC"),
    };
    conditions.add(&format!("{table}.seq {sign} ?"), Some(number(at)));
    conditions.values.push(number(limit));
    let limit = conditions.values.len();
    let query = format!("{query} WHERE {} ORDER BY {table}.seq {order} LIMIT ?{limit}", conditions.text);
    store.rows(&query, conditions.values, read)
}

/// An event, with what was changed as JSON.
pub(super) type Changed = EventRecord<Box<RawValue>>;

fn json(text: Option<String>) -> Result<Option<Box<RawValue>>, Failure> {
    text.map(RawValue::from_string).transpose().map_err(|_| Failure::Internal("a stored change"))
}

/// Events, with the address of the person each is about.
pub(super) fn events(store: &Store, filter: &Filter, way: Way, limit: u64) -> Result<Vec<Changed>, Failure> {
    let query = "SELECT seq, at, actor, actor_id, actor_name, action, subject, users.address, source, before, after, \
         detail FROM audit LEFT JOIN users ON users.id = subject";
    rows(store, query, "audit", of_audit(filter), way, limit, |row| {
        Ok(EventRecord {
            seq: row.take()?,
            at: row.take().map(rfc3339)?,
            actor: row.take()?,
            actor_id: row.take()?,
            actor_name: row.take()?,
            action: row.take()?,
            subject: row.take()?,
            address: row.take()?,
            source: row.take()?,
            before: json(row.take()?)?,
            after: json(row.take()?)?,
            detail: row.take()?,
        })
    })
}

/// Clicks, with the addresses of who clicked and whom the link was for.
pub(super) fn clicks(
    store: &Store,
    filter: &Filter,
    way: Way,
    limit: u64,
) -> Result<Vec<InteractionRecord>, Failure> {
    let query = "SELECT seq, at, link, destination, user, users.address, device, recipient, recipients.address, verdict \
         FROM interactions LEFT JOIN users ON users.id = user LEFT JOIN users AS recipients ON recipients.id = recipient";
    rows(store, query, "interactions", of_interactions(filter), way, limit, |row| {
        Ok(InteractionRecord {
            seq: row.take()?,
            at: row.take().map(rfc3339)?,
            link_id: row.take()?,
            destination: row.take()?,
            user: row.take()?,
            address: row.take()?,
            device: row.take()?,
            recipient: row.take()?,
            recipient_address: row.take()?,
            verdict: row.take()?,
        })
    })
}

/// One more than asked for tells whether there is a next page.
pub(super) fn paged<T>(mut rows: Vec<T>, limit: u16, seq: impl Fn(&T) -> u64) -> (Vec<T>, Option<u64>) {
    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let next = if more { rows.last().map(seq) } else { None };
    (rows, next)
}

/// Audit events, the newest first.
pub(super) fn audit(store: &Store, filter: &Filter, page: Page) -> Result<Handled, Failure> {
    let limit = u64::from(page.limit).saturating_add(1);
    let found = events(store, filter, Way::Before(page.before.unwrap_or(LAST)), limit)?;
    let (events, next) = paged(found, page.limit, |event| event.seq);
    Handled::new(&EventList { events, next }, After::Nothing)
}

/// Clicks, the newest first.
pub(super) fn interactions(store: &Store, filter: &Filter, page: Page) -> Result<Handled, Failure> {
    let limit = u64::from(page.limit).saturating_add(1);
    let found = clicks(store, filter, Way::Before(page.before.unwrap_or(LAST)), limit)?;
    let (interactions, next) = paged(found, page.limit, |click| click.seq);
    let dropped = store.count("SELECT COALESCE(MIN(seq), 1) - 1 FROM interactions", vec![])?;
    Handled::new(&InteractionList { interactions, next, dropped }, After::Nothing)
}
