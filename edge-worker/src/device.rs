//! This browser: its device, whether it keeps cookies, and the keys its wasm module checks tokens with.

use device_token::Binding;
use enrollment_rules::admission;
use enrollment_rules::messages::{ProbeReturned, ThisDevice};
use enrollment_rules::time_text::rfc3339;
use worker::Response;

use crate::account::Message;
use crate::enrollments::json;
use crate::failure::{Failure, with_header};
use crate::incoming::Incoming;
use crate::{cookies, gate, pages};

/// `GET /api/v1/device`.
pub(crate) async fn this_device(incoming: &Incoming) -> Result<Response, Failure> {
    let snapshot = gate::snapshot(incoming).await?;
    let statement = gate::admitted(incoming, &snapshot)?.ok_or(Failure::NotEnrolled)?.statement;
    let this = ThisDevice {
        device_id: statement.device().to_string(),
        binding: match statement.binding() {
            Binding::None => "none",
            Binding::Key { .. } => "key",
        },
        enrolled_at: rfc3339(statement.auth_time()),
        expires_at: rfc3339(statement.expires_at()),
        session: admission::is_session(&statement),
    };
    json(Response::builder(), &this)
}

/// `DELETE /api/v1/device`: gone from the account, then from the browser.
pub(crate) async fn forget(incoming: &Incoming) -> Result<Response, Failure> {
    if let Some(statement) = gate::presented(incoming)? {
        let message = Message::Forget { device: statement.device(), user: statement.user() };
        incoming.account_object().ask::<()>(&message).await?;
    }
    let response = Response::builder().with_status(204).empty();
    pages::set_cookie(response.headers(), &cookies::expired(cookies::DEVICE))?;
    Ok(response)
}

/// `POST /api/v1/readiness/cookie`.
pub(crate) fn set_probe() -> Result<Response, Failure> {
    let response = Response::builder().with_status(204).empty();
    pages::set_cookie(response.headers(), &cookies::probe())?;
    Ok(response)
}

/// `GET /api/v1/readiness/cookie`.
pub(crate) fn read_probe(incoming: &Incoming) -> Result<Response, Failure> {
    // It is left to end by itself: tabs opened at once share it, and one must not take it from the other.
    let returned = cookies::read(incoming.request.headers(), cookies::PROBE)?.is_some();
    json(Response::builder(), &ProbeReturned { returned })
}

/// `GET /.well-known/jwks.json`: an RFC 7517 key set, with whose it is beside the keys (section 5 allows it).
pub(crate) fn key_set(incoming: &Incoming) -> Result<Response, Failure> {
    let audience = &incoming.account.audience;
    let keys = incoming.config.device_keys.verifying().to_jwks();
    // Origins and account ids hold nothing that JSON would escape.
    let members = keys.strip_prefix('{').ok_or(Failure::Internal("the key set is no object"))?;
    let set = format!(
        "{{\"issuer\":\"{}\",\"account\":\"{}\",{members}",
        audience.issuer.as_str(),
        audience.account.as_str()
    );
    let builder = with_header(Response::builder(), "Cache-Control", "public, max-age=300");
    Ok(with_header(builder, "Content-Type", "application/json").fixed(set.into_bytes()))
}
