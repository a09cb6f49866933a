//! What mails say: each kind, in the languages there are, from one template for its plain form and its HTML.

use std::fmt;

use device_token::Timestamp;
use serde::{Deserialize, Serialize};

use super::form;
use crate::address::Address;
use crate::browser_name::browser_name;
use crate::language::Language;
use crate::template::Values;
use crate::time_text::written_out;

/// The longest a name or a place of others' choosing is in a mail, in characters.
const MAX_NAME: usize = 80;

/// What a mail is about.
#[derive(Clone, PartialEq, Eq)]
pub enum Mail {
    /// The code.
    Code {
        /// The code itself.
        digits: String,
        /// How long it is good.
        minutes: u64,
        /// Who asked for it.
        asked: Asked,
    },
    /// The code with which somebody may change their devices.
    ChangeCode {
        /// The code itself.
        digits: String,
        /// How long it is good.
        minutes: u64,
        /// Who asked for it.
        asked: Asked,
    },
    /// An alias was typed: nobody enrolls by one.
    AliasUsed {
        /// The address to type, masked: the mailbox may be shared.
        primary_masked: String,
        /// Who typed it.
        asked: Asked,
    },
    /// A device was enrolled.
    NewDevice {
        /// Its browser's name, in the language of the mail.
        browser: String,
        /// When.
        at: Timestamp,
        /// From where.
        place: Option<String>,
        /// Where to say that it was somebody else (`crate::not_me::link`).
        not_me: String,
    },
    /// An administrator revoked the person's devices.
    Revoked {
        /// When.
        at: Timestamp,
    },
    /// A code was mistyped too often.
    WrongCodes {
        /// Who typed.
        asked: Asked,
    },
    /// An administrator tries whether mail arrives.
    Test,
}

impl Mail {
    /// A stable name, for the audit; that of its templates, too.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Code { .. } => "code",
            Self::ChangeCode { .. } => "change_code",
            Self::AliasUsed { .. } => "alias_used",
            Self::NewDevice { .. } => "new_device",
            Self::Revoked { .. } => "revoked",
            Self::WrongCodes { .. } => "wrong_codes",
            Self::Test => "test",
        }
    }

    const fn template(&self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Code { .. }, Language::English) => include_str!("../../../www/mail/code.en.txt"),
            (Self::Code { .. }, Language::German) => include_str!("../../../www/mail/code.de.txt"),
            (Self::ChangeCode { .. }, Language::English) => {
                include_str!("../../../www/mail/change_code.en.txt")
            }
            (Self::ChangeCode { .. }, Language::German) => {
                include_str!("../../../www/mail/change_code.de.txt")
            }
            (Self::AliasUsed { .. }, Language::English) => {
                include_str!("../../../www/mail/alias_used.en.txt")
            }
            (Self::AliasUsed { .. }, Language::German) => include_str!("../../../www/mail/alias_used.de.txt"),
            (Self::NewDevice { .. }, Language::English) => {
                include_str!("../../../www/mail/new_device.en.txt")
            }
            (Self::NewDevice { .. }, Language::German) => include_str!("../../../www/mail/new_device.de.txt"),
            (Self::Revoked { .. }, Language::English) => include_str!("../../../www/mail/revoked.en.txt"),
            (Self::Revoked { .. }, Language::German) => include_str!("../../../www/mail/revoked.de.txt"),
            (Self::WrongCodes { .. }, Language::English) => {
                include_str!("../../../www/mail/wrong_codes.en.txt")
            }
            (Self::WrongCodes { .. }, Language::German) => {
                include_str!("../../../www/mail/wrong_codes.de.txt")
            }
            (Self::Test, Language::English) => include_str!("../../../www/mail/test.en.txt"),
            (Self::Test, Language::German) => include_str!("../../../www/mail/test.de.txt"),
        }
    }

    fn values(&self, frame: &Frame) -> Values {
        let help = frame.help.as_ref().map(ToString::to_string);
        let values = Values::default()
            .when("help", help.is_some())
            .when("no help", help.is_none())
            .with("account", name(&frame.account))
            .with("origin", line(&frame.origin))
            .with("help", help.unwrap_or_default());
        let asked_by = |values: Values, asked: &Asked| {
            seen(values, &asked.browser, asked.place.as_deref(), asked.at, frame.language)
        };
        match self {
            Self::Code { digits, minutes, asked } | Self::ChangeCode { digits, minutes, asked } => {
                asked_by(values, asked)
                    .with("digits", line(digits))
                    .with("spoken", spoken(digits))
                    .with("minutes", minutes.to_string())
            }
            Self::AliasUsed { primary_masked, asked } => {
                asked_by(values, asked).with("primary", line(primary_masked))
            }
            Self::NewDevice { browser, at, place, not_me } => {
                seen(values, browser, place.as_deref(), *at, frame.language).with("not_me", line(not_me))
            }
            Self::Revoked { at } => values.with("time", written_out(*at, frame.language)),
            Self::WrongCodes { asked } => asked_by(values, asked),
            Self::Test => values,
        }
    }
}

/// The code does not print.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({})", self.kind())
    }
}

/// Who asked for a mail, as far as anybody can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Their browser's name, in the language of the mail.
    pub browser: String,
    /// Where their network is.
    pub place: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Asked {
    /// By what a request shows: its `User-Agent`, and the city and country of its network.
    #[must_use]
    pub fn new(
        user_agent: &str,
        city: Option<&str>,
        country: Option<&str>,
        language: Language,
        at: Timestamp,
    ) -> Self {
        let parts: Vec<String> =
            [city, country].into_iter().flatten().map(name).filter(|part| !part.is_empty()).collect();
        let place = Some(parts.join(", ")).filter(|place| !place.is_empty());
        Self { browser: browser_name(user_agent, language), place, at }
    }
}

/// What all mails of an account have in common, and the language of this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The account's name.
    pub account: String,
    /// The account's origin.
    pub origin: String,
    /// Whom people write to for help.
    pub help: Option<Address>,
    /// The language.
    pub language: Language,
}

/// A mail in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub subject: String,
    /// The plain form.
    pub text: String,
    /// The same in HTML.
    pub html: String,
}

/// The code does not print.
impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({} characters)", self.text.chars().count())
    }
}

/// Writes a mail.
#[must_use]
pub fn write(mail: &Mail, frame: &Frame) -> Words {
    let (template, values) = (mail.template(frame.language), mail.values(frame));
    Words {
        subject: form::subject(template, &values),
        text: form::text(template, &values),
        html: form::html(template, &values, frame.language),
    }
}

fn seen(values: Values, browser: &str, place: Option<&str>, at: Timestamp, language: Language) -> Values {
    values
        .when("place", place.is_some())
        .with("browser", name(browser))
        .with("place", place.map(name).unwrap_or_default())
        .with("time", written_out(at, language))
}

/// Digits as they are read out: otherwise a screen reader says a number of eight places.
fn spoken(digits: &str) -> String {
    let mut spoken = String::new();
    for digit in line(digits).chars() {
        if !spoken.is_empty() {
            spoken.push(' ');
        }
        spoken.push(digit);
    }
    spoken
}

/// A value on one line, in the direction of its mail: without characters that end a line, do something else to a terminal or turn
/// text around (Unicode Standard Annex 9).
fn line(value: &str) -> String {
    let turns = |character| matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    value.chars().filter(|&character| !character.is_control() && !turns(character)).collect()
}

/// The same, cut to what a name may take.
pub(crate) fn name(value: &str) -> String {
    let value = line(value);
    let mut cut: String = value.chars().take(MAX_NAME).collect();
    if cut.len() < value.len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests;
