//! Puts something else in the place of what the browser has, for as long as it is held.

use js_sys::{Function, JsString};
use wasm_bindgen::{JsCast, JsValue};

/// Holds a replacement; dropped, the browser's own is back.
pub(crate) struct Injected(Function);

impl Injected {
    /// `object.name` becomes `value`, each written in JavaScript.
    pub(crate) fn new(object: &str, name: &str, value: &str) -> Self {
        let script = format!(
            "(() => {{
                const object = {object};
                const own = Object.getOwnPropertyDescriptor(object, '{name}');
                Object.defineProperty(object, '{name}', {{ configurable: true, writable: true, value: {value} }});
                return () => own ? Object.defineProperty(object, '{name}', own) : delete object['{name}'];
            }})()"
        );
        Self(js_sys::eval(&script).unwrap().unchecked_into())
    }

    /// An edge whose readiness routes answer so, in JavaScript: a function of the method that gives the body.
    pub(crate) fn edge(body: &str) -> Self {
        let fetch =
            format!("async (address, {{ method }}) => new Response(JSON.stringify(({body})(method)))");
        Self::new("globalThis", "fetch", &fetch)
    }
}

impl Drop for Injected {
    fn drop(&mut self) {
        self.0.call0(&JsValue::UNDEFINED).unwrap();
    }
}

/// Runs a script and awaits what it gives, as text.
pub(crate) async fn text_of(script: &str) -> String {
    let value = js_sys::eval(&format!("(async () => JSON.stringify(await ({script}) ?? null))()")).unwrap();
    let value =
        wasm_bindgen_futures::JsFuture::from(value.unchecked_into::<js_sys::Promise>()).await.unwrap();
    value.unchecked_into::<JsString>().into()
}

/// A function that starts a worker of this script, in JavaScript text.
pub(crate) fn worker(script: &str) -> Function {
    let make = js_sys::eval(
        "(script) => () => new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), { type: 'module' })",
    );
    let make: Function = make.unwrap().unchecked_into();
    make.call1(&JsValue::UNDEFINED, &script.into()).unwrap().unchecked_into()
}

/// A function, written in JavaScript.
pub(crate) fn function(script: &str) -> Function {
    js_sys::eval(script).unwrap().unchecked_into()
}
