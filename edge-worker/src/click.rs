//! `GET /s/<link>`: somebody clicked.

use device_token::{LinkClaims, UnverifiedLink, VerifiedLink};
use enrollment_rules::admission;
use enrollment_rules::arrival::{self, Arrival};
use enrollment_rules::interaction::{Interaction, Verdict};
use worker::{Method, Response, console_warn};

use crate::account::Message;
use crate::failure::Failure;
use crate::gate::{self, Admitted};
use crate::incoming::{Incoming, now};
use crate::{cookies, pages};

/// Answers a click, or what looks like one.
pub(crate) async fn answer(incoming: &Incoming, link: &str) -> Result<Response, Failure> {
    let purpose = incoming.header("Sec-Purpose").or_else(|| incoming.header("Purpose"));
    let mode = incoming.header("Sec-Fetch-Mode");
    let arrival = arrival::arrival(incoming.method == Method::Head, purpose.as_deref(), mode.as_deref());
    if arrival == Arrival::Speculation {
        return Err(Failure::Speculation);
    }
    let claims = link_of_this_account(incoming, link)?;
    if !admission::link_holds(&claims, now()) {
        return Err(Failure::LinkExpired);
    }
    let snapshot = gate::snapshot(incoming).await?;
    if !snapshot.settings.authentication_enabled {
        if arrival == Arrival::Navigation {
            record(incoming, &claims, None);
        }
        return Ok(pages::see_other(claims.destination().as_str()));
    }
    let Some(admitted) = gate::admitted(incoming, &snapshot)? else {
        // A cookie that came along, but does not hold, was not dropped by the browser.
        let dropped = cookies::read(incoming.request.headers(), cookies::DEVICE)?.is_none();
        let came_back = incoming.url.query() == Some("enrolled");
        let finding = (came_back && dropped).then_some("cookie-dropped");
        return pages::to_enrollment(
            incoming.account.audience.issuer.as_str(),
            &format!("/s/{link}"),
            finding,
        );
    };
    let response = pages::see_other(claims.destination().as_str());
    if arrival == Arrival::Navigation {
        if let Some(renewal) = &admitted.renewal {
            pages::set_cookie(response.headers(), &gate::renew(incoming, renewal))?;
        }
        record(incoming, &claims, Some(&admitted));
    }
    Ok(response)
}

/// A link this account signed, whatever the time.
pub(crate) fn link_of_this_account(incoming: &Incoming, link: &str) -> Result<LinkClaims, Failure> {
    UnverifiedLink::parse(link)
        .and_then(|token| token.verify(incoming.config.link_keys.verifying(), &incoming.account.audience))
        .map(VerifiedLink::into_claims)
        .map_err(|_| Failure::LinkInvalid)
}

/// Who clicked what, written down after the answer has left: nobody waits for the books.
fn record(incoming: &Incoming, link: &LinkClaims, by: Option<&Admitted>) {
    let interaction = Interaction {
        link: link.link(),
        destination: link.destination().as_str().to_owned(),
        user: by.map(|admitted| admitted.statement.user()),
        device: by.map(|admitted| admitted.statement.device()),
        recipient: link.recipient(),
        verdict: if by.is_some() { Verdict::Enrolled } else { Verdict::Unidentified },
    };
    let account = incoming.account_object();
    incoming.context.wait_until(async move {
        if account.ask::<()>(&Message::Record(interaction)).await.is_err() {
            console_warn!("an interaction was not recorded");
        }
    });
}
