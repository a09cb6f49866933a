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
    /// An alias was typed: nobody enrolls by one.
    AliasUsed { primary_masked: String },
}

impl What {
    /// A stable name, for the audit.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Code { .. } => "code",
            Self::AliasUsed { .. } => "alias_used",
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

/// How a mail fared.
pub(crate) struct MailOutcome {
    pub(crate) recipient: String,
    pub(crate) kind: &'static str,
    /// Taken by the server, or why not.
    pub(crate) result: Result<(), String>,
}

/// Sends a mail, and tells how it fared.
pub(crate) async fn send(config: Rc<Config>, outgoing: Outgoing) -> MailOutcome {
    let (recipient, kind) = (outgoing.recipient.clone(), outgoing.what.kind());
    let dialogue = Box::pin(hand_over(&config, &outgoing));
    let result = match select(dialogue, Box::pin(Delay::from(DEADLINE))).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(format!("no end after {} s", DEADLINE.as_secs())),
    };
    MailOutcome { recipient, kind, result }
}

async fn hand_over(config: &Config, outgoing: &Outgoing) -> Result<(), String> {
    let message = message::write(outgoing).map_err(|error| format!("the message: {error}"))?;
    let (host, port) = &config.smtp;
    let client = outgoing.origin.split_once("://").map_or("", |(_, host)| host);
    let client = client.rsplit_once(':').map_or(client, |(host, _)| host);
    smtp::deliver(host, *port, client, &outgoing.sender, &outgoing.to, &message).await
}
