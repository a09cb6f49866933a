//! Turns: the storage probes of all tabs use the same names, and tabs that are opened at once must not disturb one another.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::browser::{expected, object, property, request_lock};

/// The Web Lock that all tabs of this origin share.
const LOCK: &str = "readiness-probe-storage";

/// This tab's turn; dropped, it is the next one's.
#[derive(Debug)]
pub struct Turn(Option<Function>);

impl Turn {
    /// Waits for it. Where there are no locks, it is everybody's turn.
    pub async fn wait() -> Self {
        let mut requested = Ok(JsValue::UNDEFINED);
        let granted = Promise::new(&mut |grant, _refuse| {
            // A lock is held until what its callback returned is settled, and to settle that, the browser passes the function
            // for it to the `then` there: `grant`, which so gets what gives the lock back.
            let held = object(&[("then", grant.into())]);
            let give_held = property(&held, "valueOf").unchecked_into::<Function>().bind0(&held);
            requested = request_lock(LOCK, &give_held);
        });
        let Ok(requested) = requested else { return Self(None) };
        let end = JsFuture::from(Promise::race(&Array::of2(&granted, &requested))).await;
        Self(end.and_then(expected).ok())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(end) = &self.0 {
            // What settles a promise does not throw.
            let _nothing = end.call0(&JsValue::UNDEFINED);
        }
    }
}
