//! `GET /s/<link>`: somebody clicked.

use device_token::{LinkClaims, UnverifiedLink, VerifiedLink};
use enrollment_rules::admission;
use enrollment_rules::arrival::{self, Arrival};
use enrollment_rules::awareness::Click;
use enrollment_rules::click::{self, Way};
use enrollment_rules::interaction::{Interaction, Verdict};
use enrollment_rules::language::Language;
use enrollment_rules::return_path::ReturnPath;
use enrollment_rules::template::Values;
use worker::{Method, Response, console_warn};

use crate::account::Message;
use crate::enrollments::return_path;
use crate::failure::Failure;
use crate::gate::{self, Admitted};
use crate::incoming::{Incoming, now};
use crate::pages;

/// Answers a click, or what looks like one.
pub(crate) async fn answer(incoming: &Incoming, link: &str, language: Language) -> Result<Response, Failure> {
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
    let gate::Door { settings, judged: admitted } = gate::door(incoming).await?;
    let admitted = if settings.authentication_enabled {
        let judged = admitted.as_ref().map(|admitted| &admitted.admission).map_err(|turned| *turned);
        let came_back = incoming.url.query() == Some("enrolled");
        match (click::way(judged, came_back), admitted) {
            (Way::On, Ok(admitted)) => Some(admitted),
            (Way::Prove { press }, _) => {
                return Ok(pages::to_proof(incoming, &to(incoming, link)?, press));
            }
            (Way::Enroll(finding), _) => {
                return pages::to_enrollment(incoming, &to(incoming, link)?, finding);
            }
            (Way::On, Err(_)) => return Err(Failure::Internal("nobody was let through")),
        }
    } else {
        None
    };
    let (config, account) = (&incoming.config, incoming.account.audience.account.as_str());
    let device = admitted.as_ref().map(|admitted| admitted.statement.device());
    let click = Click { account, link: claims.link(), device };
    let asks = click.asks(&settings, incoming.query("go").as_deref(), &config.hash_key, now());
    let response = if asks {
        let pass = click.pass(&config.hash_key, &config.bounds, now());
        let values = Values::default()
            .with("host", claims.destination().host())
            .with("destination", claims.destination().as_str())
            .with("go-on", format!("/s/{link}?go={pass}"));
        pages::filled(&incoming.env, "/awareness", language, &values).await?
    } else {
        pages::see_other(claims.destination().as_str())
    };
    if arrival == Arrival::Navigation {
        if let Some(renewal) = admitted.as_ref().and_then(|admitted| admitted.admission.renewal.as_ref()) {
            pages::set_cookie(response.headers(), &gate::renew(incoming, renewal))?;
        }
        let verdict = match (asks, &admitted) {
            (true, _) => Verdict::Asked,
            (false, Some(_)) => Verdict::Enrolled,
            (false, None) => Verdict::Unidentified,
        };
        record(incoming, &claims, admitted.as_ref(), verdict);
    }
    Ok(response)
}

/// Where whoever is sent away comes back to.
fn to(incoming: &Incoming, link: &str) -> Result<ReturnPath, Failure> {
    return_path(incoming, Some(&format!("/s/{link}")))
}

/// A link this account signed, whatever the time.
pub(crate) fn link_of_this_account(incoming: &Incoming, link: &str) -> Result<LinkClaims, Failure> {
    UnverifiedLink::parse(link)
        .and_then(|token| token.verify(incoming.config.link_keys.verifying(), &incoming.account.audience))
        .map(VerifiedLink::into_claims)
        .map_err(|_| Failure::LinkInvalid)
}

/// Who clicked what, written down after the answer has left: nobody waits for the books.
fn record(incoming: &Incoming, link: &LinkClaims, by: Option<&Admitted>, verdict: Verdict) {
    let interaction = Interaction {
        link: link.link(),
        destination: link.destination().as_str().to_owned(),
        user: by.map(|admitted| admitted.statement.user()),
        device: by.map(|admitted| admitted.statement.device()),
        recipient: link.recipient(),
        verdict,
    };
    let account = incoming.account_object();
    incoming.context.wait_until(async move {
        if account.ask::<()>(&Message::Record(interaction)).await.is_err() {
            console_warn!("an interaction was not recorded");
        }
    });
}
