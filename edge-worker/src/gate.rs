//! Asks whether this browser is enrolled: the cookie, the published snapshot, the rules.

use std::time::Duration;

use device_token::{DeviceCookie, Statement, UnverifiedDeviceCookie};
use enrollment_rules::admission::{self, Admission, Refusal, Renewal};
use enrollment_rules::click::Turned;
use enrollment_rules::snapshot::Snapshot;
use futures_util::future::{Either, select};
use worker::{Delay, console_warn};

use crate::account::Message;
use crate::cookies;
use crate::failure::Failure;
use crate::incoming::{Incoming, now};

/// The KV binding.
pub(crate) const REVOCATIONS: &str = "REVOCATIONS";

/// KV is given this long to answer a click.
const KV_DEADLINE: Duration = Duration::from_secs(2);

/// The key the account object publishes under.
pub(crate) fn head_key(account: &str) -> String {
    format!("{account}:head")
}

/// The published state of the account. KV first; where it has nothing or does not answer, the account object.
pub(crate) async fn snapshot(incoming: &Incoming) -> Result<Snapshot, Failure> {
    let published = async {
        let store = incoming.env.kv(REVOCATIONS).ok()?;
        let reading = Box::pin(store.get(&head_key(incoming.account.audience.account.as_str())).bytes());
        match select(reading, Box::pin(Delay::from(KV_DEADLINE))).await {
            Either::Left((bytes, _)) => serde_json::from_slice(&bytes.ok()??).ok(),
            Either::Right(_) => None,
        }
    };
    if let Some(snapshot) = published.await {
        return Ok(snapshot);
    }
    console_warn!("no published snapshot: asking the account object");
    incoming.account_object().ask(&Message::Snapshot).await
}

/// A device cookie of this account, by its signature alone: whose it is or was. Says nothing about now.
pub(crate) fn presented(incoming: &Incoming) -> Result<Option<Statement>, Failure> {
    let Some(cookie) = cookies::read(incoming.request.headers(), cookies::DEVICE)? else { return Ok(None) };
    let verified = UnverifiedDeviceCookie::parse(&cookie)
        .and_then(|token| token.verify(incoming.config.device_keys.verifying(), &incoming.account.audience));
    Ok(verified.ok().map(device_token::VerifiedDeviceCookie::into_claims))
}

/// A browser whose enrollment holds.
pub(crate) struct Admitted {
    pub(crate) statement: Statement,
    pub(crate) admission: Admission,
}

/// Judges the cookie against the account's state.
pub(crate) fn admitted(
    incoming: &Incoming,
    snapshot: &Snapshot,
) -> Result<Result<Admitted, Turned>, Failure> {
    if cookies::read(incoming.request.headers(), cookies::DEVICE)?.is_none() {
        return Ok(Err(Turned::NoCookie));
    }
    let Some(statement) = presented(incoming)? else { return Ok(Err(Turned::NotAuthentic)) };
    Ok(match admission::admit(&statement, snapshot, &incoming.config.bounds, now()) {
        Ok(admission) => Ok(Admitted { statement, admission }),
        Err(refusal) => Err(Turned::Refused(refusal)),
    })
}

/// The enrollment of a browser that asks about itself, and whose proof is not due.
pub(crate) async fn statement(incoming: &Incoming) -> Result<(Statement, Snapshot), Failure> {
    let snapshot = snapshot(incoming).await?;
    match admitted(incoming, &snapshot)? {
        Ok(admitted) if admitted.admission.proof_due => Err(Failure::ProofDue),
        Ok(admitted) => Ok((admitted.statement, snapshot)),
        Err(Turned::Refused(Refusal::Unbound)) => Err(Failure::KeyRequired),
        Err(_) => Err(Failure::NotEnrolled),
    }
}

/// The `Set-Cookie` of a renewal, and, on the device's first one of the day, word to the account object after the answer
/// has left.
pub(crate) fn renew(incoming: &Incoming, renewal: &Renewal) -> String {
    if renewal.first_today {
        report(incoming, &renewal.statement);
    }
    cookie(incoming, &renewal.statement)
}

/// Tells the account object that a device was used, after the answer has left.
pub(crate) fn report(incoming: &Incoming, statement: &Statement) {
    let report = Message::ReportUse {
        device: statement.device(),
        at: statement.issued_at(),
        expires_at: statement.expires_at(),
    };
    let account = incoming.account_object();
    incoming.context.wait_until(async move {
        if account.ask::<()>(&report).await.is_err() {
            console_warn!("the use of a device was not reported");
        }
    });
}

/// The device cookie that carries a statement.
pub(crate) fn cookie(incoming: &Incoming, statement: &Statement) -> String {
    let token = incoming.config.device_keys.sign::<DeviceCookie>(statement);
    let max_age = statement.expires_at().seconds_since(now());
    cookies::device(&token, (!admission::is_session(statement)).then_some(max_age))
}
