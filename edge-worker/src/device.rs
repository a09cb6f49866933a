//! This browser: its device, whether it keeps cookies, and the keys its wasm module checks tokens with.

use device_token::Binding;
use enrollment_rules::admission;
use enrollment_rules::messages::{Nothing, ProbeReturned, ProbeSet, ThisDevice};
use enrollment_rules::readiness::cookies::is_probe;
use enrollment_rules::time_text::rfc3339;
use worker::Response;

use crate::account::Message;
use crate::cookies::Probe;
use crate::enrollments::json;
use crate::failure::{Failure, with_header};
use crate::incoming::Incoming;
use crate::{cookies, entropy, gate, pages};

/// `GET /api/v1/device`.
pub(crate) async fn this_device(incoming: &Incoming) -> Result<Response, Failure> {
    let (statement, _) = gate::statement(incoming).await?;
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
    empty_browser(&response)?;
    Ok(response)
}

/// Takes away what this browser keeps of ours.
pub(crate) fn empty_browser(response: &Response) -> Result<(), Failure> {
    // Storage only: clearing "cookies" would reach all hosts of the domain, and browsers take long over it.
    let clear = response.headers().set("Clear-Site-Data", "\"storage\"");
    clear.map_err(|_| Failure::Internal("a header could not be set"))?;
    for name in [cookies::DEVICE, cookies::TICKET] {
        pages::set_cookie(response.headers(), &cookies::expired(name))?;
    }
    Ok(())
}

/// `POST /api/v1/readiness`: two cookies to bring back, and what the page must know of the account.
pub(crate) async fn set_probe(incoming: &mut Incoming) -> Result<Response, Failure> {
    let Nothing {} = incoming.body().await?;
    // A wrong guess while nothing can be asked costs little: the account object refuses with the true rule.
    let rules = gate::settings(incoming)
        .await
        .map(|settings| (settings.private_windows, settings.bound_devices_only));
    let (private_windows, bound_devices_only) = rules.unwrap_or_default();
    let probe = format!("{:016x}", u64::from_be_bytes(entropy::bytes()?));
    let cookies = Probe(&probe).set();
    let response = json(Response::builder(), &ProbeSet { probe, private_windows, bound_devices_only })?;
    for cookie in cookies {
        pages::set_cookie(response.headers(), &cookie)?;
    }
    Ok(response)
}

/// `DELETE /api/v1/readiness/{probe}`: which of the two came back. They are gone with the answer.
pub(crate) fn take_probe(incoming: &Incoming, probe: &str) -> Result<Response, Failure> {
    // It becomes part of a cookie's name.
    if !is_probe(probe) {
        return Err(Failure::NotFound);
    }
    let [returned, plain_returned] = Probe(probe).returned(incoming.request.headers())?;
    let response = json(Response::builder(), &ProbeReturned { returned, plain_returned })?;
    for cookie in Probe(probe).expired() {
        pages::set_cookie(response.headers(), &cookie)?;
    }
    Ok(response)
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
