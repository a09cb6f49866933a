//! The worker of `files-worker.js`: Chromium sets sizes of files only there.

use js_sys::Function;
use wasm_bindgen::JsValue;
use web_sys::Worker;

use crate::browser::{either, exception, expected, property};

/// The worker's one message.
///
/// # Errors
/// Why there is none, as evidence.
pub async fn message(start: &Function) -> Result<String, String> {
    let failed = |what: &str, thrown: &JsValue| [what, ": ", &exception(thrown).seen()].concat();
    let started = start.call0(&JsValue::UNDEFINED).and_then(expected::<Worker>);
    let worker = started.map_err(|thrown| failed("no worker", &thrown))?;
    let event = either(&worker, "onmessage", "onerror").await;
    worker.terminate();
    match event {
        Ok(event) => property(&event, "data").as_string().ok_or_else(|| "worker: no text".to_owned()),
        Err(event) => Err(failed("worker", &event)),
    }
}
