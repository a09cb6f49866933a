//! The browser's functions that may be missing.
//!
//! web-sys takes for granted that `navigator.storage`, `crypto.subtle` or `indexedDB` exist; they do not in an insecure context or
//! in a locked-down browser, and the exception would end the module. Here each call is caught, and what was thrown is a value.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, IdbOpenDbRequest};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = indexedDB, js_name = open)]
    pub(crate) fn open_database(name: &str, version: u32) -> Result<IdbOpenDbRequest, JsValue>;

    #[wasm_bindgen(catch, js_namespace = indexedDB, js_name = deleteDatabase)]
    pub(crate) fn delete_database(name: &str) -> Result<IdbOpenDbRequest, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = generateKey)]
    pub(crate) fn generate_key(
        algorithm: &str,
        extractable: bool,
        usages: &Array,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["crypto", "subtle"], js_name = exportKey)]
    pub(crate) fn export_key(format: &str, key: &CryptoKey) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "storage"], js_name = getDirectory)]
    pub(crate) fn get_directory() -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "storage"], js_name = persist)]
    pub(crate) fn persist() -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_name = fetch)]
    pub(crate) fn fetch(address: &str, options: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_name = setTimeout)]
    fn set_timeout(handler: &Function, milliseconds: u32) -> Result<JsValue, JsValue>;
}

/// Awaits a call's promise; a call that threw and a promise that was rejected are the same to everybody here.
///
/// # Errors
/// What was thrown.
pub(crate) async fn settled(call: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(call?).await
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

/// An exception as evidence: its name and its message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Thrown {
    /// `name`, such as `SecurityError`.
    pub name: String,
    /// `message`, in the browser's words.
    pub message: String,
}

impl Thrown {
    /// Reads what was thrown, whatever it is.
    #[must_use]
    pub fn from_value(thrown: &JsValue) -> Self {
        let text = |name| property(thrown, name).as_string().unwrap_or_default();
        // Reflect refuses to look into a primitive, and those are thrown by nobody but a test.
        if thrown.is_instance_of::<Object>() {
            Self { name: text("name"), message: text("message") }
        } else {
            Self::default()
        }
    }

    /// `name: message`.
    #[must_use]
    pub fn seen(&self) -> String {
        [self.name.as_str(), ": ", self.message.as_str()].concat()
    }
}
