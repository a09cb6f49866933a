//! People from a file: received in parts, each line judged when it comes. What the lines say is done by
//! `people_import_apply`.
//!
//! What is judged and done is done by the database, for all lines of a part together: a hundred thousand people one by one would
//! take minutes.

use device_token::{Timestamp, UserId};
use enrollment_rules::address::Address;
use enrollment_rules::messages::{ImportLine, ImportLineList, ImportRecord};
use enrollment_rules::people_csv::{self, Line, Position};
use enrollment_rules::time_text::DAY_SECONDS;
use worker::SqlStorageValue;

use super::messages::AccountRefusal;
use super::row::Row;
use super::store::{Store, number, seconds};
use super::{After, Handled, people};
use crate::entropy;
use crate::failure::Failure;

/// The largest file, in bytes, and the most lines.
const MAX_BYTES: u64 = 67_108_864;
const MAX_LINES: u64 = 250_000;
/// How much is handed to the database at once, in bytes of JSON: it takes texts of 2 MB.
const BATCH: usize = 500_000;
/// Imports are kept this long.
const KEPT_SECONDS: u64 = DAY_SECONDS;

pub(super) const APPLIED: &str = "applied";
pub(super) const CHECKED: &str = "checked";
const RECEIVING: &str = "receiving";

/// An import, as far as the next part needs it.
pub(super) struct Import {
    pub(super) status: String,
    bytes: u64,
    received: u64,
    next_part: u64,
    lines: u64,
    pub(super) directory_version: u64,
    position: Position,
}

pub(super) fn load(store: &Store, id: &str) -> Result<Import, Failure> {
    let query = "SELECT status, bytes, received, next_part, lines, directory_version, columns, tail, next_line \
         FROM imports WHERE id = ?";
    let found = store.row(query, vec![id.into()], |row| {
        Ok(Import {
            status: row.take()?,
            bytes: row.take()?,
            received: row.take()?,
            next_part: row.take()?,
            lines: row.take()?,
            directory_version: row.take()?,
            position: Position { columns: row.take()?, tail: row.take()?, line: row.take()? },
        })
    })?;
    found.ok_or(AccountRefusal::NotFound.into())
}

/// Begins one, and drops those that are old.
pub(super) fn begin(store: &Store, id: &str, bytes: u64, now: Timestamp) -> Result<Handled, Failure> {
    if bytes > MAX_BYTES {
        return Err(AccountRefusal::ImportTooLarge.into());
    }
    let before = now.as_seconds().saturating_sub(KEPT_SECONDS);
    let old = "SELECT id FROM imports WHERE created_at < ?";
    for id in store.rows(old, vec![number(before)], Row::take::<String>)? {
        drop_import(store, &id)?;
    }
    store.write(
        "INSERT INTO imports (id, created_at, directory_version, status, bytes) VALUES (?, ?, ?, ?, ?)",
        vec![
            id.into(),
            seconds(now),
            number(store.version(people::VERSION)?),
            RECEIVING.into(),
            number(bytes),
        ],
    )?;
    get(store, id)
}

/// Takes the next part.
pub(super) fn part(
    store: &Store,
    id: &str,
    part: u64,
    is_last: bool,
    data: &[u8],
) -> Result<Handled, Failure> {
    let import = load(store, id)?;
    if import.status != RECEIVING || import.next_part != part {
        return Err(AccountRefusal::PartOutOfOrder { next_part: import.next_part }.into());
    }
    let received = import.received.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
    if received > import.bytes {
        return Err(AccountRefusal::ImportTooLarge.into());
    }
    let first = import.position.line;
    let (position, lines) = people_csv::read(import.position, data, is_last)
        .map_err(|invalid| AccountRefusal::CsvInvalid(invalid.to_string()))?;
    let count = import.lines.saturating_add(u64::try_from(lines.len()).unwrap_or(u64::MAX));
    if count > MAX_LINES {
        return Err(AccountRefusal::ImportTooLarge.into());
    }
    stage(store, id, &lines)?;
    judge(store, id, first)?;
    store.write(
        "UPDATE imports SET status = ?, received = ?, next_part = ?, lines = ?, columns = ?, tail = ?, next_line = ? \
         WHERE id = ?",
        vec![
            if is_last { CHECKED } else { RECEIVING }.into(),
            number(received),
            number(part.saturating_add(1)),
            number(count),
            position.columns.into(),
            SqlStorageValue::Blob(position.tail),
            number(position.line),
            id.into(),
        ],
    )?;
    get(store, id)
}

/// Rows as JSON, handed on whenever there are enough.
struct Batch<'a> {
    store: &'a Store,
    import: &'a str,
    insert: &'static str,
    rows: String,
}

impl<'a> Batch<'a> {
    fn new(store: &'a Store, import: &'a str, insert: &'static str) -> Self {
        Self { store, import, insert, rows: String::new() }
    }

    fn add<T: serde::Serialize>(&mut self, row: &T) -> Result<(), Failure> {
        self.rows.push(if self.rows.is_empty() { '[' } else { ',' });
        self.rows.push_str(&serde_json::to_string(row).map_err(|_| Failure::Internal("a line"))?);
        if self.rows.len() > BATCH { self.hand_on() } else { Ok(()) }
    }

    fn hand_on(&mut self) -> Result<(), Failure> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut rows = std::mem::take(&mut self.rows);
        rows.push(']');
        self.store.write(self.insert, vec![self.import.into(), rows.into()])
    }
}

/// Keeps the lines as they stand there; the ids are those of people who are not there yet.
fn stage(store: &Store, id: &str, lines: &[Line]) -> Result<(), Failure> {
    let mut people = Batch::new(
        store,
        id,
        "INSERT INTO import_lines (import, line, outcome, code, detail, address, address_key, disabled, has_aliases, \
         user) SELECT ?1, value ->> 0, CASE WHEN value ->> 1 IS NULL THEN 'add' ELSE 'error' END, value ->> 1, \
         value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7 FROM json_each(?2)",
    );
    let mut addresses = Batch::new(
        store,
        id,
        "INSERT INTO import_addresses (import, line, address_key, address, domain, is_alias) \
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?2)",
    );
    for Line { number, address, entry } in lines {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                people.add(&(number, error.code, &error.detail, address, (), (), false, ()))?;
                continue;
            }
        };
        let user = UserId::from_bytes(entropy::bytes()?).to_string();
        let key = entry.address.key();
        people.add(&(number, (), (), address, &key, entry.disabled, entry.aliases.is_some(), user))?;
        let mut add = |address: &Address, is_alias: bool| {
            addresses.add(&(number, address.key(), address.to_string(), address.domain().as_str(), is_alias))
        };
        add(&entry.address, false)?;
        for alias in entry.aliases.iter().flatten() {
            add(alias, true)?;
        }
    }
    people.hand_on()?;
    addresses.hand_on()
}

/// What is wrong with an address, by what it is and where it stands: `address`, of the line `person`.
const WRONG: [(&str, &str); 3] = [
    ("domain_unknown", "address.domain NOT IN (SELECT name FROM domains)"),
    (
        "duplicate",
        "EXISTS (SELECT 1 FROM import_addresses AS earlier WHERE earlier.import = ?1 \
         AND earlier.address_key = address.address_key AND earlier.line < address.line)",
    ),
    (
        "address_taken",
        "EXISTS (SELECT 1 FROM aliases WHERE aliases.address_key = address.address_key \
         AND NOT (address.is_alias AND aliases.user = person.user)) \
         OR (address.is_alias AND EXISTS (SELECT 1 FROM users WHERE users.address_key = address.address_key))",
    ),
];

/// Finds out what the lines from `first` on do.
fn judge(store: &Store, id: &str, first: u64) -> Result<(), Failure> {
    let values = || vec![id.into(), number(first)];
    // Who is there already is found by the primary address.
    store.write(
        "UPDATE import_lines SET user = users.id, outcome = 'same' FROM users \
         WHERE import = ?1 AND line >= ?2 AND code IS NULL AND users.address_key = import_lines.address_key",
        values(),
    )?;
    for (code, wrong) in WRONG {
        let query = format!(
            "UPDATE import_lines SET outcome = 'error', code = '{code}', detail = found.address \
             FROM (SELECT address.line, MIN(address.address) AS address FROM import_addresses AS address \
             JOIN import_lines AS person ON person.import = ?1 AND person.line = address.line \
             WHERE address.import = ?1 AND address.line >= ?2 AND ({wrong}) GROUP BY address.line) AS found \
             WHERE import = ?1 AND import_lines.line = found.line AND code IS NULL"
        );
        store.write(&query, values())?;
    }
    let own = "FROM import_addresses AS own WHERE own.import = ?1 AND own.line = import_lines.line AND own.is_alias";
    let query = format!(
        "UPDATE import_lines SET outcome = 'change' WHERE import = ?1 AND line >= ?2 AND outcome = 'same' \
         AND (disabled != (SELECT disabled FROM users WHERE id = import_lines.user) OR (has_aliases AND \
         ((SELECT COUNT(*) FROM aliases WHERE user = import_lines.user) != (SELECT COUNT(*) {own}) \
         OR EXISTS (SELECT 1 {own} AND NOT EXISTS (SELECT 1 FROM aliases WHERE aliases.address_key = own.address_key \
         AND aliases.user = import_lines.user AND aliases.address = own.address)))))"
    );
    store.write(&query, values())
}

/// How it stands.
pub(super) fn get(store: &Store, id: &str) -> Result<Handled, Failure> {
    let import = load(store, id)?;
    let query = "SELECT outcome, COUNT(*) FROM import_lines WHERE import = ? GROUP BY outcome";
    let read = |row: &mut Row| Ok((row.take::<String>()?, row.take::<u64>()?));
    let counts = store.rows(query, vec![id.into()], read)?;
    let count = |outcome| counts.iter().find(|(one, _)| one == outcome).map_or(0, |(_, count)| *count);
    let record = ImportRecord {
        id: id.to_owned(),
        lines: import.lines,
        add: count("add"),
        change: count("change"),
        same: count("same"),
        error: count("error"),
        bytes: import.bytes,
        next_part: import.next_part,
        status: import.status,
    };
    Handled::new(&record, After::Nothing)
}

/// What its lines do.
pub(super) fn lines(
    store: &Store,
    id: &str,
    outcome: Option<&str>,
    after: u64,
    limit: u16,
) -> Result<Handled, Failure> {
    load(store, id)?;
    let mut values = vec![id.into(), number(after), i64::from(limit).saturating_add(1).into()];
    let with_outcome = match outcome {
        Some(outcome) => {
            values.push(outcome.into());
            " AND outcome = ?4"
        }
        None => "",
    };
    let query = format!(
        "SELECT line, outcome, code, address, detail FROM import_lines WHERE import = ?1 AND line > ?2{with_outcome} \
         ORDER BY line LIMIT ?3"
    );
    let mut lines = store.rows(&query, values, |row| {
        Ok(ImportLine {
            line: row.take()?,
            outcome: row.take()?,
            code: row.take()?,
            address: row.take()?,
            detail: row.take()?,
        })
    })?;
    let more = lines.len() > usize::from(limit);
    lines.truncate(usize::from(limit));
    let next = if more { lines.last().map(|line| line.line) } else { None };
    Handled::new(&ImportLineList { lines, next }, After::Nothing)
}

/// Drops one.
pub(super) fn remove(store: &Store, id: &str) -> Result<Handled, Failure> {
    load(store, id)?;
    drop_import(store, id)?;
    Handled::new(&(), After::Nothing)
}

fn drop_import(store: &Store, id: &str) -> Result<(), Failure> {
    store.write("DELETE FROM import_lines WHERE import = ?", vec![id.into()])?;
    store.write("DELETE FROM import_addresses WHERE import = ?", vec![id.into()])?;
    store.write("DELETE FROM imports WHERE id = ?", vec![id.into()])
}
