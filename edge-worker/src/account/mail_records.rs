//! How mail fares, for administrators.

use device_token::Timestamp;
use enrollment_rules::mail::outbox::State;
use enrollment_rules::messages::{MailList, MailOverview, MailRecord};
use enrollment_rules::time_text::rfc3339;

use super::messages::AccountRefusal;
use super::outbox::{self, Underway};
use super::records::{Page, paged};
use super::store::{LAST, Store, number};
use super::{After, Handled};
use crate::config::{Account, Config};
use crate::failure::Failure;

/// How mail stands as a whole, for administrators.
pub(super) fn overview(store: &Store, config: &Config, underway: &Underway) -> Result<Handled, Failure> {
    let sender = store.sender(config)?;
    let refused = store.sender_refused()?.filter(|refused| Some(&refused.sender) == sender.as_ref());
    let queued =
        store.count("SELECT COUNT(*) FROM outbox WHERE next_at IS NOT NULL AND kind <> 'nobody'", vec![])?;
    let overview = MailOverview {
        working: outbox::works(store, underway)?,
        way: config.mail_out.to_string(),
        sender,
        sender_refused: refused,
        queued,
    };
    Handled::new(&overview, After::Nothing)
}

/// How single mails fared, the newest first.
pub(super) fn list(
    store: &Store,
    config: &Config,
    account: &Account,
    user: Option<&str>,
    state: Option<&str>,
    page: Page,
) -> Result<Handled, Failure> {
    if state.is_some_and(|name| State::named(name).is_none()) {
        let detail = State::ALL.map(State::name).join(", ");
        return Err(AccountRefusal::Field { field: "state".to_owned(), detail }.into());
    }
    let Page { before, limit } = page;
    // One more tells whether there are more.
    let query = "SELECT seq, kind, person, address, created_at, tried_at, state, tries, next_at, give_up_at, \
         perhaps_twice, trouble FROM outbox WHERE seq < ?1 AND kind <> 'nobody' AND (?2 IS NULL OR person = ?2) \
         AND (?3 IS NULL OR state = ?3) ORDER BY seq DESC LIMIT ?4";
    let values = vec![
        number(before.unwrap_or(LAST)),
        user.map(str::to_owned).into(),
        state.map(str::to_owned).into(),
        number(u64::from(limit).saturating_add(1)),
    ];
    let messages = store.rows(query, values, |row| {
        let (seq, kind, user, to) = (row.take::<u64>()?, row.take()?, row.take()?, row.take()?);
        let (created_at, tried_at): (Timestamp, Option<Timestamp>) = (row.take()?, row.take()?);
        let standing = outbox::standing(row)?;
        Ok(MailRecord {
            seq,
            message_id: config
                .mail_out
                .keeps_message_ids()
                .then(|| outbox::message_id(config, account, seq, created_at)),
            kind,
            user,
            to,
            state: standing.state.name(),
            created_at: rfc3339(created_at),
            tries: standing.tries,
            tried_at: tried_at.map(rfc3339),
            next_at: standing.next_at.map(rfc3339),
            give_up_at: rfc3339(standing.give_up_at),
            perhaps_twice: standing.perhaps_twice,
            trouble: standing.trouble,
        })
    })?;
    let (messages, next) = paged(messages, limit, |message| message.seq);
    Handled::new(&MailList { messages, next }, After::Nothing)
}
