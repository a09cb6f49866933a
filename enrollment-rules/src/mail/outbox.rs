//! Mails on their way: what is kept of each, when it is tried again, and when it is given up.

use device_token::{DeviceId, Timestamp};
use serde::{Deserialize, Serialize};

use super::fate::{Cause, Fate, Step, Trouble};
use super::way::Way;
use super::words::Asked;
use crate::address::Address;
use crate::bounds::Bounds;
use crate::keyed_hash::Digest;
use crate::messages::SenderRefused;
use crate::time_text::{DAY_SECONDS, rfc3339};

/// How long it is kept how a mail fared.
pub const KEPT_SECONDS: u64 = 7 * DAY_SECONDS;

/// So many dialogues at once. An object has six connections, and KV needs some of them.
pub const AT_ONCE: usize = 3;

/// How long what is no code waits, once mail as a whole did not work: as many times the first pause.
const REST: u64 = 12;

/// After how long it is looked whether an attempt is still under way.
pub const LOOK_AFTER_SECONDS: u64 = 30;

/// How long an attempt may take in all.
const ATTEMPT_SECONDS: u64 = 120;

/// An attempt that has been under way for so many milliseconds has ended, and nobody was told.
pub const SILENCE_MILLISECONDS: u64 = (ATTEMPT_SECONDS + LOOK_AFTER_SECONDS) * 1_000;

/// The longest pause between two attempts, in seconds, for what nobody waits for.
const LONGEST_PAUSE_SECONDS: u64 = 3_600;

/// The longest pause for what somebody waits for, as a part of the time it is tried: so the last attempt comes near its end.
const LONGEST_PAUSE_PART: u64 = 10;

/// An attempt at mail as a whole that takes longer than this, in milliseconds, shows as one that does not work.
const PATIENCE_MILLISECONDS: u64 = 2_000;

/// What a mail is about, with what it is written from at each attempt. Kept in the database by its number: a new one comes last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum About {
    /// Nothing, to nobody: an address that nobody has was typed. It goes the same way up to the acceptance of the sender, as often
    /// as a mail would, so that neither the work nor what it finds out tells whether somebody has the address.
    Nobody,
    /// The code of an enrollment.
    Code(CodeSent),
    /// The code with which somebody may change their devices.
    ChangeCode(CodeSent),
    /// An alias was typed: nobody enrolls by one.
    AliasUsed {
        /// Enough of the primary address for its owner.
        primary_masked: String,
        /// Who typed it.
        asked: Asked,
    },
    /// A browser was enrolled.
    NewDevice {
        /// Which.
        device: DeviceId,
        /// By whom.
        asked: Asked,
    },
    /// An administrator revoked the person's devices.
    Revoked,
    /// All tries of an enrollment were spent.
    WrongCodes(Asked),
    /// What people will be told, for the administrator who will tell them.
    Announcement {
        /// In the chosen language.
        subject: String,
        /// Plain.
        text: String,
        /// The same as a page.
        html: String,
    },
    /// Something that another release queued, and this one cannot read: it is not sent.
    Unreadable,
}

/// A code, as it is kept while it is on its way: not the digits, which come of this and the deployment's secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSent {
    /// What it is good with.
    pub ticket: Digest,
    /// See [`crate::enrollment::code`].
    pub draw: [u8; 16],
    /// Who asked for it.
    pub asked: Asked,
}

impl About {
    /// A stable name, in the API, the audit and storage.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Code(_) => "code",
            Self::ChangeCode(_) => "change_code",
            Self::AliasUsed { .. } => "alias_used",
            Self::NewDevice { .. } => "new_device",
            Self::Revoked => REVOKED,
            Self::WrongCodes(_) => WRONG_CODES,
            Self::Announcement { .. } => "announcement",
            Self::Unreadable => "unreadable",
        }
    }

    /// Whether somebody waits for it.
    #[must_use]
    pub const fn is_urgent(&self) -> bool {
        matches!(self, Self::Nobody | Self::Code(_) | Self::ChangeCode(_) | Self::AliasUsed { .. })
    }

    /// Whether anybody on the internet can cause it.
    const fn is_by_strangers(&self) -> bool {
        !matches!(self, Self::Revoked | Self::Announcement { .. })
    }

    /// Whether what becomes of it may tell everybody how mail as a whole fares. Where nothing can be found out without a mail, what a
    /// stranger's request finds out would tell that somebody has the address.
    #[must_use]
    pub const fn tells_of_whole(&self, way: &Way) -> bool {
        !self.is_by_strangers() || way.can_be_tried_without_a_mail()
    }

    /// Whether it is for a person, and shown to administrators.
    #[must_use]
    pub const fn is_mail(&self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// Whether it is for somebody who enrolls, and not for an administrator.
    #[must_use]
    pub const fn is_for_people(&self) -> bool {
        !matches!(self, Self::Nobody | Self::Announcement { .. } | Self::Unreadable)
    }

    /// How long it is tried, in seconds: a code as long as it lives, what is worth knowing later too for a day.
    #[must_use]
    pub const fn lifetime_seconds(&self, bounds: &Bounds) -> u64 {
        if self.is_urgent() { bounds.code_lifetime_seconds } else { DAY_SECONDS }
    }

    /// What it is kept under, if it is worth nothing without an enrollment that is open.
    #[must_use]
    pub const fn ticket(&self) -> Option<&Digest> {
        match self {
            Self::Code(sent) | Self::ChangeCode(sent) => Some(&sent.ticket),
            _ => None,
        }
    }
}

/// The kind of [`About::Revoked`], of which a great many are queued at once.
pub const REVOKED: &str = "revoked";

/// The kind of [`About::WrongCodes`], of which there is one a day.
pub const WRONG_CODES: &str = "wrong_codes";

/// How a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It waits for its turn, or for another attempt.
    Queued,
    /// It is being handed over.
    Sending,
    /// The server has taken it.
    Sent,
    /// The server has refused it for good.
    Refused,
    /// It was given up: its time was over.
    Expired,
    /// It was not needed any more: the code had been used, or the address was somebody else's.
    Dropped,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Sending, Self::Sent, Self::Refused, Self::Expired, Self::Dropped];

    /// The stable name in the API and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Dropped => "dropped",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// How a mail stands, with all that decides what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How it stands.
    pub state: State,
    /// Attempts begun.
    pub tries: u32,
    /// The next one, or when somebody looks whether the present one is still under way; none when all is over.
    pub next_at: Option<Timestamp>,
    /// No attempt begins from then on.
    pub give_up_at: Timestamp,
    /// Whether an attempt ended without a word after the whole mail had been sent: then it may arrive twice, under one Message-ID.
    pub perhaps_twice: bool,
    /// What became of the last attempt that did not succeed.
    pub trouble: Option<Trouble>,
}

impl Standing {
    /// A mail nobody has tried to send yet.
    #[must_use]
    pub fn queued(about: &About, bounds: &Bounds, now: Timestamp) -> Self {
        Self {
            state: State::Queued,
            tries: 0,
            next_at: Some(now),
            give_up_at: now.plus_seconds(about.lifetime_seconds(bounds)),
            perhaps_twice: false,
            trouble: None,
        }
    }

    /// An attempt begins, or it is too late for one.
    #[must_use]
    pub fn begun(self, now: Timestamp) -> Self {
        if now >= self.give_up_at {
            return Self { state: State::Expired, next_at: None, ..self };
        }
        Self { state: State::Sending, tries: self.tries.saturating_add(1), ..self }.looked_at(now)
    }

    /// An attempt is under way; it is looked again later whether it still is.
    #[must_use]
    pub fn looked_at(self, now: Timestamp) -> Self {
        Self { next_at: Some(now.plus_seconds(LOOK_AFTER_SECONDS)), ..self }
    }

    /// An attempt has ended. What is refused for good is the mail or its recipient; where everybody's mail is refused, at whichever
    /// step the server says so, somebody will mend that, and the mail waits for it.
    #[must_use]
    pub fn ended(self, about: &About, fate: Fate, bounds: &Bounds, now: Timestamp) -> Self {
        match fate {
            Fate::Accepted => Self { state: State::Sent, next_at: None, trouble: None, ..self },
            Fate::Refused(trouble) if trouble.cause.is_of_one_mail() => {
                Self { state: State::Refused, next_at: None, trouble: Some(trouble), ..self }
            }
            Fate::Refused(trouble) | Fate::Later(trouble) => self.again(about, trouble, bounds, now),
            Fate::Unsure(trouble) => Self { perhaps_twice: true, ..self }.again(about, trouble, bounds, now),
        }
    }

    /// Nobody knows how an attempt ended: whoever made it is no more.
    #[must_use]
    pub fn lost(self, about: &About, bounds: &Bounds, now: Timestamp) -> Self {
        let trouble = Trouble { step: Step::Begin, cause: Cause::HungUp, reply: None };
        self.ended(about, Fate::Unsure(trouble), bounds, now)
    }

    /// How long an attempt that begins now may take: none goes on when what it brings is worth nothing any more.
    #[must_use]
    pub fn attempt_seconds(&self, now: Timestamp) -> u64 {
        self.give_up_at.seconds_since(now).min(ATTEMPT_SECONDS)
    }

    /// Nobody needs it any more.
    #[must_use]
    pub fn dropped(self) -> Self {
        Self { state: State::Dropped, next_at: None, ..self }
    }

    fn again(self, about: &About, trouble: Trouble, bounds: &Bounds, now: Timestamp) -> Self {
        let next_at = now.plus_seconds(pause_seconds(about, bounds, self.tries));
        let trouble = Some(trouble);
        if next_at >= self.give_up_at {
            return Self { state: State::Expired, next_at: None, trouble, ..self };
        }
        Self { state: State::Queued, next_at: Some(next_at), trouble, ..self }
    }
}

/// After so many attempts: each time twice as long.
fn pause_seconds(about: &About, bounds: &Bounds, tries: u32) -> u64 {
    let longest = if about.is_urgent() {
        about.lifetime_seconds(bounds).div_ceil(LONGEST_PAUSE_PART)
    } else {
        LONGEST_PAUSE_SECONDS
    };
    let doubled = 1_u64.checked_shl(tries.saturating_sub(1)).unwrap_or(u64::MAX);
    bounds.mail_retry_seconds.saturating_mul(doubled).min(longest)
}

/// When what is no code is tried again, after an attempt that found mail as a whole not working.
#[must_use]
pub fn rests_until(bounds: &Bounds, now: Timestamp) -> Timestamp {
    now.plus_seconds(bounds.mail_retry_seconds.saturating_mul(REST))
}

/// What an attempt says of the sender.
#[derive(Debug)]
pub enum SenderNews {
    /// Nothing.
    None,
    /// The receiving side has something against it.
    Refused {
        /// What.
        refused: SenderRefused,
        /// Whether that was not known yet.
        is_new: bool,
    },
    /// A mail was taken from it, after it had been refused.
    Taken,
}

/// See [`SenderNews`]. `before` is the refusal that was known; `with_mail`: it went further than the acceptance of the sender.
#[must_use]
pub fn sender_news(
    before: Option<&SenderRefused>,
    sender: &Address,
    fate: &Fate,
    with_mail: bool,
    now: Timestamp,
) -> SenderNews {
    match fate.trouble() {
        Some(trouble) if trouble.cause == Cause::SenderRefused => {
            let reply = trouble.reply.clone().unwrap_or_default();
            let is_new = before.is_none_or(|before| before.sender != *sender || before.reply != reply);
            let refused = SenderRefused { at: rfc3339(now), sender: sender.clone(), reply };
            SenderNews::Refused { refused, is_new }
        }
        None if with_mail && before.is_some() => SenderNews::Taken,
        _ => SenderNews::None,
    }
}

/// Whether mail as a whole works, as everybody may know: how the last attempt ended, and for how many milliseconds the oldest has
/// been waiting for the server to accept a sender.
#[must_use]
pub fn works(last: bool, waiting_milliseconds: Option<u64>) -> bool {
    last && waiting_milliseconds.is_none_or(|waiting| waiting < PATIENCE_MILLISECONDS)
}

#[cfg(test)]
mod tests;
