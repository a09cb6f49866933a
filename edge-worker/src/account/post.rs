//! Sends what waits in the outbox: whoever has queued something, and the alarm, take from it what is due, one after the other, until
//! nothing is left.

use std::cell::Cell;
use std::rc::Rc;

use device_token::Timestamp;
use enrollment_rules::address::Address;
use enrollment_rules::enrollment;
use enrollment_rules::keyed_hash::Digest;
use enrollment_rules::language::Language;
use enrollment_rules::mail::fate::{Cause, Fate, Step, Trouble};
use enrollment_rules::mail::outbox::{self as rules, About, CodeSent, SenderNews, Standing, State};
use enrollment_rules::mail::words::{self, Asked, Frame, Mail, Words};
use enrollment_rules::messages::MailTested;
use enrollment_rules::not_me::Disowned;
use worker::{Env, console_error};

use super::outbox::{self, RESTS_UNTIL, SENDER_REFUSED, STORED, Stored, WORKED};
use super::publication::now_milliseconds;
use super::store::{flag, seconds};
use super::{Work, enrolling};
use crate::config::Account;
use crate::entropy;
use crate::failure::Failure;
use crate::incoming::now;
use crate::mail::{self, Message, Report};

/// For how long one event works at it, in milliseconds: each has limits of its own. The alarm goes on.
const SHIFT: u64 = 10_000;

/// How long an attempt may take while somebody waits for how it goes; the account object is given 30 seconds for an answer.
const TEST_SECONDS: u64 = 20;

/// What it takes to send mail.
pub(super) struct Post {
    pub(super) work: Work,
    pub(super) env: Env,
    pub(super) account: Rc<Account>,
}

impl Post {
    /// Sends what is due, one after the other. Whoever finds enough others at it leaves it to them.
    pub(super) async fn send_what_is_due(&self) {
        let began = now_milliseconds();
        while now_milliseconds().saturating_sub(began) < SHIFT && !self.work.sending.is_full() {
            match self.send_next().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(failure) => {
                    failure.log();
                    console_error!("how a mail fared was not written down");
                    return;
                }
            }
        }
    }

    /// Sends one; tells whether there was one.
    async fn send_next(&self) -> Result<bool, Failure> {
        let Some(mail) = self.due(now())? else { return Ok(false) };
        let begun = mail.standing.clone().begun(now());
        self.note(&mail, &begun)?;
        if begun.state != State::Sending {
            return Ok(true);
        }
        let written = match self.written(&mail)? {
            Written::Not => {
                self.note(&mail, &begun.dropped())?;
                return Ok(true);
            }
            Written::NoSender => {
                self.ended(&mail, begun, Fate::Later(no_sender()), None)?;
                return Ok(true);
            }
            Written::Yes(written) => written,
        };
        let attempt = self.work.sending.begin(mail.seq, self.tells_of_whole(&mail));
        let Outgoing { sender, message } = &*written;
        let seconds = begun.attempt_seconds(now());
        let report = self.hand_over(sender, message.as_ref(), &attempt.step, seconds).await;
        self.work.sending.end(mail.seq);
        match report {
            Some(Report { fate, .. }) => self.ended(&mail, begun, fate, Some(sender))?,
            // Without a mail there was nothing to find out.
            None => self.note(&mail, &begun.dropped())?,
        }
        Ok(true)
    }

    /// Sends a mail that says that mail works, and tells what both sides said.
    pub(super) async fn test(&self, to: Address, language: Language) -> Result<String, Failure> {
        let sent_to = to.to_string();
        let mut report = None;
        if let Some(sender) = self.work.store.sender(&self.work.config)? {
            let message = Message {
                id: outbox::unique(&self.work.config, &self.account, &[&entropy::bytes::<16>()?]),
                to,
                from_name: self.account.name.clone(),
                at: now(),
                words: words::write(&Mail::Test, &self.frame(language)?),
                language,
            };
            report = self.hand_over(&sender, Some(&message), &Cell::new(Step::Begin), TEST_SECONDS).await;
            if let Some(Report { fate, .. }) = &report {
                self.note_whole(fate, now())?;
                self.note_sender(&sender, fate, true, now())?;
            }
        }
        let no_sender = || Report { fate: Fate::Later(no_sender()), dialogue: Vec::new() };
        let Report { fate, dialogue } = report.unwrap_or_else(no_sender);
        let tested = MailTested { sent_to, fate: fate.name(), trouble: fate.trouble().cloned(), dialogue };
        serde_json::to_string(&tested).map_err(|_| Failure::Internal("a reply could not be written"))
    }

    async fn hand_over(
        &self,
        sender: &Address,
        message: Option<&Message>,
        step: &Cell<Step>,
        seconds: u64,
    ) -> Option<Report> {
        mail::hand_over(&self.work.config, &self.env, &self.account, sender, message, step, seconds).await
    }

    /// What is due and nobody is at: first what somebody waits for.
    fn due(&self, now: Timestamp) -> Result<Option<Stored>, Failure> {
        let rests = self.work.store.version(RESTS_UNTIL)? > now.as_seconds();
        let query = format!(
            "{STORED} WHERE state = 'queued' AND next_at <= ? AND urgent >= ? ORDER BY urgent DESC, next_at, seq LIMIT 1"
        );
        self.work.store.row(&query, vec![seconds(now), flag(rests)], outbox::stored)
    }

    /// The mail as it goes out.
    fn written(&self, mail: &Stored) -> Result<Written, Failure> {
        if let Some(ticket) = mail.about.ticket()
            && !self.is_needed(ticket)?
        {
            return Ok(Written::Not);
        }
        if self.is_somebody_elses(mail)? {
            return Ok(Written::Not);
        }
        let Some(sender) = self.work.store.sender(&self.work.config)? else { return Ok(Written::NoSender) };
        let frame = self.frame(mail.language)?;
        let minutes = self.work.config.bounds.code_lifetime_seconds.div_ceil(60);
        let digits = |sent: &CodeSent| {
            enrollment::code(&self.work.config.hash_key, &sent.ticket, &sent.draw).digits().to_owned()
        };
        let said = match mail.about.clone() {
            About::Unreadable => return Ok(Written::Not),
            About::Nobody => return Ok(Written::Yes(Box::new(Outgoing { sender, message: None }))),
            About::Announcement { subject, text, html } => {
                Words { subject, text: text.replace('\n', "\r\n"), html }
            }
            About::Code(sent) => {
                words::write(&Mail::Code { digits: digits(&sent), minutes, asked: sent.asked }, &frame)
            }
            About::ChangeCode(sent) => {
                words::write(&Mail::ChangeCode { digits: digits(&sent), minutes, asked: sent.asked }, &frame)
            }
            About::AliasUsed { primary_masked, asked } => {
                words::write(&Mail::AliasUsed { primary_masked, asked }, &frame)
            }
            About::NewDevice { device, asked } => {
                let user = mail.person.parse().map_err(|_| Failure::Internal("a stored person"))?;
                let (key, account) = (&self.work.config.hash_key, self.account.audience.account.as_str());
                let not_me = Disowned { device, user }.link(&frame.origin, account, key, mail.language);
                let Asked { browser, place, at } = asked;
                words::write(&Mail::NewDevice { browser, at, place, not_me }, &frame)
            }
            About::Revoked => words::write(&Mail::Revoked { at: mail.created_at }, &frame),
            About::WrongCodes(asked) => words::write(&Mail::WrongCodes { asked }, &frame),
        };
        let to = mail.address.parse().map_err(|_| Failure::Internal("a stored address"))?;
        let message = Message {
            id: outbox::message_id(&self.work.config, &self.account, mail.seq, mail.created_at),
            to,
            from_name: self.account.name.clone(),
            at: mail.created_at,
            words: said,
            language: mail.language,
        };
        Ok(Written::Yes(Box::new(Outgoing { sender, message: Some(message) })))
    }

    fn frame(&self, language: Language) -> Result<Frame, Failure> {
        Ok(Frame {
            account: self.account.name.clone(),
            origin: self.account.audience.issuer.as_str().to_owned(),
            help: self.work.store.settings()?.help_address,
            language,
        })
    }

    /// Whether a code could still be used, by whoever has the address it goes to.
    fn is_needed(&self, ticket: &Digest) -> Result<bool, Failure> {
        let Some(stored) = self.work.store.enrollment(ticket)? else { return Ok(false) };
        Ok(enrollment::is_open(&stored.enrollment) && enrolling::are_theirs(&self.work.store, &stored)?)
    }

    /// Whether the address has become another person's since: what is about one of them is nothing for the other.
    fn is_somebody_elses(&self, mail: &Stored) -> Result<bool, Failure> {
        if !mail.about.is_for_people() {
            return Ok(false);
        }
        let owner = enrolling::owner(&self.work.store, &mail.address)?;
        Ok(owner.is_some_and(|owner| owner.to_string() != mail.person))
    }

    fn tells_of_whole(&self, mail: &Stored) -> bool {
        mail.about.tells_of_whole(&self.work.config.mail_out)
    }

    /// Writes down how an attempt ended, and what it says of mail as a whole.
    fn ended(
        &self,
        mail: &Stored,
        begun: Standing,
        fate: Fate,
        sender: Option<&Address>,
    ) -> Result<(), Failure> {
        let now = now();
        if self.tells_of_whole(mail) {
            self.note_whole(&fate, now)?;
        }
        if let Some(sender) = sender {
            self.note_sender(sender, &fate, mail.about.is_mail(), now)?;
        }
        self.note(mail, &begun.ended(&mail.about, fate, &self.work.config.bounds, now))
    }

    fn note(&self, mail: &Stored, standing: &Standing) -> Result<(), Failure> {
        outbox::keep(&self.work.store, mail.seq, standing, now())?;
        outbox::close(&self.work.store, mail, standing, now())
    }

    /// Remembers what an attempt says of mail as a whole.
    fn note_whole(&self, fate: &Fate, now: Timestamp) -> Result<(), Failure> {
        let (works, bounds) = (fate.whole_works(), &self.work.config.bounds);
        let rests_until = if works { 0 } else { rules::rests_until(bounds, now).as_seconds() };
        self.work.store.set_meta(WORKED, if works { "yes" } else { "no" })?;
        self.work.store.set_meta(RESTS_UNTIL, &rests_until.to_string())
    }

    /// Remembers that the sender was refused, until somebody takes mail from it.
    fn note_sender(
        &self,
        sender: &Address,
        fate: &Fate,
        with_mail: bool,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let store = &self.work.store;
        match rules::sender_news(store.sender_refused()?.as_ref(), sender, fate, with_mail, now) {
            SenderNews::Refused { refused, is_new } => {
                if is_new {
                    let detail = format!("{sender}: {}", refused.reply);
                    store.audit("system", "mail.sender_refused", "", &detail, now)?;
                }
                let text = serde_json::to_string(&refused).map_err(|_| Failure::Internal("a refusal"))?;
                store.set_meta(SENDER_REFUSED, &text)
            }
            SenderNews::Taken => store.set_meta(SENDER_REFUSED, ""),
            SenderNews::None => Ok(()),
        }
    }
}

fn no_sender() -> Trouble {
    Trouble { step: Step::Begin, cause: Cause::NoSender, reply: None }
}

/// What there is to hand over.
enum Written {
    Yes(Box<Outgoing>),
    /// There is nobody it could be from.
    NoSender,
    /// The code was used, or ended, or the address is not the person's any more; or nobody here can read what it is.
    Not,
}

struct Outgoing {
    sender: Address,
    /// None where nobody has the address.
    message: Option<Message>,
}
