//! The Worker's end of the line to the account object.

use std::time::Duration;

use futures_util::future::{Either, select};
use serde::de::DeserializeOwned;
use worker::js_sys::Uint8Array;
use worker::{Delay, Env, Headers, Method, Request, RequestInit};

use super::messages::PROTOCOL;
use super::{AccountRefusal, HOST_HEADER, Message, PROTOCOL_HEADER};
use crate::config::Account;
use crate::failure::Failure;

/// It is given this long to answer: an import of a quarter of a million people takes half of it.
const DEADLINE: Duration = Duration::from_secs(30);

/// The Durable Object binding.
const ACCOUNT: &str = "ACCOUNT";

/// Reaches one account's object.
pub(crate) struct AccountStub {
    env: Env,
    account: String,
    host: String,
}

impl AccountStub {
    pub(crate) fn new(env: Env, account: &Account) -> Self {
        let host = account.audience.issuer.as_str().split_once("://").map_or("", |(_, host)| host).to_owned();
        Self { env, account: account.audience.account.as_str().to_owned(), host }
    }

    /// Asks, and awaits the reply.
    ///
    /// # Errors
    /// [`Failure::Refused`] if the object does not do it, [`Failure::Unavailable`] if it does not answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, message: &Message) -> Result<T, Failure> {
        // From bytes, as everywhere here: the reader of texts would be another 4 KB.
        serde_json::from_slice(self.ask_json(message).await?.as_bytes())
            .map_err(|_| Failure::Internal("a reply could not be read"))
    }

    /// Like [`Self::ask`]; the reply as it came, to be passed on.
    pub(crate) async fn ask_json(&self, message: &Message) -> Result<String, Failure> {
        let unavailable = |_| Failure::Unavailable("account object");
        let namespace = self.env.durable_object(ACCOUNT).map_err(|_| Failure::Misconfigured(ACCOUNT))?;
        let stub = namespace.get_by_name(&self.account).map_err(unavailable)?;
        // Not as JSON: what reads that by names would be a tenth of the Worker.
        let body = postcard::to_allocvec(message)
            .map_err(|_| Failure::Internal("a message could not be written"))?;
        let body = Uint8Array::from(body.as_slice());
        let headers = Headers::new();
        headers.set(HOST_HEADER, &self.host).map_err(unavailable)?;
        headers.set(PROTOCOL_HEADER, PROTOCOL).map_err(unavailable)?;
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_headers(headers).with_body(Some(body.into()));
        let request = Request::new_with_init("https://account/", &init).map_err(unavailable)?;
        let answering = Box::pin(async {
            let mut response = stub.fetch_with_request(request).await?;
            let reply = response.text().await?;
            Ok::<_, worker::Error>((response.status_code(), reply))
        });
        let (status, reply) = match select(answering, Box::pin(Delay::from(DEADLINE))).await {
            Either::Left((answer, _)) => answer.map_err(unavailable)?,
            Either::Right(_) => return Err(Failure::Unavailable("account object: no answer")),
        };
        match status {
            200 => Ok(reply),
            409 => {
                let refusal: Result<AccountRefusal, _> = serde_json::from_slice(reply.as_bytes());
                Err(refusal.map_or(Failure::Internal("a refusal could not be read"), Failure::Refused))
            }
            _ => Err(Failure::Unavailable("account object")),
        }
    }
}
