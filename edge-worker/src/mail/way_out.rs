//! Hands a mail over by the way that the deployment has chosen.

use std::cell::Cell;
use std::time::Duration;

use enrollment_rules::address::Address;
use enrollment_rules::mail::dialogue::Errand;
use enrollment_rules::mail::fate::{Cause, Fate, Line, Step, Trouble};
use enrollment_rules::mail::way::Way;
use futures_util::future::{Either, select};
use worker::{Delay, Env};

use super::{Message, binding, host, message, smtp};
use crate::config::{Account, Config};

/// How it went, and what was said.
pub(crate) struct Report {
    pub(crate) fate: Fate,
    pub(crate) dialogue: Vec<Line>,
}

/// Hands a mail over, in so many seconds at most; `step` tells how far it has come. Without a mail it goes as far as the acceptance of the
/// sender: `None` where nothing can be found out that way.
pub(crate) async fn hand_over(
    config: &Config,
    env: &Env,
    account: &Account,
    sender: &Address,
    message: Option<&Message>,
    step: &Cell<Step>,
    seconds: u64,
) -> Option<Report> {
    let server = match &config.mail_out {
        Way::Smtp(server) => server,
        Way::Cloudflare => {
            step.set(Step::Binding);
            let seconds = config.bounds.mail_step_seconds.min(seconds);
            return Some(binding::send(env, sender, message?, seconds).await);
        }
    };
    let Ok(mime) = message.map(|message| message::mime(message, sender)).transpose() else {
        let trouble = Trouble { step: Step::Begin, cause: Cause::MessageRefused, reply: None };
        return Some(Report { fate: Fate::Refused(trouble), dialogue: Vec::new() });
    };
    let errand = Errand {
        security: server.security(),
        credentials: config.mail_credentials.as_ref(),
        client: host(account),
        sender,
        mail: message.map(|message| &message.to).zip(mime.as_deref()),
        step_seconds: config.bounds.mail_step_seconds,
    };
    Some(smtp::converse(server, &errand, step, seconds).await)
}

/// What comes of it within this time; none after it.
pub(super) async fn within<T>(seconds: u64, work: impl Future<Output = T>) -> Option<T> {
    let deadline = Box::pin(Delay::from(Duration::from_secs(seconds)));
    match select(std::pin::pin!(work), deadline).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}
