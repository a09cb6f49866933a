//! The browser's functions that may be missing.
//!
//! web-sys takes for granted that `navigator.storage`, `crypto.subtle` or `indexedDB` exist; they do not in an insecure context or
//! in a locked-down browser, and the exception would end the module. Here each call is caught, and what was thrown is a value.
//! Nor is what comes back taken for what it should be: an extension or a page may have put something else in its place.

use core::{future::Future, pin::Pin};

use enrollment_rules::readiness::{Outcome, Thrown};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, IdbTransaction};

/// A call that has begun, and is to be awaited.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T, JsValue>>>>;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = indexedDB, js_name = open)]
    pub(crate) fn open_database(name: &str, version: u32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = indexedDB, js_name = deleteDatabase)]
    pub(crate) fn delete_database(name: &str) -> Result<JsValue, JsValue>;

    /// A database whose transactions can be told how durable they must be.
    pub(crate) type DurableDatabase;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn transaction(
        this: &DurableDatabase,
        store: &str,
        mode: &str,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;

    #[wasm_bindgen(catch, js_namespace = localStorage, js_name = setItem)]
    pub(crate) fn set_item(key: &str, value: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = localStorage, js_name = getItem)]
    pub(crate) fn get_item(key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = localStorage, js_name = removeItem)]
    pub(crate) fn remove_item(key: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = generateKey)]
    pub(crate) fn generate_key(
        algorithm: &str,
        extractable: bool,
        usages: &Array,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = exportKey)]
    pub(crate) fn export_key(format: &str, key: &CryptoKey) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"])]
    pub(crate) fn sign(algorithm: &str, key: &CryptoKey, bytes: &Uint8Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "storage"], js_name = getDirectory)]
    pub(crate) fn get_directory() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "storage"], js_name = persist)]
    pub(crate) fn persist() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    pub(crate) fn request_lock(name: &str, granted: &Function) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = fetch)]
    pub(crate) fn fetch(address: &str, options: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = performance)]
    pub(crate) fn now() -> Result<f64, JsValue>;

    #[wasm_bindgen(catch, js_name = setTimeout)]
    fn set_timeout(handler: &Function, milliseconds: u32) -> Result<JsValue, JsValue>;
}

/// Awaits a call's promise; a call that threw and a promise that was rejected are the same to everybody here. What is no promise
/// is its own result, as in JavaScript.
///
/// # Errors
/// What was thrown.
pub(crate) fn settled(call: Result<JsValue, JsValue>) -> JsFuture {
    let promise = match call {
        Ok(value) => Promise::resolve(&value),
        Err(thrown) => Promise::reject(&thrown),
    };
    promise.into()
}

/// Awaits a promise no longer than so many milliseconds; then, and when it is rejected, there is nothing.
pub(crate) async fn within(promise: &JsValue, milliseconds: u32) -> Option<JsValue> {
    JsFuture::from(Promise::race(&Array::of2(promise, &timer(milliseconds)))).await.ok()
}

/// What this browser has of that name below the global object.
///
/// # Errors
/// [`Outcome::Missing`], or what looking threw: that may be forbidden too.
pub(crate) fn present(path: &[&str]) -> Result<JsValue, Outcome> {
    let mut value: JsValue = js_sys::global().into();
    for name in path {
        value = Reflect::get(&value, &JsValue::from_str(name)).map_err(|thrown| refusal(&thrown))?;
        if value.is_undefined() || value.is_null() {
            return Err(Outcome::Missing);
        }
    }
    Ok(value)
}

/// The value, if it is of the kind that it should be.
///
/// # Errors
/// `undefined`, which stands for nonsense: nothing threw.
pub(crate) fn expected<T: JsCast>(value: JsValue) -> Result<T, JsValue> {
    value.dyn_into().map_err(|_nonsense| JsValue::UNDEFINED)
}

/// How an attempt went. `undefined` is thrown by nobody, and stands for nonsense.
pub(crate) fn outcome<T>(attempt: &Result<T, JsValue>) -> Outcome {
    match attempt {
        Ok(_) => Outcome::Done,
        Err(thrown) => refusal(thrown),
    }
}

fn refusal(thrown: &JsValue) -> Outcome {
    if thrown.is_undefined() { Outcome::Nonsense } else { Outcome::Threw(exception(thrown)) }
}

/// A promise that is settled after so many milliseconds, or at once where there are no timers.
pub(crate) fn timer(milliseconds: u32) -> Promise {
    Promise::new(&mut |resolve, reject| {
        if let Err(thrown) = set_timeout(&resolve, milliseconds) {
            let _returned = reject.call1(&JsValue::UNDEFINED, &thrown);
        }
    })
}

/// A property of an object, or `undefined`.
pub(crate) fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A promise that one of two events of `target` settles: the first name's with its event, the second's with a rejection. Set by
/// name, as a binding for each of these handlers would weigh more than all that is done here.
pub(crate) fn either(target: &JsValue, good: &str, bad: &str) -> JsFuture {
    let settled = Promise::new(&mut |resolve, reject| {
        for (name, handler) in [(good, resolve), (bad, reject)] {
            // Cannot fail on an object that the browser made.
            let _set = Reflect::set(target, &JsValue::from_str(name), &handler);
        }
    });
    settled.into()
}

/// A property of `navigator`, or `undefined`.
pub(crate) fn of_navigator(name: &str) -> JsValue {
    property(&property(&js_sys::global(), "navigator"), name)
}

/// `location.origin`, or nothing.
#[must_use]
pub fn origin() -> Option<String> {
    property(&property(&js_sys::global(), "location"), "origin").as_string()
}

/// A plain object of these properties.
pub(crate) fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in properties {
        // Cannot fail on an object that was made here; should it ever, a missing option shows in what the call does.
        let _set = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object.into()
}

/// What was thrown, whatever it is.
#[must_use]
pub fn exception(thrown: &JsValue) -> Thrown {
    let text = |name| property(thrown, name).as_string().unwrap_or_default();
    // Reflect refuses to look into a primitive, and those are thrown by nobody but a test.
    if thrown.is_instance_of::<Object>() {
        Thrown { name: text("name"), message: text("message") }
    } else {
        Thrown::default()
    }
}
