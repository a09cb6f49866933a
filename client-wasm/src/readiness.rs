//! Gathers the findings, all probes at once and all within one limit, and lets `enrollment_rules::readiness` judge them.

use core::cell::Cell;
use std::rc::Rc;

use enrollment_rules::readiness::{Answer, Cause, Finding, Findings, Judgement, Verdict, judge};
use js_sys::{Array, Promise};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::{
    browser,
    failure::{Failure, promise},
    probes,
};

/// How long all probes together may take, in milliseconds; what has not answered by then is unknown.
const LIMIT_MS: u32 = 3_000;

#[derive(Serialize)]
struct Report<'a> {
    verdict: Verdict,
    causes: &'a [Cause],
    findings: &'a Findings,
}

/// The export's body.
///
/// # Errors
/// [`Failure::ReplyUnwritable`].
pub async fn check() -> Result<JsValue, Failure> {
    let findings = gather("", LIMIT_MS).await;
    let Judgement { verdict, causes } = judge(&findings);
    serde_wasm_bindgen::to_value(&Report { verdict, causes: &causes, findings: &findings })
        .map_err(|_error| Failure::ReplyUnwritable)
}

/// One place per finding, filled by whichever probe is ready first.
#[derive(Default)]
struct Places {
    cookies: Cell<Option<Finding>>,
    storage: Cell<Option<Finding>>,
    web_crypto: Cell<Option<Finding>>,
    private_window: Cell<Option<Finding>>,
}

/// Gathers the findings. `edge` is the origin that is asked for the cookies, empty for the page's own.
///
/// A probe that is cut off goes on in the background and still removes what it made.
pub async fn gather(edge: &str, limit_ms: u32) -> Findings {
    let places = Rc::new(Places::default());

    let here = Rc::clone(&places);
    let edge = edge.to_owned();
    let cookies = promise(async move {
        here.cookies.set(Some(probes::cookies::probe(&edge).await));
        Ok(JsValue::UNDEFINED)
    });

    let here = Rc::clone(&places);
    // In this order: a private window shows only where ordinary writes are known to work.
    let storage = promise(async move {
        let storage = probes::storage::probe().await;
        let private_window = probes::private_window::probe(storage.answer);
        here.storage.set(Some(storage));
        here.private_window.set(Some(private_window.await));
        Ok(JsValue::UNDEFINED)
    });

    let here = Rc::clone(&places);
    let web_crypto = promise(async move {
        here.web_crypto.set(Some(probes::web_crypto::probe().await));
        Ok(JsValue::UNDEFINED)
    });

    let all = Promise::all(&Array::of3(&cookies, &storage, &web_crypto));
    let _whichever = JsFuture::from(Promise::race(&Array::of2(&all, &browser::timer(limit_ms)))).await;

    let found = |place: &Cell<Option<Finding>>| {
        place.take().unwrap_or_else(|| Finding::new(Answer::Unknown, "no answer within the limit"))
    };
    Findings {
        cookies: found(&places.cookies),
        storage: found(&places.storage),
        storage_kept: probes::storage::kept(),
        web_crypto: found(&places.web_crypto),
        private_window: found(&places.private_window),
    }
}
