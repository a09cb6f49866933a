//! What was said on a connection, and the mails that came of it.

use std::time::Instant;

/// Who.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Client,
    Server,
}

/// A line, or a reply.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) by: By,
    /// In TLS.
    pub(crate) secured: bool,
    pub(crate) bytes: Vec<u8>,
}

impl Said {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// A connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    /// The message is one of the client's lines: all of it, as it came, with its dots.
    pub(crate) said: Vec<Said>,
}

impl Told {
    /// What the client said, without messages.
    pub(crate) fn commands(&self) -> Vec<String> {
        let mut in_message = false;
        let mut commands = vec![];
        for said in &self.said {
            match said.by {
                By::Client if !in_message => commands.push(said.text()),
                By::Client => in_message = false,
                By::Server => in_message = said.bytes.starts_with(b"354"),
            }
        }
        commands
    }

    /// How many commands begin so.
    pub(crate) fn count(&self, verb: &str) -> usize {
        let starts = |command: &String| {
            command.get(..verb.len()).is_some_and(|start| start.eq_ignore_ascii_case(verb))
        };
        self.commands().iter().filter(|command| starts(command)).count()
    }

    #[track_caller]
    pub(super) fn is_one_mail_at_most(&self) {
        for verb in ["MAIL ", "RCPT ", "DATA", "STARTTLS", "AUTH "] {
            assert!(self.count(verb) <= 1, "{verb}: {:?}", self.commands());
        }
        for command in self.commands() {
            assert!(command.ends_with("\r\n"), "{command:?}");
            assert!(!command.to_ascii_uppercase().starts_with("MAIL FROM:<>"), "{command:?}");
        }
        let plain = |said: &&Said| !said.secured && said.text().to_ascii_uppercase().starts_with("AUTH");
        assert!(!self.said.iter().any(|said| plain(&said)), "a password without TLS: {:?}", self.commands());
    }
}

/// A mail that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: String,
    /// Without the dots that keep its lines from ending it.
    pub(crate) message: Vec<u8>,
    pub(crate) secured: bool,
    /// When its last byte came.
    pub(crate) at: Instant,
}
