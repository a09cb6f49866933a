//! Calls to the edge: same origin, never from a cache.

use wasm_bindgen::JsValue;
use web_sys::Response;

use crate::browser::{Pending, expected, fetch, object, settled};

/// An answer of the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub text: String,
}

/// GETs `address`.
///
/// # Errors
/// What the browser threw, a network failure as a rule.
#[must_use]
pub fn get(address: &str) -> Pending<Answer> {
    call(address, "GET", &[])
}

/// POSTs an empty JSON object to `address`.
///
/// # Errors
/// As [`get`].
#[must_use]
pub fn post(address: &str) -> Pending<Answer> {
    let headers = object(&[("content-type", "application/json".into())]);
    call(address, "POST", &[("headers", headers), ("body", "{}".into())])
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
