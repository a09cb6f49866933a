//! The account in numbers.

use device_token::Timestamp;
use enrollment_rules::messages::Overview;

use super::outbox::{self, Underway};
use super::store::Store;
use super::{After, Handled, enrolled, settings};
use crate::failure::Failure;

/// What an administrator sees first.
pub(super) fn overview(store: &Store, underway: &Underway, now: Timestamp) -> Result<Handled, Failure> {
    let current = store.settings()?;
    let number = enrolled::number(store, &enrolled::condition(&current, now), vec![])?;
    let overview = Overview {
        people: store.count("SELECT COUNT(*) FROM users", vec![])?,
        people_enrolled: number.people,
        devices: number.devices,
        authentication_enabled: current.authentication_enabled,
        mail_working: outbox::works(store, underway)?,
        warnings: settings::holding(store, &current, now)?,
    };
    Handled::new(&overview, After::Nothing)
}
