//! Mail: who takes it, and in which form.

mod binding;
mod message;
mod smtp;
mod way_out;

use device_token::Timestamp;
use enrollment_rules::address::Address;
use enrollment_rules::language::Language;
use enrollment_rules::mail::words::Words;

pub(crate) use self::binding::BINDING;
pub(crate) use self::way_out::{Report, hand_over};
use crate::config::Account;

/// A finished mail.
pub(crate) struct Message {
    /// The Message-ID, without angle brackets.
    pub(crate) id: String,
    pub(crate) to: Address,
    pub(crate) from_name: String,
    pub(crate) at: Timestamp,
    pub(crate) words: Words,
    pub(crate) language: Language,
}

/// The host of an account: who says `EHLO`, and where Message-IDs are from.
pub(crate) fn host(account: &Account) -> &str {
    let origin = account.audience.issuer.as_str();
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    host.rsplit_once(':').map_or(host, |(host, _)| host)
}
