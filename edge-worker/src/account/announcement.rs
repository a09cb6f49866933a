//! The announcement, sent to the administrator who wants to see it arrive.

use device_token::Timestamp;
use enrollment_rules::messages::AnnouncementSent;

use super::administration::Caller;
use super::store::{Event, Store};
use super::{After, Handled};
use crate::config::{Account, Config};
use crate::entropy;
use crate::failure::Failure;
use crate::mail::{Outgoing, What};

/// The filled template.
pub(super) struct Words {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// Sends it.
pub(super) fn send(
    store: &Store,
    config: &Config,
    account: &Account,
    caller: &Caller,
    words: Words,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let administrator = &caller.person()?.administrator;
    let Words { subject, text, html } = words;
    let outgoing = Outgoing {
        sender: store.sender(config)?,
        to: administrator.address.parse().map_err(|_| Failure::Internal("a stored address"))?,
        recipient: administrator.id.clone(),
        what: What::Announcement { subject, text, html },
        account_name: account.name.clone(),
        origin: account.audience.issuer.as_str().to_owned(),
        at: now,
        message_id: entropy::bytes()?,
    };
    let event = Event { action: "announcement.tested", subject: &administrator.id, ..Event::default() };
    store.audit_by(&caller.by, &event, now)?;
    let sent = AnnouncementSent { sent_to: administrator.address.clone() };
    Handled::new(&sent, After::Mail(Box::new(outgoing)))
}
