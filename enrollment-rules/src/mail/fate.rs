//! How the attempt to hand over a mail ended, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where on the way it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Before anything was said: no sender, no way out.
    Begin,
    /// Reaching the server.
    Connect,
    /// TLS, from the first byte or after `STARTTLS`.
    Tls,
    /// The server's first reply.
    Greeting,
    /// `EHLO`.
    Ehlo,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH`.
    Auth,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Rcpt,
    /// `DATA`.
    Data,
    /// The message, and the reply to its end.
    Message,
    /// The platform's own way, which has no steps.
    Binding,
}

impl Step {
    /// Whether it is about mail as a whole, and not about one recipient.
    #[must_use]
    pub const fn is_of_whole(self) -> bool {
        !matches!(self, Self::Rcpt | Self::Data | Self::Message)
    }

    /// The stable name, in the API and the audit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Greeting => "greeting",
            Self::Ehlo => "ehlo",
            Self::StartTls => "start_tls",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Message => "message",
            Self::Binding => "binding",
        }
    }
}

/// What was wrong. Each has words of its own in the console, which say what to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Neither the account nor the deployment names a sender.
    NoSender,
    /// Nobody answers at that host and port.
    Unreachable,
    /// The certificate is not for that name, out of date, or of an authority nobody knows; or TLS does not come about at all.
    Tls,
    /// The server does not offer `STARTTLS`, and nothing is said without it.
    NoStartTls,
    /// The server offers no way to sign in that is known here.
    NoAuth,
    /// The server wants a user name and a password, and none are configured.
    AuthRequired,
    /// The server does not accept the user name and password.
    AuthRefused,
    /// The server does not take mail from this sender.
    SenderRefused,
    /// The server does not take mail for this recipient.
    RecipientRefused,
    /// The server does not take this message.
    MessageRefused,
    /// The server asks to come back later.
    Postponed,
    /// The server takes no mail at all, and says so for good.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The server hung up.
    HungUp,
    /// What the server says is not SMTP.
    NotSmtp,
    /// A reply without end.
    TooLong,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::NoSender,
        Self::Unreachable,
        Self::Tls,
        Self::NoStartTls,
        Self::NoAuth,
        Self::AuthRequired,
        Self::AuthRefused,
        Self::SenderRefused,
        Self::RecipientRefused,
        Self::MessageRefused,
        Self::Postponed,
        Self::Refused,
        Self::TimedOut,
        Self::HungUp,
        Self::NotSmtp,
        Self::TooLong,
    ];

    /// Whether it is about one mail or its recipient. Everything else is wrong for all mail until somebody has mended it.
    #[must_use]
    pub const fn is_of_one_mail(self) -> bool {
        matches!(self, Self::RecipientRefused | Self::MessageRefused)
    }

    /// The stable name, in the API and the audit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSender => "no_sender",
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::NoStartTls => "no_start_tls",
            Self::NoAuth => "no_auth",
            Self::AuthRequired => "auth_required",
            Self::AuthRefused => "auth_refused",
            Self::SenderRefused => "sender_refused",
            Self::RecipientRefused => "recipient_refused",
            Self::MessageRefused => "message_refused",
            Self::Postponed => "postponed",
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::HungUp => "hung_up",
            Self::NotSmtp => "not_smtp",
            Self::TooLong => "too_long",
        }
    }
}

/// What is known of an attempt that did not succeed. No words of the server's: they may quote the recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Where.
    pub step: Step,
    /// What.
    pub cause: Cause,
    /// The server's reply, if it was one: `550 5.7.60`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
}

/// For the audit: `rcpt: recipient_refused, 550 5.1.1`.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step.name(), self.cause.name())?;
        match &self.reply {
            Some(reply) => write!(f, ", {reply}"),
            None => Ok(()),
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The server has taken the mail, or would have taken one.
    Accepted,
    /// Not now; another attempt may succeed.
    Later(Trouble),
    /// Not, and another attempt would not either.
    Refused(Trouble),
    /// The whole message was sent and its reply never came: the server may have taken it.
    Unsure(Trouble),
}

impl Fate {
    /// The stable name, in the API.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Later(_) => "later",
            Self::Refused(_) => "refused",
            Self::Unsure(_) => "unsure",
        }
    }

    /// What went wrong.
    #[must_use]
    pub const fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Accepted => None,
            Self::Later(trouble) | Self::Refused(trouble) | Self::Unsure(trouble) => Some(trouble),
        }
    }

    /// Whether mail as a whole works. What happened from the recipient's name on tells of one mail only: shown to everybody, it would tell
    /// whether somebody has the address that was typed.
    #[must_use]
    pub fn whole_works(&self) -> bool {
        self.trouble().is_none_or(|trouble| !trouble.step.is_of_whole())
    }
}

/// Who says a line of a dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// This side.
    Us,
    /// The server.
    Server,
    /// Nobody: what happened.
    Note,
}

/// A line of a dialogue, as an administrator may read it: no password, no code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Who.
    pub by: Speaker,
    /// What, without its end.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_has_words_for_each_cause_in_each_language() {
        for page in
            [include_str!("../../../www/admin/mail.html"), include_str!("../../../www/admin/mail.de.html")]
        {
            let advice =
                page.split("id=\"advice-template\"").nth(1).unwrap().split("</template>").next().unwrap();
            let has = |name: &str| advice.contains(&format!("data-when=\"{name}\""));
            for cause in Cause::ALL {
                assert!(has(cause.name()), "{cause:?}");
                // Its name is what is stored and sent.
                assert_eq!(serde_json::to_value(cause).unwrap(), cause.name());
            }
            assert_eq!(advice.matches("data-when").count(), Cause::ALL.len());
        }
    }
}
