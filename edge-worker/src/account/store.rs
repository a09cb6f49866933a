//! Reading and writing the account object's tables. Nothing here decides anything.

use std::cell::Cell;

use device_token::{DeviceId, Timestamp, UserId};
use enrollment_rules::enrollment::{Enrollment, SentCode, Stage};
use enrollment_rules::interaction::{self, Interaction};
use enrollment_rules::keyed_hash::Digest;
use enrollment_rules::limits;
use enrollment_rules::settings::Settings;
use worker::{SqlStorage, SqlStorageValue, State, Storage};

use super::row::Row;
use super::schema;
use crate::failure::Failure;

/// An enrollment with what is kept beside it.
pub(super) struct StoredEnrollment {
    pub(super) enrollment: Enrollment,
    /// The person whose alias was typed.
    pub(super) alias_of: Option<UserId>,
    /// The directory's address the mail goes to; none for an address nobody has.
    pub(super) mail_to: Option<String>,
    pub(super) typed: Digest,
    pub(super) network: Digest,
    /// Whom the browser showed to belong to.
    pub(super) shown: Vec<UserId>,
    pub(super) goes_to: String,
    /// The device that asked for the code, where it is not to enroll one but to change the person's.
    pub(super) for_device: Option<DeviceId>,
    /// When such a code was confirmed.
    pub(super) confirmed_at: Option<Timestamp>,
}

/// A person, as far as enrolling needs them.
pub(super) struct Person {
    pub(super) id: UserId,
    pub(super) address: String,
    pub(super) disabled: bool,
    pub(super) revoked_at: Option<Timestamp>,
}

const PERSON: &str = "SELECT id, address, disabled, revoked_at FROM users";

fn person(row: &mut Row) -> Result<Person, Failure> {
    Ok(Person { id: row.take()?, address: row.take()?, disabled: row.take()?, revoked_at: row.take()? })
}

/// Who of the administration does something, and from where.
#[derive(Debug)]
pub(super) struct By {
    /// `administrator`, `token` or `operator`.
    pub(super) kind: &'static str,
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    /// A network address.
    pub(super) source: Option<String>,
}

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Event<'a> {
    pub(super) action: &'a str,
    pub(super) subject: &'a str,
    /// JSON of what was changed.
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) detail: &'a str,
}

/// The database.
pub(super) struct Store {
    sql: SqlStorage,
    storage: Storage,
    /// Whether a mail was queued by whoever opened this.
    queued: Cell<bool>,
}

/// The version that a revocation comes by: whoever writes one counts it up in the same transaction, with [`Store::bump_version`].
pub(super) const NEXT_VERSION: &str =
    "COALESCE((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'version'), 0) + 1";

/// What becomes of a revocation where there was one before.
pub(super) const OR_LATER: &str =
    "ON CONFLICT (kind, id) DO UPDATE SET at = MAX(at, excluded.at), version = excluded.version";

/// `SqlStorage` binds `Option`s of what it binds.
type Value = SqlStorageValue;

/// A time, as it is bound.
pub(super) fn seconds(at: Timestamp) -> Value {
    number(at.as_seconds())
}

/// SQLite counts up to 2^63; JavaScript's numbers, which lie between, end earlier.
pub(super) const LAST: u64 = (1 << 53) - 1;

/// A number, as it is bound.
pub(super) fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number.min(LAST)).unwrap_or(i64::MAX))
}

pub(super) fn flag(value: bool) -> Value {
    Value::Integer(i64::from(value))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn database(error: worker::Error) -> Failure {
    worker::console_error!("database: {error}");
    Failure::Unavailable("database")
}

/// A value by name.
pub(super) fn meta(sql: &SqlStorage, key: &str) -> worker::Result<Option<String>> {
    let cursor = sql.exec("SELECT value FROM meta WHERE key = ?", vec![key.into()])?;
    match cursor.raw().next().transpose()?.and_then(|row| row.into_iter().next()) {
        Some(Value::String(value)) => Ok(Some(value)),
        _ => Ok(None),
    }
}

/// Sets a value by name.
pub(super) fn set_meta(sql: &SqlStorage, key: &str, value: &str) -> worker::Result<()> {
    let query =
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sql.exec(query, vec![key.into(), value.into()]).map(|_| ())
}

impl Store {
    /// Opens the database, of whatever version it is.
    pub(super) fn open(state: &State) -> Result<Self, Failure> {
        let storage = state.storage();
        let sql = storage.sql();
        schema::migrate(&sql).map_err(database)?;
        Ok(Self { sql, storage, queued: Cell::new(false) })
    }

    pub(super) fn note_queued(&self) {
        self.queued.set(true);
    }

    pub(super) fn has_queued(&self) -> bool {
        self.queued.get()
    }

    pub(super) fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Reads rows, each by `read`, which takes the columns in their order.
    pub(super) fn rows<T>(
        &self,
        query: &str,
        values: Vec<Value>,
        read: impl Fn(&mut Row) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        self.raw_rows(query, values)?.into_iter().map(|mut row| read(&mut row)).collect()
    }

    /// The first row.
    pub(super) fn row<T>(
        &self,
        query: &str,
        values: Vec<Value>,
        read: impl Fn(&mut Row) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        self.raw_rows(query, values)?.into_iter().next().map(|mut row| read(&mut row)).transpose()
    }

    fn raw_rows(&self, query: &str, values: Vec<Value>) -> Result<Vec<Row>, Failure> {
        let cursor = self.sql.exec(query, values).map_err(database)?;
        cursor.raw().map(|row| row.map(Row::new).map_err(database)).collect()
    }

    pub(super) fn write(&self, query: &str, values: Vec<Value>) -> Result<(), Failure> {
        self.sql.exec(query, values).map(|_| ()).map_err(database)
    }

    pub(super) fn count(&self, query: &str, values: Vec<Value>) -> Result<u64, Failure> {
        Ok(self.row(query, values, Row::take)?.unwrap_or(0))
    }

    pub(super) fn meta(&self, key: &str) -> Result<Option<String>, Failure> {
        meta(&self.sql, key).map_err(database)
    }

    pub(super) fn set_meta(&self, key: &str, value: &str) -> Result<(), Failure> {
        set_meta(&self.sql, key, value).map_err(database)
    }

    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        match self.meta("settings")? {
            Some(text) => {
                serde_json::from_slice(text.as_bytes()).map_err(|_| Failure::Internal("stored settings"))
            }
            None => Ok(Settings::default()),
        }
    }

    pub(super) fn set_settings(&self, settings: &Settings) -> Result<(), Failure> {
        let text = serde_json::to_string(settings).map_err(|_| Failure::Internal("settings"))?;
        self.set_meta("settings", &text)
    }

    /// Appends what a person or the system did to the audit. With the change it tells of, in the same breath: both are there, or neither.
    pub(super) fn audit(
        &self,
        actor: &str,
        action: &str,
        subject: &str,
        detail: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.write(
            "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)",
            vec![seconds(now), actor.into(), action.into(), subject.into(), detail.into()],
        )
    }

    /// Appends what somebody of the administration did.
    pub(super) fn audit_by(&self, by: &By, event: &Event<'_>, now: Timestamp) -> Result<(), Failure> {
        self.write(
            "INSERT INTO audit (at, actor, action, subject, detail, actor_id, actor_name, source, before, after) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            vec![
                seconds(now),
                by.kind.into(),
                event.action.into(),
                event.subject.into(),
                event.detail.into(),
                by.id.clone().into(),
                by.name.clone().into(),
                by.source.clone().into(),
                event.before.clone().into(),
                event.after.clone().into(),
            ],
        )
    }

    pub(super) fn person(&self, id: UserId) -> Result<Option<Person>, Failure> {
        self.row(&format!("{PERSON} WHERE id = ?"), vec![id.to_string().into()], person)
    }

    /// The person whose primary address this is.
    pub(super) fn person_by_address(&self, key: &str) -> Result<Option<Person>, Failure> {
        self.row(&format!("{PERSON} WHERE address_key = ?"), vec![key.into()], person)
    }

    /// The person whose alias this is, with the alias as the directory has it.
    pub(super) fn person_by_alias(&self, key: &str) -> Result<Option<(Person, String)>, Failure> {
        let query = "SELECT user, address FROM aliases WHERE address_key = ?";
        let alias = self.row(query, vec![key.into()], |row| Ok((row.take()?, row.take()?)))?;
        let Some((user, address)) = alias else { return Ok(None) };
        Ok(self.person(user)?.map(|person| (person, address)))
    }

    /// When everybody was last revoked.
    pub(super) fn account_revoked_at(&self) -> Result<Option<Timestamp>, Failure> {
        self.row("SELECT at FROM revocations WHERE kind = 'account'", vec![], Row::take)
    }

    /// When a network began enrollments, as far as the last hour goes.
    pub(super) fn begun_from(&self, network: &Digest, now: Timestamp) -> Result<Vec<Timestamp>, Failure> {
        let since = now.as_seconds().saturating_sub(3_600);
        self.rows(
            "SELECT started_at FROM enrollments WHERE network = ? AND started_at > ?",
            vec![network.as_str().into(), i64::try_from(since).unwrap_or(0).into()],
            Row::take,
        )
    }

    /// Was this used already? What is used once is remembered until it is too old; after that the age refuses it.
    pub(super) fn is_spent(&self, id: &str, now: Timestamp) -> Result<bool, Failure> {
        self.write("DELETE FROM spent_challenges WHERE expires_at <= ?", vec![seconds(now)])?;
        Ok(self.count("SELECT COUNT(*) FROM spent_challenges WHERE id = ?", vec![id.into()])? > 0)
    }

    /// Remembers that it was.
    pub(super) fn spend(&self, id: &str, expires_at: Timestamp) -> Result<(), Failure> {
        let insert = "INSERT INTO spent_challenges (id, expires_at) VALUES (?, ?)";
        self.write(insert, vec![id.into(), seconds(expires_at)])
    }

    /// Drops what no limit and no ticket needs any more.
    pub(super) fn drop_old_enrollments(&self, now: Timestamp) -> Result<(), Failure> {
        let before = i64::try_from(now.as_seconds().saturating_sub(limits::HISTORY_SECONDS)).unwrap_or(0);
        self.write("DELETE FROM enrollments WHERE started_at < ?", vec![before.into()])?;
        self.write("DELETE FROM mails WHERE at < ?", vec![before.into()])
    }

    pub(super) fn enrollment(&self, ticket: &Digest) -> Result<Option<StoredEnrollment>, Failure> {
        let query = "SELECT person, alias_of, mail_to, typed, network, shown, goes_to, started_at, codes, \
             wrong_tries, stage, for_device, confirmed_at FROM enrollments WHERE ticket = ?";
        self.row(query, vec![ticket.as_str().into()], |row| {
            let person = row.take()?;
            let (alias_of, mail_to) = (row.take()?, row.take()?);
            let (typed, network) = (row.take()?, row.take()?);
            let shown: String = row.take()?;
            let shown =
                serde_json::from_slice(shown.as_bytes()).map_err(|_| Failure::Internal("stored people"))?;
            let goes_to = row.take()?;
            let started_at = row.take()?;
            let codes: String = row.take()?;
            let codes: Vec<SentCode> =
                serde_json::from_slice(codes.as_bytes()).map_err(|_| Failure::Internal("stored codes"))?;
            let wrong_tries = row.take()?;
            let stage: String = row.take()?;
            let stage = Stage::named(&stage).ok_or(Failure::Internal("a stored stage"))?;
            let enrollment = Enrollment { person, started_at, codes, wrong_tries, stage };
            let (for_device, confirmed_at) = (row.take()?, row.take()?);
            Ok(StoredEnrollment {
                enrollment,
                alias_of,
                mail_to,
                typed,
                network,
                shown,
                goes_to,
                for_device,
                confirmed_at,
            })
        })
    }

    pub(super) fn keep_enrollment(&self, ticket: &Digest, stored: &StoredEnrollment) -> Result<(), Failure> {
        let enrollment = &stored.enrollment;
        let codes = serde_json::to_string(&enrollment.codes).map_err(|_| Failure::Internal("codes"))?;
        let shown = serde_json::to_string(&stored.shown).map_err(|_| Failure::Internal("people"))?;
        self.write(
            "INSERT OR REPLACE INTO enrollments (ticket, person, alias_of, mail_to, typed, network, shown, \
             goes_to, started_at, codes, wrong_tries, stage, for_device, confirmed_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            vec![
                ticket.as_str().into(),
                enrollment.person.map(|id| id.to_string()).into(),
                stored.alias_of.map(|id| id.to_string()).into(),
                stored.mail_to.clone().into(),
                stored.typed.as_str().into(),
                stored.network.as_str().into(),
                shown.into(),
                stored.goes_to.as_str().into(),
                seconds(enrollment.started_at),
                codes.into(),
                i64::from(enrollment.wrong_tries).into(),
                enrollment.stage.name().into(),
                stored.for_device.map(|device| device.to_string()).into(),
                stored.confirmed_at.map_or(Value::Null, seconds),
            ],
        )
    }

    /// Keeps a click, and drops the oldest beyond what is kept.
    pub(super) fn record(&self, interaction: &Interaction, now: Timestamp) -> Result<(), Failure> {
        self.write(
            "INSERT INTO interactions (at, link, destination, user, device, recipient, verdict) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            vec![
                seconds(now),
                interaction.link.to_string().into(),
                interaction.destination.as_str().into(),
                interaction.user.map(|id| id.to_string()).into(),
                interaction.device.map(|id| id.to_string()).into(),
                interaction.recipient.to_string().into(),
                interaction.verdict.code().into(),
            ],
        )?;
        let kept = i64::try_from(interaction::KEPT).unwrap_or(i64::MAX);
        self.write(
            "DELETE FROM interactions WHERE seq <= (SELECT MAX(seq) FROM interactions) - ?",
            vec![kept.into()],
        )
    }
}

impl Store {
    /// Counts a change of what is published, to be told to KV.
    pub(super) fn bump_version(&self) -> Result<(), Failure> {
        self.count_up("version")
    }

    /// Counts by name.
    pub(super) fn count_up(&self, key: &str) -> Result<(), Failure> {
        let version = self.version(key)?.saturating_add(1);
        self.set_meta(key, &version.to_string())
    }

    /// A counter by name.
    pub(super) fn version(&self, key: &str) -> Result<u64, Failure> {
        Ok(self.meta(key)?.and_then(|text| text.parse().ok()).unwrap_or(0))
    }
}
