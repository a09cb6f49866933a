//! The enrollment page's wasm module: what only a browser can do.
//!
//! In scope: gathering readiness findings, the device key, keeping a device token after having verified it, proving with both,
//! forgetting both.
//! Out of scope: judging the findings (enrollment-rules), what a token is (device-token), words and the order of steps (www).
//!
//! There is no clock, no randomness of its own, no English and no decision in this crate. An export is one line that calls its
//! module, and whatever goes wrong in the browser reaches the page as an `Error` whose message is one of [`Failure`]'s codes.

pub mod browser;
pub mod database;
pub mod device_key;
pub mod edge;
pub mod failure;
pub mod forget;
pub mod kept_token;
pub mod probes;
pub mod prove;
pub mod readiness;

pub use failure::Failure;
use js_sys::{Function, Promise};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// A third of the default allocator's size, and as good for the little that is kept here.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// Probes the browser for at most three seconds and judges it: `{verdict, causes, browser, bound_only, findings}` in the words of
/// `enrollment_rules::readiness`. `start_worker` makes the worker of `files-worker.js`, and is called only where one is needed.
#[wasm_bindgen]
pub fn check_readiness(start_worker: Function) -> Promise {
    failure::promise(readiness::check(start_worker))
}

/// Loads the device key of this browser profile, made once and for all if there is none: the raw public key in base64url.
#[wasm_bindgen]
pub fn device_key() -> Promise {
    failure::promise(device_key::public_key_text())
}

/// Keeps the device token if the issuer signed it for this origin, this account and this very device key.
#[wasm_bindgen]
pub fn keep_token(device_token: String) -> Promise {
    failure::promise(kept_token::keep(device_token))
}

/// Proves with what is kept here, and keeps the new token: the path to go on to, for `to` (a path or nothing).
#[wasm_bindgen]
pub fn prove(pressed: bool, to: JsValue) -> Promise {
    failure::promise(prove::prove(pressed, to))
}

/// Deletes the device key and the device token.
#[wasm_bindgen]
pub fn forget() -> Promise {
    failure::promise(forget::everything())
}
