//! The outbox: mails are queued in the transaction of what they tell of, handed over at once (`post`), and tried again by the alarm.
//!
//! A few are under way at a time. Which, is remembered here and nowhere else: a row that says so in the database, and is not
//! remembered, belonged to an object that is no more.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use device_token::Timestamp;
use enrollment_rules::address::Address;
use enrollment_rules::keyed_hash::Purpose;
use enrollment_rules::language::Language;
use enrollment_rules::mail::fate::Step;
use enrollment_rules::mail::outbox::{self as rules, About, Standing, State};
use enrollment_rules::messages::SenderRefused;
use worker::SqlStorageValue;

use super::publication::now_milliseconds;
use super::row::Row;
use super::store::{Store, flag, number, seconds};
use crate::config::{Account, Config};
use crate::failure::Failure;
use crate::mail;

/// Until when what is no code waits, since mail as a whole did not work.
pub(super) const RESTS_UNTIL: &str = "mail_rests_until";

/// Whether the last attempt found it working.
pub(super) const WORKED: &str = "mail_working";

/// What the receiving side said of the sender last, as JSON.
pub(super) const SENDER_REFUSED: &str = "sender_refused";

/// A mail to be queued.
pub(super) struct NewMail<'a> {
    /// The id of the person or administrator; nobody's is empty.
    pub(super) person: &'a str,
    pub(super) address: &'a str,
    pub(super) language: Language,
    pub(super) about: About,
}

/// Which attempts are under way.
#[derive(Debug, Default)]
pub(super) struct Underway(RefCell<BTreeMap<u64, Rc<Attempt>>>);

/// One of them.
#[derive(Debug)]
pub(super) struct Attempt {
    began_at_milliseconds: u64,
    /// How far it has come.
    pub(super) step: Cell<Step>,
    /// Whether everybody may learn how mail fares by it.
    tells_of_whole: bool,
}

impl Underway {
    /// For how many milliseconds the oldest has been waiting for the acceptance of its sender.
    fn waiting_milliseconds(&self, now_milliseconds: u64) -> Option<u64> {
        let attempts = self.0.borrow();
        let waiting =
            attempts.values().filter(|attempt| attempt.tells_of_whole && attempt.step.get().is_of_whole());
        waiting.map(|attempt| now_milliseconds.saturating_sub(attempt.began_at_milliseconds)).max()
    }

    pub(super) fn is_full(&self) -> bool {
        self.forget_silent();
        self.0.borrow().len() >= rules::AT_ONCE
    }

    /// Those that have ended without a word would otherwise keep their places for as long as this object lives.
    fn forget_silent(&self) {
        let now = now_milliseconds();
        let speaks = |attempt: &Attempt| {
            now.saturating_sub(attempt.began_at_milliseconds) < rules::SILENCE_MILLISECONDS
        };
        self.0.borrow_mut().retain(|_, attempt| speaks(attempt));
    }

    fn has(&self, seq: u64) -> bool {
        self.0.borrow().contains_key(&seq)
    }

    pub(super) fn begin(&self, seq: u64, tells_of_whole: bool) -> Rc<Attempt> {
        let (began_at_milliseconds, step) = (now_milliseconds(), Cell::new(Step::Begin));
        let attempt = Rc::new(Attempt { began_at_milliseconds, step, tells_of_whole });
        self.0.borrow_mut().insert(seq, Rc::clone(&attempt));
        attempt
    }

    pub(super) fn end(&self, seq: u64) {
        self.0.borrow_mut().remove(&seq);
    }
}

/// A row of the outbox.
pub(super) struct Stored {
    pub(super) seq: u64,
    pub(super) person: String,
    pub(super) address: String,
    pub(super) language: Language,
    pub(super) about: About,
    pub(super) created_at: Timestamp,
    pub(super) standing: Standing,
}

pub(super) const STORED: &str = "SELECT seq, person, address, language, about, created_at, state, tries, next_at, give_up_at, \
     perhaps_twice, trouble FROM outbox";

pub(super) fn stored(row: &mut Row) -> Result<Stored, Failure> {
    let (seq, person, address) = (row.take()?, row.take()?, row.take()?);
    // What another release has queued, in a language or of a kind that is not known here, must not be in the way of all others.
    let language = Language::tagged(&row.take::<String>()?).unwrap_or(Language::English);
    let about = about(&row.take::<Vec<u8>>()?);
    let created_at = row.take()?;
    Ok(Stored { seq, person, address, language, about, created_at, standing: standing(row)? })
}

/// What was queued.
fn about(stored: &[u8]) -> About {
    postcard::from_bytes(stored).unwrap_or(About::Unreadable)
}

/// The last six columns.
pub(super) fn standing(row: &mut Row) -> Result<Standing, Failure> {
    let state = State::named(&row.take::<String>()?).ok_or(Failure::Internal("a stored state"))?;
    let tries = u32::try_from(row.take::<u64>()?).unwrap_or(u32::MAX);
    let (next_at, give_up_at, perhaps_twice) = (row.take()?, row.take()?, row.take()?);
    // For whoever reads it only; another release's may have a cause that is unknown here.
    let trouble: Option<String> = row.take()?;
    let trouble = trouble.and_then(|text| serde_json::from_slice(text.as_bytes()).ok());
    Ok(Standing { state, tries, next_at, give_up_at, perhaps_twice, trouble })
}

/// Writes down a mail that is to be sent.
pub(super) fn queue(
    store: &Store,
    config: &Config,
    mail: NewMail<'_>,
    now: Timestamp,
) -> Result<(), Failure> {
    let NewMail { person, address, language, about } = mail;
    store.note_queued();
    let standing = Standing::queued(&about, &config.bounds, now);
    forget_old(store, now)?;
    store.write(
        "INSERT INTO outbox (kind, urgent, person, address, language, about, created_at, give_up_at, next_at, state) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, 'queued')",
        vec![
            about.kind().into(),
            flag(about.is_urgent()),
            person.into(),
            address.into(),
            language.tag().into(),
            encoded(&about)?,
            seconds(now),
            seconds(standing.give_up_at),
        ],
    )
}

/// When the person was told last that all tries of an enrollment were spent, as far as that is kept.
pub(super) fn told_of_wrong_codes(store: &Store, person: &str) -> Result<Option<Timestamp>, Failure> {
    let query = "SELECT created_at FROM outbox WHERE kind = ? AND person = ? ORDER BY seq DESC LIMIT 1";
    store.row(query, vec![rules::WRONG_CODES.into(), person.into()], Row::take)
}

/// Writes down a mail to everybody who has one of these devices and has not been disabled: that they were revoked.
pub(super) fn queue_revoked(
    store: &Store,
    config: &Config,
    devices: &str,
    mut values: Vec<SqlStorageValue>,
    now: Timestamp,
) -> Result<(), Failure> {
    store.note_queued();
    forget_old(store, now)?;
    let give_up_at = Standing::queued(&About::Revoked, &config.bounds, now).give_up_at;
    values.push(encoded(&About::Revoked)?);
    let about = values.len();
    let query = format!(
        "INSERT INTO outbox (kind, urgent, person, address, language, about, created_at, give_up_at, next_at, state) \
         SELECT '{kind}', 0, id, address, COALESCE(language, 'en'), ?{about}, {at}, {give_up_at}, {at}, 'queued' \
         FROM users WHERE id IN (SELECT user FROM devices WHERE {devices}) AND disabled = 0",
        kind = rules::REVOKED,
        at = now.as_seconds(),
        give_up_at = give_up_at.as_seconds(),
    );
    store.write(&query, values)
}

fn encoded(about: &About) -> Result<SqlStorageValue, Failure> {
    postcard::to_allocvec(about).map(SqlStorageValue::Blob).map_err(|_| Failure::Internal("a mail"))
}

fn forget_old(store: &Store, now: Timestamp) -> Result<(), Failure> {
    let before = now.as_seconds().saturating_sub(rules::KEPT_SECONDS);
    store.write("DELETE FROM outbox WHERE created_at < ?", vec![number(before)])
}

/// Whether mail as a whole works.
pub(super) fn works(store: &Store, underway: &Underway) -> Result<bool, Failure> {
    Ok(rules::works(store.mail_worked()?, underway.waiting_milliseconds(now_milliseconds())))
}

/// When the alarm is to come back; `None` if nothing waits. What is under way is looked after by whoever sends it, and by the alarm if
/// that is no more.
pub(super) fn next(
    store: &Store,
    config: &Config,
    underway: &Underway,
    now: Timestamp,
) -> Result<Option<Duration>, Failure> {
    underway.forget_silent();
    take_over(store, config, underway, now)?;
    // Whoever ends one of those attempts goes on, or sets the alarm anew.
    if underway.is_full() {
        return Ok(Some(Duration::from_secs(rules::LOOK_AFTER_SECONDS)));
    }
    let first = |urgent: bool| -> Result<Option<u64>, Failure> {
        let query =
            "SELECT next_at FROM outbox WHERE next_at IS NOT NULL AND urgent = ? ORDER BY next_at LIMIT 1";
        store.row(query, vec![flag(urgent)], Row::take)
    };
    let rests_until = store.version(RESTS_UNTIL)?;
    let soonest = first(true)?.into_iter().chain(first(false)?.map(|at| at.max(rests_until))).min();
    Ok(soonest.map(|at| Duration::from_secs(at.saturating_sub(now.as_seconds()))))
}

/// What somebody was sending who is no more waits for its next attempt; what is still under way is looked at again later.
fn take_over(store: &Store, config: &Config, underway: &Underway, now: Timestamp) -> Result<(), Failure> {
    for mail in store.rows(&format!("{STORED} WHERE state = 'sending'"), vec![], stored)? {
        let standing = mail.standing.clone();
        let standing = if underway.has(mail.seq) {
            standing.looked_at(now)
        } else {
            standing.lost(&mail.about, &config.bounds, now)
        };
        keep(store, mail.seq, &standing, now)?;
        close(store, &mail, &standing, now)?;
    }
    Ok(())
}

/// Writes down how a mail stands. What it said is forgotten once it is certain what became of it.
pub(super) fn keep(store: &Store, seq: u64, standing: &Standing, now: Timestamp) -> Result<(), Failure> {
    let trouble = standing.trouble.as_ref().map(serde_json::to_string).transpose();
    store.write(
        "UPDATE outbox SET state = ?2, tries = ?3, next_at = ?4, perhaps_twice = ?5, trouble = ?6, \
         tried_at = CASE WHEN tries < ?3 THEN ?7 ELSE tried_at END, \
         about = CASE WHEN ?4 IS NULL THEN x'' ELSE about END WHERE seq = ?1",
        vec![
            number(seq),
            standing.state.name().into(),
            number(standing.tries.into()),
            standing.next_at.map_or(SqlStorageValue::Null, seconds),
            flag(standing.perhaps_twice),
            trouble.map_err(|_| Failure::Internal("trouble"))?.into(),
            seconds(now),
        ],
    )
}

/// Writes into the audit what became of a mail, once that is certain. What nobody was to receive is forgotten.
pub(super) fn close(
    store: &Store,
    mail: &Stored,
    standing: &Standing,
    now: Timestamp,
) -> Result<(), Failure> {
    if standing.next_at.is_some() {
        return Ok(());
    }
    if !mail.about.is_mail() {
        return store.write("DELETE FROM outbox WHERE seq = ?", vec![number(mail.seq)]);
    }
    let kind = mail.about.kind();
    let (action, detail) = match (standing.state, &standing.trouble) {
        (State::Sent, _) => ("mail.sent", kind.to_owned()),
        (State::Dropped, _) => ("mail.dropped", kind.to_owned()),
        (_, Some(trouble)) => ("mail.failed", format!("{kind}: {trouble}")),
        (_, None) => ("mail.failed", format!("{kind}: too late")),
    };
    store.audit("system", action, &mail.person, &detail, now)
}

/// The same at each attempt, and unknown to everybody else.
pub(super) fn message_id(config: &Config, account: &Account, seq: u64, created_at: Timestamp) -> String {
    unique(config, account, &[&seq.to_be_bytes(), &created_at.as_seconds().to_be_bytes()])
}

pub(super) fn unique(config: &Config, account: &Account, of: &[&[u8]]) -> String {
    let account_id = account.audience.account.as_str().as_bytes();
    let digest = config.hash_key.digest(Purpose::MessageId, &[&[account_id], of].concat());
    let unique: String = digest.as_str().chars().take(32).collect();
    format!("{unique}@{}", mail::host(account))
}

impl Store {
    /// Who the account's mail is from; nobody if neither it nor the deployment says so.
    pub(super) fn sender(&self, config: &Config) -> Result<Option<Address>, Failure> {
        let chosen = self.settings()?.notification_postmaster_address;
        Ok(chosen.or_else(|| config.default_postmaster.clone()))
    }

    /// What the receiving side said last of the sender, if it has not taken a mail since.
    pub(super) fn sender_refused(&self) -> Result<Option<SenderRefused>, Failure> {
        match self.meta(SENDER_REFUSED)?.filter(|text| !text.is_empty()) {
            Some(text) => {
                serde_json::from_slice(text.as_bytes()).map(Some).map_err(|_| Failure::Internal("a refusal"))
            }
            None => Ok(None),
        }
    }

    /// Whether the last attempt found mail as a whole working.
    fn mail_worked(&self) -> Result<bool, Failure> {
        Ok(self.meta(WORKED)?.is_none_or(|value| value == "yes"))
    }
}

#[cfg(test)]
mod tests {
    use device_token::DeviceId;
    use enrollment_rules::keyed_hash::Digest;
    use enrollment_rules::mail::outbox::CodeSent;
    use enrollment_rules::mail::words::Asked;

    use super::*;

    #[test]
    fn what_is_stored_of_a_queued_mail_is_unchanged() {
        let asked = Asked { browser: "B".to_owned(), place: None, at: Timestamp::from_seconds(300).unwrap() };
        let ticket = Digest::from_stored("T".to_owned());
        let sent = CodeSent { ticket, draw: [7; 16], asked: asked.clone() };
        // One letter, no place, 300 as a varint.
        let asked_bytes = [1, b'B', 0, 0xac, 2];
        let code = [&[1, b'T'][..], &[7; 16], &asked_bytes].concat();
        let text = |text: &str| text.to_owned();
        for (mail, kind, rest) in [
            (About::Nobody, 0, vec![]),
            (About::Code(sent.clone()), 1, code.clone()),
            (About::ChangeCode(sent), 2, code),
            (
                About::AliasUsed { primary_masked: text("m"), asked: asked.clone() },
                3,
                [&[1, b'm'][..], &asked_bytes].concat(),
            ),
            (
                About::NewDevice { device: DeviceId::from_bytes([9; 16]), asked: asked.clone() },
                4,
                [&[22][..], DeviceId::from_bytes([9; 16]).to_string().as_bytes(), &asked_bytes].concat(),
            ),
            (About::Revoked, 5, vec![]),
            (About::WrongCodes(asked), 6, asked_bytes.to_vec()),
            (
                About::Announcement { subject: text("s"), text: text("t"), html: text("h") },
                7,
                vec![1, b's', 1, b't', 1, b'h'],
            ),
        ] {
            let stored = postcard::to_allocvec(&mail).unwrap();
            assert_eq!(stored, [vec![kind], rest].concat(), "{mail:?}");
            assert_eq!(about(&stored), mail);
        }
    }

    #[test]
    fn a_mail_of_another_release_is_not_readable_and_no_failure() {
        let stored = postcard::to_allocvec(&About::Revoked).unwrap();
        assert_eq!(about(&stored), About::Revoked);
        for unknown in [&[99][..], &[4, 1], &[]] {
            assert_eq!(about(unknown), About::Unreadable, "{unknown:?}");
        }
    }
}
