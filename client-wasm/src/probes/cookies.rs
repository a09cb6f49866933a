//! Cookies: does one that the edge sets come back to the edge?

use enrollment_rules::{
    readiness::{
        AccountRules,
        cookies::{Exchange, is_probe},
    },
    settings::PrivateWindows,
};
use wasm_bindgen::JsValue;

use crate::{browser::exception, edge};

const ROUTE: &str = "/api/v1/readiness";

/// What the edge's first answer says: the name of this probe, and the account's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Where its cookies are read and taken away.
    probe: String,
    /// The default ones where the edge names none that are known here.
    pub rules: AccountRules,
}

/// Asks the edge for two probe cookies. `edge` is its origin, empty for the page's own.
///
/// # Errors
/// The exchange that failed.
pub async fn begin(edge: &str) -> Result<Begun, Exchange> {
    let answer = answered(edge::post(&[edge, ROUTE].concat(), "{}").await)?;
    let text = |name| answer.member(name).as_string();
    let probe = text("probe").filter(|probe| is_probe(probe)).ok_or(Exchange::Strange(answer.status))?;
    let private_windows = text("private_windows").and_then(|name| PrivateWindows::named(&name));
    let rules = AccountRules {
        private_windows: private_windows.unwrap_or_default(),
        bound_devices_only: answer.member("bound_devices_only") == true,
    };
    Ok(Begun { probe, rules })
}

/// Asks the edge which of them came back, and to take them away.
pub async fn end(edge: &str, begun: &Begun) -> Exchange {
    let address = [edge, ROUTE, "/", &begun.probe].concat();
    let answer = match answered(edge::delete(&address).await) {
        Ok(answer) => answer,
        Err(exchange) => return exchange,
    };
    let said = |name| answer.member(name).as_bool();
    match (said("returned"), said("plain_returned")) {
        (Some(returned), Some(plain_returned)) => Exchange::Answered { returned, plain_returned },
        _ => Exchange::Strange(answer.status),
    }
}

fn answered(call: Result<edge::Answer, JsValue>) -> Result<edge::Answer, Exchange> {
    match call {
        Ok(answer) if answer.status == 200 => Ok(answer),
        Ok(answer) => Err(Exchange::Strange(answer.status)),
        Err(thrown) => Err(Exchange::Failed(exception(&thrown))),
    }
}
