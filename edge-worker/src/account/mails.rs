//! Who mail is from, how much of it there was, and how it fared.

use device_token::Timestamp;
use enrollment_rules::address::Address;
use enrollment_rules::limits::{self, SentMail};

use super::store::{Store, flag, seconds};
use crate::config::Config;
use crate::failure::Failure;
use crate::mail::MailOutcome;

impl Store {
    /// Who the account's mail is from.
    pub(super) fn sender(&self, config: &Config) -> Result<Address, Failure> {
        let chosen = self.settings()?.notification_postmaster_address;
        Ok(chosen.unwrap_or_else(|| config.default_postmaster.clone()))
    }

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

    /// Whether the latest mail to anybody was taken.
    pub(super) fn mail_working(&self) -> Result<bool, Failure> {
        Ok(self.meta("mail_working")?.is_none_or(|value| value == "yes"))
    }

    /// Writes down how a mail fared. Only what the server says of itself makes mail as a whole work or not: what it says
    /// of one recipient would tell everybody about that recipient.
    pub(super) fn mail_fared(&self, outcome: &MailOutcome, now: Timestamp) -> Result<(), Failure> {
        self.set_meta("mail_working", if outcome.server_works() { "yes" } else { "no" })?;
        let Some((recipient, kind)) = &outcome.mail else { return Ok(()) };
        let (action, detail) = match &outcome.result {
            Ok(()) => ("mail.sent", (*kind).to_owned()),
            Err(trouble) => ("mail.failed", format!("{kind}: {trouble}")),
        };
        self.audit("system", action, recipient, &detail, now)
    }
}
