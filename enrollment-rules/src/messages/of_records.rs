//! Bodies of imports, the audit, interactions and the announcement.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::mail::fate::{Line, Trouble};

/// `POST /api/v1/admin/imports`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeginImport {
    /// The size of the file.
    pub bytes: u64,
}

/// An import.
#[derive(Debug, Serialize)]
pub struct ImportRecord {
    /// Opaque.
    pub id: String,
    /// `receiving`, `checked` or `applied`.
    pub status: String,
    /// How many lines of people there are so far.
    pub lines: u64,
    /// How many add somebody.
    pub add: u64,
    /// How many change somebody.
    pub change: u64,
    /// How many change nothing.
    pub same: u64,
    /// How many cannot be.
    pub error: u64,
    /// The size of the file.
    pub bytes: u64,
    /// The number of the part that comes next.
    pub next_part: u64,
}

/// What a line of an import does.
#[derive(Debug, Serialize)]
pub struct ImportLine {
    /// Its number in the file.
    pub line: u64,
    /// `add`, `change`, `same` or `error`.
    pub outcome: String,
    /// What is wrong.
    pub code: Option<String>,
    /// The primary address, as it stands there.
    pub address: String,
    /// What the code is about.
    pub detail: Option<String>,
}

/// `GET /api/v1/admin/imports/{id}/lines`.
#[derive(Debug, Serialize)]
pub struct ImportLineList {
    /// In the order of the file.
    pub lines: Vec<ImportLine>,
    /// The `after` of the next page, if there is one.
    pub next: Option<u64>,
}

/// A click in a list.
#[derive(Debug, Serialize)]
pub struct InteractionRecord {
    /// Grows with each.
    pub seq: u64,
    /// RFC 3339.
    pub at: String,
    /// The link.
    pub link_id: String,
    /// Where it leads.
    pub destination: String,
    /// Who clicked.
    pub user: Option<String>,
    /// Their primary address.
    pub address: Option<String>,
    /// With which device.
    pub device: Option<String>,
    /// Whom the message was sent to.
    pub recipient: String,
    /// The primary address of the person a link was for.
    pub recipient_address: Option<String>,
    /// `enrolled`, `asked` or `unidentified`.
    pub verdict: String,
}

/// `GET /api/v1/admin/interactions`.
#[derive(Debug, Serialize)]
pub struct InteractionList {
    /// The newest first.
    pub interactions: Vec<InteractionRecord>,
    /// The `before` of the next page, if there is one.
    pub next: Option<u64>,
    /// How many older ones are gone.
    pub dropped: u64,
}

/// `GET /api/v1/admin/mail`.
#[derive(Debug, Serialize)]
pub struct MailOverview {
    /// Whether mail as a whole works, as everybody is told.
    pub working: bool,
    /// The way out, without anything secret.
    pub way: String,
    /// Who mail is from; nobody if neither the account nor the deployment says so.
    pub sender: Option<Address>,
    /// What the receiving side said of this sender, if it has not taken a mail since.
    pub sender_refused: Option<SenderRefused>,
    /// Mails that are still on their way.
    pub queued: u64,
}

/// That a sender was refused.
#[derive(Debug, Serialize, Deserialize)]
pub struct SenderRefused {
    /// RFC 3339.
    pub at: String,
    /// Which one.
    pub sender: Address,
    /// The server's reply, without its words.
    pub reply: String,
}

/// A mail in a list.
#[derive(Debug, Serialize)]
pub struct MailRecord {
    /// Grows with each.
    pub seq: u64,
    /// Without angle brackets; the same at each attempt. `None` where whoever takes the mail makes its own.
    pub message_id: Option<String>,
    /// What it is about.
    pub kind: String,
    /// The id of the person or administrator.
    pub user: String,
    /// The address it goes to.
    pub to: String,
    /// How it stands.
    pub state: &'static str,
    /// RFC 3339.
    pub created_at: String,
    /// Attempts begun.
    pub tries: u32,
    /// RFC 3339; none before the first attempt.
    pub tried_at: Option<String>,
    /// RFC 3339; none when all is over.
    pub next_at: Option<String>,
    /// RFC 3339.
    pub give_up_at: String,
    /// Whether it may arrive twice.
    pub perhaps_twice: bool,
    /// What became of the last attempt that did not succeed.
    pub trouble: Option<Trouble>,
}

/// `GET /api/v1/admin/mail/messages`.
#[derive(Debug, Serialize)]
pub struct MailList {
    /// The newest first.
    pub messages: Vec<MailRecord>,
    /// The `before` of the next page, if there is one.
    pub next: Option<u64>,
}

/// `POST /api/v1/admin/mail/test`.
#[derive(Debug, Serialize)]
pub struct MailTested {
    /// The administrator's address.
    pub sent_to: String,
    /// `accepted`, `later`, `refused` or `unsure`.
    pub fate: &'static str,
    /// What went wrong, if anything did.
    pub trouble: Option<Trouble>,
    /// What both sides said. Neither passwords nor the message are in it.
    pub dialogue: Vec<Line>,
}

/// An audit event in a list.
#[derive(Debug, Serialize)]
pub struct EventRecord<J> {
    /// Grows with each.
    pub seq: u64,
    /// RFC 3339.
    pub at: String,
    /// `administrator`, `token`, `operator`, `person` or `system`.
    pub actor: String,
    /// Which administrator or token.
    pub actor_id: Option<String>,
    /// What they are called.
    pub actor_name: Option<String>,
    /// What was done, a stable name.
    pub action: String,
    /// To whom or what.
    pub subject: String,
    /// The primary address of the person it is about, as it is now.
    pub address: Option<String>,
    /// The network address the request came from.
    pub source: Option<String>,
    /// JSON of what was changed, as it was.
    pub before: Option<J>,
    /// And as it came to be.
    pub after: Option<J>,
    /// More, as text.
    pub detail: String,
}

/// `GET /api/v1/admin/audit`.
#[derive(Debug, Serialize)]
pub struct EventList<J> {
    /// The newest first.
    pub events: Vec<EventRecord<J>>,
    /// The `before` of the next page, if there is one.
    pub next: Option<u64>,
}

/// `POST /api/v1/admin/announcement/test`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailOneself {
    /// `en` or `de`.
    pub language: String,
}

/// `GET /api/v1/admin/announcement`.
#[derive(Debug, Serialize)]
pub struct AnnouncementRecord {
    /// `en` or `de`.
    pub language: &'static str,
    /// Of the mail.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// As a page of its own.
    pub html: String,
}

/// 202 of a test.
#[derive(Debug, Serialize)]
pub struct AnnouncementSent {
    /// The administrator's own address.
    pub sent_to: String,
}
