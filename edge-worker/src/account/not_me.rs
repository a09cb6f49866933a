//! "This was not me": what the address in a mail about a new device shows, and the sign-out of that device.

use device_token::Timestamp;
use enrollment_rules::not_me::Standing;
use enrollment_rules::publication;

use super::messages::{FoundNotMe, NotMe};
use super::row::Row;
use super::store::Store;
use super::{After, Handled, revoking, settings};
use crate::config::Config;
use crate::failure::Failure;

/// Looks, or signs out. A device that is gone stays gone, however often somebody presses.
pub(super) fn answer(
    store: &Store,
    config: &Config,
    asked: &NotMe,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let query = "SELECT browser, auth_time, revoked FROM devices WHERE id = ? AND user = ?";
    let values = vec![asked.device.to_string().into(), asked.user.to_string().into()];
    let read = |row: &mut Row| Ok(((row.take()?, row.take()?), row.take::<bool>()?));
    let found: Option<((String, Timestamp), bool)> = store.row(query, values, read)?;
    let (enrolled, is_alive) = match found {
        Some((enrolled, revoked)) => (Some(enrolled), !revoked),
        None => (None, false),
    };
    let (standing, after) = match (is_alive, asked.pressed) {
        (false, _) => (Standing::Gone, After::Nothing),
        (true, false) => (Standing::Enrolled, After::Nothing),
        (true, true) => {
            revoking::end_own(store, asked.device, "device.disowned", now)?;
            let since = settings::immediate_since(store)?;
            let by = publication::known_by(store.settings()?.revocation, since, &config.bounds, now);
            (Standing::SignedOut(by.at_the_latest), After::Publish)
        }
    };
    Handled::new(&FoundNotMe { enrolled, standing }, after)
}
