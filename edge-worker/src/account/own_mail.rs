//! Mail that administrators send themselves: the announcement, to see it as others will, and one that shows that mail arrives.

use device_token::Timestamp;
use enrollment_rules::address::Address;
use enrollment_rules::language::Language;
use enrollment_rules::mail::outbox::About;
use enrollment_rules::messages::AnnouncementSent;

use super::administration::Caller;
use super::outbox::{self, NewMail};
use super::store::{Event, Store};
use super::{After, Handled};
use crate::config::Config;
use crate::failure::Failure;

/// Queues the announcement.
pub(super) fn announcement(
    store: &Store,
    config: &Config,
    caller: &Caller,
    language: Language,
    about: About,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let administrator = &caller.person()?.administrator;
    let mail = NewMail { person: &administrator.id, address: &administrator.address, language, about };
    outbox::queue(store, config, mail, now)?;
    let event = Event { action: "announcement.tested", subject: &administrator.id, ..Event::default() };
    store.audit_by(&caller.by, &event, now)?;
    Handled::new(&AnnouncementSent { sent_to: administrator.address.clone() }, After::Nothing)
}

/// Has the other mail sent while the answer waits.
pub(super) fn test(
    store: &Store,
    caller: &Caller,
    language: Language,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let administrator = &caller.person()?.administrator;
    let address: Address =
        administrator.address.parse().map_err(|_| Failure::Internal("a stored address"))?;
    let event = Event { action: "mail.tested", subject: &administrator.id, ..Event::default() };
    store.audit_by(&caller.by, &event, now)?;
    Handled::new(&(), After::TestMail(address, language))
}
