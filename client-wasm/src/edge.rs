//! Calls to the edge: same origin, never from a cache.

use js_sys::JSON;
use wasm_bindgen::JsValue;
use web_sys::Response;

use crate::{
    Failure,
    browser::{Pending, expected, fetch, object, property, settled},
};

/// An answer of the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub text: String,
}

impl Answer {
    /// A member of the body, if that is an object; else `undefined`.
    pub(crate) fn member(&self, name: &str) -> JsValue {
        match JSON::parse(&self.text) {
            Ok(body) if body.is_object() => property(&body, name),
            _ => JsValue::UNDEFINED,
        }
    }
}

/// What `call` said under `name`: the text that makes its answer a good one. And the answer, for whatever else is in it.
///
/// # Errors
/// [`Failure::EdgeUnreachable`], [`Failure::EdgeUnavailable`], [`Failure::Refused`].
pub(crate) fn said(call: Result<Answer, JsValue>, name: &str) -> Result<(Answer, JsValue), Failure> {
    let answer = call.map_err(|_thrown| Failure::EdgeUnreachable)?;
    let is_good = answer.status == 200;
    let text = answer.member(if is_good { name } else { "code" });
    match text.as_string() {
        Some(_text) if is_good => Ok((answer, text)),
        Some(code) if answer.status < 500 => Err(Failure::Refused(code)),
        // A proxy's, or a network's that wants to be signed in to; or the edge has trouble, and its page will say so.
        _ => Err(Failure::EdgeUnavailable),
    }
}

/// GETs `address`.
///
/// # Errors
/// What the browser threw, a network failure as a rule.
#[must_use]
pub fn get(address: &str) -> Pending<Answer> {
    call(address, "GET", &[])
}

/// POSTs JSON to `address`.
///
/// # Errors
/// As [`get`].
#[must_use]
pub fn post(address: &str, json: &str) -> Pending<Answer> {
    let headers = object(&[("content-type", "application/json".into())]);
    call(address, "POST", &[("headers", headers), ("body", json.into())])
}

/// DELETEs `address`.
///
/// # Errors
/// As [`get`].
#[must_use]
pub fn delete(address: &str) -> Pending<Answer> {
    call(address, "DELETE", &[])
}

fn call(address: &str, method: &str, more: &[(&str, JsValue)]) -> Pending<Answer> {
    let always = [("method", method.into()), ("cache", "no-store".into())];
    let options = object(&[&always, more].concat());
    let response = settled(fetch(address, &options));
    Box::pin(async move {
        let response: Response = expected(response.await?)?;
        let text = settled(response.text().map(JsValue::from)).await?;
        Ok(Answer { status: response.status(), text: text.as_string().unwrap_or_default() })
    })
}
