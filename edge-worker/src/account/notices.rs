//! Telling people by mail that an administrator revoked their devices: a queue, of which the alarm sends one at a time.

use std::rc::Rc;
use std::time::Duration;

use device_token::Timestamp;
use worker::{SqlStorageValue, console_warn};

use super::row::Row;
use super::store::{Store, number};
use crate::config::{Account, Config};
use crate::entropy;
use crate::failure::Failure;
use crate::mail::{self, Outgoing, What};

/// How long the mail server rests once it did not work.
const RETRY_SECONDS: u64 = 60;
/// Until when.
const NOT_BEFORE: &str = "notices_not_before";

/// Writes down whom to tell: everybody who has one of these devices.
pub(super) fn enqueue(
    store: &Store,
    devices: &str,
    values: Vec<SqlStorageValue>,
    now: Timestamp,
) -> Result<(), Failure> {
    let query = format!(
        "INSERT INTO notices (user, address, at) SELECT id, address, {} FROM users \
         WHERE id IN (SELECT user FROM devices WHERE {devices}) AND disabled = 0",
        now.as_seconds()
    );
    store.write(&query, values)
}

/// When the alarm is to come back for them: at once, or after the mail server had time to recover; `None` if nobody waits.
pub(super) fn next(store: &Store, now: Timestamp) -> Result<Option<Duration>, Failure> {
    if !waiting(store)? {
        return Ok(None);
    }
    let rests = store.version(NOT_BEFORE)?.saturating_sub(now.as_seconds());
    Ok(Some(Duration::from_secs(rests)))
}

/// Is there anybody to tell?
pub(super) fn waiting(store: &Store) -> Result<bool, Failure> {
    Ok(store.count("SELECT EXISTS (SELECT 1 FROM notices)", vec![])? > 0)
}

/// Tells one of them, if it is time.
///
/// It leaves the queue once the mail server has taken or refused it: a crash just then may tell somebody twice, and a server
/// that does not work loses nothing. One at a time, since a server may take its time and publications wait for the same alarm.
pub(super) async fn send_one(
    store: &Store,
    config: &Rc<Config>,
    account: &Account,
    now: impl Fn() -> Timestamp,
) -> Result<(), Failure> {
    if next(store, now())? != Some(Duration::ZERO) {
        return Ok(());
    }
    let query = "SELECT seq, user, address, at FROM notices ORDER BY seq LIMIT 1";
    let read = |row: &mut Row| {
        Ok((row.take::<u64>()?, row.take::<String>()?, row.take::<String>()?, row.take::<Timestamp>()?))
    };
    let Some((seq, user, address, at)) = store.row(query, vec![], read)? else { return Ok(()) };
    let outgoing = Outgoing {
        sender: store.sender(config)?,
        to: address.parse().map_err(|_| Failure::Internal("a stored address"))?,
        recipient: user,
        what: What::Revoked { at },
        account_name: account.name.clone(),
        origin: account.audience.issuer.as_str().to_owned(),
        at: now(),
        message_id: entropy::bytes()?,
    };
    let outcome = mail::send(Rc::clone(config), outgoing).await;
    if outcome.server_works() {
        store.write("DELETE FROM notices WHERE seq = ?", vec![number(seq)])?;
    } else {
        console_warn!("the mail server does not work; the notices wait");
        store.set_meta(NOT_BEFORE, &now().plus_seconds(RETRY_SECONDS).to_string())?;
    }
    store.mail_fared(&outcome, now())
}
