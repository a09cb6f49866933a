//! Cloudflare's own mail service, by the binding `MAIL`.
//!
//! It is given the parts of a mail: whole messages would take the module `cloudflare:email`, which the runtime has only on
//! Cloudflare's network. Date and Message-ID are the service's own, and it looks after delivery from there on.

use enrollment_rules::address::Address;
use enrollment_rules::mail::binding as rules;
use enrollment_rules::mail::fate::{Cause, Fate, Line, Speaker};
use wasm_bindgen::{JsCast, JsValue};
use worker::js_sys::{JsString, Object, Reflect};
use worker::{EmailAddress, Env, SendEmailBuilder};

use super::Message;
use super::message::headers;
use super::way_out::{Report, within};

/// The binding's name in `wrangler.toml`.
pub(crate) const BINDING: &str = "MAIL";

/// The most characters kept of what the service says.
const MAX_CHARACTERS: usize = 300;

/// Gives the service a mail.
pub(super) async fn send(env: &Env, sender: &Address, message: &Message, seconds: u64) -> Report {
    let Ok(service) = env.send_email(BINDING) else {
        return report(rules::missing(), "there is no binding MAIL");
    };
    let Ok(mail) = mail(sender, message) else {
        return report(rules::missing(), "the mail could not be put together");
    };
    match within(seconds, service.send_with_builder(&mail)).await {
        Some(Ok(_)) => report(Fate::Accepted, "the service has taken the mail"),
        Some(Err(error)) => {
            let member =
                |name: &str| Reflect::get(&error, &name.into()).ok().and_then(|value| value.as_string());
            let (code, said) = (member("code"), member("message").unwrap_or_default());
            report(rules::fate(code.as_deref()), &format!("{} {said}", code.unwrap_or_default()))
        }
        None => report(rules::unsure(Cause::TimedOut), &format!("nothing within {seconds} seconds")),
    }
}

fn mail(sender: &Address, message: &Message) -> Result<SendEmailBuilder, JsValue> {
    let Message { to, from_name, words, language, .. } = message;
    let head: Object<JsString> = Object::new().unchecked_into();
    for (name, value) in headers(*language) {
        Reflect::set(&head, &name.into(), &value.into())?;
    }
    let from = EmailAddress::new(from_name, &sender.to_string());
    let mail = SendEmailBuilder::builder_with_email_address_and_str(&from, &to.to_string(), &words.subject);
    Ok(mail.text(&words.text).html(&words.html).headers(&head).build())
}

fn report(fate: Fate, said: &str) -> Report {
    let text = said.chars().filter(|c| !c.is_control()).take(MAX_CHARACTERS).collect();
    Report { fate, dialogue: vec![Line { by: Speaker::Note, text }] }
}
