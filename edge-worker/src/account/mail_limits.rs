//! How much mail was asked for, and by whom.

use device_token::Timestamp;
use enrollment_rules::limits::{self, SentMail};

use super::store::{Store, flag, seconds};
use crate::failure::Failure;

impl Store {
    /// The mails counted for one key within the limits' reach.
    pub(super) fn sent_mails(&self, counted_for: &str, now: Timestamp) -> Result<Vec<SentMail>, Failure> {
        let since = now.as_seconds().saturating_sub(limits::HISTORY_SECONDS);
        self.rows(
            "SELECT at, reserved FROM mails WHERE counted_for = ? AND at > ?",
            vec![counted_for.into(), i64::try_from(since).unwrap_or(0).into()],
            |row| Ok(SentMail { at: row.take()?, reserved: row.take()? }),
        )
    }

    pub(super) fn count_mail(
        &self,
        counted_for: &str,
        reserved: bool,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let query = "INSERT INTO mails (counted_for, at, reserved) VALUES (?, ?, ?)";
        self.write(query, vec![counted_for.into(), seconds(now), flag(reserved)])
    }
}
