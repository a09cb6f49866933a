//! Cookies: does one that the edge sets come back to the edge?
//!
//! `navigator.cookieEnabled` says `true` in Chromium and `WebKit` with all cookies blocked, so it is written down and never
//! believed.

use enrollment_rules::readiness::{Answer, Finding};
use js_sys::JSON;
use wasm_bindgen::JsValue;

use crate::{
    browser::{Thrown, of_navigator, property},
    edge,
};

const ROUTE: &str = "/api/v1/readiness/cookie";

/// Asks the edge for a probe cookie, and then whether it came back.
pub async fn probe(edge: &str) -> Finding {
    let address = [edge, ROUTE].concat();
    let exchange = match edge::post(&address).await {
        Ok(set) if set.status == 204 => edge::get(&address).await,
        set => set,
    };
    let mut finding = judge(&exchange);
    finding.seen.push_str(match of_navigator("cookieEnabled").as_bool() {
        Some(true) => "; cookieEnabled=true",
        Some(false) => "; cookieEnabled=false",
        None => "; cookieEnabled missing",
    });
    finding
}

/// What the last answer of the exchange proves. Only the edge's own words prove anything: a proxy's page, a limit or a network
/// failure say nothing about the browser.
#[must_use]
pub fn judge(exchange: &Result<edge::Answer, JsValue>) -> Finding {
    match exchange {
        Ok(answer) if answer.status == 200 => {
            let body = JSON::parse(&answer.text).unwrap_or(JsValue::UNDEFINED);
            match property(&body, "returned").as_bool() {
                Some(true) => Finding::new(Answer::Yes, "returned=true"),
                Some(false) => Finding::new(Answer::No, "returned=false"),
                None => Finding::new(Answer::Unknown, "unexpected body"),
            }
        }
        Ok(answer) => Finding::new(Answer::Unknown, ["status ", answer.status.to_string().as_str()].concat()),
        Err(thrown) => Finding::new(Answer::Unknown, Thrown::from_value(thrown).seen()),
    }
}
