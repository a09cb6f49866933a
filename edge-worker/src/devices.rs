//! `/api/v1/devices…`: a person's own devices, as any of them shows them.

use base64ct::{Base64UrlUnpadded, Encoding};
use enrollment_rules::enrollment::{self, Code};
use enrollment_rules::keyed_hash::Purpose;
use enrollment_rules::messages::{ConfirmCode, Nothing, RenameDevice};
use enrollment_rules::my_devices::Caller;
use enrollment_rules::new_device;
use worker::Response;

use crate::account::{AskCode, Asker, ConfirmChange, Message};
use crate::enrollments::{passed_on, ticket};
use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::{cookies, device, entropy, gate, pages};

/// The list, and what a change would need.
pub(crate) async fn list(incoming: &Incoming) -> Result<Response, Failure> {
    ask(incoming, Message::MyDevices(asker(incoming).await?)).await
}

/// Another name for one of them.
pub(crate) async fn rename(incoming: &mut Incoming, id: &str) -> Result<Response, Failure> {
    let RenameDevice { name } = incoming.body().await?;
    let name = new_device::device_name(name.as_deref()).map_err(|_| Failure::NameInvalid)?;
    let asker = asker(incoming).await?;
    ask(incoming, Message::RenameDevice { asker, id: id.to_owned(), name }).await
}

/// One of them is ended.
pub(crate) async fn sign_out(incoming: &Incoming, id: &str) -> Result<Response, Failure> {
    let asker = asker(incoming).await?;
    let is_this = asker.caller.device.to_string() == id;
    let response = ask(incoming, Message::SignOut { asker, id: id.to_owned() }).await?;
    if is_this {
        device::empty_browser(&response)?;
    }
    Ok(response)
}

/// All but the one that asks are ended.
pub(crate) async fn sign_out_others(incoming: &mut Incoming) -> Result<Response, Failure> {
    let Nothing {} = incoming.body().await?;
    ask(incoming, Message::SignOutOthers(asker(incoming).await?)).await
}

/// A device without a key asks for a code.
pub(crate) async fn ask_code(incoming: &mut Incoming) -> Result<Response, Failure> {
    let Nothing {} = incoming.body().await?;
    let caller = caller(incoming).await?;
    let value = Base64UrlUnpadded::encode_string(&entropy::bytes::<32>()?);
    let ticket = incoming.hash(Purpose::Ticket, &value);
    let message = Message::AskCode(AskCode {
        caller,
        ticket,
        network: incoming.network(),
        asked: incoming.asked(),
        language: incoming.language(),
    });
    let response = passed_on(202, incoming.account_object().ask_json(&message).await?);
    pages::set_cookie(response.headers(), &cookies::ticket(&value))?;
    Ok(response)
}

/// The code was typed.
pub(crate) async fn confirm_code(incoming: &mut Incoming) -> Result<Response, Failure> {
    let ConfirmCode { code } = incoming.body().await?;
    let ticket = ticket(incoming)?;
    let code = Code::parse(&code).map_err(|_| Failure::CodeMalformed)?;
    let code = enrollment::code_digest(&incoming.config.hash_key, &ticket, &code);
    let message = Message::ConfirmChange(ConfirmChange {
        asked: incoming.asked(),
        language: incoming.language(),
        caller: caller(incoming).await?,
        ticket,
        code,
    });
    incoming.account_object().ask::<()>(&message).await?;
    Ok(Response::builder().with_status(204).empty())
}

async fn caller(incoming: &Incoming) -> Result<Caller, Failure> {
    Ok(Caller::from(&gate::statement(incoming).await?.0))
}

async fn asker(incoming: &Incoming) -> Result<Asker, Failure> {
    let ticket = cookies::read(incoming.request.headers(), cookies::TICKET)?;
    let ticket = ticket.map(|value| incoming.hash(Purpose::Ticket, &value));
    Ok(Asker { caller: caller(incoming).await?, ticket })
}

async fn ask(incoming: &Incoming, message: Message) -> Result<Response, Failure> {
    Ok(passed_on(200, incoming.account_object().ask_json(&message).await?))
}
