//! `/not-me/<token>`: somebody says that a device they got a mail about is not theirs. Looking changes nothing: programs that check
//! mail open what they find.

use enrollment_rules::language::Language;
use enrollment_rules::not_me::{self, Disowned};
use worker::{Method, Response};

use crate::account::{FoundNotMe, Message, NotMe};
use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::pages;

/// The page, after what its button does.
pub(crate) async fn answer(
    incoming: &Incoming,
    token: &str,
    language: Language,
) -> Result<Response, Failure> {
    let pressed = match incoming.method {
        Method::Get | Method::Head => false,
        Method::Post => {
            incoming.refuse_other_sites()?;
            true
        }
        _ => return Err(Failure::MethodNotAllowed("GET, HEAD, POST".to_owned())),
    };
    let account = incoming.account.audience.account.as_str();
    let Disowned { device, user } =
        Disowned::read(token, account, &incoming.config.hash_key).ok_or(Failure::NotFound)?;
    let question = Message::NotMe(NotMe { device, user, pressed });
    let FoundNotMe { enrolled, standing } = incoming.account_object().ask(&question).await?;
    let enrolled = enrolled.as_ref().map(|(browser, at)| (browser.as_str(), *at));
    pages::filled(&incoming.env, "/not-me", language, &not_me::page(enrolled, standing, language)).await
}
