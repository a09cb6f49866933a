//! Calls to the edge: same origin, never from a cache.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::Response;

use crate::browser::{fetch, object, settled};

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
pub async fn get(address: &str) -> Result<Answer, JsValue> {
    call(address, object(&[("cache", "no-store".into())])).await
}

/// POSTs an empty JSON object to `address`.
///
/// # Errors
/// What the browser threw, a network failure as a rule.
pub async fn post(address: &str) -> Result<Answer, JsValue> {
    let headers = object(&[("content-type", "application/json".into())]);
    call(
        address,
        object(&[
            ("method", "POST".into()),
            ("cache", "no-store".into()),
            ("headers", headers),
            ("body", "{}".into()),
        ]),
    )
    .await
}

async fn call(address: &str, options: JsValue) -> Result<Answer, JsValue> {
    let response: Response = settled(fetch(address, &options)).await?.unchecked_into();
    let text = settled(response.text()).await?;
    Ok(Answer { status: response.status(), text: text.as_string().unwrap_or_default() })
}
