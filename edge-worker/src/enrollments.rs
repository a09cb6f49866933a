//! `POST /api/v1/enrollments…`: asking for a code, and confirming it.

use base64ct::{Base64UrlUnpadded, Encoding};
use device_token::{DevicePublicKey, UserId};
use enrollment_rules::address::Address;
use enrollment_rules::enrollment::{self, Code, Refusal};
use enrollment_rules::keyed_hash::{Digest, Purpose};
use enrollment_rules::messages::{
    ConfirmEnrollment, Enrolled, EnrollmentStarted, Kind, Nothing, StartEnrollment,
};
use enrollment_rules::new_device;
use enrollment_rules::reported_findings::ReportedFindings;
use enrollment_rules::return_path::ReturnPath;
use worker::{Response, ResponseBuilder};

use crate::account::{Confirm, Confirmed, Message, Resend, Start};
use crate::failure::{Failure, with_header};
use crate::incoming::Incoming;
use crate::{click, cookies, entropy, gate, pages};

/// How much of what a browser calls itself is kept, in characters.
const MAX_BROWSER: usize = 256;

/// An address was typed. The answer is the same for every one, and leaves before any mail work.
pub(crate) async fn start(incoming: &mut Incoming) -> Result<Response, Failure> {
    let body: StartEnrollment = incoming.body().await?;
    let address: Address = body.address.parse().map_err(|_| Failure::AddressInvalid)?;
    let to = return_path(incoming, body.to.as_deref())?;
    let ticket = Base64UrlUnpadded::encode_string(&entropy::bytes::<32>()?);
    let start = Start {
        typed: incoming.typed_address(&address),
        ticket: incoming.hash(Purpose::Ticket, &ticket),
        network: incoming.network(),
        shown: shown(incoming, to.link()),
        to: to.as_str().to_owned(),
        asked: incoming.asked(),
        language: incoming.language(),
        address,
    };
    let started: EnrollmentStarted = incoming.account_object().ask(&Message::Start(start)).await?;
    let response = json(Response::builder().with_status(202), &started)?;
    pages::set_cookie(response.headers(), &cookies::ticket(&ticket))?;
    Ok(response)
}

/// Another code for the same ticket.
pub(crate) async fn resend(incoming: &mut Incoming) -> Result<Response, Failure> {
    let Nothing {} = incoming.body().await?;
    let ticket = ticket(incoming)?;
    let resend = Resend {
        ticket,
        shown: shown(incoming, None),
        asked: incoming.asked(),
        language: incoming.language(),
    };
    let started: EnrollmentStarted = incoming.account_object().ask(&Message::Resend(resend)).await?;
    json(Response::builder().with_status(202), &started)
}

/// Whether mail as a whole works: the same for every address.
pub(crate) async fn mail(incoming: &Incoming) -> Result<Response, Failure> {
    let message = Message::MailStanding(ticket(incoming)?);
    Ok(passed_on(200, incoming.account_object().ask_json(&message).await?))
}

/// A code was typed.
pub(crate) async fn confirm(incoming: &mut Incoming) -> Result<Response, Failure> {
    let body: ConfirmEnrollment = incoming.body().await?;
    let ticket = ticket(incoming)?;
    let code = Code::parse(&body.code).map_err(|_| Failure::CodeMalformed)?;
    let name = new_device::device_name(body.name.as_deref()).map_err(|_| Failure::NameInvalid)?;
    let device_key = body
        .device_key
        .map(|text| DevicePublicKey::parse(&text).map_err(|_| Failure::DeviceKeyInvalid))
        .transpose()?;
    if body.kind == Kind::Shared && device_key.is_some() {
        return Err(Failure::DeviceKeyInvalid);
    }
    let browser = incoming.header("User-Agent").unwrap_or_default();
    let confirm = Confirm {
        code: enrollment::code_digest(&incoming.config.hash_key, &ticket, &code),
        ticket,
        kind: body.kind,
        device_key,
        name,
        browser: browser.chars().filter(|c| !c.is_control()).take(MAX_BROWSER).collect(),
        private_window: body.readiness.as_ref().is_some_and(ReportedFindings::say_private_window),
        readiness: body
            .readiness
            .map(|findings| serde_json::to_string(&findings))
            .transpose()
            .map_err(|_| Failure::Internal("findings"))?,
        asked: incoming.asked(),
        language: incoming.language(),
    };
    let confirmed: Confirmed = incoming.account_object().ask(&Message::Confirm(confirm)).await?;
    let to = return_path(incoming, Some(&confirmed.to)).unwrap_or_else(|_| ReturnPath::start());
    let enrolled = Enrolled {
        device_token: confirmed.device_token,
        expires_at: confirmed.expires_at,
        to: to.after_enrolling(),
    };
    let response = json(Response::builder(), &enrolled)?;
    let cookie = cookies::device(&confirmed.device_cookie, confirmed.max_age_seconds);
    pages::set_cookie(response.headers(), &cookie)?;
    pages::set_cookie(response.headers(), &cookies::expired(cookies::TICKET))?;
    Ok(response)
}

/// Where to go on; the start page where nothing was asked for.
pub(crate) fn return_path(incoming: &Incoming, text: Option<&str>) -> Result<ReturnPath, Failure> {
    let Some(text) = text else { return Ok(ReturnPath::start()) };
    ReturnPath::parse(text, &incoming.account.audience.issuer).map_err(|_| Failure::ToInvalid)
}

/// The ticket cookie, hashed.
pub(crate) fn ticket(incoming: &Incoming) -> Result<Digest, Failure> {
    let value = cookies::read(incoming.request.headers(), cookies::TICKET)?.ok_or(Refusal::TicketMissing)?;
    Ok(incoming.hash(Purpose::Ticket, &value))
}

/// Whom this browser shows to belong to: by a link addressed to them, or by a cookie of theirs, however old.
fn shown(incoming: &Incoming, link: Option<&str>) -> Vec<UserId> {
    let by_link = link.and_then(|link| click::link_of_this_account(incoming, link).ok());
    let by_cookie = gate::presented(incoming).ok().flatten();
    by_link
        .map(|link| UserId::from_bytes(*link.recipient().as_bytes()))
        .into_iter()
        .chain(by_cookie.map(|statement| statement.user()))
        .collect()
}

/// The account object's reply as it came.
pub(crate) fn passed_on(status: u16, reply: String) -> Response {
    let builder = with_header(Response::builder().with_status(status), "Content-Type", "application/json");
    builder.fixed(reply.into_bytes())
}

/// A JSON answer.
pub(crate) fn json<T: serde::Serialize>(builder: ResponseBuilder, value: &T) -> Result<Response, Failure> {
    builder.from_json(value).map_err(|_| Failure::Internal("an answer could not be written"))
}
