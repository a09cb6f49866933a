//! The alarm, of which there is one: publications and mail wait for it.

use worker::console_warn;

use super::publication::{RESUME, SOON};
use super::{Work, outbox, publication};
use crate::failure::Failure;
use crate::incoming::now;

/// Sets it for whatever comes first; takes it away if nothing does.
pub(super) async fn set(work: &Work) {
    let Work { store, config, publishing, sending } = work;
    let later = |failure: Failure| {
        failure.log();
        Some(RESUME)
    };
    let publication = publication::next(store, config, publishing).unwrap_or_else(later);
    let mail = outbox::next(store, config, sending, now()).unwrap_or_else(later);
    let storage = store.storage();
    let set = match publication.into_iter().chain(mail).min() {
        Some(soonest) => storage.set_alarm(soonest.max(SOON)).await,
        None => storage.delete_alarm().await,
    };
    if set.is_err() {
        console_warn!("the alarm could not be set");
    }
}
