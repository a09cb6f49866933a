//! Hands for the tests: a product, an administrator, a mailbox, a browser on the wire and one on the screen.
//!
//! In scope: doing things and telling what came of them. Not in scope: what is right; the tests say that. The engines of the
//! suites `browsers` and `binding` are beside this, in `engines`.

mod admin;
mod answer;
mod arrival;
mod bound;
mod browser;
pub(crate) mod chromedriver;
pub(crate) mod driver;
mod eventually;
mod findings;
pub(crate) mod folder;
pub(crate) mod leash;
mod mail;
mod mail_sink;
pub(crate) mod product;
pub(crate) mod records;
mod wire;

pub(crate) use self::admin::Admin;
pub(crate) use self::answer::Answer;
pub(crate) use self::arrival::{Arrival, WORDS};
pub(crate) use self::bound::{Bound, CONFIRM, PROVE, b64};
pub(crate) use self::browser::{Browser, Manner};
pub(crate) use self::eventually::{eventually, eventually_within};
pub(crate) use self::findings::FINDINGS;
pub(crate) use self::mail::{Mail, MailCatcher};
pub(crate) use self::mail_sink::MailSink;
pub(crate) use self::product::{Product, Site, fresh_address};
pub(crate) use self::wire::{DEVICE, Kind, TICKET, Wire};
