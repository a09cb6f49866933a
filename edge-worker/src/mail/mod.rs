//! Mail: what it says, and the dialogue that hands it over.
//!
//! One way out so far: SMTP without TLS, to a mail server on this machine (loopback) only. Whether a mail was taken is
//! written into the audit; it is not tried again.

mod message;
mod smtp;

use std::rc::Rc;
use std::time::Duration;

use device_token::Timestamp;
use enrollment_rules::address::Address;
use futures_util::future::{Either, select};
use worker::Delay;

use crate::config::Config;

/// The whole dialogue takes no longer than this.
const DEADLINE: Duration = Duration::from_secs(30);

/// What a mail is about.
#[derive(Debug)]
pub(crate) enum What {
    /// The code.
    Code { digits: String, minutes: u64 },
    /// The code with which somebody may change their devices.
    ChangeCode { digits: String, minutes: u64 },
    /// An alias was typed: nobody enrolls by one.
    AliasUsed { primary_masked: String },
    /// An administrator revoked the person's devices.
    Revoked { at: Timestamp },
    /// What people will be told, for the administrator who will tell them.
    Announcement { subject: String, text: String, html: String },
}

impl What {
    /// A stable name, for the audit.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Code { .. } => "code",
            Self::ChangeCode { .. } => "change_code",
            Self::AliasUsed { .. } => "alias_used",
            Self::Revoked { .. } => "revoked",
            Self::Announcement { .. } => "announcement",
        }
    }
}

/// A mail to be sent.
pub(crate) struct Outgoing {
    /// Envelope and header sender. An address, so never the null sender.
    pub(crate) sender: Address,
    pub(crate) to: Address,
    /// The person's id, for the audit.
    pub(crate) recipient: String,
    pub(crate) what: What,
    pub(crate) account_name: String,
    pub(crate) origin: String,
    pub(crate) at: Timestamp,
    pub(crate) message_id: [u8; 16],
}

/// The code does not print.
impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outgoing({} to {:?})", self.what.kind(), self.to)
    }
}

/// Where a dialogue ended, and how.
pub(crate) struct Trouble {
    /// The step, by its SMTP verb.
    step: &'static str,
    /// Codes, and words of ours: a server's own words may quote the recipient, and this goes into the audit.
    what: String,
    /// The server as a whole does not work, whoever the mail is for.
    of_server: bool,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.step, self.what)
    }
}

/// How a mail, or the attempt to hand over none, fared.
pub(crate) struct MailOutcome {
    /// The person's id and what the mail was about; none if there was no mail.
    pub(crate) mail: Option<(String, &'static str)>,
    /// Taken by the server, or why not.
    pub(crate) result: Result<(), Trouble>,
}

impl MailOutcome {
    /// Whether the server takes mail at all.
    pub(crate) fn server_works(&self) -> bool {
        self.result.as_ref().err().is_none_or(|trouble| !trouble.of_server)
    }
}

/// Sends a mail, and tells how it fared.
pub(crate) async fn send(config: Rc<Config>, outgoing: Outgoing) -> MailOutcome {
    // The answer leaves first: nothing of this may be felt by whoever asked.
    Delay::from(Duration::ZERO).await;
    let mail = Some((outgoing.recipient.clone(), outgoing.what.kind()));
    let message = match message::write(&outgoing) {
        Ok(message) => message,
        Err(error) => {
            let trouble = Trouble { step: "MIME", what: error.to_string(), of_server: false };
            return MailOutcome { mail, result: Err(trouble) };
        }
    };
    let result = dialogue(&config, &outgoing.origin, &outgoing.sender, Some((&outgoing.to, &message))).await;
    MailOutcome { mail, result }
}

/// Goes the same way without a mail, as far as the sender's acceptance: what is found out does not depend on whether
/// somebody has the address that was typed.
pub(crate) async fn attempt(config: Rc<Config>, sender: Address, origin: String) -> MailOutcome {
    Delay::from(Duration::ZERO).await;
    MailOutcome { mail: None, result: dialogue(&config, &origin, &sender, None).await }
}

async fn dialogue(
    config: &Config,
    origin: &str,
    sender: &Address,
    mail: Option<(&Address, &[u8])>,
) -> Result<(), Trouble> {
    let (host, port) = &config.smtp;
    let client = origin.split_once("://").map_or("", |(_, host)| host);
    let client = client.rsplit_once(':').map_or(client, |(host, _)| host);
    let dialogue = Box::pin(smtp::dialogue(host, *port, client, sender, mail));
    match select(dialogue, Box::pin(Delay::from(DEADLINE))).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => {
            let what = format!("no end after {} s", DEADLINE.as_secs());
            Err(Trouble { step: "dialogue", what, of_server: true })
        }
    }
}
