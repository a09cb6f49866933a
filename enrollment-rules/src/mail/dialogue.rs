//! An SMTP client (RFC 5321) without a line: what the server says goes in, in pieces of any size, and what is to be done
//! comes out. Whoever has the line does it, in that order, and tells what went wrong with it.
//!
//! One mail for one recipient, from a sender that is never null, in the form of RFC 6409. Written by hand, since the SMTP
//! clients there are come with sockets of an operating system; replies are read by smtp-proto.
//!
//! - Nothing is said without TLS but on this machine, and `AUTH` not even there. What was said before TLS is forgotten, and
//!   a server that says more than was asked before TLS is not believed (RFC 3207 section 4.2, CVE-2011-0411).
//! - Until the dot that ends the message has been handed over nothing was sent, and it may be tried again. From then on, and
//!   until the reply, nobody knows.
//!
//! One file, though a long one: it is one machine of states, and what it is built of has files of its own.

mod message;
mod reply;
#[cfg(test)]
mod tests;
mod transcript;
mod verdict;

use std::collections::VecDeque;

use url::Host;

use self::message::Body;
use self::reply::{NoReply, Replies, Reply};
use self::transcript::{MASK, Transcript};
use super::credentials::Credentials;
use super::fate::{Cause, Fate, Line, Speaker, Step, Trouble};
use super::way::Security;
use crate::address::Address;

/// What is declared where there is no mail, in bytes: about what one has, so that a server that looks at sizes says the same.
const USUAL_SIZE: usize = 6_000;

/// The longest line of a command, with its end (RFC 4954 section 4 keeps to it for `AUTH`).
const MAX_COMMAND: usize = 512;

/// What is to be said, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct Errand<'a> {
    /// How the line is protected.
    pub security: Security,
    /// Who signs in; nobody, if the server takes mail from anybody who can reach it.
    pub credentials: Option<&'a Credentials>,
    /// The host that says it.
    pub client: &'a str,
    /// Who the mail is from.
    pub sender: &'a Address,
    /// Who it is for, and what it is. Without one it goes as far as the acceptance of the sender.
    pub mail: Option<(&'a Address, &'a [u8])>,
    /// How long the server may take for a step.
    pub step_seconds: u64,
}

impl Errand<'_> {
    /// How long all of it may take: a server that needs nearly all its time for each step is not one that works.
    #[must_use]
    pub const fn whole_seconds(&self) -> u64 {
        self.step_seconds.saturating_mul(6)
    }
}

/// What is to be done with the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Open it, without TLS: so a server that is not there is told from one whose certificate is wrong.
    Connect {
        /// At most this long.
        seconds: u64,
    },
    /// Put TLS on it, for the server's name.
    StartTls {
        /// At most this long.
        seconds: u64,
    },
    /// Write all of this.
    Write {
        /// What.
        bytes: Vec<u8>,
        /// At most this long.
        seconds: u64,
    },
    /// Read, piece by piece, until [`Dialogue::heard`] has enough.
    Read {
        /// At most this long for all the pieces.
        seconds: u64,
    },
    /// Close it, and see [`Dialogue::end`].
    End,
}

/// What went wrong with the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nobody answers there.
    Unreachable,
    /// TLS did not come about.
    Tls,
    /// The other side closed it.
    HungUp,
    /// It took too long.
    TimedOut,
}

/// Something to be said.
struct Words {
    step: Step,
    bytes: Vec<u8>,
    /// As it may be read.
    shown: (Speaker, String),
    /// Whether the server has the whole mail from then on.
    ends_message: bool,
}

/// How to sign in (RFC 4954).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mechanism {
    Login,
    Plain,
}

/// What is to be done with the line itself.
enum ToLine {
    Connect,
    StartTls,
}

/// What the server can do, as it said last.
#[derive(Default)]
struct Capabilities {
    start_tls: bool,
    eight_bit: bool,
    /// The best of those that are known here.
    mechanism: Option<Mechanism>,
    /// The largest message, if it said that it knows sizes; 0 says that there is no limit.
    size: Option<usize>,
}

/// The dialogue.
pub struct Dialogue {
    security: Security,
    secured: bool,
    credentials: Option<Credentials>,
    client: String,
    sender: String,
    mail: Option<(String, Body)>,
    step_seconds: u64,

    step: Step,
    replies: Replies,
    capabilities: Capabilities,
    /// What is answered to the next questions of `AUTH`.
    answers: VecDeque<String>,
    to_line: Option<ToLine>,
    to_say: VecDeque<Words>,
    message_ended: bool,
    fate: Option<Fate>,
    transcript: Transcript,
}

impl Dialogue {
    /// Begins with [`Act::Connect`].
    #[must_use]
    pub fn new(errand: &Errand<'_>) -> Self {
        let mut fate = None;
        let mail = errand.mail.and_then(|(recipient, message)| {
            let body = message::body(message);
            if body.is_none() {
                fate = Some(unfit());
            }
            Some((recipient.to_string(), body?))
        });
        Self {
            security: errand.security,
            secured: false,
            credentials: errand.credentials.cloned(),
            client: client_name(errand.client),
            sender: errand.sender.to_string(),
            mail,
            step_seconds: errand.step_seconds,
            step: Step::Connect,
            replies: Replies::default(),
            capabilities: Capabilities::default(),
            answers: VecDeque::new(),
            to_line: Some(ToLine::Connect),
            to_say: VecDeque::new(),
            message_ended: false,
            fate,
            transcript: Transcript::new(
                errand.credentials.map_or_else(Vec::new, |credentials| credentials.secrets().into()),
            ),
        }
    }

    /// What is to be done next.
    pub fn act(&mut self) -> Act {
        loop {
            let seconds = self.step_seconds;
            if self.fate.is_none() {
                match self.to_line.take() {
                    Some(ToLine::Connect) => return Act::Connect { seconds },
                    Some(ToLine::StartTls) => {
                        self.transcript.add(Speaker::Note, "TLS begins");
                        return Act::StartTls { seconds };
                    }
                    None => {}
                }
            }
            if let Some(words) = self.to_say.pop_front() {
                self.transcript.add(words.shown.0, &words.shown.1);
                self.step = words.step;
                self.message_ended |= words.ends_message;
                return Act::Write { bytes: words.bytes, seconds };
            }
            if self.fate.is_some() {
                return Act::End;
            }
            if self.step == Step::Connect && self.security == Security::Implicit {
                self.put_tls_on();
                continue;
            }
            if matches!(self.step, Step::Connect | Step::Tls) {
                self.step = Step::Greeting;
            }
            if !self.proceed() {
                return Act::Read { seconds: self.reading_seconds() };
            }
        }
    }

    /// The server has said this. Whether that is enough, and there is something else to be done.
    pub fn heard(&mut self, bytes: &[u8]) -> bool {
        self.replies.hear(bytes);
        self.proceed()
    }

    /// How far it has come.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// It could not be done. `detail`: what whoever has the line says about it.
    pub fn failed(&mut self, failure: Failure, detail: &str) {
        let cause = match failure {
            Failure::Unreachable => Cause::Unreachable,
            Failure::Tls => {
                self.step = Step::Tls;
                Cause::Tls
            }
            Failure::HungUp => Cause::HungUp,
            Failure::TimedOut => Cause::TimedOut,
        };
        self.end_by(cause, detail);
    }

    /// How it ended, and what was said, without secrets and without the message.
    #[must_use]
    pub fn end(self) -> (Fate, Vec<Line>) {
        let fate = self.fate.unwrap_or_else(|| without_reply(self.step, Cause::HungUp, self.message_ended));
        (fate, self.transcript.into_lines())
    }

    /// RFC 5321 section 4.5.3.2 gives a server minutes, and twice as many for the end of a message, where it looks at all of
    /// it. Somebody waits for this mail in front of a page: the times are shorter, the proportion is kept, and giving up where
    /// the mail may have been taken is what makes two of it.
    const fn reading_seconds(&self) -> u64 {
        if self.message_ended { self.step_seconds.saturating_mul(2) } else { self.step_seconds }
    }

    /// Reads what was heard. Whether it was a whole reply, or will never be one.
    fn proceed(&mut self) -> bool {
        match self.replies.next() {
            Ok(None) => return false,
            Ok(Some(reply)) => self.answer(&reply),
            Err(NoReply::NotSmtp) => self.end_by(Cause::NotSmtp, "this is not SMTP"),
            Err(NoReply::TooLong) => self.end_by(Cause::TooLong, "a reply without end"),
        }
        true
    }

    fn answer(&mut self, reply: &Reply) {
        self.transcript.reply(reply);
        match (self.step, reply.class()) {
            (Step::Greeting, 2) => self.say_hello(),
            (Step::Ehlo, 2) => self.capable(reply),
            (Step::StartTls, 2) => self.start_tls(),
            (Step::Auth, 2) => self.say_sender(),
            (Step::Auth, 3) => match self.answers.pop_front() {
                Some(answer) => self.say_masked(answer, MASK),
                None => self.refused(reply),
            },
            (Step::Mail, 2) => match &self.mail {
                Some((recipient, _)) => {
                    let command = format!("RCPT TO:<{recipient}>");
                    self.say(Step::Rcpt, command);
                }
                None => self.conclude(Fate::Accepted),
            },
            (Step::Rcpt, 2) => self.say(Step::Data, "DATA".to_owned()),
            (Step::Data, 3) => self.say_message(),
            (Step::Message, 2) => self.conclude(Fate::Accepted),
            _ => self.refused(reply),
        }
    }

    fn say_hello(&mut self) {
        let command = format!("EHLO {}", self.client);
        self.say(Step::Ehlo, command);
    }

    fn capable(&mut self, reply: &Reply) {
        self.capabilities = Capabilities::of(reply);
        if self.secured || self.security == Security::Loopback {
            return self.sign_in();
        }
        if self.capabilities.start_tls {
            self.say(Step::StartTls, "STARTTLS".to_owned());
        } else {
            self.step = Step::StartTls;
            self.end_by(Cause::NoStartTls, "the server does not offer STARTTLS: nothing is said without it");
        }
    }

    fn start_tls(&mut self) {
        if self.replies.more() {
            return self.end_by(Cause::NotSmtp, "the server said more than was asked before TLS");
        }
        self.capabilities = Capabilities::default();
        self.put_tls_on();
        self.say_hello();
    }

    const fn put_tls_on(&mut self) {
        self.step = Step::Tls;
        self.secured = true;
        self.to_line = Some(ToLine::StartTls);
    }

    fn sign_in(&mut self) {
        let Some(credentials) = self.credentials.clone() else { return self.say_sender() };
        self.step = Step::Auth;
        if !self.secured {
            return self.end_by(Cause::NoAuth, "no user name and no password are said without TLS");
        }
        match self.capabilities.mechanism {
            Some(Mechanism::Plain) => {
                let answer = credentials.plain();
                let command = format!("AUTH PLAIN {answer}");
                if command.len().saturating_add(2) <= MAX_COMMAND {
                    self.say_masked(command, &format!("AUTH PLAIN {MASK}"));
                } else {
                    self.answers = [answer].into();
                    self.say(Step::Auth, "AUTH PLAIN".to_owned());
                }
            }
            Some(Mechanism::Login) => {
                self.answers = credentials.login().into();
                self.say(Step::Auth, "AUTH LOGIN".to_owned());
            }
            None => self.end_by(Cause::NoAuth, "the server offers neither AUTH PLAIN nor AUTH LOGIN"),
        }
    }

    fn say_sender(&mut self) {
        let mut command = format!("MAIL FROM:<{}>", self.sender);
        let limit = self.capabilities.size;
        if limit.is_some() {
            let size = self.mail.as_ref().map_or(USUAL_SIZE, |(_, body)| body.size);
            command.push_str(" SIZE=");
            command.push_str(&size.to_string());
        }
        if let Some((_, body)) = &self.mail {
            let too_big = limit.is_some_and(|limit| limit > 0 && body.size > limit);
            if too_big || (body.eight_bit && !self.capabilities.eight_bit) {
                self.transcript.add(Speaker::Note, "the server does not take messages like this one");
                return self.conclude(unfit());
            }
            if body.eight_bit {
                command.push_str(" BODY=8BITMIME");
            }
        }
        self.say(Step::Mail, command);
    }

    fn say_message(&mut self) {
        let Some((_, body)) = self.mail.take() else { return };
        let note = format!("the message, {} bytes", body.size);
        let step = Step::Message;
        let shown = (Speaker::Note, note);
        self.to_say.push_back(Words { step, bytes: body.bytes, shown, ends_message: false });
        // By itself: as long as it was not written nobody has the mail, however much of it they have.
        let shown = (Speaker::Us, ".".to_owned());
        self.to_say.push_back(Words { step, bytes: b".\r\n".to_vec(), shown, ends_message: true });
    }

    fn say(&mut self, step: Step, command: String) {
        let bytes = format!("{command}\r\n").into_bytes();
        self.to_say.push_back(Words { step, bytes, shown: (Speaker::Us, command), ends_message: false });
    }

    fn say_masked(&mut self, line: String, shown: &str) {
        let mut bytes = line.into_bytes();
        bytes.extend(b"\r\n");
        let shown = (Speaker::Us, shown.to_owned());
        self.to_say.push_back(Words { step: Step::Auth, bytes, shown, ends_message: false });
    }

    fn refused(&mut self, reply: &Reply) {
        let signed_in = self.credentials.is_some();
        self.conclude(verdict::fate(self.step, reply, signed_in));
    }

    /// By a reply, or for want of anything to say: the server is told.
    fn conclude(&mut self, fate: Fate) {
        // Nobody waits for its reply, and whatever there was is the server's by now.
        let step = self.step;
        self.say(step, "QUIT".to_owned());
        self.fate = Some(fate);
    }

    /// Without a reply. The first end counts: what becomes of the farewell changes nothing.
    fn end_by(&mut self, cause: Cause, detail: &str) {
        self.to_say.clear();
        self.transcript.add(Speaker::Note, detail);
        let (step, message_ended) = (self.step, self.message_ended);
        self.fate.get_or_insert_with(|| without_reply(step, cause, message_ended));
    }
}

/// No code and no password prints.
impl std::fmt::Debug for Dialogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dialogue(at {:?})", self.step)
    }
}

impl Capabilities {
    /// By hand: smtp-proto refuses a list in which any number or mechanism is not as it expects, and a server that is odd in
    /// what nobody asked for can still take mail.
    fn of(reply: &Reply) -> Self {
        let mut capabilities = Self::default();
        for text in reply.texts().skip(1) {
            let mut words = text.split_ascii_whitespace();
            let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
            match keyword.as_str() {
                "STARTTLS" => capabilities.start_tls = true,
                "8BITMIME" => capabilities.eight_bit = true,
                "SIZE" => {
                    capabilities.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0));
                }
                "AUTH" => {
                    let known = words.filter_map(|word| match word.to_ascii_uppercase().as_str() {
                        "PLAIN" => Some(Mechanism::Plain),
                        "LOGIN" => Some(Mechanism::Login),
                        _ => None,
                    });
                    capabilities.mechanism = known.chain(capabilities.mechanism).max();
                }
                _ => {}
            }
        }
        capabilities
    }
}

fn without_reply(step: Step, cause: Cause, message_ended: bool) -> Fate {
    let trouble = Trouble { step, cause, reply: None };
    if message_ended { Fate::Unsure(trouble) } else { Fate::Later(trouble) }
}

/// This message no server has to take.
fn unfit() -> Fate {
    Fate::Refused(Trouble { step: Step::Message, cause: Cause::MessageRefused, reply: None })
}

/// As `EHLO` takes it: a name, or an address in brackets (RFC 5321 section 4.1.3).
fn client_name(host: &str) -> String {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name,
        Ok(Host::Ipv4(address)) => format!("[{address}]"),
        Ok(Host::Ipv6(address)) => format!("[IPv6:{address}]"),
        Err(_) => "localhost".to_owned(),
    }
}
